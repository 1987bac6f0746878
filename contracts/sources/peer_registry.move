/// Miners: who they are, the roster of each window, and where their credentials are.
module vramhub::peer_registry;

use std::bcs;
use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::hash::blake2b256;
use sui::sui::SUI;
use sui::table::{Self, Table};
use vramhub::hparams::{Hparams, Params};
use vramhub::network::Network;
use vramhub::uid_pool::{Self, UidPool};
use vramhub::vault::{Self, Vault};

// === Errors ===

/// No miner has this uid.
#[error]
const EUnknownMiner: vector<u8> = b"no miner has this uid";
/// Only the miner's owner may do this.
#[error]
const ENotOwner: vector<u8> = b"the sender does not own this miner";
/// Versions grow by one.
#[error]
const EWrongCredentialVersion: vector<u8> = b"the credential version must be the current one plus 1";
/// A ciphertext has 1 to 2048 bytes.
#[error]
const EBadCiphertext: vector<u8> = b"the ciphertext must have 1 to 2048 bytes";
/// A miner that has left stakes no more; its owner withdraws.
#[error]
const EDeactivated: vector<u8> = b"the miner has been deactivated";
/// Less than the minimum is all or nothing.
#[error]
const EBelowMinimum: vector<u8> = b"the stake must stay at the minimum: deactivate to take all of it";
/// The roster of that window is no longer kept.
#[error]
const ERosterForgotten: vector<u8> = b"the roster of that window is no longer kept";

// === Constants ===

const MAX_CIPHERTEXT_LENGTH: u64 = 2048;
/// A window can be sealed until the end of the next one, so its roster is needed that long.
const ROSTER_WINDOWS_KEPT: u64 = 1;

// === Structs ===

public struct PeerRegistry has key {
    id: UID,
    network: ID,
    miners: Table<u16, Miner>,
    uids: UidPool,
    /// Ascending; those that may still be sealed, and the next one.
    rosters: vector<RosterVersion>,
    /// Of the last roster's miners, row by row: when they registered. Here, because reading every miner would cost much.
    registered_windows: vector<u64>,
}

public struct Miner has store {
    uid: u16,
    generation: u32,
    /// Holds the stake and rotates credentials.
    owner: address,
    /// Commits gradients.
    operator: address,
    /// In the roster from the next window on.
    registered_window: u64,
    /// 0 until credentials are set.
    cred_version: u32,
    /// Seal ciphertext of `cred_version`.
    credentials: vector<u8>,
    /// Of the version before, still of use within `rotation_grace_windows` from `rotated_window`.
    previous_credentials: vector<u8>,
    rotated_window: u64,
    /// The first window without it.
    until_window: u64,
    /// MIST.
    stake: u64,
}

public struct RosterVersion has copy, drop, store {
    from_window: u64,
    /// Ascending by uid.
    entries: vector<RosterEntry>,
}

public struct RosterEntry has copy, drop, store {
    uid: u16,
    generation: u32,
}

// === Events ===

public struct MinerRegistered has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    owner: address,
    operator: address,
    window: u64,
}

public struct MinerStakeChanged has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// MIST.
    stake: u64,
}

public struct MinerDeactivated has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// The first window without it.
    until_window: u64,
}

public struct MinerOperatorSet has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    operator: address,
}

public struct CredentialsSet has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    cred_version: u32,
}

// === Miners' calls ===

/// The sender becomes the owner. The miner is in the roster from the next window on.
public fun register_miner(
    self: &mut PeerRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    stake: Coin<SUI>,
    fee: Coin<SUI>,
    operator: address,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    network.assert_owns(self.network);
    network.assert_owns(vault.network());
    network.assert_owns(hparams.network());
    network.assert_running(clock);
    let window = network.current_window(clock);
    let params = hparams.at(window);
    self.admit(vault, params, window, params.max_miners(), stake, fee, operator, ctx);
}

/// By the owner. Stake above the minimum earns a miner nothing but what others make of it.
public fun add_stake(
    self: &mut PeerRegistry,
    vault: &mut Vault,
    network: &Network,
    uid: u16,
    stake: Coin<SUI>,
    ctx: &TxContext,
) {
    let generation = self.begin_change(vault, network, uid, ctx);
    let amount = vault.add(vault::role_miner(), uid, generation, stake);
    self.set_stake(uid, amount)
}

/// By the owner: `amount` MIST can be withdrawn `unbond_delay_windows` after the next window begins. Until then they can be slashed.
public fun unbond_stake(
    self: &mut PeerRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    amount: u64,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(hparams.network());
    let generation = self.begin_change(vault, network, uid, ctx);
    let window = network.current_window(clock);
    let params = hparams.at(window);
    let remaining = vault.unbond(vault::role_miner(), uid, generation, amount, window + 1 + params.unbond_delay_windows());
    assert!(remaining >= params.min_miner_stake_mist(), EBelowMinimum);
    self.set_stake(uid, remaining)
}

