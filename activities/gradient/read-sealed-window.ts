import { nothingEarly, untilChainTime } from '#activities/chain-clock.ts';
import { readPhases } from '#activities/gradient/phases.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { SealedWindow } from '#core/gradient/messages.ts';
import { submissionDeadlineMs, windowStartMs } from '#core/window.ts';
import type { Logger } from '#runtime/log.ts';

export interface SealedFacts extends SealedWindow {
	/** Whether this validator is in the window's snapshot: only then does the contract take its scores. */
	readonly listed: boolean;
	/** Chain milliseconds that were left for a submission when this was read. */
	readonly leftMs: number;
}

/** The facts of a sealed window once its put phase is over, so that every object that will ever be there is. */
export function createReadSealedWindow(deps: {
	readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt' | 'windowRecord' | 'commitments' | 'roster' | 'validator'>;
	readonly validatorUid: number;
	readonly log: Logger;
}) {
	const { chain, validatorUid, log } = deps;
	return async function readSealedWindow({ window }: { readonly window: string }): Promise<SealedFacts> {
		const number = BigInt(window);
		const phases = await readPhases(chain, number);
		const putCloseMs = windowStartMs(number, phases.windowDurationMs) + phases.putCloseMs;
		await untilChainTime(chain, putCloseMs, nothingEarly);
		const [record, { values }, commitments, roster, validator, nowMs] = await Promise.all([
			chain.windowRecord(number),
			chain.hparamsAt(number),
			chain.commitments(number),
			chain.roster(number),
			chain.validator(validatorUid),
			chain.clockMs(),
		]);
		if (record === undefined) throw new VramhubError('CHAIN_UNAVAILABLE', `window ${window} is sealed but cannot be read yet`);
		// A miner that was replaced after it committed is not on the roster: nothing is scored for it, so nothing is brought.
		const onRoster = new Set(roster.map(({ uid, generation }) => `${uid}/${generation}`));
		const miners = commitments.filter(({ uid, generation }) => onRoster.has(`${uid}/${generation}`));
		const listed = record.validators.some(({ uid, generation }) => uid === validatorUid && generation === validator?.generation);
		if (listed) log.info(`Decrypting credentials for ${Math.min(miners.length, Number(values.max_evaluations))} miners`);
		else log.warn('This validator is not among those of the window', { window, validator_uid: validatorUid });
		return {
			window,
			checkpointHash: toHex(record.checkpointHash),
			commitmentsCount: record.commitmentsCount,
			maxEvaluations: Number(values.max_evaluations),
			miners: miners
				.map(({ uid, generation, credVersion, sha256, size }) => ({ uid, generation, credVersion, sha256: toHex(sha256), size: Number(size) }))
				.sort((a, b) => a.uid - b.uid),
			putCloseMs: putCloseMs.toString(),
			listed,
			leftMs: Number(submissionDeadlineMs(number, phases.windowDurationMs) - nowMs),
		};
	};
}
