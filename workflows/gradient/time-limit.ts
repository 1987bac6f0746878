import { CancellationScope, isCancellation } from '@temporalio/workflow';

/** The work's result; undefined when `limitMs` passed before, and what was under way was cancelled. */
export async function withinTime<T>(limitMs: number, work: () => Promise<T>): Promise<T | undefined> {
	const scope = new CancellationScope({ cancellable: true, timeout: Math.max(limitMs, 1) });
	try {
		return await scope.run(work);
	} catch (error) {
		const ours = scope.consideredCancelled && !CancellationScope.current().consideredCancelled;
		if (ours && isCancellation(error)) return undefined;
		throw error;
	}
}
