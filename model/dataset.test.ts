import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '#core/bytes.ts';
import { locateSequence, readSequence, ShardedDataset, shardsOf } from '#model/dataset.ts';
import { datasetRoot, shardLeaf, verifyShardProof } from '#model/shards.ts';

// 3 shards of 20 bytes and a tail of 7; with T = 4 a shard holds floor(19 / 4) = 4 sequences.
const text = Uint8Array.from({ length: 67 }, (_, i) => i);
const data = new ShardedDataset(text, { context: 4, shardBytes: 20, heldOutShards: 1 });

test('the tail is dropped, the last shard is held out, the root is over all shards', () => {
	const leaves = [0, 20, 40].map((from) => shardLeaf(text.subarray(from, from + 20)));
	assert.deepEqual(data.dataset, { shardBytes: 20, shards: 3, heldOutShards: 1, root: toHex(datasetRoot(leaves)) });
	assert.equal(data.assignable, 8);
	assert.deepEqual(data.heldOutIndices(100), [8, 9, 10, 11]);
	assert.deepEqual(data.heldOutIndices(2), [8, 10]);
	assert.equal(data.get(3), undefined);
	assert.equal(data.get(-1), undefined);
	for (const [i, leaf] of leaves.entries()) assert.ok(verifyShardProof(datasetRoot(leaves), 3, i, leaf, data.proof(i)));
});

test('sequences have T + 1 bytes at stride T and never cross a shard', () => {
	const starts = [0, 4, 8, 12, 20, 24, 28, 32, 40, 44, 48, 52];
	for (const [index, start] of starts.entries())
		assert.deepEqual(
			[...data.sequence(index)],
			[0, 1, 2, 3, 4].map((i) => start + i),
		);
	assert.deepEqual(locateSequence(data, 7), { shard: 1, offset: 12 });
	assert.deepEqual(shardsOf(data, [9, 1, 0, 8]), [0, 2]);
	assert.equal(data.sequences([3, 3]).length, 2);
	for (const index of [-1, 12, 1.5, Number.NaN]) assert.throws(() => data.sequence(index), { code: 'BAD_ARGUMENT' });
});

test('sequences can be read out of a few shards; a missing or short shard is refused', () => {
	const shards = new Map([
		[1, data.get(1)!],
		[2, data.get(2)!.subarray(1)],
	]);
	assert.deepEqual(readSequence(data, shards, 5), data.sequence(5));
	assert.throws(() => readSequence(data, shards, 0), { code: 'BAD_ARGUMENT' });
	assert.throws(() => readSequence(data, shards, 8), { code: 'BAD_ARGUMENT' });
});

test('a text without a shard to assign is refused', () => {
	assert.throws(() => new ShardedDataset(text.subarray(0, 39), { context: 4, shardBytes: 20 }), { code: 'BAD_ARGUMENT' });
	assert.throws(() => new ShardedDataset(text, { context: 20, shardBytes: 20 }), { code: 'BAD_ARGUMENT' });
});
