import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import * as layouts from '#clients/chain/bindings.ts';
import { readObject, readTableEntry, type TableLayout } from '#clients/chain/objects.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';

/** What stands for the pool in a network that has none. */
export const NO_REWARD_POOL = `0x${'0'.repeat(64)}`;

/** Smallest units of VRAM. `minted` = `paid` + `unclaimed` + `treasury` + `spent` ≤ `maxSupply`. */
export interface RewardPool {
	readonly maxSupply: bigint;
	readonly minted: bigint;
	/** Claimed by owners. */
	readonly paid: bigint;
	/** Owed to owners and not claimed. */
	readonly unclaimed: bigint;
	readonly treasury: bigint;
	/** Taken out of the treasury by the administration. */
	readonly spent: bigint;
}

/** What one window minted, and for whom. */
export interface Distribution {
	readonly minted: bigint;
	readonly miners: bigint;
	readonly validators: bigint;
	readonly treasury: bigint;
}

const distributions = { keyType: 'u64', key: bcs.u64(), value: layouts.Distribution, what: "a window's rewards" } as const satisfies TableLayout<
	never,
	unknown
>;
const owed = { keyType: 'address', key: bcs.Address, value: bcs.u64(), what: "an owner's rewards" } as const satisfies TableLayout<never, unknown>;

/** Undefined when the network has no reward pool. Throws CHAIN_UNAVAILABLE, CHAIN_OBJECT_MISSING, INVARIANT, as do the others. */
export async function readRewardPool(client: ClientWithCoreApi, objects: NetworkObjects): Promise<RewardPool | undefined> {
	const pool = await read(client, objects);
	if (pool === undefined) return undefined;
	return {
		maxSupply: BigInt(pool.max_supply),
		minted: BigInt(pool.treasury_cap.total_supply.value),
		paid: BigInt(pool.paid),
		unclaimed: BigInt(pool.unclaimed.value),
		treasury: BigInt(pool.treasury.value),
		spent: BigInt(pool.spent),
	};
}

/** Undefined until the window's rewards are distributed. */
export async function readDistribution(client: ClientWithCoreApi, objects: NetworkObjects, window: bigint): Promise<Distribution | undefined> {
	const pool = await read(client, objects);
	const entry = pool === undefined ? undefined : await readTableEntry(client, pool.distributions.id, distributions, window);
	if (entry === undefined) return undefined;
	const { minted, miners, validators, treasury } = entry;
	return { minted: BigInt(minted), miners: BigInt(miners), validators: BigInt(validators), treasury: BigInt(treasury) };
}

/** What an owner may claim. */
export async function readOwed(client: ClientWithCoreApi, objects: NetworkObjects, owner: string): Promise<bigint> {
	const pool = await read(client, objects);
	return pool === undefined ? 0n : BigInt((await readTableEntry(client, pool.owed.id, owed, owner)) ?? 0);
}

async function read(client: ClientWithCoreApi, { rewardPool }: NetworkObjects) {
	return rewardPool === NO_REWARD_POOL ? undefined : await readObject(client, rewardPool, layouts.RewardPool, 'the reward pool');
}
