import { setTimeout as delay } from 'node:timers/promises';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { VramhubError } from '#core/errors.ts';
import { windowAt, windowStartMs } from '#core/window.ts';
import type { AddressBook } from '#runtime/address-book.ts';

/**
 * Moves a development chain's clock to the start of the next window that is a multiple of `checkpoint_frequency`, later than the current one: what
 * was registered until now is in its roster. Gives that window.
 */
export async function advanceToWindow(book: AddressBook, signal: AbortSignal): Promise<bigint> {
	const chain = createChainReader({ client: connectChain(book.chain.rpcUrl), packageId: book.packageId, objects: book.objects });
	const { windowDurationMs } = await chain.network();
	const nowMs = await chain.clockMs();
	const current = windowAt(nowMs, windowDurationMs);
	const { checkpoint_frequency: frequency } = (await chain.hparamsAt(current)).values;
	const window = (current / frequency + 1n) * frequency;
	const target = windowStartMs(window, windowDurationMs);
	const response = await fetch(new URL('/advance-clock', book.chain.rpcUrl), {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ ms: Number(target - nowMs) }),
		signal,
	});
	if (!response.ok) throw new VramhubError('CHAIN_REJECTED', `the devnet did not move its clock: HTTP ${response.status}`);
	while ((await chain.clockMs()) < target) await delay(20, undefined, { signal });
	return window;
}
