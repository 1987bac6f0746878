#[test_only]
module vramhub::vault_tests;

use std::unit_test::assert_eq;
use vramhub::vault;
use vramhub::world::{Self, World};

const OWNER: address = @0xb0;
const STAKE: u64 = 10_000_000_000;
const FEE: u64 = 100_000_000;

/// STAKE is staked, 40 and 2 unbond in two windows.
fun ready(): World {
    let mut w = world::new();
    w.register_validator_paying(OWNER, @0xb1, STAKE + 42, FEE);
    w.at(12, 0);
    w.unbond_validator_stake(OWNER, 0, 40);
    w.at(13, 0);
    w.unbond_validator_stake(OWNER, 0, 2);
    w
}

use fun slash as World.slash;

/// Into the treasury; returns how much.
fun slash(w: &mut World, amount: u64): u64 {
    let slashed = w.vault_mut().slash(vault::role_validator(), 0, 1, amount);
    let value = slashed.value();
    w.vault_mut().collect(slashed);
    value
}

fun assert_left(w: &World, stake: u64, unbonding: u64, treasury: u64) {
    let role = vault::role_validator();
    assert_eq!(w.vault().stake(role, 0, 1), stake);
    assert_eq!(w.vault().unbonding(role, 0, 1), unbonding);
    assert_eq!(w.vault().at_stake(role, 0, 1), stake + unbonding);
    assert_eq!(w.vault().treasury(), FEE + treasury);
}

#[test]
fun what_is_staked_is_slashed_first() {
    let mut w = ready();
    assert_left(&w, STAKE, 42, 0);
    assert_eq!(w.slash(STAKE - 1), STAKE - 1);
    assert_left(&w, 1, 42, STAKE - 1);
    assert_eq!(w.slash(2), 2);
    assert_left(&w, 0, 41, STAKE + 1);
    w.end()
}

#[test]
fun what_unbonds_is_slashed_latest_first_and_the_rest_is_paid_out() {
    let mut w = ready();
    assert_eq!(w.slash(STAKE + 5), STAKE + 5);
    assert_left(&w, 0, 37, STAKE + 5);
    w.at(13 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), 37);
    w.end()
}

/// Released is not withdrawn.
#[test]
fun all_that_is_there_can_be_slashed() {
    let mut w = ready();
    w.at(1_000, 0);
    assert_eq!(w.slash(STAKE + 42), STAKE + 42);
    assert_left(&w, 0, 0, STAKE + 42);
    w.end()
}

#[test, expected_failure(abort_code = vault::ENothingReleased)]
fun what_is_slashed_is_not_paid_out() {
    let mut w = ready();
    w.slash(STAKE + 42);
    w.at(1_000, 0);
    w.withdraw(OWNER, vault::role_validator(), 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = vault::EBadAmount)]
fun no_more_than_there_is() {
    let mut w = ready();
    w.slash(STAKE + 43);
    w.end()
}

#[test, expected_failure(abort_code = vault::EUnknownEscrow)]
fun of_no_registration_there_is_nothing() {
    let mut w = ready();
    let role = vault::role_validator();
    assert_eq!(w.vault().at_stake(role, 0, 2), 0);
    let slashed = w.vault_mut().slash(role, 0, 2, 1);
    w.vault_mut().collect(slashed);
    w.end()
}
