import type { StorageCredentials } from '#core/gradient/credentials.ts';
import type {
	AttestationAnswer,
	AttestationQuery,
	CloseAnswer,
	FreezeAnswer,
	FreezeRequest,
	MeasureAnswer,
	ProcessDataAnswer,
	ProcessDataRequest,
	SessionAnswer,
	SessionRequest,
} from '#core/gradient/enclave-api.ts';

/** What the activities need of the world besides the chain. Errors are VramhubErrors with the codes named. */

/** ENCLAVE_UNAVAILABLE (no answer), ENCLAVE_SESSION_LOST (it restarted), ENCLAVE_REFUSED. */
export interface EnclaveClient {
	attestation(query: AttestationQuery, signal?: AbortSignal): Promise<AttestationAnswer>;
	openSession(request: SessionRequest, signal?: AbortSignal): Promise<SessionAnswer>;
	putModelFile(sha256: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
	measure(session: string, uid: number, gradient: Uint8Array, signal?: AbortSignal): Promise<MeasureAnswer>;
	freeze(session: string, request: FreezeRequest, signal?: AbortSignal): Promise<FreezeAnswer>;
	process(request: ProcessDataRequest, signal?: AbortSignal): Promise<ProcessDataAnswer>;
	close(session: string, signal?: AbortSignal): Promise<CloseAnswer>;
	/** Of a closed session: what its payload's `state_after` is the SHA-256 of. */
	state(session: string, signal?: AbortSignal): Promise<Uint8Array>;
}

/** SEAL_NO_ACCESS, SEAL_UNAVAILABLE, SEAL_BAD_CIPHERTEXT, CREDENTIALS_MALFORMED. May cache keys by version. */
export interface CredentialsDecryptor {
	decrypt(request: {
		readonly uid: number;
		readonly generation: number;
		readonly credVersion: number;
		readonly ciphertext: Uint8Array;
	}): Promise<StorageCredentials>;
}

/** OBJECT_MISSING, OBJECT_FORBIDDEN, OBJECT_TOO_LARGE, OBJECT_DIGEST, OBJECT_UNAVAILABLE, ENDPOINT_REFUSED. */
export interface ObjectSource {
	fetch(request: {
		readonly credentials: StorageCredentials;
		/** Below the credentials' prefix. */
		readonly key: string;
		readonly maxBytes: number;
		/** Hexadecimal. */
		readonly sha256: string;
		readonly signal: AbortSignal;
	}): Promise<{ readonly bytes: Uint8Array; readonly lastModifiedMs: number | undefined }>;
}

/**
 * Gradients that validators publish under their digests once the put phase of their window is over. Whoever reads them knows digest and size from the
 * chain, so it does not matter who serves. OBJECT_UNAVAILABLE while nobody does.
 */
export interface PublishedGradients {
	fetch(request: {
		/** Hexadecimal. */
		readonly sha256: string;
		/** As committed, bytes. */
		readonly size: number;
		/** Whose prefixes are looked into, in this order. Default: every validator's. */
		readonly validatorUids?: readonly number[];
		readonly signal: AbortSignal;
	}): Promise<Uint8Array>;
}

/** This validator's own prefix of the public audit bucket. OBJECT_FORBIDDEN, OBJECT_UNAVAILABLE. Repeating a call is harmless, and uploads nothing twice. */
export interface GradientPublisher {
	putGradient(sha256: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** The files that an enclave evaluates with. */
export interface ModelFiles {
	/** Canonical CBOR; its SHA-256 is the window's `model_manifest_hash`. */
	readonly manifest: Uint8Array;
	/** With their proofs against the dataset's root, ascending. */
	shards(indices: readonly number[]): SessionRequest['shards'];
	/** A checkpoint, the graph or a shard, by hexadecimal SHA-256. Throws CHECKPOINT_MISMATCH when this validator does not have it. */
	read(sha256: string): Promise<Uint8Array>;
}
