import { defineQuery, setHandler } from '@temporalio/workflow';
import type { Anchored } from '#activities/checkpoint/await-anchor.ts';
import type { CheckpointOutcome, CheckpointResult, MergePlan } from '#core/gradient/messages.ts';
import { mapBounded } from './fan-out.ts';
import { checkpointActivitiesUnder, type GradientCheckpointInput } from './settings.ts';
import { withinTime } from './time-limit.ts';

/** Where a boundary's workflow stands: what the query `state` answers, in this order. */
export type CheckpointStage =
	| 'awaiting-windows'
	| 'planning'
	| 'collecting'
	| 'merging'
	| 'publishing'
	| 'attesting'
	| 'awaiting-quorum'
	| CheckpointResult['state'];

export const checkpointStateQuery = defineQuery<CheckpointStage>('state');

/** What this validator computed and attested. */
interface OwnMerge {
	readonly outcome: CheckpointOutcome;
	readonly transaction: string | null;
}

/**
 * One boundary of one validator: wait for its windows, merge what they selected, publish, attest, and see what the quorum decides. Lives on the
 * aggregator's task queue, so while no aggregator runs it waits there, and one that comes late still learns what was decided.
 */
export async function gradientCheckpoint(input: GradientCheckpointInput): Promise<CheckpointResult> {
	const { boundary, settings } = input;
	const activities = checkpointActivitiesUnder(settings);
	let stage: CheckpointStage = 'awaiting-windows';
	setHandler(checkpointStateQuery, () => stage);

	const readiness = await activities.awaitBoundary({ boundary });
	const own = readiness.kind === 'ready' ? await withinTime(readiness.leftMs, mergeAndAttest) : undefined;
	stage = 'awaiting-quorum';
	const anchored = await activities.awaitAnchor({ boundary });
	stage = anchored.state;
	return { boundary, ...anchored, heldOutLoss: heldOutLossOf(anchored, own?.outcome), transaction: own?.transaction ?? null };

	async function mergeAndAttest(): Promise<OwnMerge> {
		stage = 'planning';
		const plan = await activities.planMerge({ boundary });
		stage = 'collecting';
		await collect(plan);
		stage = 'merging';
		const outcome = await activities.mergeCheckpoint({ plan });
		const hash = outcome.kind === 'new' ? outcome.hash : null;
		if (hash !== null) {
			stage = 'publishing';
			await activities.publishCheckpoint({ boundary, hash });
		}
		stage = 'attesting';
		const { parentBoundary, mergeDigest } = plan;
		const { transaction } = await activities.attestCheckpoint({ boundary, parentBoundary, mergeDigest, hash });
		return { outcome, transaction };
	}

	async function collect({ windows }: MergePlan): Promise<void> {
		const selected = windows.filter(({ gradients }) => gradients.length > 0);
		await mapBounded(selected, settings.fanOut.fetchConcurrency, ({ window, gradients }) => activities.collectGradients({ window, gradients }));
	}
}

/** Of the checkpoint that is in force after the boundary, when it is the one that this validator evaluated. */
function heldOutLossOf({ state, hash }: Anchored, own: CheckpointOutcome | undefined): number | null {
	switch (state) {
		case 'new':
			return own?.kind === 'new' && own.hash === hash ? own.heldOutLoss : null;
		case 'keep':
			return own?.heldOutLossBefore ?? null;
		case 'expired':
			return null;
		default:
			return state satisfies never;
	}
}