/// By the owner: the miner is in no roster after this window's, and all of its stake unbonds.
public fun deactivate(
    self: &mut PeerRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(hparams.network());
    self.begin_change(vault, network, uid, ctx);
    let window = network.current_window(clock);
    self.leave(vault, hparams.at(window), uid, window)
}

/// By the owner: who commits for the miner, at once.
public fun set_operator(self: &mut PeerRegistry, network: &Network, uid: u16, operator: address, ctx: &TxContext) {
    network.assert_owns(self.network);
    let generation = self.assert_changeable(uid, ctx);
    self.miners[uid].operator = operator;
    event::emit(MinerOperatorSet { network: self.network, uid, generation, operator });
}

/// Publishes the Seal ciphertext of the next version; the version before stays usable for the grace period.
public fun set_credentials(
    self: &mut PeerRegistry,
    network: &Network,
    uid: u16,
    cred_version: u32,
    ciphertext: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(self.network);
    assert!(self.miners.contains(uid), EUnknownMiner);
    let miner = &mut self.miners[uid];
    assert!(ctx.sender() == miner.owner, ENotOwner);
    assert!(cred_version == miner.cred_version + 1, EWrongCredentialVersion);
    assert!(!ciphertext.is_empty() && ciphertext.length() <= MAX_CIPHERTEXT_LENGTH, EBadCiphertext);
    miner.previous_credentials = miner.credentials;
    miner.credentials = ciphertext;
    miner.cred_version = cred_version;
    miner.rotated_window = network.current_window(clock);
    event::emit(CredentialsSet { network: self.network, uid, generation: miner.generation, cred_version });
}

// === Reads ===

/// Aborts with EUnknownMiner.
public fun miner(self: &PeerRegistry, uid: u16): &Miner {
    assert!(self.miners.contains(uid), EUnknownMiner);
    &self.miners[uid]
}

/// Ascending by uid. Aborts with ERosterForgotten for windows before the last one.
public fun roster_at(self: &PeerRegistry, window: u64): &vector<RosterEntry> {
    let mut i = self.rosters.length();
    while (i > 0) {
        i = i - 1;
        if (self.rosters[i].from_window <= window) return &self.rosters[i].entries
    };
    abort ERosterForgotten
}

/// The miners that have not left, ascending by uid, and row by row the windows in which they registered.
public fun staying(self: &PeerRegistry): (&vector<RosterEntry>, &vector<u64>) {
    (&self.rosters[self.rosters.length() - 1].entries, &self.registered_windows)
}

/// blake2b256(bcs(vector<RosterEntry>)).
public fun roster_hash(roster: &vector<RosterEntry>): vector<u8> {
    blake2b256(&bcs::to_bytes(roster))
}

/// Registered before the window and not gone before it.
public fun is_active_in(self: &Miner, window: u64): bool {
    self.registered_window < window && window < self.until_window
}

/// The current version, or the one before within the grace period.
public fun accepts_credential_version(self: &Miner, version: u32, window: u64, rotation_grace_windows: u64): bool {
    version > 0 &&
    (version == self.cred_version || (version < self.cred_version && version + 1 == self.cred_version && window <= self.rotated_window + rotation_grace_windows))
}

public fun network(self: &PeerRegistry): ID {
    self.network
}

public fun uids(self: &PeerRegistry): &UidPool {
    &self.uids
}

public fun generation(self: &Miner): u32 {
    self.generation
}

public fun owner(self: &Miner): address {
    self.owner
}

public fun operator(self: &Miner): address {
    self.operator
}

public fun registered_window(self: &Miner): u64 {
    self.registered_window
}

public fun cred_version(self: &Miner): u32 {
    self.cred_version
}

public fun credentials(self: &Miner): &vector<u8> {
    &self.credentials
}

public fun previous_credentials(self: &Miner): &vector<u8> {
    &self.previous_credentials
}

/// The first window without it; the greatest u64 as long as it stays.
public fun until_window(self: &Miner): u64 {
    self.until_window
}

public fun stake(self: &Miner): u64 {
    self.stake
}

public fun entry_uid(self: &RosterEntry): u16 {
    self.uid
}

public fun entry_generation(self: &RosterEntry): u32 {
    self.generation
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): PeerRegistry {
    PeerRegistry {
        id: object::new(ctx),
        network: network.id(),
        miners: table::new(ctx),
        uids: uid_pool::new(),
        rosters: vector[RosterVersion { from_window: 0, entries: vector[] }],
        registered_windows: vector[],
    }
}

public(package) fun share(self: PeerRegistry) {
    transfer::share_object(self)
}

