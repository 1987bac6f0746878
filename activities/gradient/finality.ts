import { Context } from '@temporalio/activity';
import { type ChainReader, type ChainWriter, medianSliceRows, type WindowConsensus } from '#clients/chain/port.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import { rowConsensus, selectGradients, type ValidatorColumns } from '#core/gradient/consensus.ts';
import type { WindowRecord } from '#core/gradient/records.ts';
import type { Logger } from '#runtime/log.ts';

export interface FinalityDeps {
	readonly chain: Pick<ChainReader, 'windowRecord' | 'roster' | 'hparamsAt' | 'settledScores' | 'consensus'>;
	readonly writer: Pick<ChainWriter, 'settleMedians' | 'finalizeWindow' | 'distributeRewards'>;
	readonly log: Logger;
}

/** How often the chain may refuse a step without anything having moved: what another validator did at the same moment shows a little later. */
const REFUSALS = 4;
const REFUSAL_PAUSE_MS = 500;

/**
 * Takes a sealed window to its end: the medians slice by slice, then the selection. Anybody may do this, and several do at the same moment, so the
 * chain is read before each step and a refused step counts only when nothing has moved since. Call once the contract allows it:
 * every snapshot validator's payload is settled, or (window + 4) · D has passed.
 */
export async function crankFinality(deps: FinalityDeps, window: bigint, signal: AbortSignal): Promise<'final' | 'unscored'> {
	let refused = { at: '', times: 0 };
	for (;;) {
		signal.throwIfAborted();
		const [record, consensus] = await Promise.all([deps.chain.windowRecord(window), deps.chain.consensus(window)]);
		if (record === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `window ${window} has no record`);
		if (record.status !== 'sealed') return record.status;
		try {
			await step(deps, record, consensus);
		} catch (error) {
			if (!isVramhubError(error) || (error.code !== 'CHAIN_REJECTED' && error.code !== 'CHAIN_CONFLICT')) throw error;
			const at = `${consensus?.medians.length}/${consensus?.validators.map(({ uid }) => uid)}`;
			refused = { at, times: refused.at === at ? refused.times + 1 : 1 };
			if (refused.times >= REFUSALS) throw error;
			await Context.current().sleep(REFUSAL_PAUSE_MS);
		}
	}
}

async function step({ chain, writer, log }: FinalityDeps, record: WindowRecord, consensus: WindowConsensus | undefined): Promise<void> {
	const { window } = record;
	const [roster, { values }, validators] = await Promise.all([chain.roster(window), chain.hparamsAt(window), countingColumns(chain, record, consensus)]);
	const rows = rowConsensus(validators, roster.length);
	const settled = consensus?.medians.length ?? 0;
	if (settled < roster.length) {
		const medians = rows.slice(settled, settled + medianSliceRows(validators.length)).map(({ own, random, weight }) => ({ own, random, weight }));
		await writer.settleMedians({ window, fromRow: settled, medians });
		return;
	}
	const selectedUids = selectGradients(roster, rows, Number(values.top_g)).map(({ uid }) => uid);
	const executed = await writer.finalizeWindow({ window, selectedUids });
	if (executed !== undefined) log.info('Window finalized', { window, selected: selectedUids.length, validators: validators.length, tx: executed.digest });
}

/** Settled columns of those that count: as the first slice fixed it, before that everybody whose payload is settled. */
async function countingColumns(
	chain: Pick<ChainReader, 'settledScores'>,
	{ window, validators }: WindowRecord,
	consensus: WindowConsensus | undefined,
): Promise<ValidatorColumns[]> {
	const counting = consensus?.validators ?? validators;
	const columns = await Promise.all(
		counting.map(async ({ uid, stake }): Promise<ValidatorColumns | undefined> => {
			const scores = await chain.settledScores(window, uid);
			return scores && { uid, stake, rows: scores.miners };
		}),
	);
	const settled = columns.filter((column) => column !== undefined);
	if (consensus !== undefined && settled.length < counting.length)
		throw new VramhubError('CHAIN_UNAVAILABLE', `settled scores of window ${window} cannot be read`);
	return settled;
}

/** Pays what a FINAL window emits. Nothing to pay, or paid by somebody else, is no failure: finality does not depend on it. */
export async function distributeRewards({ writer, log }: Pick<FinalityDeps, 'writer' | 'log'>, window: bigint): Promise<void> {
	try {
		const executed = await writer.distributeRewards(window);
		if (executed !== undefined) log.info('Rewards distributed', { window, tx: executed.digest });
	} catch (error) {
		if (!isVramhubError(error) || error.code !== 'CHAIN_REJECTED') throw error;
		log.warn('Rewards not distributed', { window, reason: error.details.abort ?? error.message });
	}
}
