import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Adam, clipNorm } from '#model/adam.ts';

test('the first step moves each parameter by the learning rate against the sign of its gradient', () => {
	const theta = Float32Array.of(1, 1, 1);
	new Adam(3).step(theta, Float32Array.of(5, -0.01, 0), 0.1);
	for (const [i, expected] of [0.9, 1.1, 1].entries()) assert.ok(Math.abs(theta[i]! - expected) < 1e-6);
});

test('two steps are those of the algorithm worked out by hand', () => {
	// β1 = 0.5, β2 = 0.75, g = 2 then 4: m̂ = (0.5·1 + 0.5·4) / 0.75 = 10/3, v̂ = (0.75·1 + 0.25·16) / 0.4375 = 76/7.
	const theta = Float32Array.of(0);
	const adam = new Adam(1, { beta1: 0.5, beta2: 0.75, epsilon: 0 });
	adam.step(theta, Float32Array.of(2), 0.25);
	assert.equal(theta[0], -0.25);
	adam.step(theta, Float32Array.of(4), 0.25);
	assert.ok(Math.abs(theta[0]! - (-0.25 - (0.25 * (10 / 3)) / Math.sqrt(76 / 7))) < 1e-7);
});

test('clipNorm scales down what is longer than the limit and nothing else', () => {
	const long = Float32Array.of(3, 4);
	assert.equal(clipNorm(long, 2.5), 5);
	assert.deepEqual([...long], [1.5, 2]);
	const short = Float32Array.of(3, 4);
	assert.equal(clipNorm(short, 5), 5);
	assert.deepEqual([...short], [3, 4]);
});
