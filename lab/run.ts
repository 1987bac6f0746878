import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { VramhubError } from '#core/errors.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { fetchCorpus } from '#devnet/corpus.ts';
import { type AttackName, populations } from '#lab/attacks.ts';
import type { RunResult } from '#lab/books.ts';
import type { LabFiles } from '#lab/model.ts';
import { GENESIS, LAB_MODEL } from '#lab/settings.ts';
import type { RunRequest } from '#lab/simulation.ts';
import type { WorkerMessage } from '#lab/worker.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { trainGenesis } from '#model/genesis.ts';

export interface LabOptions {
	readonly windows: number;
	/** Seeds 1 … this. */
	readonly seeds: number;
	readonly values: HparamValues;
	readonly attacks?: readonly AttackName[];
	readonly cacheDir: string;
	/** Default: the cores. */
	readonly threads?: number;
	readonly signal?: AbortSignal;
	/** After every simulated window, of all. */
	readonly onProgress?: (progress: { readonly windows: number; readonly of: number }) => void;
}

/** Every population with every seed; results in that order, whatever the threads. Needs the corpus (devnet/corpus.ts says what fails without npm). */
export async function runLab({
	windows,
	seeds,
	values,
	attacks,
	cacheDir,
	threads = availableParallelism(),
	signal,
	onProgress,
}: LabOptions): Promise<RunResult[]> {
	const files = await labFiles(cacheDir, signal);
	const requests: RunRequest[] = Array.from({ length: seeds }, (_, i) =>
		populations(attacks).map((population) => ({ population, seed: i + 1, windows, values })),
	).flat();
	const results: RunResult[] = new Array(requests.length);
	const of = windows * requests.length;
	let done = 0;
	let next = 0;
	await Promise.all(
		Array.from({ length: Math.min(threads, requests.length) }, async () => {
			await using thread = new RunThread(files, () => onProgress?.({ windows: ++done, of }), signal);
			for (let mine = next++; mine < requests.length; mine = next++) results[mine] = await thread.run(requests[mine]!);
		}),
	);
	return results;
}

async function labFiles(cacheDir: string, signal: AbortSignal | undefined): Promise<LabFiles> {
	const corpus = await fetchCorpus(cacheDir);
	const dataset = new ShardedDataset(corpus.text, { context: LAB_MODEL.context });
	const genesis = await trainGenesis({ dataset, config: LAB_MODEL, ...GENESIS, cacheDir, ...(signal !== undefined && { signal }) });
	return { corpus: corpus.file, genesis: genesis.file };
}

class RunThread implements AsyncDisposable {
	readonly #worker: Worker;
	readonly #onWindow: () => void;
	readonly #signal: AbortSignal | undefined;

	constructor(files: LabFiles, onWindow: () => void, signal: AbortSignal | undefined) {
		this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: files, name: 'lab' });
		this.#onWindow = onWindow;
		this.#signal = signal;
	}

	run(request: RunRequest): Promise<RunResult> {
		const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
		const onMessage = (message: WorkerMessage) => (message.kind === 'window' ? this.#onWindow() : resolve(message.result));
		const onExit = (code: number) => reject(new VramhubError('INVARIANT', `a thread of the lab ended with code ${code}`));
		const onAbort = () => reject(this.#signal?.reason);
		this.#worker.on('message', onMessage).on('error', reject).on('exit', onExit);
		this.#signal?.addEventListener('abort', onAbort, { once: true });
		if (this.#signal?.aborted) onAbort();
		this.#worker.postMessage(request);
		return promise.finally(() => {
			this.#worker.off('message', onMessage).off('error', reject).off('exit', onExit);
			this.#signal?.removeEventListener('abort', onAbort);
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#signal?.aborted) {
			await this.#worker.terminate();
			return;
		}
		const ended = once(this.#worker, 'exit');
		this.#worker.postMessage('close');
		await ended;
	}
}
