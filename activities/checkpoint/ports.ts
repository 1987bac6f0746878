/** What a checkpoint's activities need of the world besides the chain and what the validator's have. Digests are hexadecimal SHA-256. */

/** Gradients that validators publish once their window is final. OBJECT_UNAVAILABLE while nobody serves it. */
export interface PublishedGradients {
	fetch(request: { readonly sha256: string; readonly size: number; readonly signal: AbortSignal }): Promise<Uint8Array>;
}

/** This validator's own prefix of the public audit bucket. OBJECT_FORBIDDEN, OBJECT_UNAVAILABLE. Repeating a call is harmless. */
export interface AuditStore {
	putCheckpoint(boundary: bigint, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
	putGradient(sha256: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** This validator's own folder of checkpoints. */
export interface CheckpointFolder {
	/** Undefined when it is not there, or is another one. */
	read(boundary: bigint, sha256: string): Promise<Uint8Array | undefined>;
	write(boundary: bigint, bytes: Uint8Array): Promise<void>;
}

/** Mean loss of these parameters on the sequences that no miner is ever assigned, nats a token. */
export type HeldOutLoss = (parameters: Float32Array) => Promise<number>;
