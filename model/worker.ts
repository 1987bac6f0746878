import { parentPort, workerData } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import { createGradientUpdate } from '#core/gradient/update.ts';
import type { PoolJob, PoolReply, PoolWorkerData, SharedTheta } from '#model/pool.ts';
import { type ForwardGraph, ModelSession, type TrainingGraph } from '#model/session.ts';

/** Entry of one pool thread: answers one job at a time from its own sessions over the shared θ. */
const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'model/worker.ts runs as a worker thread');

const { graph, trainingGraph } = workerData as PoolWorkerData;
const update = createGradientUpdate(graph.parameters);
/** The last θ: every message brings another view of the same memory, the session knows it by the view. */
let last: SharedTheta | undefined;
let evaluating: Promise<ModelSession<ForwardGraph>> | undefined;
let training: Promise<ModelSession<TrainingGraph>> | undefined;

function known(theta: SharedTheta): Float32Array {
	if (last?.id !== theta.id) last = theta;
	return last.parameters;
}

function sequencesOf(packed: Uint8Array): Uint8Array[] {
	const stride = graph.context + 1;
	return Array.from({ length: packed.length / stride }, (_, i) => packed.subarray(i * stride, (i + 1) * stride));
}

async function run(job: PoolJob): Promise<PoolReply> {
	const { id } = job;
	switch (job.kind) {
		case 'losses': {
			evaluating ??= ModelSession.open(graph);
			return { id, kind: 'losses', logLikelihoods: await (await evaluating).logLikelihoods(known(job.theta), sequencesOf(job.sequences)) };
		}
		case 'gradient': {
			if (trainingGraph === undefined) throw new VramhubError('BAD_ARGUMENT', 'this pool was started without a training graph');
			training ??= ModelSession.open(trainingGraph);
			const { logLikelihoods, gradient } = await (await training).gradient(known(job.theta), sequencesOf(job.sequences), job.weight);
			return { id, kind: 'gradient', logLikelihoods, gradient: gradient.slice() };
		}
		case 'apply':
			update.apply({ ...job.change, theta: known(job.theta) });
			return { id, kind: 'changed' };
		case 'revert':
			update.revert({ ...job.change, theta: known(job.theta) });
			return { id, kind: 'changed' };
		default:
			return job satisfies never;
	}
}

port.on('message', async (job: PoolJob | 'close') => {
	if (job === 'close') {
		await (await evaluating)?.close();
		await (await training)?.close();
		port.close();
		return;
	}
	try {
		const reply = await run(job);
		port.postMessage(reply, reply.kind === 'gradient' ? [reply.gradient.buffer] : []);
	} catch (error) {
		const code = error instanceof VramhubError ? error.code : 'INVARIANT';
		const message = error instanceof Error ? error.message : String(error);
		port.postMessage({ id: job.id, kind: 'failed', error: { code, message } } satisfies PoolReply);
	}
});
