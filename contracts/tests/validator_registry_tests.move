#[test_only]
module vramhub::validator_registry_tests;

use std::unit_test::assert_eq;
use sui::event;
use vramhub::network;
use vramhub::uid_pool;
use vramhub::validator_registry;
use vramhub::vault::{Self, StakeUnbonded};
use vramhub::world::{Self, World};

const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;
const DELEGATE: address = @0xb2;

#[test]
fun stake_counts_from_the_next_window() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    let validator = w.validators().validator(0);
    let params = w.hparams().at(10);
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), 10_000_000_000);
    assert_eq!(validator.stake_at(10), 0);
    assert_eq!(validator.stake_at(11), 10_000_000_000);
    assert!(!validator.is_in_standing(10, params));
    assert!(validator.is_in_standing(11, params));
    // validator_offset_windows is 2
    assert!(!validator.scores_in(11, params));
    assert!(validator.scores_in(12, params));
    assert_eq!(w.validators().acts_for(OPERATOR), option::some(0));
    assert_eq!(w.validators().acts_for(OWNER), option::none());
    w.end()
}

#[test]
fun a_slashed_or_inactive_validator_is_not_in_standing() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, @0xb3);
    w.validators_mut().set_slashed_for_testing(0);
    w.validators_mut().set_until_for_testing(1, 20);
    let params = w.hparams().at(10);
    assert!(!w.validators().validator(0).is_in_standing(20, params));
    assert!(!w.validators().validator(1).is_in_standing(20, params));
    w.end()
}

#[test, expected_failure(abort_code = vault::EStakeTooSmall)]
fun less_than_the_minimum_is_refused() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, 9_999_999_999, 100_000_000);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun an_operator_acts_for_one_validator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ERegistryFull)]
fun there_are_so_many_uids() {
    let mut values = world::values();
    *&mut values[9] = 1;
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ETooManyRegistrations)]
fun there_are_so_many_registrations_a_window() {
    let mut values = world::values();
    *&mut values[13] = 1;
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.register_validator(OWNER, OPERATOR);
    other.end();
    w.end()
}

#[test]
fun a_delegate_comes_and_goes() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    assert_eq!(w.validators().acts_for(DELEGATE), option::some(0));
    w.remove_delegate(OWNER, 0, DELEGATE);
    assert_eq!(w.validators().acts_for(DELEGATE), option::none());
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotOwner)]
fun the_operator_adds_no_delegate() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OPERATOR, 0, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotOwner)]
fun a_stranger_removes_no_delegate() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.remove_delegate(DELEGATE, 0, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotDelegate)]
fun the_operator_is_no_delegate() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.remove_delegate(OWNER, 0, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EUnknownValidator)]
fun a_validator_must_exist() {
    let mut w = world::new();
    w.add_delegate(OWNER, 0, DELEGATE);
    w.end()
}

#[test]
fun who_was_named_delegate_unasked_registers_all_the_same() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.register_validator(DELEGATE, DELEGATE);
    assert_eq!(w.validators().acts_for(DELEGATE), option::some(1));
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun nobody_else_takes_a_delegate_away() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.register_validator(@0xcc, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun an_operator_operates_one_validator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OPERATOR, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun a_delegate_acts_for_one_validator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, @0xb3);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.add_delegate(OWNER, 1, DELEGATE);
    w.end()
}

// === Stake ===

const STAKE: u64 = 10_000_000_000;

#[test]
fun more_stake_counts_from_the_next_window() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(12, 0);
    w.add_validator_stake(OWNER, 0, 5);
    w.add_validator_stake(OWNER, 0, 6);
    let validator = w.validators().validator(0);
    assert_eq!(validator.stake_at(12), STAKE);
    assert_eq!(validator.stake_at(13), STAKE + 11);
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), STAKE + 11);
    w.end()
}

