import { nothingEarly, untilChainTime } from '#activities/chain-clock.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { SUBMISSION_WINDOWS, windowAt, windowStartMs } from '#core/window.ts';
import type { Logger } from '#runtime/log.ts';

export interface OpenWindow {
	readonly window: string;
	/** Windows before it whose submissions had ended already when this validator came to them. */
	readonly missed: number;
	/** The latest multiple of `checkpoint_frequency` up to this window: the checkpoint that it is time to think of. */
	readonly boundary: string;
}

/** The next window to score: `from` once it is open, or, after a long absence, the first one that scores are still accepted for. */
export function createAwaitWindowOpen(deps: { readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt'>; readonly log: Logger }) {
	return async function awaitWindowOpen({ from }: { readonly from: string }): Promise<OpenWindow> {
		const { windowDurationMs } = await deps.chain.network();
		const wanted = BigInt(from);
		await untilChainTime(deps.chain, windowStartMs(wanted, windowDurationMs), nothingEarly);
		const earliest = windowAt(await deps.chain.clockMs(), windowDurationMs) - SUBMISSION_WINDOWS + 1n;
		const missed = earliest > wanted ? earliest - wanted : 0n;
		if (missed > 0n) deps.log.warn('Windows missed: scores are no longer accepted', { from: wanted, windows: missed });
		const window = wanted + missed;
		const { checkpoint_frequency: frequency } = (await deps.chain.hparamsAt(window)).values;
		return { window: window.toString(), missed: Number(missed), boundary: (window - (window % frequency)).toString() };
	};
}
