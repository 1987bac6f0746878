import type { ChainReader } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { pause } from '#runtime/pause.ts';

/** Longest sleep between two looks at the chain clock: it may be moved (a development chain), or run differently from ours. */
const LONGEST_SLEEP_MS = 1_000;
const SHORTEST_SLEEP_MS = 20;

/** Resolves with the chain clock once it has reached `ms`. Throws INTERRUPTED when the signal fires. */
export async function untilChainTime(chain: Pick<ChainReader, 'clockMs'>, ms: bigint, signal: AbortSignal): Promise<bigint> {
	for (;;) {
		throwIfStopped(signal);
		const now = await chain.clockMs();
		if (now >= ms) return now;
		await pause(Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, Number(ms - now))), signal);
	}
}

export function throwIfStopped(signal: AbortSignal): void {
	if (signal.aborted) throw new VramhubError('INTERRUPTED', 'the miner was stopped');
}