#[test]
fun less_stake_counts_from_the_next_window_and_is_paid_out_after_the_delay() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 100, 100_000_000);
    w.at(12, 0);
    w.unbond_validator_stake(OWNER, 0, 40);
    w.unbond_validator_stake(OWNER, 0, 2);
    w.at(13, 0);
    w.unbond_validator_stake(OWNER, 0, 7);
    let validator = w.validators().validator(0);
    assert_eq!(validator.stake_at(12), STAKE + 100);
    assert_eq!(validator.stake_at(13), STAKE + 58);
    assert_eq!(validator.stake_at(14), STAKE + 51);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), 49);
    // unbond_delay_windows is 492.
    w.at(13 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), 42);
    w.at(14 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), 7);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), 0);
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), STAKE + 51);
    w.end()
}

#[test, expected_failure(abort_code = vault::ENothingReleased)]
fun nothing_is_paid_out_before_the_delay() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 100, 100_000_000);
    w.at(12, 0);
    w.unbond_validator_stake(OWNER, 0, 40);
    w.at(12 + 492, 599_999);
    w.withdraw(OWNER, vault::role_validator(), 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = vault::ENotOwner)]
fun stake_is_paid_to_its_owner_only() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.deactivate_validator(OWNER, 0);
    w.at(11 + 492, 0);
    w.withdraw(OPERATOR, vault::role_validator(), 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = vault::EUnknownEscrow)]
fun there_is_no_stake_without_a_registration() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.withdraw(OWNER, vault::role_miner(), 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun stake_is_not_withdrawn_by_another_networks_clock() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_validator(OWNER, OPERATOR);
    w.exchange_network(&mut other);
    w.withdraw(OWNER, vault::role_validator(), 0, 1);
    other.end();
    w.end()
}

#[test]
fun the_oldest_stakes_are_forgotten_when_no_boundary_needs_them() {
    let mut values = world::values();
    *&mut values[2] = 1; // checkpoint_frequency
    *&mut values[4] = 2; // max_merge_windows
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    10u64.do!(|i| {
        w.at(11 + i, 0);
        w.add_validator_stake(OWNER, 0, 1);
    });
    let validator = w.validators().validator(0);
    // In window 20, boundaries from 18 on can be open.
    assert_eq!(validator.stake_at(17), 0);
    assert_eq!(validator.stake_at(18), STAKE + 7);
    assert_eq!(validator.stake_at(21), STAKE + 10);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EBelowMinimum)]
fun less_than_the_minimum_does_not_stay() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.unbond_validator_stake(OWNER, 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = vault::EBadAmount)]
fun more_than_there_is_does_not_unbond() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.unbond_validator_stake(OWNER, 0, STAKE + 1);
    w.end()
}

#[test, expected_failure(abort_code = vault::EBadAmount)]
fun nothing_does_not_unbond() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.unbond_validator_stake(OWNER, 0, 0);
    w.end()
}

#[test, expected_failure(abort_code = vault::EBadAmount)]
fun nothing_is_not_added() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_validator_stake(OWNER, 0, 0);
    w.end()
}

#[test, expected_failure(abort_code = vault::ETooManyUnbondings)]
fun so_many_windows_unbond_at_a_time() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 100, 100_000_000);
    65u64.do!(|i| {
        w.at(11 + i, 0);
        w.unbond_validator_stake(OWNER, 0, 1);
    });
    w.end()
}

#[test]
fun a_shorter_delay_overtakes_nothing() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 100, 100_000_000);
    w.unbond_validator_stake(OWNER, 0, 40);
    let mut values = world::values();
    *&mut values[2] = 10; // checkpoint_frequency
    *&mut values[4] = 20; // max_merge_windows
    *&mut values[7] = 312; // unbond_delay_windows
    w.propose(values);
    w.at(11, 0);
    w.unbond_validator_stake(OWNER, 0, 2);
    let events = event::events_by_type<StakeUnbonded>();
    assert_eq!(events.length(), 2);
    assert_eq!(events[1].release_window_for_testing(), 11 + 492);
    w.at(11 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), 42);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotOwner)]
