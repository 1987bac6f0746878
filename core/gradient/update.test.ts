import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeGradient, encodeGradient, reconstruct } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC, type GradientCodec, type SparseGradient } from '#core/gradient/layout.ts';
import { createLostMemory } from '#core/gradient/lost-parameters.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { type Change, type ChunkRange, createGradientUpdate } from '#core/gradient/update.ts';

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

const ALL: ChunkRange = { from: 0, to: CHUNKS };
const CUTS: readonly (readonly number[])[] = [
	[0, CHUNKS],
	[0, 1, 2, 3, 4, 5, 6, CHUNKS],
	[0, 4, 5, CHUNKS],
];

function change(theta: Float32Array, scale: number, { range = ALL, of = gradient } = {}): Change {
	return { theta, gradient: of, scale, range, lost: createLostMemory(range.to - range.from) };
}

for (const [name, codec] of Object.entries(GRADIENT_CODEC)) {
	test(`${name}: an update has the bits of reconstructing and subtracting, in whichever ranges, beside θ and in its place, and is taken back to the bit`, () => {
		// From what moves parameters by a little to what swallows them whole.
		for (const scale of [0.3, -0.3, 1e3, 1e9, 2 ** 130]) compare(gradientOf(codec), scale);
	});
}

function compare(gradient: SparseGradient, scale: number): void {
	const expected = new Float32Array(count);
	reconstruct(gradient, parameters, expected, scale);
	for (let i = 0; i < count; i++) expected[i] = base[i]! - expected[i]!;
	for (const cuts of CUTS) {
		const theta = base.slice();
		// Backwards: no range builds on another.
		const changes = cuts
			.slice(1)
			.map((to, i) => change(theta, scale, { range: { from: cuts[i]!, to }, of: gradient }))
			.toReversed();
		// The second time in memory that has been used, and was filled by other gradients.
		for (const round of [-1, 1]) {
			for (const each of changes) update.apply({ ...each, scale: scale * round });
			if (round === 1) assert.deepEqual(theta, expected, `scale ${scale}`);
			for (const each of changes.toReversed()) update.revert({ ...each, scale: scale * round });
			assert.deepEqual(bits(theta), bits(base), `scale ${scale}`);
		}
		const moved = new Float32Array(count).fill(7);
		for (const each of changes) update.moveBeside(each, moved);
		assert.deepEqual([moved, bits(theta)], [expected, bits(base)], `scale ${scale}`);
	}
	assert.notDeepEqual(expected, base);
	assert.deepEqual(expected.subarray(count - 5000), base.subarray(count - 5000));
}

/** Zeros have a sign there. */
const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

test('zeros, the smallest and the largest numbers are taken back to the bit as well', () => {
	const tiny = 2 ** -149;
	const special = [0, -0, tiny, -tiny, 2 ** -126, 3.4e38, -3.4e38, 1, 1 + 2 ** -23, 2 - 2 ** -23, 1e-20];
	const start = Float32Array.from({ length: count }, (_, i) => special[i % special.length]!);
	for (const scale of [1e-42, 1e-3, 1, 300, 1e42]) {
		const all = change(start.slice(), scale);
		update.apply(all);
		assert.notDeepEqual(bits(all.theta), bits(start));
		update.revert(all);
		assert.deepEqual(bits(all.theta), bits(start), `scale ${scale}`);
	}
});

test('what is lost is little for a usual step, and never more than the parameters', () => {
	const bytesAt = (scale: number) => {
		const all = change(base.slice(), scale);
		update.apply(all);
		assert.equal(all.lost.counts.byteLength, 2 * CHUNKS);
		const { counts } = all.lost;
		return { bytes: all.lost.indices.byteLength + all.lost.values.byteLength, lost: new Uint16Array(counts).reduce((sum, n) => sum + n, 0) };
	};
	const usual = bytesAt(1e-2);
	assert.ok(usual.lost > 0 && usual.lost < 0.01 * count, `${usual.lost} of ${count}`);
	const step = 1 << 16;
	for (const scale of [1, 30, 100, 300, 1e3, 1e5]) assert.ok(bytesAt(scale).bytes <= 4 * count + 2 * step);
	// All of the four chunks and the rest of one that the gradient moves, without an index.
	const moved = 8320 + 7 + 4096;
	assert.deepEqual(bytesAt(1e12), { bytes: Math.ceil((4 * moved) / step) * step, lost: moved });
});

test('a range leaves the rest alone', () => {
	const part = change(base.slice(), 1, { range: { from: 1, to: 3 } });
	update.apply(part);
	assert.ok(part.theta.every((value, i) => (i >= 4096 && i < 8320) || value === base[i]));
	assert.notDeepEqual(part.theta, base);
	const moved = new Float32Array(count).fill(7);
	update.revert(part);
	update.moveBeside(part, moved);
	assert.deepEqual(part.theta, base);
	assert.ok(moved.every((value, i) => (i >= 4096 && i < 8320) !== (value === 7)));
});

test('what is of another model is refused and moves nothing', () => {
	const refused = { code: 'BAD_ARGUMENT' };
	const theta = base.slice();
	const other = createGradientUpdate(parameters.slice(1));
	const beyond = change(theta, 1, { range: { from: 0, to: CHUNKS + 1 } });
	const short = change(theta.slice(1), 1);
	const moved = base.slice();
	for (const [{ apply, revert, moveBeside }, refusedChange] of [
		[update, beyond],
		[update, short],
		[other, change(theta, 1, { range: { from: 0, to: 1 } })],
	] as const) {
		assert.throws(() => apply(refusedChange), refused);
		assert.throws(() => revert(refusedChange), refused);
		assert.throws(() => moveBeside(refusedChange, moved), refused);
	}
	assert.throws(() => update.moveBeside(change(theta, 1), moved.subarray(1)), refused);
	assert.deepEqual(moved, base);
	assert.deepEqual(theta, base);
	assert.deepEqual(short.theta, base.subarray(1));
});
