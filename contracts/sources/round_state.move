/// What is fixed of each window once its commitments are closed, what became of it, and which checkpoint is in force when.
module vramhub::round_state;

use sui::clock::Clock;
use sui::event;
use sui::hash::blake2b256;
use sui::random::{Self, Random};
use sui::table::{Self, Table};
use vramhub::checkpoints::{Self, Boundary};
use vramhub::gradient_registry::GradientRegistry;
use vramhub::hparams::{Hparams, Params};
use vramhub::network::Network;
use vramhub::peer_registry::{Self, PeerRegistry, RosterEntry};
use vramhub::signed_attestation;
use vramhub::validator_registry::ValidatorRegistry;

// === Errors ===

/// Sealing is possible once commitments are closed.
#[error]
const ETooEarly: vector<u8> = b"the window still takes commitments";
/// Sealing is possible until the end of the next window; then the window is void.
#[error]
const ETooLate: vector<u8> = b"nobody sealed the window in time: it is void";
/// A window is sealed once.
#[error]
const EAlreadySealed: vector<u8> = b"the window is sealed already";
/// The window is not sealed.
#[error]
const ENotSealed: vector<u8> = b"the window is not sealed";
/// The window's lists are not on the chain any more.
#[error]
const EPruned: vector<u8> = b"the window is pruned";
/// SHA-256 has 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"the checkpoint's hash must have 32 bytes";
/// Only who acts for the validator may attest for it.
#[error]
const ENotAgent: vector<u8> = b"the sender is neither operator nor delegate of this validator";
/// A relayed attestation is of the key that stands for the validator now, and stood for it in the boundary's window.
#[error]
const ENotOperator: vector<u8> = b"the attestation is not signed by the validator's operator of now and of the boundary";
/// Boundaries are the positive multiples of checkpoint_frequency.
#[error]
const ENotBoundary: vector<u8> = b"no checkpoint is made at this window";
/// Attesting begins with the boundary's own window.
#[error]
const EBoundaryAhead: vector<u8> = b"the boundary is not reached";
/// Attesting ends where the next boundary begins; that one includes the windows.
#[error]
const EBoundaryExpired: vector<u8> = b"the next boundary has taken this one's place";
/// A window before the boundary may still get its scores.
#[error]
const EWindowsPending: vector<u8> = b"a window before the boundary is not decided";
/// Nobody has attested.
#[error]
const EUnknownBoundary: vector<u8> = b"nobody has attested for this boundary";

// === Constants ===

const STATUS_SEALED: u8 = 1;
const STATUS_FINAL: u8 = 2;
const STATUS_UNSCORED: u8 = 3;
/// A window that is not sealed when so many have begun since can never be.
const SEALING_WINDOWS: u64 = 2;
const RANDOMNESS_LENGTH: u16 = 32;

// === Structs ===

public struct RoundState has key {
    id: UID,
    network: ID,
    windows: Table<u64, WindowEntry>,
    /// Ascending by activation; the last one whose activation is not later than w is in force in w.
    checkpoints: vector<Anchor>,
    /// What the next checkpoint merges begins here, or with the last one's activation when that is later.
    interval_start: u64,
    /// The last one that anybody has attested for.
    latest_boundary: u64,
    boundaries: Table<u64, Boundary>,
}

/// Record and selection stay for ever; roster and mask serve settlement until the window is pruned.
public struct WindowEntry has store {
    record: WindowRecord,
    roster: vector<RosterEntry>,
    /// Bit row of the roster is set when that miner committed.
    committed: u256,
    /// Whose gradients a checkpoint merges, best first.
    selected: vector<RosterEntry>,
    /// blake2b256 of window, commitments' hash and selection; empty until the window is final or unscored.
    selection_hash: vector<u8>,
    /// Whether roster, mask and the record's validators were taken off the chain.
    pruned: bool,
    /// Of the payloads that were settled; empty until the window is pruned, because the ledger has them until then.
    payloads: vector<PayloadDigest>,
}

