import { type NativeConnection, Worker } from '@temporalio/worker';
import { type CheckpointDeps, createCheckpointActivities } from '#activities/checkpoint/all.ts';
import { aggregatorTaskQueue } from '#core/gradient/names.ts';
import { aborted } from '#runtime/lifecycle.ts';
import { type TemporalSettings, workerLimits } from '#runtime/temporal-settings.ts';
import { workflowBundle } from '#workers/bundle.ts';

export interface AggregatorConfig {
	readonly temporal: { readonly worker: NativeConnection; readonly namespace: string };
	readonly settings: TemporalSettings;
	/** The network's id. */
	readonly network: string;
	readonly deps: CheckpointDeps;
	/** Called once checkpoints are being made. */
	readonly onStarted?: () => void;
	readonly signal: AbortSignal;
}

/** Serves one validator's checkpoints: the validator's driver starts their workflows, which wait on this task queue. Returns after an orderly shutdown. */
export async function runAggregatorWorker({ temporal, settings, network, deps, onStarted, signal }: AggregatorConfig): Promise<void> {
	const worker = await Worker.create({
		connection: temporal.worker,
		namespace: temporal.namespace,
		taskQueue: aggregatorTaskQueue(network, deps.validatorUid),
		workflowBundle: await workflowBundle(),
		activities: createCheckpointActivities(deps),
		...workerLimits(settings, 'aggregator'),
	});
	await worker.runUntil(async () => {
		onStarted?.();
		await aborted(signal);
	});
}
