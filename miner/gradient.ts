import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainReader } from '#clients/chain/port.ts';
import { equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { encodeGradient } from '#core/gradient/codec.ts';
import { assignableSequences, type ModelManifest } from '#core/gradient/manifest.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { throwIfStopped } from '#miner/chain-clock.ts';
import { DEFAULT_TRAINING, type LocalTraining, trainLocally } from '#miner/train.ts';
import { readSequence } from '#model/dataset.ts';
import type { ModelPool } from '#model/pool.ts';
import { decodeCheckpoint } from '#model/safetensors.ts';

export interface GradientMakerOptions {
	readonly chain: Pick<ChainReader, 'hparamsAt' | 'checkpointAt'>;
	readonly manifest: ModelManifest;
	readonly manifestHash: Uint8Array;
	/** With a training graph. */
	readonly pool: ModelPool;
	/** Shards by index; all that a batch may name. */
	readonly shards: { get(shard: number): Uint8Array | undefined };
	/** Finds a checkpoint file; its bytes are checked here. */
	readonly readCheckpoint: (boundary: bigint) => Promise<Uint8Array>;
	readonly training?: LocalTraining;
	readonly onTrained?: (window: bigint, losses: readonly number[]) => void;
}

/**
 * `makeGradient(window)`: from the checkpoint in force, k local steps on the uid's own batch, compressed to the bytes that are committed.
 * Throws CHECKPOINT_MISMATCH when the file is not the anchored one, BAD_CONFIGURATION when the network trains another model.
 */
export function createGradientMaker(options: GradientMakerOptions) {
	const { chain, manifest, manifestHash, pool, shards, readCheckpoint, training = DEFAULT_TRAINING, onTrained } = options;
	/** The checkpoint of the last call: it changes every `checkpoint_frequency` windows at most. */
	let last: { readonly hash: Uint8Array; readonly parameters: Float32Array } | undefined;

	async function checkpoint(boundary: bigint, hash: Uint8Array): Promise<Float32Array> {
		if (last === undefined || !equalBytes(last.hash, hash)) {
			const file = await readCheckpoint(boundary);
			if (!equalBytes(sha256(file), hash))
				throw new VramhubError('CHECKPOINT_MISMATCH', `the file of checkpoint ${boundary} does not have the hash ${toHex(hash)}`);
			last = { hash, parameters: decodeCheckpoint(manifest, file) };
		}
		return last.parameters;
	}

	return async (uid: number, window: bigint, signal: AbortSignal): Promise<Uint8Array> => {
		const { values, modelManifestHash } = await chain.hparamsAt(window);
		if (!equalBytes(modelManifestHash, manifestHash)) throw new VramhubError('BAD_CONFIGURATION', 'this model manifest is not the one that the network trains');
		const anchor = await chain.checkpointAt(window);
		const parameters = await checkpoint(anchor.boundary, anchor.hash);
		const indices = ownBatch(uid, window, Number(values.own_batch_sequences), assignableSequences(manifest));
		const sequences = indices.map((index) => readSequence(manifest, shards, index));
		const { pseudoGradient, losses } = await trainLocally(pool, parameters, sequences, training, signal);
		throwIfStopped(signal);
		onTrained?.(window, losses);
		const { bytes } = encodeGradient({
			uid,
			window,
			checkpointHash: anchor.hash,
			manifestHash,
			parameters: manifest.parameters,
			topK: Number(values.top_k),
			dense: pseudoGradient,
		});
		return bytes;
	};
}
