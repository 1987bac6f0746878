import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ShardedDataset } from '#model/dataset.ts';
import { trainGenesis } from '#model/genesis.ts';
import { gptForwardGraph, gptParameters } from '#model/gpt.ts';
import { describeModel, forwardGraphOf } from '#model/manifest.ts';
import { checkpointHash, decodeCheckpoint } from '#model/safetensors.ts';

const config = { vocabulary: 256, context: 16, width: 16, layers: 1, heads: 2 };
const text = new TextEncoder().encode('The quick brown fox jumps over the lazy dog. '.repeat(200));
const dataset = new ShardedDataset(text, { context: 16, shardBytes: 1024 });

let folder: string;
before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'genesis-'));
});
after(() => rm(folder, { recursive: true }));

test('training lowers the held-out loss; the bytes depend on the seed, not on the threads', async () => {
	const losses: number[] = [];
	const options = { dataset, config, steps: 40, onProgress: ({ loss }: { loss: number }) => losses.push(loss) };
	const first = await trainGenesis({ ...options, seed: 'a', threads: 1, cacheDir: join(folder, '1') });
	const second = await trainGenesis({ ...options, seed: 'a', threads: 2, cacheDir: join(folder, '2') });
	const other = await trainGenesis({ ...options, seed: 'b', threads: 1, cacheDir: join(folder, '1') });
	assert.equal(losses.length, 120);
	assert.deepEqual(losses.slice(0, 40), losses.slice(40, 80));
	assert.equal(first.hash, second.hash);
	assert.notEqual(first.hash, other.hash);
	assert.ok(Math.abs(losses[0]! - Math.log(256)) < 0.05, 'before training every byte is equally likely');
	assert.ok(first.heldOutLoss < losses[0]! - 1, `held-out loss ${first.heldOutLoss}`);

	const bytes = await readFile(first.file);
	assert.equal(Buffer.from(checkpointHash(bytes)).toString('hex'), first.hash);
	decodeCheckpoint({ parameters: gptParameters(config) }, bytes);

	// The second call reads; a file that was damaged is trained again, to the same bytes.
	const steps = losses.length;
	assert.deepEqual(await trainGenesis({ ...options, seed: 'a', cacheDir: join(folder, '1') }), first);
	assert.equal(losses.length, steps);
	await writeFile(first.file, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
	assert.deepEqual(await trainGenesis({ ...options, seed: 'a', cacheDir: join(folder, '1') }), first);
	assert.equal(losses.length, steps + 40);
});

test('a stopped training leaves nothing behind', async () => {
	const controller = new AbortController();
	const cacheDir = join(folder, 'stopped');
	await assert.rejects(
		trainGenesis({ dataset, config, seed: 'a', steps: 40, cacheDir, signal: controller.signal, onProgress: ({ step }) => step === 3 && controller.abort() }),
		{ name: 'AbortError' },
	);
	await assert.rejects(readdir(cacheDir), { code: 'ENOENT' });
});

test('a manifest names its graph, and no other bytes pass for it', () => {
	const graph = gptForwardGraph(config, 4);
	const manifest = describeModel('test', graph, dataset.dataset);
	assert.deepEqual(forwardGraphOf(manifest, graph.bytes), graph);
	assert.throws(() => forwardGraphOf(manifest, gptForwardGraph(config, 5).bytes), { code: 'BAD_ARGUMENT' });
});
