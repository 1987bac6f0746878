import { setTimeout as delay } from 'node:timers/promises';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { VramhubError } from '#core/errors.ts';
import { windowAt, windowStartMs } from '#core/window.ts';
import type { AddressBook } from '#runtime/address-book.ts';

/**
 * A window to begin with: a multiple of `checkpoint_frequency`, far enough ahead that everything can be started before, so that what is registered
 * until then is in its roster.
 */
export async function planFirstWindow(book: AddressBook): Promise<bigint> {
	const chain = readerOf(book);
	const { windowDurationMs } = await chain.network();
	const current = windowAt(await chain.clockMs(), windowDurationMs);
	const { checkpoint_frequency: frequency } = (await chain.hparamsAt(current)).values;
	const earliest = current + START_MS / windowDurationMs + 2n;
	return ((earliest + frequency - 1n) / frequency) * frequency;
}

/** Longest time that everything takes to start, on a busy machine. */
const START_MS = 180_000n;

/** Moves a development chain's clock to the start of a window. Does nothing when that has come by itself. */
export async function advanceToWindow(book: AddressBook, window: bigint, signal: AbortSignal): Promise<void> {
	const chain = readerOf(book);
	const { windowDurationMs } = await chain.network();
	const target = windowStartMs(window, windowDurationMs);
	const nowMs = await chain.clockMs();
	if (nowMs >= target) return;
	const response = await fetch(new URL('/advance-clock', book.chain.rpcUrl), {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ ms: Number(target - nowMs) }),
		signal,
	});
	if (!response.ok) throw new VramhubError('CHAIN_REJECTED', `the devnet did not move its clock: HTTP ${response.status}`);
	while ((await chain.clockMs()) < target) await delay(20, undefined, { signal });
}

function readerOf(book: AddressBook) {
	return createChainReader({ client: connectChain(book.chain.rpcUrl), packageId: book.packageId, objects: book.objects });
}
