import { bcs } from '@mysten/sui/bcs';
import { moveStruct } from '#clients/chain/struct.ts';

/**
 * The contracts' structs in BCS: fields in the order of the Move sources (`contracts/sources`). A test holds names, types and order to the compiled
 * bytecode, so a change there shows here.
 */

const Id = bcs.Address;
const Table = bcs.struct('Table', { id: Id, size: bcs.u64() });
const Balance = bcs.struct('Balance', { value: bcs.u64() });
const TreasuryCap = bcs.struct('TreasuryCap', { id: Id, total_supply: bcs.struct('Supply', { value: bcs.u64() }) });

export const Clock = moveStruct('clock', 'Clock', { id: Id, timestamp_ms: bcs.u64() });

export const Network = moveStruct('network', 'Network', {
	id: Id,
	version: bcs.u64(),
	window_duration_ms: bcs.u64(),
	admin_cap: Id,
	offered_to: bcs.option(bcs.Address),
	paused_until_ms: bcs.u64(),
	objects: bcs.vector(Id),
});

/** Of Sui's module `package`. */
const UpgradeCap = bcs.struct('UpgradeCap', { id: Id, package: Id, version: bcs.u64(), policy: bcs.u8() });
export const UpgradeProposal = moveStruct('upgrade_vault', 'Proposal', { digest: bcs.byteVector(), proposed_window: bcs.u64(), from_window: bcs.u64() });
export const UpgradeVault = moveStruct('upgrade_vault', 'UpgradeVault', {
	id: Id,
	network: Id,
	cap: UpgradeCap,
	proposal: bcs.option(UpgradeProposal),
	packages: bcs.vector(Id),
});

export const Scheduled = moveStruct('hparams', 'Scheduled', { from_window: bcs.u64(), version: bcs.u32() });
export const Hparams = moveStruct('hparams', 'Hparams', {
	id: Id,
	network: Id,
	versions: Table,
	schedule: bcs.vector(Scheduled),
	released_by: bcs.u64(),
	reviewed_by: bcs.u64(),
});

export const FreeUid = moveStruct('uid_pool', 'FreeUid', { uid: bcs.u16(), from_window: bcs.u64() });
export const UidPool = moveStruct('uid_pool', 'UidPool', {
	next_uid: bcs.u16(),
	active: bcs.u64(),
	free: bcs.vector(FreeUid),
	registrations_window: bcs.u64(),
	registrations_count: bcs.u64(),
});

export const RosterEntry = moveStruct('peer_registry', 'RosterEntry', { uid: bcs.u16(), generation: bcs.u32() });
export const RosterVersion = moveStruct('peer_registry', 'RosterVersion', { from_window: bcs.u64(), entries: bcs.vector(RosterEntry) });
export const PeerRegistry = moveStruct('peer_registry', 'PeerRegistry', {
	id: Id,
	network: Id,
	miners: Table,
	uids: UidPool,
	rosters: bcs.vector(RosterVersion),
	registered_windows: bcs.vector(bcs.u64()),
});
export const Miner = moveStruct('peer_registry', 'Miner', {
	uid: bcs.u16(),
	generation: bcs.u32(),
	owner: bcs.Address,
	operator: bcs.Address,
	registered_window: bcs.u64(),
	cred_version: bcs.u32(),
	credentials: bcs.byteVector(),
	previous_credentials: bcs.byteVector(),
	rotated_window: bcs.u64(),
	until_window: bcs.u64(),
	stake: bcs.u64(),
});

export const ValidatorRegistry = moveStruct('validator_registry', 'ValidatorRegistry', {
	id: Id,
	network: Id,
	validators: Table,
	uids: UidPool,
	agents: Table,
	operators: Table,
	slashed: Table,
});
export const Registration = moveStruct('validator_registry', 'Registration', { uid: bcs.u16(), generation: bcs.u32() });
export const OperatorKey = moveStruct('validator_registry', 'OperatorKey', { uid: bcs.u16(), generation: bcs.u32(), operator: bcs.Address });
export const OperatorTerm = moveStruct('validator_registry', 'OperatorTerm', { from_window: bcs.u64(), until_window: bcs.u64() });
export const StakeEntry = moveStruct('validator_registry', 'StakeEntry', { from_window: bcs.u64(), amount: bcs.u64() });
export const Validator = moveStruct('validator_registry', 'Validator', {
	uid: bcs.u16(),
	generation: bcs.u32(),
	owner: bcs.Address,
	operator: bcs.Address,
	registered_window: bcs.u64(),
	until_window: bcs.u64(),
	slashed: bcs.bool(),
	stakes: bcs.vector(StakeEntry),
});

