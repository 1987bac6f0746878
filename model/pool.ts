import '#model/no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import { chunkCount } from '#core/gradient/codec.ts';
import { createLostMemory } from '#core/gradient/lost-parameters.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import type { Change, ChunkRange, Step } from '#core/gradient/update.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';
import { SharedGradient } from '#model/shared-gradient.ts';
import { settled, Threads } from '#model/threads.ts';

export interface PoolWorkerData {
	readonly graph: ForwardGraph;
	readonly trainingGraph: TrainingGraph | undefined;
	/** Number of the thread, above 0. */
	readonly thread: number;
}

/** A θ in shared memory. Equal ids are the same memory. */
export interface SharedTheta {
	readonly id: number;
	readonly parameters: Float32Array<SharedArrayBuffer>;
}

export type PoolJob =
	/** `sequences` of T + 1 bytes, one after the other. */
	| { readonly kind: 'losses'; readonly theta: SharedTheta; readonly sequences: Uint8Array }
	/** The same and the gradient, with this weight of each token. */
	| { readonly kind: 'gradient'; readonly theta: SharedTheta; readonly sequences: Uint8Array; readonly weight: number }
	/** θ − scale · gradient, in a range of its chunks, goes to `moved`. */
	| { readonly kind: 'move'; readonly theta: SharedTheta; readonly step: Omit<Step, 'theta'>; readonly moved: SharedTheta }
	/** The same takes the place of θ; or θ takes its place back. */
	| { readonly kind: 'apply' | 'revert'; readonly theta: SharedTheta; readonly change: Omit<Change, 'theta'> };

export type PoolResult =
	| { readonly kind: 'changed' }
	| { readonly kind: 'losses'; readonly logLikelihoods: Float64Array }
	| { readonly kind: 'gradient'; readonly logLikelihoods: Float64Array; readonly gradient: Float32Array<ArrayBuffer> };

type Update = Pick<Step, 'gradient' | 'scale'>;

interface UpdateResults {
	readonly before: readonly PoolResult[];
	readonly after: readonly PoolResult[];
}

export interface PoolOptions {
	readonly graph: ForwardGraph;
	/** Needed by `gradient`; its batch must be the forward graph's. */
	readonly trainingGraph?: TrainingGraph;
	/** Default: the cores, at most 2. More threads than cores only slow each other down. */
	readonly threads?: number;
	/** Parameters of a model up to which a moved θ gets memory of its own. Default: 16 million, 64 MiB. */
	readonly movedBesideUpTo?: number;
	/** Where the thread's code is, for a bundle that moves it. */
	readonly workerEntry?: URL;
}

/** A thread makes few objects, and everything large is outside of its heap: by default that would take some ten megabytes before it looks for garbage. */
const YOUNG_MEGABYTES = 3;
/** Some ranges for each thread, since one may be held up, and the others wait for it. */
const RANGES_A_THREAD = 4;
/** In chunks: handing out less costs more than doing it. */
const SMALLEST_RANGE = 32;
/** 64 MiB: as much as a thread and its activations take anyway. */
const MOVED_BESIDE_UP_TO = 1 << 24;

