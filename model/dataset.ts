import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { assignableSequences, type DatasetManifest, sequencesPerShard } from '#core/gradient/manifest.ts';
import { datasetRoot, shardLeaf, shardProof } from '#model/shards.ts';

export const SHARD_BYTES = 65_536;

interface DataShape {
	readonly context: number;
	readonly dataset: DatasetManifest;
}

/** Where sequence i lies: shard floor(i / sequencesPerShard), and which one it is there. */
export function locateSequence(shape: DataShape, index: number): { readonly shard: number; readonly offset: number } {
	const each = sequencesPerShard(shape);
	if (!Number.isInteger(index) || index < 0 || index >= each * shape.dataset.shards)
		throw new VramhubError('BAD_ARGUMENT', `no sequence ${index} in this dataset`);
	return { shard: Math.floor(index / each), offset: (index % each) * shape.context };
}

/** Sequence i, T + 1 bytes (a view, not a copy), out of the shards that are at hand. Throws BAD_ARGUMENT when its shard is not. */
export function readSequence(shape: DataShape, shards: { get(shard: number): Uint8Array | undefined }, index: number): Uint8Array {
	const { shard, offset } = locateSequence(shape, index);
	const bytes = shards.get(shard);
	if (bytes?.length !== shape.dataset.shardBytes)
		throw new VramhubError('BAD_ARGUMENT', `shard ${shard} is not at hand, or not ${shape.dataset.shardBytes} bytes long`);
	return bytes.subarray(offset, offset + shape.context + 1);
}

/** Shards that hold these sequences, ascending. */
export function shardsOf(shape: DataShape, indices: Iterable<number>): number[] {
	const shards = new Set<number>();
	for (const index of indices) shards.add(locateSequence(shape, index).shard);
	return [...shards].sort((a, b) => a - b);
}

/** A whole dataset in memory. */
export class ShardedDataset {
	readonly context: number;
	readonly dataset: DatasetManifest;
	readonly #text: Uint8Array;
	readonly #leaves: readonly Uint8Array[];

	/** Cuts `text` into shards; the tail that does not fill one is dropped. The last `heldOutShards` are never assigned. */
	constructor(text: Uint8Array, options: { context: number; shardBytes?: number; heldOutShards?: number }) {
		const { context, shardBytes = SHARD_BYTES, heldOutShards = 1 } = options;
		const shards = Math.floor(text.length / shardBytes);
		if (shards <= heldOutShards) throw new VramhubError('BAD_ARGUMENT', `${text.length} bytes make ${shards} shards; more than ${heldOutShards} are needed`);
		if (shardBytes <= context) throw new VramhubError('BAD_ARGUMENT', `a shard of ${shardBytes} bytes holds no sequence of ${context + 1}`);
		this.#text = text;
		this.#leaves = Array.from({ length: shards }, (_, i) => shardLeaf(text.subarray(i * shardBytes, (i + 1) * shardBytes)));
		this.context = context;
		this.dataset = { shardBytes, shards, heldOutShards, root: toHex(datasetRoot(this.#leaves)) };
	}

	/** Sequences that may be assigned: indices 0 … this − 1. */
	get assignable(): number {
		return assignableSequences(this);
	}

	/** Bytes of a shard, undefined beyond the last one (so that a dataset can stand wherever a Map of shards does). */
	get(shard: number): Uint8Array | undefined {
		const { shardBytes, shards } = this.dataset;
		return shard >= 0 && shard < shards ? this.#text.subarray(shard * shardBytes, (shard + 1) * shardBytes) : undefined;
	}

	proof(shard: number): Uint8Array[] {
		return shardProof(this.#leaves, shard);
	}

	sequence(index: number): Uint8Array {
		return readSequence(this, this, index);
	}

	sequences(indices: readonly number[]): Uint8Array[] {
		return indices.map((index) => this.sequence(index));
	}

	/** Indices of the held-out sequences, evenly spread, at most `limit`. */
	heldOutIndices(limit: number): number[] {
		const total = this.dataset.shards * sequencesPerShard(this) - this.assignable;
		const count = Math.min(limit, total);
		return Array.from({ length: count }, (_, i) => this.assignable + Math.floor((i * total) / count));
	}
}
