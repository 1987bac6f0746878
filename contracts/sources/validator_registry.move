/// Validators: who they are, what they have staked in each window, and who may act for them.
module vramhub::validator_registry;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::sui::SUI;
use sui::table::{Self, Table};
use vramhub::hparams::{Hparams, Params};
use vramhub::network::Network;
use vramhub::uid_pool::{Self, UidPool};
use vramhub::vault::{Self, Vault};

// === Errors ===

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
/// What an operator did can be told apart by address and window only when its term is one.
#[error]
const EOperatorBefore: vector<u8> = b"the address was this validator's operator before: take another one";
/// A validator that has left stakes no more; its owner withdraws.
#[error]
const EDeactivated: vector<u8> = b"the validator has been deactivated";
/// There are free places: register.
#[error]
const ENotFull: vector<u8> = b"there are free places: nobody is replaced";
/// All validators are in their first windows.
#[error]
const ENobodyReplaceable: vector<u8> = b"no validator is past its immunity";
/// Who takes a place stakes more than who has it.
#[error]
const ENotMoreStake: vector<u8> = b"the stake is not more than that of the weakest validator";
/// A registration is slashed once.
#[error]
const EAlreadySlashed: vector<u8> = b"the validator has been slashed already";
/// Less than the minimum is all or nothing.
#[error]
const EBelowMinimum: vector<u8> = b"the stake must stay at the minimum: deactivate to take all of it";

// === Structs ===

public struct ValidatorRegistry has key {
    id: UID,
    network: ID,
    validators: Table<u16, Validator>,
    uids: UidPool,
    /// Operators and delegates act for a registration; an entry of an earlier generation is void.
    agents: Table<address, Registration>,
    /// Of all generations, for ever: who signed for a validator is known as long as there is evidence.
    operators: Table<OperatorKey, OperatorTerm>,
    /// The window in which a registration was slashed, for ever.
    slashed: Table<Registration, u64>,
}

public struct Registration has copy, drop, store {
    uid: u16,
    generation: u32,
}

public struct OperatorKey has copy, drop, store {
    uid: u16,
    generation: u32,
    operator: address,
}

/// In the window of a change both the one before and the next are operators.
public struct OperatorTerm has copy, drop, store {
    from_window: u64,
    /// The first window after it.
    until_window: u64,
}

public struct Validator has store {
    uid: u16,
    generation: u32,
    /// Holds the stake.
    owner: address,
    /// Submits scores, registers enclaves.
    operator: address,
    registered_window: u64,
    /// The first window without it.
    until_window: u64,
    /// Out of standing in every window, also in those before.
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

public struct ValidatorStakeChanged has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// MIST, from `from_window` on.
    stake: u64,
    from_window: u64,
}

public struct ValidatorDeactivated has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// The first window without it.
    until_window: u64,
}

/// In place of a validator that ValidatorDeactivated names too, another one from the next window on.
public struct ValidatorReplaced has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// MIST that counted for it.
    stake: u64,
    new_uid: u16,
    new_generation: u32,
}

public struct ValidatorOperatorSet has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    operator: address,
    window: u64,
}

public struct ValidatorSlashed has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
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
    network.assert_running(clock);
    let window = network.current_window(clock);
    let params = hparams.at(window);
    self.admit(vault, params, window, params.max_validators(), stake, fee, operator, ctx);
}

/// As `register_validator`, once as many are registered as may be: the weakest validator past its `immunity_windows` leaves, as by
/// `deactivate`. It is the one with the least stake from the next window on, where that of one out of standing, as of the slashed, is 0; of
/// those with the same the last registered, then the one with the greatest uid. The newcomer must stake more. Who was slashed is not immune.
public fun replace_validator(
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
    network.assert_running(clock);
    let window = network.current_window(clock);
    let params = hparams.at(window);
    // After max_validators was lowered there may be more: a place changes hands all the same.
    let places = self.uids.active();
    assert!(places >= params.max_validators(), ENotFull);
    let (uid, least) = self.weakest(window, params);
    assert!(stake.value() > least, ENotMoreStake);
    let generation = self.validators[uid].generation;
    self.leave(vault, params, uid, window);
    let (new_uid, new_generation) = self.admit(vault, params, window, places, stake, fee, operator, ctx);
    event::emit(ValidatorReplaced { network: self.network, uid, generation, stake: least, new_uid, new_generation });
}

