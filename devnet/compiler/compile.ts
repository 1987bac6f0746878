import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import type { MovePackageDumpSuccess } from '@zktx.io/sui-move-builder';
import { VramhubError } from '#core/errors.ts';
import { neededModules } from '#devnet/compiler/needed-modules.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { cacheFolder } from '#runtime/state-folder.ts';

/**
 * The Move compiler (Sui's own, as WebAssembly in `@zktx.io/sui-move-builder`) over our text of the framework. A package compiled
 * against the subset is byte for byte what it is against the real framework, as long as signatures and abilities agree and it
 * expands no standard macro whose text differs.
 */

/** Relative path (`Move.toml`, `sources/a.move`, `tests/b.move`) → text. */
export type MoveFiles = Readonly<Record<string, string>>;

export interface CompiledPackage {
	/** Module name → bytecode; the package's own address is 0x0 (or what its Move.toml says). */
	readonly modules: ReadonlyMap<string, Uint8Array>;
	/** Addresses of the packages that it links to, as a Publish command wants them. */
	readonly dependencies: readonly string[];
	/** blake2b256 over modules and dependencies, hexadecimal, as UpgradeTicket carries it. */
	readonly digest: string;
}

export interface FrameworkPackage {
	readonly name: 'MoveStdlib' | 'Sui';
	/** 32 bytes in hexadecimal with 0x. */
	readonly address: string;
	readonly modules: ReadonlyMap<string, Uint8Array>;
}

export interface MoveTestResult {
	/** `package::module::function` as the runner prints it. */
	readonly name: string;
	readonly passed: boolean;
	/** What the runner says of a failure. */
	readonly reason?: string;
}

export const frameworkFolder = join(import.meta.dirname, '..', 'framework');
const contractsFolder = join(import.meta.dirname, '..', '..', 'contracts');

/** The package `vramhub`. `tests` adds its unit tests. */
export const readContracts = (options: { readonly tests?: boolean } = {}) => readMovePackage(contractsFolder, options);

/** The package `seal` (module `key_server`) that the devnet publishes. */
export const readSealPackage = () => readMovePackage(join(frameworkFolder, 'seal'));

/** Reads Move.toml, sources and, when asked, tests of a package folder. */
export async function readMovePackage(folder: string, options: { readonly tests?: boolean } = {}): Promise<MoveFiles> {
	const files: Record<string, string> = { 'Move.toml': await readFile(join(folder, 'Move.toml'), 'utf8') };
	const subfolders = options.tests === true ? ['sources', 'tests'] : ['sources'];
	for (const subfolder of subfolders) {
		const names = await readdir(join(folder, subfolder), { recursive: true }).catch(() => []);
		for (const name of names.filter((entry) => entry.endsWith('.move')).sort()) {
			const path = join(folder, subfolder, name);
			files[relative(folder, path).split(sep).join('/')] = await readFile(path, 'utf8');
		}
	}
	return files;
}

/** Sources of 0x1 and 0x2, ours or Sui's own. */
export interface FrameworkSources {
	readonly moveStdlib: MoveFiles;
	readonly suiFramework: MoveFiles;
}

/**
 * Reads a folder that holds `move-stdlib` and `sui-framework`, as `crates/sui-framework/packages` of Sui's repository does. Throws
 * BAD_CONFIGURATION when it does not.
 */
export async function readFrameworkSources(folder: string): Promise<FrameworkSources> {
	const read = async (name: string) => {
		try {
			return await readMovePackage(join(folder, name));
		} catch (error) {
			throw new VramhubError('BAD_CONFIGURATION', `${folder} holds no Move package ${name}`, { cause: error });
		}
	};
	const [std, sui] = await Promise.all([read('move-stdlib'), read('sui-framework')]);
	return { moveStdlib: std, suiFramework: sui };
}

const ourFramework = () => readFrameworkSources(frameworkFolder);

export interface PackageSources {
	readonly files: MoveFiles;
	/** Packages that Move.toml names as `{ local = "…/folder" }`, by the folder's name; each says in its own Move.toml where it is published. */
	readonly local?: Readonly<Record<string, MoveFiles>>;
	/** Another framework to compile against than ours. */
	readonly framework?: FrameworkSources;
}

/** Compiles against the framework. Throws BAD_ARGUMENT with the compiler's message when the text is wrong. */
export async function compilePackage({ files, local = {}, framework: given }: PackageSources): Promise<CompiledPackage> {
	const framework = given ?? (await ourFramework());
	const output = await cached('named-package', { framework, files, ...(Object.keys(local).length > 0 && { local }) }, async () => {
		const result = await dump(files, local, neededModules(framework, [files, ...Object.values(local)]));
		// What is wrong with a text is said of it beside the whole framework.
		return 'error' in result ? dumpOrThrow(files, local, framework) : keepable(result);
	});
	return { modules: decoded(output.modules), dependencies: output.dependencies, digest: output.digest };
}

