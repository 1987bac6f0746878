import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { continueAsNew, defineQuery, defineSignal, ParentClosePolicy, setHandler, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { windowWorkflowId } from '#core/gradient/names.ts';
import { searchAttributes } from './search-attributes.ts';
import { activitiesUnder, type GradientDriverInput, type GradientSettings } from './settings.ts';
import { gradientWindow } from './window.ts';

/** From the next window on; sent by a validator process that starts while its driver is running already. */
export const useSettings = defineSignal<[GradientSettings]>('useSettings');
/** The window that the driver waits for, decimal. */
export const nextWindowQuery = defineQuery<string>('nextWindow');

/**
 * Follows the chain's windows for as long as the validator exists and starts one {@link gradientWindow} for each, under an id that says which: a
 * window that was started before, by whatever crash or second driver, is not started again. It never waits for a window's end, so one that
 * is stuck or failed holds up nothing. History is bounded by continuing as new every `windowsPerRun` windows.
 */
export async function gradientDriver(input: GradientDriverInput): Promise<never> {
	const { network, validatorUid, windowsPerRun } = input;
	let { settings, fromWindow: next } = input;
	setHandler(useSettings, (newer) => {
		settings = newer;
	});
	setHandler(nextWindowQuery, () => next);

	for (let count = 0; count < windowsPerRun; count++) {
		const { window } = await activitiesUnder(settings).awaitWindowOpen({ from: next });
		await startWindow(window);
		next = (BigInt(window) + 1n).toString();
	}
	return continueAsNew<typeof gradientDriver>({ ...input, settings, fromWindow: next });

	async function startWindow(window: string): Promise<void> {
		try {
			await startChild(gradientWindow, {
				workflowId: windowWorkflowId(network, window, validatorUid),
				workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
				parentClosePolicy: ParentClosePolicy.ABANDON,
				typedSearchAttributes: searchAttributes({ network, validatorUid, window }),
				args: [{ network, validatorUid, window, settings }],
			});
		} catch (error) {
			if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
		}
	}
}
