/// Validators: who they are, what they have staked in each window, and who may act for them.
module vramhub::validator_registry;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::sui::SUI;
use sui::table::{Self, Table};
use vramhub::hparams::{Hparams, Params};
use vramhub::network::Network;
use vramhub::vault::{Self, Vault};

// === Errors ===

/// All uids are taken.
#[error]
const ERegistryFull: vector<u8> = b"there is no free validator uid";
/// Too many registrations in this window.
#[error]
const ETooManyRegistrations: vector<u8> = b"no more registrations in this window";
/// No validator has this uid.
#[error]
const EUnknownValidator: vector<u8> = b"no validator has this uid";
/// Only the validator's owner may do this.
#[error]
const ENotOwner: vector<u8> = b"the sender does not own this validator";
/// Only the validator's operator may do this.
#[error]
const ENotOperator: vector<u8> = b"the sender is not this validator's operator";
/// An address acts for one validator.
#[error]
const EAgentTaken: vector<u8> = b"the address acts for a validator already";
/// The address is no delegate of this validator.
#[error]
const ENotDelegate: vector<u8> = b"the address is not a delegate of this validator";

// === Structs ===

public struct ValidatorRegistry has key {
    id: UID,
    network: ID,
    validators: Table<u16, Validator>,
    next_uid: u16,
    /// The window that `registrations_count` counts.
    registrations_window: u64,
    registrations_count: u64,
    /// Operators and delegates: address → uid of the validator that it acts for.
    agents: Table<address, u16>,
}

public struct Validator has store {
    uid: u16,
    generation: u32,
    /// Holds the stake.
    owner: address,
    /// Submits scores, registers enclaves.
    operator: address,
    registered_window: u64,
    active: bool,
    slashed: bool,
    /// Ascending; the last entry whose window is not later than w is the stake in w.
    stakes: vector<StakeEntry>,
}

public struct StakeEntry has copy, drop, store {
    from_window: u64,
    /// MIST.
    amount: u64,
}

// === Events ===

public struct ValidatorRegistered has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    owner: address,
    operator: address,
    window: u64,
}

public struct DelegateAdded has copy, drop {
    network: ID,
    uid: u16,
    delegate: address,
}

public struct DelegateRemoved has copy, drop {
    network: ID,
    uid: u16,
    delegate: address,
}

// === Validators' calls ===

/// The sender becomes the owner. The stake counts from the next window on.
public fun register_validator(
    self: &mut ValidatorRegistry,
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
    let window = network.current_window(clock);
    let params = hparams.at(window);
    let uid = self.next_uid;
    assert!((uid as u64) < params.max_validators(), ERegistryFull);
    assert!(!self.agents.contains(operator), EAgentTaken);
    self.count_registration(window, params.max_registrations_per_window());

    let owner = ctx.sender();
    let generation = 1;
    let amount = vault.deposit(
        vault::role_validator(),
        uid,
        generation,
        owner,
        stake,
        params.min_validator_stake_mist(),
        fee,
        params.registration_fee_mist(),
    );
    self.agents.add(operator, uid);
    self.validators.add(
        uid,
        Validator {
            uid,
            generation,
            owner,
            operator,
            registered_window: window,
            active: true,
            slashed: false,
            stakes: vector[StakeEntry { from_window: window + 1, amount }],
        },
    );
    self.next_uid = uid + 1;
    event::emit(ValidatorRegistered { network: self.network, uid, generation, owner, operator, window });
}

/// Lets another address, as that of an aggregator process, fetch credentials for this validator.
public fun add_delegate(self: &mut ValidatorRegistry, network: &Network, uid: u16, delegate: address, ctx: &TxContext) {
    network.assert_owns(self.network);
    assert!(ctx.sender() == self.validator(uid).owner, ENotOwner);
    assert!(!self.agents.contains(delegate), EAgentTaken);
    self.agents.add(delegate, uid);
    event::emit(DelegateAdded { network: self.network, uid, delegate });
}

public fun remove_delegate(self: &mut ValidatorRegistry, network: &Network, uid: u16, delegate: address, ctx: &TxContext) {
    network.assert_owns(self.network);
    let validator = self.validator(uid);
    assert!(ctx.sender() == validator.owner, ENotOwner);
    assert!(delegate != validator.operator && self.agents.contains(delegate) && self.agents[delegate] == uid, ENotDelegate);
    self.agents.remove(delegate);
    event::emit(DelegateRemoved { network: self.network, uid, delegate });
}

// === Reads ===

/// Aborts with EUnknownValidator.
public fun validator(self: &ValidatorRegistry, uid: u16): &Validator {
    assert!(self.validators.contains(uid), EUnknownValidator);
    &self.validators[uid]
}

/// The validator that an address acts for, as operator or delegate.
public fun acts_for(self: &ValidatorRegistry, agent: address): Option<u16> {
    if (self.agents.contains(agent)) option::some(self.agents[agent]) else option::none()
}

/// MIST; 0 before the first entry.
public fun stake_at(self: &Validator, window: u64): u64 {
    let mut i = self.stakes.length();
    while (i > 0) {
        i = i - 1;
        if (self.stakes[i].from_window <= window) return self.stakes[i].amount
    };
    0
}

/// Active, not slashed, staked enough in the window.
public fun is_in_standing(self: &Validator, window: u64, params: &Params): bool {
    self.active && !self.slashed && self.stake_at(window) >= params.min_validator_stake_mist()
}

/// In standing, and `validator_offset_windows` have passed since registration.
public fun scores_in(self: &Validator, window: u64, params: &Params): bool {
    self.is_in_standing(window, params) && self.registered_window + params.validator_offset_windows() <= window
}

/// Aborts with ENotOperator.
public fun assert_operator(self: &Validator, ctx: &TxContext) {
    assert!(ctx.sender() == self.operator, ENotOperator);
}

public fun network(self: &ValidatorRegistry): ID {
    self.network
}

public fun next_uid(self: &ValidatorRegistry): u16 {
    self.next_uid
}

public fun generation(self: &Validator): u32 {
    self.generation
}

public fun owner(self: &Validator): address {
    self.owner
}

public fun operator(self: &Validator): address {
    self.operator
}

public fun active(self: &Validator): bool {
    self.active
}

public fun slashed(self: &Validator): bool {
    self.slashed
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): ValidatorRegistry {
    ValidatorRegistry {
        id: object::new(ctx),
        network: network.id(),
        validators: table::new(ctx),
        next_uid: 0,
        registrations_window: 0,
        registrations_count: 0,
        agents: table::new(ctx),
    }
}

public(package) fun share(self: ValidatorRegistry) {
    transfer::share_object(self)
}

// === Private ===

fun count_registration(self: &mut ValidatorRegistry, window: u64, most: u64) {
    if (self.registrations_window != window) {
        self.registrations_window = window;
        self.registrations_count = 0;
    };
    assert!(self.registrations_count < most, ETooManyRegistrations);
    self.registrations_count = self.registrations_count + 1;
}

#[test_only]
public fun set_slashed_for_testing(self: &mut ValidatorRegistry, uid: u16) {
    self.validators[uid].slashed = true
}

#[test_only]
public fun set_inactive_for_testing(self: &mut ValidatorRegistry, uid: u16) {
    self.validators[uid].active = false
}

#[test_only]
public fun set_generation_for_testing(self: &mut ValidatorRegistry, uid: u16, generation: u32) {
    self.validators[uid].generation = generation
}
