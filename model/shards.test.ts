import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { datasetRoot, shardLeaf, shardProof, verifyShardProof } from '#model/shards.ts';

const h = (...parts: (number[] | Uint8Array)[]): Uint8Array => {
	const hash = createHash('sha256');
	for (const part of parts) hash.update(Uint8Array.from(part));
	return new Uint8Array(hash.digest());
};
const shards = Array.from({ length: 5 }, (_, i) => new TextEncoder().encode(`shard ${i}`));
const leaves = shards.map(shardLeaf);

test('roots of one to five shards are those of the written definition', () => {
	const [a, b, c, d, e] = shards.map((shard) => h([0], shard)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
	assert.deepEqual(leaves, [a, b, c, d, e]);
	const ab = h([1], a, b);
	const cd = h([1], c, d);
	assert.deepEqual(datasetRoot([a]), h([2], [0, 0, 0, 1], a));
	assert.deepEqual(datasetRoot([a, b]), h([2], [0, 0, 0, 2], ab));
	assert.deepEqual(datasetRoot([a, b, c]), h([2], [0, 0, 0, 3], h([1], ab, c)));
	assert.deepEqual(datasetRoot([a, b, c, d]), h([2], [0, 0, 0, 4], h([1], ab, cd)));
	assert.deepEqual(datasetRoot([a, b, c, d, e]), h([2], [0, 0, 0, 5], h([1], h([1], ab, cd), e)));
});

test('a root as hexadecimal, for other implementations', () => {
	assert.equal(Buffer.from(datasetRoot(leaves)).toString('hex'), 'ed576154daf8f9a0b284990822b96c306666d29dc7bc5f07e1a5054a08c7a0c9');
});

test('every proof verifies; no other index, count, leaf, root or proof does', () => {
	fc.assert(
		fc.property(
			fc
				.integer({ min: 1, max: 40 })
				.chain((count) => fc.record({ count: fc.constant(count), index: fc.nat(count - 1), other: fc.nat(count - 1), byte: fc.nat(31) })),
			({ count, index, other, byte }) => {
				const all = Array.from({ length: count }, (_, i) => shardLeaf(Uint8Array.of(i)));
				const root = datasetRoot(all);
				const leaf = all[index]!;
				const proof = shardProof(all, index);
				assert.ok(verifyShardProof(root, count, index, leaf, proof));
				if (other !== index) {
					assert.ok(!verifyShardProof(root, count, other, leaf, proof));
					assert.ok(!verifyShardProof(root, count, index, all[other]!, proof));
				}
				assert.ok(!verifyShardProof(root, count + 1, index, leaf, proof));
				assert.ok(!verifyShardProof(root, count, index, leaf, [...proof, leaf]));
				assert.ok(!verifyShardProof(root, count, index + count, leaf, proof));
				const flip = (bytes: Uint8Array): Uint8Array => bytes.map((v, i) => (i === byte ? v ^ 1 : v));
				assert.ok(!verifyShardProof(flip(root), count, index, leaf, proof));
				for (const at of proof.keys()) {
					assert.ok(!verifyShardProof(root, count, index, leaf, proof.with(at, flip(proof[at]!))));
					assert.ok(!verifyShardProof(root, count, index, leaf, proof.toSpliced(at, 1)));
				}
			},
		),
		{ seed: 1, numRuns: 100 },
	);
});

test('an empty dataset and a shard that is not there are refused', () => {
	assert.throws(() => datasetRoot([]), { code: 'BAD_ARGUMENT' });
	assert.throws(() => shardProof(leaves, 5), { code: 'BAD_ARGUMENT' });
	assert.ok(!verifyShardProof(datasetRoot(leaves), 5, -1, leaves[0]!, []));
});
