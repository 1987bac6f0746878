/// What is fixed of each window once its commitments are closed, and which checkpoint is in force when.
module vramhub::round_state;

use sui::clock::Clock;
use sui::event;
use sui::random::{Self, Random};
use sui::table::{Self, Table};
use vramhub::gradient_registry::GradientRegistry;
use vramhub::hparams::{Hparams, Params};
use vramhub::network::Network;
use vramhub::peer_registry::{Self, PeerRegistry, RosterEntry};
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
/// SHA-256 has 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"the checkpoint's hash must have 32 bytes";

// === Constants ===

const STATUS_SEALED: u8 = 1;
const RANDOMNESS_LENGTH: u16 = 32;

// === Structs ===

public struct RoundState has key {
    id: UID,
    network: ID,
    windows: Table<u64, WindowEntry>,
    /// Ascending by activation; the last one whose activation is not later than w is in force in w.
    checkpoints: vector<Anchor>,
}

/// The record stays for ever; roster and mask serve settlement.
public struct WindowEntry has store {
    record: WindowRecord,
    roster: vector<RosterEntry>,
    /// Bit uid is set when that miner committed.
    committed: u256,
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
    emission: u64,
}

public struct SnapshotValidator has copy, drop, store {
    uid: u16,
    generation: u32,
    stake: u64,
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
    assert!(!self.windows.contains(window), EAlreadySealed);
    let current = network.current_window(clock);
    assert!(window <= current, ETooEarly);
    assert!(current < window + 2, ETooLate);
    let params = hparams.at(window);
    let sealed_at_ms = clock.timestamp_ms();
    assert!(sealed_at_ms >= network.window_start_ms(window) + params.put_window_open_ms(), ETooEarly);

    let mut generator = random::new_generator(random, ctx);
    let randomness = generator.generate_bytes(RANDOMNESS_LENGTH);
    let (commitments_hash, commitments_count, committed) = gradients.summary(window);
    let roster = *peers.roster_at(window);
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
    self.windows.add(window, WindowEntry { record, roster, committed });
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

/// The roster and the mask of miners that committed. Aborts with ENotSealed.
public fun roster(self: &RoundState, window: u64): (&vector<RosterEntry>, u256) {
    assert!(self.windows.contains(window), ENotSealed);
    let entry = &self.windows[window];
    (&entry.roster, entry.committed)
}

/// In force in a window.
public fun checkpoint_at(self: &RoundState, window: u64): Anchor {
    let mut i = self.checkpoints.length() - 1;
    while (self.checkpoints[i].activation > window) i = i - 1;
    self.checkpoints[i]
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
    }
}

public(package) fun share(self: RoundState) {
    transfer::share_object(self)
}

// === Private ===

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
