/// Where stake lies: real coins, one escrow for each registration. Amounts leave only by rules of this package.
module vramhub::vault;

use sui::balance::{Self, Balance};
use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::sui::SUI;
use sui::table::{Self, Table};
use vramhub::network::{Network, AdminCap};

// === Errors ===

/// A registration pays exactly the fee.
#[error]
const EWrongFee: vector<u8> = b"the fee must be exactly the registration fee";
/// A registration stakes at least the minimum.
#[error]
const EStakeTooSmall: vector<u8> = b"the stake is below the minimum";
/// There was no such registration.
#[error]
const EUnknownEscrow: vector<u8> = b"no registration has this role, uid and generation";
/// Stake goes back to whom it came from.
#[error]
const ENotOwner: vector<u8> = b"the sender does not own this stake";
/// Nothing, or more than there is.
#[error]
const EBadAmount: vector<u8> = b"the amount must be positive and not more than there is";
/// Unbonding amounts wait for their windows.
#[error]
const ENothingReleased: vector<u8> = b"nothing is released yet";
/// Amounts of one window are one entry; there are so many windows. All that is left finds room always.
#[error]
const ETooManyUnbondings: vector<u8> = b"too many amounts are unbonding: withdraw, or wait";

// === Constants ===

const ROLE_MINER: u8 = 1;
const ROLE_VALIDATOR: u8 = 2;
const MAX_UNBONDINGS: u64 = 64;

// === Structs ===

public struct Vault has key {
    id: UID,
    network: ID,
    escrow: Table<EscrowKey, Escrow>,
    /// Registration fees, and what was slashed; never given back, spent by the administration.
    treasury: Balance<SUI>,
}

/// A reused uid has another generation, so nothing of its predecessor's reaches it.
public struct EscrowKey has copy, drop, store {
    role: u8,
    uid: u16,
    generation: u32,
}

public struct Escrow has store {
    owner: address,
    stake: Balance<SUI>,
    /// On its way out, slashable as long as it is here.
    unbonding: vector<Unbonding>,
}

public struct Unbonding has store {
    amount: Balance<SUI>,
    /// May be withdrawn from this window on.
    release_window: u64,
}

// === Events ===

public struct StakeAdded has copy, drop {
    network: ID,
    role: u8,
    uid: u16,
    generation: u32,
    amount: u64,
}

public struct StakeUnbonded has copy, drop {
    network: ID,
    role: u8,
    uid: u16,
    generation: u32,
    amount: u64,
    release_window: u64,
}

public struct StakeWithdrawn has copy, drop {
    network: ID,
    role: u8,
    uid: u16,
    generation: u32,
    amount: u64,
}

public struct StakeSlashed has copy, drop {
    network: ID,
    role: u8,
    uid: u16,
    generation: u32,
    amount: u64,
}

public struct FeesSpent has copy, drop {
    network: ID,
    amount: u64,
}

// === Owners' call ===

/// All that is released of one registration, whatever has become of it. Nothing stops this call.
public fun withdraw(
    self: &mut Vault,
    network: &Network,
    role: u8,
    uid: u16,
    generation: u32,
    clock: &Clock,
    ctx: &mut TxContext,
): Coin<SUI> {
    network.assert_owns(self.network);
    let window = network.current_window(clock);
    let escrow = self.escrow_mut(role, uid, generation);
    assert!(ctx.sender() == escrow.owner, ENotOwner);
    let mut released = balance::zero();
    // Ascending: the released ones come first.
    while (!escrow.unbonding.is_empty() && escrow.unbonding[0].release_window <= window) {
        let Unbonding { amount, .. } = escrow.unbonding.remove(0);
        released.join(amount);
    };
    assert!(released.value() > 0, ENothingReleased);
    event::emit(StakeWithdrawn { network: self.network, role, uid, generation, amount: released.value() });
    released.into_coin(ctx)
}

// === Administration ===

/// Fees, and what was slashed, go to what the administration spends them on; stake is out of its reach.
public fun spend_fees(self: &mut Vault, cap: &AdminCap, network: &Network, amount: u64, ctx: &mut TxContext): Coin<SUI> {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    assert!(amount > 0 && amount <= self.treasury.value(), EBadAmount);
    event::emit(FeesSpent { network: self.network, amount });
    self.treasury.split(amount).into_coin(ctx)
}

// === Reads ===

public fun role_miner(): u8 {
    ROLE_MINER
}

public fun role_validator(): u8 {
    ROLE_VALIDATOR
}

/// Staked and not unbonding, MIST; 0 when there is no such registration.
public fun stake(self: &Vault, role: u8, uid: u16, generation: u32): u64 {
    let key = EscrowKey { role, uid, generation };
    if (self.escrow.contains(key)) self.escrow[key].stake.value() else 0
}

/// On its way out, released or not, MIST.
public fun unbonding(self: &Vault, role: u8, uid: u16, generation: u32): u64 {
    let key = EscrowKey { role, uid, generation };
    if (!self.escrow.contains(key)) return 0;
    let entries = &self.escrow[key].unbonding;
    let n = entries.length();
    let mut sum = 0;
    let mut i = 0;
    while (i < n) {
        sum = sum + entries[i].amount.value();
        i = i + 1;
    };
    sum
}