/// All as of the window.
public struct WindowRecord has copy, drop, store {
    window: u64,
    /// 1 sealed, 2 final, 3 unscored.
    status: u8,
    sealed_at_ms: u64,
    randomness: vector<u8>,
    commitments_hash: vector<u8>,
    commitments_count: u16,
    checkpoint_hash: vector<u8>,
    checkpoint_boundary: u64,
    hparams_version: u32,
    hparams_hash: vector<u8>,
    roster_hash: vector<u8>,
    roster_count: u16,
    validators: vector<SnapshotValidator>,
    total_stake: u64,
    /// 0 once the window turns out to pay nothing.
    emission: u64,
}

public struct SnapshotValidator has copy, drop, store {
    uid: u16,
    generation: u32,
    stake: u64,
}

public struct PayloadDigest has copy, drop, store {
    validator_uid: u16,
    validator_generation: u32,
    sha256: vector<u8>,
}

/// A checkpoint in force from window `activation` on.
public struct Anchor has copy, drop, store {
    /// The window that it ends at; 0 for the genesis checkpoint.
    boundary: u64,
    /// SHA-256 of the safetensors file.
    hash: vector<u8>,
    activation: u64,
}

// === Events ===

public struct WindowSealed has copy, drop {
    network: ID,
    window: u64,
    randomness: vector<u8>,
    commitments_count: u16,
    roster_count: u16,
}

public struct CheckpointAttested has copy, drop {
    network: ID,
    boundary: u64,
    parent: u64,
    validator_uid: u16,
    validator_generation: u32,
    /// Empty to keep the parent.
    hash: vector<u8>,
}

/// A boundary is decided; when the parent is kept, hash is empty and activation 0.
public struct CheckpointAnchored has copy, drop {
    network: ID,
    boundary: u64,
    parent: u64,
    hash: vector<u8>,
    activation: u64,
}

// === Anybody's call ===

/// Closes a window and draws its randomness; by anybody, once, after commitments closed and before the end of the next window. Private,
/// and the same work whatever is drawn, so that nobody can try again for a better value.
entry fun seal_window(
    self: &mut RoundState,
    network: &Network,
    hparams: &Hparams,
    gradients: &GradientRegistry,
    peers: &PeerRegistry,
    validators: &ValidatorRegistry,
    random: &Random,
    window: u64,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_owns(gradients.network());
    network.assert_owns(peers.network());
    network.assert_owns(validators.network());
    network.assert_running(clock);
    assert!(!self.windows.contains(window), EAlreadySealed);
    let current = network.current_window(clock);
    assert!(window <= current, ETooEarly);
    assert!(current < window + SEALING_WINDOWS, ETooLate);
    let params = hparams.at(window);
    let sealed_at_ms = clock.timestamp_ms();
    assert!(sealed_at_ms >= network.window_start_ms(window) + params.put_window_open_ms(), ETooEarly);

    let mut generator = random::new_generator(random, ctx);
    let randomness = generator.generate_bytes(RANDOMNESS_LENGTH);
    let (commitments_hash, commitments_count) = gradients.summary(window);
    let roster = *peers.roster_at(window);
    let committed = gradients.committed_rows(window, &roster);
    let (snapshot, total_stake) = snapshot(validators, window, params);
    let checkpoint = self.checkpoint_at(window);
    let record = WindowRecord {
        window,
        status: STATUS_SEALED,
        sealed_at_ms,
        randomness,
        commitments_hash,
        commitments_count: commitments_count as u16,
        checkpoint_hash: checkpoint.hash,
        checkpoint_boundary: checkpoint.boundary,
        hparams_version: hparams.version_at(window),
        hparams_hash: params.hash(),
        roster_hash: peer_registry::roster_hash(&roster),
        roster_count: roster.length() as u16,
        validators: snapshot,
        total_stake,
        emission: params.emission_per_window(),
    };
    event::emit(WindowSealed {
        network: self.network,
        window,
        randomness,
        commitments_count: record.commitments_count,
        roster_count: record.roster_count,
    });
    let entry = WindowEntry {
        record,
        roster,
        committed,
        selected: vector[],
        selection_hash: vector[],
        pruned: false,
        payloads: vector[],
    };
    self.windows.add(window, entry);
}

