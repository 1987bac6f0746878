import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '#core/bytes.ts';
import {
	accumulateCoefficients,
	chunkCodec,
	chunkCount,
	chunkSpans,
	type DecodedGradient,
	decodeGradient,
	encodeGradient,
	type GradientContext,
	gradientNorm,
	maxEncodedLength,
	reconstruct,
} from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, GRADIENT_CODEC, GRADIENT_HEADER_LENGTH, type SparseGradient } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';

const vector = JSON.parse(readFileSync(join(import.meta.dirname, '../../tests/vectors/gradient.json'), 'utf8'));
const bytes = fromHex(vector.bytes);
const context: GradientContext = {
	uid: vector.uid,
	window: BigInt(vector.window),
	checkpointHash: fromHex(vector.checkpointHash),
	manifestHash: fromHex(vector.manifestHash),
	parameters: vector.parameters,
	codec: GRADIENT_CODEC.dct64TopkInt8,
	topK: vector.topK,
};
const expected = { ...context, maxBytes: 1 << 20 };

function decoded(result: DecodedGradient): SparseGradient {
	if (result.kind !== 'decoded') assert.fail(`${result.code}: ${result.reason}`);
	return result.gradient;
}
const codeOf = (input: Uint8Array, against = expected) => {
	const result = decodeGradient(input, against);
	return result.kind === 'rejected' ? result.code : 'decoded';
};
/** A copy with other bytes at an offset. */
function patched(offset: number, ...values: number[]): Uint8Array {
	const copy = Uint8Array.from(bytes);
	copy.set(values, offset);
	return copy;
}

test('a decoded gradient does not hold on to the bytes of its object, also when they are a Buffer', () => {
	const { header, indices, values } = decoded(decodeGradient(Buffer.from(bytes), expected));
	assert.deepEqual([header.checkpointHash, header.manifestHash], [context.checkpointHash, context.manifestHash]);
	for (const part of [header.checkpointHash, header.manifestHash, indices, values]) assert.equal(part.buffer.byteLength, part.byteLength);
});

test('the vector', () => {
	const gradient = decoded(decodeGradient(bytes, expected));
	const chunks = vector.chunks.map(({ scale, indices, values }: { scale: number; indices: number[]; values: number[] }) => ({
		indices,
		values: values.map((value) => value * scale),
	}));
	const actual = chunks.map((_: unknown, c: number) => ({
		indices: [...gradient.indices.subarray(gradient.starts[c], gradient.starts[c + 1])],
		values: [...gradient.values.subarray(gradient.starts[c], gradient.starts[c + 1])],
	}));
	assert.deepEqual(actual, chunks);
	assert.equal(gradientNorm(gradient), Math.sqrt(vector.squaredNorm));
	const out = new Float32Array(parameterCount(context));
	reconstruct(gradient, context.parameters, out);
	assert.equal(toHex(createHash('sha256').update(new Uint8Array(out.buffer)).digest()), '2f1c450e064343d179bf5f0fbc4c72c8ed66bbe26f77660ccc643123857d20d4');
});