/// Registers the sender as owner of a new miner, in the roster from the next window on; returns uid and generation. All objects must be of
/// one network. Aborts with ETooManyRegistrations, ERegistryFull when all `places` are taken, EUidsResting of the module uid_pool.
public(package) fun admit(
    self: &mut PeerRegistry,
    vault: &mut Vault,
    params: &Params,
    window: u64,
    places: u64,
    stake: Coin<SUI>,
    fee: Coin<SUI>,
    operator: address,
    ctx: &TxContext,
): (u16, u32) {
    self.uids.count_registration(window, params.max_registrations_per_window());
    let (uid, generation) = self.take_uid(window, places);
    let owner = ctx.sender();
    let stake = vault.deposit(
        vault::role_miner(),
        uid,
        generation,
        owner,
        stake,
        params.min_miner_stake_mist(),
        fee,
        params.registration_fee_mist(),
    );
    self.miners.add(
        uid,
        Miner {
            uid,
            generation,
            owner,
            operator,
            registered_window: window,
            cred_version: 0,
            credentials: vector[],
            previous_credentials: vector[],
            rotated_window: 0,
            until_window: uid_pool::forever(),
            stake,
        },
    );
    let roster = self.roster_from(window + 1);
    let place = place_of(roster, uid);
    roster.insert(RosterEntry { uid, generation }, place);
    self.registered_windows.insert(window, place);
    event::emit(MinerRegistered { network: self.network, uid, generation, owner, operator, window });
    (uid, generation)
}

/// Takes a miner that has not left out of the rosters after this window's; all of its stake unbonds.
public(package) fun leave(self: &mut PeerRegistry, vault: &mut Vault, params: &Params, uid: u16, window: u64) {
    let generation = self.miner(uid).generation;
    let until_window = window + 1;
    let stake = vault.stake(vault::role_miner(), uid, generation);
    // Who was slashed of everything must be able to go, and to be replaced.
    if (stake > 0) {
        vault.unbond(vault::role_miner(), uid, generation, stake, until_window + params.unbond_delay_windows());
    };
    self.set_stake(uid, 0);
    self.miners[uid].until_window = until_window;
    let roster = self.roster_from(until_window);
    let place = place_of(roster, uid);
    roster.remove(place);
    self.registered_windows.remove(place);
    self.uids.give_back(uid, until_window);
    event::emit(MinerDeactivated { network: self.network, uid, generation, until_window });
}

// === Private ===

/// The generation of a miner that the sender owns and that has not left.
fun begin_change(self: &PeerRegistry, vault: &Vault, network: &Network, uid: u16, ctx: &TxContext): u32 {
    network.assert_owns(self.network);
    network.assert_owns(vault.network());
    self.assert_changeable(uid, ctx)
}

fun assert_changeable(self: &PeerRegistry, uid: u16, ctx: &TxContext): u32 {
    let miner = self.miner(uid);
    assert!(ctx.sender() == miner.owner, ENotOwner);
    assert!(miner.until_window == uid_pool::forever(), EDeactivated);
    miner.generation
}

fun set_stake(self: &mut PeerRegistry, uid: u16, stake: u64) {
    let miner = &mut self.miners[uid];
    miner.stake = stake;
    event::emit(MinerStakeChanged { network: self.network, uid, generation: miner.generation, stake });
}

/// With the generation after that of the uid's last miner. Aborts with ERegistryFull, EUidsResting of the module uid_pool.
fun take_uid(self: &mut PeerRegistry, window: u64, places: u64): (u16, u32) {
    let (uid, reused) = self.uids.take(window, places);
    if (!reused) return (uid, 1);
    let Miner { generation, .. } = self.miners.remove(uid);
    (uid, generation + 1)
}

/// Where a uid is, or belongs, in what ascends by uid.
fun place_of(entries: &vector<RosterEntry>, uid: u16): u64 {
    let mut low = 0;
    let mut high = entries.length();
    while (low < high) {
        let middle = (low + high) / 2;
        if (entries[middle].uid < uid) low = middle + 1 else high = middle;
    };
    low
}

/// The roster that is in force from this window on, to be changed; rosters that nobody can ask for any more are forgotten.
fun roster_from(self: &mut PeerRegistry, window: u64): &mut vector<RosterEntry> {
    let rosters = &mut self.rosters;
    let last = rosters.length() - 1;
    if (rosters[last].from_window != window) {
        let entries = rosters[last].entries;
        rosters.push_back(RosterVersion { from_window: window, entries });
        while (rosters.length() > 1 && rosters[1].from_window + ROSTER_WINDOWS_KEPT < window) {
            rosters.remove(0);
        };
    };
    let last = rosters.length() - 1;
    &mut rosters[last].entries
}

#[test_only]
public fun roster_entry_for_testing(uid: u16, generation: u32): RosterEntry {
    RosterEntry { uid, generation }
}

#[test_only]
public fun set_generation_for_testing(self: &mut PeerRegistry, uid: u16, generation: u32) {
    self.miners[uid].generation = generation
}
