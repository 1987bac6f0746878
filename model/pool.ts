import '#model/no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';

export interface PoolWorkerData {
	readonly graph: ForwardGraph;
	readonly trainingGraph: TrainingGraph | undefined;
	readonly parameters: SharedArrayBuffer;
}

export interface PoolJob {
	readonly id: number;
	/** Sequences of T + 1 bytes, one after the other. */
	readonly sequences: Uint8Array;
	/** Weight of each token when the gradient is wanted. */
	readonly weight?: number;
}

export type PoolReply =
	| { readonly id: number; readonly logLikelihoods: Float64Array }
	| { readonly id: number; readonly logLikelihoods: Float64Array; readonly gradient: Float32Array<ArrayBuffer> }
	| { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

type Result = Exclude<PoolReply, { error: unknown }>;

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

/**
 * Threads with one single-threaded session each. Work is cut into runs of `graph.batch` sequences whatever the number of
 * threads, and put together in order of the sequences: the same bits come out of 1 thread and of 8.
 *
 * θ is an argument of every call and copied into memory that the threads share; calls wait for each other.
 */
export class ModelPool implements AsyncDisposable {
	readonly graph: ForwardGraph;
	/** θ as the threads see it. Writing it and passing it to the next call saves the copy; never write while a call is under way. */
	readonly parameters: Float32Array<SharedArrayBuffer>;
	readonly #idle: Worker[] = [];
	readonly #running = new Map<Worker, PendingJob>();
	readonly #waiting: PendingJob[] = [];
	readonly #threads = new Map<Worker, Promise<void>>();
	readonly #maxThreads: number;
	readonly #startThread: () => Worker;
	#turn: Promise<unknown> = Promise.resolve();
	#nextId = 0;
	#closed = false;

	constructor(options: PoolOptions) {
		const { graph, trainingGraph, threads = Math.min(2, availableParallelism()), workerEntry = new URL('./worker.ts', import.meta.url) } = options;
		if (trainingGraph !== undefined && (trainingGraph.batch !== graph.batch || trainingGraph.context !== graph.context)) {
			throw new VramhubError('BAD_ARGUMENT', 'the training graph takes another batch than the forward graph');
		}
		this.graph = graph;
		const parameters = new SharedArrayBuffer(parameterCount(graph) * Float32Array.BYTES_PER_ELEMENT);
		this.parameters = new Float32Array(parameters);
		this.#startThread = () => new Worker(workerEntry, { workerData: { graph, trainingGraph, parameters } satisfies PoolWorkerData, name: 'model' });
		this.#maxThreads = threads;
		for (let i = 0; i < threads; i++) this.#start();
	}

	/** Mean negative log-likelihood of each sequence, nats a token. */
	async sequenceLosses(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<Float64Array> {
		const results = await this.#exclusive(parameters, () => this.#runAll(sequences, undefined));
		return this.#losses(results, sequences.length);
	}

	/** Mean negative log-likelihood over all sequences, nats a token, summed in f64 in order. */
	async evaluateLoss(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<number> {
		return mean(await this.sequenceLosses(parameters, sequences));
	}

	/** Loss as `evaluateLoss` but by the training graph (equal up to rounding), and its gradient in θ's layout: f32 parts of `batch` sequences added in order. */
	async gradient(parameters: Float32Array, sequences: readonly Uint8Array[]): Promise<{ loss: number; gradient: Float32Array }> {
		const weight = 1 / (sequences.length * this.graph.context);
		const results = await this.#exclusive(parameters, () => this.#runAll(sequences, weight));
		const gradient = new Float32Array(this.parameters.length);
		for (const result of results) {
			if (!('gradient' in result)) throw new VramhubError('INVARIANT', 'a thread answered without a gradient');
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
		for (const result of results) for (const sum of result.logLikelihoods) losses[next++] = -sum / this.graph.context;
		return losses;
	}

	/** One call at a time: θ is shared. */
	#exclusive<T>(parameters: Float32Array, operation: () => Promise<T>): Promise<T> {
		if (parameters.length !== this.parameters.length) {
			throw new VramhubError('BAD_ARGUMENT', `the model has ${this.parameters.length} parameters, not ${parameters.length}`);
		}
		const result = this.#turn.then(() => {
			if (parameters !== this.parameters) this.parameters.set(parameters);
			return operation();
		});
		this.#turn = result.catch(() => undefined);
		return result;
	}

	async #runAll(sequences: readonly Uint8Array[], weight: number | undefined): Promise<Result[]> {
		const { batch, context } = this.graph;
		if (sequences.length === 0) throw new VramhubError('BAD_ARGUMENT', 'no sequences');
		const jobs: Promise<Result>[] = [];
		for (let from = 0; from < sequences.length; from += batch) {
			const part = sequences.slice(from, from + batch);
			const packed = new Uint8Array(part.length * (context + 1));
			for (const [row, sequence] of part.entries()) {
				if (sequence.length !== context + 1) throw new VramhubError('BAD_ARGUMENT', `a sequence has ${context + 1} bytes, not ${sequence.length}`);
				packed.set(sequence, row * (context + 1));
			}
			jobs.push(this.#submit({ id: this.#nextId++, sequences: packed, ...(weight !== undefined && { weight }) }));
		}
		// All of them must have ended before the next call may write θ, also when one failed.
		const outcomes = await Promise.allSettled(jobs);
		return outcomes.map((outcome) => {
			if (outcome.status === 'rejected') throw outcome.reason;
			return outcome.value;
		});
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
			if ('error' in reply) pending?.reject(new VramhubError(reply.error.code, reply.error.message));
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

/** Σ / n in f64, in order. */
export function mean(values: Float64Array): number {
	let sum = 0;
	for (const value of values) sum += value;
	return sum / values.length;
}
