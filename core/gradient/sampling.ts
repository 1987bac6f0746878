import { sha256 } from '@noble/hashes/sha2.js';
import { addressBytes, ByteWriter } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/** Seed of a miner's own batch: SHA-256(u64 uid ‖ u64 window). */
export function ownBatchSeed(uid: number, window: bigint): Uint8Array {
	return sha256(new ByteWriter().u64(BigInt(uid)).u64(window).done());
}

/** Seed of the window's random batch: SHA-256("vramhub/random" ‖ network ‖ u64 window ‖ randomness). */
export function randomBatchSeed(network: string, window: bigint, randomness: Uint8Array): Uint8Array {
	return sha256(new ByteWriter().bytes(new TextEncoder().encode('vramhub/random')).fixed(addressBytes(network), 32).u64(window).fixed(randomness, 32).done());
}

/** Uniform u32 stream: block j is SHA-256(seed ‖ u32 j), read as eight big-endian words. */
export function* words(seed: Uint8Array): Generator<number> {
	for (let block = 0; ; block++) {
		const digest = sha256(new ByteWriter().bytes(seed).u32(block).done());
		const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
		for (let word = 0; word < 8; word++) yield view.getUint32(word * 4);
	}
}

/**
 * `count` distinct indices in [0, population), none in `excluded`, in the order drawn. A word w is refused when
 * w ≥ floor(2^32 / population) · population (no modulo bias), else gives w mod population; repeats and excluded ones are drawn again.
 */
export function drawIndices(seed: Uint8Array, count: number, population: number, excluded: ReadonlySet<number> = new Set()): number[] {
	if (count > population - excluded.size)
		throw new VramhubError('BAD_ARGUMENT', `cannot draw ${count} of ${population} sequences with ${excluded.size} excluded`);
	const limit = Math.floor(2 ** 32 / population) * population;
	const drawn = new Set<number>();
	for (const word of words(seed)) {
		if (drawn.size === count) break;
		const index = word % population;
		if (word < limit && !excluded.has(index)) drawn.add(index);
	}
	return [...drawn];
}

/** Own batch of one miner: the first `sequences` of its stream. */
export function ownBatch(uid: number, window: bigint, sequences: number, population: number): number[] {
	return drawIndices(ownBatchSeed(uid, window), sequences, population);
}

/** The window's random batch, outside the union of the roster's own batches. */
export function randomBatch(seed: Uint8Array, sequences: number, population: number, ownBatches: Iterable<readonly number[]>): number[] {
	const union = new Set<number>();
	for (const batch of ownBatches) for (const index of batch) union.add(index);
	return drawIndices(seed, sequences, population, union);
}

/** SHA-256 over, per batch in ascending uid: u16 uid ‖ u32 count ‖ u32 index …. The `own_data_digest` of a header. */
export function ownDataDigest(batches: readonly { readonly uid: number; readonly indices: readonly number[] }[]): Uint8Array {
	const writer = new ByteWriter();
	for (const { uid, indices } of batches) {
		writer.u16(uid).u32(indices.length);
		for (const index of indices) writer.u32(index);
	}
	return sha256(writer.done());
}

/** SHA-256 over u32 count ‖ u32 index …. The `random_data_digest` of a header. */
export function randomDataDigest(indices: readonly number[]): Uint8Array {
	const writer = new ByteWriter().u32(indices.length);
	for (const index of indices) writer.u32(index);
	return sha256(writer.done());
}
