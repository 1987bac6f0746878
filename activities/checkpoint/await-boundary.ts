import { untilChainTime } from '#activities/chain-clock.ts';
import { crankFinality, distributeRewards, type FinalityDeps } from '#activities/gradient/finality.ts';
import { beating } from '#activities/heartbeat.ts';
import { attestationDeadlineMs, type Interval, readInterval } from '#clients/chain/interval.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { SUBMISSION_WINDOWS, windowStartMs } from '#core/window.ts';
import type { Logger } from '#runtime/log.ts';

export type BoundaryReadiness =
	/** Every window of the interval is settled; `leftMs` of chain time until attestations end. */
	| { readonly kind: 'ready'; readonly leftMs: number }
	/** The quorum was reached without us. */
	| { readonly kind: 'decided' }
	| { readonly kind: 'expired' };

interface AwaitDeps extends FinalityDeps {
	readonly chain: FinalityDeps['chain'] & Pick<ChainReader, 'clockMs' | 'network' | 'boundary' | 'checkpoints' | 'intervalStart'>;
	readonly log: Logger;
}

/** Waits until each window of the boundary's interval is FINAL, UNSCORED or VOID. Finalizes those that every validator left behind. */
export function createAwaitBoundary(deps: AwaitDeps) {
	const { chain } = deps;
	return async function awaitBoundary({ boundary }: { readonly boundary: string }): Promise<BoundaryReadiness> {
		const number = BigInt(boundary);
		const [{ windowDurationMs }, interval] = await Promise.all([chain.network(), readInterval(chain, number)]);
		const deadlineMs = attestationDeadlineMs(number, interval.values, windowDurationMs);
		const windows = new UnsettledWindows(deps, interval, number, windowDurationMs);
		const answer = await untilChainTime(chain, deadlineMs, async (nowMs): Promise<BoundaryReadiness | undefined> => {
			const state = await chain.boundary(number);
			if (state !== undefined && state.outcome.kind !== 'open') return { kind: 'decided' };
			if (nowMs >= deadlineMs) return { kind: 'expired' };
			return (await windows.allSettled(nowMs)) ? { kind: 'ready', leftMs: Number(deadlineMs - nowMs) } : undefined;
		});
		return answer ?? { kind: 'expired' };
	};
}

class UnsettledWindows {
	readonly #deps: AwaitDeps;
	readonly #windowDurationMs: bigint;
	#left: bigint[];

	constructor(deps: AwaitDeps, { from }: Interval, boundary: bigint, windowDurationMs: bigint) {
		this.#deps = deps;
		this.#windowDurationMs = windowDurationMs;
		this.#left = Array.from({ length: Math.max(0, Number(boundary - from)) }, (_, index) => from + BigInt(index));
	}

	async allSettled(nowMs: bigint): Promise<boolean> {
		const left: bigint[] = [];
		for (const window of this.#left) if (!(await this.#isSettled(window, nowMs))) left.push(window);
		this.#left = left;
		return left.length === 0;
	}

	async #isSettled(window: bigint, nowMs: bigint): Promise<boolean> {
		const { chain, log } = this.#deps;
		const record = await chain.windowRecord(window);
		if (record === undefined) return nowMs >= windowStartMs(window + 2n, this.#windowDurationMs);
		if (record.status !== 'sealed') return true;
		// A window later than anybody's turn: the processes that should have done it were down.
		if (nowMs < windowStartMs(window + SUBMISSION_WINDOWS + 1n, this.#windowDurationMs)) return false;
		log.warn('Finalizing a window that was left behind', { window });
		const status = await beating(
			() => ({ finalizing: window.toString() }),
			(signal) => crankFinality(this.#deps, window, signal),
		);
		if (status === 'final') await distributeRewards(this.#deps, window);
		return true;
	}
}
