import { readFile } from 'node:fs/promises';
import type { SparseGradient } from '#core/gradient/layout.ts';
import { createGradientUpdate, type GradientUpdate } from '#core/gradient/update.ts';
import { FORWARD_BATCH, HELD_OUT_SEQUENCES, LAB_MODEL, TRAINING_BATCH } from '#lab/settings.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { mean } from '#model/pool.ts';
import { decodeCheckpoint } from '#model/safetensors.ts';
import { type ForwardGraph, ModelSession, type TrainingGraph } from '#model/session.ts';

export interface LabFiles {
	readonly corpus: string;
	readonly genesis: string;
}

/** The model in the calling thread: a run of the lab is one thread, so that two runs share two cores without a message in between. */
export class LabModel implements AsyncDisposable {
	readonly dataset: ShardedDataset;
	readonly genesis: Float32Array;
	readonly graph: ForwardGraph;
	readonly #forward: ModelSession<ForwardGraph>;
	readonly #training: ModelSession<TrainingGraph>;
	readonly #update: GradientUpdate;
	readonly #moved: Float32Array;

	private constructor(dataset: ShardedDataset, genesis: Float32Array, forward: ModelSession<ForwardGraph>, training: ModelSession<TrainingGraph>) {
		this.dataset = dataset;
		this.genesis = genesis;
		this.graph = forward.graph;
		this.#forward = forward;
		this.#training = training;
		this.#update = createGradientUpdate(forward.graph.parameters);
		this.#moved = new Float32Array(genesis.length);
	}

	static async open({ corpus, genesis }: LabFiles): Promise<LabModel> {
		const graph = gptForwardGraph(LAB_MODEL, FORWARD_BATCH);
		const dataset = new ShardedDataset(await readFile(corpus), { context: LAB_MODEL.context });
		const theta = decodeCheckpoint(graph, await readFile(genesis));
		return new LabModel(dataset, theta, await ModelSession.open(graph), await ModelSession.open(gptTrainingGraph(LAB_MODEL, TRAINING_BATCH)));
	}

	/** Mean negative log-likelihood of each sequence, nats a token. */
	async losses(theta: Float32Array, sequences: readonly Uint8Array[]): Promise<Float64Array> {
		const losses = new Float64Array(sequences.length);
		for (let from = 0; from < sequences.length; from += FORWARD_BATCH) {
			const sums = await this.#forward.logLikelihoods(theta, sequences.slice(from, from + FORWARD_BATCH));
			for (const [i, sum] of sums.entries()) losses[from + i] = -sum / LAB_MODEL.context;
		}
		return losses;
	}

	async meanLoss(theta: Float32Array, sequences: readonly Uint8Array[]): Promise<number> {
		return mean(await this.losses(theta, sequences));
	}

	/** Mean loss and its gradient, as ModelPool gives them to a miner. The gradient is the caller's. */
	async gradient(theta: Float32Array, sequences: readonly Uint8Array[]): Promise<{ loss: number; gradient: Float32Array }> {
		const tokens = sequences.length * LAB_MODEL.context;
		const gradient = new Float32Array(theta.length);
		let sum = 0;
		for (let from = 0; from < sequences.length; from += TRAINING_BATCH) {
			const part = await this.#training.gradient(theta, sequences.slice(from, from + TRAINING_BATCH), 1 / tokens);
			for (const logLikelihood of part.logLikelihoods) sum -= logLikelihood;
			for (let i = 0; i < gradient.length; i++) gradient[i]! += part.gradient[i]!;
		}
		return { loss: sum / tokens, gradient };
	}

	/** θ − scale · gradient as an enclave applies it. The array is the model's own and is overwritten by the next call. */
	moved(theta: Float32Array, gradient: SparseGradient, scale: number): Float32Array {
		this.#update.moveBeside({ theta, gradient, scale, range: { from: 0, to: gradient.header.chunkCount } }, this.#moved);
		return this.#moved;
	}

	heldOutLoss(theta: Float32Array): Promise<number> {
		return this.meanLoss(theta, this.dataset.sequences(this.dataset.heldOutIndices(HELD_OUT_SEQUENCES)));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#forward.close();
		await this.#training.close();
	}
}