test('each fault has its code', () => {
	const chunk = GRADIENT_HEADER_LENGTH;
	const cases: Record<string, [Uint8Array, string]> = {
		empty: [new Uint8Array(0), 'malformed'],
		magic: [patched(0, 0), 'malformed'],
		format: [patched(4, 2), 'malformed'],
		codec: [patched(5, 2), 'malformed'],
		uid: [patched(7, 4), 'wrong_window'],
		window: [patched(15, 0), 'wrong_window'],
		checkpoint: [patched(16, 0), 'wrong_checkpoint'],
		manifest: [patched(48, 0), 'wrong_shape'],
		tensors: [patched(83, 3), 'wrong_shape'],
		'chunk size': [patched(86, 0), 'wrong_shape'],
		'top k': [patched(91, 33), 'wrong_shape'],
		chunks: [patched(95, 3), 'wrong_shape'],
		'huge chunk count': [patched(92, 0xff, 0xff, 0xff, 0xff), 'wrong_shape'],
		'count above top k': [patched(chunk, 0, 33), 'malformed'],
		'count that does not fit': [patched(chunk, 0, 3), 'malformed'],
		'infinite scale': [patched(chunk + 2, 0x7f, 0x80, 0, 0), 'not_finite'],
		'NaN scale': [patched(chunk + 2, 0x7f, 0xc0, 0, 0), 'not_finite'],
		'negative scale': [patched(chunk + 2, 0xbf, 0, 0, 0), 'malformed'],
		'zero scale with coefficients': [patched(chunk + 2, 0, 0, 0, 0), 'malformed'],
		'scale without coefficients': [patched(bytes.length - 4, 0x3f), 'malformed'],
		'negative zero': [patched(bytes.length - 4, 0x80), 'malformed'],
		'repeated index': [patched(chunk + 8, 0, 0), 'malformed'],
		'index beyond the chunk': [patched(chunk + 12, 0x0f, 0xc1), 'malformed'],
		'value 0': [patched(chunk + 14, 0), 'malformed'],
		'value −128': [patched(chunk + 14, 0x80), 'malformed'],
		'no value that is ±127': [patched(chunk + 15, 126, 126), 'malformed'],
		'a scale below the normal numbers': [patched(chunk + 2, 0, 0, 0, 1), 'malformed'],
		'a byte more': [new Uint8Array([...bytes, 0]), 'malformed'],
		'no coefficients': [new Uint8Array([...bytes.subarray(0, chunk), ...new Uint8Array(12)]), 'zero_norm'],
	};
	for (const [name, [input, code]] of Object.entries(cases)) assert.equal(codeOf(input), code, name);
	assert.equal(codeOf(bytes, { ...expected, maxBytes: bytes.length - 1 }), 'malformed');
	const many = encodeGradient({ ...context, topK: 33, dense: Float32Array.from({ length: parameterCount(context) }, (_, i) => (i * 7919) % 101) }).bytes;
	assert.equal(codeOf(many, { ...expected, topK: 33 }), 'decoded');
	many[91] = 32;
	assert.equal(codeOf(many), 'malformed');
	assert.equal(codeOf(bytes, { ...expected, maxBytes: bytes.length }), 'decoded');
});

test('every truncation is refused; every changed byte is refused or means something else', () => {
	const original = decoded(decodeGradient(bytes, expected));
	for (let length = 0; length < bytes.length; length++) assert.equal(codeOf(bytes.subarray(0, length)), 'malformed');
	for (let i = 0; i < bytes.length; i++) {
		for (let value = 0; value < 256; value++) {
			if (value === bytes[i]) continue;
			const result = decodeGradient(patched(i, value), expected);
			if (result.kind === 'decoded') assert.notDeepEqual(result.gradient, original, `byte ${i} = ${value}`);
		}
	}
});

/** Encodes a decoded gradient by the layout's words, apart from the codec: one gradient must have one encoding. */
function encodeAgain(gradient: SparseGradient, source: Uint8Array): Uint8Array {
	const out: number[] = [...source.subarray(0, GRADIENT_HEADER_LENGTH)];
	for (let c = 0; c < gradient.header.chunkCount; c++) {
		const [from, to] = [gradient.starts[c]!, gradient.starts[c + 1]!];
		const values = [...gradient.values.subarray(from, to)];
		// The scale is not stored in the decoded form; it is the f32 in the source.
		const head = chunkOffset(gradient, c);
		const scale = new DataView(source.buffer, source.byteOffset).getFloat32(head + 2);
		const view = new DataView(new ArrayBuffer(6 + 3 * values.length));
		view.setUint16(0, values.length);
		view.setFloat32(2, scale);
		for (let k = 0; k < values.length; k++) {
			view.setUint16(6 + 2 * k, gradient.indices[from + k]! - (k === 0 ? 0 : gradient.indices[from + k - 1]!));
			view.setInt8(6 + 2 * values.length + k, values[k]! / scale);
		}
		out.push(...new Uint8Array(view.buffer));
	}
	return Uint8Array.from(out);
}
function chunkOffset(gradient: SparseGradient, chunk: number): number {
	return GRADIENT_HEADER_LENGTH + 6 * chunk + 3 * gradient.starts[chunk]!;
}

