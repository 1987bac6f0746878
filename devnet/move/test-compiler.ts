/** Compiles a package and the framework with their test code in, for this machine only: such bytecode cannot be published. */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { dumpMovePackage, initMovePackageBuilder, MovePackageFetcher } from '@zktx.io/sui-move-builder';
import { cached } from '#devnet/compiler/compile.ts';
import type { Address, MovePackage } from '#devnet/move/api.ts';
import type { CompiledModule } from '#devnet/move/bytecode.ts';
import { scanSource, UNIT_TEST_MODE } from '#devnet/move/test-sources.ts';
import { normalizeAddress } from '#devnet/move/types.ts';

/** Relative path → text, `Move.toml` included. */
export type SourceFiles = Readonly<Record<string, string>>;

export interface FrameworkSources {
	readonly moveStdlib: SourceFiles;
	readonly suiFramework: SourceFiles;
}

/** Answers for the framework with given text, and for local dependencies by the last part of their path. */
class TextFetcher extends MovePackageFetcher {
	readonly #framework: FrameworkSources;
	readonly #local: Readonly<Record<string, SourceFiles>>;

	constructor(framework: FrameworkSources, local: Readonly<Record<string, SourceFiles>> = {}) {
		super();
		this.#framework = framework;
		this.#local = local;
		this.fetchLocal = (path) => this.#answer(path);
	}

	override fetch(_git: string, _rev: string, subdir = ''): Promise<Record<string, string>> {
		return this.#answer(subdir);
	}

	override getResolvedSha(_git: string, rev: string): string {
		return rev;
	}

	#answer(path: string): Promise<Record<string, string>> {
		const name = path.split('/').at(-1) ?? '';
		const files = name === 'move-stdlib' ? this.#framework.moveStdlib : name === 'sui-framework' ? this.#framework.suiFramework : this.#local[name];
		return files === undefined ? Promise.reject(new Error(`no sources for ${path}`)) : Promise.resolve({ ...files });
	}
}

/** Test attributes rewritten; `tests/` under `sources/`, since the ordinary compiler reads no other folder. */
function withTestCode(files: SourceFiles): SourceFiles {
	return Object.fromEntries(
		Object.entries(files).map(([path, text]) =>
			path.endsWith('.move') ? [path.startsWith('tests/') ? `sources/${path}` : path, scanSource(text).text] : [path, text],
		),
	);
}

/** The compiler's message stands in the error. */
export async function compileForTests(
	files: SourceFiles,
	framework: FrameworkSources,
	id: Address,
	local: Readonly<Record<string, SourceFiles>> = {},
): Promise<MovePackage> {
	const sources: Sources = {
		files: withTestCode(files),
		framework: { moveStdlib: withTestCode(framework.moveStdlib), suiFramework: withTestCode(framework.suiFramework) },
		local: Object.fromEntries(Object.entries(local).map(([name, text]) => [name, withTestCode(text)])),
	};
	const modules = await cached('package-with-tests', { sources, mode: UNIT_TEST_MODE }, () => compile(sources));
	return { id: normalizeAddress(id), modules: new Map(modules.map((text) => relocate(Buffer.from(text, 'base64'), id))) };
}

/** With their test code in. */
interface Sources {
	readonly files: SourceFiles;
	readonly framework: FrameworkSources;
	readonly local: Readonly<Record<string, SourceFiles>>;
}

async function compile({ files, framework, local }: Sources): Promise<string[]> {
	await initMovePackageBuilder();
	const result = await dumpMovePackage({
		files: { ...files },
		network: 'testnet',
		silenceWarnings: true,
		modes: [UNIT_TEST_MODE],
		withUnpublishedDependencies: Object.keys(local).length > 0,
		fetcher: new TextFetcher(framework, local),
	});
	if ('error' in result) throw new Error(`the Move compiler refuses the package:\n${result.error}`);
	return result.modules;
}

const MAGIC = [0xa1, 0x1c, 0xeb, 0x0b] as const;

/** Undoes the mark `deadc0de` of code with modes, and gives the module its address. */
export function relocate(bytes: Uint8Array, id: Address): [name: string, bytes: Uint8Array] {
	const marked = Uint8Array.from(bytes);
	marked.set(MAGIC);
	const module = deserialize(marked) as CompiledModule & { address_identifiers: string[] };
	const self = module.module_handles[module.self_module_handle_idx];
	if (self === undefined) throw new Error('a module without a name');
	module.address_identifiers[self.address] = normalizeAddress(id).slice(2);
	return [module.identifiers[self.name] ?? '', serialize(module)];
}

/** The framework as packages 0x1 and 0x2, with its test code. Takes about a second. */
export async function compileFrameworkForTests(framework: FrameworkSources): Promise<readonly MovePackage[]> {
	const std = { ...framework.moveStdlib, 'Move.toml': '[package]\nname = "MoveStdlib"\nedition = "2024"\n[addresses]\nstd = "0x0"\n' };
	const sui = {
		...framework.suiFramework,
		'Move.toml': '[package]\nname = "framework"\nedition = "2024"\n[dependencies]\nMoveStdlib = { local = "../move-stdlib" }\n[addresses]\nsui = "0x2"\n',
	};
	return [await compileForTests(std, framework, '0x1'), await compileForTests(sui, framework, '0x2')];
}
