import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '#core/bytes.ts';
import { chunkCount, decodeGradient } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, GRADIENT_CODEC, type GradientCodec, type SparseGradient } from '#core/gradient/layout.ts';
import { elementCount, parameterCount } from '#core/gradient/manifest.ts';
import { createMerge, outerLearningRate, thetaParts } from '#core/gradient/merge.ts';
import { lowerMedian } from '#core/gradient/score.ts';

const vectors = join(import.meta.dirname, '../../tests/vectors');
const parameters = [
	{ name: 'a', shape: [3, 50] },
	{ name: 'b', shape: [64, 65] },
];
const count = parameterCount({ parameters });
const chunks = chunkCount(parameters);

interface Coefficient {
	readonly chunk: number;
	readonly index: number;
	readonly value: number;
}

/** Coefficients in whichever order, as a decoded gradient of two tensors. */
function gradientOf(window: bigint, uid: number, coefficients: readonly Coefficient[], codec: GradientCodec = GRADIENT_CODEC.dct64TopkInt8): SparseGradient {
	const sorted = coefficients.toSorted((a, b) => a.chunk - b.chunk || a.index - b.index);
	return {
		header: {
			codec,
			uid,
			window,
			checkpointHash: new Uint8Array(32),
			manifestHash: new Uint8Array(32),
			tensorCount: parameters.length,
			chunkElements: CHUNK_ELEMENTS,
			topK: CHUNK_ELEMENTS,
			chunkCount: chunks,
		},
		starts: Uint32Array.from({ length: chunks + 1 }, (_, chunk) => sorted.filter((entry) => entry.chunk < chunk).length),
		indices: Uint16Array.from(sorted, ({ index }) => index),
		values: Float64Array.from(sorted, ({ value }) => value),
	};
}

const arbitraryCoefficients = fc.uniqueArray(
	fc.record({
		chunk: fc.nat({ max: chunks - 1 }),
		index: fc.nat({ max: CHUNK_ELEMENTS - 1 }),
		value: fc.tuple(fc.constantFrom(1e-6, 1e-3, 1), fc.integer({ min: -127, max: 127 })).map(([scale, value]) => Math.fround(scale) * (value || 1)),
	}),
	{ minLength: 1, maxLength: 6, selector: ({ chunk, index }) => chunk * CHUNK_ELEMENTS + index },
);
/** Elements of each chunk: 150, and 4160 in two. */
const CHUNK_LENGTHS = [150, CHUNK_ELEMENTS, 64];
/** Codec 2 has elements for coefficients, and none of padding. */
function outsidePadding(coefficients: readonly Coefficient[], codec: GradientCodec): Coefficient[] {
	if (codec === GRADIENT_CODEC.dct64TopkInt8) return [...coefficients];
	const moved = new Map(coefficients.map((entry) => [`${entry.chunk}/${entry.index % CHUNK_LENGTHS[entry.chunk]!}`, entry]));
	return [...moved.values()].map((entry) => ({ ...entry, index: entry.index % CHUNK_LENGTHS[entry.chunk]! }));
}

/** Some windows, each with a codec of its own and some miners. */
const arbitraryInterval = fc
	.array(fc.uniqueArray(fc.record({ uid: fc.nat({ max: 255 }), coefficients: arbitraryCoefficients }), { maxLength: 5, selector: ({ uid }) => uid }), {
		minLength: 1,
		maxLength: 4,
	})
	.chain((windows) =>
		fc
			.array(fc.constantFrom(...Object.values(GRADIENT_CODEC)), { minLength: windows.length, maxLength: windows.length })
			.map((codecs) =>
				windows.map((miners, window) =>
					miners.map(({ uid, coefficients }) => gradientOf(BigInt(window), uid, outsidePadding(coefficients, codecs[window]!), codecs[window])),
				),
			),
	);

const theta = Float32Array.from({ length: count }, (_, k) => (((k * 7919) % 10007) - 5003) / 4096);

function mergeOf(interval: readonly (readonly SparseGradient[])[], rate: number): Float32Array | undefined {
	const merge = createMerge(parameters);
	for (const gradients of interval) merge.addWindow(gradients);
	return merge.apply(thetaParts(theta, parameters), rate);
}

