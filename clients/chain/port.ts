import type { MinerCodeName } from '#core/gradient/codes.ts';
import type { Hparams } from '#core/gradient/hparams.ts';
import type { Commitment, RosterEntry, WindowRecord } from '#core/gradient/records.ts';

/** The chain as the gradient family's processes see it. Every read is of the latest state; missing things are undefined, not errors. */
export interface ChainReader {
	/** Milliseconds of the shared Clock. */
	clockMs(): Promise<bigint>;
	network(): Promise<NetworkInfo>;
	/** Parameters in force in a window. */
	hparamsAt(window: bigint): Promise<Hparams>;
	/** Checkpoint in force in a window. */
	checkpointAt(window: bigint): Promise<CheckpointAnchor>;
	windowRecord(window: bigint): Promise<WindowRecord | undefined>;
	/** In order of seq; empty when nobody committed. Throws WINDOW_PRUNED, as do the other lists of a window. */
	commitments(window: bigint): Promise<readonly Commitment[]>;
	/** As of a sealed window, ascending uid. */
	roster(window: bigint): Promise<readonly RosterEntry[]>;
	miner(uid: number): Promise<Miner | undefined>;
	miners(): Promise<readonly Miner[]>;
	validator(uid: number): Promise<Validator | undefined>;
	/** The enclave that a validator's submissions are checked against. */
	enclave(validatorUid: number): Promise<EnclaveRecord | undefined>;
	/** Where a validator's chain of payloads stands; undefined before its first submission. */
	payloadChain(validatorUid: number): Promise<PayloadChain | undefined>;
	/** What the ledger recorded of one validator's payload; undefined until its last slice is settled. */
	settledScores(window: bigint, validatorUid: number): Promise<SettledScores | undefined>;
	/** Medians over validators; undefined before the first slice of them is settled. */
	consensus(window: bigint): Promise<WindowConsensus | undefined>;
	/** S_w of a FINAL window, best first, and its hash; undefined before that. */
	selection(window: bigint): Promise<WindowSelection | undefined>;
	/** All anchored checkpoints with outcome NEW, genesis first. */
	checkpoints(): Promise<readonly CheckpointAnchor[]>;
	/** First window of the interval that the next checkpoint merges: the parent's activation, or later after a KEEP. */
	intervalStart(): Promise<bigint>;
	/** Attestations for a boundary; undefined while there is none. */
	boundary(boundary: bigint): Promise<Boundary | undefined>;
}

export interface WindowConsensus {
	readonly window: bigint;
	/** Whose settled payloads count, ascending uid. */
	readonly validators: readonly { readonly uid: number; readonly generation: number; readonly stake: bigint }[];
	readonly submittedStake: bigint;
	/** One entry a settled roster row, in roster order. */
	readonly medians: readonly MinerMedians[];
	readonly finalized: boolean;
}

export interface MinerMedians {
	readonly own: number;
	readonly random: number;
	readonly weight: number;
}

export interface WindowSelection {
	readonly window: bigint;
	readonly selected: readonly RosterEntry[];
	/** blake2b256(bcs{window u64, commitments_hash, selected: vector<RosterEntry>}); of the empty selection too. */
	readonly selectionHash: Uint8Array;
}

export type BoundaryOutcome =
	| { readonly kind: 'open' }
	| { readonly kind: 'new'; readonly hash: Uint8Array; readonly activation: bigint }
	| { readonly kind: 'keep' };

export interface Boundary {
	readonly boundary: bigint;
	readonly parentBoundary: bigint;
	readonly votes: readonly {
		readonly validatorUid: number;
		readonly stake: bigint;
		/** Empty for KEEP. */
		readonly hash: Uint8Array;
		readonly mergeDigest: Uint8Array;
	}[];
	readonly outcome: BoundaryOutcome;
}

export interface NetworkInfo {
	readonly id: string;
	readonly windowDurationMs: bigint;
}

export interface CheckpointAnchor {
	/** 0 for the genesis checkpoint. */
	readonly boundary: bigint;
	/** SHA-256 of the safetensors file. */
	readonly hash: Uint8Array;
	readonly activation: bigint;
}

export interface Miner {
	readonly uid: number;
	readonly generation: number;
	readonly owner: string;
	readonly operator: string;
	readonly registeredWindow: bigint;
	/** 0 until credentials are set. */
	readonly credVersion: number;
	/** Seal ciphertext of the credentials of `credVersion`; empty when that is 0. */
	readonly credentials: Uint8Array;
	/** Has not left: who leaves is still there until the window's end. */
	readonly active: boolean;
	readonly stake: bigint;
}

