import { readFile } from 'node:fs/promises';
import { compressionOf, decodeGradient, encodeGradient, gradientNorm, reconstruct } from '#core/gradient/codec.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { fetchCorpus } from '#devnet/corpus.ts';
import { ERROR_FEEDBACK_DECAY, ErrorFeedback } from '#miner/error-feedback.ts';
import { trainLocally } from '#miner/train.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { trainGenesis } from '#model/genesis.ts';
import { BYTE_GPT, BYTE_GPT_BATCH, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { ModelPool } from '#model/pool.ts';
import { decodeCheckpoint } from '#model/safetensors.ts';
import { cacheFolder } from '#runtime/state-folder.ts';
import { FORMS } from './gradient-forms.ts';
import { report } from './report.ts';

const WINDOWS = 5;
/** As the demo evaluates and merges. */
const LEARNING_RATE = 2;
const OWN_SEQUENCES = 16;

/**
 * What the codecs take from a real gradient: a miner's local steps on the demo's model in five windows from one checkpoint, with and without error feedback. The last window
 * is scored as validators would, clipped to the norm of the first; the merge is the mean of all five.
 */
export async function run(): Promise<void> {
	const cacheDir = cacheFolder();
	const corpus = await fetchCorpus(cacheDir);
	const dataset = new ShardedDataset(corpus.text, { context: BYTE_GPT.context });
	const graph = gptForwardGraph(BYTE_GPT, BYTE_GPT_BATCH);
	const { parameters } = graph;
	const genesis = await trainGenesis({ dataset, config: BYTE_GPT, seed: 'vramhub-genesis-1', steps: 30, cacheDir });
	const theta = decodeCheckpoint(graph, await readFile(genesis.file));
	await using pool = new ModelPool({ graph, trainingGraph: gptTrainingGraph(BYTE_GPT, BYTE_GPT_BATCH) });
	const batches = Array.from({ length: WINDOWS }, (_, window) => dataset.sequences(ownBatch(1, BigInt(window), OWN_SEQUENCES, dataset.assignable)));
	const others = dataset.sequences(ownBatch(2, 0n, OWN_SEQUENCES, dataset.assignable));
	const gradients: Float32Array[] = [];
	for (const batch of batches) gradients.push((await trainLocally(pool, theta, batch)).pseudoGradient);
	const gain = async (step: Float32Array, sequences: readonly Uint8Array[]) =>
		(await pool.evaluateLoss(theta, sequences)) -
		(await pool.evaluateLoss(
			theta.map((value, i) => value - step[i]!),
			sequences,
		));

	for (const [name, codec, topK] of FORMS) {
		for (const decay of [0, ERROR_FEEDBACK_DECAY]) {
			const feedback = new ErrorFeedback(decay);
			const merged = new Float32Array(theta.length);
			const step = new Float32Array(theta.length);
			const errors: number[] = [];
			let ratio = 0;
			let clip = 0;
			for (const [index, gradient] of gradients.entries()) {
				const window = BigInt(index);
				const context = { uid: 1, window, checkpointHash: new Uint8Array(32), manifestHash: new Uint8Array(32), parameters, codec, topK };
				const dense = feedback.correct(window, Float32Array.from(gradient));
				const encoded = encodeGradient({ ...context, dense });
				feedback.keep(window, encoded.residual);
				const compression = compressionOf(dense, encoded);
				errors.push(compression.error);
				ratio = compression.ratio;
				const decoded = decodeGradient(encoded.bytes, { ...context, maxBytes: encoded.bytes.length });
				if (decoded.kind !== 'decoded') throw new Error(decoded.reason);
				const norm = gradientNorm(decoded.gradient);
				if (clip === 0) clip = norm;
				reconstruct(decoded.gradient, parameters, step, LEARNING_RATE * Math.min(1, clip / norm));
				for (let i = 0; i < step.length; i++) merged[i]! += step[i]! / WINDOWS;
			}
			report({
				bench: `codec/${name}`,
				of: 'bytes of the dense gradient / bytes of the object',
				ratio,
				top_k: topK,
				feedback_decay: decay,
				reconstruction_error_first: errors[0]!,
				reconstruction_error_last: errors.at(-1)!,
				own_gain_nats: await gain(step, batches.at(-1)!),
				random_gain_nats: await gain(step, others),
				merged_gain_nats: await gain(merged, others),
			});
		}
	}
}
