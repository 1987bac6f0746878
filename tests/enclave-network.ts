import { createHash } from 'node:crypto';
import { bcs } from '@mysten/bcs';
import { toHex } from '#core/bytes.ts';
import { windowBatches } from '#core/gradient/batches.ts';
import { encodeGradient, gradientForm } from '#core/gradient/codec.ts';
import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { defaultHparamValues, HparamsBcs, type HparamValues, hparamsToList } from '#core/gradient/hparams.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { CommitmentBcs, RosterBcs } from '#core/gradient/records.ts';
import { Adam } from '#model/adam.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { type GptConfig, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { encodeCheckpoint } from '#model/safetensors.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';

export const TEST_MODEL: GptConfig = { vocabulary: 256, context: 16, width: 32, layers: 1, heads: 2 };
const BATCH = 4;

/**
 * Plain gradients of a model of 12 thousand parameters have up to two thirds of their positions in common, far more than pseudo-gradients of real ones
 * (`npm run bench -- overlap`): the tiers begin above that.
 */
export const TEST_TIERS = { copy_halve_overlap_ppm: 700_000n, copy_reject_overlap_ppm: 800_000n, copy_exclude_overlap_ppm: 900_000n };

export const NETWORK = `0x${'0a'.repeat(32)}`;
export const RANDOMNESS = 'ab'.repeat(32);

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface TestModel {
	readonly graph: ForwardGraph;
	readonly trainingGraph: TrainingGraph;
	readonly theta: Float32Array;
}

function builtIn(): TestModel {
	return { graph: gptForwardGraph(TEST_MODEL, BATCH), trainingGraph: gptTrainingGraph(TEST_MODEL, BATCH), theta: initialWeights(TEST_MODEL, 'test') };
}

/** A small network for tests: a model of 12 thousand parameters, briefly trained on generated sentences, and what a host knows of it. */
export async function createTestNetwork(overrides: Partial<HparamValues> = {}, model: TestModel = builtIn()) {
	const dataset = new ShardedDataset(sentences(24 * 1024), { context: TEST_MODEL.context, shardBytes: 1024, heldOutShards: 1 });
	const { graph, trainingGraph } = model;
	const pool = new ModelPool({ graph, trainingGraph, threads: 1 });
	const manifest = describeModel('tiny', graph, dataset.dataset);
	const theta = model.theta.slice();
	const adam = new Adam(theta.length);
	for (let step = 0; step < 60; step++) {
		const indices = Array.from({ length: 8 }, (_, i) => (step * 61 + i * 97) % dataset.assignable);
		adam.step(theta, (await pool.gradient(theta, dataset.sequences(indices))).gradient, 0.01);
	}
	const checkpoint = encodeCheckpoint(manifest, theta);
	const hparams = defaultHparamValues({
		own_batch_sequences: 8n,
		random_batch_sequences: 8n,
		top_k: 256n,
		evaluation_learning_rate_ppm: 500_000n,
		proof_of_work_floor_ppm: 0n,
		...TEST_TIERS,
		...overrides,
	});
	const manifestBytes = encodeManifest(manifest);
	const context = {
		checkpointHash: Buffer.from(sha256Hex(checkpoint), 'hex'),
		manifestHash: manifestHash(manifestBytes),
		parameters: manifest.parameters,
		...gradientForm(hparams),
	};

	const network = {
		hparams,
		manifest,
		pool,
		theta,
		dataset,
		/** By SHA-256: what PUT /models may be asked for. */
		files: new Map<string, Uint8Array>(
			[checkpoint, graph.bytes, ...Array.from({ length: dataset.dataset.shards }, (_, i) => dataset.get(i)!)].map((bytes) => [sha256Hex(bytes), bytes]),
		),
		encode: (uid: number, window: bigint, dense: Float32Array, changes: { checkpointHash?: Uint8Array } = {}) =>
			encodeGradient({ ...context, ...changes, uid, window, dense }).bytes,
		/** The gradient of the miner's own batch. */
		async honest(uid: number, window: bigint): Promise<Uint8Array> {
			const batches = windowBatches({
				network: NETWORK,
				window,
				randomness: Buffer.from(RANDOMNESS, 'hex'),
				roster: [{ uid, generation: 1 }],
				manifest,
				hparams,
			});
			return network.encode(uid, window, (await pool.gradient(theta, dataset.sequences(batches.own.get(uid)!))).gradient);
		},
		/** As a host builds it from the chain; miners in order of commitment, roster uids ascending. */
		request(
			window: bigint,
			roster: readonly number[],
			committed: readonly { readonly uid: number; readonly bytes: Uint8Array }[],
			changes: Partial<SessionRequest> = {},
		): SessionRequest {
			return {
				network: NETWORK,
				validator_uid: 2,
				validator_generation: 7,
				window: window.toString(),
				randomness: RANDOMNESS,
				checkpoint_hash: sha256Hex(checkpoint),
				hparams: toHex(
					HparamsBcs.serialize({
						values: hparamsToList(hparams),
						model_manifest_hash: context.manifestHash,
						dataset_root: Buffer.from(manifest.dataset.root, 'hex'),
					}).toBytes(),
				),
				roster: toHex(RosterBcs.serialize(roster.map((uid) => ({ uid, generation: 1 }))).toBytes()),
				commitments: toHex(
					bcs
						.vector(CommitmentBcs)
						.serialize(
							committed.map(({ uid, bytes }, seq) => ({
								seq,
								uid,
								generation: 1,
								sha256: Buffer.from(sha256Hex(bytes), 'hex'),
								size: bytes.length,
								cred_version: 1,
								ms: 5,
							})),
						)
						.toBytes(),
				),
				prev_payload: '',
				state_reset: false,
				state_lost: false,
				manifest: toHex(manifestBytes),
				shards: Array.from({ length: dataset.dataset.shards - 1 }, (_, index) => ({
					index,
					sha256: sha256Hex(dataset.get(index)!),
					proof: dataset.proof(index).map(toHex),
				})),
				...changes,
			};
		},
		[Symbol.asyncDispose]: () => pool.close(),
	};
	return network;
}

/** Text with something to learn and something that differs from place to place. */
function sentences(length: number): Uint8Array {
	const words = ['the', 'miner', 'trains', 'a', 'model', 'and', 'sends', 'gradients', 'to', 'every', 'validator', 'which', 'scores', 'them', 'again'];
	let state = 1;
	let text = '';
	while (text.length < length) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		text += `${words[(state >>> 16) % words.length]} `;
	}
	return new TextEncoder().encode(text.slice(0, length));
}