// === Validators' call ===

/// By operator or delegate, once, from the boundary's window on until the next boundary begins: which checkpoint the validator computed
/// (`hash` empty: it keeps the parent), over which selections. More than `checkpoint_quorum_bps` of the boundary's stake decides.
public fun attest_checkpoint(
    self: &mut RoundState,
    network: &Network,
    hparams: &Hparams,
    validators: &ValidatorRegistry,
    validator_uid: u16,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(validators.network());
    assert!(validators.acts_for(ctx.sender()) == option::some(validator_uid), ENotAgent);
    self.attest(network, hparams, validators, validator_uid, boundary, parent_boundary, hash, merge_digest, clock)
}

// === Relayers' call ===

/// As `attest_checkpoint`, by anybody who holds the operator's signature (as the module signed_attestation has it): a validator whose own
/// transactions do not get through, or that has no gas, still votes.
public fun relay_attestation(
    self: &mut RoundState,
    network: &Network,
    hparams: &Hparams,
    validators: &ValidatorRegistry,
    validator_uid: u16,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    signature: vector<u8>,
    clock: &Clock,
) {
    network.assert_owns(validators.network());
    let validator = validators.validator(validator_uid);
    let generation = validator.generation();
    let signed = signed_attestation::new(network.id(), validator_uid, generation, boundary, parent_boundary, hash, merge_digest);
    let operator = signed.signed_by(&signature);
    assert!(operator == validator.operator() && validators.was_operator(validator_uid, generation, operator, boundary), ENotOperator);
    self.attest(network, hparams, validators, validator_uid, boundary, parent_boundary, hash, merge_digest, clock)
}

// === Reads ===

public fun is_sealed(self: &RoundState, window: u64): bool {
    self.windows.contains(window)
}

/// Aborts with ENotSealed.
public fun record(self: &RoundState, window: u64): &WindowRecord {
    assert!(self.windows.contains(window), ENotSealed);
    &self.windows[window].record
}

/// Whether the window's lists were taken off the chain. Aborts with ENotSealed.
public fun is_pruned(self: &RoundState, window: u64): bool {
    assert!(self.windows.contains(window), ENotSealed);
    self.windows[window].pruned
}

/// Of a pruned window, whose payloads were settled. Aborts with ENotSealed.
public fun payloads(self: &RoundState, window: u64): &vector<PayloadDigest> {
    assert!(self.windows.contains(window), ENotSealed);
    &self.windows[window].payloads
}

/// The roster, and a mask of its rows: whose miners committed. Aborts with ENotSealed, and with EPruned once they are gone.
public fun roster(self: &RoundState, window: u64): (&vector<RosterEntry>, u256) {
    assert!(self.windows.contains(window), ENotSealed);
    let entry = &self.windows[window];
    assert!(!entry.pruned, EPruned);
    (&entry.roster, entry.committed)
}

/// In force in a window.
public fun checkpoint_at(self: &RoundState, window: u64): Anchor {
    let mut i = self.checkpoints.length() - 1;
    while (self.checkpoints[i].activation > window) i = i - 1;
    self.checkpoints[i]
}

/// All that were anchored, the genesis checkpoint first.
public fun checkpoints(self: &RoundState): &vector<Anchor> {
    &self.checkpoints
}

public fun interval_start(self: &RoundState): u64 {
    self.interval_start
}

/// Whether anybody has attested for it.
public fun has_boundary(self: &RoundState, boundary: u64): bool {
    self.boundaries.contains(boundary)
}

/// Aborts with EUnknownBoundary.
public fun boundary(self: &RoundState, boundary: u64): &Boundary {
    assert!(self.boundaries.contains(boundary), EUnknownBoundary);
    &self.boundaries[boundary]
}

/// Whose gradients a checkpoint merges, and the hash of that; empty both until the window is final or unscored. Aborts with ENotSealed.
public fun selection(self: &RoundState, window: u64): (&vector<RosterEntry>, &vector<u8>) {
    assert!(self.windows.contains(window), ENotSealed);
    let entry = &self.windows[window];
    (&entry.selected, &entry.selection_hash)
}

