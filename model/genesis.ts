import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '#core/bytes.ts';
import { Adam, clipNorm } from '#model/adam.ts';
import type { ShardedDataset } from '#model/dataset.ts';
import { type GptConfig, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { ModelPool } from '#model/pool.ts';
import { Xoshiro128 } from '#model/random.ts';
import { cpuClass, runtimeHash } from '#model/runtime-digest.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';
import { writeFileAtomic } from '#runtime/files.ts';

/**
 * The first checkpoint. From random weights every gradient lowers every loss, copies as much as work; the more steps, the more a gradient helps the data
 * that it was computed on, which is what the score measures. Measured with six miners, four local Adam steps and 32 of 4096 coefficients: from 200 steps
 * the smallest honest own − random is three times the largest of a copy. Networks that work more in a window can start from less.
 */
export const GENESIS_STEPS = 200;

/** Part of the cache's key: change `format` when the procedure changes otherwise. */
const RECIPE = {
	format: 1,
	/** Sequences a step, in runs of half as many, so that two threads share a step; the sum's order is fixed by the runs. */
	batch: 8,
	warmupSteps: 20,
	peakLearningRate: 0.003,
	/** Reached linearly at the last step, as a part of the peak. */
	finalLearningRate: 0.1,
	clipNorm: 1,
	heldOutSequences: 64,
} as const;

export interface GenesisOptions {
	readonly dataset: ShardedDataset;
	readonly config: GptConfig;
	readonly seed: string;
	readonly steps?: number;
	/** Where the checkpoint is kept; a second call with the same options reads it from there. */
	readonly cacheDir: string;
	/** After each step: loss of its batch before it, nats a token. Not called when the checkpoint was at hand. */
	readonly onProgress?: (progress: { readonly step: number; readonly steps: number; readonly loss: number }) => void;
	/** Changes how long it takes, never the bytes. Default: the cores, at most 2. */
	readonly threads?: number;
	/** Stops between two steps, with the signal's reason. */
	readonly signal?: AbortSignal;
}

export interface Genesis {
	/** The safetensors file. */
	readonly file: string;
	/** Hexadecimal SHA-256 of the file. */
	readonly hash: string;
	/** On sequences that were not trained on, nats a token. */
	readonly heldOutLoss: number;
}

/**
 * Trains the genesis checkpoint with Adam on the assignable shards, or finds it in the cache. The bytes depend on dataset, config,
 * seed, steps, ONNX Runtime's binary and CPU class alone, all of which are in the cache's key.
 */
export async function trainGenesis(options: GenesisOptions): Promise<Genesis> {
	const { dataset, config, seed, steps = GENESIS_STEPS, cacheDir, onProgress, threads, signal } = options;
	const graph = gptForwardGraph(config, RECIPE.batch / 2);
	const trainingGraph = gptTrainingGraph(config, RECIPE.batch / 2);
	const identity = { recipe: RECIPE, config, seed, steps, dataset: dataset.dataset, runtime: toHex(await runtimeHash(trainingGraph.bytes)), cpu: cpuClass() };
	const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
	const file = join(cacheDir, `genesis-${key}.safetensors`);
	const cached = await readCached(file);
	if (cached !== undefined) return cached;

	await using pool = new ModelPool({ graph, trainingGraph, threads });
	const theta = initialWeights(config, seed);
	const adam = new Adam(theta.length);
	const order = Xoshiro128.seeded(`${seed}/order`);
	for (let step = 0; step < steps; step++) {
		signal?.throwIfAborted();
		const indices = Array.from({ length: RECIPE.batch }, () => order.below(dataset.assignable));
		const { loss, gradient } = await pool.gradient(theta, dataset.sequences(indices));
		clipNorm(gradient, RECIPE.clipNorm);
		adam.step(theta, gradient, learningRate(step, steps));
		onProgress?.({ step: step + 1, steps, loss });
	}

	const bytes = encodeCheckpoint(graph, theta);
	const hash = toHex(checkpointHash(bytes));
	const heldOutLoss = await pool.evaluateLoss(theta, dataset.sequences(dataset.heldOutIndices(RECIPE.heldOutSequences)));
	await writeFileAtomic(file, bytes);
	await writeFileAtomic(`${file}.json`, `${JSON.stringify({ hash, heldOutLoss, ...identity }, null, '\t')}\n`);
	return { file, hash, heldOutLoss };
}

/** Linear warm-up, then linear decay. */
function learningRate(step: number, steps: number): number {
	const { warmupSteps, peakLearningRate, finalLearningRate } = RECIPE;
	if (step < warmupSteps) return (peakLearningRate * (step + 1)) / warmupSteps;
	const done = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
	return peakLearningRate * (1 - (1 - finalLearningRate) * done);
}

/** The description is written last: with it and the right bytes the checkpoint is whole. */
async function readCached(file: string): Promise<Genesis | undefined> {
	try {
		const { hash, heldOutLoss } = JSON.parse(await readFile(`${file}.json`, 'utf8')) as Genesis;
		return toHex(checkpointHash(await readFile(file))) === hash ? { file, hash, heldOutLoss } : undefined;
	} catch {
		return undefined;
	}
}
