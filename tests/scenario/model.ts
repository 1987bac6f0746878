import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ModelFiles } from '#activities/gradient/ports.ts';
import { toHex } from '#core/bytes.ts';
import { encodeGradient, gradientForm } from '#core/gradient/codec.ts';
import { defaultHparamValues, type HparamValues } from '#core/gradient/hparams.ts';
import { assignableSequences, type ModelManifest } from '#core/gradient/manifest.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { Adam } from '#model/adam.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { type GptConfig, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { encodeCheckpoint } from '#model/safetensors.ts';
import type { AddressBook } from '#runtime/address-book.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { TEST_TIERS } from '#tests/enclave-network.ts';

const CONFIG: GptConfig = { vocabulary: 256, context: 16, width: 32, layers: 1, heads: 2 };
const BATCH = 4;
const TRAINING_STEPS = 40;

/** Evaluation of a model of 12 thousand parameters: enough sequences to tell own from random, few enough for a second. */
export const SCENARIO_HPARAMS = {
	own_batch_sequences: 8n,
	random_batch_sequences: 8n,
	top_k: 256n,
	evaluation_learning_rate_ppm: 500_000n,
	...TEST_TIERS,
} as const satisfies Partial<HparamValues>;

const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a made gradient differs in from an honest one. */
export interface GradientChanges {
	readonly uid?: number;
	readonly window?: bigint;
	readonly checkpointHash?: Uint8Array;
	readonly manifestHash?: Uint8Array;
}

export interface ScenarioModel {
	readonly manifest: ModelManifest;
	readonly manifestHash: Uint8Array;
	readonly datasetRoot: Uint8Array;
	readonly checkpointHash: Uint8Array;
	/** What a validator gives its enclave. */
	readonly files: ModelFiles;
	/** Puts the files of the address book into a data folder. */
	write(data: string): Promise<AddressBook['model']>;
	/** The encoded gradient of the miner's own batch. */
	gradient(uid: number, window: bigint, changes?: GradientChanges): Promise<Uint8Array>;
	close(): Promise<void>;
}

/** A tiny model, briefly trained on generated sentences, so that an honest gradient has something to improve. The same bytes each time. */
export async function createScenarioModel(): Promise<ScenarioModel> {
	const text = sentences(24 * 1024);
	const dataset = new ShardedDataset(text, { context: CONFIG.context, shardBytes: 1024, heldOutShards: 1 });
	const graph = gptForwardGraph(CONFIG, BATCH);
	const trainingGraph = gptTrainingGraph(CONFIG, BATCH);
	const pool = new ModelPool({ graph, trainingGraph, threads: 1 });
	const manifest = describeModel('scenario', graph, dataset.dataset);
	const theta = initialWeights(CONFIG, 'scenario');
	const adam = new Adam(theta.length);
	for (let step = 0; step < TRAINING_STEPS; step++) {
		const indices = Array.from({ length: 8 }, (_, i) => (step * 61 + i * 97) % dataset.assignable);
		adam.step(theta, (await pool.gradient(theta, dataset.sequences(indices))).gradient, 0.01);
	}
	const checkpoint = encodeCheckpoint(manifest, theta);
	const manifestBytes = encodeManifest(manifest);
	const context = {
		checkpointHash: new Uint8Array(Buffer.from(sha256Hex(checkpoint), 'hex')),
		manifestHash: manifestHash(manifestBytes),
		parameters: manifest.parameters,
		...gradientForm(defaultHparamValues(SCENARIO_HPARAMS)),
	};
	const shards = Array.from({ length: dataset.dataset.shards }, (_, index) => dataset.get(index)!);
	const files = new Map([checkpoint, graph.bytes, ...shards].map((bytes) => [sha256Hex(bytes), bytes]));
	return {
		manifest,
		manifestHash: context.manifestHash,
		datasetRoot: new Uint8Array(Buffer.from(manifest.dataset.root, 'hex')),
		checkpointHash: context.checkpointHash,
		files: {
			manifest: manifestBytes,
			shards: (indices) => indices.map((index) => ({ index, sha256: sha256Hex(shards[index]!), proof: dataset.proof(index).map(toHex) })),
			read: async (sha256) => files.get(sha256)!,
		},
		async write(data) {
			const contents = { manifest: manifestBytes, graph: graph.bytes, trainingGraph: trainingGraph.bytes, genesisCheckpoint: checkpoint, corpus: text };
			for (const [name, bytes] of Object.entries(contents)) await writeFileAtomic(join(data, 'model', name), bytes);
			return Object.fromEntries(Object.keys(contents).map((name) => [name, `model/${name}`])) as AddressBook['model'];
		},
		async gradient(uid, window, changes = {}) {
			const indices = ownBatch(uid, window, Number(SCENARIO_HPARAMS.own_batch_sequences), assignableSequences(manifest));
			const { gradient } = await pool.gradient(theta, dataset.sequences(indices));
			return encodeGradient({ ...context, uid, window, ...changes, dense: gradient }).bytes;
		},
		close: () => pool.close(),
	};
}

/** Text with something to learn and something that differs from place to place. */
function sentences(length: number): Uint8Array {
	const words = ['a', 'sealed', 'window', 'takes', 'every', 'honest', 'gradient', 'and', 'scores', 'it', 'once', 'for', 'all', 'to', 'see'];
	let state = 7;
	let text = '';
	while (text.length < length) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		text += `${words[(state >>> 16) % words.length]} `;
	}
	return new TextEncoder().encode(text.slice(0, length));
}