/** As {@link compilePackage}, with all modules of the framework read and nothing kept. */
export async function compileBesideWholeFramework({ files, local = {}, framework }: PackageSources): Promise<CompiledPackage> {
	const { modules, ...others } = await dumpOrThrow(files, local, framework ?? (await ourFramework()));
	return { modules: decoded(modules), ...others };
}

async function dump(files: MoveFiles, local: Readonly<Record<string, MoveFiles>>, framework: FrameworkSources) {
	const builder = await loadBuilder('lite');
	const fetcher = fetcherOf(builder, framework, local);
	return quietly(() => builder.dumpMovePackage({ files: { ...files }, network: 'testnet', silenceWarnings: true, fetcher }));
}

async function dumpOrThrow(files: MoveFiles, local: Readonly<Record<string, MoveFiles>>, framework: FrameworkSources) {
	const result = await dump(files, local, framework);
	if ('error' in result) throw compilationError(result.error);
	return keepable(result);
}

const keepable = ({ modules, dependencies, digest }: MovePackageDumpSuccess) => ({
	modules: named(modules),
	dependencies,
	digest: Buffer.from(digest).toString('hex'),
});

/** The framework itself, at 0x1 and 0x2: ours, or the one given. */
export async function compileFramework(sources?: FrameworkSources): Promise<{ readonly packages: readonly FrameworkPackage[] }> {
	const framework = sources ?? (await ourFramework());
	const plain = withPlainManifests(framework);
	const output = await cached('named-framework', framework, async () => {
		const modulesOf = async (files: MoveFiles): Promise<readonly string[]> => {
			const result = await dump(files, {}, plain);
			if ('error' in result) throw compilationError(result.error);
			return result.modules;
		};
		// The builder adds the implicit framework to every root but the standard library, and would take a root called Sui for its own
		// dependency: so the first compiles at 0x0 and is moved, the second goes by another name.
		const std = await modulesOf({ ...plain.moveStdlib, 'Move.toml': manifest('MoveStdlib', 'std = "0x0"') });
		const sui = await modulesOf({ ...plain.suiFramework, 'Move.toml': manifest('fwsui', 'sui = "0x2"', STD_DEPENDENCY) });
		return { std: named(std.map((module) => atAddress(module, addressOf(1)))), sui: named(sui) };
	});
	return {
		packages: [
			{ name: 'MoveStdlib', address: addressOf(1), modules: decoded(output.std) },
			{ name: 'Sui', address: addressOf(2), modules: decoded(output.sui) },
		],
	};
}

/**
 * Compiles a package with its tests and runs them in Sui's own Move unit-test machine. What that machine cannot decide: verification
 * in BLS12-381 (it says true to anything) and Nitro documents (it aborts). Throws BAD_ARGUMENT when the text does not compile.
 */
export async function runOfficialUnitTests(
	files: MoveFiles,
	sources?: FrameworkSources,
): Promise<{ readonly passed: boolean; readonly output: string; readonly tests: readonly MoveTestResult[] }> {
	const framework = sources ?? (await ourFramework());
	const output = await cached('unit-tests', { framework, files }, async () => {
		const builder = await loadBuilder('full');
		const result = await quietly(() =>
			builder.testMovePackage({ files: { ...files }, network: 'testnet', silenceWarnings: true, fetcher: fetcherOf(builder, framework) }),
		);
		if ('error' in result) throw compilationError(result.error);
		return { passed: result.passed, output: withoutColours(result.output) };
	});
	return { ...output, tests: parseTestOutput(output.output) };
}

/** Lines `[ PASS    ] package::module::test` of the runner, with the block that it prints for each failure. */
export function parseTestOutput(output: string): MoveTestResult[] {
	const failures = new Map<string, string>();
	for (const block of output.matchAll(/^┌── (\w+) ──+\s*\n([\s\S]*?)^└──/gm)) failures.set(block[1]!, block[2]!.trim());
	return [...output.matchAll(/^\[ (PASS|FAIL|TIMEOUT)\s*\] (\S+)/gm)].map((line) => {
		const name = line[2]!;
		if (line[1] === 'PASS') return { name, passed: true };
		return { name, passed: false, reason: failures.get(name.split('::').at(-1)!) ?? line[1]! };
	});
}

const STD_DEPENDENCY = 'MoveStdlib = { local = "../move-stdlib" }\n';