/// By the owner. The whole stake counts from the next window on.
public fun add_stake(
    self: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    stake: Coin<SUI>,
    clock: &Clock,
    ctx: &TxContext,
) {
    let (window, generation) = self.begin_change(vault, network, hparams, uid, clock, ctx);
    let amount = vault.add(vault::role_validator(), uid, generation, stake);
    self.set_stake(hparams.at(window), uid, window, amount)
}

/// By the owner: `amount` MIST stop counting with the next window, and can be withdrawn `unbond_delay_windows` after it. Until then they
/// can be slashed.
public fun unbond_stake(
    self: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    amount: u64,
    clock: &Clock,
    ctx: &TxContext,
) {
    let (window, generation) = self.begin_change(vault, network, hparams, uid, clock, ctx);
    let params = hparams.at(window);
    let release_window = window + 1 + params.unbond_delay_windows();
    let remaining = vault.unbond(vault::role_validator(), uid, generation, amount, release_window);
    assert!(remaining >= params.min_validator_stake_mist(), EBelowMinimum);
    self.set_stake(params, uid, window, remaining)
}

/// By the owner: the validator scores no window after this one, and all of its stake unbonds.
public fun deactivate(
    self: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    clock: &Clock,
    ctx: &TxContext,
) {
    let (window, _) = self.begin_change(vault, network, hparams, uid, clock, ctx);
    self.leave(vault, hparams.at(window), uid, window)
}

/// By the owner: another address acts for the validator from now on, and the one before no more. Not stopped by a pause, because the key may
/// be in other hands.
public fun set_operator(self: &mut ValidatorRegistry, network: &Network, uid: u16, operator: address, clock: &Clock, ctx: &TxContext) {
    network.assert_owns(self.network);
    let window = network.current_window(clock);
    let validator = self.validator(uid);
    let generation = validator.generation;
    let before = validator.operator;
    assert!(ctx.sender() == validator.owner, ENotOwner);
    assert!(validator.until_window == uid_pool::forever(), EDeactivated);
    self.assert_free(operator, ctx);
    assert!(!self.operators.contains(OperatorKey { uid, generation, operator }), EOperatorBefore);
    self.end_term(uid, generation, before, window + 1);
    self.agents.remove(before);
    self.begin_term(uid, generation, operator, window);
    self.validators[uid].operator = operator;
    event::emit(ValidatorOperatorSet { network: self.network, uid, generation, operator, window });
}

/// Lets another address, as that of an aggregator process, fetch credentials for this validator.
public fun add_delegate(self: &mut ValidatorRegistry, network: &Network, uid: u16, delegate: address, ctx: &TxContext) {
    network.assert_owns(self.network);
    let validator = self.validator(uid);
    let generation = validator.generation;
    assert!(ctx.sender() == validator.owner, ENotOwner);
    assert!(self.acts_for(delegate).is_none(), EAgentTaken);
    self.set_agent(delegate, Registration { uid, generation });
    event::emit(DelegateAdded { network: self.network, uid, delegate });
}

public fun remove_delegate(self: &mut ValidatorRegistry, network: &Network, uid: u16, delegate: address, ctx: &TxContext) {
    network.assert_owns(self.network);
    let validator = self.validator(uid);
    assert!(ctx.sender() == validator.owner, ENotOwner);
    assert!(delegate != validator.operator && self.acts_for(delegate) == option::some(uid), ENotDelegate);
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
    if (!self.agents.contains(agent)) return option::none();
    let Registration { uid, generation } = self.agents[agent];
    if (self.validators[uid].generation == generation) option::some(uid) else option::none()
}