fun the_operator_does_not_unbond() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.unbond_validator_stake(OPERATOR, 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun stake_is_not_added_in_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_validator(OWNER, OPERATOR);
    w.exchange_network(&mut other);
    w.add_validator_stake(OWNER, 0, 1);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun stake_does_not_unbond_in_another_networks_vault() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 1, 100_000_000);
    w.exchange_vault(&mut other);
    w.unbond_validator_stake(OWNER, 0, 1);
    other.end();
    w.end()
}

// === Leaving ===

#[test]
fun who_leaves_is_there_until_the_windows_end() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(15, 0);
    w.deactivate_validator(OWNER, 0);
    let params = w.hparams().at(15);
    let validator = w.validators().validator(0);
    assert!(validator.scores_in(15, params));
    assert!(!validator.is_in_standing(16, params));
    assert_eq!(validator.until_window(), 16);
    assert_eq!(validator.stake_at(16), 0);
    // Its last scores and votes are still to come.
    assert_eq!(w.validators().acts_for(OPERATOR), option::some(0));
    w.at(16 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), STAKE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EDeactivated)]
fun who_has_left_stakes_no_more() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.deactivate_validator(OWNER, 0);
    w.add_validator_stake(OWNER, 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EDeactivated)]
fun nobody_leaves_twice() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.deactivate_validator(OWNER, 0);
    w.deactivate_validator(OWNER, 0);
    w.end()
}

#[test]
fun a_uid_is_given_out_again_and_nothing_passes_on() {
    let mut values = world::values();
    *&mut values[9] = 1; // max_validators
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.at(15, 0);
    w.deactivate_validator(OWNER, 0);
    w.at(24, 0);
    w.register_validator(@0xc0, @0xc1);
    let validator = w.validators().validator(0);
    assert_eq!(validator.generation(), 2);
    assert_eq!(validator.owner(), @0xc0);
    assert_eq!(validator.stake_at(24), 0);
    assert_eq!(validator.stake_at(25), STAKE);
    assert_eq!(w.validators().acts_for(OPERATOR), option::none());
    assert_eq!(w.validators().acts_for(DELEGATE), option::none());
    assert_eq!(w.validators().acts_for(@0xc1), option::some(0));
    // Whom it does not bind any more may act for the successor.
    w.add_delegate(@0xc0, 0, DELEGATE);
    assert_eq!(w.validators().acts_for(DELEGATE), option::some(0));
    assert_eq!(w.vault().owner(vault::role_validator(), 0, 1), OWNER);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), STAKE);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 2), 0);
    w.at(16 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), STAKE);
    w.end()
}

#[test]
fun a_uid_rests_before_it_is_given_out_again() {
    let mut values = world::values();
    *&mut values[9] = 1; // max_validators
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.at(15, 0);
    w.deactivate_validator(OWNER, 0);
    w.at(23, 599_999);
    w.register_validator(@0xc0, @0xc1);
    assert_eq!(w.validators().validator(0).generation(), 1);
    assert_eq!(w.validators().validator(1).generation(), 1);
    assert_eq!(w.validators().next_uid(), 2);
    w.end()
}

/// As many amounts unbond as can; who has to leave, leaves.
#[test]
fun unbonding_amounts_keep_nobody_in() {
    let mut w = world::new();
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 100, 100_000_000);
    64u64.do!(|i| {
        w.at(11 + i, 0);
        w.unbond_validator_stake(OWNER, 0, 1);
    });
    w.at(75, 0);
    w.deactivate_validator(OWNER, 0);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), STAKE + 100);
    w.at(76 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), STAKE + 100);
    w.end()
}

// === Replacement ===

