import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '#core/bytes.ts';
import { compressionOf, decodeGradient, encodeGradient, type GradientContext, gradientNorm, maxEncodedLength, reconstruct } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC, type SparseGradient } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';

const vectors = join(import.meta.dirname, '../../tests/vectors');
const vector = JSON.parse(readFileSync(join(vectors, 'gradient-2bit.json'), 'utf8'));
const whole = fromHex(vector.bytes);
const context: GradientContext = {
	uid: vector.uid,
	window: BigInt(vector.window),
	checkpointHash: fromHex(vector.checkpointHash),
	manifestHash: fromHex(vector.manifestHash),
	parameters: vector.parameters,
	codec: GRADIENT_CODEC.sampleTopk2bit,
	topK: vector.topK,
};

function decoded(bytes: Uint8Array, of: GradientContext = context): SparseGradient {
	const result = decodeGradient(bytes, { ...of, maxBytes: bytes.length });
	return result.kind === 'decoded' ? result.gradient : assert.fail(`${result.code}: ${result.reason}`);
}

function denseOf(gradient: SparseGradient, of: GradientContext): Float32Array {
	const dense = new Float32Array(parameterCount(of));
	reconstruct(gradient, of.parameters, dense);
	return dense;
}

test('the vector is what the independent generator writes, and decodes to its content', () => {
	execFileSync('python3', [join(vectors, 'make_gradient_2bit.py'), '--check']);
	const gradient = decoded(whole);
	for (const [c, { count, digest, indices, values }] of vector.chunks.entries()) {
		const [from, to] = [gradient.starts[c]!, gradient.starts[c + 1]!];
		assert.equal(to - from, count);
		const entries = Buffer.alloc(10 * count);
		for (let k = 0; k < count; k++) {
			entries.writeUInt16BE(gradient.indices[from + k]!, 10 * k);
			entries.writeDoubleBE(gradient.values[from + k]!, 10 * k + 2);
		}
		assert.equal(createHash('sha256').update(entries).digest('hex'), digest, `chunk ${c}`);
		if (indices === undefined) continue;
		assert.deepEqual([...gradient.indices.subarray(from, to)], indices);
		assert.deepEqual([...gradient.values.subarray(from, to)], values);
	}
	// What has two magnitudes loses nothing, so encoding what was decoded gives the vector's bytes.
	assert.deepEqual(encodeGradient({ ...context, dense: denseOf(gradient, context) }).bytes, whole);
});

test('what the vector says is refused is refused, with its code', () => {
	assert.ok(vector.refused.length > 20);
	for (const { name, offset, removed, inserted, code } of vector.refused) {
		const bytes = new Uint8Array([...whole.subarray(0, offset), ...fromHex(inserted), ...whole.subarray(offset + removed)]);
		const result = decodeGradient(bytes, { ...context, maxBytes: 1 << 20 });
		assert.equal(result.kind === 'rejected' ? result.code : 'decoded', code, name);
	}
	const other = decodeGradient(whole, { ...context, codec: GRADIENT_CODEC.dct64TopkInt8, maxBytes: whole.length });
	assert.deepEqual(other, { kind: 'rejected', code: 'malformed', reason: 'codec 2, where the network takes 1' });
});

const small = { ...context, parameters: [{ name: 'a', shape: [70, 60] }, ...vector.parameters.slice(1)], topK: 6 };

test('every changed bit is refused or means something else, and what is decoded has no other encoding', () => {
	const { bytes } = encodeGradient({ ...small, dense: Float32Array.from({ length: parameterCount(small) }, (_, i) => Math.sin(i * i)) });
	const original = decoded(bytes, small);
	let accepted = 0;
	for (let bit = 0; bit < 8 * bytes.length; bit++) {
		const changed = Uint8Array.from(bytes);
		changed[bit >> 3]! ^= 1 << (bit & 7);
		const result = decodeGradient(changed, { ...small, maxBytes: changed.length });
		if (result.kind === 'rejected') continue;
		accepted++;
		assert.notDeepEqual(result.gradient, original);
		assert.deepEqual(encodeGradient({ ...small, dense: denseOf(result.gradient, small) }).bytes, changed);
	}
	// Low bits of levels and indices, and signs.
	assert.ok(accepted > 100, `${accepted}`);
	for (let length = 0; length < bytes.length; length++) {
		assert.equal(decodeGradient(bytes.subarray(0, length), { ...small, maxBytes: bytes.length }).kind, 'rejected');
	}
});