/// All that can be slashed of a registration, MIST: what is staked, and what is on its way out.
public fun at_stake(self: &Vault, role: u8, uid: u16, generation: u32): u64 {
    self.stake(role, uid, generation) + self.unbonding(role, uid, generation)
}

/// Who registered under uid and generation, also after the uid has passed on. Aborts with EUnknownEscrow.
public fun owner(self: &Vault, role: u8, uid: u16, generation: u32): address {
    let key = EscrowKey { role, uid, generation };
    assert!(self.escrow.contains(key), EUnknownEscrow);
    self.escrow[key].owner
}

public fun treasury(self: &Vault): u64 {
    self.treasury.value()
}

public fun network(self: &Vault): ID {
    self.network
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): Vault {
    Vault { id: object::new(ctx), network: network.id(), escrow: table::new(ctx), treasury: balance::zero() }
}

public(package) fun share(self: Vault) {
    transfer::share_object(self)
}

/// Takes stake and fee of a new registration; returns the stake in MIST.
public(package) fun deposit(
    self: &mut Vault,
    role: u8,
    uid: u16,
    generation: u32,
    owner: address,
    stake: Coin<SUI>,
    min_stake: u64,
    fee: Coin<SUI>,
    registration_fee: u64,
): u64 {
    let amount = stake.value();
    assert!(amount >= min_stake, EStakeTooSmall);
    assert!(fee.value() == registration_fee, EWrongFee);
    self.treasury.join(fee.into_balance());
    self.escrow.add(EscrowKey { role, uid, generation }, Escrow { owner, stake: stake.into_balance(), unbonding: vector[] });
    amount
}

/// Adds to a registration's stake; returns the whole stake in MIST.
public(package) fun add(self: &mut Vault, role: u8, uid: u16, generation: u32, stake: Coin<SUI>): u64 {
    let amount = stake.value();
    assert!(amount > 0, EBadAmount);
    event::emit(StakeAdded { network: self.network, role, uid, generation, amount });
    let escrow = self.escrow_mut(role, uid, generation);
    escrow.stake.join(stake.into_balance())
}

/// Takes an amount out of a registration's stake; it can be withdrawn from `release_window` on, or with what unbonds already, if that is later. Returns the remaining stake in MIST.
public(package) fun unbond(self: &mut Vault, role: u8, uid: u16, generation: u32, amount: u64, release_window: u64): u64 {
    let network = self.network;
    let escrow = self.escrow_mut(role, uid, generation);
    assert!(amount > 0 && amount <= escrow.stake.value(), EBadAmount);
    let part = escrow.stake.split(amount);
    let entries = &mut escrow.unbonding;
    // A shorter delay under new parameters overtakes nothing.
    let n = entries.length();
    let release_window = if (n > 0) release_window.max(entries[n - 1].release_window) else release_window;
    if (n > 0 && entries[n - 1].release_window == release_window) {
        entries[n - 1].amount.join(part);
    } else {
        // So that nobody has to stay: after the whole stake nothing can follow.
        assert!(n < MAX_UNBONDINGS || escrow.stake.value() == 0, ETooManyUnbondings);
        entries.push_back(Unbonding { amount: part, release_window });
    };
    event::emit(StakeUnbonded { network, role, uid, generation, amount, release_window });
    escrow.stake.value()
}

/// Takes an amount from what is staked, then from what unbonds, latest first; it is the caller's to share out. Whoever keeps a copy of the
/// stake has to read it again. Aborts with EUnknownEscrow, and with EBadAmount when there is less.
public(package) fun slash(self: &mut Vault, role: u8, uid: u16, generation: u32, amount: u64): Balance<SUI> {
    let network = self.network;
    let escrow = self.escrow_mut(role, uid, generation);
    let staked = escrow.stake.value().min(amount);
    let mut slashed = escrow.stake.split(staked);
    let entries = &mut escrow.unbonding;
    while (slashed.value() < amount) {
        let missing = amount - slashed.value();
        let n = entries.length();
        assert!(n > 0, EBadAmount);
        if (entries[n - 1].amount.value() > missing) {
            slashed.join(entries[n - 1].amount.split(missing));
        } else {
            let Unbonding { amount, .. } = entries.pop_back();
            slashed.join(amount);
        };
    };
    event::emit(StakeSlashed { network, role, uid, generation, amount });
    slashed
}

/// Adds to what the administration spends.
public(package) fun collect(self: &mut Vault, amount: Balance<SUI>) {
    self.treasury.join(amount);
}

#[test_only]
public fun release_window_for_testing(event: &StakeUnbonded): u64 {
    event.release_window
}

// === Private ===

fun escrow_mut(self: &mut Vault, role: u8, uid: u16, generation: u32): &mut Escrow {
    let key = EscrowKey { role, uid, generation };
    assert!(self.escrow.contains(key), EUnknownEscrow);
    &mut self.escrow[key]
}
