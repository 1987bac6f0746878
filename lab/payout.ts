import { MINER_CODE } from '#core/gradient/codes.ts';
import { rowConsensus, type ValidatorColumns } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';

type EmissionValues = Pick<HparamValues, 'emission_per_window' | 'emission_miner_bps'>;

/** What miners get of a window's emission, by median weight, rounded down as reward_distributor.move does. */
export function minerRewards(weights: readonly number[], values: EmissionValues): number[] {
	const part = (values.emission_per_window * values.emission_miner_bps) / 10_000n;
	const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
	return weights.map((weight) => (total === 0n ? 0 : Number((part * BigInt(weight)) / total)));
}

/** A minority that acts together: its stake out of the whole, and that of the honest validators. */
export interface Collusion {
	readonly name: string;
	readonly colluders: bigint;
	readonly honest: readonly [bigint, bigint];
}

export const COLLUSIONS: readonly Collusion[] = [
	{ name: 'a third', colluders: 1n, honest: [1n, 1n] },
	{ name: '49 %', colluders: 49n, honest: [26n, 25n] },
];

const HIGHEST_WEIGHT = 65_535;

/**
 * Columns as the colluders would have them: everything for the friend, and of everybody else that nothing was to be had. An enclave does not sign this; it is what colluders
 * could do if they had broken theirs.
 */
function censoring(columns: ValidatorColumns, friend: number): ValidatorColumns['rows'] {
	return columns.rows.map((row, index) =>
		index === friend ? { ...row, code: MINER_CODE.scored, weight: HIGHEST_WEIGHT } : { code: MINER_CODE.unavailable, score: 0, random: 0, weight: 0 },
	);
}

/** Rewards of each roster row when everybody is honest, and when the last of three validators colludes for the friend's row. */
export function colludedRewards(
	columns: readonly ValidatorColumns[],
	friend: number,
	{ colluders, honest }: Collusion,
	values: EmissionValues,
): { readonly honest: number[]; readonly colluded: number[] } {
	const stakes = [...honest, colluders];
	const staked = columns.map((column, index) => ({ ...column, stake: stakes[index]! }));
	const turned = staked.map((column, index) => (index === staked.length - 1 ? { ...column, rows: censoring(column, friend) } : column));
	const rewards = (all: readonly ValidatorColumns[]) =>
		minerRewards(
			rowConsensus(all, columns[0]!.rows.length).map(({ weight }) => weight),
			values,
		);
	return { honest: rewards(staked), colluded: rewards(turned) };
}
