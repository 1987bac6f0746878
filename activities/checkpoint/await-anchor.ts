import { untilChainTime } from '#activities/chain-clock.ts';
import { attestationDeadlineMs } from '#clients/chain/interval.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { toHex } from '#core/bytes.ts';
import type { CheckpointResult } from '#core/gradient/messages.ts';
import type { Logger } from '#runtime/log.ts';

/** What the quorum decided, as the chain has it. */
export type Anchored = Pick<CheckpointResult, 'state' | 'hash' | 'activation'>;

/** Waits for the quorum, or for the end of the boundary's time. */
export function createAwaitAnchor(deps: { readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt' | 'boundary'>; readonly log: Logger }) {
	const { chain, log } = deps;
	return async function awaitAnchor({ boundary }: { readonly boundary: string }): Promise<Anchored> {
		const number = BigInt(boundary);
		const [{ windowDurationMs }, { values }] = await Promise.all([chain.network(), chain.hparamsAt(number)]);
		const anchored = await untilChainTime(chain, attestationDeadlineMs(number, values, windowDurationMs), async (): Promise<Anchored | undefined> => {
			const outcome = (await chain.boundary(number))?.outcome;
			switch (outcome?.kind) {
				case undefined:
				case 'open':
					return undefined;
				case 'new':
					return { state: 'new', hash: toHex(outcome.hash), activation: outcome.activation.toString() };
				case 'keep':
					return { state: 'keep', hash: null, activation: null };
				default:
					return outcome satisfies never;
			}
		});
		if (anchored === undefined) {
			log.warn('Checkpoint expired: no quorum in time', { boundary });
			return { state: 'expired', hash: null, activation: null };
		}
		if (anchored.state === 'new') log.info('Checkpoint anchored', { boundary, activation: anchored.activation, hash: anchored.hash });
		else log.info('Checkpoint kept', { boundary });
		return anchored;
	};
}
