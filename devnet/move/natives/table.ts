/** Every native, by `address::module::function`. What is missing here fails when it is called, naming itself. */
import type { Address } from '#devnet/move/api.ts';
import { CONTEXT_NATIVES } from '#devnet/move/natives/context.ts';
import { CRYPTO_NATIVES } from '#devnet/move/natives/crypto.ts';
import { ECDSA_NATIVES } from '#devnet/move/natives/ecdsa.ts';
import { GROUP_NATIVES } from '#devnet/move/natives/group.ts';
import type { NativeFunction, NativeTable } from '#devnet/move/natives/native.ts';
import { OBJECT_NATIVES } from '#devnet/move/natives/object.ts';
import { STD_NATIVES } from '#devnet/move/natives/std.ts';
import { normalizeAddress } from '#devnet/move/types.ts';

const BY_ADDRESS: ReadonlyMap<Address, readonly NativeTable[]> = new Map([
	[normalizeAddress('0x1'), [STD_NATIVES]],
	[normalizeAddress('0x2'), [OBJECT_NATIVES, CONTEXT_NATIVES, CRYPTO_NATIVES, ECDSA_NATIVES, GROUP_NATIVES]],
]);

export function findNative(address: Address, module: string, name: string): NativeFunction | undefined {
	const key = `${module}::${name}`;
	for (const table of BY_ADDRESS.get(address) ?? []) if (Object.hasOwn(table, key)) return table[key];
	return undefined;
}
