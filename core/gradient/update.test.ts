import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeGradient, encodeGradient, reconstruct } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC, type GradientCodec, type SparseGradient } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { createGradientUpdate } from '#core/gradient/update.ts';

const parameters = [
	{ name: 'a', shape: [130, 64] },
	{ name: 'b', shape: [7] },
	{ name: 'c', shape: [64, 64] },
	{ name: 'zeros', shape: [5000] },
];
const count = parameterCount({ parameters });
const CHUNKS = 3 + 1 + 1 + 2;
const dense = Float32Array.from({ length: count }, (_, i) => (i < 8320 + 7 + 4096 ? Math.sin(i * i) * 1e-3 : 0));
const base = Float32Array.from({ length: count }, (_, i) => Math.cos(i) / 7);
const update = createGradientUpdate(parameters);

function gradientOf(codec: GradientCodec): SparseGradient {
	const context = { uid: 1, window: 2n, checkpointHash: new Uint8Array(32), manifestHash: new Uint8Array(32), parameters, codec, topK: 48 };
	const { bytes } = encodeGradient({ ...context, dense });
	const decoded = decodeGradient(bytes, { ...context, maxBytes: bytes.length });
	return decoded.kind === 'decoded' ? decoded.gradient : assert.fail(decoded.reason);
}

const gradient = gradientOf(GRADIENT_CODEC.dct64TopkInt8);

test('an update has the bits of reconstructing and subtracting, in whichever ranges', () => {
	for (const codec of Object.values(GRADIENT_CODEC)) compare(gradientOf(codec));
});

function compare(gradient: SparseGradient): void {
	const expected = new Float32Array(count);
	reconstruct(gradient, parameters, expected, 0.3);
	for (let i = 0; i < count; i++) expected[i] = base[i]! - expected[i]!;
	for (const cuts of [
		[0, CHUNKS],
		[0, 1, 2, 3, 4, 5, 6, CHUNKS],
		[0, 4, 5, CHUNKS],
	]) {
		const out = new Float32Array(count).fill(Number.NaN);
		// Backwards: no range builds on another.
		for (let i = cuts.length - 2; i >= 0; i--) update(gradient, { from: cuts[i]!, to: cuts[i + 1]! }, 0.3, base, out);
		assert.deepEqual(out, expected);
	}
	assert.notDeepEqual(expected, base);
	assert.deepEqual(expected.subarray(count - 5000), base.subarray(count - 5000));
}

test('a range leaves the rest alone', () => {
	const out = new Float32Array(count).fill(7);
	update(gradient, { from: 1, to: 3 }, 1, base, out);
	assert.ok(out.every((value, i) => (value === 7) === (i < 4096 || i >= 8320)));
});

test('what is of another model is refused', () => {
	const refused = { code: 'BAD_ARGUMENT' };
	assert.throws(() => update(gradient, { from: 0, to: CHUNKS + 1 }, 1, base, new Float32Array(count)), refused);
	assert.throws(() => update(gradient, { from: 0, to: 1 }, 1, base, new Float32Array(count - 1)), refused);
	assert.throws(() => createGradientUpdate(parameters.slice(1))(gradient, { from: 0, to: 1 }, 1, base, base), refused);
});