public fun network(self: &RoundState): ID {
    self.network
}

/// Whether the validator was in the window's snapshot, with this generation.
public fun has_validator(self: &WindowRecord, uid: u16, generation: u32): bool {
    let n = self.validators.length();
    let mut i = 0;
    while (i < n) {
        let validator = &self.validators[i];
        if (validator.uid == uid) return validator.generation == generation;
        i = i + 1;
    };
    false
}

public fun window(self: &WindowRecord): u64 {
    self.window
}

public fun status(self: &WindowRecord): u8 {
    self.status
}

public fun is_final(self: &WindowRecord): bool {
    self.status == STATUS_FINAL
}

public fun sealed_at_ms(self: &WindowRecord): u64 {
    self.sealed_at_ms
}

public fun randomness(self: &WindowRecord): &vector<u8> {
    &self.randomness
}

public fun commitments_hash(self: &WindowRecord): &vector<u8> {
    &self.commitments_hash
}

public fun commitments_count(self: &WindowRecord): u16 {
    self.commitments_count
}

public fun checkpoint_hash(self: &WindowRecord): &vector<u8> {
    &self.checkpoint_hash
}

public fun hparams_version(self: &WindowRecord): u32 {
    self.hparams_version
}

public fun hparams_hash(self: &WindowRecord): &vector<u8> {
    &self.hparams_hash
}

public fun roster_hash(self: &WindowRecord): &vector<u8> {
    &self.roster_hash
}

public fun roster_count(self: &WindowRecord): u16 {
    self.roster_count
}

public fun validators(self: &WindowRecord): &vector<SnapshotValidator> {
    &self.validators
}

public fun total_stake(self: &WindowRecord): u64 {
    self.total_stake
}

public fun emission(self: &WindowRecord): u64 {
    self.emission
}

public fun snapshot_uid(self: &SnapshotValidator): u16 {
    self.uid
}

public fun snapshot_generation(self: &SnapshotValidator): u32 {
    self.generation
}

/// MIST.
public fun snapshot_stake(self: &SnapshotValidator): u64 {
    self.stake
}

public fun anchor_hash(self: &Anchor): &vector<u8> {
    &self.hash
}

public fun anchor_boundary(self: &Anchor): u64 {
    self.boundary
}

public fun anchor_activation(self: &Anchor): u64 {
    self.activation
}

// === Package ===

public(package) fun new(network: &Network, genesis_checkpoint: vector<u8>, ctx: &mut TxContext): RoundState {
    assert!(genesis_checkpoint.length() == 32, EBadDigest);
    RoundState {
        id: object::new(ctx),
        network: network.id(),
        windows: table::new(ctx),
        checkpoints: vector[Anchor { boundary: 0, hash: genesis_checkpoint, activation: 0 }],
        interval_start: 0,
        latest_boundary: 0,
        boundaries: table::new(ctx),
    }
}

/// The window's end, once; `pays` says whether its emission stands. Returns the new status.
public(package) fun finalize(
    self: &mut RoundState,
    window: u64,
    is_final: bool,
    pays: bool,
    selected: vector<RosterEntry>,
    selection_hash: vector<u8>,
): u8 {
    let entry = &mut self.windows[window];
    entry.record.status = if (is_final) STATUS_FINAL else STATUS_UNSCORED;
    if (!pays) entry.record.emission = 0;
    entry.selected = selected;
    entry.selection_hash = selection_hash;
    entry.record.status
}

/// Takes away the window's lists.
public(package) fun prune(self: &mut RoundState, window: u64, payloads: vector<PayloadDigest>) {
    let entry = &mut self.windows[window];
    entry.pruned = true;
    entry.roster = vector[];
    entry.committed = 0;
    entry.record.validators = vector[];
    entry.payloads = payloads;
}

public(package) fun payload_digest(validator_uid: u16, validator_generation: u32, sha256: vector<u8>): PayloadDigest {
    PayloadDigest { validator_uid, validator_generation, sha256 }
}

public(package) fun share(self: RoundState) {
    transfer::share_object(self)
}

// === Private ===