/** A thread ended while it changed θ, or could not change it back: it is neither what it was nor what was asked for. Whoever holds it must let go of it. */
export class ThetaLost extends VramhubError {
	constructor(cause: unknown) {
		super('INVARIANT', `θ is left half changed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
	}
}

/**
 * Threads with one single-threaded session each. Work is cut into runs of `graph.batch` sequences whatever the number of
 * threads, and put together in order of the sequences: the same bits come out of 1 thread and of 8.
 *
 * θ is an argument of every call. What is in shared memory the threads read where it is; other θ is copied into memory that they share, the pool's own. Calls
 * wait for each other.
 */
export class ModelPool implements AsyncDisposable {
	readonly graph: ForwardGraph;
	readonly #threads: Threads<PoolJob, PoolResult>;
	readonly #gradient = new SharedGradient();
	readonly #ranges: readonly Pick<Change, 'range' | 'lost'>[];
	readonly #thetaIds = new WeakMap<Float32Array, number>();
	readonly #parameterCount: number;
	readonly #movedBesideUpTo: number;
	/** Of θ that is not in shared memory. */
	#copy: SharedTheta | undefined;
	#movedBeside: SharedTheta | undefined;
	#turn: Promise<unknown> = Promise.resolve();
	#lastThetaId = 0;

	constructor(options: PoolOptions) {
		const { graph, trainingGraph, threads = Math.min(2, availableParallelism()), movedBesideUpTo = MOVED_BESIDE_UP_TO } = options;
		const { workerEntry = new URL('./worker.ts', import.meta.url) } = options;
		if (trainingGraph !== undefined && (trainingGraph.batch !== graph.batch || trainingGraph.context !== graph.context)) {
			throw new VramhubError('BAD_ARGUMENT', 'the training graph takes another batch than the forward graph');
		}
		this.graph = graph;
		this.#parameterCount = parameterCount(graph);
		this.#movedBesideUpTo = movedBesideUpTo;
		this.#ranges = cutIntoRanges(chunkCount(graph.parameters), threads);
		this.#threads = new Threads(threads, (thread) => {
			const workerData: PoolWorkerData = { graph, trainingGraph, thread };
			return new Worker(workerEntry, { workerData, name: 'model', resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
		});
	}

	/** Mean negative log-likelihood of each sequence, nats a token. */
	async sequenceLosses(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<Float64Array> {
		const results = await this.#exclusive(parameters, (theta) => this.#runAll(this.#lossJobs(theta, sequences)));
		return this.#losses(results, sequences.length);
	}

	/**
	 * Losses of the sequences `before` at θ and of `after` at fround(θ − fround(scale · gradient)), nats a token each. A small model is moved into memory of the
	 * pool's own, a large one where it is and, bit for bit, back before this ends: nobody else may read θ meanwhile. Throws {@link ThetaLost} when that cannot be.
	 */
	async updateLosses(
		theta: Float32Array<SharedArrayBuffer>,
		update: Update,
		before: readonly Uint8Array[],
		after: readonly Uint8Array[],
	): Promise<{ readonly before: Float64Array; readonly after: Float64Array }> {
		if (update.gradient.header.chunkCount !== chunkCount(this.graph.parameters)) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
		return this.#exclusive(theta, async (shared) => {
			const beside = this.#parameterCount <= this.#movedBesideUpTo;
			const held = { ...update, gradient: this.#gradient.hold(update.gradient) };
			const results = await (beside ? this.#runBeside(shared, held, before, after) : this.#runInPlace(shared, held, before, after));
			return { before: this.#losses(results.before, before.length), after: this.#losses(results.after, after.length) };
		});
	}

	/** Mean negative log-likelihood over all sequences, nats a token, summed in f64 in order. */
	async evaluateLoss(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<number> {
		return mean(await this.sequenceLosses(parameters, sequences));
	}

	/** Loss as `evaluateLoss` but by the training graph (equal up to rounding), and its gradient in θ's layout: f32 parts of `batch` sequences added in order. */
	async gradient(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<{ loss: number; gradient: Float32Array }> {
		const weight = 1 / (sequences.length * this.graph.context);
		const results = await this.#exclusive(parameters, (theta) =>
			this.#runAll(this.#lossJobs(theta, sequences).map((job) => ({ ...job, kind: 'gradient', weight }))),
		);
		const gradient = new Float32Array(this.#parameterCount);
		for (const result of results) {
			if (result.kind !== 'gradient') throw new VramhubError('INVARIANT', 'a thread answered without a gradient');
			for (let i = 0; i < gradient.length; i++) gradient[i]! += result.gradient[i]!;
		}
		return { loss: mean(this.#losses(results, sequences.length)), gradient };
	}

	/** Stops the threads after the calls under way. Later calls fail with INTERRUPTED. */
	async close(): Promise<void> {
		await this.#turn;
		await this.#threads.close();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	#losses(results: readonly PoolResult[], count: number): Float64Array {
		const losses = new Float64Array(count);
		let next = 0;
		for (const result of results) {
			if (result.kind !== 'losses' && result.kind !== 'gradient') throw new VramhubError('INVARIANT', 'a thread answered without losses');
			for (const sum of result.logLikelihoods) losses[next++] = -sum / this.graph.context;
		}
		return losses;
	}

	/** θ stays, so the losses at it are of the same lot: they fill the time until all of it has been moved. */
	async #runBeside(theta: SharedTheta, update: Update, before: readonly Uint8Array[], after: readonly Uint8Array[]): Promise<UpdateResults> {
		this.#movedBeside ??= this.#newTheta();
		const moved = this.#movedBeside;
		const moves = this.#ranges.map(({ range }) => ({ kind: 'move', theta, step: { ...update, range }, moved }) as const);
		const [first, second] = [this.#lossJobs(theta, before), this.#lossJobs(moved, after)];
		const order = { needed: moves.length, dependent: moves.length + first.length };
		const results = await settled(this.#threads.begin([...moves, ...first, ...second], order));
		return { before: results.slice(order.needed, order.dependent), after: results.slice(order.dependent) };
	}

	async #runInPlace(theta: SharedTheta, update: Update, before: readonly Uint8Array[], after: readonly Uint8Array[]): Promise<UpdateResults> {
		const [first, second] = [this.#lossJobs(theta, before), this.#lossJobs(theta, after)];
		const changes = this.#ranges.map((part) => ({ theta, change: { ...update, ...part } }));
		return { before: await this.#runAll(first), after: await this.#whileChanged(changes, () => this.#runAll(second)) };
	}

	/** θ is changed back whatever becomes of the operation. */
	async #whileChanged<T>(
		changes: readonly Pick<Extract<PoolJob, { kind: 'apply' | 'revert' }>, 'theta' | 'change'>[],
		operation: () => Promise<T>,
	): Promise<T> {
		const unrecoverable = (cause: unknown): never => {
			throw new ThetaLost(cause);
		};
		await this.#runAll(changes.map((change) => ({ ...change, kind: 'apply' }))).catch(unrecoverable);
		try {
			return await operation();
		} finally {
			await this.#runAll(changes.map((change) => ({ ...change, kind: 'revert' }))).catch(unrecoverable);
		}
	}

	/** One call at a time: θ may be changed meanwhile, and the pool's own is shared. */
	#exclusive<T>(parameters: Float32Array, operation: (theta: SharedTheta) => Promise<T>): Promise<T> {
		if (parameters.length !== this.#parameterCount) {
			throw new VramhubError('BAD_ARGUMENT', `the model has ${this.#parameterCount} parameters, not ${parameters.length}`);
		}
		const result = this.#turn.then(() => operation(isShared(parameters) ? { id: this.#idOf(parameters), parameters } : this.#copyOf(parameters)));
		this.#turn = result.catch(() => undefined);
		return result;
	}

	#copyOf(parameters: Float32Array): SharedTheta {
		this.#copy ??= this.#newTheta();
		this.#copy.parameters.set(parameters);
		return this.#copy;
	}

