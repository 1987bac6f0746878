import { type BlobFolder, requireBlob } from '#activities/blobs.ts';
import type { SignedPayload } from '#activities/gradient/close-session.ts';
import { beating } from '#activities/heartbeat.ts';
import type { ChainReader, ChainWriter, PayloadChain } from '#clients/chain/port.ts';
import { equalBytes, fromHex, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { FLAG_STATE_RESET } from '#core/gradient/header.ts';
import { decodePayload, type Payload } from '#core/gradient/payload.ts';
import type { Logger } from '#runtime/log.ts';

export interface Submitted {
	/** Of the payload that is recorded: another one than ours when an earlier run of this window had submitted already. */
	readonly payloadSha256: string;
	/** Base58; null when it was found recorded, by an attempt whose answer was lost. */
	readonly transaction: string | null;
}

interface SubmitDeps {
	readonly chain: Pick<ChainReader, 'payloadChain' | 'enclave'>;
	readonly writer: Pick<ChainWriter, 'submitScores' | 'settleSlice'>;
	readonly blobs: Pick<BlobFolder, 'read'>;
	readonly validatorUid: number;
	readonly log: Logger;
}

/**
 * Records the signed payload and settles it to its last row. The chain is asked before every step, so an attempt after a crash goes on where the last
 * one got to and nothing is recorded twice. Throws ENCLAVE_SESSION_LOST when the payload was signed for a past that is no
 * longer the chain's (an earlier window was recorded meanwhile, or the enclave has another key): only a new session helps.
 */
export function createSubmitScores(deps: SubmitDeps) {
	const { chain, writer, blobs, validatorUid, log } = deps;
	return async function submitScores({ window, payloadSha256, signature }: SignedPayload & { readonly window: string }): Promise<Submitted> {
		const number = BigInt(window);
		let progress = 'reading the chain';
		return beating(
			() => progress,
			async (signal) => {
				const before = await chain.payloadChain(validatorUid);
				if (before !== undefined && before.lastWindow > number) {
					throw new VramhubError('WINDOW_VOID', `window ${before.lastWindow} is recorded already; window ${window} cannot be any more`, {
						details: { window },
					});
				}
				let transaction: string | null = null;
				if (before?.lastWindow !== number) {
					const bytes = await requireBlob(blobs, payloadSha256);
					const payload = decodePayload(bytes);
					const previous = continued(payload, before);
					await refuseStale(deps, payload, previous);
					progress = 'settling the window before';
					if (previous !== undefined) await settle(deps, previous.lastWindow, signal);
					const scores = payload.miners.filter(({ score }) => score !== null).length;
					log.info(`Submitting ${scores} scores to chain`, { window });
					progress = 'submitting';
					const executed = await writer.submitScores({ validatorUid, window: number, payload: bytes, signature: fromHex(signature) });
					transaction = executed?.digest ?? null;
				}
				progress = 'settling';
				const recorded = await settle(deps, number, signal);
				log.info('Scores submitted', transaction === null ? { window } : { window, tx: transaction });
				return { payloadSha256: toHex(recorded.lastDigest), transaction };
			},
		);
	};
}

/** The chain that a payload goes on with: none after a reset, and none of another generation. */
function continued({ header }: Payload, last: PayloadChain | undefined): PayloadChain | undefined {
	const isReset = (header.flags & FLAG_STATE_RESET) !== 0;
	return isReset || last?.validatorGeneration !== header.validatorGeneration ? undefined : last;
}

async function refuseStale({ chain, validatorUid }: SubmitDeps, { header }: Payload, last: PayloadChain | undefined): Promise<void> {
	const continues = equalBytes(header.prevPayload, last?.lastDigest ?? new Uint8Array(32));
	if (!continues) throw new VramhubError('ENCLAVE_SESSION_LOST', 'another payload was recorded since this one was signed');
	const registered = await chain.enclave(validatorUid);
	if (registered === undefined || !equalBytes(registered.publicKey, header.enclaveKey)) {
		throw new VramhubError('ENCLAVE_SESSION_LOST', 'the enclave’s key was replaced since this payload was signed');
	}
}

/** Cranks the slices that are not settled yet; anyone may, so a row may have been settled by somebody else meanwhile. */
async function settle({ chain, writer, validatorUid }: SubmitDeps, window: bigint, signal: AbortSignal): Promise<PayloadChain> {
	for (let lastRow = -1; ; ) {
		signal.throwIfAborted();
		const state = await chain.payloadChain(validatorUid);
		if (state?.lastWindow !== window) throw new VramhubError('CHAIN_UNAVAILABLE', `the payload of window ${window} cannot be read yet`);
		if (state.settledRows >= state.totalRows) return state;
		if (state.settledRows === lastRow) throw new VramhubError('CHAIN_UNAVAILABLE', `settlement of window ${window} does not go on at row ${lastRow}`);
		lastRow = state.settledRows;
		await writer.settleSlice({ validatorUid, window, fromRow: state.settledRows });
	}
}
