/// Where stake lies: real coins, one escrow for each registration. Amounts leave only by rules of this package.
module vramhub::vault;

use sui::balance::{Self, Balance};
use sui::coin::Coin;
use sui::sui::SUI;
use sui::table::{Self, Table};
use vramhub::network::Network;

// === Errors ===

/// A registration pays exactly the fee.
#[error]
const EWrongFee: vector<u8> = b"the fee must be exactly the registration fee";
/// A registration stakes at least the minimum.
#[error]
const EStakeTooSmall: vector<u8> = b"the stake is below the minimum";

// === Constants ===

const ROLE_MINER: u8 = 1;
const ROLE_VALIDATOR: u8 = 2;

// === Structs ===

public struct Vault has key {
    id: UID,
    network: ID,
    escrow: Table<EscrowKey, Escrow>,
    /// Registration fees; never given back.
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
    /// On its way out, still slashable until its window.
    unbonding: vector<Unbonding>,
}

#[allow(unused_field)]
public struct Unbonding has store {
    amount: Balance<SUI>,
    release_window: u64,
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
