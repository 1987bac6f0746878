import type { ChainReader } from '#clients/chain/port.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { WindowResult } from '#core/gradient/messages.ts';

/** What the ledger recorded, read back: the result is what a stranger would find, not what we think we sent. */
export function createReadWindowResult(deps: { readonly chain: Pick<ChainReader, 'settledScores'>; readonly validatorUid: number }) {
	return async function readWindowResult({ window, transaction }: { readonly window: string; readonly transaction: string | null }): Promise<WindowResult> {
		const settled = await deps.chain.settledScores(BigInt(window), deps.validatorUid);
		if (settled === undefined) throw new VramhubError('CHAIN_UNAVAILABLE', `the scores of window ${window} cannot be read yet`);
		return {
			window,
			state: 'scored',
			transaction,
			payloadSha256: toHex(settled.payloadSha256),
			miners: settled.miners.map(({ uid, code, score }) => ({ uid, code, score: code === MINER_CODE.scored ? score : null })),
		};
	};
}
