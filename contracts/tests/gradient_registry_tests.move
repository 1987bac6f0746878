#[test_only]
module vramhub::gradient_registry_tests;

use std::unit_test::{assert_eq, destroy};
use vramhub::gradient_registry;
use vramhub::network;
use vramhub::peer_registry;
use vramhub::world::{Self, World};

const OWNER: address = @0xa0;
const OPERATOR: address = @0xa1;

/// Two miners with credentials, in window 11.
fun ready(): World {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 1, b"ciphertext");
    w.set_credentials(OWNER, 1, 1, b"ciphertext");
    w.at(11, 0);
    w
}

#[test]
fun commitments_fold_in_order() {
    let mut w = ready();
    let (empty, count) = w.gradients().summary(11);
    assert_eq!(empty, world::digest(0));
    assert_eq!(count, 0);
    assert_eq!(w.gradients().committed_rows(11, w.peers().roster_at(11)), 0);
    w.commit(OPERATOR, 1, 11);
    let (first, _) = w.gradients().summary(11);
    w.at(11, 479_999);
    w.commit(OPERATOR, 0, 11);
    let (second, count) = w.gradients().summary(11);
    assert_eq!(count, 2);
    assert_eq!(w.gradients().committed_rows(11, w.peers().roster_at(11)), 3);
    assert!(first != empty && second != first);
    assert_eq!(w.gradients().commitments(11).length(), 2);
    assert_eq!(w.gradients().commitments(12).length(), 0);
    w.end()
}

#[test]
fun the_fold_is_the_vector() {
    // tests/vectors/commitments.json: commitments
    let mut window = gradient_registry::empty_for_testing();
    let first = window.fold_for_testing(7, 1, x"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", 1000, 1, 1774380000000);
    assert_eq!(first, x"7d4f82ebe1b905c91180ec1738c4a1c6661d7753f1e22a80774e5692c38a98ed");
    let second = window.fold_for_testing(6, 2, x"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a", 71000, 2, 1774380000001);
    assert_eq!(second, x"f54ecdd9f5b5a10723618fc8a6dce32cd79bac8ff1a7b185ce71a70764ab0039");
    let third = window.fold_for_testing(5, 3, x"dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986", 141000, 3, 1774380000002);
    assert_eq!(third, x"0527f3550a254b98b53510157d003fc0767313b688e472b6abb48ad44d36fe15");
    destroy(window)
}

/// Uids go beyond 255 while those that were left rest; rows do not.
#[test]
fun uids_of_every_word_have_their_row() {
    let uids = vector[0u16, 255, 256, 257, 511, 512, 1023];
    let mut w = world::new();
    let roster = uids.map!(|uid| peer_registry::roster_entry_for_testing(uid, 1));
    // All but those in rows 1 and 5, the greatest first.
    vector[6u64, 4, 3, 2, 0].do!(|row| w.gradients_mut().fold_in_for_testing(11, uids[row]));
    assert_eq!(w.gradients().committed_rows(11, &roster), 93);
    assert_eq!(w.gradients().committed_rows(12, &roster), 0);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EAlreadyCommitted)]
fun one_commitment_of_a_uid_beyond_255() {
    let mut w = world::new();
    w.gradients_mut().fold_in_for_testing(11, 1);
    w.gradients_mut().fold_in_for_testing(11, 257);
    w.gradients_mut().fold_in_for_testing(11, 257);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EAlreadyCommitted)]
fun one_commitment_a_window() {
    let mut w = ready();
    w.commit(OPERATOR, 0, 11);
    w.commit(OPERATOR, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::ENotOperator)]
fun only_the_operator_commits() {
    let mut w = ready();
    w.commit(OWNER, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EWrongWindow)]
fun not_for_the_next_window() {
    let mut w = ready();
    w.commit(OPERATOR, 0, 12);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EWrongWindow)]
fun not_for_the_last_window() {
    let mut w = ready();
    w.at(12, 0);
    w.commit(OPERATOR, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::ECommitClosed)]
fun not_once_putting_is_open() {
    let mut w = ready();
    w.at(11, 480_000);
    w.commit(OPERATOR, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::ENotInRoster)]
fun not_in_the_window_of_registration() {
    let mut w = ready();
    w.register_miner(OWNER, OPERATOR);
    w.commit(OPERATOR, 2, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EWrongCredentialVersion)]
fun not_without_credentials() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.at(11, 0);
    w.commit_as(OPERATOR, 0, 11, world::digest(1), 1, 0);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EWrongCredentialVersion)]
fun not_with_credentials_of_before() {
    let mut w = ready();
    w.set_credentials(OWNER, 0, 2, b"next");
    w.commit(OPERATOR, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EBadDigest)]
fun a_digest_has_32_bytes() {
    let mut w = ready();
    w.commit_as(OPERATOR, 0, 11, b"short", 1, 1);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EBadSize)]
fun not_empty() {
    let mut w = ready();
    w.commit_as(OPERATOR, 0, 11, world::digest(1), 0, 1);
    w.end()
}

#[test, expected_failure(abort_code = gradient_registry::EBadSize)]
fun not_too_large() {
    let mut w = ready();
    w.commit_as(OPERATOR, 0, 11, world::digest(1), 52_428_800, 1);
    w.commit_as(OPERATOR, 1, 11, world::digest(1), 52_428_801, 1);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EUnknownMiner)]
fun a_miner_must_exist() {
    let mut w = ready();
    w.commit(OPERATOR, 2, 11);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_miners_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_peers(&mut other);
    w.commit(OPERATOR, 0, 11);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.commit(OPERATOR, 0, 11);
    other.end();
    w.end()
}
