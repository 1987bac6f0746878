import { VramhubError } from '#core/errors.ts';

const LOWEST = -0x8000_0000;
const HIGHEST = 0x7fff_ffff;
const MICRO = 1e6;

/**
 * Micro-nats as an i32: round(nats · 1e6), halves upwards, saturated. An improvement that is not a number (a gradient that breaks the
 * model) is the worst score. Rounding at this step lets a re-verifier on another machine accept a few units of difference.
 */
export function toMicroNats(nats: number): number {
	if (Number.isNaN(nats)) return LOWEST;
	const rounded = Math.round(nats * MICRO);
	// + 0 turns −0 into 0.
	return Math.max(LOWEST, Math.min(HIGHEST, rounded)) + 0;
}

/** The same for a loss, as the i64 of a payload header. Throws INVARIANT when the checkpoint's loss is not finite. */
export function lossToMicroNats(nats: number): bigint {
	if (!Number.isFinite(nats)) throw new VramhubError('INVARIANT', `a loss of ${nats} nats`);
	return BigInt(Math.round(nats * MICRO));
}

/**
 * What a scored miner is ranked by: own improvement, but when the gradient does not help the random batch the worse of the two, so
 * that memorising one's own batch at everybody's cost does not pay (docs/protocol.md, data and score).
 */
export function rankingKey(own: number, random: number): number {
	return random > 0 ? own : Math.min(own, random);
}

/** An element that as many are below as above, of an even number the lower one. Not of nothing. */
export function lowerMedian(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}

/**
 * The lower median over the miners that had weight in the payload before, over all when none of these had: an element, which half of the trusted miners cannot move
 * up. Undefined without miners.
 */
export function trustedMedian(miners: readonly { readonly value: number; readonly hadWeight: boolean }[]): number | undefined {
	const trusted = miners.filter(({ hadWeight }) => hadWeight);
	return miners.length === 0 ? undefined : lowerMedian((trusted.length > 0 ? trusted : miners).map(({ value }) => value));
}

/** The norm that larger gradients are clipped to: {@link trustedMedian} within [`min`, `max`], `min` without gradients. */
export function clipNorm(norms: readonly { readonly norm: number; readonly hadWeight: boolean }[], min: number, max: number): number {
	const median = trustedMedian(norms.map(({ norm, hadWeight }) => ({ value: norm, hadWeight }))) ?? min;
	return Math.min(max, Math.max(min, median));
}
