import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import type { GradientContext } from '#core/gradient/codec.ts';

/** What every gradient of an interval was made for. */
export type MergeThreadData = Pick<GradientContext, 'parameters' | 'checkpointHash' | 'manifestHash'>;

export interface WindowGradients extends Pick<GradientContext, 'codec' | 'topK'> {
	readonly window: bigint;
	readonly gradients: readonly { readonly uid: number; readonly bytes: Uint8Array }[];
}

export type MergeJob =
	| ({ readonly kind: 'window' } & WindowGradients)
	| { readonly kind: 'apply'; readonly parameters: Float32Array; readonly outerLearningRate: number };

export type MergeReply =
	| { readonly kind: 'added' }
	| { readonly kind: 'applied'; readonly parameters: Float32Array<ArrayBuffer> | undefined }
	| { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/**
 * The merged parameters, undefined when there are no gradients. The work is done in a thread of its own, and windows are asked for one at a
 * time, so that no more than one window's gradients are in memory. Ends at once when the signal is aborted, with its reason.
 */
export async function mergeInThread(
	data: MergeThreadData,
	windows: AsyncIterable<WindowGradients>,
	base: { readonly parameters: Float32Array; readonly outerLearningRate: number },
	signal: AbortSignal,
): Promise<Float32Array | undefined> {
	signal.throwIfAborted();
	const thread = new Worker(new URL('./merge-thread.ts', import.meta.url), { workerData: data, name: 'merge' });
	try {
		for await (const window of windows) await ask(thread, { kind: 'window', ...window }, signal);
		const reply = await ask(thread, { kind: 'apply', ...base }, signal);
		if (reply.kind !== 'applied') throw new VramhubError('INVARIANT', `the merge answered ${reply.kind} to the last question`);
		return reply.parameters;
	} finally {
		await thread.terminate();
	}
}

/** A thread that dies emits `error`, which ends the wait. */
async function ask(thread: Worker, job: MergeJob, signal: AbortSignal): Promise<Exclude<MergeReply, { kind: 'failed' }>> {
	thread.postMessage(job);
	let reply: MergeReply;
	try {
		[reply] = (await once(thread, 'message', { signal })) as [MergeReply];
	} catch (error) {
		signal.throwIfAborted();
		throw error;
	}
	if (reply.kind === 'failed') throw new VramhubError(reply.code, reply.message);
	return reply;
}