const parameters = [
	{ name: 'a', shape: [65, 70] },
	{ name: 'b', shape: [129] },
	{ name: 'c', shape: [1] },
];
const count = parameterCount({ parameters });

test('what is encoded decodes; the residual is what is missing; no two levels would lose less', () => {
	const magnitude = fc.constantFrom(0, 1e-44, 2 ** -126, 1e-30, 1e-3, 1, 1.5, 1e10, 3e38);
	const element = fc.tuple(magnitude, fc.constantFrom(-1, 1), fc.double({ min: 0.5, max: 1, noNaN: true })).map(([size, sign, part]) => size * sign * part);
	fc.assert(
		fc.property(fc.array(element, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 400 }), (some, topK) => {
			const dense = Float32Array.from({ length: count }, (_, i) => some[(i * 31) % some.length]! * (i % 3 === 0 ? 1 : 0));
			const here = { ...context, parameters, topK };
			const { bytes, residual } = encodeGradient({ ...here, dense });
			assert.ok(bytes.length <= maxEncodedLength(parameters, here));
			const result = decodeGradient(bytes, { ...here, maxBytes: bytes.length });
			if (result.kind === 'rejected') {
				assert.equal(result.code, 'zero_norm');
				assert.ok(dense.every((value) => Math.abs(value) < 2 ** -126));
				return;
			}
			const { starts, values } = result.gradient;
			const back = denseOf(result.gradient, here);
			assert.deepEqual(encodeGradient({ ...here, dense: back }).bytes, bytes);
			for (let i = 0; i < count; i++) assert.equal(residual[i], Math.fround(dense[i]! - back[i]!));
			// The first chunk, against every way to part its magnitudes in two.
			const kept = Array.from({ length: starts[1]! }, (_, k) => Math.abs(dense[result.gradient.indices[k]!]!));
			const lost = kept.reduce((sum, size, k) => sum + (size - Math.abs(values[k]!)) ** 2, 0);
			assert.ok(lost <= leastLoss(kept) * (1 + 1e-6) + 1e-12 * kept.reduce((sum, size) => sum + size * size, 0), `${lost} for ${leastLoss(kept)}`);
		}),
		{ seed: 11, numRuns: 60 },
	);
});

/** Squared error of the best two levels for these magnitudes. */
function leastLoss(magnitudes: readonly number[]): number {
	const sorted = magnitudes.toSorted((a, b) => a - b);
	const loss = (part: readonly number[]) => {
		const mean = part.reduce((sum, size) => sum + size, 0) / part.length;
		return part.reduce((sum, size) => sum + (size - mean) ** 2, 0);
	};
	return sorted.reduce(
		(best, _, split) => Math.min(best, (split > 0 ? loss(sorted.slice(0, split)) : 0) + loss(sorted.slice(split))),
		Number.POSITIVE_INFINITY,
	);
}

test('64 of 4096 elements take 90 bytes a chunk, 182 times less than they took', () => {
	const here = { ...context, parameters: [{ name: 'a', shape: [64, 4096] }], topK: 64 };
	const dense = Float32Array.from({ length: 64 * 4096 }, (_, i) => Math.sin(i) ** 9);
	const encoded = encodeGradient({ ...here, dense });
	assert.equal(encoded.bytes.length, 96 + 64 * 90);
	const { ratio, error } = compressionOf(dense, encoded);
	assert.ok(ratio > 179 && ratio < 182.05, `${ratio}`);
	assert.ok(Math.abs(error - norm(encoded.residual) / norm(dense)) < 1e-9);
	const gradient = decoded(encoded.bytes, here);
	assert.ok(Math.abs(gradientNorm(gradient) - norm(denseOf(gradient, here))) < 1e-3);
});

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

test('encoding refuses what is not finite', () => {
	for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
		assert.throws(() => encodeGradient({ ...context, parameters, dense: new Float32Array(count).fill(bad, 7, 8) }), { code: 'GRADIENT_NOT_FINITE' });
	}
});
