import { sha256 } from '@noble/hashes/sha2.js';
import { addressBytes, ByteWriter } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';

/**
 * A bottom-m sketch of the set of a gradient's coefficient positions (chunk · 4096 + index): the m smallest of their hashes. Two sketches under one seed tell how large the
 * intersection of the sets is (Broder, "On the resemblance and containment of documents", 1997; Beyer et al., "On synopses for distinct-value estimation under multiset
 * operations", SIGMOD 2007). Values play no part: who copies and adds noise keeps the positions.
 */
export interface Sketch {
	/** Size of the set. */
	readonly count: number;
	/** min(m, count) hashes, ascending; the hash is a permutation, so they are distinct. */
	readonly hashes: Uint32Array;
}

/** Hashes of a sketch for comparisons inside of one window: 16 KiB that last as long as the session. */
export const WINDOW_SKETCH_HASHES = 4_096;
/** Hashes of a sketch for comparisons across windows: 1 KiB a gradient in the validator's state. */
export const INTERVAL_SKETCH_HASHES = 256;

const PPM = 1_000_000n;
/** Next to a set that is so much larger that less is left of the smaller one, nothing can be said. */
const LEAST_SAMPLE = 16;
const SPAN = 2 ** 32;
/** Sketches count in u32. */
const MOST_POSITIONS = 2 ** 32 - 1;

/**
 * Seed for comparisons inside of one window: SHA-256("vramhub/sketch-window" ‖ network ‖ u64 window ‖ randomness). Nobody knew the randomness when gradients were
 * committed, so nobody could spare just the positions that are sampled.
 */
export function windowSketchSeed(network: string, window: bigint, randomness: Uint8Array): Uint8Array {
	return sha256(new ByteWriter().bytes(text('vramhub/sketch-window')).fixed(addressBytes(network), 32).u64(window).fixed(randomness, 32).done());
}

/** Seed for comparisons across the windows of an interval: SHA-256("vramhub/sketch" ‖ network ‖ checkpoint_hash). Everybody knows it beforehand. */
export function intervalSketchSeed(network: string, checkpointHash: Uint8Array): Uint8Array {
	return sha256(new ByteWriter().bytes(text('vramhub/sketch')).fixed(addressBytes(network), 32).fixed(checkpointHash, 32).done());
}

/** `size`: m. Only hashes below a threshold that about m of them pass are looked at closer, so a million positions cost little more than hashing them. */
export function sketchOf({ header, starts, indices }: Pick<SparseGradient, 'header' | 'starts' | 'indices'>, seed: Uint8Array, size: number): Sketch {
	const count = indices.length;
	if (count > MOST_POSITIONS || header.chunkCount * CHUNK_ELEMENTS > SPAN) throw new VramhubError('BAD_ARGUMENT', `a sketch of ${count} positions`);
	const kept = Math.min(size, count);
	const words = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
	const [first, second] = [words.getUint32(0), words.getUint32(4)];
	// Five standard deviations more than m are expected below it.
	for (let part = Math.min(1, (size + 5 * Math.sqrt(size) + 5) / count); ; part = Math.min(1, 2 * part)) {
		const below = part * SPAN;
		const found: number[] = [];
		for (let chunk = 0; chunk < header.chunkCount; chunk++) {
			for (let k = starts[chunk]!; k < starts[chunk + 1]!; k++) {
				const hash = hashOf(chunk * CHUNK_ELEMENTS + indices[k]!, first, second);
				if (hash < below) found.push(hash);
			}
		}
		if (found.length >= kept) return { count, hashes: Uint32Array.from(found).sort().slice(0, kept) };
	}
}

/** MurmurHash3's 32-bit finaliser (Appleby), keyed twice: a permutation of the u32. */
function hashOf(position: number, first: number, second: number): number {
	return mix(mix(position ^ first) ^ second) >>> 0;
}

function mix(value: number): number {
	let h = value;
	h ^= h >>> 16;
	h = Math.imul(h, 0x85eb_ca6b);
	h ^= h >>> 13;
	h = Math.imul(h, 0xc2b2_ae35);
	return h ^ (h >>> 16);
}

