/**
 * What workflows and activities exchange. References and digests only, never gradients, credentials or keys: everything here ends
 * up in a workflow history. u64 travel as decimal strings because JSON has no bigint.
 */
export interface DriverInput {
	readonly network: string;
	readonly validatorUid: number;
	/** First window to score, decimal. */
	readonly fromWindow: string;
	/** Windows to start before the driver continues as new. */
	readonly windowsPerRun: number;
}

export interface WindowInput {
	readonly network: string;
	readonly validatorUid: number;
	readonly window: string;
}

/** Facts of a sealed window, as an activity read them from the chain. */
export interface SealedWindow {
	readonly window: string;
	readonly checkpointHash: string;
	readonly commitmentsCount: number;
	/** Most miners that the window evaluates. When more committed, which ones is known once the session is open. Not in older histories: all. */
	readonly maxEvaluations?: number;
	/** Committed miners, ascending uid. */
	readonly miners: readonly CommittedMiner[];
	/** When the window's put phase ends, chain milliseconds. */
	readonly putCloseMs: string;
}

export interface CommittedMiner {
	readonly uid: number;
	readonly generation: number;
	readonly credVersion: number;
	/** Hexadecimal SHA-256 of the committed object. */
	readonly sha256: string;
	readonly size: number;
}

/** A gradient in this validator's own blob folder, found by its digest, or why it could not be brought. */
export type FetchOutcome =
	| { readonly kind: 'stored'; readonly uid: number; readonly sha256: string; readonly size: number }
	| { readonly kind: 'testimony'; readonly uid: number; readonly code: number; readonly reason: string };

export interface MinerResult {
	readonly uid: number;
	readonly code: number;
	/** Micro-nats; null when the code is not 0. */
	readonly score: number | null;
}

export interface WindowResult {
	readonly window: string;
	readonly state: 'scored' | 'void' | 'not-a-validator';
	/** Digest of the transaction that recorded the payload, base58. */
	readonly transaction: string | null;
	readonly payloadSha256: string | null;
	readonly miners: readonly MinerResult[];
}

/** A boundary's checkpoint workflow; on the aggregator's task queue, so that it waits while no aggregator runs. */
export interface CheckpointInput {
	readonly network: string;
	readonly validatorUid: number;
	/** Multiple of `checkpoint_frequency`, decimal. */
	readonly boundary: string;
}

/** What a boundary merges, as the chain defines it: everybody computes the same. */
export interface MergePlan {
	readonly boundary: string;
	readonly parentBoundary: string;
	/** Hexadecimal. */
	readonly parentHash: string;
	/** FINAL windows of I(B), ascending, each with its selected gradients in order of uid. */
	readonly windows: readonly { readonly window: string; readonly gradients: readonly CommittedMiner[] }[];
	/** Hexadecimal. */
	readonly mergeDigest: string;
}

export type CheckpointOutcome =
	| { readonly kind: 'new'; readonly hash: string; readonly heldOutLossBefore: number; readonly heldOutLoss: number }
	| { readonly kind: 'keep'; readonly reason: 'too-few-selected' | 'loss-rose'; readonly heldOutLossBefore: number; readonly heldOutLoss: number };

export interface CheckpointResult {
	readonly boundary: string;
	/** As anchored by the quorum; `expired` when none came in time. */
	readonly state: 'new' | 'keep' | 'expired';
	readonly hash: string | null;
	readonly activation: string | null;
	readonly heldOutLoss: number | null;
	readonly transaction: string | null;
}