	#newTheta(): SharedTheta {
		return { id: ++this.#lastThetaId, parameters: new Float32Array(new SharedArrayBuffer(this.#parameterCount * Float32Array.BYTES_PER_ELEMENT)) };
	}

	#idOf(parameters: Float32Array): number {
		const id = this.#thetaIds.get(parameters) ?? ++this.#lastThetaId;
		this.#thetaIds.set(parameters, id);
		return id;
	}

	#lossJobs(theta: SharedTheta, sequences: readonly Uint8Array[]): Extract<PoolJob, { kind: 'losses' }>[] {
		const { batch, context } = this.graph;
		if (sequences.length === 0) throw new VramhubError('BAD_ARGUMENT', 'no sequences');
		const jobs: Extract<PoolJob, { kind: 'losses' }>[] = [];
		for (let from = 0; from < sequences.length; from += batch) {
			const part = sequences.slice(from, from + batch);
			const packed = new Uint8Array(part.length * (context + 1));
			for (const [row, sequence] of part.entries()) {
				if (sequence.length !== context + 1) throw new VramhubError('BAD_ARGUMENT', `a sequence has ${context + 1} bytes, not ${sequence.length}`);
				packed.set(sequence, row * (context + 1));
			}
			jobs.push({ kind: 'losses', theta, sequences: packed });
		}
		return jobs;
	}

	#runAll(jobs: readonly PoolJob[]): Promise<PoolResult[]> {
		return settled(this.#threads.begin(jobs));
	}
}

function isShared(parameters: Float32Array): parameters is Float32Array<SharedArrayBuffer> {
	return parameters.buffer instanceof SharedArrayBuffer;
}

function cutIntoRanges(chunks: number, threads: number): Pick<Change, 'range' | 'lost'>[] {
	const parts = Math.max(1, Math.min(RANGES_A_THREAD * threads, Math.floor(chunks / SMALLEST_RANGE)));
	return Array.from({ length: parts }, (_, i) => {
		const range: ChunkRange = { from: Math.floor((i * chunks) / parts), to: Math.floor(((i + 1) * chunks) / parts) };
		return { range, lost: createLostMemory(range.to - range.from) };
	});
}

/** Σ / n in f64, in order. */
export function mean(values: Float64Array): number {
	let sum = 0;
	for (const value of values) sum += value;
	return sum / values.length;
}