export const PcrSet = moveStruct('enclave_registry', 'PcrSet', {
	pcr0: bcs.byteVector(),
	pcr1: bcs.byteVector(),
	pcr2: bcs.byteVector(),
	from_window: bcs.u64(),
	until_window: bcs.u64(),
	revoked: bcs.bool(),
});
export const EnclaveRegistry = moveStruct('enclave_registry', 'EnclaveRegistry', {
	id: Id,
	network: Id,
	enclaves: Table,
	allow_list: bcs.vector(PcrSet),
	keys: Table,
});
export const EnclaveRecord = moveStruct('enclave_registry', 'EnclaveRecord', {
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	public_key: bcs.byteVector(),
	pcr_row: bcs.u32(),
	registered_ms: bcs.u64(),
	document_ms: bcs.u64(),
});

export const GradientRegistry = moveStruct('gradient_registry', 'GradientRegistry', { id: Id, network: Id, windows: Table });
export const Commitment = moveStruct('gradient_registry', 'Commitment', {
	seq: bcs.u32(),
	uid: bcs.u16(),
	generation: bcs.u32(),
	sha256: bcs.byteVector(),
	size: bcs.u64(),
	cred_version: bcs.u32(),
	ms: bcs.u64(),
});
export const WindowCommitments = moveStruct('gradient_registry', 'WindowCommitments', {
	commitments: bcs.vector(Commitment),
	hash: bcs.byteVector(),
	count: bcs.u32(),
	mask: bcs.vector(bcs.u256()),
});

export const Anchor = moveStruct('round_state', 'Anchor', { boundary: bcs.u64(), hash: bcs.byteVector(), activation: bcs.u64() });
export const RoundState = moveStruct('round_state', 'RoundState', {
	id: Id,
	network: Id,
	windows: Table,
	checkpoints: bcs.vector(Anchor),
	interval_start: bcs.u64(),
	latest_boundary: bcs.u64(),
	boundaries: Table,
});
export const SnapshotValidator = moveStruct('round_state', 'SnapshotValidator', { uid: bcs.u16(), generation: bcs.u32(), stake: bcs.u64() });
export const WindowRecord = moveStruct('round_state', 'WindowRecord', {
	window: bcs.u64(),
	status: bcs.u8(),
	sealed_at_ms: bcs.u64(),
	randomness: bcs.byteVector(),
	commitments_hash: bcs.byteVector(),
	commitments_count: bcs.u16(),
	checkpoint_hash: bcs.byteVector(),
	checkpoint_boundary: bcs.u64(),
	hparams_version: bcs.u32(),
	hparams_hash: bcs.byteVector(),
	roster_hash: bcs.byteVector(),
	roster_count: bcs.u16(),
	validators: bcs.vector(SnapshotValidator),
	total_stake: bcs.u64(),
	emission: bcs.u64(),
});
export const PayloadDigest = moveStruct('round_state', 'PayloadDigest', {
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	sha256: bcs.byteVector(),
});
export const WindowEntry = moveStruct('round_state', 'WindowEntry', {
	record: WindowRecord,
	roster: bcs.vector(RosterEntry),
	committed: bcs.u256(),
	selected: bcs.vector(RosterEntry),
	selection_hash: bcs.byteVector(),
	pruned: bcs.bool(),
	payloads: bcs.vector(PayloadDigest),
});

export const Vote = moveStruct('checkpoints', 'Vote', {
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	stake: bcs.u64(),
	hash: bcs.byteVector(),
});
export const Boundary = moveStruct('checkpoints', 'Boundary', {
	boundary: bcs.u64(),
	parent_boundary: bcs.u64(),
	merge_digest: bcs.byteVector(),
	selected_count: bcs.u64(),
	votes: bcs.vector(Vote),
	outcome: bcs.u8(),
	hash: bcs.byteVector(),
	activation: bcs.u64(),
});

