#[test_only]
module vramhub::relay_tests;

use std::unit_test::assert_eq;
use vramhub::checkpoints;
use vramhub::network;
use vramhub::round_state;
use vramhub::signed;
use vramhub::signed_attestation;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;

/// Two validators; windows 11, 13 and 14 are final, the clock is in the boundary's window 15.
fun ready(): World {
    let mut values = world::values();
    *&mut values[2] = 5; // checkpoint_frequency
    *&mut values[15] = 0; // validator_offset_windows
    *&mut values[22] = 1; // min_consensus_validators
    let mut w = world::with_values(values);
    w.register_miner(MINER, MINER);
    w.register_validator(OWNER, signed::operator_0());
    w.register_validator(OWNER, signed::operator_1());
    vector[11, 13, 14].do!(|window| {
        w.at(window, 540_000);
        w.seal(window);
        2u16.do!(|uid| w.settled(uid, window, vector[0], vector[7], vector[4], vector[30]));
        w.settle_medians(window, 0, vector[7], vector[4], vector[30]);
        w.finalize(window, vector[0]);
    });
    w.at(15, 0);
    w
}

use fun relay as World.relay;

/// For boundary 15 over the genesis checkpoint and the right windows.
fun relay(w: &mut World, uid: u16, hash: vector<u8>, signature: vector<u8>) {
    w.relay_attestation(uid, 15, 0, hash, signed::merged(), signature)
}

fun new_hash(): vector<u8> {
    world::digest(9)
}

#[test]
fun the_message_is_what_wallets_sign() {
    let w = ready();
    let attestation = signed_attestation::new(w.network().id(), 0, 1, 15, 0, new_hash(), signed::merged());
    assert_eq!(attestation.message(), signed::message());
    assert_eq!(attestation.signed_by(&signed::a_checkpoint()), signed::operator_0());
    w.end()
}

#[test]
fun anybody_brings_what_operators_signed() {
    let mut w = ready();
    w.relay(0, new_hash(), signed::a_checkpoint());
    let boundary = w.rounds().boundary(15);
    assert_eq!(boundary.votes().length(), 1);
    assert_eq!(boundary.votes()[0].vote_validator_uid(), 0);
    assert_eq!(*boundary.votes()[0].vote_hash(), new_hash());
    w.relay(1, new_hash(), signed::the_second_validator());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test]
fun keeping_is_signed_too() {
    let mut w = ready();
    w.relay(0, vector[], signed::kept());
    assert_eq!(*w.rounds().boundary(15).votes()[0].vote_hash(), vector[]);
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EAlreadyAttested)]
fun nobody_votes_once_by_each_way() {
    let mut w = ready();
    w.attest(signed::operator_0(), 0, 15, 0, new_hash(), signed::merged());
    w.relay(0, new_hash(), signed::a_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EWrongMergeDigest)]
fun the_digest_is_checked_as_without_a_signature() {
    let mut w = ready();
    w.relay_attestation(0, 15, 0, new_hash(), signed::nothing(), signed::another_digest());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EWrongParent)]
fun the_parent_is_checked_as_without_a_signature() {
    let mut w = ready();
    w.relay_attestation(0, 15, 10, new_hash(), signed::merged(), signed::another_parent());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ENotInStanding)]
fun not_for_the_slashed() {
    let mut w = ready();
    w.validators_mut().set_slashed_for_testing(0);
    w.relay(0, new_hash(), signed::a_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_relays_in_a_pause() {
    let mut w = ready();
    w.pause(1);
    w.relay(0, new_hash(), signed::a_checkpoint());
    w.end()
}

// === Signatures ===

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_for_another_checkpoint() {
    let mut w = ready();
    w.relay(0, new_hash(), signed::another_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_for_another_validator() {
    let mut w = ready();
    w.relay(1, new_hash(), signed::a_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_of_another_network() {
    let mut w = ready();
    w.relay(0, new_hash(), signed::another_network());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_of_another_generation() {
    let mut w = ready();
    w.relay(0, new_hash(), signed::the_next_generation());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignatureForm)]
fun a_signature_has_97_bytes() {
    let mut w = ready();
    let mut signature = signed::a_checkpoint();
    signature.pop_back();
    w.relay(0, new_hash(), signature);
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignatureForm)]
fun only_ed25519() {
    let mut w = ready();
    let mut signature = signed::a_checkpoint();
    *&mut signature[0] = 1;
    w.relay(0, new_hash(), signature);
    w.end()
}

// === Operators ===

#[test, expected_failure(abort_code = round_state::ENotOperator)]
fun not_by_a_stranger() {
    let mut w = ready();
    w.relay(0, new_hash(), signed::the_second_operator());
    w.end()
}

/// A delegate votes by its own transactions only.
#[test, expected_failure(abort_code = round_state::ENotOperator)]
fun not_by_a_delegate() {
    let mut w = ready();
    w.add_delegate(OWNER, 0, signed::operator_2());
    w.relay(0, new_hash(), signed::the_second_operator());
    w.end()
}

#[test]
fun the_next_operator_from_its_first_window_on() {
    let mut w = ready();
    w.set_operator(OWNER, 0, signed::operator_2());
    w.relay(0, new_hash(), signed::the_second_operator());
    assert_eq!(w.rounds().boundary(15).votes().length(), 1);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotOperator)]
fun the_operator_before_no_more() {
    let mut w = ready();
    w.set_operator(OWNER, 0, signed::operator_2());
    w.relay(0, new_hash(), signed::a_checkpoint());
    w.end()
}

/// What nobody could be held to does not count.
#[test, expected_failure(abort_code = round_state::ENotOperator)]
fun not_for_a_boundary_before_its_term() {
    let mut w = ready();
    w.at(16, 0);
    w.set_operator(OWNER, 0, signed::operator_2());
    w.relay(0, new_hash(), signed::the_second_operator());
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_validators_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_validators(&mut other);
    w.relay(0, new_hash(), signed::a_checkpoint());
    other.end();
    w.end()
}
