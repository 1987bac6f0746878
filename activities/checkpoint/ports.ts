import type { GradientPublisher } from '#activities/gradient/ports.ts';

/** What a checkpoint's activities need of the world besides the chain and what the validator's have. Digests are hexadecimal SHA-256. */

/** All that this validator publishes. */
export interface AuditStore extends GradientPublisher {
	putCheckpoint(boundary: bigint, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** This validator's own folder of checkpoints. */
export interface CheckpointFolder {
	/** Undefined when it is not there, or is another one. */
	read(boundary: bigint, sha256: string): Promise<Uint8Array | undefined>;
	write(boundary: bigint, bytes: Uint8Array): Promise<void>;
}

/** Mean loss of these parameters on the sequences that no miner is ever assigned, nats a token. */
export type HeldOutLoss = (parameters: Float32Array) => Promise<number>;
