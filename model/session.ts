import '#model/no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import { VramhubError } from '#core/errors.ts';
import { elementCount, type ModelManifest, parameterCount } from '#core/gradient/manifest.ts';

/** A forward graph and what the model manifest says of it. */
export interface ForwardGraph extends Pick<ModelManifest, 'parameters' | 'tokensInput' | 'targetsInput' | 'logProbsOutput' | 'batch' | 'context'> {
	/** ONNX ModelProto. */
	readonly bytes: Uint8Array;
}

/** A graph that also gives the gradient of −Σ weight · log-probability, one output a parameter. */
export interface TrainingGraph extends ForwardGraph {
	readonly weightsInput: string;
	/** Name of a gradient output = prefix + name of the parameter. */
	readonly gradientPrefix: string;
}

/**
 * How every session is opened; part of the runtime digest. One thread: results do not depend on it, and one session a core
 * beats one session over all cores. Parameters are graph inputs, so there is nothing to prepack.
 */
export const SESSION_OPTIONS = {
	executionProviders: ['cpu'],
	intraOpNumThreads: 1,
	interOpNumThreads: 1,
	executionMode: 'sequential',
	graphOptimizationLevel: 'all',
	enableCpuMemArena: true,
	// Planned buffers would be taken beside those of the first run, which the arena keeps: the same twice.
	enableMemPattern: false,
	logSeverityLevel: 3,
} as const satisfies ort.InferenceSession.SessionOptions;

/** θ as it was and θ as a gradient moves it, where they are two. */
const FEEDS = 2;

/** f32 tensors over consecutive parts of one flat buffer, so that writing the buffer changes the tensors. */
function tensorsOver(graph: ForwardGraph, flat: Float32Array, prefix = ''): Record<string, ort.Tensor> {
	let offset = 0;
	const tensors: Record<string, ort.Tensor> = {};
	for (const parameter of graph.parameters) {
		const length = elementCount(parameter);
		tensors[prefix + parameter.name] = new ort.Tensor('float32', flat.subarray(offset, offset + length), parameter.shape);
		offset += length;
	}
	return tensors;
}

/**
 * One loaded graph with its buffers. Not reentrant: await each call before the next one.
 * A run takes at most `graph.batch` sequences of T + 1 bytes; missing ones are filled up and left out of the result.
 */
export class ModelSession<G extends ForwardGraph = ForwardGraph> {
	readonly graph: G;
	readonly #session: ort.InferenceSession;
	/** Inputs besides the parameters. */
	readonly #inputs: Record<string, ort.Tensor>;
	/** Inputs of the θs that were used last, the latest first: making some hundred tensors takes a while. */
	#feeds: readonly { readonly parameters: Float32Array; readonly tensors: Record<string, ort.Tensor> }[] = [];
	readonly #fetches: Record<string, ort.Tensor>;
	readonly #tokens: Int32Array;
	readonly #targets: Int32Array;
	readonly #weights: Float32Array;
	readonly #logProbabilities: Float32Array;
	readonly #gradient: Float32Array;

