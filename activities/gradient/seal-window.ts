import { beating } from '#activities/heartbeat.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { isVramhubError } from '#core/errors.ts';
import type { Logger } from '#runtime/log.ts';

/** Seals the window, which anyone may and one does. Succeeds when it is sealed, whoever did it; `transaction` is null when it was another. */
export function createSealWindow(deps: {
	readonly chain: Pick<ChainReader, 'windowRecord'>;
	readonly writer: Pick<ChainWriter, 'sealWindow'>;
	readonly log: Logger;
}) {
	return async function sealWindow({ window }: { readonly window: string }): Promise<{ readonly transaction: string | null }> {
		const number = BigInt(window);
		return beating(
			() => ({ sealing: window }),
			async () => {
				if ((await deps.chain.windowRecord(number)) !== undefined) return { transaction: null };
				try {
					const executed = await deps.writer.sealWindow(number);
					if (executed !== undefined) deps.log.info('Window sealed', { window, tx: executed.digest });
					return { transaction: executed?.digest ?? null };
				} catch (error) {
					// Two validators seal at the same moment and the contract refuses the second: what was wanted is there.
					if (isVramhubError(error) && error.code === 'CHAIN_REJECTED' && (await deps.chain.windowRecord(number)) !== undefined) return { transaction: null };
					throw error;
				}
			},
		);
	};
}
