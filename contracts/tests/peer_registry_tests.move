#[test_only]
module vramhub::peer_registry_tests;

use std::unit_test::assert_eq;
use vramhub::network;
use vramhub::peer_registry::{Self, RosterEntry};
use vramhub::uid_pool;
use vramhub::vault;
use vramhub::world;

const OWNER: address = @0xa0;
const OPERATOR: address = @0xa1;

#[test]
fun registering_takes_stake_and_fee() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.register_miner_paying(OWNER, OPERATOR, 5_000_000_000, 100_000_000);
    assert_eq!(w.vault().stake(vault::role_miner(), 0, 1), 1_000_000_000);
    assert_eq!(w.vault().stake(vault::role_miner(), 1, 1), 5_000_000_000);
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), 0);
    assert_eq!(w.vault().treasury(), 200_000_000);
    let miner = w.peers().miner(1);
    assert_eq!(miner.owner(), OWNER);
    assert_eq!(miner.operator(), OPERATOR);
    assert_eq!(miner.generation(), 1);
    assert_eq!(miner.stake(), 5_000_000_000);
    assert_eq!(miner.cred_version(), 0);
    w.end()
}

#[test]
fun the_roster_changes_at_the_next_window() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    assert_eq!(w.peers().roster_at(10).length(), 0);
    assert_eq!(w.peers().roster_at(11).length(), 1);
    assert!(!w.peers().miner(0).is_active_in(10));
    assert!(w.peers().miner(0).is_active_in(11));
    w.register_miner(OWNER, OPERATOR);
    assert_eq!(w.peers().roster_at(10).length(), 0);
    assert_eq!(w.peers().roster_at(11).length(), 2);
    w.at(11, 0);
    w.register_miner(OWNER, OPERATOR);
    assert_eq!(w.peers().roster_at(10).length(), 0);
    assert_eq!(w.peers().roster_at(11).length(), 2);
    assert_eq!(w.peers().roster_at(12).length(), 3);
    assert_eq!(w.peers().roster_at(12)[2].entry_uid(), 2);
    assert_eq!(w.peers().roster_at(12)[2].entry_generation(), 1);
    w.end()
}

#[test]
fun the_last_window_can_still_be_asked_for() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.at(15, 0);
    w.register_miner(OWNER, OPERATOR);
    assert_eq!(w.peers().roster_at(14).length(), 1);
    assert_eq!(w.peers().roster_at(15).length(), 1);
    assert_eq!(w.peers().roster_at(16).length(), 2);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::ERosterForgotten)]
fun older_windows_are_forgotten() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.at(15, 0);
    w.register_miner(OWNER, OPERATOR);
    w.at(20, 0);
    w.register_miner(OWNER, OPERATOR);
    w.peers().roster_at(15);
    w.end()
}

#[test]
fun the_roster_hash_is_the_vector() {
    // tests/vectors/commitments.json: roster, rosterHash
    let roster = vector[
        peer_registry::roster_entry_for_testing(0, 1),
        peer_registry::roster_entry_for_testing(3, 2),
        peer_registry::roster_entry_for_testing(255, 9),
    ];
    assert_eq!(peer_registry::roster_hash(&roster), x"65519e32df80d2c74637786420035a5b610c5cbdc41d1f987170b3a311aa9f30");
}

#[test, expected_failure(abort_code = vault::EStakeTooSmall)]
fun less_than_the_minimum_is_refused() {
    let mut w = world::new();
    w.register_miner_paying(OWNER, OPERATOR, 999_999_999, 100_000_000);
    w.end()
}

#[test, expected_failure(abort_code = vault::EWrongFee)]
fun another_fee_is_refused() {
    let mut w = world::new();
    w.register_miner_paying(OWNER, OPERATOR, 1_000_000_000, 100_000_001);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ERegistryFull)]
fun there_are_so_many_uids() {
    let mut values = world::values();
    *&mut values[8] = 1;
    let mut w = world::with_values(values);
    w.register_miner(OWNER, OPERATOR);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ETooManyRegistrations)]
fun there_are_so_many_registrations_a_window() {
    let mut values = world::values();
    *&mut values[13] = 1;
    let mut w = world::with_values(values);
    w.register_miner(OWNER, OPERATOR);
    w.at(11, 0);
    w.register_miner(OWNER, OPERATOR);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.register_miner(OWNER, OPERATOR);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.exchange_hparams(&mut other);
    w.register_miner(OWNER, OPERATOR);
    other.end();
    w.end()
}

