import type { EnclaveClient } from '#activities/gradient/ports.ts';
import { beating } from '#activities/heartbeat.ts';
import { minerCodeName } from '#core/gradient/codes.ts';
import type { FreezeRequest } from '#core/gradient/enclave-api.ts';
import type { Logger } from '#runtime/log.ts';

export interface Frozen {
	/** Miners to be processed, ascending. */
	readonly uids: readonly number[];
	readonly medianNorm: number;
	/** Micro-nats, decimal. */
	readonly baselineLoss: string;
}

/** Ends the first pass: the set of gradients and the norm that they are clipped to are fixed from here on. Evaluates the baseline. */
export function createFreezeSession(deps: { readonly enclave: Pick<EnclaveClient, 'freeze'>; readonly log: Logger }) {
	return async function freezeSession({ session, window, testimony }: FreezeRequest & { readonly session: string; readonly window: string }): Promise<Frozen> {
		const answer = await beating(
			() => 'freezing',
			(signal) => deps.enclave.freeze(session, { testimony }, signal),
		);
		for (const { uid, code } of answer.rejected) deps.log.warn('Gradient rejected', { miner_uid: uid, reason: minerCodeName(code), code, window });
		return { uids: answer.uids, medianNorm: answer.median_norm, baselineLoss: answer.baseline_loss };
	};
}
