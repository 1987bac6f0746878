import '#model/no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import { chunkCount } from '#core/gradient/codec.ts';
import type { SparseGradient } from '#core/gradient/layout.ts';
import { createLostMemory } from '#core/gradient/lost-parameters.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import type { Change, ChunkRange } from '#core/gradient/update.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';
import { SharedGradient } from '#model/shared-gradient.ts';

export interface PoolWorkerData {
	readonly graph: ForwardGraph;
	readonly trainingGraph: TrainingGraph | undefined;
}

/** A θ in shared memory. Equal ids are the same memory. */
export interface SharedTheta {
	readonly id: number;
	readonly parameters: Float32Array<SharedArrayBuffer>;
}

export type PoolJob =
	/** `sequences` of T + 1 bytes, one after the other. */
	| { readonly kind: 'losses'; readonly id: number; readonly theta: SharedTheta; readonly sequences: Uint8Array }
	/** The same and the gradient, with this weight of each token. */
	| { readonly kind: 'gradient'; readonly id: number; readonly theta: SharedTheta; readonly sequences: Uint8Array; readonly weight: number }
	/** θ − scale · gradient takes the place of θ, in a range of its chunks; or θ takes its place back. */
	| { readonly kind: 'apply' | 'revert'; readonly id: number; readonly theta: SharedTheta; readonly change: Omit<Change, 'theta'> };

export type PoolReply =
	| { readonly id: number; readonly kind: 'changed' }
	| { readonly id: number; readonly kind: 'losses'; readonly logLikelihoods: Float64Array }
	| { readonly id: number; readonly kind: 'gradient'; readonly logLikelihoods: Float64Array; readonly gradient: Float32Array<ArrayBuffer> }
	| { readonly id: number; readonly kind: 'failed'; readonly error: { readonly code: ErrorCode; readonly message: string } };

type Result = Exclude<PoolReply, { kind: 'failed' }>;

type Work<J = PoolJob> = J extends PoolJob ? Omit<J, 'id'> : never;

interface PendingJob {
	readonly job: PoolJob;
	readonly resolve: (result: Result) => void;
	readonly reject: (error: Error) => void;
}

export interface PoolOptions {
	readonly graph: ForwardGraph;
	/** Needed by `gradient`; its batch must be the forward graph's. */
	readonly trainingGraph?: TrainingGraph;
	/** Default: the cores, at most 2. More threads than cores only slow each other down. */
	readonly threads?: number;
	/** Where the thread's code is, for a bundle that moves it. */
	readonly workerEntry?: URL;
}

