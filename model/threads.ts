import type { Worker } from 'node:worker_threads';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import { claim, claimedBy, createLot, type Lot, noteEnd, type Order } from '#model/lot.ts';

export type Outcome<R> =
	| { readonly kind: 'done'; readonly result: R }
	| { readonly kind: 'failed'; readonly error: { readonly code: ErrorCode; readonly message: string } };

/** What a thread says when nothing is left of a lot: the outcome of each job that it took, by index. */
export interface Report<R> {
	readonly lot: number;
	readonly outcomes: readonly (readonly [number, Outcome<R>])[];
}

interface OpenLot<J, R> {
	readonly lot: Lot<J>;
	/** By index, those without an outcome. */
	readonly pending: Map<number, PromiseWithResolvers<R>>;
}

interface Thread {
	readonly worker: Worker;
	readonly ended: Promise<void>;
}

/**
 * Threads that share lots of jobs. Each answers a {@link Lot} by a {@link Report}, lots one after the other, and ends after the message 'close'. A thread is woken once
 * a lot, and wakes the caller's once: there are as many threads as cores, and whoever wakes up stops one of them.
 */
export class Threads<J, R> {
	readonly #lots = new Map<number, OpenLot<J, R>>();
	readonly #threads = new Map<number, Thread>();
	readonly #count: number;
	readonly #startWorker: (thread: number) => Worker;
	#lastLot = 0;
	#lastThread = 0;
	#closed = false;

	/** `startWorker` gets the number of the thread, above 0. */
	constructor(count: number, startWorker: (thread: number) => Worker) {
		this.#count = count;
		this.#startWorker = startWorker;
		for (let i = 0; i < count; i++) this.#start();
	}

	/** A result of each job, of which there must be some. INTERRUPTED after `close`, INVARIANT when a thread ended before it reported the job. */
	begin(jobs: readonly J[], order?: Order): Promise<R>[] {
		if (this.#closed) return jobs.map(() => Promise.reject(new VramhubError('INTERRUPTED', 'the threads were closed')));
		const lot = createLot(++this.#lastLot, jobs, order);
		const pending = jobs.map(() => Promise.withResolvers<R>());
		this.#lots.set(lot.id, { lot, pending: new Map(pending.entries()) });
		for (const { worker } of this.#threads.values()) worker.postMessage(lot);
		while (this.#threads.size < this.#count) this.#start();
		return pending.map(({ promise }) => promise);
	}

	/** Ends the threads, when they have done what was begun. */
	async close(): Promise<void> {
		this.#closed = true;
		for (const { worker } of this.#threads.values()) worker.postMessage('close');
		await Promise.all(Array.from(this.#threads.values(), ({ ended }) => ended));
	}

	#start(): void {
		const thread = ++this.#lastThread;
		const worker = this.#startWorker(thread);
		worker.on('message', ({ lot, outcomes }: Report<R>) => {
			for (const [index, outcome] of outcomes) {
				const job = this.#take(lot, index);
				if (outcome.kind === 'failed') job?.reject(new VramhubError(outcome.error.code, outcome.error.message));
				else job?.resolve(outcome.result);
			}
		});
		worker.on('error', (cause) => this.#lose(thread, cause));
		const { promise: ended, resolve } = Promise.withResolvers<void>();
		this.#threads.set(thread, { worker, ended });
		worker.on('exit', (code) => {
			this.#lose(thread, new Error(`exit code ${code}`));
			resolve();
		});
		for (const { lot } of this.#lots.values()) worker.postMessage(lot);
	}

	#take(lot: number, index: number): PromiseWithResolvers<R> | undefined {
		const pending = this.#lots.get(lot)?.pending;
		const job = pending?.get(index);
		pending?.delete(index);
		if (pending?.size === 0) this.#lots.delete(lot);
		return job;
	}

	/**
	 * A thread ended: the jobs that it took and did not report fail, and another takes its place when nobody has begun the others yet. Each lost thread costs a job,
	 * also one that had not come to any, so nothing is tried for ever.
	 */
	#lose(thread: number, cause: unknown): void {
		if (!this.#threads.delete(thread)) return;
		const lots = [...this.#lots.values()];
		const lost = () => lots.flatMap(({ lot, pending }) => claimedBy(lot, thread).flatMap((index) => (pending.has(index) ? [{ lot, index }] : [])));
		const waiting = lots.find(({ lot }) => claimedBy(lot, 0).length > 0);
		// In the name of the lost thread: the job fails with those that it was at.
		if (lost().length === 0 && waiting !== undefined) claim(waiting.lot, thread).next();
		const error = new VramhubError('INVARIANT', `a model thread ended: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
		for (const { lot, index } of lost()) {
			noteEnd(lot, index, true);
			this.#take(lot.id, index)?.reject(error);
		}
		if (lots.some(({ lot }) => claimedBy(lot, 0).length > 0)) this.#start();
	}
}

/** All of them have ended when this does, also when one failed: only then may the next call write what they read. */
export async function settled<T extends readonly unknown[]>(promises: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
	const outcomes = await Promise.allSettled(promises);
	return outcomes.map((outcome) => {
		if (outcome.status === 'rejected') throw outcome.reason;
		return outcome.value;
	}) as unknown as T;
}
