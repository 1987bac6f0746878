import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCanonical, encodeCanonical } from '#core/cbor.ts';
import type { ModelManifest } from '#core/gradient/manifest.ts';
import { decodeManifest, encodeManifest } from '#core/gradient/manifest-codec.ts';

const manifest: ModelManifest = {
	format: 1,
	name: 'tiny',
	parameters: [
		{ name: 'a', shape: [64, 64] },
		{ name: 'b', shape: [3] },
	],
	graphSha256: 'ab'.repeat(32),
	tokensInput: 'tokens',
	targetsInput: 'targets',
	logProbsOutput: 'log_probabilities',
	batch: 2,
	context: 8,
	dataset: { shardBytes: 100, shards: 4, heldOutShards: 1, root: 'cd'.repeat(32) },
};

test('a manifest has one encoding, whatever the order of its keys', () => {
	const encoded = encodeManifest(manifest);
	assert.deepEqual(decodeManifest(encoded), manifest);
	assert.deepEqual(encodeManifest(Object.fromEntries(Object.entries(manifest).reverse()) as unknown as ModelManifest), encoded);
	assert.ok(decodeCanonical(encoded) instanceof Map);
});

test('refuses what is not a usable manifest', () => {
	const bad: Record<string, unknown>[] = [
		{ format: 2 },
		{ name: '' },
		{ parameters: [] },
		{ parameters: [{ name: 'a', shape: [0] }] },
		{ parameters: [{ name: 'a', shape: [2 ** 20, 2 ** 20] }] },
		{ parameters: [manifest.parameters[0], manifest.parameters[0]] },
		{ graphSha256: 'AB'.repeat(32) },
		{ batch: 0 },
		{ context: 100 },
		{ dataset: { ...manifest.dataset, heldOutShards: 4 } },
		{ dataset: { ...manifest.dataset, extra: 1 } },
		{ extra: 1 },
	];
	for (const change of bad) {
		assert.throws(() => decodeManifest(encodeCanonical({ ...manifest, ...change } as never)), { code: 'BAD_ARGUMENT' }, JSON.stringify(change));
	}
	assert.throws(() => decodeManifest(Uint8Array.of(0)), { code: 'BAD_ARGUMENT' });
});