/**
 * How much of the smaller set lies in the other, beyond chance and beyond doubt: ppm, rounded down, 0 when nothing can be said. `positions`: how many there are, N.
 *
 * - Under the lower of both thresholds (a sketch that holds its whole set has none) each sketch is a complete sample of its set. With a and b hashes there, c of them common,
 *   |A ∩ B| is estimated as c · (|A| + |B|) / (a + b), and o = |A ∩ B| / min(|A|, |B|).
 * - Unless both sets are held whole, three standard deviations are taken off: o − 3 √(o (1 − o) / s), s the hashes of the smaller set. In doubt nobody has copied; nothing is
 *   said below 16 of them.
 * - Of sets that are large, much is common by chance, d = max(|A|, |B|) / N. As Cohen's κ does: (o − d) / (1 − d). What keeps the share k of a gradient's positions and
 *   draws the others comes out as k, whatever `top_k` is.
 */
export function overlapPpm(a: Sketch, b: Sketch, positions: number): number {
	return overlapOf(a, b, commonHashes(a, b), positions);
}

/** The same for who has counted the common hashes; 0 also where it cannot be above `atLeast`, which is quick to see. */
export function overlapOf(a: Sketch, b: Sketch, common: number, positions: number, atLeast = 0): number {
	const threshold = Math.min(thresholdOf(a), thresholdOf(b));
	const [inA, inB] = [sampleOf(a, threshold), sampleOf(b, threshold)];
	const [small, large] = [Math.min(a.count, b.count), Math.max(a.count, b.count)];
	const sample = a.count === b.count ? Math.min(inA, inB) : a.count < b.count ? inA : inB;
	if (sample === 0 || (sample < LEAST_SAMPLE && sample < small)) return 0;
	const isWhole = a.hashes.length === a.count && b.hashes.length === b.count;
	if (isBelow(atLeast, (common * (a.count + b.count)) / ((inA + inB) * small), isWhole ? 0 : 3 / Math.sqrt(sample), large / positions)) return 0;
	const estimate = (BigInt(common) * PPM * BigInt(a.count + b.count)) / (BigInt(inA + inB) * BigInt(small));
	const observed = estimate < PPM ? estimate : PPM;
	const doubt = isWhole ? 0n : 3n * squareRoot((observed * (PPM - observed)) / BigInt(sample));
	const chance = (BigInt(large) * PPM) / BigInt(positions);
	if (observed - doubt <= chance || chance >= PPM) return 0;
	return Number(((observed - doubt - chance) * PPM) / (PPM - chance));
}

/** Whether the same in doubles is so far below that no rounding matters: each of the four steps of integers loses less than 5 ppm. */
function isBelow(atLeast: number, estimate: number, deviations: number, chance: number): boolean {
	const observed = Math.min(1, estimate);
	return (1e6 * (observed - deviations * Math.sqrt(observed * (1 - observed)) - chance) + 20) / (1 - chance) < atLeast;
}

/** A common one is below both thresholds. */
function commonHashes(a: Sketch, b: Sketch): number {
	let common = 0;
	for (let i = 0, k = 0; i < a.hashes.length && k < b.hashes.length; ) {
		const [x, y] = [a.hashes[i]!, b.hashes[k]!];
		if (x === y) common++;
		if (x <= y) i++;
		if (y <= x) k++;
	}
	return common;
}

/** ⌊√value⌋. The square root of a double is right to the last bit, and below 2^53 its floor is that of the integer. */
function squareRoot(value: bigint): bigint {
	return BigInt(Math.floor(Math.sqrt(Number(value))));
}

/** How many hashes are not above the threshold. */
function sampleOf({ hashes }: Sketch, threshold: number): number {
	let [low, high] = [0, hashes.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (hashes[middle]! <= threshold) low = middle + 1;
		else high = middle;
	}
	return low;
}

function thresholdOf({ count, hashes }: Sketch): number {
	return hashes.length === count ? SPAN : hashes.at(-1)!;
}

function text(value: string): Uint8Array {
	return new TextEncoder().encode(value);
}