/** The definition with none of the code of the merge: each gradient dense in the sample domain by the sum that defines the transform. */
function mergeByDefinition(interval: readonly (readonly SparseGradient[])[], rate: number): Float64Array {
	const sum = new Float64Array(count);
	let selected = 0;
	for (const gradients of interval) {
		const norms = gradients.map(({ values }) => Math.hypot(...values));
		const median = norms.toSorted((a, b) => a - b)[Math.ceil(norms.length / 2) - 1]!;
		for (const [g, gradient] of gradients.entries()) {
			const factor = norms[g]! > median ? median / norms[g]! : 1;
			selected++;
			let chunk = 0;
			let offset = 0;
			for (const parameter of parameters) {
				const end = offset + elementCount(parameter);
				for (; offset < end; offset += CHUNK_ELEMENTS, chunk++) {
					for (let k = gradient.starts[chunk]!; k < gradient.starts[chunk + 1]!; k++) {
						if (gradient.header.codec === GRADIENT_CODEC.sampleTopk2bit) {
							sum[offset + gradient.indices[k]!]! += factor * gradient.values[k]!;
							continue;
						}
						const [u, v] = [Math.floor(gradient.indices[k]! / 64), gradient.indices[k]! % 64];
						const amplitude = (factor * gradient.values[k]! * Math.sqrt((u === 0 ? 1 : 2) * (v === 0 ? 1 : 2))) / 64;
						for (let n = 0; n < Math.min(CHUNK_ELEMENTS, end - offset); n++) {
							const [i, j] = [Math.floor(n / 64), n % 64];
							sum[offset + n]! += amplitude * Math.cos((Math.PI * (2 * i + 1) * u) / 128) * Math.cos((Math.PI * (2 * j + 1) * v) / 128);
						}
					}
				}
				offset = end;
			}
		}
	}
	return sum.map((value, k) => theta[k]! - (rate * value) / selected);
}

test('the vector is what the independent generator writes, and what the merge gives', () => {
	execFileSync('python3', [join(vectors, 'make_merge.py'), '--check']);
	const vector = JSON.parse(readFileSync(join(vectors, 'merge.json'), 'utf8'));
	assert.deepEqual(vector.parameters, parameters);
	const merge = createMerge(parameters);
	for (const { window, gradients } of vector.windows) {
		const decoded = (gradients as string[]).map((hex) => {
			const bytes = fromHex(hex);
			const result = decodeGradient(bytes, {
				uid: new DataView(bytes.buffer).getUint16(6),
				window: BigInt(window),
				checkpointHash: fromHex(vector.checkpointHash),
				manifestHash: fromHex(vector.manifestHash),
				parameters,
				codec: GRADIENT_CODEC.dct64TopkInt8,
				topK: vector.topK,
				maxBytes: bytes.length,
			});
			return result.kind === 'decoded' ? result.gradient : assert.fail(result.reason);
		});
		merge.addWindow(decoded);
	}
	assert.equal(merge.count, vector.count);
	const next = merge.apply(thetaParts(theta, parameters), outerLearningRate({ outer_learning_rate_ppm: BigInt(vector.outerLearningRatePpm) }))!;
	assert.deepEqual([...next.subarray(0, vector.first.length)], vector.first);
	assert.equal(
		toHex(
			createHash('sha256')
				.update(new Uint8Array(next.buffer, next.byteOffset, next.byteLength))
				.digest(),
		),
		vector.sha256,
	);
});