/// Whether the address was the operator of this registration in the window, whatever has become of either since.
public fun was_operator(self: &ValidatorRegistry, uid: u16, generation: u32, operator: address, window: u64): bool {
    let key = OperatorKey { uid, generation, operator };
    if (!self.operators.contains(key)) return false;
    let OperatorTerm { from_window, until_window } = self.operators[key];
    from_window <= window && window < until_window
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

/// Not gone, not slashed, staked enough in the window.
public fun is_in_standing(self: &Validator, window: u64, params: &Params): bool {
    window < self.until_window && !self.slashed && self.stake_at(window) >= params.min_validator_stake_mist()
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

/// Uids are below.
public fun next_uid(self: &ValidatorRegistry): u16 {
    self.uids.next_uid()
}

public fun uids(self: &ValidatorRegistry): &UidPool {
    &self.uids
}

/// Whether this registration was slashed, also after the uid has passed on.
public fun was_slashed(self: &ValidatorRegistry, uid: u16, generation: u32): bool {
    self.slashed.contains(Registration { uid, generation })
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

/// The first window without it; the greatest u64 as long as it stays.
public fun until_window(self: &Validator): u64 {
    self.until_window
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
        uids: uid_pool::new(),
        agents: table::new(ctx),
        operators: table::new(ctx),
        slashed: table::new(ctx),
    }
}

public(package) fun share(self: ValidatorRegistry) {
    transfer::share_object(self)
}

/// Once a registration, also after it left: out of standing at once. The vault has taken what it takes. Aborts with EAlreadySlashed.
public(package) fun mark_slashed(self: &mut ValidatorRegistry, vault: &Vault, params: &Params, uid: u16, generation: u32, window: u64) {
    assert!(!self.was_slashed(uid, generation), EAlreadySlashed);
    self.slashed.add(Registration { uid, generation }, window);
    event::emit(ValidatorSlashed { network: self.network, uid, generation, window });
    let validator = &mut self.validators[uid];
    if (validator.generation != generation) return;
    validator.slashed = true;
    if (validator.until_window == uid_pool::forever()) {
        self.set_stake(params, uid, window, vault.stake(vault::role_validator(), uid, generation));
    };
}

// === Private ===

/// Registers the sender as owner; returns uid and generation. All objects are of one network.
fun admit(
    self: &mut ValidatorRegistry,
    vault: &mut Vault,
    params: &Params,
    window: u64,
    places: u64,
    stake: Coin<SUI>,
    fee: Coin<SUI>,
    operator: address,
    ctx: &TxContext,
): (u16, u32) {
    self.assert_free(operator, ctx);
    self.uids.count_registration(window, params.max_registrations_per_window());
    let (uid, generation) = self.take_uid(window, places);
    let owner = ctx.sender();
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
    self.begin_term(uid, generation, operator, window);
    self.validators.add(
        uid,
        Validator {
            uid,
            generation,
            owner,
            operator,
            registered_window: window,
            until_window: uid_pool::forever(),
            slashed: false,
            stakes: vector[StakeEntry { from_window: window + 1, amount }],
        },
    );
    event::emit(ValidatorRegistered { network: self.network, uid, generation, owner, operator, window });
    (uid, generation)
}

/// Of a validator that has not left: it scores no window after this one, and all of its stake unbonds.
fun leave(self: &mut ValidatorRegistry, vault: &mut Vault, params: &Params, uid: u16, window: u64) {
    let validator = &self.validators[uid];
    let generation = validator.generation;
    let operator = validator.operator;
    let until_window = window + 1;
    let stake = vault.stake(vault::role_validator(), uid, generation);
    // Who was slashed of everything must be able to go, and to be replaced.
    if (stake > 0) {
        vault.unbond(vault::role_validator(), uid, generation, stake, until_window + params.unbond_delay_windows());
    };
    self.set_stake(params, uid, window, 0);
    self.validators[uid].until_window = until_window;
    self.end_term(uid, generation, operator, until_window);
    self.uids.give_back(uid, until_window);
    event::emit(ValidatorDeactivated { network: self.network, uid, generation, until_window });
}

/// Uid of who is replaced next, and the stake that counts for it in the next window. Aborts with ENobodyReplaceable.
fun weakest(self: &ValidatorRegistry, window: u64, params: &Params): (u16, u64) {
    let n = self.uids.next_uid();
    let mut weakest = option::none();
    let mut least = 0;
    let mut registered_window = 0;
    let mut uid = 0;
    while (uid < n) {
        let validator = &self.validators[uid];
        let since = validator.registered_window;
        if (validator.until_window == uid_pool::forever() && (validator.slashed || since + params.immunity_windows() <= window)) {
            let stake = if (validator.is_in_standing(window + 1, params)) validator.stake_at(window + 1) else 0;
            if (weakest.is_none() || stake < least || (stake == least && since >= registered_window)) {
                weakest = option::some(uid);
                least = stake;
                registered_window = since;
            };
        };
        uid = uid + 1;
    };
    assert!(weakest.is_some(), ENobodyReplaceable);
    (weakest.destroy_some(), least)
}

/// The window, and the generation of a validator that the sender owns and that has not left.
fun begin_change(
    self: &ValidatorRegistry,
    vault: &Vault,
    network: &Network,
    hparams: &Hparams,
    uid: u16,
    clock: &Clock,
    ctx: &TxContext,
): (u64, u32) {
    network.assert_owns(self.network);
    network.assert_owns(vault.network());
    network.assert_owns(hparams.network());
    let validator = self.validator(uid);
    assert!(ctx.sender() == validator.owner, ENotOwner);
    assert!(validator.until_window == uid_pool::forever(), EDeactivated);
    (network.current_window(clock), validator.generation)
}

/// From the next window on. What no boundary that is still open can ask for is forgotten.
fun set_stake(self: &mut ValidatorRegistry, params: &Params, uid: u16, window: u64, amount: u64) {
    let validator = &mut self.validators[uid];
    let from_window = window + 1;
    let stakes = &mut validator.stakes;
    let last = stakes.length() - 1;
    if (stakes[last].from_window == from_window) stakes[last].amount = amount
    else stakes.push_back(StakeEntry { from_window, amount });
    let kept = 2 * params.checkpoint_frequency();
    while (stakes.length() > 1 && stakes[1].from_window + kept <= window) {
        stakes.remove(0);
    };
    event::emit(ValidatorStakeChanged { network: self.network, uid, generation: validator.generation, stake: amount, from_window });
}

/// With the generation after that of the uid's last validator. Aborts with ERegistryFull, EUidsResting of the module uid_pool.
fun take_uid(self: &mut ValidatorRegistry, window: u64, places: u64): (u16, u32) {
    let (uid, reused) = self.uids.take(window, places);
    if (!reused) return (uid, 1);
    let Validator { generation, .. } = self.validators.remove(uid);
    (uid, generation + 1)
}

fun begin_term(self: &mut ValidatorRegistry, uid: u16, generation: u32, operator: address, from_window: u64) {
    self.set_agent(operator, Registration { uid, generation });
    self.operators.add(OperatorKey { uid, generation, operator }, OperatorTerm { from_window, until_window: uid_pool::forever() });
}

fun end_term(self: &mut ValidatorRegistry, uid: u16, generation: u32, operator: address, until_window: u64) {
    self.operators[OperatorKey { uid, generation, operator }].until_window = until_window;
}

/// An address acts for one validator. It may leave off being a delegate by becoming an operator itself: else anybody could keep it out by naming
/// it delegate. Aborts with EAgentTaken.
fun assert_free(self: &ValidatorRegistry, operator: address, ctx: &TxContext) {
    let taken = self.acts_for(operator);
    assert!(taken.is_none() || (ctx.sender() == operator && self.validators[*taken.borrow()].operator != operator), EAgentTaken);
}

/// Over one of an earlier generation, or that of a delegate that becomes an operator.
fun set_agent(self: &mut ValidatorRegistry, address: address, agent: Registration) {
    if (self.agents.contains(address)) *&mut self.agents[address] = agent else self.agents.add(address, agent)
}

#[test_only]
public fun set_slashed_for_testing(self: &mut ValidatorRegistry, uid: u16) {
    self.validators[uid].slashed = true
}

#[test_only]
public fun set_until_for_testing(self: &mut ValidatorRegistry, uid: u16, until_window: u64) {
    self.validators[uid].until_window = until_window
}

#[test_only]
public fun set_generation_for_testing(self: &mut ValidatorRegistry, uid: u16, generation: u32) {
    self.validators[uid].generation = generation
}
