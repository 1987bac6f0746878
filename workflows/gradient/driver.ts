import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
	type ChildWorkflowOptions,
	continueAsNew,
	defineQuery,
	defineSignal,
	ParentClosePolicy,
	setHandler,
	startChild,
	WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { aggregatorTaskQueue, checkpointWorkflowId, windowWorkflowId } from '#core/gradient/names.ts';
import { gradientCheckpoint } from './checkpoint.ts';
import { finalityWorkflowId, gradientFinality } from './finality.ts';
import { searchAttributes } from './search-attributes.ts';
import { activitiesUnder, type GradientDriverInput, type GradientSettings } from './settings.ts';
import { gradientWindow } from './window.ts';

/** From the next window on; sent by a validator process that starts while its driver is running already. */
export const useSettings = defineSignal<[GradientSettings]>('useSettings');
/** The window that the driver waits for, decimal. */
export const nextWindowQuery = defineQuery<string>('nextWindow');

/**
 * Follows the chain's windows for as long as the validator exists. For each it starts one {@link gradientWindow} and one {@link gradientFinality}, at
 * each checkpoint's boundary a {@link gradientCheckpoint}, under ids that say which: what was started before, by whatever crash or
 * second driver, is not started again. It never waits for an end, so what is stuck or failed holds up nothing. History is
 * bounded by continuing as new every `windowsPerRun` windows.
 */
export async function gradientDriver(input: GradientDriverInput): Promise<never> {
	const { network, validatorUid, windowsPerRun } = input;
	let { settings, fromWindow: next, lastBoundary } = input;
	setHandler(useSettings, (newer) => {
		settings = newer;
	});
	setHandler(nextWindowQuery, () => next);

	for (let count = 0; count < windowsPerRun; count++) {
		const { window, boundary } = await activitiesUnder(settings).awaitWindowOpen({ from: next });
		lastBoundary ??= window;
		const args: Parameters<typeof gradientWindow> = [{ network, validatorUid, window, settings }];
		await startOnce(() => startChild(gradientWindow, { ...child(windowWorkflowId(network, window, validatorUid), window), args }));
		await startOnce(() => startChild(gradientFinality, { ...child(finalityWorkflowId(network, window, validatorUid), window), args }));
		// A boundary with nothing of ours before it is left to those who were there.
		if (BigInt(boundary) > BigInt(lastBoundary)) {
			await startCheckpoint(boundary);
			lastBoundary = boundary;
		}
		next = (BigInt(window) + 1n).toString();
	}
	return continueAsNew<typeof gradientDriver>({ ...input, settings, fromWindow: next, ...(lastBoundary !== undefined && { lastBoundary }) });

	async function startCheckpoint(boundary: string): Promise<void> {
		const workflowId = checkpointWorkflowId(network, boundary, validatorUid);
		const taskQueue = aggregatorTaskQueue(network, validatorUid);
		await startOnce(() => startChild(gradientCheckpoint, { ...child(workflowId, boundary), taskQueue, args: [{ network, validatorUid, boundary, settings }] }));
	}

	function child(workflowId: string, window: string) {
		return {
			workflowId,
			workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
			parentClosePolicy: ParentClosePolicy.ABANDON,
			typedSearchAttributes: searchAttributes({ network, validatorUid, window }),
		} satisfies ChildWorkflowOptions;
	}
}

async function startOnce(start: () => Promise<unknown>): Promise<void> {
	try {
		await start();
	} catch (error) {
		if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
	}
}
