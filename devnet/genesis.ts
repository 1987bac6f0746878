/** What a new chain starts with: the framework at 0x1 and 0x2, and all of its SUI in the faucet's hands. */
import { createHash } from 'node:crypto';
import { DevelopmentKey } from '#devnet/development-key.ts';
import { coinContents, GAS_COIN_TYPE } from '#devnet/ledger/encoding.ts';
import type { ChainObject, MoveObject, PackageObject } from '#devnet/ledger/objects.ts';
import { originsOfModule } from '#devnet/ledger/publish.ts';
import { GENESIS_VERSION, prologueDigest } from '#devnet/ledger/system.ts';
import type { Address } from '#devnet/move/api.ts';
import { deriveObjectId } from '#devnet/move/object-runtime.ts';
import { normalizeAddress } from '#devnet/move/types.ts';

export interface GenesisPackage {
	readonly address: string;
	readonly modules: ReadonlyMap<string, Uint8Array>;
}

/** 10 billion SUI, as on Sui. */
const TOTAL_SUPPLY_MIST = 10_000_000_000n * 1_000_000_000n;
export const FAUCET_COIN_ID: Address = deriveObjectId(new Uint8Array(32), 1n);

/** Of {@link faucetKey}. */
export const FAUCET_ADDRESS: Address = '0xda3d554e36eb9e44fc22fcf667eecfde1700275657a4ad36e3ed01909df4b46b';

/** Everyone knows this key: what it holds is worth nothing. */
export function faucetKey(): DevelopmentKey {
	return new DevelopmentKey(createHash('sha256').update('vramhub devnet faucet').digest());
}

/** Packages in order of dependence: each may link to those before it. */
export function genesisObjects(packages: readonly GenesisPackage[]): ChainObject[] {
	const previousTransaction = prologueDigest(0n, 0n);
	const objects: ChainObject[] = [];
	for (const { address, modules } of packages) {
		const id = normalizeAddress(address);
		const sorted = [...modules].sort(([a], [b]) => (a < b ? -1 : 1));
		// Asked for by nobody before the chain serves, or never: reading all modules for it would delay every start.
		let typeOrigins: PackageObject['typeOrigins'] | undefined;
		const pkg: PackageObject = {
			kind: 'package',
			id,
			originalId: id,
			version: GENESIS_VERSION,
			owner: { kind: 'immutable' },
			modules: new Map(sorted),
			get typeOrigins() {
				typeOrigins ??= sorted.flatMap(([name, bytes]) => originsOfModule(name, bytes, id));
				return typeOrigins;
			},
			dependencies: objects.map((earlier) => ({ originalId: earlier.id, id: earlier.id, version: earlier.version })),
			previousTransaction,
			storageRebate: 0n,
		};
		objects.push(pkg);
	}
	const faucetCoin: MoveObject = {
		kind: 'move',
		id: FAUCET_COIN_ID,
		version: GENESIS_VERSION,
		type: GAS_COIN_TYPE,
		owner: { kind: 'address', address: FAUCET_ADDRESS },
		contents: coinContents(FAUCET_COIN_ID, TOTAL_SUPPLY_MIST),
		hasPublicTransfer: true,
		previousTransaction,
		storageRebate: 0n,
	};
	return [...objects, faucetCoin];
}
