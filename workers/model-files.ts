import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '#activities/blobs.ts';
import type { ModelFiles } from '#activities/gradient/ports.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { ModelManifest } from '#core/gradient/manifest.ts';
import { decodeManifest } from '#core/gradient/manifest-codec.ts';
import { ShardedDataset } from '#model/dataset.ts';
import type { AddressBook } from '#runtime/address-book.ts';

export interface LocalModel extends ModelFiles {
	readonly described: ModelManifest;
	readonly dataset: ShardedDataset;
}

/** Finds a checkpoint that is not the genesis one; undefined when the chain does not know it. */
export type FindCheckpoint = (sha256: string) => Promise<Uint8Array | undefined>;

/** The files of the address book, found by digest. The dataset is held in memory, the rest is read when an enclave asks for it. */
export async function modelFiles(data: string, book: Pick<AddressBook, 'model'>, findCheckpoint: FindCheckpoint): Promise<LocalModel> {
	const file = (name: string) => readFile(join(data, name));
	const manifest = new Uint8Array(await file(book.model.manifest));
	const described = decodeManifest(manifest);
	const { context, graphSha256 } = described;
	const { shardBytes, heldOutShards, root } = described.dataset;
	const dataset = new ShardedDataset(await file(book.model.corpus), {
		context,
		shardBytes,
		heldOutShards,
	});
	if (dataset.dataset.root !== root) throw new VramhubError('BAD_CONFIGURATION', `${book.model.corpus} is not the dataset that the manifest names`);

	const shardDigests = new Map<string, number>();
	const shardDigest = (index: number) => {
		const shard = dataset.get(index);
		if (shard === undefined) throw new VramhubError('BAD_ARGUMENT', `the dataset has no shard ${index}`);
		const digest = sha256Hex(shard);
		shardDigests.set(digest, index);
		return digest;
	};
	const candidates = [book.model.graph, book.model.genesisCheckpoint];
	return {
		manifest,
		described,
		dataset,
		shards: (indices) => indices.map((index) => ({ index, sha256: shardDigest(index), proof: dataset.proof(index).map(toHex) })),
		async read(sha256) {
			const shard = shardDigests.get(sha256);
			if (shard !== undefined) return dataset.get(shard)!;
			for (const name of candidates) {
				const bytes = new Uint8Array(await file(name));
				if (sha256Hex(bytes) === sha256) return bytes;
			}
			const checkpoint = await findCheckpoint(sha256);
			if (checkpoint !== undefined) return checkpoint;
			const what = sha256 === graphSha256 ? 'the graph that the manifest names' : `a checkpoint with SHA-256 ${sha256}`;
			throw new VramhubError('CHECKPOINT_MISMATCH', `this validator does not have ${what}`);
		},
	};
}
