#[test_only]
module vramhub::round_state_tests;

use std::unit_test::assert_eq;
use vramhub::network;
use vramhub::peer_registry;
use vramhub::round_state;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;

/// Two miners, one of which commits in window 12, and three validators: one too new, one slashed.
fun ready(): World {
    let mut w = world::new();
    w.register_miner(MINER, MINER);
    w.register_miner(MINER, MINER);
    w.set_credentials(MINER, 1, 1, b"ciphertext");
    w.register_validator_paying(OWNER, @0xb1, 12_000_000_000, 100_000_000);
    w.register_validator(OWNER, @0xb2);
    w.validators_mut().set_slashed_for_testing(1);
    w.at(11, 0);
    w.register_validator(OWNER, @0xb3);
    w.at(12, 0);
    w.commit(MINER, 1, 12);
    w
}

#[test]
fun the_record_is_as_of_the_window() {
    let mut w = ready();
    w.at(13, 0);
    w.register_miner(MINER, MINER);
    w.at(13, 1);
    w.seal(12);
    let record = w.rounds().record(12);
    let (hash, _) = w.gradients().summary(12);
    assert_eq!(record.window(), 12);
    assert_eq!(record.status(), 1);
    assert_eq!(record.sealed_at_ms(), 13 * 600_000 + 1);
    assert_eq!(record.randomness().length(), 32);
    assert_eq!(*record.commitments_hash(), hash);
    assert_eq!(record.commitments_count(), 1);
    assert_eq!(*record.checkpoint_hash(), world::digest(3));
    assert_eq!(record.hparams_version(), 1);
    assert_eq!(*record.hparams_hash(), w.hparams().at(12).hash());
    assert_eq!(record.roster_count(), 2);
    assert_eq!(*record.roster_hash(), peer_registry::roster_hash(w.peers().roster_at(12)));
    assert_eq!(record.validators().length(), 1);
    assert!(record.has_validator(0, 1));
    assert!(!record.has_validator(0, 2));
    assert!(!record.has_validator(1, 1));
    assert!(!record.has_validator(2, 1));
    assert_eq!(record.total_stake(), 12_000_000_000);
    assert_eq!(record.emission(), 1_000_000_000);
    let (roster, committed) = w.rounds().roster(12);
    assert_eq!(roster.length(), 2);
    // Uid 1 is in row 1.
    assert_eq!(committed, 2);
    w.end()
}

#[test]
fun parameters_are_those_of_the_window() {
    let mut w = ready();
    let before = w.hparams().at(12).hash();
    let mut values = world::values();
    *&mut values[26] = 7;
    w.propose(values);
    w.at(13, 480_000);
    w.seal(12);
    w.seal(13);
    assert_eq!(*w.rounds().record(12).hparams_hash(), before);
    assert_eq!(w.rounds().record(13).hparams_version(), 2);
    assert!(w.rounds().record(12).randomness() != w.rounds().record(13).randomness());
    w.end()
}

#[test]
fun the_genesis_checkpoint_is_in_force_from_the_beginning() {
    let w = world::new();
    let anchor = w.rounds().checkpoint_at(0);
    assert_eq!(*anchor.anchor_hash(), world::digest(3));
    assert_eq!(anchor.anchor_boundary(), 0);
    assert_eq!(anchor.anchor_activation(), 0);
    assert_eq!(*w.rounds().checkpoint_at(1_000_000).anchor_hash(), world::digest(3));
    w.end()
}

#[test]
fun sealing_is_possible_until_the_end_of_the_next_window() {
    let mut w = ready();
    w.at(13, 599_999);
    w.seal(12);
    assert!(w.rounds().is_sealed(12));
    w.end()
}

#[test, expected_failure(abort_code = round_state::ETooEarly)]
fun not_while_commitments_are_taken() {
    let mut w = ready();
    w.at(12, 479_999);
    w.seal(12);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ETooEarly)]
fun not_before_the_window() {
    let mut w = ready();
    w.seal(13);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ETooLate)]
fun not_after_the_next_window() {
    let mut w = ready();
    w.at(14, 0);
    w.seal(12);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EAlreadySealed)]
fun once() {
    let mut w = ready();
    w.at(12, 480_000);
    w.seal(12);
    w.seal(12);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun an_open_window_has_no_record() {
    let w = ready();
    w.rounds().record(12);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_commitments_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_gradients(&mut other);
    w.at(12, 480_000);
    w.seal(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.at(12, 480_000);
    w.seal(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = round_state::ETooEarly)]
fun not_a_window_beyond_all_time() {
    let mut w = ready();
    w.seal(18446744073709551615);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun an_open_window_has_no_roster() {
    let w = ready();
    w.rounds().roster(12);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EBadDigest)]
fun the_genesis_checkpoint_is_a_digest() {
    let mut ctx = tx_context::dummy();
    let (network, cap) = network::new(600_000, &mut ctx);
    std::unit_test::destroy(cap);
    let rounds = round_state::new(&network, b"short", &mut ctx);
    std::unit_test::destroy(network);
    std::unit_test::destroy(rounds)
}