const manifest = (name: string, address: string, dependencies = '') =>
	`[package]\nname = "${name}"\nedition = "2024"\n\n[dependencies]\n${dependencies}\n[addresses]\n${address}\n`;

/** Without what Sui's manifests say of publication, which would make the framework its own dependency. */
function withPlainManifests({ moveStdlib, suiFramework }: FrameworkSources): FrameworkSources {
	return {
		moveStdlib: { ...moveStdlib, 'Move.toml': manifest('MoveStdlib', 'std = "0x1"') },
		suiFramework: { ...suiFramework, 'Move.toml': manifest('Sui', 'sui = "0x2"', STD_DEPENDENCY) },
	};
}

type Builder = typeof import('@zktx.io/sui-move-builder');
type FullBuilder = typeof import('@zktx.io/sui-move-builder/full');

async function loadBuilder(flavour: 'lite'): Promise<Builder>;
async function loadBuilder(flavour: 'full'): Promise<FullBuilder>;
async function loadBuilder(flavour: 'lite' | 'full'): Promise<Builder | FullBuilder> {
	const builder = flavour === 'full' ? await import('@zktx.io/sui-move-builder/full') : await import('@zktx.io/sui-move-builder');
	await quietly(() => builder.initMovePackageBuilder());
	return builder;
}

/** Answers every request for Sui's framework with our text; nothing is fetched from anywhere. */
function fetcherOf(builder: Pick<Builder, 'MovePackageFetcher'>, framework: FrameworkSources, local: Readonly<Record<string, MoveFiles>> = {}) {
	const choose = (path: string) => ({
		...(local[path.split('/').at(-1) ?? ''] ?? (path.endsWith('move-stdlib') ? framework.moveStdlib : framework.suiFramework)),
	});
	return new (class extends builder.MovePackageFetcher {
		override async fetch(git: string, _revision: string, folder = '') {
			if (/move-stdlib$|sui-framework$/.test(folder)) return choose(folder);
			throw new VramhubError('UNSUPPORTED', `the devnet's compiler knows no package ${git}/${folder}`);
		}
		override fetchLocal = async (path: string) => choose(path);
		override getResolvedSha(_git: string, revision: string) {
			return revision;
		}
	})();
}

function compilationError(message: string): VramhubError {
	return new VramhubError('BAD_ARGUMENT', `Move compiler: ${withoutColours(message).replace(/ {20,}/g, ' ')}`);
}

function withoutColours(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is removed
	return text.replace(/\u001b\[[0-9;]*m/g, '');
}

interface BytecodeModule {
	readonly self_module_handle_idx: number;
	readonly module_handles: readonly { readonly address: number; readonly name: number }[];
	readonly identifiers: readonly string[];
	readonly address_identifiers: string[];
}

/** Name and bytecode in base64: as it is kept, so that nobody reads a module for its name. */
type NamedModule = readonly [name: string, base64: string];

function named(encoded: readonly string[]): NamedModule[] {
	return encoded.map((base64) => {
		const module = deserialize(Buffer.from(base64, 'base64')) as BytecodeModule;
		return [module.identifiers[module.module_handles[module.self_module_handle_idx]!.name]!, base64];
	});
}

const decoded = (modules: readonly NamedModule[]): Map<string, Uint8Array> =>
	new Map(modules.map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, 'base64'))]));

function addressOf(value: number): string {
	return `0x${value.toString(16).padStart(64, '0')}`;
}

/** The same module at another address. */
function atAddress(base64: string, address: string): string {
	const module = deserialize(Buffer.from(base64, 'base64')) as BytecodeModule;
	module.address_identifiers[module.module_handles[module.self_module_handle_idx]!.address] = address.slice(2);
	return Buffer.from(serialize(module)).toString('base64');
}

/** The builder prints progress and warnings on the console; a caller of ours asked for a result. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
	const { log, info, warn, error, debug } = console;
	const silent = () => {};
	Object.assign(console, { log: silent, info: silent, warn: silent, error: silent, debug: silent });
	try {
		return await run();
	} finally {
		Object.assign(console, { log, info, warn, error, debug });
	}
}

/** Results by the hash of all that they depend on, the compiler's version among it. */
export async function cached<T>(kind: string, input: unknown, make: () => Promise<T>): Promise<T> {
	const hash = createHash('sha256');
	hash.update(JSON.stringify([COMPILER, kind, input]));
	const file = join(cacheFolder(), 'move', `${kind}-${hash.digest('hex')}.json`);
	const known = await readFile(file, 'utf8').catch(() => undefined);
	if (known !== undefined) return JSON.parse(known) as T;
	const value = await make();
	await writeFileAtomic(file, JSON.stringify(value));
	return value;
}

const COMPILER = 'sui-move-builder 0.5.1';
