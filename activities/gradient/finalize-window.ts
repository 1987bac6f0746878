import { untilChainTime } from '#activities/chain-clock.ts';
import { crankFinality, distributeRewards, type FinalityDeps } from '#activities/gradient/finality.ts';
import { beating } from '#activities/heartbeat.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { isVramhubError } from '#core/errors.ts';
import type { WindowRecord } from '#core/gradient/records.ts';
import { settlingDeadlineMs, submissionDeadlineMs, windowStartMs } from '#core/window.ts';

export interface FinalWindow {
	readonly window: string;
	/** As the chain has it, whoever did it. */
	readonly state: 'final' | 'unscored' | 'void';
}

interface FinalizeDeps extends FinalityDeps {
	readonly chain: FinalityDeps['chain'] & Pick<ChainReader, 'clockMs' | 'network' | 'payloadChain'>;
	readonly writer: FinalityDeps['writer'] & Pick<ChainWriter, 'settleSlice'>;
	readonly validatorUid: number;
}

/** Between one validator's turn to finalize and the next one's: one does it, the others see that it is done. */
const TURN_MS = 2_000n;

/**
 * Waits until the window can be final: every snapshot validator's payload is settled, or scores are no longer accepted and those that came are
 * settled, or have had their time. Then finalizes it and pays its rewards. Whether this validator is in the snapshot, or scored, does not matter.
 */
export function createFinalizeWindow(deps: FinalizeDeps) {
	const { chain, log } = deps;
	return async function finalizeWindow({ window }: { readonly window: string }): Promise<FinalWindow> {
		const number = BigInt(window);
		const { windowDurationMs } = await chain.network();
		const unsettled = new UnsettledPayloads(deps, number);
		const waited = await untilChainTime(
			chain,
			settlingDeadlineMs(number, windowDurationMs),
			async (nowMs): Promise<FinalWindow['state'] | 'ready' | undefined> => {
				if (nowMs < windowStartMs(number, windowDurationMs)) return undefined;
				const record = await chain.windowRecord(number);
				if (record === undefined) return nowMs >= windowStartMs(number + 2n, windowDurationMs) ? 'void' : undefined;
				if (record.status !== 'sealed') return record.status;
				const left = await unsettled.crank(record);
				const isOver = nowMs >= submissionDeadlineMs(number, windowDurationMs);
				return left === 'nothing' || (isOver && left === 'missing') ? 'ready' : undefined;
			},
		);
		if (waited === 'void') return { window, state: 'void' };

		const early = await untilMyTurn(deps, number);
		const state =
			early ??
			(await beating(
				() => 'finalizing',
				(signal) => crankFinality(deps, number, signal),
			));
		if (state === 'final') await distributeRewards(deps, number);
		else log.warn('Window unscored: too little stake submitted', { window });
		return { window, state };
	};
}

/** Validators take turns, another one first in each window. Answers the status when somebody was faster. */
async function untilMyTurn({ chain, validatorUid }: FinalizeDeps, window: bigint): Promise<'final' | 'unscored' | undefined> {
	const [nowMs, record] = await Promise.all([chain.clockMs(), chain.windowRecord(window)]);
	const validators = record?.validators ?? [];
	const index = validators.findIndex(({ uid }) => uid === validatorUid);
	const count = BigInt(validators.length);
	const place = index === -1 ? count : (BigInt(index) + window) % count;
	return untilChainTime(chain, nowMs + place * TURN_MS, async () => {
		const status = (await chain.windowRecord(window))?.status;
		return status === 'sealed' ? undefined : status;
	});
}

/** Payloads that their own validators submitted and do not settle: its process may have died in between, and then anybody may go on. */
class UnsettledPayloads {
	readonly #deps: FinalizeDeps;
	readonly #window: bigint;
	/** Rows of each validator at the last look. */
	readonly #rows = new Map<number, number>();

	constructor(deps: FinalizeDeps, window: bigint) {
		this.#deps = deps;
		this.#window = window;
	}

	/** What there is to wait for: payloads that did not come, or came and are not settled. Settles a slice of those that have not moved since the last look. */
	async crank({ validators }: WindowRecord): Promise<'nothing' | 'missing' | 'unsettled'> {
		const { chain } = this.#deps;
		const states = await Promise.all(
			validators.map(async ({ uid, generation }) => {
				if ((await chain.settledScores(this.#window, uid)) !== undefined) return 'nothing';
				const payload = await chain.payloadChain(uid);
				if (payload?.lastWindow !== this.#window || payload.validatorGeneration !== generation) return 'missing';
				if (payload.settledRows < payload.totalRows) {
					if (this.#rows.get(uid) === payload.settledRows) await this.#settle(uid, payload.settledRows);
					this.#rows.set(uid, payload.settledRows);
				}
				return 'unsettled';
			}),
		);
		return states.includes('unsettled') ? 'unsettled' : states.includes('missing') ? 'missing' : 'nothing';
	}

	async #settle(validatorUid: number, fromRow: number): Promise<void> {
		try {
			await this.#deps.writer.settleSlice({ validatorUid, window: this.#window, fromRow });
		} catch (error) {
			// Refused: somebody else settles it at this moment. The next look tells.
			if (!isVramhubError(error) || (error.code !== 'CHAIN_REJECTED' && error.code !== 'CHAIN_CONFLICT')) throw error;
		}
	}
}
