import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainReader, CheckpointAnchor } from '#clients/chain/port.ts';
import { equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { type Compression, compressionOf, type EncodedGradient, encodeGradient, gradientForm } from '#core/gradient/codec.ts';
import type { GradientCodec } from '#core/gradient/layout.ts';
import { assignableSequences, type ModelManifest, parameterCount } from '#core/gradient/manifest.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { throwIfStopped } from '#miner/chain-clock.ts';
import { DEFAULT_TRAINING, type LocalTraining, trainLocally } from '#miner/train.ts';
import { readSequence } from '#model/dataset.ts';
import type { ModelPool } from '#model/pool.ts';
import { decodeCheckpoint } from '#model/safetensors.ts';

/** What the network asks of a miner in one window. */
export interface WindowTask {
	readonly uid: number;
	readonly window: bigint;
	readonly codec: GradientCodec;
	readonly topK: number;
	readonly ownBatchSequences: number;
	/** The one in force. */
	readonly checkpoint: CheckpointAnchor;
	/** Moment on performance.now() at which training ends, finished or not. */
	readonly trainUntil: number;
}

/** Part of what is left of the commit interval that may be spent on training; encoding and committing take the rest, on a machine that others use too. */
const TRAINING_SHARE = 0.65;

/** What a miner needs to train. */
export interface TrainingTools {
	/** With a training graph. */
	readonly pool: ModelPool;
	/** Shards by index; all that a batch may name. */
	readonly shards: { get(shard: number): Uint8Array | undefined };
}

export interface WorkbenchOptions {
	readonly chain: Pick<ChainReader, 'hparamsAt' | 'checkpointAt'>;
	readonly manifest: ModelManifest;
	readonly manifestHash: Uint8Array;
	/** Called at the first training, so that a miner that never trains loads nothing. */
	readonly tools: () => Promise<TrainingTools>;
	/** Finds a checkpoint file; its bytes are checked here. */
	readonly readCheckpoint: (boundary: bigint, sha256: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;
	/** Milliseconds during which the window's commitments are still taken; without it, training takes the time that it takes. */
	readonly commitMsLeft?: (window: bigint) => Promise<number>;
	readonly training?: LocalTraining;
	readonly onTrained?: (window: bigint, losses: readonly number[]) => void;
	readonly onEncoded?: (window: bigint, compression: Compression) => void;
}

/** The steps that every kind of miner puts together in its own way. */
export interface Workbench {
	/** Length of a dense gradient. */
	readonly parameters: number;
	/** Throws BAD_CONFIGURATION when the network trains another model. */
	task(uid: number, window: bigint): Promise<WindowTask>;
	/** θ₀ − θₖ from the task's checkpoint on the uid's own batch of the task's window. Throws CHECKPOINT_MISMATCH when the file is not the anchored one. */
	train(task: WindowTask, signal: AbortSignal): Promise<Float32Array>;
	/** The gradient object of a dense gradient, and what it does not carry of it. */
	encode(task: WindowTask, dense: Float32Array): EncodedGradient;
}

export function createWorkbench(options: WorkbenchOptions): Workbench {
	const { chain, manifest, manifestHash, readCheckpoint, commitMsLeft, training = DEFAULT_TRAINING, onTrained, onEncoded } = options;
	/** The checkpoint of the last call: it changes every `checkpoint_frequency` windows at most. */
	let last: { readonly hash: Uint8Array; readonly parameters: Float32Array } | undefined;
	let tools: Promise<TrainingTools> | undefined;

	async function parametersOf({ boundary, hash }: CheckpointAnchor, signal: AbortSignal): Promise<Float32Array> {
		if (last === undefined || !equalBytes(last.hash, hash)) {
			const file = await readCheckpoint(boundary, hash, signal);
			if (!equalBytes(sha256(file), hash))
				throw new VramhubError('CHECKPOINT_MISMATCH', `the file of checkpoint ${boundary} does not have the hash ${toHex(hash)}`);
			last = { hash, parameters: decodeCheckpoint(manifest, file) };
		}
		return last.parameters;
	}

	function openTools(): Promise<TrainingTools> {
		tools ??= options.tools().catch((error: unknown) => {
			tools = undefined;
			throw error;
		});
		return tools;
	}

	return {
		parameters: parameterCount(manifest),

		async task(uid, window) {
			const [{ values, modelManifestHash }, checkpoint] = await Promise.all([chain.hparamsAt(window), chain.checkpointAt(window)]);
			if (!equalBytes(modelManifestHash, manifestHash))
				throw new VramhubError('BAD_CONFIGURATION', 'this model manifest is not the one that the network trains');
			const trainUntil = commitMsLeft === undefined ? Number.POSITIVE_INFINITY : performance.now() + TRAINING_SHARE * (await commitMsLeft(window));
			return { uid, window, ...gradientForm(values), ownBatchSequences: Number(values.own_batch_sequences), checkpoint, trainUntil };
		},

		async train({ uid, window, ownBatchSequences, checkpoint, trainUntil }, signal) {
			const [{ pool, shards }, parameters] = await Promise.all([openTools(), parametersOf(checkpoint, signal)]);
			const sequences = ownBatch(uid, window, ownBatchSequences, assignableSequences(manifest)).map((index) => readSequence(manifest, shards, index));
			const { pseudoGradient, losses } = await trainLocally(pool, parameters, sequences, training, signal, () => performance.now() < trainUntil);
			throwIfStopped(signal);
			onTrained?.(window, losses);
			return pseudoGradient;
		},

		encode({ uid, window, codec, topK, checkpoint }, dense) {
			const encoded = encodeGradient({ uid, window, checkpointHash: checkpoint.hash, manifestHash, parameters: manifest.parameters, codec, topK, dense });
			onEncoded?.(window, compressionOf(dense, encoded));
			return encoded;
		},
	};
}
