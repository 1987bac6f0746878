import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { ordinal, type Rating } from '#core/gradient/rating.ts';
import type { RosterEntry } from '#core/gradient/records.ts';

export interface Weighable extends Rating {
	/** Moving average of how much work each window shows, ppm of the usual. */
	readonly proofOfWork: number;
	/** Whether this window has a score of the miner. Without one there is nothing to reward and nobody's commitment to credit. */
	readonly scored: boolean;
	/** Half of this window's weight, for positions that are an earlier gradient's. */
	readonly halved: boolean;
}

export type ShareParameters = Pick<HparamValues, 'ordinal_floor_nano' | 'proof_of_work_floor_ppm' | 'proof_of_work_exponent'>;

const WEIGHT_TOTAL = 65_535n;

/** Who has weight in these rows, by uid and generation. Of the payload before, they are the miners that a window's medians trust. */
export function weightedIn(rows: readonly MinerRow[]): (miner: RosterEntry) => boolean {
	const weighted = new Set(rows.filter(({ weight }) => weight > 0).map(({ uid, generation }) => `${uid}/${generation}`));
	return ({ uid, generation }) => weighted.has(`${uid}/${generation}`);
}

/**
 * 2 · max(0, ordinal − ordinal floor)² · (proof of work)ᵏ, or once when it is halved; 0 unless the proof of work is above its floor. Ranks tell who is better and hardly by how much;
 * the power makes half of the work worth much less than half, so that splitting one machine's work over several stakes pays on none of them. A newcomer's proof of work after n windows of usual work is 1 − (1 − α)ⁿ,
 * so the floor f is a warm-up of ⌊ln(1 − f) / ln(1 − α)⌋ windows without weight (two by default), and who hovers about 0, as work that is not its own does, never has any.
 */
export function rawWeight(miner: Weighable, { ordinal_floor_nano, proof_of_work_floor_ppm, proof_of_work_exponent }: ShareParameters): bigint {
	const excess = ordinal(miner) - ordinal_floor_nano;
	const proofOfWork = BigInt(miner.proofOfWork);
	if (!miner.scored || excess <= 0n || proofOfWork <= proof_of_work_floor_ppm) return 0n;
	return (miner.halved ? 1n : 2n) * excess * excess * proofOfWork ** proof_of_work_exponent;
}

/**
 * {@link rawWeight} · sync, as shares of 65535 rounded down; 0 when nobody has any. The ordinal's floor is fixed: with the lowest ordinal in its place one terrible sybil
 * would lift everybody else. sync, how far behind a miner's checkpoint is, is always 1: a gradient from another checkpoint than the one in force is rejected. Integers throughout.
 */
export function shareWeights(miners: readonly Weighable[], parameters: ShareParameters): number[] {
	const raw = miners.map((miner) => rawWeight(miner, parameters));
	const total = raw.reduce((sum, weight) => sum + weight, 0n);
	return raw.map((weight) => (total === 0n ? 0 : Number((weight * WEIGHT_TOTAL) / total)));
}
