/** One compilation for many generated programs. */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { compilePackage } from '#devnet/compiler/compile.ts';
import type { GenesisPackage } from '#devnet/genesis.ts';
import type { CompiledModule } from '#devnet/move/bytecode.ts';

/** Compiles modules of the named address `programs` and puts them at `address`. */
export async function compileGenerated(address: string, modules: readonly { readonly name: string; readonly source: string }[]): Promise<GenesisPackage> {
	const manifest = '[package]\nname = "programs"\nedition = "2024"\n[addresses]\nprograms = "0x0"\n';
	const files = Object.fromEntries(modules.map(({ name, source }) => [`sources/${name}.move`, source]));
	const compiled = await compilePackage({ files: { 'Move.toml': manifest, ...files } });
	return { address, modules: new Map([...compiled.modules].map(([name, bytes]) => [name, moved(bytes, address)])) };
}

function moved(bytes: Uint8Array, address: string): Uint8Array {
	const module = deserialize(bytes) as CompiledModule;
	const addresses = [...module.address_identifiers];
	const self = module.module_handles[module.self_module_handle_idx];
	if (self === undefined) throw new TypeError('a module without a handle of its own');
	addresses[self.address] = address.slice(2);
	return serialize({ ...module, address_identifiers: addresses });
}