/// Two places, immunity of 5 windows. Validator 0 has one SUI more than the minimum, 1 has the minimum.
fun full(): World {
    let mut values = world::values();
    *&mut values[9] = 2; // max_validators
    *&mut values[14] = 5; // immunity_windows
    let mut w = world::with_values(values);
    w.register_validator_paying(OWNER, OPERATOR, STAKE + 1_000_000_000, 100_000_000);
    w.register_validator(OWNER, @0xb3);
    w
}

#[test]
fun who_stakes_more_takes_the_place_of_the_weakest() {
    let mut w = full();
    w.at(15, 0);
    w.replace_validator(@0xc0, @0xc1, STAKE + 1);
    let params = w.hparams().at(15);
    let victim = w.validators().validator(1);
    assert_eq!(victim.until_window(), 16);
    assert!(victim.is_in_standing(15, params));
    assert!(!victim.is_in_standing(16, params));
    assert_eq!(w.vault().stake(vault::role_validator(), 1, 1), 0);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 1, 1), STAKE);
    let newcomer = w.validators().validator(2);
    assert_eq!(newcomer.owner(), @0xc0);
    assert!(!newcomer.is_in_standing(15, params));
    assert!(newcomer.is_in_standing(16, params));
    assert_eq!(w.validators().uids().active(), 2);
    w.at(16 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 1, 1), STAKE);
    // Its uid is the next one's.
    w.replace_validator(@0xd0, @0xd1, STAKE + 2);
    assert_eq!(w.validators().validator(1).generation(), 2);
    assert_eq!(w.validators().validator(2).until_window(), 509);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotFull)]
fun nobody_is_replaced_while_there_is_a_place() {
    let mut w = full();
    w.at(15, 0);
    w.deactivate_validator(OWNER, 1);
    w.replace_validator(@0xc0, @0xc1, 2 * STAKE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENobodyReplaceable)]
fun nobody_is_replaced_in_its_first_windows() {
    let mut w = full();
    w.at(14, 599_999);
    w.replace_validator(@0xc0, @0xc1, 100 * STAKE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotMoreStake)]
fun the_same_stake_replaces_nobody() {
    let mut w = full();
    w.at(15, 0);
    w.replace_validator(@0xc0, @0xc1, STAKE);
    w.end()
}

/// Stake that comes in this window counts as much as the newcomer's.
#[test, expected_failure(abort_code = validator_registry::ENotMoreStake)]
fun a_place_can_be_held_by_more_stake() {
    let mut w = full();
    w.at(15, 0);
    w.add_validator_stake(OWNER, 1, 1);
    w.replace_validator(@0xc0, @0xc1, STAKE + 1);
    w.end()
}

#[test]
fun of_equals_the_last_registered_goes() {
    let mut w = full();
    w.at(15, 0);
    w.add_validator_stake(OWNER, 1, 1_000_000_000);
    w.replace_validator(@0xc0, @0xc1, 2 * STAKE);
    assert_eq!(w.validators().validator(1).until_window(), 16);
    // Uid 2 is the last one, and 0 the only one past its immunity.
    w.replace_validator(@0xc2, @0xc3, 2 * STAKE);
    assert_eq!(w.validators().validator(0).until_window(), 16);
    assert_eq!(w.validators().uids().active(), 2);
    w.end()
}

/// Validator 0, that has more stake, is slashed in its first windows.
#[test]
fun the_slashed_go_first_and_have_no_immunity() {
    let mut w = full();
    w.validators_mut().set_slashed_for_testing(0);
    w.replace_validator(@0xc0, @0xc1, STAKE);
    assert_eq!(w.validators().validator(0).until_window(), 11);
    w.end()
}

#[test]
fun who_is_below_a_new_minimum_counts_nothing() {
    let mut w = full();
    let mut values = world::values();
    *&mut values[9] = 1; // max_validators
    *&mut values[11] = STAKE + 1; // min_validator_stake_mist
    *&mut values[14] = 0; // immunity_windows
    w.propose(values);
    w.at(11, 0);
    w.replace_validator(@0xc0, @0xc1, STAKE + 1);
    assert_eq!(w.validators().validator(1).until_window(), 12);
    // There are more than there may be, and not one more.
    assert_eq!(w.validators().uids().active(), 2);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ETooManyRegistrations)]
