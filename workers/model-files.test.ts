import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fromHex } from '#core/bytes.ts';
import { encodeManifest } from '#core/gradient/manifest-codec.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { shardLeaf, verifyShardProof } from '#model/shards.ts';
import { modelFiles } from '#workers/model-files.ts';

const data = await mkdtemp(join(tmpdir(), 'vramhub-files-'));
after(() => rm(data, { recursive: true, force: true }));

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const text = Uint8Array.from({ length: 1000 }, (_, index) => (index * 31) % 251);
const options = { context: 8, shardBytes: 128, heldOutShards: 1 };
const graph = new TextEncoder().encode('graph');
const genesis = new TextEncoder().encode('genesis');
const { dataset } = new ShardedDataset(text, options);
const model = { manifest: 'model/manifest', graph: 'model/graph', trainingGraph: 'model/training', genesisCheckpoint: 'model/genesis', corpus: 'model/corpus' };

async function writeModel(corpus: Uint8Array) {
	await mkdir(join(data, 'model'), { recursive: true });
	const names = { tokensInput: 't', targetsInput: 'y', logProbsOutput: 'l' };
	const manifest = encodeManifest({
		format: 1,
		name: 'test',
		parameters: [{ name: 'w', shape: [2] }],
		graphSha256: digest(graph),
		...names,
		batch: 1,
		context: 8,
		dataset,
	});
	await Promise.all([
		writeFile(join(data, model.manifest), manifest),
		writeFile(join(data, model.graph), graph),
		writeFile(join(data, model.genesisCheckpoint), genesis),
		writeFile(join(data, model.corpus), corpus),
	]);
}

test('files are found by their digest, and shards come with a proof that verifies', async () => {
	await writeModel(text);
	const later = new TextEncoder().encode('a later checkpoint');
	const files = await modelFiles(data, { model }, async (sha256) => (sha256 === digest(later) ? later : undefined));
	assert.deepEqual(await files.read(digest(later)), later);
	assert.deepEqual(await files.read(digest(graph)), graph);
	assert.deepEqual(await files.read(digest(genesis)), genesis);
	for (const { index, sha256, proof } of files.shards([0, 5])) {
		const shard = await files.read(sha256);
		assert.equal(digest(shard), sha256);
		assert.ok(verifyShardProof(fromHex(dataset.root), dataset.shards, index, shardLeaf(shard), proof.map(fromHex)));
	}
	await assert.rejects(files.read('00'.repeat(32)), { code: 'CHECKPOINT_MISMATCH' });
	assert.throws(() => files.shards([7]), { code: 'BAD_ARGUMENT' });
});

test('a corpus that is not the manifest’s is refused', async () => {
	await writeModel(text.with(3, 0));
	await assert.rejects(
		modelFiles(data, { model }, async () => undefined),
		{ code: 'BAD_CONFIGURATION' },
	);
});
