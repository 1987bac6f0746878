/**
 * Jobs that several threads share: each gets the whole lot and takes one job after the other out of it, so that none waits for a message between two jobs and
 * a slow thread does fewer of them.
 */
export interface Lot<J> {
	readonly id: number;
	readonly jobs: readonly J[];
	/** For each job the number of the thread that took it, 0 when none did. */
	readonly claims: Int32Array<SharedArrayBuffer>;
	readonly order: Order;
	/** How many of the needed are done; less than 0 when that can no longer become all of them. */
	readonly progress: Int32Array<SharedArrayBuffer>;
}

/** The jobs from `dependent` on are begun when the first `needed` are done. */
export interface Order {
	readonly needed: number;
	readonly dependent: number;
}

/** Far below what the others can still add, and so far from the smallest i32 that thousands may fail. */
const FAILED = -(2 ** 20);

export function createLot<J>(id: number, jobs: readonly J[], order: Order = { needed: 0, dependent: 0 }): Lot<J> {
	const shared = (length: number) => new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
	return { id, jobs, claims: shared(jobs.length), order, progress: shared(1) };
}

/** Takes jobs for a thread (a number above 0) until none is left, each when it is asked for: its index and the job. */
export function* claim<J>({ jobs, claims }: Lot<J>, thread: number): Generator<readonly [number, J]> {
	for (const [index, job] of jobs.entries()) if (Atomics.compareExchange(claims, index, 0, thread) === 0) yield [index, job];
}

/** Indices of the jobs that the thread took, also those that it has done; of thread 0 those that nobody took. */
export function claimedBy({ claims }: Lot<unknown>, thread: number): number[] {
	return [...claims.keys()].filter((index) => Atomics.load(claims, index) === thread);
}

/** Blocks the thread until the job may be begun. False when it never may, because one that it needs failed. */
export function waitFor({ order, progress }: Lot<unknown>, index: number): boolean {
	if (index < order.dependent) return true;
	for (;;) {
		const done = Atomics.load(progress, 0);
		if (done < 0 || done === order.needed) return done >= 0;
		Atomics.wait(progress, 0, done);
	}
}

/** To be called once a job has ended, by whoever knows. */
export function noteEnd({ order, progress }: Lot<unknown>, index: number, failed: boolean): void {
	if (index >= order.needed) return;
	Atomics.add(progress, 0, failed ? FAILED : 1);
	Atomics.notify(progress, 0);
}
