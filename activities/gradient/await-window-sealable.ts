import { untilChainTime } from '#activities/chain-clock.ts';
import { readPhases } from '#activities/gradient/phases.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { sealInterval, submissionDeadlineMs } from '#core/window.ts';
import type { Logger } from '#runtime/log.ts';

export type Sealable = 'sealable' | 'sealed' | 'void';

/**
 * Waits until the window may be sealed, or somebody did. `void`: its time to be sealed is over and nobody did, nothing can be scored.
 * Throws WINDOW_VOID when scores are no longer accepted for it.
 */
export function createAwaitWindowSealable(deps: {
	readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt' | 'windowRecord'>;
	readonly log: Logger;
}) {
	return async function awaitWindowSealable({ window }: { readonly window: string }): Promise<Sealable> {
		const number = BigInt(window);
		const phases = await readPhases(deps.chain, number);
		const { fromMs, untilMs } = sealInterval(number, phases);
		deps.log.info('Starting window', { window });
		const early = await untilChainTime(deps.chain, fromMs, async (nowMs): Promise<Sealable | undefined> => {
			// Before it may be sealed there is nothing to look for.
			if (nowMs < fromMs) return undefined;
			if (nowMs >= submissionDeadlineMs(number, phases.windowDurationMs)) {
				throw new VramhubError('WINDOW_VOID', `scores are no longer accepted for window ${window}`, { details: { window } });
			}
			if ((await deps.chain.windowRecord(number)) !== undefined) return 'sealed';
			return nowMs >= untilMs ? 'void' : 'sealable';
		});
		if (early === 'void') deps.log.warn('Window void: nobody sealed it in time', { window });
		return early ?? 'sealable';
	};
}