test('the order of arrival inside a window changes no byte', () => {
	fc.assert(
		fc.property(arbitraryInterval, fc.infiniteStream(fc.nat()), (interval, keys) => {
			const shuffled = interval.map((gradients) => {
				const keyed = gradients.map((gradient) => ({ gradient, key: keys.next().value! }));
				return keyed.sort((a, b) => a.key - b.key).map(({ gradient }) => gradient);
			});
			assert.deepEqual(mergeOf(shuffled, 2), mergeOf(interval, 2));
		}),
		{ seed: 21, numRuns: 60 },
	);
	// Where the sum does depend on the order: by uid 1 + ε rounds to 1 and −1 leaves nothing; as they arrive ε would be left. Each norm is 1.
	const epsilon = 2 ** -54;
	const one = gradientOf(0n, 0, [{ chunk: 0, index: 0, value: 1 }]);
	const little = gradientOf(0n, 1, [
		{ chunk: 0, index: 0, value: epsilon },
		{ chunk: 1, index: 0, value: 1 },
	]);
	const minusOne = gradientOf(0n, 2, [{ chunk: 0, index: 0, value: -1 }]);
	assert.notEqual(1 + epsilon - 1, 1 - 1 + epsilon);
	const merge = createMerge(parameters);
	merge.addWindow([one, minusOne, little]);
	assert.equal(merge.apply(thetaParts(new Float32Array(count), parameters), 1)![0], 0);
});

test('it is the definition, up to the rounding of f64 sums', () => {
	fc.assert(
		fc.property(arbitraryInterval, fc.constantFrom(0.5, 1, 2), (interval, rate) => {
			const merged = mergeOf(interval, rate);
			if (interval.every((gradients) => gradients.length === 0)) return assert.equal(merged, undefined);
			const expected = mergeByDefinition(interval, rate);
			for (let k = 0; k < count; k++) {
				// Both round one f64 to f32; sums in another order differ by some 1e-16 of their terms, so at a tie by the one f32 above or below.
				const tolerance = Math.abs(expected[k]!) * 2 ** -23 + 1e-12;
				assert.ok(Math.abs(merged![k]! - expected[k]!) <= tolerance, `element ${k}: ${merged![k]} for ${expected[k]}`);
			}
		}),
		{ seed: 22, numRuns: 12 },
	);
});

test('what is larger than the lower median of its own window is clipped to it, and what is merged is subtracted', () => {
	const constant = (window: bigint, uid: number, value: number) => gradientOf(window, uid, [{ chunk: 0, index: 0, value }]);
	// The coefficient 0 of a chunk is its mean · 64.
	const merged = mergeOf(
		[
			[constant(5n, 1, 640), constant(5n, 2, 64), constant(5n, 3, 0.64)],
			[constant(6n, 1, -6_400), constant(6n, 2, 128)],
		],
		1,
	)!;
	const mean = (1 + 1 + 0.01 - 2 + 2) / 5;
	for (let k = 0; k < 150; k++) assert.ok(Math.abs(merged[k]! - (theta[k]! - mean)) < 1e-6);
	assert.deepEqual(merged.subarray(150), theta.subarray(150));
	assert.deepEqual([lowerMedian([3]), lowerMedian([4, 3]), lowerMedian([9, 1, 5]), lowerMedian([4, 3, 2, 1])], [3, 3, 5, 2]);
});

test('nothing selected merges into nothing', () => {
	assert.equal(mergeOf([], 1), undefined);
	assert.equal(mergeOf([[], []], 1), undefined);
});

test('what the order of the protocol forbids is refused', () => {
	const one = (window: bigint, uid: number) => gradientOf(window, uid, [{ chunk: 0, index: 0, value: 1 }]);
	const merge = createMerge(parameters);
	merge.addWindow([one(5n, 1)]);
	const refused = { code: 'BAD_ARGUMENT' };
	assert.throws(() => merge.addWindow([one(5n, 2)]), refused);
	assert.throws(() => merge.addWindow([one(6n, 1), one(7n, 2)]), refused);
	assert.throws(() => merge.addWindow([one(6n, 1), one(6n, 1)]), refused);
	assert.throws(() => merge.addWindow([gradientOf(6n, 1, [])]), refused);
	assert.throws(() => createMerge([...parameters, { name: 'c', shape: [1] }]).addWindow([one(5n, 1)]), refused);
	assert.throws(() => thetaParts(new Float32Array(count - 1), parameters), refused);
	for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => merge.apply(thetaParts(theta, parameters), rate), refused);
	// A refused window leaves no trace.
	assert.deepEqual([merge.count, merge.apply(thetaParts(theta, parameters), 1)], [1, mergeOf([[one(5n, 1)]], 1)]);
});
