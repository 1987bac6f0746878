import { sha256 } from '@noble/hashes/sha2.js';
import { VramhubError } from '#core/errors.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { encodeResults, type MinerRow } from '#core/gradient/payload.ts';
import { type Rating, rateRanking } from '#core/gradient/rating.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { rankingKey } from '#core/gradient/score.ts';
import { encodeStateFile, type StateFile } from '#core/gradient/state-file.ts';
import { type ShareParameters, shareWeights, weightedIn } from '#core/gradient/weight.ts';
import { decayed, nextProofOfWork, usualWork, type WorkParameters } from '#core/gradient/work.ts';

/** What a window established of one miner. */
export type MinerOutcome =
	| {
			readonly kind: 'scored';
			/** Micro-nats. */
			readonly own: number;
			readonly random: number;
			/** Part of its positions are an earlier gradient's: half of this window's weight. */
			readonly isHalved?: boolean;
	  }
	/** Committed and without a score: a proven fault, or testimony that the bytes could not be had. */
	| {
			readonly kind: 'failed';
			readonly code: number;
			/** Most of its positions are an earlier gradient's: its proof of work is −1 at once. */
			readonly isExcluded?: boolean;
	  }
	/** More committed than are evaluated, and the draw left it out. */
	| { readonly kind: 'not_drawn' }
	| { readonly kind: 'absent' };

export interface RosterOutcome extends RosterEntry {
	readonly outcome: MinerOutcome;
}

export type StateParameters = Pick<HparamValues, 'rating_mu_nano' | 'rating_sigma_nano' | 'rating_beta_nano' | 'rating_tau_nano'> &
	WorkParameters &
	ShareParameters;

const MAX_MISSED = 255;
const NO_FAILURES = new Set<number>([MINER_CODE.scored, MINER_CODE.not_committed, MINER_CODE.not_drawn]);

/**
 * The rows of this window's payload out of the previous payload's. A miner whose uid and generation the previous payload has goes on
 * from there, every other starts at (μ₀, σ₀) with no proof of work.
 *
 * - Ranking: scored miners by {@link rankingKey}, equal keys tie; failed ones tie for last. Absent ones are not ranked.
 * - Proof of work: p' = p + α (s − p), s = {@link workSignal} for a scored miner and −1 for a failed one (who saw the randomness and
 *   withheld must not be better off); at once −1 for a copy that is excluded.
 * - Absent miners: μ and proof of work, where positive, times gauntlet_gamma; σ stays.
 * - Who was not drawn is not ranked; rating and proof of work stay as they were.
 * - missed: windows without a score in a row.
 */
export function nextRows(miners: readonly RosterOutcome[], previous: readonly MinerRow[], parameters: StateParameters): MinerRow[] {
	const before = new Map(previous.map((row) => [row.uid, row]));
	const hadWeight = weightedIn(previous);
	const entries = miners.map((miner) => {
		const row = before.get(miner.uid);
		const fresh = { mu: parameters.rating_mu_nano, sigma: parameters.rating_sigma_nano, proofOfWork: 0, missed: 0 };
		return { ...miner, state: row?.generation === miner.generation ? row : fresh, hadWeight: hadWeight(miner) };
	});
	const usual = usualWork(entries) ?? 0;
	const ratings = updateRatings(entries, parameters);
	const states = entries.map(({ uid, outcome, state }) => ({
		...(ratings.get(uid) ?? {
			mu: outcome.kind === 'absent' ? decayed(state.mu, parameters.gauntlet_gamma_ppm) : state.mu,
			sigma: state.sigma,
		}),
		proofOfWork: nextProofOfWork(state.proofOfWork, outcome, usual, parameters),
		missed: outcome.kind === 'scored' ? 0 : Math.min(MAX_MISSED, state.missed + 1),
		scored: outcome.kind === 'scored',
		halved: outcome.kind === 'scored' && outcome.isHalved === true,
	}));
	const weights = shareWeights(states, parameters);
	return entries.map(({ uid, generation, outcome }, index) => {
		const { mu, sigma, proofOfWork, missed } = states[index]!;
		const scored = outcome.kind === 'scored';
		return {
			uid,
			generation,
			code: codeOf(outcome),
			score: scored ? outcome.own : null,
			random: scored ? outcome.random : 0,
			proofOfWork,
			mu,
			sigma,
			weight: weights[index]!,
			missed,
		};
	});
}

/** The state after a window, of which `state_after` in the payload's header is the digest ({@link encodeStateFile}). */
export function stateFileOf(rows: readonly MinerRow[], state: Omit<StateFile, 'resultsSha256'>): Uint8Array {
	return encodeStateFile({ ...state, resultsSha256: sha256(encodeResults(rows)) });
}

function codeOf(outcome: MinerOutcome): number {
	switch (outcome.kind) {
		case 'scored':
			return MINER_CODE.scored;
		case 'failed':
			if (NO_FAILURES.has(outcome.code)) {
				throw new VramhubError('BAD_ARGUMENT', `code ${outcome.code} is not a failure`);
			}
			return outcome.code;
		case 'not_drawn':
			return MINER_CODE.not_drawn;
		case 'absent':
			return MINER_CODE.not_committed;
		default:
			return outcome satisfies never;
	}
}

/** 1 + how many are better, so that equal keys tie: by {@link rankingKey}, failed miners last; absent ones and those that were not drawn are not ranked. */
export function windowRanks(outcomes: readonly MinerOutcome[]): (number | undefined)[] {
	const keys = outcomes.map((outcome) => {
		if (outcome.kind === 'absent' || outcome.kind === 'not_drawn') return undefined;
		return outcome.kind === 'scored' ? rankingKey(outcome.own, outcome.random) : Number.NEGATIVE_INFINITY;
	});
	return keys.map((key) => (key === undefined ? undefined : 1 + keys.filter((other) => other !== undefined && other > key).length));
}

/** New ratings by uid of everyone who was ranked. */
function updateRatings(entries: readonly (RosterOutcome & { readonly state: Rating })[], parameters: StateParameters): Map<number, Rating> {
	const ranks = windowRanks(entries.map(({ outcome }) => outcome));
	const ranked = entries.filter((_, index) => ranks[index] !== undefined);
	const ratings = rateRanking(
		ranked.map(({ state }) => state),
		ranks.filter((rank) => rank !== undefined),
		{ beta: parameters.rating_beta_nano, tau: parameters.rating_tau_nano },
	);
	return new Map(ranked.map(({ uid }, index) => [uid, { mu: ratings[index]!.mu, sigma: ratings[index]!.sigma }]));
}
