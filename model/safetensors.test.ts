import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parameterCount } from '#core/gradient/manifest.ts';
import { checkpointHash, decodeCheckpoint, encodeCheckpoint, safetensorsHeader } from '#model/safetensors.ts';

const manifest = {
	parameters: [
		{ name: 'wte', shape: [2, 3] },
		{ name: 'b', shape: [1] },
	],
};
const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const anyManifest = fc.record({
	parameters: fc.uniqueArray(
		fc.record({ name: fc.string({ minLength: 1, unit: 'binary' }), shape: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }) }),
		{
			selector: (parameter) => parameter.name,
			minLength: 1,
			maxLength: 6,
		},
	),
});

test('the bytes of a small checkpoint are exactly these', () => {
	const file = encodeCheckpoint(manifest, Float32Array.of(1, 2, 3, 4, 5, 6, -0.5));
	const json = '{"wte":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}}';
	const header = json.padEnd(120);
	assert.equal(Buffer.from(file.subarray(0, 8)).toString('hex'), '7800000000000000');
	assert.equal(new TextDecoder().decode(file.subarray(8, 128)), header);
	assert.equal(Buffer.from(file.subarray(128)).toString('hex'), '0000803f00000040000040400000804000 00a0400000c040000000bf'.replace(' ', ''));
	assert.equal(Buffer.from(checkpointHash(file)).toString('hex').length, 64);
});

test('any header is JSON that describes the tensors without holes, and any parameters come back', () => {
	fc.assert(
		fc.property(
			anyManifest.chain((m) => fc.record({ m: fc.constant(m), values: fc.array(finite, { minLength: parameterCount(m), maxLength: parameterCount(m) }) })),
			({ m, values }) => {
				const header = safetensorsHeader(m);
				assert.equal(header.length % 8, 0);
				const parsed = JSON.parse(new TextDecoder().decode(header.subarray(8))) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
				let offset = 0;
				for (const { name, shape } of m.parameters) {
					const entry = Object.getOwnPropertyDescriptor(parsed, name)!.value as { shape: number[]; data_offsets: [number, number] };
					assert.deepEqual(entry.shape, shape);
					assert.equal(entry.data_offsets[0], offset);
					offset = entry.data_offsets[1];
				}
				const theta = Float32Array.from(values);
				const file = encodeCheckpoint(m, theta);
				assert.equal(file.length, header.length + offset);
				assert.deepEqual(decodeCheckpoint(m, file), theta);
				// A view into a larger buffer at an odd offset reads the same.
				const shifted = new Uint8Array(file.length + 3);
				shifted.set(file, 3);
				assert.deepEqual(decodeCheckpoint(m, shifted.subarray(3)), theta);
			},
		),
		{ seed: 1, numRuns: 200 },
	);
});

test('every changed header byte, every other length and values that are not finite are refused', () => {
	const file = encodeCheckpoint(manifest, Float32Array.of(1, 2, 3, 4, 5, 6, 7));
	const headerLength = safetensorsHeader(manifest).length;
	fc.assert(
		fc.property(fc.nat(headerLength - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
			const bad = file.slice();
			bad[at]! ^= difference;
			assert.throws(() => decodeCheckpoint(manifest, bad), { code: 'CHECKPOINT_MISMATCH' });
		}),
		{ seed: 2 },
	);
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
			assert.throws(() => decodeCheckpoint(manifest, bytes), { code: 'CHECKPOINT_MISMATCH' });
		}),
		{ seed: 3 },
	);
	for (const length of [0, 8, file.length - 1, file.length + 1]) {
		const bad = new Uint8Array(length);
		bad.set(file.subarray(0, length));
		assert.throws(() => decodeCheckpoint(manifest, bad), { code: 'CHECKPOINT_MISMATCH' });
	}
	for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
		const bad = encodeCheckpoint(manifest, Float32Array.of(1, 2, 3, 4, 5, 6, value));
		assert.throws(() => decodeCheckpoint(manifest, bad), { code: 'CHECKPOINT_MISMATCH' });
	}
	assert.throws(() => encodeCheckpoint(manifest, new Float32Array(6)), { code: 'BAD_ARGUMENT' });
});
