#[test_only]
module vramhub::validator_registry_tests;

use std::unit_test::assert_eq;
use vramhub::network;
use vramhub::validator_registry;
use vramhub::vault;
use vramhub::world;

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
    w.validators_mut().set_inactive_for_testing(1);
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

#[test, expected_failure(abort_code = validator_registry::ERegistryFull)]
fun there_are_so_many_uids() {
    let mut values = world::values();
    *&mut values[9] = 1;
    let mut w = world::with_values(values);
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, DELEGATE);
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ETooManyRegistrations)]
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

#[test, expected_failure(abort_code = validator_registry::EAgentTaken)]
fun a_delegate_acts_for_one_validator() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.register_validator(OWNER, @0xb3);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.add_delegate(OWNER, 1, DELEGATE);
    w.end()
}
