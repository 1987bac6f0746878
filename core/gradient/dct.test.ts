import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { BLOCK_ELEMENTS, DCT_SIZE, forwardDct, inverseDct } from '#core/gradient/dct.ts';

/** Integers in −2^15 … 2^15 from a linear congruential generator: no Math.random, the same on every machine. */
function noise(length: number, seed: number): Float64Array {
	let state = seed;
	return Float64Array.from({ length }, () => {
		state = (Math.imul(state, 1664525) + 1013904223) | 0;
		return state >> 16;
	});
}

/** The definition, with Math.cos. */
function direct(samples: Float64Array, u: number, v: number): number {
	const basis = (k: number, n: number) => (k === 0 ? Math.sqrt(1 / 64) : Math.sqrt(2 / 64)) * Math.cos((Math.PI * (2 * n + 1) * k) / 128);
	let sum = 0;
	for (let i = 0; i < DCT_SIZE; i++) for (let j = 0; j < DCT_SIZE; j++) sum += samples[i * DCT_SIZE + j]! * basis(u, i) * basis(v, j);
	return sum;
}

test('the forward transform is the definition', () => {
	const samples = noise(BLOCK_ELEMENTS, 1);
	const coefficients = new Float64Array(BLOCK_ELEMENTS);
	forwardDct(samples, coefficients);
	for (const u of [0, 1, 2, 31, 32, 62, 63]) {
		for (const v of [0, 1, 5, 32, 33, 63]) assert.ok(Math.abs(coefficients[u * DCT_SIZE + v]! - direct(samples, u, v)) < 1e-6, `${u},${v}`);
	}
});

test('the inverse undoes the forward transform and keeps the norm', () => {
	const samples = noise(BLOCK_ELEMENTS, 2);
	const coefficients = new Float64Array(BLOCK_ELEMENTS);
	const back = new Float64Array(BLOCK_ELEMENTS);
	forwardDct(samples, coefficients);
	inverseDct(coefficients, back);
	const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);
	assert.ok(samples.every((value, i) => Math.abs(value - back[i]!) < 1e-8));
	assert.ok(Math.abs(squares(samples) / squares(coefficients) - 1) < 1e-13);
});

test('the first rows alone have the bits of the whole block', () => {
	const coefficients = noise(BLOCK_ELEMENTS, 3).map((value, i) => (i % 97 === 0 ? value : 0));
	const whole = new Float64Array(BLOCK_ELEMENTS);
	inverseDct(coefficients, whole);
	for (const rows of [1, 2, 31, 32, 33, 63, 64]) {
		const part = new Float64Array(BLOCK_ELEMENTS).fill(7);
		inverseDct(coefficients, part, rows);
		assert.deepEqual(part.subarray(0, rows * DCT_SIZE), whole.subarray(0, rows * DCT_SIZE), `${rows} rows`);
		assert.ok(part.subarray(rows * DCT_SIZE).every((value) => value === 7));
	}
});

test('the bits are the same on every machine', () => {
	const out = new Float64Array(BLOCK_ELEMENTS);
	inverseDct(noise(BLOCK_ELEMENTS, 4), out);
	assert.equal(createHash('sha256').update(new Uint8Array(out.buffer)).digest('hex'), 'da2b58c1f0c4b7a7dca66f7e5204cc5ca7b11c73a8a4a6ab539589a21a8583a0');
});
