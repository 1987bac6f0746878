import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeGradient, encodeGradient, reconstruct } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC, type SparseGradient } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { gptForwardGraph, gptParameters, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { ModelPool, mean, ThetaLost } from '#model/pool.ts';
import { Xoshiro128 } from '#model/random.ts';
import { ModelSession } from '#model/session.ts';

const config = { vocabulary: 256, context: 16, width: 16, layers: 2, heads: 2 };
const graph = gptForwardGraph(config, 4);
const trainingGraph = gptTrainingGraph(config, 4);
const theta = initialWeights(config, 'pool.test');
const random = Xoshiro128.seeded('sequences');
const sequences = Array.from({ length: 11 }, () => Uint8Array.from({ length: config.context + 1 }, () => random.below(256)));

test('losses and gradients are the same bits with 1, 2 and 3 threads, and those of a session', async () => {
	const outcomes = [];
	for (const threads of [1, 2, 3]) {
		await using pool = new ModelPool({ graph, trainingGraph, threads });
		outcomes.push({
			losses: await pool.sequenceLosses(theta, sequences),
			mean: await pool.evaluateLoss(theta, sequences),
			...(await pool.gradient(theta, sequences)),
		});
	}
	assert.deepEqual(outcomes[1], outcomes[0]);
	assert.deepEqual(outcomes[2], outcomes[0]);

	const session = await ModelSession.open(graph);
	const alone: number[] = [];
	for (const sequence of sequences) alone.push(-(await session.logLikelihoods(theta, [sequence]))[0]! / config.context);
	await session.close();
	assert.deepEqual([...outcomes[0]!.losses], alone);
	assert.equal(outcomes[0]!.mean, mean(Float64Array.from(alone)));
	assert.ok(Math.abs(outcomes[0]!.loss - outcomes[0]!.mean) < 1e-6);
});

test('a step against the gradient lowers the loss by about the squared norm', async () => {
	await using pool = new ModelPool({ graph, trainingGraph, threads: 2 });
	const { gradient } = await pool.gradient(theta, sequences);
	const squaredNorm = gradient.reduce((sum, v) => sum + v * v, 0);
	const rate = 1e-2 / squaredNorm;
	const before = await pool.evaluateLoss(theta, sequences);
	const after = await pool.evaluateLoss(
		theta.map((v, i) => v - rate * gradient[i]!),
		sequences,
	);
	assert.ok(Math.abs((before - after) / 1e-2 - 1) < 0.1, `fell by ${before - after}, not about 0.01`);
});

test('concurrent calls with different parameters do not mix', async () => {
	await using pool = new ModelPool({ graph, threads: 2 });
	const other = initialWeights(config, 'another');
	const [a, b] = [await pool.evaluateLoss(theta, sequences), await pool.evaluateLoss(other, sequences)];
	assert.notEqual(a, b);
	assert.deepEqual(await Promise.all([theta, other, theta, other].map((parameters) => pool.evaluateLoss(parameters, sequences))), [a, b, a, b]);
});

function gradientOf(dense: Float32Array): SparseGradient {
	const context = {
		uid: 0,
		window: 0n,
		checkpointHash: new Uint8Array(32),
		manifestHash: new Uint8Array(32),
		parameters: graph.parameters,
		codec: GRADIENT_CODEC.dct64TopkInt8,
		topK: 64,
	};
	const { bytes } = encodeGradient({ ...context, dense });
	const decoded = decodeGradient(bytes, { ...context, maxBytes: bytes.length });
	return decoded.kind === 'decoded' ? decoded.gradient : assert.fail(decoded.reason);
}

function sharedCopy(values: Float32Array): Float32Array<SharedArrayBuffer> {
	const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
	shared.set(values);
	return shared;
}

const gradient = gradientOf(Float32Array.from(theta, (_, i) => Math.sin(i * i) * 1e-2));

const WAYS = [
	{ name: 'beside θ', movedBesideUpTo: theta.length },
	{ name: 'in its place', movedBesideUpTo: 0 },
];

test('an update is evaluated beside what it starts from or in its place, which comes back; the same bits either way with 1, 2 and 3 threads', async () => {
	const { parameters } = graph;
	const moved = new Float32Array(theta.length);
	reconstruct(gradient, parameters, moved, 0.5);
	for (let i = 0; i < moved.length; i++) moved[i] = theta[i]! - moved[i]!;
	const shared = sharedCopy(theta);
	for (const [threads, { movedBesideUpTo }] of [1, 2, 3].flatMap((threads) => WAYS.map((way) => [threads, way] as const))) {
		await using pool = new ModelPool({ graph, threads, movedBesideUpTo });
		const evaluate = (scale: number) => pool.updateLosses(shared, { gradient, scale }, sequences.slice(0, 3), sequences);
		const expected = { before: await pool.sequenceLosses(theta, sequences.slice(0, 3)), after: await pool.sequenceLosses(moved, sequences) };
		assert.notDeepEqual(expected.after.subarray(0, 3), expected.before);
		// One after the other, and others at once: nothing is left behind.
		assert.deepEqual(await evaluate(0.5), expected);
		const [, again, before] = await Promise.all([evaluate(-3), evaluate(0.5), pool.sequenceLosses(shared, sequences.slice(0, 3))]);
		assert.deepEqual(again, expected);
		assert.deepEqual(before, expected.before);
		assert.deepEqual([...shared], [...theta]);
		const other = { ...gradient, header: { ...gradient.header, chunkCount: 1 } };
		await assert.rejects(pool.updateLosses(shared, { gradient: other, scale: 1 }, sequences, sequences), { code: 'BAD_ARGUMENT' });
		await assert.rejects(pool.updateLosses(shared, { gradient, scale: 1 }, sequences, [new Uint8Array(3)]), { code: 'BAD_ARGUMENT' });
		assert.deepEqual(await evaluate(0.5), expected);
		assert.deepEqual([...shared], [...theta]);
	}
});

test('errors of a thread reach the caller, and the pool goes on', async () => {
	await using pool = new ModelPool({ graph, threads: 2 });
	await assert.rejects(pool.gradient(theta, sequences), { code: 'BAD_ARGUMENT', message: /training graph/ });
	await assert.rejects(pool.evaluateLoss(theta, [new Uint8Array(3)]), { code: 'BAD_ARGUMENT' });
	await assert.rejects(pool.evaluateLoss(theta, []), { code: 'BAD_ARGUMENT' });
	await assert.rejects(pool.evaluateLoss(new Float32Array(3), sequences), { code: 'BAD_ARGUMENT' });
	assert.ok((await pool.evaluateLoss(theta, sequences)) > 0);
});

/** Answers each sequence with the log-likelihood −T, so a loss of 1; dies of a job that begins with a byte 255. */
const FRAGILE = `import { parentPort, workerData } from 'node:worker_threads';
parentPort.on('message', ({ id, jobs, claims }) => {
	if (jobs === undefined) return parentPort.close();
	const outcomes = [];
	for (const [index, { sequences }] of jobs.entries()) {
		if (Atomics.compareExchange(claims, index, 0, workerData.thread) !== 0) continue;
		if (sequences[0] === 255) throw new Error('boom');
		const logLikelihoods = new Float64Array(sequences.length / ${config.context + 1}).fill(-${config.context});
		outcomes.push([index, { kind: 'done', result: { kind: 'losses', logLikelihoods } }]);
	}
	if (outcomes.length > 0) parentPort.postMessage({ lot: id, outcomes });
});`;
const entryOf = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const deadly = new Uint8Array(config.context + 1).fill(255);

test('a thread that dies fails what it was at; another takes its place', async () => {
	const pool = new ModelPool({ graph, threads: 2, workerEntry: entryOf(FRAGILE) });
	assert.equal(await pool.evaluateLoss(theta, sequences), 1);
	for (let round = 0; round < 3; round++) {
		// More of them than threads: each is answered.
		const all = Array.from({ length: 5 * graph.batch }, () => deadly);
		await assert.rejects(pool.evaluateLoss(theta, all), { code: 'INVARIANT', message: /boom/ });
		assert.equal(await pool.evaluateLoss(theta, sequences), 1);
	}
	await pool.close();
});

test('threads that die before they come to any job are not started for ever', async () => {
	await using pool = new ModelPool({ graph, threads: 2, workerEntry: entryOf('throw new Error("boom")') });
	for (let round = 0; round < 2; round++) await assert.rejects(pool.evaluateLoss(theta, sequences), { code: 'INVARIANT', message: /boom/ });
});

for (const { name, movedBesideUpTo } of WAYS) {
	test(`${name}: θ is what it was when a thread dies of what is evaluated with it; when one dies while it moves θ, it is what it was or given up as lost`, async () => {
		const workerEntry = new URL('./mortal-worker.fixture.ts', import.meta.url);
		await using pool = new ModelPool({ graph, threads: 2, workerEntry, movedBesideUpTo });
		const shared = sharedCopy(theta);
		const evaluate = (scale: number, after: readonly Uint8Array[]) => pool.updateLosses(shared, { gradient, scale }, sequences, after);
		const expected = await evaluate(0.5, sequences);
		const died = (error: unknown) => error instanceof Error && !(error instanceof ThetaLost) && /boom/.test(error.message);
		for (let round = 0; round < 2; round++) {
			await assert.rejects(evaluate(0.5, [deadly]), died);
			assert.deepEqual(shared, sharedCopy(theta));
			assert.deepEqual(await evaluate(0.5, sequences), expected);
		}
		if (movedBesideUpTo > 0) {
			await assert.rejects(evaluate(1001, sequences), died);
			assert.deepEqual(shared, sharedCopy(theta));
			assert.deepEqual(await evaluate(0.5, sequences), expected);
			return;
		}
		for (const scale of [1001, 1002]) {
			await assert.rejects(evaluate(scale, sequences), (error) => error instanceof ThetaLost && error.code === 'INVARIANT');
			// What is left of it is the caller's to throw away; the pool goes on with another.
			shared.set(theta);
			assert.deepEqual(await evaluate(0.5, sequences), expected);
		}
	});
}

test('close waits for what is under way, ends the threads and is final', async () => {
	const pool = new ModelPool({ graph, threads: 2 });
	const running = pool.evaluateLoss(theta, sequences);
	await Promise.all([pool.close(), pool.close()]);
	assert.ok((await running) > 0);
	await assert.rejects(pool.evaluateLoss(theta, sequences), { code: 'INTERRUPTED' });
});

test('initial weights are reproducible, of the right spread, and differ by seed', () => {
	assert.deepEqual(initialWeights(config, 'a'), initialWeights(config, 'a'));
	assert.notDeepEqual(initialWeights(config, 'a'), initialWeights(config, 'b'));
	assert.equal(theta.length, parameterCount({ parameters: gptParameters(config) }));
	const table = theta.subarray(0, 256 * 16);
	const deviation = Math.sqrt(table.reduce((sum, v) => sum + v * v, 0) / table.length);
	assert.ok(Math.abs(deviation / 0.02 - 1) < 0.05, `deviation ${deviation}`);
});
