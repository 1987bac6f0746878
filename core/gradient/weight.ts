import { ordinal, type Rating } from '#core/gradient/rating.ts';

export interface Weighable extends Rating {
	/** Bounded moving average of whether own beats random by the margin, ppm. */
	readonly proofOfWork: number;
	/** Whether this window has a score of the miner. Without one there is nothing to reward and nobody's commitment to credit. */
	readonly scored: boolean;
}

const WEIGHT_TOTAL = 65_535n;

/**
 * weight = max(0, ordinal − floor)² · max(0, proof of work) · sync, as shares of 65535 rounded down; 0 when nobody has any. The floor
 * is fixed: with the lowest ordinal in its place one terrible sybil would lift everybody else. sync, how far behind a miner's
 * checkpoint is, is always 1: a gradient from another checkpoint than the one in force is rejected. Integers throughout.
 */
export function shareWeights(miners: readonly Weighable[], ordinalFloor: bigint): number[] {
	const raw = miners.map((miner) => {
		const excess = ordinal(miner) - ordinalFloor;
		return miner.scored && excess > 0n && miner.proofOfWork > 0 ? excess * excess * BigInt(miner.proofOfWork) : 0n;
	});
	const total = raw.reduce((sum, weight) => sum + weight, 0n);
	return raw.map((weight) => (total === 0n ? 0 : Number((weight * WEIGHT_TOTAL) / total)));
}