#[test]
fun credentials_rotate() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 1, b"first");
    w.at(12, 0);
    w.set_credentials(OWNER, 0, 2, b"second");
    let miner = w.peers().miner(0);
    assert_eq!(*miner.credentials(), b"second");
    assert_eq!(*miner.previous_credentials(), b"first");
    assert!(!miner.accepts_credential_version(0, 12, 2));
    assert!(miner.accepts_credential_version(1, 14, 2));
    assert!(!miner.accepts_credential_version(1, 15, 2));
    assert!(miner.accepts_credential_version(2, 100, 2));
    assert!(!miner.accepts_credential_version(3, 12, 2));
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::ENotOwner)]
fun the_operator_does_not_rotate() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OPERATOR, 0, 1, b"first");
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EWrongCredentialVersion)]
fun versions_grow_by_one() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 2, b"second");
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EBadCiphertext)]
fun a_ciphertext_is_not_longer_than_2048() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 1, vector::tabulate!(2048, |_| 0));
    w.set_credentials(OWNER, 0, 2, vector::tabulate!(2049, |_| 0));
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EBadCiphertext)]
fun a_ciphertext_is_not_empty() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 1, b"");
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EUnknownMiner)]
fun nobody_rotates_for_nobody() {
    let mut w = world::new();
    w.set_credentials(OWNER, 0, 1, b"first");
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun credentials_not_in_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_miner(OWNER, OPERATOR);
    w.exchange_network(&mut other);
    w.set_credentials(OWNER, 0, 1, b"first");
    other.end();
    w.end()
}

// === Stake ===

const STAKE: u64 = 1_000_000_000;

#[test]
fun stake_is_added_and_taken() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.add_miner_stake(OWNER, 0, 100);
    w.unbond_miner_stake(OWNER, 0, 60);
    assert_eq!(w.peers().miner(0).stake(), STAKE + 40);
    assert_eq!(w.vault().stake(vault::role_miner(), 0, 1), STAKE + 40);
    assert_eq!(w.vault().unbonding(vault::role_miner(), 0, 1), 60);
    // unbond_delay_windows is 492.
    w.at(11 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 0, 1), 60);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EBelowMinimum)]
fun less_than_the_minimum_does_not_stay() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.unbond_miner_stake(OWNER, 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::ENotOwner)]
fun the_operator_does_not_add_stake() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.add_miner_stake(OPERATOR, 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun stake_does_not_unbond_in_another_networks_vault() {
    let mut w = world::new();
    let mut other = world::another();
    w.register_miner_paying(OWNER, OPERATOR, STAKE + 1, 100_000_000);
    w.exchange_vault(&mut other);
    w.unbond_miner_stake(OWNER, 0, 1);
    other.end();
    w.end()
}

// === Leaving ===

fun entry(uid: u16, generation: u32): RosterEntry {
    peer_registry::roster_entry_for_testing(uid, generation)
}

#[test]
fun who_leaves_is_there_until_the_windows_end() {
    let mut w = world::new();
    3u64.do!(|_| w.register_miner(OWNER, OPERATOR));
    w.at(12, 0);
    w.deactivate_miner(OWNER, 1);
    let miner = w.peers().miner(1);
    assert!(miner.is_active_in(12));
    assert!(!miner.is_active_in(13));
    assert_eq!(miner.until_window(), 13);
    assert_eq!(w.peers().roster_at(12).length(), 3);
    assert_eq!(*w.peers().roster_at(13), vector[entry(0, 1), entry(2, 1)]);
    w.at(13 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 1, 1), STAKE);
    w.end()
}

#[test]
fun who_leaves_at_once_was_in_no_roster() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.deactivate_miner(OWNER, 0);
    assert!(w.peers().roster_at(11).is_empty());
    assert!(!w.peers().miner(0).is_active_in(11));
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EDeactivated)]
fun nobody_leaves_twice() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.deactivate_miner(OWNER, 0);
    w.deactivate_miner(OWNER, 0);
    w.end()
}

#[test]
fun a_uid_is_given_out_again_in_its_place() {
    let mut values = world::values();
    *&mut values[8] = 3; // max_miners
    let mut w = world::with_values(values);
    3u64.do!(|_| w.register_miner(OWNER, OPERATOR));
    w.set_credentials(OWNER, 1, 1, b"first");
    w.at(12, 0);
    w.deactivate_miner(OWNER, 1);
    assert_eq!(w.peers().uids().active(), 2);
    w.at(21, 0);
    w.register_miner(@0xc0, @0xc1);
    let miner = w.peers().miner(1);
    assert_eq!(miner.generation(), 2);
    assert_eq!(miner.owner(), @0xc0);
    assert_eq!(miner.cred_version(), 0);
    assert!(miner.credentials().is_empty());
    assert_eq!(*w.peers().roster_at(22), vector[entry(0, 1), entry(1, 2), entry(2, 1)]);
    w.end()
}

#[test]
fun a_uid_rests_before_it_is_given_out_again() {
    let mut values = world::values();
    *&mut values[8] = 1; // max_miners
    let mut w = world::with_values(values);
    w.register_miner(OWNER, OPERATOR);
    w.at(12, 0);
    w.deactivate_miner(OWNER, 0);
    w.at(20, 599_999);
    w.register_miner(@0xc0, @0xc1);
    assert_eq!(w.peers().miner(0).owner(), OWNER);
    assert_eq!(*w.peers().roster_at(21), vector[entry(1, 1)]);
    w.end()
}