	private constructor(graph: G, session: ort.InferenceSession) {
		const count = graph.batch * graph.context;
		const training = isTraining(graph);
		this.graph = graph;
		this.#session = session;
		this.#tokens = new Int32Array(count);
		this.#targets = new Int32Array(count);
		this.#weights = new Float32Array(count);
		this.#logProbabilities = new Float32Array(count);
		this.#gradient = new Float32Array(training ? parameterCount(graph) : 0);
		this.#inputs = {
			[graph.tokensInput]: new ort.Tensor('int32', this.#tokens, [count]),
			[graph.targetsInput]: new ort.Tensor('int32', this.#targets, [count]),
			...(training && { [graph.weightsInput]: new ort.Tensor('float32', this.#weights, [count]) }),
		};
		this.#fetches = {
			[graph.logProbsOutput]: new ort.Tensor('float32', this.#logProbabilities, [count]),
			...(training && tensorsOver(graph, this.#gradient, graph.gradientPrefix)),
		};
	}

	/** Loads a graph. Throws BAD_ARGUMENT when it is not one that the runtime loads. */
	static async open<G extends ForwardGraph>(graph: G): Promise<ModelSession<G>> {
		try {
			// The runtime does not take a graph out of shared memory, where an enclave's files are.
			const bytes = graph.bytes.buffer instanceof SharedArrayBuffer ? graph.bytes.slice() : graph.bytes;
			const session = await ort.InferenceSession.create(bytes, SESSION_OPTIONS);
			return new ModelSession(graph, session);
		} catch (cause) {
			throw new VramhubError('BAD_ARGUMENT', 'the runtime does not load this graph', { cause });
		}
	}

	/**
	 * For each sequence Σ of the log-probabilities of its T targets, nats, summed in f64 in order of position. θ, in manifest order, is read in place: change it
	 * between runs, never during one. Throws BAD_ARGUMENT when it has another length.
	 */
	async logLikelihoods(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<Float64Array> {
		this.#fill(sequences);
		await this.#session.run(this.#feedsOf(parameters), this.#fetches);
		return this.#sequenceSums(sequences.length);
	}

	/**
	 * The same, and the gradient of −weight · Σ log-probability over these sequences in θ's layout. The array returned is
	 * the session's own and is overwritten by the next call.
	 */
	async gradient(
		this: ModelSession<TrainingGraph>,
		parameters: Float32Array,
		sequences: readonly Uint8Array[],
		weight: number,
	): Promise<{ logLikelihoods: Float64Array; gradient: Float32Array }> {
		this.#weights.fill(weight, 0, sequences.length * this.graph.context);
		this.#weights.fill(0, sequences.length * this.graph.context);
		const logLikelihoods = await this.logLikelihoods(parameters, sequences);
		return { logLikelihoods, gradient: this.#gradient };
	}

	/** Frees the native memory; the session must not be used afterwards. */
	async close(): Promise<void> {
		await this.#session.release();
	}

	#feedsOf(parameters: Float32Array): Record<string, ort.Tensor> {
		const length = parameterCount(this.graph);
		if (parameters.length !== length) throw new VramhubError('BAD_ARGUMENT', `the model has ${length} parameters, not ${parameters.length}`);
		const known = this.#feeds.find((feeds) => feeds.parameters === parameters);
		const feeds = known ?? { parameters, tensors: { ...tensorsOver(this.graph, parameters), ...this.#inputs } };
		this.#feeds = [feeds, ...this.#feeds.filter((other) => other !== feeds)].slice(0, FEEDS);
		return feeds.tensors;
	}

	#fill(sequences: readonly Uint8Array[]): void {
		const { batch, context } = this.graph;
		if (sequences.length === 0 || sequences.length > batch)
			throw new VramhubError('BAD_ARGUMENT', `a run takes 1 to ${batch} sequences, not ${sequences.length}`);
		for (let row = 0; row < batch; row++) {
			const sequence = sequences[Math.min(row, sequences.length - 1)]!;
			if (sequence.length !== context + 1) throw new VramhubError('BAD_ARGUMENT', `a sequence has ${context + 1} bytes, not ${sequence.length}`);
			this.#tokens.set(sequence.subarray(0, context), row * context);
			this.#targets.set(sequence.subarray(1), row * context);
		}
	}

	#sequenceSums(sequences: number): Float64Array {
		const { context } = this.graph;
		const sums = new Float64Array(sequences);
		for (let row = 0; row < sequences; row++) {
			let sum = 0;
			for (let position = 0; position < context; position++) sum += this.#logProbabilities[row * context + position]!;
			sums[row] = sum;
		}
		return sums;
	}
}

function isTraining(graph: ForwardGraph): graph is TrainingGraph {
	return 'gradientPrefix' in graph;
}
