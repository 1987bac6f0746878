import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '#core/bytes.ts';
import { checkpointObjectKey } from '#core/gradient/layout.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { type AuditPlace, readPublished } from './audit.ts';
import { createS3ObjectStore } from './s3-object-store.ts';

export interface CheckpointSourceOptions extends AuditPlace {
	/** Where checkpoints are looked for first, and kept. */
	readonly folder: string;
	/** Largest file that is accepted; who has the manifest knows the exact size. */
	readonly maxBytes?: number;
}

export interface CheckpointSource {
	/**
	 * The checkpoint of a boundary, its SHA-256 verified: from the folder, else from any validator, and then kept.
	 * Throws OBJECT_UNAVAILABLE (retryable) while nobody serves it.
	 */
	fetch(boundary: bigint, sha256: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
	close(): void;
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;

/** A checkpoint's file in a folder of them. */
export const checkpointFile = (folder: string, boundary: bigint) => join(folder, `${checkpointObjectKey(boundary)}.safetensors`);

/** Checkpoints of a network as any party gets them. */
export function createCheckpointSource({ folder, maxBytes = DEFAULT_MAX_BYTES, ...place }: CheckpointSourceOptions): CheckpointSource {
	const store = createS3ObjectStore();
	return {
		async fetch(boundary, sha256, signal) {
			const kept = await readCheckpointFile(folder, boundary, sha256);
			if (kept !== undefined) return kept;
			const bytes = await readPublished(store, place, { key: checkpointObjectKey(boundary), sha256, maxBytes, ...(signal !== undefined && { signal }) });
			await writeFileAtomic(checkpointFile(folder, boundary), bytes);
			return bytes;
		},
		close: () => store.close(),
	};
}

/** Undefined when it is not there, or is another one: a merge of our own that the quorum did not follow, or a damaged file. */
export async function readCheckpointFile(folder: string, boundary: bigint, sha256: Uint8Array): Promise<Uint8Array | undefined> {
	let bytes: Uint8Array;
	try {
		bytes = await readFile(checkpointFile(folder, boundary));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	return equalBytes(createHash('sha256').update(bytes).digest(), sha256) ? bytes : undefined;
}
