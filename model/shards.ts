import { sha256 } from '@noble/hashes/sha2.js';
import { ByteWriter, equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/**
 * The commitment to a dataset: a binary Merkle tree over its shards.
 *
 *   leaf = SHA-256(0x00 ‖ shard)      node = SHA-256(0x01 ‖ left ‖ right)      root = SHA-256(0x02 ‖ u32be leaf count ‖ top)
 *
 * A node without a sibling moves up unchanged; the leaf count inside the root leaves no second reading of such a tree.
 */

const LEAF = 0;
const NODE = 1;
const ROOT = 2;

export function shardLeaf(shard: Uint8Array): Uint8Array {
	return sha256.create().update(Uint8Array.of(LEAF)).update(shard).digest();
}

/** Throws BAD_ARGUMENT on an empty list. */
export function datasetRoot(leaves: readonly Uint8Array[]): Uint8Array {
	return rootOf(leaves.length, levels(leaves).at(-1)![0]!);
}

/** The siblings from the leaf upwards; levels where the node has none are left out. */
export function shardProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
	if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new VramhubError('BAD_ARGUMENT', `no shard ${index} of ${leaves.length}`);
	const proof: Uint8Array[] = [];
	let position = index;
	for (const level of levels(leaves)) {
		const sibling = level[position ^ 1];
		if (sibling !== undefined) proof.push(sibling);
		position >>= 1;
	}
	return proof;
}

/** Whether `leaf` is shard `index` of the `count` shards under `root`. */
export function verifyShardProof(root: Uint8Array, count: number, index: number, leaf: Uint8Array, proof: readonly Uint8Array[]): boolean {
	if (!Number.isInteger(index) || index < 0 || index >= count) return false;
	let node = leaf;
	let position = index;
	let used = 0;
	for (let width = count; width > 1; width = Math.ceil(width / 2)) {
		if ((position ^ 1) < width) {
			const sibling = proof[used++];
			if (sibling?.length !== 32) return false;
			node = position % 2 === 0 ? nodeOf(node, sibling) : nodeOf(sibling, node);
		}
		position >>= 1;
	}
	return used === proof.length && equalBytes(rootOf(count, node), root);
}

function levels(leaves: readonly Uint8Array[]): Uint8Array[][] {
	if (leaves.length === 0) throw new VramhubError('BAD_ARGUMENT', 'a dataset has at least one shard');
	const all = [[...leaves]];
	for (let level = all[0]!; level.length > 1; level = all.at(-1)!) {
		const above: Uint8Array[] = [];
		for (let i = 0; i < level.length; i += 2) {
			const right = level[i + 1];
			above.push(right === undefined ? level[i]! : nodeOf(level[i]!, right));
		}
		all.push(above);
	}
	return all;
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
	return sha256(new ByteWriter().u8(NODE).bytes(left).bytes(right).done());
}

function rootOf(count: number, top: Uint8Array): Uint8Array {
	return sha256(new ByteWriter().u8(ROOT).u32(count).bytes(top).done());
}
