/// Promises: before anybody uploads, each miner commits to the digest of what it will upload.
module vramhub::gradient_registry;

use std::bcs;
use sui::clock::Clock;
use sui::event;
use sui::hash::blake2b256;
use sui::table::{Self, Table};
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::peer_registry::{PeerRegistry, RosterEntry};

// === Errors ===

/// Only the window that the clock is in takes commitments.
#[error]
const EWrongWindow: vector<u8> = b"commitments are taken for the current window only";
/// Committing ends where putting begins.
#[error]
const ECommitClosed: vector<u8> = b"the window takes no more commitments";
/// Only the miner's operator may commit.
#[error]
const ENotOperator: vector<u8> = b"the sender is not this miner's operator";
/// The miner is not in the window's roster.
#[error]
const ENotInRoster: vector<u8> = b"the miner is not in the roster of this window";
/// Validators need the credentials that are in force.
#[error]
const EWrongCredentialVersion: vector<u8> = b"the commitment must name the current credential version";
/// SHA-256 has 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"the digest must have 32 bytes";
/// 1 to max_gradient_bytes.
#[error]
const EBadSize: vector<u8> = b"the size must be from 1 to max_gradient_bytes";
/// One commitment a miner and window.
#[error]
const EAlreadyCommitted: vector<u8> = b"the miner has committed in this window";

// === Structs ===

public struct GradientRegistry has key {
    id: UID,
    network: ID,
    windows: Table<u64, WindowCommitments>,
}

public struct WindowCommitments has store {
    /// In order of arrival.
    commitments: vector<Commitment>,
    /// H = blake2b256(H ‖ bcs(Commitment)), from 32 zeros.
    hash: vector<u8>,
    count: u32,
    /// Bit uid mod 256 of word uid / 256 is set when that miner has committed; words after the last set bit are left out.
    mask: vector<u256>,
}

public struct Commitment has copy, drop, store {
    seq: u32,
    uid: u16,
    generation: u32,
    /// Of the gradient object.
    sha256: vector<u8>,
    /// Bytes of the gradient object.
    size: u64,
    cred_version: u32,
    /// Chain clock.
    ms: u64,
}

// === Events ===

public struct GradientCommitted has copy, drop {
    network: ID,
    window: u64,
    seq: u32,
    uid: u16,
    generation: u32,
    sha256: vector<u8>,
    size: u64,
}

// === Miners' calls ===

/// By the miner's operator, in the current window before putting opens. Changes this object alone.
public fun commit_gradient(
    self: &mut GradientRegistry,
    network: &Network,
    hparams: &Hparams,
    peers: &PeerRegistry,
    uid: u16,
    window: u64,
    sha256: vector<u8>,
    size: u64,
    cred_version: u32,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_owns(peers.network());
    network.assert_running(clock);
    assert!(window == network.current_window(clock), EWrongWindow);
    let params = hparams.at(window);
    let ms = clock.timestamp_ms();
    assert!(ms < network.window_start_ms(window) + params.put_window_open_ms(), ECommitClosed);

    let miner = peers.miner(uid);
    assert!(ctx.sender() == miner.operator(), ENotOperator);
    assert!(miner.is_active_in(window), ENotInRoster);
    assert!(cred_version > 0 && cred_version == miner.cred_version(), EWrongCredentialVersion);
    assert!(sha256.length() == 32, EBadDigest);
    assert!(size > 0 && size <= params.max_gradient_bytes(), EBadSize);

    if (!self.windows.contains(window)) self.windows.add(window, empty());
    let generation = miner.generation();
    let seq = self.windows[window].fold(uid, generation, sha256, size, cred_version, ms);
    event::emit(GradientCommitted { network: self.network, window, seq, uid, generation, sha256, size });
}

// === Reads ===

public fun network(self: &GradientRegistry): ID {
    self.network
}

/// Hash and count of a window; those of nothing when nobody committed.
public fun summary(self: &GradientRegistry, window: u64): (vector<u8>, u32) {
    if (!self.windows.contains(window)) return (empty_hash(), 0);
    let entry = &self.windows[window];
    (entry.hash, entry.count)
}

/// Bit row is set when the miner in that row of the roster, of at most 256, has committed in the window.
public fun committed_rows(self: &GradientRegistry, window: u64, roster: &vector<RosterEntry>): u256 {
    if (!self.windows.contains(window)) return 0;
    let mask = &self.windows[window].mask;
    let n = roster.length();
    let mut rows = 0;
    let mut row = 0;
    while (row < n) {
        if (has_bit(mask, roster[row].entry_uid())) rows = rows | (1 << (row as u8));
        row = row + 1;
    };
    rows
}

/// In order of arrival; empty when nobody committed.
public fun commitments(self: &GradientRegistry, window: u64): vector<Commitment> {
    if (self.windows.contains(window)) self.windows[window].commitments else vector[]
}

/// H before the first commitment.
public fun empty_hash(): vector<u8> {
    x"0000000000000000000000000000000000000000000000000000000000000000"
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): GradientRegistry {
    GradientRegistry { id: object::new(ctx), network: network.id(), windows: table::new(ctx) }
}

/// Takes away what was committed in a window; whether there was anything.
public(package) fun prune(self: &mut GradientRegistry, window: u64): bool {
    if (!self.windows.contains(window)) return false;
    let WindowCommitments { .. } = self.windows.remove(window);
    true
}

public(package) fun share(self: GradientRegistry) {
    transfer::share_object(self)
}

// === Private ===

fun empty(): WindowCommitments {
    WindowCommitments { commitments: vector[], hash: empty_hash(), count: 0, mask: vector[] }
}

/// Adds a commitment and returns its place in the order.
fun fold(
    self: &mut WindowCommitments,
    uid: u16,
    generation: u32,
    sha256: vector<u8>,
    size: u64,
    cred_version: u32,
    ms: u64,
): u32 {
    assert!(!has_bit(&self.mask, uid), EAlreadyCommitted);
    let seq = self.count;
    let commitment = Commitment { seq, uid, generation, sha256, size, cred_version, ms };
    let mut input = self.hash;
    input.append(bcs::to_bytes(&commitment));
    self.hash = blake2b256(&input);
    set_bit(&mut self.mask, uid);
    self.count = seq + 1;
    self.commitments.push_back(commitment);
    seq
}

fun has_bit(mask: &vector<u256>, uid: u16): bool {
    let word = (uid / 256) as u64;
    word < mask.length() && (mask[word] >> ((uid % 256) as u8)) & 1 == 1
}

fun set_bit(mask: &mut vector<u256>, uid: u16) {
    let word = (uid / 256) as u64;
    while (mask.length() <= word) mask.push_back(0);
    let bits = &mut mask[word];
    *bits = *bits | (1 << ((uid % 256) as u8));
}

#[test_only]
public fun empty_for_testing(): WindowCommitments {
    empty()
}

#[test_only]
public fun fold_for_testing(
    self: &mut WindowCommitments,
    uid: u16,
    generation: u32,
    sha256: vector<u8>,
    size: u64,
    cred_version: u32,
    ms: u64,
): vector<u8> {
    self.fold(uid, generation, sha256, size, cred_version, ms);
    self.hash
}

/// As if the miner had committed in the window.
#[test_only]
public fun fold_in_for_testing(self: &mut GradientRegistry, window: u64, uid: u16) {
    if (!self.windows.contains(window)) self.windows.add(window, empty());
    self.windows[window].fold(uid, 1, empty_hash(), 1, 1, 0);
}