export const ScoreLedger = moveStruct('score_ledger', 'ScoreLedger', { id: Id, network: Id, chains: Table, settled: Table });
export const Columns = moveStruct('score_ledger', 'Columns', {
	uids: bcs.vector(bcs.u16()),
	generations: bcs.vector(bcs.u32()),
	codes: bcs.byteVector(),
	/** i32 in two's complement, as are the randoms. */
	scores: bcs.vector(bcs.u32()),
	randoms: bcs.vector(bcs.u32()),
	weights: bcs.vector(bcs.u16()),
});
export const PayloadChain = moveStruct('score_ledger', 'PayloadChain', {
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	last_window: bcs.u64(),
	last_digest: bcs.byteVector(),
	last_payload: bcs.byteVector(),
	weights_from: bcs.u64(),
	settled_rows: bcs.u64(),
	total_rows: bcs.u64(),
	map_cursor: bcs.u64(),
	map_remaining: bcs.u64(),
	columns: Columns,
});
export const SettledKey = moveStruct('score_ledger', 'SettledKey', { window: bcs.u64(), validator_uid: bcs.u16() });
export const SettledScores = moveStruct('score_ledger', 'SettledScores', {
	window: bcs.u64(),
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	payload_sha256: bcs.byteVector(),
	columns: Columns,
});

export const Consensus = moveStruct('consensus', 'Consensus', { id: Id, network: Id, windows: Table, latest_final: bcs.option(bcs.u64()), attendances: Table });
export const CountedValidator = moveStruct('consensus', 'CountedValidator', {
	uid: bcs.u16(),
	generation: bcs.u32(),
	stake: bcs.u64(),
	agreement: bcs.u64(),
	agreed_codes: bcs.u64(),
	completeness_bps: bcs.u64(),
});
export const WindowConsensus = moveStruct('consensus', 'WindowConsensus', {
	window: bcs.u64(),
	validators: bcs.vector(CountedValidator),
	submitted_stake: bcs.u64(),
	total_rows: bcs.u64(),
	/** i32 in two's complement, as are the randoms. */
	own: bcs.vector(bcs.u32()),
	random: bcs.vector(bcs.u32()),
	weight: bcs.vector(bcs.u16()),
	accepted: bcs.u256(),
	finalized: bcs.bool(),
});

export const RewardPool = moveStruct('reward_distributor', 'RewardPool', {
	id: Id,
	network: Id,
	treasury_cap: TreasuryCap,
	max_supply: bcs.u64(),
	paid: bcs.u64(),
	unclaimed: Balance,
	treasury: Balance,
	spent: bcs.u64(),
	owed: Table,
	distributions: Table,
});
export const Distribution = moveStruct('reward_distributor', 'Distribution', {
	minted: bcs.u64(),
	miners: bcs.u64(),
	validators: bcs.u64(),
	treasury: bcs.u64(),
});

export const MinerRegistered = moveStruct('peer_registry', 'MinerRegistered', {
	network: Id,
	uid: bcs.u16(),
	generation: bcs.u32(),
	owner: bcs.Address,
	operator: bcs.Address,
	window: bcs.u64(),
});
export const ValidatorRegistered = moveStruct('validator_registry', 'ValidatorRegistered', {
	network: Id,
	uid: bcs.u16(),
	generation: bcs.u32(),
	owner: bcs.Address,
	operator: bcs.Address,
	window: bcs.u64(),
});

export const NetworkCreated = moveStruct('network_setup', 'NetworkCreated', {
	network: Id,
	hparams: Id,
	vault: Id,
	peer_registry: Id,
	validator_registry: Id,
	enclave_registry: Id,
	gradient_registry: Id,
	round_state: Id,
	score_ledger: Id,
	admin_cap: Id,
	consensus: Id,
});
export const RewardPoolCreated = moveStruct('reward_distributor', 'RewardPoolCreated', { network: Id, pool: Id });

export const UpgradeVaultCreated = moveStruct('upgrade_vault', 'UpgradeVaultCreated', { network: Id, upgrade_vault: Id });
