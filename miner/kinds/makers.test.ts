import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodeGradient, encodeGradient, gradientForm, gradientNorm, reconstruct } from '#core/gradient/codec.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import { GRADIENT_CODEC, GRADIENT_HEADER_LENGTH, type SparseGradient } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { gradientMaker } from '#miner/kinds/makers.ts';
import { nudge, relabelled } from '#miner/kinds/relabel.ts';
import { createWorkbench } from '#miner/workbench.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';
import { type MinerKind, parseMinerKind } from '#runtime/miner-kind.ts';

const config = { vocabulary: 256, context: 16, width: 16, layers: 1, heads: 2 };
const dataset = new ShardedDataset(new TextEncoder().encode('the people of these states do ordain what follows. '.repeat(120)), {
	context: config.context,
	shardBytes: 1_024,
});
const graph = gptForwardGraph(config, 4);
const manifest = describeModel('tiny', graph, dataset.dataset);
const hash = manifestHash(encodeManifest(manifest));
const theta = initialWeights(config, 'test');
const checkpoint = encodeCheckpoint(graph, theta);
const never = new AbortController().signal;
const values = defaultHparamValues();

/** A network with one checkpoint, and one thread for everybody. */
async function world(t: TestContext) {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-kinds-'));
	t.after(() => rm(folder, { recursive: true }));
	const pool = new ModelPool({ graph, trainingGraph: gptTrainingGraph(config, 4), threads: 1 });
	t.after(() => pool.close());
	let opened = 0;
	let current = 0;
	const files = [checkpoint, checkpoint, encodeCheckpoint(graph, initialWeights(config, 'other'))];
	const workbench = createWorkbench({
		chain: {
			hparamsAt: async () => ({ version: 1, values, modelManifestHash: hash, datasetRoot: new Uint8Array(32) }),
			checkpointAt: async () => ({ boundary: BigInt(current), hash: checkpointHash(files[current]!), activation: 0n }),
		},
		manifest,
		manifestHash: hash,
		tools: async () => {
			opened++;
			return { pool, shards: dataset };
		},
		readCheckpoint: async (boundary) => files[Number(boundary)]!,
		training: { steps: 2, stepSequences: 16, learningRate: 0.001, clipNorm: 1 },
	});
	const make = (
		kind: MinerKind,
		uid: number,
		window: bigint,
		{ seed = 's', victim = folder, commitOpen = async () => true, isCommitted = async () => true } = {},
	) => gradientMaker(kind, { workbench, folder, seed, accomplice: { folder: victim, commitOpen, isCommitted } })(uid, window, never);
	const anchor = (boundary: number) => {
		current = boundary;
	};
	return { folder, pool, workbench, make, opened: () => opened, anchor };
}

function decoded(bytes: Uint8Array, uid: number, window: bigint): SparseGradient {
	const expected = {
		uid,
		window,
		checkpointHash: checkpointHash(checkpoint),
		manifestHash: hash,
		parameters: manifest.parameters,
		...gradientForm(values),
		maxBytes: Number(values.max_gradient_bytes),
	};
	const result = decodeGradient(bytes, expected);
	assert.equal(result.kind, 'decoded');
	return (result as Extract<typeof result, { kind: 'decoded' }>).gradient;
}

/** How much a gradient lowers the loss of a uid's own batch. */
async function improvement(pool: ModelPool, gradient: SparseGradient, uid: number, window: bigint): Promise<number> {
	const batch = dataset.sequences(ownBatch(uid, window, Number(values.own_batch_sequences), dataset.assignable));
	const moved = new Float32Array(theta.length);
	reconstruct(gradient, manifest.parameters, moved);
	for (let i = 0; i < moved.length; i++) moved[i] = theta[i]! - moved[i]!;
	return (await pool.evaluateLoss(theta, batch)) - (await pool.evaluateLoss(moved, batch));
}

test('honest work lowers the loss, the opposite raises it, nothing and noise do next to nothing; all are well-formed', async (t) => {
	const { make, pool } = await world(t);
	const of = async (kind: MinerKind) => improvement(pool, decoded(await make(kind, 3, 9n), 3, 9n), 3, 9n);
	const [honest, flipped, garbage, nothing] = [await of('honest'), await of('sign-flipped'), await of('garbage'), await of('no-work')];
	assert.ok(honest > 0.001, `honest ${honest}`);
	assert.ok(flipped < -0.001, `sign-flipped ${flipped}`);
	assert.ok(Math.abs(garbage) < honest / 4, `garbage ${garbage}`);
	assert.ok(Math.abs(nothing) < 1e-6, `no-work ${nothing}`);
});

test('the opposite of a gradient has its indices and its values negated', async (t) => {
	const { make } = await world(t);
	const [honest, flipped] = [decoded(await make('honest', 1, 5n), 1, 5n), decoded(await make('sign-flipped', 1, 5n), 1, 5n)];
	assert.deepEqual(flipped.indices, honest.indices);
	assert.deepEqual(
		flipped.values,
		honest.values.map((value) => -value),
	);
});

test('what compression left out of a gradient goes into the next one, also when the checkpoint changes in between', async (t) => {
	const { workbench, folder, anchor } = await world(t);
	const options = { workbench, folder, seed: 's', accomplice: undefined };
	const carrying = gradientMaker('honest', options);
	const dense = async (window: bigint) => workbench.train(await workbench.task(1, window), never);
	const residuals = new Map<bigint, Float32Array>();
	for (const window of [5n, 6n, 8n]) {
		if (window === 8n) anchor(2);
		const task = await workbench.task(1, window);
		const values = await dense(window);
		// The residual of the window before, 0.95 for each window since.
		for (const [before, residual] of [...residuals].slice(-1)) {
			for (let i = 0; i < values.length; i++) values[i]! += 0.95 ** Number(window - before) * residual[i]!;
		}
		const expected = workbench.encode(task, values);
		residuals.set(window, expected.residual);
		assert.deepEqual(await carrying(1, window, never), expected.bytes, `window ${window}`);
		if (window > 5n) assert.notDeepEqual(expected.bytes, await gradientMaker('honest', options)(1, window, never), 'without what was left over');
	}
});

