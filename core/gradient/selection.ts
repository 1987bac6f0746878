import { sha256 } from '@noble/hashes/sha2.js';
import { addressBytes, ByteWriter } from '#core/bytes.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { ordinal, type Rating } from '#core/gradient/rating.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { words } from '#core/gradient/sampling.ts';

export interface Draw {
	readonly network: string;
	readonly window: bigint;
	/** Sealed: nobody who commits knows whether it will be drawn. */
	readonly randomness: Uint8Array;
	/** Roster miners that committed, ascending uid. */
	readonly committed: readonly RosterEntry[];
	/** Of the validator's previous payload. */
	readonly previous: readonly MinerRow[];
}

export type DrawParameters = Pick<HparamValues, 'max_evaluations' | 'rating_mu_nano' | 'rating_sigma_nano'>;

const BINS = 5;

interface Candidate {
	readonly uid: number;
	readonly ordinal: bigint;
	/** Of two in one bin the one with the lower key is drawn first. */
	readonly key: number;
}

/**
 * The miners that a window evaluates, ascending uid: all that committed, unless they are more than `max_evaluations`, E.
 *
 * - The n that committed are put in order of their ordinal in the previous payload (a newcomer's is that of the first rating), the highest first, of equal ones the lower uid, and cut
 *   into five bins: bin b are the ranks from ⌊b n / 5⌋ on. From bin b are drawn ⌊(b + 1) E / 5⌋ − ⌊b E / 5⌋, so that good and bad ratings are tested alike.
 * - Each miner has 1 + missed tickets, as many as windows since it was last evaluated: the first words of the stream of {@link ticketSeed}. In a bin those with the lowest
 *   tickets are drawn: what a drawing of tickets without replacement gives. Tickets are each miner's own, so that validators whose payloads differ little draw nearly the same.
 * - Bins that have fewer than are to be drawn leave the rest to the lowest tickets of all who are left.
 */
export function drawEvaluated({ network, window, randomness, committed, previous }: Draw, parameters: DrawParameters): readonly number[] {
	const evaluations = Number(parameters.max_evaluations);
	if (committed.length <= evaluations) return committed.map(({ uid }) => uid);
	const rows = new Map(previous.map((row) => [row.uid, row]));
	const candidates = committed.map(({ uid, generation }): Candidate => {
		const row = rows.get(uid);
		const known = row?.generation === generation ? row : undefined;
		const rating: Rating = known ?? { mu: parameters.rating_mu_nano, sigma: parameters.rating_sigma_nano };
		return { uid, ordinal: ordinal(rating), key: lowestWord(ticketSeed(network, window, randomness, { uid, generation }), 1 + (known?.missed ?? 0)) };
	});
	const ranked = candidates.toSorted((a, b) => (a.ordinal === b.ordinal ? a.uid - b.uid : a.ordinal > b.ordinal ? -1 : 1));
	const part = (bin: number, of: number) => Math.floor((bin * of) / BINS);
	const drawn: Candidate[] = [];
	const left: Candidate[] = [];
	for (let bin = 0; bin < BINS; bin++) {
		const members = ranked.slice(part(bin, ranked.length), part(bin + 1, ranked.length)).sort(byKey);
		const share = part(bin + 1, evaluations) - part(bin, evaluations);
		drawn.push(...members.slice(0, share));
		left.push(...members.slice(share));
	}
	drawn.push(...left.sort(byKey).slice(0, evaluations - drawn.length));
	return drawn.map(({ uid }) => uid).sort((a, b) => a - b);
}

/** SHA-256("vramhub/select" ‖ network ‖ u64 window ‖ randomness ‖ u16 uid ‖ u32 generation). */
export function ticketSeed(network: string, window: bigint, randomness: Uint8Array, { uid, generation }: RosterEntry): Uint8Array {
	const writer = new ByteWriter().bytes(new TextEncoder().encode('vramhub/select')).fixed(addressBytes(network), 32).u64(window).fixed(randomness, 32);
	return sha256(writer.u16(uid).u32(generation).done());
}

function byKey(a: Candidate, b: Candidate): number {
	return a.key === b.key ? a.uid - b.uid : a.key - b.key;
}

function lowestWord(seed: Uint8Array, count: number): number {
	let lowest = Number.POSITIVE_INFINITY;
	let taken = 0;
	for (const word of words(seed)) {
		lowest = Math.min(lowest, word);
		if (++taken === count) break;
	}
	return lowest;
}