/// What the validator says, whoever brought it.
fun attest(
    self: &mut RoundState,
    network: &Network,
    hparams: &Hparams,
    validators: &ValidatorRegistry,
    validator_uid: u16,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    clock: &Clock,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_running(clock);
    let validator = validators.validator(validator_uid);
    let current = network.current_window(clock);
    assert!(boundary <= current, EBoundaryAhead);
    let params = hparams.at(boundary);
    let frequency = params.checkpoint_frequency();
    assert!(boundary > 0 && boundary % frequency == 0, ENotBoundary);
    // With another frequency the intervals of two boundaries could overlap: then the later one counts.
    assert!(current - boundary < frequency && boundary >= self.latest_boundary, EBoundaryExpired);

    if (!self.boundaries.contains(boundary)) {
        let parent = &self.checkpoints[self.checkpoints.length() - 1];
        // All windows of the interval are decided for good, so the digest is too.
        let (digest, selected_count) = self.merge_inputs(boundary, parent.activation, params.max_merge_windows(), current);
        let entry = checkpoints::new(boundary, parent.boundary, digest, selected_count);
        self.boundaries.add(boundary, entry);
        self.latest_boundary = boundary;
    };
    let entry = &mut self.boundaries[boundary];
    entry.attest(validator, validator_uid, params, parent_boundary, hash, merge_digest);
    event::emit(CheckpointAttested {
        network: self.network,
        boundary,
        parent: parent_boundary,
        validator_uid,
        validator_generation: validator.generation(),
        hash,
    });
    if (!entry.has_quorum(&hash, validators, params)) return;

    let mut activation = 0;
    if (hash.is_empty()) {
        entry.decide_keep();
        // So that what made the checkpoint worse is not carried into the next interval.
        self.interval_start = boundary;
    } else {
        activation = current + 1 + params.checkpoint_activation_delay();
        entry.decide_new(hash, activation);
        self.checkpoints.push_back(Anchor { boundary, hash, activation });
        self.interval_start = activation;
    };
    event::emit(CheckpointAnchored { network: self.network, boundary, parent: parent_boundary, hash, activation });
}

/// Validators whose scores count in the window, ascending by uid, and the sum of their stakes.
fun snapshot(validators: &ValidatorRegistry, window: u64, params: &Params): (vector<SnapshotValidator>, u64) {
    let n = validators.next_uid();
    let mut snapshot = vector[];
    let mut total = 0;
    let mut uid = 0;
    while (uid < n) {
        let validator = validators.validator(uid);
        if (validator.scores_in(window, params)) {
            let stake = validator.stake_at(window);
            snapshot.push_back(SnapshotValidator { uid, generation: validator.generation(), stake });
            total = total + stake;
        };
        uid = uid + 1;
    };
    (snapshot, total)
}

/// Digest over the selection hashes of the interval's final windows, ascending, and how many gradients they selected. All of the interval's
/// windows have the parent as their base, because they begin with its activation.
fun merge_inputs(self: &RoundState, boundary: u64, activation: u64, max_windows: u64, current: u64): (vector<u8>, u64) {
    let mut window = activation.max(self.interval_start);
    if (boundary > max_windows) window = window.max(boundary - max_windows);
    let mut hashes = vector[];
    let mut selected_count = 0;
    while (window < boundary) {
        if (self.windows.contains(window)) {
            let entry = &self.windows[window];
            assert!(entry.record.status != STATUS_SEALED, EWindowsPending);
            if (entry.record.is_final()) {
                hashes.append(entry.selection_hash);
                selected_count = selected_count + entry.selected.length();
            };
        } else {
            assert!(current >= window + SEALING_WINDOWS, EWindowsPending);
        };
        window = window + 1;
    };
    (blake2b256(&hashes), selected_count)
}

#[test_only]
public fun seal_window_for_testing(
    self: &mut RoundState,
    network: &Network,
    hparams: &Hparams,
    gradients: &GradientRegistry,
    peers: &PeerRegistry,
    validators: &ValidatorRegistry,
    random: &Random,
    window: u64,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    self.seal_window(network, hparams, gradients, peers, validators, random, window, clock, ctx)
}
