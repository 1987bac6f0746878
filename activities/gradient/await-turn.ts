import { untilChainTime } from '#activities/chain-clock.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { windowStartMs } from '#core/window.ts';

/**
 * A validator's payloads form a chain, each naming the one before, and an enclave evaluates one window at a time. So a window waits until the
 * one before it is recorded, but not beyond its own end: a window that got stuck does not hold up the next ones.
 */
export function createAwaitTurn(deps: {
	readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'windowRecord' | 'payloadChain'>;
	readonly validatorUid: number;
}) {
	const { chain, validatorUid } = deps;
	return async function awaitTurn({ window }: { readonly window: string }): Promise<void> {
		const number = BigInt(window);
		const [{ windowDurationMs }, before] = await Promise.all([chain.network(), chain.windowRecord(number - 1n)]);
		// Nothing of ours can come of the window before: it was never sealed, or we were not a validator in it.
		if (before === undefined || !before.validators.some(({ uid }) => uid === validatorUid)) return;
		await untilChainTime(chain, windowStartMs(number + 1n, windowDurationMs), async () => {
			const last = await chain.payloadChain(validatorUid);
			return last !== undefined && last.lastWindow >= number - 1n ? true : undefined;
		});
	};
}