fun replacements_are_registrations() {
    let mut values = world::values();
    *&mut values[9] = 1; // max_validators
    *&mut values[13] = 1; // max_registrations_per_window
    *&mut values[14] = 0; // immunity_windows
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.replace_validator(@0xc0, @0xc1, 2 * STAKE);
    w.end()
}

#[test, expected_failure(abort_code = vault::EStakeTooSmall)]
fun a_newcomer_stakes_the_minimum_too() {
    let mut w = full();
    w.validators_mut().set_slashed_for_testing(0);
    w.replace_validator(@0xc0, @0xc1, STAKE - 1);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_is_replaced_in_a_pause() {
    let mut w = full();
    w.at(15, 0);
    w.pause(1);
    w.replace_validator(@0xc0, @0xc1, 2 * STAKE);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun nobody_is_replaced_by_stake_in_another_networks_vault() {
    let mut w = full();
    let mut other = world::another();
    w.at(15, 0);
    w.exchange_vault(&mut other);
    w.replace_validator(@0xc0, @0xc1, 2 * STAKE);
    other.end();
    w.end()
}

// === Operators ===

#[test]
fun another_operator_acts_at_once_and_the_first_is_remembered() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(12, 0);
    w.pause(1);
    w.set_operator(OWNER, 0, @0xb4);
    assert_eq!(w.validators().validator(0).operator(), @0xb4);
    assert_eq!(w.validators().acts_for(@0xb4), option::some(0));
    assert_eq!(w.validators().acts_for(OPERATOR), option::none());
    assert!(!w.validators().was_operator(0, 1, OPERATOR, 9));
    assert!(w.validators().was_operator(0, 1, OPERATOR, 10));
    assert!(w.validators().was_operator(0, 1, OPERATOR, 12));
    assert!(!w.validators().was_operator(0, 1, OPERATOR, 13));
    assert!(!w.validators().was_operator(0, 1, @0xb4, 11));
    assert!(w.validators().was_operator(0, 1, @0xb4, 12));
    assert!(w.validators().was_operator(0, 1, @0xb4, 1_000_000));
    assert!(!w.validators().was_operator(0, 2, @0xb4, 12));
    assert!(!w.validators().was_operator(0, 1, @0xb5, 12));
    w.end()
}

#[test]
fun a_term_ends_with_the_registration_and_outlives_it() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(12, 0);
    w.deactivate_validator(OWNER, 0);
    w.at(30, 0);
    w.register_validator(@0xc0, @0xc1);
    assert_eq!(w.validators().validator(0).generation(), 2);
    assert!(w.validators().was_operator(0, 1, OPERATOR, 12));
    assert!(!w.validators().was_operator(0, 1, OPERATOR, 13));
    assert!(!w.validators().was_operator(0, 2, OPERATOR, 12));
    assert!(!w.validators().was_operator(0, 2, @0xc1, 29));
    assert!(w.validators().was_operator(0, 2, @0xc1, 30));
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotOwner)]
fun an_operator_names_no_successor() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.set_operator(OPERATOR, 0, @0xb4);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun a_delegate_is_no_operator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.set_operator(OWNER, 0, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EOperatorBefore)]
fun an_operator_does_not_come_back() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.set_operator(OWNER, 0, @0xb4);
    w.set_operator(OWNER, 0, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EDeactivated)]
fun who_has_left_gets_no_operator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.deactivate_validator(OWNER, 0);
    w.set_operator(OWNER, 0, @0xb4);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun an_operator_is_not_set_by_another_networks_clock() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_validator(OWNER, OPERATOR);
    w.exchange_network(&mut other);
    w.set_operator(OWNER, 0, @0xb4);
    other.end();
    w.end()
}
