import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';

/**
 * What stands for the measurement that Nitro's hypervisor makes of an enclave image. Each is SHA-384 over text:
 *
 * - PCR0: the files: a line `<sha256> <path>\n` for each file of the program's closure and for `package-lock.json`, by path. The closure
 *   is what the entry imports, as far as it leads inside the checkout; what is in node_modules is held by the lock file's hashes.
 * - PCR1: what runs them: Node's version and platform, and the SHA-256 of its binary.
 * - PCR2: how it is started: entry, Node's own arguments (none), and the names of the environment variables that are let through.
 */
export interface Measurement {
	readonly pcr0: Uint8Array;
	readonly pcr1: Uint8Array;
	readonly pcr2: Uint8Array;
	/** By path, relative to the checkout, with `/`. */
	readonly files: readonly MeasuredFile[];
}

export interface MeasuredFile {
	readonly path: string;
	/** Hexadecimal. */
	readonly sha256: string;
}

/** Where to listen and how to log, and nothing that changes what Node loads: NODE_OPTIONS would put a host's code into a measured program. */
export const PASSED_ENVIRONMENT = [
	'VRAMHUB_ENCLAVE_HOST',
	'VRAMHUB_ENCLAVE_PORT',
	'VRAMHUB_LOG',
	'VRAMHUB_LOG_LEVEL',
	'NO_COLOR',
	'FORCE_COLOR',
	'TZ',
] as const;

const LOCK_FILE = 'package-lock.json';

/**
 * @param entry path of the program, relative to the checkout: `enclave/main.ts`
 * @throws BAD_CONFIGURATION when an import cannot be followed
 */
export async function measureProgram(entry: string, { root = checkoutRoot, executable = process.execPath } = {}): Promise<Measurement> {
	const texts = await programClosure(entry, root);
	texts.set(LOCK_FILE, await readFile(join(root, LOCK_FILE)));
	const files = [...texts]
		.map(([path, bytes]) => ({ path, sha256: createHash('sha256').update(bytes).digest('hex') }))
		.sort((a, b) => (a.path < b.path ? -1 : 1));
	const manifest = files.map(({ path, sha256 }) => `${sha256} ${path}\n`).join('');
	const runtime = `node ${process.version}\n${process.platform} ${process.arch}\n${await fileDigest(executable)}\n`;
	const launch = `entry ${entry}\narguments\nenvironment ${[...PASSED_ENVIRONMENT].sort().join(' ')}\n`;
	return { pcr0: sha384(manifest), pcr1: sha384(runtime), pcr2: sha384(launch), files };
}

function sha384(text: string): Uint8Array {
	return new Uint8Array(createHash('sha384').update(text).digest());
}

async function fileDigest(file: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
	return hash.digest('hex');
}

/** Every file of the checkout that running `entry` loads: path → contents. */
async function programClosure(entry: string, root: string): Promise<Map<string, Uint8Array>> {
	const packageJson = await readFile(join(root, 'package.json'));
	const { imports = {} } = JSON.parse(packageJson.toString('utf8')) as { imports?: Record<string, string> };
	// It says what `#core/…` means, so it belongs to what runs.
	const closure = new Map<string, Uint8Array>([['package.json', packageJson]]);
	const queue = [posix.normalize(entry)];
	for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
		if (closure.has(path)) continue;
		const bytes = await readFile(join(root, path)).catch(() => {
			throw new VramhubError('BAD_CONFIGURATION', `${entry} leads to ${path}, which cannot be read`);
		});
		closure.set(path, bytes);
		if (!/\.[cm]?[jt]s$/.test(path)) continue;
		for (const specifier of loadedBy(bytes.toString('utf8'), path)) {
			const target = resolveInside(specifier, path, imports, root);
			if (target !== undefined) queue.push(target);
		}
	}
	return closure;
}

const STATIC_IMPORT = /(?:^|\n)\s*(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]/g;
const DYNAMIC_IMPORT = /(?<![\w.#$])import\(\s*(?:(['"])([^'"\n]+)\1\s*\)|([^'"\s]))/g;
/** How a worker thread's entry, or a data file, is named relative to a module. */
const RELATIVE_URL = /new URL\(\s*(['"])([^'"\n]+)\1\s*,\s*import\.meta\.url\s*\)/g;

/** Specifiers of what a source text loads when it runs: types apart, they are erased. */
export function loadedBy(source: string, path: string): string[] {
	const specifiers = [...source.matchAll(STATIC_IMPORT)].map((match) => match[1]!);
	for (const match of source.matchAll(DYNAMIC_IMPORT)) {
		if (match[2] === undefined) throw new VramhubError('BAD_CONFIGURATION', `${path} imports something that is known only when it runs; it cannot be measured`);
		specifiers.push(match[2]);
	}
	for (const match of source.matchAll(RELATIVE_URL)) specifiers.push(match[2]!.startsWith('.') ? match[2]! : `./${match[2]}`);
	return specifiers;
}

/** Path in the checkout, or undefined for a package or a builtin. */
function resolveInside(specifier: string, from: string, imports: Record<string, string>, root: string): string | undefined {
	let target: string | undefined;
	if (specifier.startsWith('.')) target = join(root, dirname(from), specifier);
	else if (specifier.startsWith('#')) {
		for (const [pattern, replacement] of Object.entries(imports)) {
			const [prefix, suffix = ''] = pattern.split('*') as [string, string?];
			if (specifier.startsWith(prefix) && specifier.endsWith(suffix))
				target = join(root, replacement.replace('*', specifier.slice(prefix.length, specifier.length - suffix.length)));
		}
		if (target === undefined) throw new VramhubError('BAD_CONFIGURATION', `${from} imports ${specifier}, which package.json does not define`);
	}
	if (target === undefined) return undefined;
	const path = relative(root, target).split(sep).join('/');
	if (path.startsWith('../')) throw new VramhubError('BAD_CONFIGURATION', `${from} imports ${specifier}, which is outside of the checkout`);
	return path;
}
