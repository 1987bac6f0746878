import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import { createGradientUpdate } from '#core/gradient/update.ts';
import { claim, type Lot, noteEnd, waitFor } from '#model/lot.ts';
import type { PoolJob, PoolResult, PoolWorkerData, SharedTheta } from '#model/pool.ts';
import { type ForwardGraph, ModelSession, type TrainingGraph } from '#model/session.ts';
import type { Outcome, Report } from '#model/threads.ts';

function requirePort(): MessagePort {
	if (parentPort === null) throw new VramhubError('INVARIANT', 'model/worker.ts runs as a worker thread');
	return parentPort;
}

/** Entry of one pool thread: does one job at a time, in its own sessions over the shared θ. */
const port = requirePort();
const { graph, trainingGraph, thread } = workerData as PoolWorkerData;
const update = createGradientUpdate(graph.parameters);
/** θ and what it is moved to, the latest first: every message brings another view of the same memory, the session knows it by the view. */
let thetas: readonly SharedTheta[] = [];
let evaluating: Promise<ModelSession<ForwardGraph>> | undefined;
let training: Promise<ModelSession<TrainingGraph>> | undefined;

function known(theta: SharedTheta): Float32Array {
	const same = thetas.find(({ id }) => id === theta.id) ?? theta;
	thetas = [same, ...thetas.filter((other) => other !== same)].slice(0, 2);
	return same.parameters;
}

function sequencesOf(packed: Uint8Array): Uint8Array[] {
	const stride = graph.context + 1;
	return Array.from({ length: packed.length / stride }, (_, i) => packed.subarray(i * stride, (i + 1) * stride));
}

async function run(job: PoolJob): Promise<PoolResult> {
	switch (job.kind) {
		case 'losses': {
			evaluating ??= ModelSession.open(graph);
			return { kind: 'losses', logLikelihoods: await (await evaluating).logLikelihoods(known(job.theta), sequencesOf(job.sequences)) };
		}
		case 'gradient': {
			if (trainingGraph === undefined) throw new VramhubError('BAD_ARGUMENT', 'this pool was started without a training graph');
			training ??= ModelSession.open(trainingGraph);
			const { logLikelihoods, gradient } = await (await training).gradient(known(job.theta), sequencesOf(job.sequences), job.weight);
			return { kind: 'gradient', logLikelihoods, gradient: gradient.slice() };
		}
		case 'move':
			update.moveBeside({ ...job.step, theta: known(job.theta) }, known(job.moved));
			return { kind: 'changed' };
		case 'apply':
			update.apply({ ...job.change, theta: known(job.theta) });
			return { kind: 'changed' };
		case 'revert':
			update.revert({ ...job.change, theta: known(job.theta) });
			return { kind: 'changed' };
		default:
			return job satisfies never;
	}
}

function failure(error: unknown): Outcome<never> {
	const code = error instanceof VramhubError ? error.code : 'INVARIANT';
	return { kind: 'failed', error: { code, message: error instanceof Error ? error.message : String(error) } };
}

async function outcomeOf(lot: Lot<PoolJob>, index: number, job: PoolJob): Promise<Outcome<PoolResult>> {
	try {
		if (!waitFor(lot, index)) throw new VramhubError('INVARIANT', 'a job that this one needs failed');
		return { kind: 'done', result: await run(job) };
	} catch (error) {
		return failure(error);
	}
}

async function work(lot: Lot<PoolJob>): Promise<void> {
	const outcomes: [number, Outcome<PoolResult>][] = [];
	for (const [index, job] of claim(lot, thread)) {
		const outcome = await outcomeOf(lot, index, job);
		noteEnd(lot, index, outcome.kind === 'failed');
		outcomes.push([index, outcome]);
	}
	const transferred = outcomes.flatMap(([, outcome]) =>
		outcome.kind === 'done' && outcome.result.kind === 'gradient' ? [outcome.result.gradient.buffer] : [],
	);
	if (outcomes.length > 0) port.postMessage({ lot: lot.id, outcomes } satisfies Report<PoolResult>, transferred);
}

async function close(): Promise<void> {
	await (await evaluating)?.close();
	await (await training)?.close();
	port.close();
}

/** A session takes one job at a time, hence one lot after the other. */
let turn = Promise.resolve();
port.on('message', (message: Lot<PoolJob> | 'close') => {
	turn = turn.then(() => (message === 'close' ? close() : work(message)));
});
