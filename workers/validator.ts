import { Client, type Connection } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createGradientActivities, type GradientDeps } from '#activities/gradient/all.ts';
import { driverWorkflowId, validatorTaskQueue, WORKFLOW_TYPES } from '#core/gradient/names.ts';
import { windowAt } from '#core/window.ts';
import { aborted } from '#runtime/lifecycle.ts';
import { type TemporalSettings, workerLimits } from '#runtime/temporal-settings.ts';
import { workflowBundle } from '#workers/bundle.ts';
import { type gradientDriver, useSettings } from '#workflows/gradient/driver.ts';
import { searchAttributes } from '#workflows/gradient/search-attributes.ts';
import type { GradientSettings } from '#workflows/gradient/settings.ts';

export interface ValidatorConfig {
	readonly temporal: { readonly client: Connection; readonly worker: NativeConnection; readonly namespace: string };
	readonly settings: TemporalSettings;
	/** The network's id. */
	readonly network: string;
	readonly deps: GradientDeps;
	/** Where a new driver begins; without it, the chain's current window. */
	readonly fromWindow?: bigint;
	/** Called once windows are being followed. */
	readonly onStarted?: () => void;
	readonly signal: AbortSignal;
}

/** Serves one validator's task queue and sees to it that its driver runs. Returns after an orderly shutdown; what was under way is taken up by the next worker. */
export async function runValidatorWorker(config: ValidatorConfig): Promise<void> {
	const { temporal, settings, network, deps, signal } = config;
	const taskQueue = validatorTaskQueue(network, deps.validatorUid);
	const worker = await Worker.create({
		connection: temporal.worker,
		namespace: temporal.namespace,
		taskQueue,
		workflowBundle: await workflowBundle(),
		activities: createGradientActivities(deps),
		...workerLimits(settings, 'validator'),
	});
	await worker.runUntil(async () => {
		await ensureDriver(config, taskQueue);
		config.onStarted?.();
		await aborted(signal);
	});
}

/** Starts the driver from the asked window, or the chain's current one; a driver that runs already goes on where it is, with the settings of today. */
async function ensureDriver({ temporal, settings, network, deps, fromWindow }: ValidatorConfig, taskQueue: string): Promise<void> {
	const { validatorUid, chain } = deps;
	const client = new Client({ connection: temporal.client, namespace: temporal.namespace });
	const [{ windowDurationMs }, nowMs] = await Promise.all([chain.network(), chain.clockMs()]);
	const gradientSettings: GradientSettings = { activityProfiles: settings.activityProfiles, fanOut: settings.fanOut };
	await client.workflow.signalWithStart<typeof gradientDriver, [GradientSettings]>(WORKFLOW_TYPES.driver, {
		workflowId: driverWorkflowId(network, validatorUid),
		taskQueue,
		typedSearchAttributes: searchAttributes({ network, validatorUid }),
		signal: useSettings,
		signalArgs: [gradientSettings],
		args: [
			{
				network,
				validatorUid,
				fromWindow: (fromWindow ?? windowAt(nowMs, windowDurationMs)).toString(),
				windowsPerRun: settings.driver.windowsPerRun,
				settings: gradientSettings,
			},
		],
	});
}