/** A thread makes few objects, and everything large is outside of its heap: by default that would take some ten megabytes before it looks for garbage. */
const YOUNG_MEGABYTES = 3;
/** Some ranges for each thread, since one may be held up. */
const RANGES_A_THREAD = 2;
/** In chunks: handing out less costs more than doing it. */
const SMALLEST_RANGE = 32;
/** Parameters that are kept while θ is changed, 4 MiB: a model that has no more is changed back by copying. */
const KEPT_PARAMETERS = 1 << 20;

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
	readonly #idle: Worker[] = [];
	readonly #running = new Map<Worker, PendingJob>();
	readonly #waiting: PendingJob[] = [];
	readonly #threads = new Map<Worker, Promise<void>>();
	readonly #maxThreads: number;
	readonly #startThread: () => Worker;
	readonly #gradient = new SharedGradient();
	readonly #ranges: readonly Pick<Change, 'range' | 'lost'>[];
	readonly #thetaIds = new WeakMap<Float32Array, number>();
	readonly #parameterCount: number;
	#own: SharedTheta | undefined;
	#turn: Promise<unknown> = Promise.resolve();
	#nextId = 0;
	#lastThetaId = 0;
	#closed = false;

	constructor(options: PoolOptions) {
		const { graph, trainingGraph, threads = Math.min(2, availableParallelism()), workerEntry = new URL('./worker.ts', import.meta.url) } = options;
		if (trainingGraph !== undefined && (trainingGraph.batch !== graph.batch || trainingGraph.context !== graph.context)) {
			throw new VramhubError('BAD_ARGUMENT', 'the training graph takes another batch than the forward graph');
		}
		this.graph = graph;
		this.#parameterCount = parameterCount(graph);
		this.#ranges = cutIntoRanges(chunkCount(graph.parameters), threads);
		const workerData: PoolWorkerData = { graph, trainingGraph };
		this.#startThread = () => new Worker(workerEntry, { workerData, name: 'model', resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
		this.#maxThreads = threads;
		for (let i = 0; i < threads; i++) this.#start();
	}

	/** Mean negative log-likelihood of each sequence, nats a token. */
	async sequenceLosses(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<Float64Array> {
		const results = await this.#exclusive(parameters, (theta) => this.#runAll(this.#lossJobs(theta, sequences)));
		return this.#losses(results, sequences.length);
	}

	/**
	 * Losses of the sequences `before` at θ and of `after` at fround(θ − fround(scale · gradient)), nats a token each. The threads move θ where it is and move it
	 * back, bit for bit, before this ends: nobody else may read it meanwhile. Throws {@link ThetaLost} when that cannot be.
	 */
	async updateLosses(
		theta: Float32Array<SharedArrayBuffer>,
		update: { readonly gradient: SparseGradient; readonly scale: number },
		before: readonly Uint8Array[],
		after: readonly Uint8Array[],
	): Promise<{ readonly before: Float64Array; readonly after: Float64Array }> {
		if (update.gradient.header.chunkCount !== chunkCount(this.graph.parameters)) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
		return this.#exclusive(theta, async (shared) => {
			const jobs = { before: this.#lossJobs(shared, before), after: this.#lossJobs(shared, after) };
			const gradient = this.#gradient.hold(update.gradient);
			const changes = this.#ranges.map((part) => ({ theta: shared, change: { ...part, gradient, scale: update.scale } }));
			const first = await this.#runAll(jobs.before);
			const second = await this.#whileChanged(changes, () => this.#runAll(jobs.after));
			return { before: this.#losses(first, before.length), after: this.#losses(second, after.length) };
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
		this.#closed = true;
		for (const worker of this.#idle.splice(0)) worker.postMessage('close');
		await Promise.all(this.#threads.values());
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	#losses(results: readonly Result[], count: number): Float64Array {
		const losses = new Float64Array(count);
		let next = 0;
		for (const result of results) {
			if (result.kind !== 'losses' && result.kind !== 'gradient') throw new VramhubError('INVARIANT', 'a thread answered without losses');
			for (const sum of result.logLikelihoods) losses[next++] = -sum / this.graph.context;
		}
		return losses;
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
		this.#own ??= { id: ++this.#lastThetaId, parameters: new Float32Array(new SharedArrayBuffer(parameters.byteLength)) };
		this.#own.parameters.set(parameters);
		return this.#own;
	}

	#idOf(parameters: Float32Array): number {
		const id = this.#thetaIds.get(parameters) ?? ++this.#lastThetaId;
		this.#thetaIds.set(parameters, id);
		return id;
	}

	#lossJobs(theta: SharedTheta, sequences: readonly Uint8Array[]): Extract<Work, { kind: 'losses' }>[] {
		const { batch, context } = this.graph;
		if (sequences.length === 0) throw new VramhubError('BAD_ARGUMENT', 'no sequences');
		const jobs: Extract<Work, { kind: 'losses' }>[] = [];
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

	#runAll(work: readonly Work[]): Promise<Result[]> {
		return settled(work.map((job) => this.#submit({ ...job, id: this.#nextId++ })));
	}

	#submit(job: PoolJob): Promise<Result> {
		return new Promise((resolve, reject) => {
			if (this.#closed) return reject(new VramhubError('INTERRUPTED', 'the model pool was closed'));
			this.#waiting.push({ job, resolve, reject });
			this.#dispatch();
		});
	}

	#dispatch(): void {
		while (this.#waiting.length > 0) {
			if (this.#idle.length === 0 && this.#threads.size < this.#maxThreads) this.#start();
			const worker = this.#idle.pop();
			if (worker === undefined) return;
			const pending = this.#waiting.shift()!;
			this.#running.set(worker, pending);
			worker.postMessage(pending.job);
		}
	}

	#start(): void {
		const worker = this.#startThread();
		this.#idle.push(worker);
		worker.on('message', (reply: PoolReply) => {
			const pending = this.#running.get(worker);
			this.#running.delete(worker);
			this.#idle.push(worker);
			if (reply.kind === 'failed') pending?.reject(new VramhubError(reply.error.code, reply.error.message));
			else pending?.resolve(reply);
			this.#dispatch();
		});
		worker.on('error', (cause) => this.#lose(worker, cause));
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#threads.set(worker, promise);
		worker.on('exit', (code) => {
			this.#lose(worker, new Error(`exit code ${code}`));
			resolve();
		});
	}

	/** A thread ended: what it was asked fails, and whatever waits next gets another thread. Each lost thread costs one job, so nothing is tried for ever. */
	#lose(worker: Worker, cause: unknown): void {
		if (!this.#threads.delete(worker)) return;
		const index = this.#idle.indexOf(worker);
		if (index >= 0) this.#idle.splice(index, 1);
		const pending = this.#running.get(worker);
		this.#running.delete(worker);
		pending?.reject(new VramhubError('INVARIANT', `a model thread ended: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
		this.#dispatch();
	}
}

/** All of them have ended when this does, also when one failed: only then may the next call write what they read. */
async function settled<T extends readonly unknown[]>(promises: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
	const outcomes = await Promise.allSettled(promises);
	return outcomes.map((outcome) => {
		if (outcome.status === 'rejected') throw outcome.reason;
		return outcome.value;
	}) as unknown as T;
}

function isShared(parameters: Float32Array): parameters is Float32Array<SharedArrayBuffer> {
	return parameters.buffer instanceof SharedArrayBuffer;
}

function cutIntoRanges(chunks: number, threads: number): Pick<Change, 'range' | 'lost'>[] {
	const parts = Math.max(1, Math.min(RANGES_A_THREAD * threads, Math.floor(chunks / SMALLEST_RANGE)));
	return Array.from({ length: parts }, (_, i) => {
		const range: ChunkRange = { from: Math.floor((i * chunks) / parts), to: Math.floor(((i + 1) * chunks) / parts) };
		return { range, lost: createLostMemory(range.to - range.from, Math.floor(KEPT_PARAMETERS / parts)) };
	});
}

/** Σ / n in f64, in order. */
export function mean(values: Float64Array): number {
	let sum = 0;
	for (const value of values) sum += value;
	return sum / values.length;
}
