import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { blobFile } from '#runtime/state-folder.ts';

/** A validator's own folder of immutable bytes, found by their SHA-256 (hexadecimal). Gradients, payloads that await submission, and state files. */
export interface BlobFolder {
	/** Undefined when they are not there, or when the file was damaged. */
	read(sha256: string): Promise<Uint8Array | undefined>;
	/** Throws OBJECT_DIGEST unless the bytes have that digest. */
	write(sha256: string, bytes: Uint8Array): Promise<void>;
}

export function blobFolder(data: string, validatorUid: number): BlobFolder {
	return {
		async read(sha256) {
			let bytes: Uint8Array;
			try {
				bytes = await readFile(blobFile(data, validatorUid, sha256));
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
				throw error;
			}
			return sha256Hex(bytes) === sha256 ? bytes : undefined;
		},
		async write(sha256, bytes) {
			if (sha256Hex(bytes) !== sha256) throw new VramhubError('OBJECT_DIGEST', `${bytes.length} bytes do not have SHA-256 ${sha256}`);
			await writeFileAtomic(blobFile(data, validatorUid, sha256), bytes);
		},
	};
}

export function sha256Hex(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** The blob, which an earlier activity of the same window stored. Throws OBJECT_MISSING when somebody removed it since. */
export async function requireBlob(blobs: Pick<BlobFolder, 'read'>, sha256: string): Promise<Uint8Array> {
	const bytes = await blobs.read(sha256);
	if (bytes === undefined) throw new VramhubError('OBJECT_MISSING', `blob ${sha256} is no longer in this validator's folder`);
	return bytes;
}
