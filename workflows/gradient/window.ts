import { defineQuery, isCancellation, log, setHandler, sleep } from '@temporalio/workflow';
import type { StoredGradient } from '#activities/gradient/measure-gradients.ts';
import type { SealedFacts } from '#activities/gradient/read-sealed-window.ts';
import type { Submitted } from '#activities/gradient/submit-scores.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { CommittedMiner, FetchOutcome, WindowResult } from '#core/gradient/messages.ts';
import { failedWith, failure } from './failures.ts';
import { chunksOf, mapBounded } from './fan-out.ts';
import { activitiesUnder, type GradientWindowInput } from './settings.ts';
import { withinTime } from './time-limit.ts';

/** Where a window's workflow stands: what the query `state` answers, in this order. */
export type WindowStage =
	| 'awaiting-seal'
	| 'sealing'
	| 'awaiting-objects'
	| 'fetching'
	| 'awaiting-turn'
	| 'opening'
	| 'measuring'
	| 'freezing'
	| 'processing'
	| 'closing'
	| 'submitting'
	| 'reading-back'
	| WindowResult['state'];

export const stateQuery = defineQuery<WindowStage>('state');

/**
 * One window of one validator: seal it, bring what was committed, have it evaluated, record the scores. Every step can be repeated, so a crash
 * at any moment costs time alone. History stays near 10 events a miner for up to `perMinerUpTo` miners, and near 30 a chunk beyond.
 */
export async function gradientWindow(input: GradientWindowInput): Promise<WindowResult> {
	const { window, settings } = input;
	const { fanOut } = settings;
	const activities = activitiesUnder(settings);
	let stage: WindowStage = 'awaiting-seal';
	setHandler(stateQuery, () => stage);

	if ((await activities.awaitWindowSealable({ window })) === 'void') return without('void');
	stage = 'sealing';
	await activities.sealWindow({ window });
	stage = 'awaiting-objects';
	const sealed = await activities.readSealedWindow({ window });
	if (!sealed.listed) return without('not-a-validator');

	return beforeSubmissionsEnd(sealed, async () => {
		const brought = new Map<number, FetchOutcome>();
		if (sealed.miners.length <= (sealed.maxEvaluations ?? sealed.miners.length)) await bring(sealed, sealed.miners, brought);
		stage = 'awaiting-turn';
		await activities.awaitTurn({ window });
		const { transaction } = await scoreInSessions(sealed, brought);
		stage = 'reading-back';
		const result = await activities.readWindowResult({ window, transaction });
		stage = result.state;
		return result;
	});

	async function bring({ putCloseMs }: SealedFacts, miners: readonly CommittedMiner[], brought: Map<number, FetchOutcome>): Promise<void> {
		stage = 'fetching';
		const fetched = await mapBounded(inChunks(miners), fanOut.fetchConcurrency, (chunk) => fetchChunk(chunk, putCloseMs));
		for (const outcome of fetched.flat()) brought.set(outcome.uid, outcome);
	}

	async function fetchChunk(chunk: readonly CommittedMiner[], putCloseMs: string): Promise<FetchOutcome[]> {
		for (;;) {
			try {
				return await activities.fetchGradients({ window, miners: chunk, putCloseMs });
			} catch (error) {
				if (isCancellation(error) || failedWith(error, 'SEAL_NO_ACCESS')) throw error;
				if (failedWith(error, 'CHAIN_UNAVAILABLE')) {
					// No miner's fault: nobody is given testimony because our chain node is away.
					await sleep('10s');
					continue;
				}
				// These miners' bytes cannot be had by us; the others keep their score.
				log.warn('Gradients not brought', { window, miners: chunk.length, error: String(error) });
				return chunk.map(({ uid }): FetchOutcome => ({ kind: 'testimony', uid, code: MINER_CODE.unavailable, reason: 'OBJECT_UNAVAILABLE' }));
			}
		}
	}

	/** An enclave that restarts has forgotten the session and has another key: it is registered and everything measured again. */
	async function scoreInSessions(sealed: SealedFacts, brought: Map<number, FetchOutcome>): Promise<Submitted> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await scoreInOneSession(sealed, brought);
			} catch (error) {
				if (!failedWith(error, 'ENCLAVE_SESSION_LOST') || attempt >= fanOut.sessionAttempts) throw error;
				log.warn('Enclave session lost; opening another', { window, attempt });
			}
		}
	}

	async function scoreInOneSession(sealed: SealedFacts, brought: Map<number, FetchOutcome>): Promise<Submitted> {
		stage = 'opening';
		await activities.ensureEnclaveRegistered();
		const { session, drawn = sealed.miners.map(({ uid }) => uid) } = await activities.openSession({ window });
		// More committed than are evaluated: the draw depends on the payload before, so nothing was brought yet.
		const missing = sealed.miners.filter(({ uid }) => drawn.includes(uid) && !brought.has(uid));
		if (missing.length > 0) await bring(sealed, missing, brought);
		const outcomes = drawn.flatMap((uid) => brought.get(uid) ?? []);
		const stored = outcomes.filter((outcome) => outcome.kind === 'stored').map(({ uid, sha256 }): StoredGradient => ({ uid, sha256 }));
		stage = 'measuring';
		await mapBounded(inChunks(stored), fanOut.enclaveConcurrency, (gradients) => activities.measureGradients({ session, window, gradients }));
		stage = 'freezing';
		const testimony = outcomes.filter((outcome) => outcome.kind === 'testimony').map(({ uid, code }) => ({ uid, code }));
		const { uids } = await activities.freezeSession({ session, window, testimony });
		stage = 'processing';
		const evaluated = stored.filter(({ uid }) => uids.includes(uid));
		await mapBounded(inChunks(evaluated), fanOut.enclaveConcurrency, (gradients) =>
			activities.processGradients({ session, window, checkpointHash: sealed.checkpointHash, gradients }),
		);
		stage = 'closing';
		const signed = await activities.closeSession({ session });
		stage = 'submitting';
		return activities.submitScores({ window, ...signed });
	}

	/** One miner an activity while that is pleasant to read in the Web UI. */
	function inChunks<T extends CommittedMiner | StoredGradient>(miners: readonly T[]): T[][] {
		return chunksOf(miners, miners.length <= fanOut.perMinerUpTo ? 1 : fanOut.chunkSize);
	}

	function without(state: 'void' | 'not-a-validator'): WindowResult {
		stage = state;
		return { window, state, transaction: null, payloadSha256: null, miners: [] };
	}
}

/** The contract takes scores until a moment on the chain clock; what goes on beyond it only holds up later windows. */
async function beforeSubmissionsEnd<T>({ window, leftMs }: SealedFacts, work: () => Promise<T>): Promise<T> {
	const result = await withinTime(leftMs, async () => ({ value: await work() }));
	if (result === undefined) throw failure('WINDOW_VOID', `window ${window} was not scored before its submissions ended`);
	return result.value;
}
