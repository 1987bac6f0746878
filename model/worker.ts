import { parentPort, workerData } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import type { PoolJob, PoolReply, PoolWorkerData } from '#model/pool.ts';
import { type ForwardGraph, ModelSession, type TrainingGraph } from '#model/session.ts';

/** Entry of one pool thread: answers one job at a time from its own sessions over the shared θ. */
const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'model/worker.ts runs as a worker thread');

const { graph, trainingGraph, parameters } = workerData as PoolWorkerData;
const theta = new Float32Array(parameters);
let evaluating: Promise<ModelSession<ForwardGraph>> | undefined;
let training: Promise<ModelSession<TrainingGraph>> | undefined;

async function run(job: PoolJob): Promise<PoolReply> {
	const stride = graph.context + 1;
	const sequences = Array.from({ length: job.sequences.length / stride }, (_, i) => job.sequences.subarray(i * stride, (i + 1) * stride));
	if (job.weight === undefined) {
		evaluating ??= ModelSession.open(graph, theta);
		return { id: job.id, logLikelihoods: await (await evaluating).logLikelihoods(sequences) };
	}
	if (trainingGraph === undefined) throw new VramhubError('BAD_ARGUMENT', 'this pool was started without a training graph');
	training ??= ModelSession.open(trainingGraph, theta);
	const { logLikelihoods, gradient } = await (await training).gradient(sequences, job.weight);
	return { id: job.id, logLikelihoods, gradient: gradient.slice() };
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
		port.postMessage(reply, 'gradient' in reply ? [reply.gradient.buffer] : []);
	} catch (error) {
		const code = error instanceof VramhubError ? error.code : 'INVARIANT';
		port.postMessage({ id: job.id, error: { code, message: error instanceof Error ? error.message : String(error) } } satisfies PoolReply);
	}
});
