import { ERRORS, isVramhubError, VramhubError } from '#core/errors.ts';
import type { EndpointPolicy } from './endpoint-policy.ts';
import type { ObjectStore } from './s3-object-store.ts';

/**
 * What validators publish for everybody, each under a prefix of its own in one bucket that anybody may read: checkpoints, and the gradients
 * of windows whose put phase is over, by their SHA-256. Whoever reads knows the digest from the chain, so it does not matter who serves.
 */
export const auditPrefix = (validatorUid: number) => `validator-${validatorUid}/`;
/** Below a validator's prefix; `sha256` hexadecimal. */
export const auditGradientKey = (sha256: string) => `gradients/${sha256}`;

export interface AuditPlace {
	readonly endpoint: string;
	readonly bucket: string;
	/** Whose prefixes are looked into, in this order. */
	readonly validatorUids: readonly number[];
	readonly policy: EndpointPolicy;
}

export interface PublishedObject {
	/** Below a validator's prefix. */
	readonly key: string;
	readonly sha256: Uint8Array;
	readonly maxBytes: number;
	readonly signal?: AbortSignal;
}

/** For one download, first byte to last. */
const DOWNLOAD_BUDGET_MS = 60_000;

/** The object from the first validator that serves these very bytes. Throws OBJECT_UNAVAILABLE when none does, which may change: objects appear. */
export async function readPublished(store: Pick<ObjectStore, 'getObjectLimited'>, place: AuditPlace, object: PublishedObject): Promise<Uint8Array> {
	const { endpoint, bucket, validatorUids, policy } = place;
	const answers: string[] = [];
	for (const uid of validatorUids) {
		try {
			const { bytes } = await store.getObjectLimited({
				credentials: { anonymous: true, endpoint, bucket, prefix: auditPrefix(uid) },
				key: object.key,
				maxBytes: object.maxBytes,
				expectedSha256: object.sha256,
				timeBudgetMs: DOWNLOAD_BUDGET_MS,
				policy,
				...(object.signal !== undefined && { signal: object.signal }),
			});
			return bytes;
		} catch (error) {
			if (!isVramhubError(error) || !isAboutTheServer(error)) throw error;
			answers.push(`validator ${uid}: ${error.code}`);
		}
	}
	throw new VramhubError('OBJECT_UNAVAILABLE', `no validator serves ${object.key} (${answers.join(', ') || 'none is known'})`);
}

/** Another validator may still have it. */
function isAboutTheServer({ code }: VramhubError): boolean {
	return code.startsWith('OBJECT_') || ERRORS[code].retryable;
}
