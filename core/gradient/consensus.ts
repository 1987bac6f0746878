import { bcs } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { RosterEntry } from '#core/gradient/records.ts';

/** One validator's settled columns of a window, in roster order. */
export interface ValidatorColumns {
	readonly uid: number;
	/** MIST, as of the window. */
	readonly stake: bigint;
	readonly rows: readonly { readonly code: number; readonly score: number; readonly random: number; readonly weight: number }[];
}

export interface RowConsensus {
	readonly own: number;
	readonly random: number;
	readonly weight: number;
	/** More than half of the submitted stake gives code 0. */
	readonly accepted: boolean;
}

/**
 * Med(x) = the greatest c among the values with 2 · Σ stake[x ≥ c] > submitted stake: the lower weighted median, so that with two equal
 * validators one alone cannot lift (and one alone can cut: hence a least number of validators on a real network). Without values it is 0.
 */
export function weightedLowerMedian(values: readonly { readonly value: number; readonly stake: bigint }[]): number {
	const total = values.reduce((sum, { stake }) => sum + stake, 0n);
	let above = 0n;
	for (const { value, stake } of [...values].sort((a, b) => b.value - a.value)) {
		above += stake;
		if (2n * above > total) return value;
	}
	return 0;
}

/**
 * Medians and acceptance of each of the first `rows` roster rows over the validators that count: those whose payload is settled. Scores and randoms in
 * micro-nats, 0 where the code is not 0; weights as u16 shares. Each validator must have all rows.
 */
export function rowConsensus(validators: readonly ValidatorColumns[], rows: number): RowConsensus[] {
	const submitted = validators.reduce((sum, { stake }) => sum + stake, 0n);
	return Array.from({ length: rows }, (_, row) => {
		const median = (column: 'score' | 'random' | 'weight') => weightedLowerMedian(validators.map(({ stake, rows }) => ({ stake, value: rows[row]![column] })));
		const accepting = validators.reduce((sum, { stake, rows }) => (rows[row]!.code === MINER_CODE.scored ? sum + stake : sum), 0n);
		return { own: median('score'), random: median('random'), weight: median('weight'), accepted: 2n * accepting > submitted };
	});
}

/**
 * S_w: of the rows that are accepted with own > 0, random > 0 and weight > 0, the first `topG` by weight, then random, both descending, then uid
 * ascending. Nothing is merged that no validator vouches for: a window in which nobody has weight selects nothing.
 */
export function selectGradients(roster: readonly RosterEntry[], consensus: readonly RowConsensus[], topG: number): RosterEntry[] {
	return roster
		.map((entry, row) => ({ entry, ...consensus[row]! }))
		.filter(({ accepted, own, random, weight }) => accepted && own > 0 && random > 0 && weight > 0)
		.sort((a, b) => b.weight - a.weight || b.random - a.random || a.entry.uid - b.entry.uid)
		.slice(0, topG)
		.map(({ entry }) => entry);
}

const SelectionBcs = bcs.struct('Selection', {
	window: bcs.u64(),
	commitments_hash: bcs.byteVector(),
	selected: bcs.vector(bcs.struct('RosterEntry', { uid: bcs.u16(), generation: bcs.u32() })),
});

/** blake2b256(bcs{window, commitments_hash, selected}): binds which bytes are merged, because the commitments' hash binds every committed digest. */
export function selectionHash(window: bigint, commitmentsHash: Uint8Array, selected: readonly RosterEntry[]): Uint8Array {
	const entries = selected.map(({ uid, generation }) => ({ uid, generation }));
	return blake2b(SelectionBcs.serialize({ window, commitments_hash: commitmentsHash, selected: entries }).toBytes(), { dkLen: 32 });
}

/** blake2b256 over the selection hashes of I(B)'s FINAL windows, ascending, one after the other. */
export function mergeDigest(selectionHashes: readonly Uint8Array[]): Uint8Array {
	const joined = new Uint8Array(32 * selectionHashes.length);
	for (const [index, hash] of selectionHashes.entries()) joined.set(hash, 32 * index);
	return blake2b(joined, { dkLen: 32 });
}
