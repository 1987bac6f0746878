#[test_only]
module vramhub::peer_registry_tests;

use std::unit_test::assert_eq;
use vramhub::network;
use vramhub::peer_registry;
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

#[test, expected_failure(abort_code = peer_registry::ERegistryFull)]
fun there_are_so_many_uids() {
    let mut values = world::values();
    *&mut values[8] = 1;
    let mut w = world::with_values(values);
    w.register_miner(OWNER, OPERATOR);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::ETooManyRegistrations)]
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
