import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { forwardDct, inverseDct } from '#core/gradient/dct.ts';
import { BLOCK_ELEMENTS, DCT_SIZE } from '#core/gradient/dct-basis.ts';

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
	assert.equal(createHash('sha256').update(new Uint8Array(out.buffer)).digest('hex'), '6f01acbdec020da1575d485a0e9e4fcd111e7417dd8975d2297b4c8402e78425');
});

/** The same sums in plain loops: four classes by the parities of the frequencies, ascending. */
function plainInverse(coefficients: Float64Array): Float64Array {
	const one = new Float64Array(BLOCK_ELEMENTS);
	const row = new Float64Array(BLOCK_ELEMENTS);
	// The basis, from the transform of single frequencies: 8 is 1 / C[0][n].
	const basis = Array.from({ length: DCT_SIZE }, (_, v) => {
		one.fill(0);
		one[v] = 8;
		inverseDct(one, row);
		return row.slice(0, DCT_SIZE);
	});
	const half = DCT_SIZE / 2;
	const sumsOf = (parityU: number, parityV: number) => {
		const sums = new Float64Array(half * half);
		for (let u = parityU; u < DCT_SIZE; u += 2) {
			const row = new Float64Array(half);
			for (let v = parityV; v < DCT_SIZE; v += 2) {
				const coefficient = coefficients[u * DCT_SIZE + v]!;
				if (coefficient !== 0) for (let j = 0; j < half; j++) row[j]! += coefficient * basis[v]![j]!;
			}
			for (let i = 0; i < half; i++) for (let j = 0; j < half; j++) sums[i * half + j]! += basis[u]![i]! * row[j]!;
		}
		return sums;
	};
	const [evenEven, evenOdd, oddEven, oddOdd] = [sumsOf(0, 0), sumsOf(0, 1), sumsOf(1, 0), sumsOf(1, 1)];
	const out = new Float64Array(BLOCK_ELEMENTS);
	const last = DCT_SIZE - 1;
	for (let i = 0; i < half; i++) {
		for (let j = 0; j < half; j++) {
			const at = i * half + j;
			const [a, b] = [evenEven[at]! + oddEven[at]!, evenEven[at]! - oddEven[at]!];
			const [c, d] = [evenOdd[at]! + oddOdd[at]!, evenOdd[at]! - oddOdd[at]!];
			out[i * DCT_SIZE + j] = a + c;
			out[i * DCT_SIZE + last - j] = a - c;
			out[(last - i) * DCT_SIZE + j] = b + d;
			out[(last - i) * DCT_SIZE + last - j] = b - d;
		}
	}
	return out;
}

test('the kernel has the bits of plain loops, from an empty block to a full one', () => {
	for (const every of [1, 2, 7, 64, 97, 1000, 4095]) {
		const coefficients = noise(BLOCK_ELEMENTS, every).map((value, i) => ((i + 1) % every === 0 ? value / 3 : 0));
		const samples = new Float64Array(BLOCK_ELEMENTS);
		inverseDct(coefficients, samples);
		assert.deepEqual(samples, plainInverse(coefficients), `every ${every}`);
	}
	const nothing = new Float64Array(BLOCK_ELEMENTS).fill(7);
	inverseDct(new Float64Array(BLOCK_ELEMENTS), nothing);
	assert.deepEqual(nothing, new Float64Array(BLOCK_ELEMENTS));
});