export interface Validator {
	readonly uid: number;
	readonly generation: number;
	readonly owner: string;
	readonly operator: string;
	readonly registeredWindow: bigint;
	/** Has not left: who leaves is still there until the window's end. */
	readonly active: boolean;
	readonly slashed: boolean;
	readonly stake: bigint;
}

export interface EnclaveRecord {
	readonly validatorUid: number;
	readonly validatorGeneration: number;
	readonly publicKey: Uint8Array;
	readonly pcrRow: number;
	readonly registeredMs: bigint;
	readonly documentMs: bigint;
}

export interface PayloadChain {
	/** Whose payloads: a validator that got the uid later starts a chain of its own. */
	readonly validatorGeneration: number;
	readonly lastWindow: bigint;
	/** SHA-256 of the last payload. */
	readonly lastDigest: Uint8Array;
	readonly lastPayload: Uint8Array;
	/** Roster rows of it that are settled so far, and how many it has. */
	readonly settledRows: number;
	readonly totalRows: number;
}

export interface SettledScores {
	readonly window: bigint;
	readonly validatorUid: number;
	readonly payloadSha256: Uint8Array;
	readonly miners: readonly SettledMiner[];
}

export interface SettledMiner {
	readonly uid: number;
	readonly generation: number;
	readonly code: number;
	readonly codeName: MinerCodeName | undefined;
	/** Micro-nats; 0 unless code is 0. */
	readonly score: number;
	readonly random: number;
	/** u16 share of the validator's weights. */
	readonly weight: number;
}

/** A transaction that succeeded. Failures throw CHAIN_REJECTED with `details.abort` (the contract's named error), CHAIN_CONFLICT or CHAIN_UNAVAILABLE. */
export interface Executed {
	/** Base58. */
	readonly digest: string;
	readonly gasUsedMist: bigint;
}

/**
 * What each party sends, signed by its own key. A call whose effect is already there (sealed by anybody, committed the same, submitted the same)
 * succeeds with undefined: there is no transaction of ours to name.
 */
export interface ChainWriter {
	readonly address: string;
	registerMiner(request: { readonly stakeMist: bigint; readonly operator: string }): Promise<Executed & { readonly uid: number; readonly generation: number }>;
	/** `credVersion` must be the current one plus 1; the ciphertext is bound to it. */
	setCredentials(request: { readonly uid: number; readonly credVersion: number; readonly ciphertext: Uint8Array }): Promise<Executed | undefined>;
	registerValidator(request: {
		readonly stakeMist: bigint;
		readonly operator: string;
	}): Promise<Executed & { readonly uid: number; readonly generation: number }>;
	registerEnclave(request: { readonly validatorUid: number; readonly attestationDocument: Uint8Array }): Promise<Executed>;
	commitGradient(request: {
		readonly uid: number;
		readonly window: bigint;
		readonly sha256: Uint8Array;
		readonly size: bigint;
		readonly credVersion: number;
	}): Promise<Executed | undefined>;
	/** Undefined when somebody else had sealed it before. */
	sealWindow(window: bigint): Promise<Executed | undefined>;
	/** Submits and settles as many rows as one transaction may; the rest is cranked by {@link settleSlice}. Undefined when this very payload is recorded already. */
	submitScores(request: {
		readonly validatorUid: number;
		readonly window: bigint;
		readonly payload: Uint8Array;
		readonly signature: Uint8Array;
	}): Promise<Executed | undefined>;
	settleSlice(request: { readonly validatorUid: number; readonly window: bigint; readonly fromRow: number }): Promise<Executed>;
	settleMedians(request: { readonly window: bigint; readonly fromRow: number; readonly medians: readonly MinerMedians[] }): Promise<Executed>;
	/** Undefined when somebody else had finalized it before. */
	finalizeWindow(request: { readonly window: bigint; readonly selectedUids: readonly number[] }): Promise<Executed | undefined>;
	/** Undefined when this validator has attested the same before. `hash` undefined: KEEP. */
	attestCheckpoint(request: {
		readonly validatorUid: number;
		readonly boundary: bigint;
		readonly parentBoundary: bigint;
		readonly hash: Uint8Array | undefined;
		readonly mergeDigest: Uint8Array;
	}): Promise<Executed | undefined>;
	/** Undefined when it is distributed already, or there is nothing to: no emission in the window, or no reward pool in the network. */
	distributeRewards(window: bigint): Promise<Executed | undefined>;
}

/** Roster rows that one settlement transaction takes, so that it stays in the cheapest computation bucket. */
export const SETTLE_SLICE_ROWS = 40;

/** Rows that one transaction settles the medians of: each row is counted once for every validator, so more validators make shorter slices. */
export function medianSliceRows(validators: number): number {
	return Math.max(1, Math.min(SETTLE_SLICE_ROWS, Math.floor(200 / Math.max(1, validators))));
}
