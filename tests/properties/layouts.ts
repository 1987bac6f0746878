/** Fields of the contracts' structs that the properties speak of, as `pure.ts` decodes them. */

export const FOREVER = 0xffff_ffff_ffff_ffffn;

export interface UidPool {
	readonly next_uid: number;
	readonly active: bigint;
	readonly free: readonly { readonly uid: number; readonly from_window: bigint }[];
}

export interface Registry {
	readonly uids: UidPool;
}

export interface RosterEntry {
	readonly uid: number;
	readonly generation: number;
}

export interface PeerRegistry extends Registry {
	readonly rosters: readonly { readonly from_window: bigint; readonly entries: readonly RosterEntry[] }[];
}

/** What miners and validators have in common. */
export interface Member extends RosterEntry {
	readonly owner: string;
	readonly operator: string;
	readonly registered_window: bigint;
	readonly until_window: bigint;
}

export interface Miner extends Member {
	readonly cred_version: number;
	readonly rotated_window: bigint;
	readonly stake: bigint;
}

export interface Validator extends Member {
	readonly slashed: boolean;
	readonly stakes: readonly { readonly from_window: bigint; readonly amount: bigint }[];
}

export interface Params {
	readonly values: readonly bigint[];
	readonly model_manifest_hash: string;
	readonly dataset_root: string;
}

export interface HparamsRoot {
	readonly schedule: readonly { readonly from_window: bigint; readonly version: number }[];
}

export interface NetworkRoot {
	readonly id: string;
	readonly admin_cap: string;
	readonly offered_to: string | undefined;
	readonly paused_until_ms: bigint;
}

export interface VaultRoot {
	readonly treasury: { readonly value: bigint };
}

export interface Escrow {
	readonly owner: string;
	readonly stake: { readonly value: bigint };
	readonly unbonding: readonly { readonly amount: { readonly value: bigint }; readonly release_window: bigint }[];
}

export interface SnapshotValidator extends RosterEntry {
	readonly stake: bigint;
}

export interface WindowRecord {
	readonly window: bigint;
	readonly status: number;
	readonly sealed_at_ms: bigint;
	readonly randomness: string;
	readonly commitments_hash: string;
	readonly commitments_count: number;
	readonly checkpoint_hash: string;
	readonly checkpoint_boundary: bigint;
	readonly hparams_version: number;
	readonly hparams_hash: string;
	readonly roster_hash: string;
	readonly roster_count: number;
	readonly validators: readonly SnapshotValidator[];
	readonly total_stake: bigint;
	readonly emission: bigint;
}

export interface WindowEntry {
	readonly record: WindowRecord;
	readonly roster: readonly RosterEntry[];
	readonly selected: readonly RosterEntry[];
	readonly selection_hash: string;
	readonly pruned?: boolean;
}

export interface RoundStateRoot {
	readonly checkpoints: readonly { readonly boundary: bigint; readonly hash: string; readonly activation: bigint }[];
	readonly interval_start: bigint;
	readonly latest_boundary: bigint;
}

export interface Boundary {
	readonly parent_boundary: bigint;
	readonly merge_digest: string;
	readonly selected_count: bigint;
	readonly votes: readonly { readonly validator_uid: number; readonly validator_generation: number; readonly hash: string }[];
	readonly outcome: number;
}

export interface Commitment extends RosterEntry {
	readonly seq: number;
	readonly sha256: string;
	readonly size: bigint;
	readonly cred_version: number;
	readonly ms: bigint;
}

export interface WindowCommitments {
	readonly commitments: readonly Commitment[];
	readonly count: number;
}

export interface Columns {
	readonly uids: readonly number[];
	readonly generations: readonly number[];
	/** Hexadecimal, one byte each. */
	readonly codes: string;
	/** Two's complement, as are the randoms. */
	readonly scores: readonly number[];
	readonly randoms: readonly number[];
	readonly weights: readonly number[];
}

export interface PayloadChain {
	readonly validator_generation: number;
	readonly last_window: bigint;
	readonly last_digest: string;
	readonly last_payload: string;
	readonly weights_from: bigint;
	readonly settled_rows: bigint;
	readonly total_rows: bigint;
}

export interface SettledScores {
	readonly window: bigint;
	readonly validator_uid: number;
	readonly validator_generation: number;
	readonly payload_sha256: string;
	readonly columns: Columns;
}

export interface CountedValidator extends SnapshotValidator {
	readonly agreement: bigint;
	readonly agreed_codes: bigint;
	readonly completeness_bps?: bigint;
}

export interface WindowConsensus {
	readonly window: bigint;
	readonly validators: readonly CountedValidator[];
	readonly submitted_stake: bigint;
	readonly total_rows: bigint;
	readonly own: readonly number[];
	readonly random: readonly number[];
	readonly weight: readonly number[];
	readonly finalized: boolean;
}

export interface RewardPool {
	readonly treasury_cap: { readonly total_supply: { readonly value: bigint } };
	readonly max_supply: bigint;
	readonly paid: bigint;
	readonly unclaimed: { readonly value: bigint };
	readonly treasury: { readonly value: bigint };
	readonly spent: bigint;
}

export interface Distribution {
	readonly minted: bigint;
	readonly miners: bigint;
	readonly validators: bigint;
	readonly treasury: bigint;
}

export interface EnclaveRecord {
	readonly validator_generation: number;
	readonly public_key: string;
	readonly pcr_row: number;
	readonly document_ms: bigint;
}

export interface PcrSet {
	readonly from_window: bigint;
	readonly until_window: bigint;
	readonly revoked: boolean;
}

export interface OperatorTerm {
	readonly from_window: bigint;
	readonly until_window: bigint;
}