test('garbage follows the seed, the uid and the window; neither it nor no work opens the model', async (t) => {
	const { make, opened } = await world(t);
	const garbage = await make('garbage', 1, 5n);
	assert.deepEqual(await make('garbage', 1, 5n), garbage);
	for (const other of [await make('garbage', 1, 5n, { seed: 't' }), await make('garbage', 1, 6n), await make('garbage', 2, 5n)]) {
		assert.notDeepEqual(other.subarray(GRADIENT_HEADER_LENGTH), garbage.subarray(GRADIENT_HEADER_LENGTH));
	}
	assert.ok(gradientNorm(decoded(await make('no-work', 1, 5n), 1, 5n)) < 1e-9);
	assert.equal(opened(), 0);
});

test('what is stale was trained once, for the batch of another window, and is handed in under every window', async (t) => {
	const { make } = await world(t);
	const first = await make('stale', 4, 20n);
	const second = await make('stale', 4, 21n);
	decoded(first, 4, 20n);
	decoded(second, 4, 21n);
	assert.deepEqual(first.subarray(GRADIENT_HEADER_LENGTH), second.subarray(GRADIENT_HEADER_LENGTH));
	assert.deepEqual(first.subarray(GRADIENT_HEADER_LENGTH), (await make('honest', 4, 19n)).subarray(GRADIENT_HEADER_LENGTH));
});

test("a copy is the victim's gradient under another name, all but a few values, never the same bytes", async (t) => {
	const { make, folder } = await world(t);
	const original = await make('honest', 7, 30n);
	await writeFile(join(folder, 'gradient-29-7-v1'), Uint8Array.of(1));
	await writeFile(join(folder, 'gradient-30-7-v1'), original);
	const copy = decoded(await make('copycat', 8, 30n), 8, 30n);
	const victim = decoded(original, 7, 30n);
	assert.deepEqual(copy.indices, victim.indices);
	assert.equal(copy.values.filter((value, i) => value !== victim.values[i]).length, 3);
});

test('a copycat waits for its victim as long as commitments are taken, and then has nothing', async (t) => {
	const { make, folder } = await world(t);
	const original = await make('honest', 7, 30n);
	let asked = 0;
	// The victim is ready between the first look and the second.
	const commitOpen = async () => {
		if (++asked === 2) await writeFile(join(folder, 'gradient-30-7-v1'), original);
		return true;
	};
	// And has committed by the third.
	decoded(await make('copycat', 8, 30n, { commitOpen, isCommitted: async () => asked === 3 }), 8, 30n);
	assert.equal(asked, 3);
	await assert.rejects(make('copycat', 8, 31n, { commitOpen: async () => false }), { code: 'OBJECT_MISSING' });
	await assert.rejects(make('copycat', 8, 31n, { victim: join(folder, 'nobody'), commitOpen: async () => false }), { code: 'OBJECT_MISSING' });
	assert.deepEqual(await readdir(folder), ['gradient-30-7-v1']);
});

test('changing values keeps a gradient well-formed, whatever the values are', async (t) => {
	const { make } = await world(t);
	const bytes = await make('honest', 1, 5n);
	const task = { uid: 1, window: 5n, checkpoint: { boundary: 0n, hash: checkpointHash(checkpoint), activation: 0n } };
	assert.deepEqual(relabelled(bytes, task), bytes);
	// The largest of a chunk is ±127: it cannot grow, and after it nothing may become 0.
	for (let round = 0; round < 300; round++) {
		nudge(bytes, GRADIENT_CODEC.dct64TopkInt8, 1_000);
		decoded(bytes, 1, 5n);
	}
	assert.throws(() => relabelled(new Uint8Array(10), task), { code: 'GRADIENT_MALFORMED' });
	const context = {
		...task,
		checkpointHash: task.checkpoint.hash,
		manifestHash: hash,
		parameters: manifest.parameters,
		codec: GRADIENT_CODEC.sampleTopk2bit,
		topK: 5,
	};
	const dense = theta.map((value, i) => (i < 4096 ? value : Math.sign(value)));
	const twoBit = encodeGradient({ ...context, dense }).bytes;
	for (let round = 0; round < 50; round++) {
		const before = Uint8Array.from(twoBit);
		nudge(twoBit, context.codec, 3);
		assert.notDeepEqual(twoBit, before);
		assert.equal(decodeGradient(twoBit, { ...context, maxBytes: twoBit.length }).kind, 'decoded');
	}
});

test('a kind that does not exist, and a copycat without a victim, are refused', async (t) => {
	assert.throws(() => parseMinerKind('lazy'), { code: 'BAD_ARGUMENT' });
	const { folder } = await world(t);
	const workbench = createWorkbench({
		chain: { hparamsAt: () => assert.fail(), checkpointAt: () => assert.fail() },
		manifest,
		manifestHash: hash,
		tools: () => assert.fail(),
		readCheckpoint: () => assert.fail(),
	});
	assert.throws(() => gradientMaker('copycat', { workbench, folder, seed: '', accomplice: undefined }), { code: 'BAD_ARGUMENT' });
});