const parameters = [
	{ name: 'a', shape: [65, 70] },
	{ name: 'b', shape: [129] },
	{ name: 'c', shape: [1] },
];
const count = parameterCount({ parameters });
function pseudoRandom(seed: number, scale: number): Float32Array {
	let state = seed;
	return Float32Array.from({ length: count }, () => {
		state = (Math.imul(state, 1664525) + 1013904223) | 0;
		return (state / 2 ** 31) * scale;
	});
}

test('what is encoded decodes, in one encoding, and the residual is what is missing', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(1e-30, 1e-3, 1, 1e10), fc.integer({ min: 1, max: 200 }), (seed, size, topK) => {
			const values = pseudoRandom(seed, size);
			const here = { ...context, parameters, topK };
			const { bytes: encoded, residual } = encodeGradient({ ...here, dense: values });
			assert.ok(encoded.length <= maxEncodedLength(parameters, here));
			const gradient = decoded(decodeGradient(encoded, { ...here, maxBytes: encoded.length }));
			assert.deepEqual(encodeAgain(gradient, encoded), encoded);
			const out = new Float64Array(count);
			reconstruct(gradient, parameters, out);
			for (let i = 0; i < count; i++) assert.equal(residual[i], Math.fround(values[i]! - out[i]!));
			// Orthonormal and padded with zeros before the transform: nothing that was kept can be larger than what came in.
			assert.ok(gradientNorm(gradient) <= 1.01 * Math.hypot(...values));
		}),
		{ seed: 5, numRuns: 40 },
	);
});

test('with every coefficient kept only the 8-bit steps are lost', () => {
	const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
	const { residual } = encodeGradient({ ...context, parameters, topK: 4096, dense: values });
	assert.ok(Math.hypot(...residual) < 0.2 * Math.hypot(...values), `${Math.hypot(...residual)} of ${Math.hypot(...values)}`);
});

test('accumulating and transforming has the bits of reconstructing', () => {
	const values = Float32Array.from({ length: count }, (_, i) => Math.cos(i * 7));
	const here = { ...context, parameters, topK: 16 };
	const gradient = decoded(decodeGradient(encodeGradient({ ...here, dense: values }).bytes, { ...here, maxBytes: 1 << 20 }));
	const accumulator = new Float64Array(chunkCount(parameters) * CHUNK_ELEMENTS);
	accumulateCoefficients(gradient, accumulator, 0.25);
	const [merged, alone] = [new Float64Array(count), new Float64Array(count)];
	const samples = new Float64Array(CHUNK_ELEMENTS);
	for (const { chunk, offset, length } of chunkSpans(parameters)) {
		chunkCodec(here.codec).inverse(accumulator.subarray(chunk * CHUNK_ELEMENTS, (chunk + 1) * CHUNK_ELEMENTS), samples, length);
		merged.set(samples.subarray(0, length), offset);
	}
	reconstruct(gradient, parameters, alone, 0.25);
	assert.deepEqual(merged, alone);
});

test('encoding refuses what is not finite or of another length', () => {
	const here = { ...context, parameters };
	for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
		assert.throws(() => encodeGradient({ ...here, dense: new Float32Array(count).fill(bad, 7, 8) }), { code: 'GRADIENT_NOT_FINITE' });
	}
	assert.throws(() => encodeGradient({ ...here, dense: new Float32Array(count - 1) }), { code: 'BAD_ARGUMENT' });
	assert.equal(codeOf(encodeGradient({ ...context, dense: new Float32Array(parameterCount(context)) }).bytes), 'zero_norm');
});
