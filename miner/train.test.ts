import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterCount } from '#core/gradient/manifest.ts';
import { trainLocally } from '#miner/train.ts';
import { gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { ModelPool } from '#model/pool.ts';

const config = { vocabulary: 256, context: 16, width: 16, layers: 1, heads: 2 };
const text = new TextEncoder().encode('the people of these states, in congress assembled, do ordain what follows here. '.repeat(4));
const sequences = Array.from({ length: 6 }, (_, i) => text.subarray(i * 16, i * 16 + 17));

test('subtracting the pseudo-gradient lowers the loss of the batch, θ₀ stays, and repeating gives the same bits', async () => {
	const graph = gptForwardGraph(config, 2);
	await using pool = new ModelPool({ graph, trainingGraph: gptTrainingGraph(config, 2), threads: 2 });
	const theta = initialWeights(config, 'test');
	const before = Float32Array.from(theta);
	const training = { steps: 3, stepSequences: 6, learningRate: 0.003, clipNorm: 1 };

	const { pseudoGradient, losses } = await trainLocally(pool, theta, sequences, training);
	assert.equal(pseudoGradient.length, parameterCount(graph));
	assert.deepEqual(theta, before);
	assert.equal(losses.length, 3);
	assert.ok(losses[2]! < losses[0]!);

	const moved = theta.map((value, i) => value - pseudoGradient[i]!);
	const loss = await pool.evaluateLoss(moved, sequences);
	assert.ok(loss < losses[2]!, `${loss} is below ${losses[2]}`);

	const again = await trainLocally(pool, theta, sequences, training);
	assert.deepEqual(again.pseudoGradient, pseudoGradient);

	await assert.rejects(trainLocally(pool, theta, sequences, training, AbortSignal.abort()), { code: 'INTERRUPTED' });
});

test('a step sees a part of the batch, and after the last part the first again', async () => {
	await using pool = new ModelPool({ graph: gptForwardGraph(config, 2), trainingGraph: gptTrainingGraph(config, 2), threads: 1 });
	const theta = initialWeights(config, 'test');
	// So slow that the losses are those of θ₀ within rounding: which sequences a step saw can be told from them.
	const { losses } = await trainLocally(pool, theta, sequences, { steps: 5, stepSequences: 2, learningRate: 1e-12, clipNorm: 1 });
	const parts: number[] = [];
	for (const from of [0, 2, 4, 0, 2]) parts.push(await pool.evaluateLoss(theta, sequences.slice(from, from + 2)));
	for (const [step, loss] of losses.entries()) assert.ok(Math.abs(loss - parts[step]!) < 1e-5, `step ${step}`);
	assert.ok(Math.abs(parts[0]! - parts[1]!) > 1e-4);
});

test('when time is up the steps that were done count, and one is always done', async () => {
	await using pool = new ModelPool({ graph: gptForwardGraph(config, 2), trainingGraph: gptTrainingGraph(config, 2), threads: 1 });
	const theta = initialWeights(config, 'test');
	const training = { steps: 4, stepSequences: 6, learningRate: 0.003, clipNorm: 1 };
	const three = await trainLocally(pool, theta, sequences, { ...training, steps: 3 });
	let asked = 0;
	assert.deepEqual(await trainLocally(pool, theta, sequences, training, undefined, () => ++asked < 3), three);
	assert.equal((await trainLocally(pool, theta, sequences, training, undefined, () => false)).losses.length, 1);
});
