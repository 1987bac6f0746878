import { parentPort, workerData } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import type { RunResult } from '#lab/books.ts';
import { type LabFiles, LabModel } from '#lab/model.ts';
import { type RunRequest, simulate } from '#lab/simulation.ts';

/** Entry of one thread: a run at a time. */
export type WorkerMessage = { readonly kind: 'window' } | { readonly kind: 'done'; readonly result: RunResult };

const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'lab/worker.ts runs as a worker thread');
const send = (message: WorkerMessage) => port.postMessage(message);

const model = await LabModel.open(workerData as LabFiles);
port.on('message', async (request: RunRequest | 'close') => {
	if (request === 'close') {
		await model[Symbol.asyncDispose]();
		port.close();
		return;
	}
	send({ kind: 'done', result: await simulate(model, request, () => send({ kind: 'window' })) });
});
