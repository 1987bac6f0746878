import { parentPort, workerData } from 'node:worker_threads';
import type { MergeJob, MergeReply, MergeThreadData } from '#activities/checkpoint/merge-in-thread.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import { decodeGradient } from '#core/gradient/codec.ts';
import { createMerge, thetaParts } from '#core/gradient/merge.ts';

/** Entry of the thread that merges: one job at a time, so that the worker's own loop stays free for heartbeats. */
const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'merge-thread.ts runs as a worker thread');

const { parameters, checkpointHash, manifestHash } = workerData as MergeThreadData;
const merge = createMerge(parameters);

function run(job: MergeJob): MergeReply {
	switch (job.kind) {
		case 'window':
			merge.addWindow(
				job.gradients.map(({ uid, bytes }) => {
					const { window, codec, topK } = job;
					const decoded = decodeGradient(bytes, { uid, window, checkpointHash, manifestHash, parameters, codec, topK, maxBytes: bytes.length });
					if (decoded.kind === 'decoded') return decoded.gradient;
					throw new VramhubError('INVARIANT', `the selected gradient of miner ${uid} in window ${job.window} does not decode: ${decoded.reason}`);
				}),
			);
			return { kind: 'added' };
		case 'apply':
			return { kind: 'applied', parameters: merge.apply(thetaParts(job.parameters, parameters), job.outerLearningRate) };
		default:
			return job satisfies never;
	}
}

port.on('message', (job: MergeJob) => {
	try {
		const reply = run(job);
		port.postMessage(reply, reply.kind === 'applied' && reply.parameters !== undefined ? [reply.parameters.buffer] : []);
	} catch (error) {
		const code = isVramhubError(error) ? error.code : 'INVARIANT';
		port.postMessage({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) } satisfies MergeReply);
	}
});
