import type { HparamValues } from '#core/gradient/hparams.ts';
import { trustedMedian } from '#core/gradient/score.ts';
import type { MinerOutcome } from '#core/gradient/state.ts';

export type WorkParameters = Pick<HparamValues, 'proof_of_work_alpha_ppm' | 'proof_of_work_margin_ppm' | 'gauntlet_gamma_ppm'>;

const PPM = 1_000_000;

/**
 * 1 when the own batch gained more than the random one by the margin, −1 when by less: sign(own − random − margin · |random|), micro-nats. A gradient that was
 * trained on another batch helps both alike, give or take what a few sequences differ by, and without a margin would pass every second time.
 */
export function workSign(own: number, random: number, marginPpm: bigint): number {
	const excess = BigInt(own - random) * BigInt(PPM) - BigInt(Math.abs(random)) * marginPpm;
	return excess > 0n ? 1 : excess < 0n ? -1 : 0;
}

/**
 * own − random of a usual miner of the window, micro-nats: the lower median over scored miners that had weight in the payload before, all of them when none had. What is
 * easy or hard for everybody in a window falls out of a comparison with it. Undefined when nobody is scored.
 */
export function usualWork(miners: readonly { readonly outcome: MinerOutcome; readonly hadWeight: boolean }[]): number | undefined {
	const scored = miners.flatMap(({ outcome, hadWeight }) => (outcome.kind === 'scored' ? [{ value: outcome.own - outcome.random, hadWeight }] : []));
	return trustedMedian(scored);
}

/**
 * How much work a scored window shows, ppm of the usual: (own − random) / usual where {@link workSign} is 1, at most 1, so that no batch that went well makes up for
 * another, and a plain 1 while the usual miner shows none. Without the sign 0 or −1.
 */
export function workSignal(own: number, random: number, usual: number, marginPpm: bigint): number {
	const sign = workSign(own, random, marginPpm);
	if (sign <= 0) return sign * PPM;
	return own - random >= usual ? PPM : Number((BigInt(own - random) * BigInt(PPM)) / BigInt(usual));
}

/** The moving average after a window, ppm: p + α (s − p), s of {@link workSignal} for a scored miner, −1 for one that committed and has no score. */
export function nextProofOfWork(current: number, outcome: MinerOutcome, usual: number, parameters: WorkParameters): number {
	switch (outcome.kind) {
		case 'absent':
			return Number(decayed(BigInt(current), parameters.gauntlet_gamma_ppm));
		case 'not_drawn':
			return current;
		case 'failed':
			return outcome.isExcluded ? -PPM : averaged(current, -PPM, parameters);
		case 'scored':
			return averaged(current, workSignal(outcome.own, outcome.random, usual, parameters.proof_of_work_margin_ppm), parameters);
		default:
			return outcome satisfies never;
	}
}

/** Truncated towards 0, so that it stays within ±1e6. */
function averaged(current: number, signal: number, { proof_of_work_alpha_ppm }: WorkParameters): number {
	const alpha = Number(proof_of_work_alpha_ppm);
	// Below 2^53: 1e6 · 1e6 twice.
	return Math.trunc(((PPM - alpha) * current + alpha * signal) / PPM) + 0;
}

/** Negative values are left as they are: shrinking them would be a gain. */
export function decayed(value: bigint, gammaPpm: bigint): bigint {
	return value > 0n ? (value * gammaPpm) / BigInt(PPM) : value;
}
