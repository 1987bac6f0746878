import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainWriter } from '#clients/chain/port.ts';
import { decodeGradient, gradientForm } from '#core/gradient/codec.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { windowStartMs } from '#core/window.ts';
import { gradientMaker } from '#miner/kinds/makers.ts';
import { runMiner } from '#miner/miner.ts';
import { ensureRegistered } from '#miner/registration.ts';
import type { WindowOutcome } from '#miner/window.ts';
import { createWorkbench } from '#miner/workbench.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';
import { startTestChain } from '#tests/helpers/test-chain.ts';

const config = { vocabulary: 256, context: 16, width: 16, layers: 1, heads: 2 };

/** A queue that a test awaits. */
function events<T>() {
	const values: T[] = [];
	const waiting: ((value: T) => void)[] = [];
	return {
		push: (value: T) => {
			const waiter = waiting.shift();
			if (waiter === undefined) values.push(value);
			else waiter(value);
		},
		next: (): Promise<T> => {
			const value = values.shift();
			return value === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(value);
		},
	};
}

test('a miner registers, and in each window commits what it then puts, in time, as validators will decode it', async () => {
	const text = new TextEncoder().encode('the people of these states do ordain what follows. '.repeat(120));
	const dataset = new ShardedDataset(text, { context: config.context, shardBytes: 1_024 });
	const graph = gptForwardGraph(config, 4);
	const manifest = describeModel('tiny', graph, dataset.dataset);
	const modelManifestHash = manifestHash(encodeManifest(manifest));
	const checkpoint = encodeCheckpoint(graph, initialWeights(config, 'test'));

	const chain = await startTestChain({ windowSeconds: 600, modelManifestHash, genesisCheckpointHash: checkpointHash(checkpoint) });
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-miner-'));
	const stop = new AbortController();
	try {
		await using pool = new ModelPool({ graph, trainingGraph: gptTrainingGraph(config, 4), threads: 1 });
		const real = chain.writerOf(await chain.fundedSigner());
		const commits = events<bigint>();
		const writer: Pick<ChainWriter, 'commitGradient'> = {
			commitGradient: async (request) => {
				const executed = await real.commitGradient(request);
				commits.push(request.window);
				return executed;
			},
		};
		const miner = await ensureRegistered({
			chain: chain.reader,
			writer: real,
			encrypt: async (identity) => encodeSealIdentity(identity),
			credentials: { endpoint: 'http://127.0.0.1:1', bucket: 'miners', accessKeyId: 'key', secretAccessKey: 'secret', prefix: '0/' },
			stateFile: join(folder, 'registration.json'),
		});
		assert.equal(miner.credVersion, 1);

		const workbench = createWorkbench({
			chain: chain.reader,
			manifest,
			manifestHash: modelManifestHash,
			tools: async () => ({ pool, shards: dataset }),
			readCheckpoint: async () => checkpoint,
		});
		const makeGradient = gradientMaker('honest', { workbench, folder, seed: '', accomplice: undefined });
		const store = new Map<string, { bytes: Uint8Array; atMs: bigint }>();
		const outcomes = events<{ window: bigint; outcome: WindowOutcome }>();
		const errors: unknown[] = [];
		const running = runMiner(
			{
				chain: chain.reader,
				uid: miner.uid,
				dependencies: {
					writer,
					putObject: async (key, bytes) => void store.set(key, { bytes, atMs: await chain.reader.clockMs() }),
					makeGradient: (window, signal) => makeGradient(miner.uid, window, signal),
					folder,
				},
				onWindow: (window, outcome) => outcomes.push({ window, outcome }),
				onError: (_, error) => errors.push(error),
			},
			stop.signal,
		);

		const { windowDurationMs, values } = chain.parameters;
		for (let i = 1n; i <= 2n; i++) {
			const window = miner.registeredWindow + i;
			await chain.advanceTo(windowStartMs(window, windowDurationMs) + 1_000n);
			assert.equal(await commits.next(), window);
			assert.equal(store.size, Number(i) - 1, 'nothing is put while others may still commit');
			const open = windowStartMs(window, windowDurationMs) + values.put_window_open_ms;
			await chain.advanceTo(open);
			const done = await outcomes.next();
			assert.deepEqual([done.window, done.outcome.kind], [window, 'put']);

			const { bytes, atMs } = store.get(gradientObjectKey(window, miner.uid))!;
			assert.ok(atMs >= open && atMs < windowStartMs(window, windowDurationMs) + values.put_window_close_ms);
			const [commitment] = await chain.reader.commitments(window);
			assert.deepEqual([commitment?.sha256, commitment?.size], [sha256(bytes), BigInt(bytes.length)]);
			const decoded = decodeGradient(bytes, {
				uid: miner.uid,
				window,
				checkpointHash: checkpointHash(checkpoint),
				manifestHash: modelManifestHash,
				parameters: manifest.parameters,
				...gradientForm(values),
				maxBytes: Number(values.max_gradient_bytes),
			});
			assert.equal(decoded.kind, 'decoded');
		}
		assert.deepEqual(errors, []);
		assert.deepEqual(
			(await readdir(folder)).filter((name) => name.endsWith('.tmp')),
			[],
		);
		stop.abort();
		await running;
	} finally {
		stop.abort();
		await rm(folder, { recursive: true });
		await chain.stop();
	}
});
