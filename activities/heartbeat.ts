import { Context } from '@temporalio/activity';

/** Well inside the shortest heartbeat timeout of `temporal.yaml`; Temporal throttles what is more often than useful. */
const PULSE_MS = 3_000;

/** Heartbeats while `work` runs. The signal is aborted when the activity is cancelled, timed out, or its worker shuts down. */
export async function beating<T>(details: () => unknown, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const context = Context.current();
	context.heartbeat(details());
	const pulse = setInterval(() => context.heartbeat(details()), PULSE_MS);
	try {
		return await work(context.cancellationSignal);
	} finally {
		clearInterval(pulse);
	}
}

/** What cannot be interrupted itself is no longer waited for once the signal is aborted; its reason is thrown. */
export async function abandonable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
	signal.throwIfAborted();
	const aborted = Promise.withResolvers<never>();
	const abort = () => aborted.reject(signal.reason);
	signal.addEventListener('abort', abort, { once: true });
	try {
		return await Promise.race([work, aborted.promise]);
	} finally {
		signal.removeEventListener('abort', abort);
	}
}

/** A result that says whose it is. */
interface OfMiner {
	readonly uid: number;
}

/**
 * One result an item, in the items' order. Results are kept in the heartbeat, so that a repeated attempt goes on where the last one got to
 * (the last few may be redone: heartbeats are throttled, so `work` is idempotent). `undefined` postpones an item: the rest is done first,
 * then `onPostponed` throws what makes Temporal repeat the activity.
 */
export async function resuming<Item extends OfMiner, Result extends OfMiner>(
	items: readonly Item[],
	work: (item: Item, signal: AbortSignal) => Promise<Result | undefined>,
	onPostponed: () => never = () => {
		throw new Error('postponed');
	},
): Promise<Result[]> {
	const earlier = Context.current().info.heartbeatDetails as readonly Result[] | undefined;
	const done = new Map<number, Result>(Array.isArray(earlier) ? earlier.map((result) => [result.uid, result]) : []);
	let postponed = false;
	for (const item of items) {
		if (done.has(item.uid)) continue;
		const result = await beating(
			() => [...done.values()],
			(signal) => work(item, signal),
		);
		if (result === undefined) postponed = true;
		else done.set(item.uid, result);
	}
	if (postponed) {
		Context.current().heartbeat([...done.values()]);
		onPostponed();
	}
	return items.map(({ uid }) => done.get(uid)!);
}
