import { parentPort, workerData } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import { createGradientUpdate } from '#core/gradient/update.ts';
import type { PoolJob, PoolReply, PoolWorkerData, SharedTheta } from '#model/pool.ts';
import { type ForwardGraph, ModelSession, type TrainingGraph } from '#model/session.ts';

/** Entry of one pool thread: answers one job at a time from its own sessions over the shared θ. */
const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'model/worker.ts runs as a worker thread');

const { graph, trainingGraph, parameters } = workerData as PoolWorkerData;
const own = new Float32Array(parameters);
const update = createGradientUpdate(graph.parameters);
/** The last θ that was not the pool's own: every message brings another view of the same memory, the session knows it by the view. */
let other: SharedTheta | undefined;
let evaluating: Promise<ModelSession<ForwardGraph>> | undefined;
let training: Promise<ModelSession<TrainingGraph>> | undefined;

function known(theta: SharedTheta): Float32Array {
	if (theta.id === 0) return own;
	if (other?.id !== theta.id) other = theta;
	return other.parameters;
}

function sequencesOf(packed: Uint8Array): Uint8Array[] {
	const stride = graph.context + 1;
	return Array.from({ length: packed.length / stride }, (_, i) => packed.subarray(i * stride, (i + 1) * stride));
}

async function run(job: PoolJob): Promise<PoolReply> {
	const { id } = job;
	switch (job.kind) {
		case 'losses': {
			evaluating ??= ModelSession.open(graph, own);
			return { id, kind: 'losses', logLikelihoods: await (await evaluating).logLikelihoods(sequencesOf(job.sequences), known(job.theta)) };
		}
		case 'gradient': {
			if (trainingGraph === undefined) throw new VramhubError('BAD_ARGUMENT', 'this pool was started without a training graph');
			training ??= ModelSession.open(trainingGraph, own);
			const { logLikelihoods, gradient } = await (await training).gradient(sequencesOf(job.sequences), job.weight, known(job.theta));
			return { id, kind: 'gradient', logLikelihoods, gradient: gradient.slice() };
		}
		case 'update':
			update(job.gradient, job.range, job.scale, known(job.base), own);
			return { id, kind: 'updated' };
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
