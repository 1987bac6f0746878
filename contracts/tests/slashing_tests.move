#[test_only]
module vramhub::slashing_tests;

use std::unit_test::assert_eq;
use vramhub::checkpoints;
use vramhub::network;
use vramhub::score_ledger;
use vramhub::seal_policy;
use vramhub::signed;
use vramhub::signed_attestation;
use vramhub::slashing;
use vramhub::validator_registry;
use vramhub::vault;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const STAKE: u64 = 10_000_000_000;
const FEES: u64 = 300_000_000;
/// Of STAKE 5000 bps, of which 1000 bps.
const SLASHED: u64 = 5_000_000_000;
const BOUNTY: u64 = 500_000_000;

/// The shortest delay that these evidence_windows allow.
fun values(): vector<u64> {
    let mut values = world::values();
    *&mut values[2] = 5; // checkpoint_frequency
    *&mut values[6] = 20; // evidence_windows
    *&mut values[7] = 34; // unbond_delay_windows
    *&mut values[15] = 0; // validator_offset_windows
    *&mut values[22] = 1; // min_consensus_validators
    values
}

fun ready_with(values: vector<u64>): World {
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

/// Two validators; windows 11, 13 and 14 are final, the clock is in the boundary's window 15.
fun ready(): World {
    ready_with(values())
}

fun new_hash(): vector<u8> {
    world::digest(9)
}

fun other_hash(): vector<u8> {
    world::digest(8)
}

use fun prove as World.prove;

/// Of a new checkpoint and another one over the genesis checkpoint.
fun prove(w: &mut World, uid: u16, generation: u32, boundary: u64, one: vector<u8>, other: vector<u8>): u64 {
    w.prove_equivocation(
        uid,
        generation,
        boundary,
        vector[0, 0],
        vector[new_hash(), other_hash()],
        vector[signed::merged(), signed::merged()],
        vector[one, other],
    )
}

use fun prove_first as World.prove_first;

fun prove_first(w: &mut World): u64 {
    w.prove(0, 1, 15, signed::a_checkpoint(), signed::another_checkpoint())
}

use fun contradict as World.contradict;

/// Validator 0 says at boundary 15 that there is another checkpoint.
fun contradict(w: &mut World): u64 {
    w.prove_contradiction(0, 1, 15, 0, other_hash(), signed::merged(), signed::another_checkpoint())
}

use fun vote as World.vote;

fun vote(w: &mut World) {
    w.attest(signed::operator_0(), 0, 15, 0, new_hash(), signed::merged())
}

use fun assert_slashed as World.assert_slashed;

/// Registration 0, 1 has this left, and the treasury what was slashed without the bounty.
fun assert_slashed(w: &World, stake: u64, unbonding: u64) {
    assert!(w.validators().was_slashed(0, 1));
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), stake);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), unbonding);
    assert_eq!(w.vault().treasury(), FEES + SLASHED - BOUNTY);
}

// === What is slashed ===

#[test]
fun two_checkpoints_of_one_boundary_cost_half_the_stake() {
    let mut w = ready();
    assert!(!w.validators().was_slashed(0, 1));
    assert_eq!(w.prove_first(), BOUNTY);
    w.assert_slashed(STAKE - SLASHED, 0);
    let validator = w.validators().validator(0);
    assert!(validator.slashed());
    assert!(!validator.is_in_standing(15, w.hparams().at(15)));
    assert_eq!(validator.stake_at(16), STAKE - SLASHED);
    assert!(!w.validators().was_slashed(1, 1));
    assert!(!w.validators().validator(1).slashed());
    assert_eq!(w.vault().stake(vault::role_validator(), 1, 1), STAKE);
    w.end()
}

#[test]
fun a_checkpoint_and_keeping_are_two_things() {
    let mut w = ready();
    let bounty = w.prove_equivocation(
        0,
        1,
        15,
        vector[0, 0],
        vector[new_hash(), vector[]],
        vector[signed::merged(), signed::merged()],
        vector[signed::a_checkpoint(), signed::kept()],
    );
    assert_eq!(bounty, BOUNTY);
    w.end()
}

#[test]
fun another_parent_is_another_thing() {
    let mut w = ready();
    let bounty = w.prove_equivocation(
        0,
        1,
        15,
        vector[0, 10],
        vector[new_hash(), new_hash()],
        vector[signed::merged(), signed::merged()],
        vector[signed::a_checkpoint(), signed::another_parent()],
    );
    assert_eq!(bounty, BOUNTY);
    w.end()
}

#[test]
fun another_digest_is_another_thing() {
    let mut w = ready();
    let bounty = w.prove_equivocation(
        0,
        1,
        15,
        vector[0, 0],
        vector[new_hash(), new_hash()],
        vector[signed::merged(), signed::nothing()],
        vector[signed::a_checkpoint(), signed::another_digest()],
    );
    assert_eq!(bounty, BOUNTY);
    w.end()
}

#[test]
fun a_vote_and_a_signature_are_two_things() {
    let mut w = ready();
    w.vote();
    assert_eq!(w.contradict(), BOUNTY);
    w.assert_slashed(STAKE - SLASHED, 0);
    w.end()
}

#[test]
fun a_relayed_vote_is_one_too() {
    let mut w = ready();
    w.relay_attestation(0, 15, 0, new_hash(), signed::merged(), signed::a_checkpoint());
    assert_eq!(w.contradict(), BOUNTY);
    w.end()
}

#[test]
fun a_vote_over_another_parent_is_contradicted() {
    let mut w = ready();
    w.vote();
    let bounty = w.prove_contradiction(0, 1, 15, 10, new_hash(), signed::merged(), signed::another_parent());
    assert_eq!(bounty, BOUNTY);
    w.end()
}

#[test]
fun a_vote_over_another_digest_is_contradicted() {
    let mut w = ready();
    w.vote();
    let bounty = w.prove_contradiction(0, 1, 15, 0, new_hash(), signed::nothing(), signed::another_digest());
    assert_eq!(bounty, BOUNTY);
    w.end()
}

#[test]
fun a_network_may_take_all_or_nothing() {
    let mut values = values();
    *&mut values[48] = 10_000; // equivocation_slash_bps
    *&mut values[49] = 0; // evidence_bounty_bps
    let mut w = ready_with(values);
    assert_eq!(w.prove_first(), 0);
    assert_eq!(w.vault().at_stake(vault::role_validator(), 0, 1), 0);
    assert_eq!(w.vault().treasury(), FEES + STAKE);
    // Nothing is left to unbond, and the place becomes free.
    w.deactivate_validator(OWNER, 0);
    assert_eq!(w.validators().uids().active(), 1);
    w.end()
}

#[test]
fun a_network_that_takes_nothing_still_puts_out() {
    let mut values = values();
    *&mut values[48] = 0; // equivocation_slash_bps
    let mut w = ready_with(values);
    assert_eq!(w.prove_first(), 0);
    assert_eq!(w.vault().at_stake(vault::role_validator(), 0, 1), STAKE);
    assert!(w.validators().validator(0).slashed());
    w.end()
}

// === Unbonding dodges nothing ===

#[test]
fun what_unbonds_is_slashed_too() {
    let mut w = ready();
    w.add_validator_stake(OWNER, 0, 3 * STAKE);
    w.unbond_validator_stake(OWNER, 0, 3 * STAKE);
    assert_eq!(w.prove_first(), 4 * BOUNTY);
    // Half of 4 STAKE: all that is staked, and a part of what unbonds.
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 1), 0);
    assert_eq!(w.vault().unbonding(vault::role_validator(), 0, 1), 2 * STAKE);
    w.end()
}

#[test]
fun who_left_is_slashed_to_the_last_window_of_evidence() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    w.at(35, 599_999);
    assert_eq!(w.prove_first(), BOUNTY);
    w.assert_slashed(0, STAKE - SLASHED);
    w.at(16 + 34, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), STAKE - SLASHED);
    w.end()
}

/// By who left in the boundary's own window.
#[test, expected_failure(abort_code = vault::ENothingReleased)]
fun nothing_is_withdrawn_while_there_may_be_evidence() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    w.at(35, 599_999);
    w.withdraw(OWNER, vault::role_validator(), 0, 1);
    w.end()
}

/// A later parameter shortens neither the delay of what unbonds already nor the time for evidence of what was said before.
#[test]
fun a_shorter_time_for_evidence_frees_nobody_of_before() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    let mut values = values();
    *&mut values[6] = 1; // evidence_windows
    *&mut values[7] = 15; // unbond_delay_windows
    w.propose(values);
    w.at(35, 0);
    assert_eq!(w.prove_first(), BOUNTY);
    w.end()
}

#[test]
fun the_successor_of_the_uid_is_not_slashed() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    w.at(24, 0);
    w.register_validator(@0xc0, @0xc1);
    assert_eq!(w.validators().validator(0).generation(), 2);
    assert_eq!(w.prove_first(), BOUNTY);
    assert!(w.validators().was_slashed(0, 1));
    assert!(!w.validators().was_slashed(0, 2));
    assert!(!w.validators().validator(0).slashed());
    assert_eq!(w.vault().stake(vault::role_validator(), 0, 2), STAKE);
    assert_eq!(w.vault().at_stake(vault::role_validator(), 0, 1), STAKE - SLASHED);
    w.end()
}

#[test, expected_failure(abort_code = slashing::EEvidenceTooOld)]
fun evidence_gets_too_old() {
    let mut w = ready();
    w.at(36, 0);
    w.prove_first();
    w.end()
}

// === Once, and only what is a contradiction ===

#[test, expected_failure(abort_code = validator_registry::EAlreadySlashed)]
fun nobody_is_slashed_twice() {
    let mut w = ready();
    w.prove_first();
    w.prove_first();
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAlreadySlashed)]
fun nobody_is_slashed_for_another_boundary_again() {
    let mut w = ready();
    w.prove_first();
    w.at(20, 0);
    w.prove(0, 1, 20, signed::the_next_boundary(), signed::the_next_boundary_another());
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::EAlreadySlashed)]
fun nor_after_the_uid_passed_on() {
    let mut w = ready();
    w.prove_first();
    w.deactivate_validator(OWNER, 0);
    w.at(24, 0);
    w.register_validator(@0xc0, @0xc1);
    w.prove_first();
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENoContradiction)]
fun the_same_twice_is_no_fault() {
    let mut w = ready();
    w.prove_equivocation(
        0,
        1,
        15,
        vector[0, 0],
        vector[new_hash(), new_hash()],
        vector[signed::merged(), signed::merged()],
        vector[signed::a_checkpoint(), signed::a_checkpoint()],
    );
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENoContradiction)]
fun a_vote_as_it_was_signed_is_no_fault() {
    let mut w = ready();
    w.vote();
    w.prove_contradiction(0, 1, 15, 0, new_hash(), signed::merged(), signed::a_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENoVote)]
fun without_a_boundary_there_is_no_vote() {
    let mut w = ready();
    w.contradict();
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENoVote)]
fun the_vote_of_another_contradicts_nothing() {
    let mut w = ready();
    w.attest(signed::operator_1(), 1, 15, 0, new_hash(), signed::merged());
    w.contradict();
    w.end()
}

#[test, expected_failure(abort_code = slashing::EBoundaryAhead)]
fun not_for_what_is_to_come() {
    let mut w = ready();
    w.prove(0, 1, 20, signed::the_next_boundary(), signed::the_next_boundary_another());
    w.end()
}

// === Whose signature ===

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun the_first_signature_counts() {
    let mut w = ready();
    w.prove(0, 1, 15, signed::another_checkpoint(), signed::another_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun the_second_signature_counts() {
    let mut w = ready();
    w.prove(0, 1, 15, signed::a_checkpoint(), signed::a_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun a_vote_is_not_contradicted_by_a_forged_signature() {
    let mut w = ready();
    w.vote();
    w.prove_contradiction(0, 1, 15, 0, other_hash(), signed::merged(), signed::a_checkpoint());
    w.end()
}

/// Said by validator 0's operator of validator 1: over other bytes.
#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_of_another_validator() {
    let mut w = ready();
    w.prove(1, 1, 15, signed::a_checkpoint(), signed::another_checkpoint());
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun not_of_a_stranger() {
    let mut w = ready();
    w.prove(0, 1, 15, signed::the_second_operator(), signed::the_second_operator_another());
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun not_of_one_operator_and_a_stranger() {
    let mut w = ready();
    w.prove(0, 1, 15, signed::a_checkpoint(), signed::the_second_operator_another());
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun not_of_a_generation_that_never_was() {
    let mut w = ready();
    w.prove(0, 2, 15, signed::the_next_generation(), signed::the_next_generation_another());
    w.end()
}

#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_of_another_network() {
    let mut w = ready();
    w.prove(0, 1, 15, signed::another_network(), signed::another_network_another());
    w.end()
}

/// Whoever has an old key says nothing for the validator after its term.
#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun not_of_an_old_key_after_its_term() {
    let mut w = ready();
    w.set_operator(OWNER, 0, @0xb4);
    w.at(20, 0);
    w.prove(0, 1, 20, signed::the_next_boundary(), signed::the_next_boundary_another());
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun not_of_a_key_before_its_term() {
    let mut w = ready();
    w.at(16, 0);
    w.set_operator(OWNER, 0, signed::operator_2());
    w.prove(0, 1, 15, signed::the_second_operator(), signed::the_second_operator_another());
    w.end()
}

/// The registration answers for both, so that a change of keys in the boundary's window is no way out.
#[test]
fun another_key_is_no_way_out() {
    let mut w = ready();
    w.set_operator(OWNER, 0, signed::operator_2());
    assert_eq!(w.prove(0, 1, 15, signed::a_checkpoint(), signed::the_second_operator_another()), BOUNTY);
    w.end()
}

#[test]
fun an_old_key_answers_for_its_last_window() {
    let mut w = ready();
    w.set_operator(OWNER, 0, signed::operator_2());
    assert_eq!(w.prove_first(), BOUNTY);
    w.end()
}

#[test, expected_failure(abort_code = slashing::ENotOperator)]
fun who_left_says_nothing_for_later_boundaries() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    w.at(20, 0);
    w.prove(0, 1, 20, signed::the_next_boundary(), signed::the_next_boundary_another());
    w.end()
}

// === Afterwards ===

#[test]
fun a_pause_protects_nobody() {
    let mut w = ready();
    w.pause(1_000);
    assert_eq!(w.prove_first(), BOUNTY);
    w.end()
}

#[test]
fun votes_of_the_slashed_count_no_more() {
    let mut w = ready();
    w.vote();
    w.contradict();
    w.attest(signed::operator_1(), 1, 15, 0, new_hash(), signed::merged());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ENotInStanding)]
fun the_slashed_attest_no_more() {
    let mut w = ready();
    w.prove_first();
    w.vote();
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ESlashed)]
fun the_slashed_submit_no_more() {
    let mut w = ready();
    let document = w.measured(0, world::digest(7));
    w.register_enclave(signed::operator_0(), 0, document);
    w.prove_first();
    w.submit(signed::operator_0(), 0, 14, b"payload", b"signature");
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::ENotInStanding)]
fun the_slashed_decrypt_no_more() {
    let mut w = ready();
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    let mut id = vector[1u8];
    id.append(w.network().id().to_bytes());
    id.append(vector[1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    w.seal_approve(signed::operator_0(), id);
    w.prove_first();
    w.seal_approve(signed::operator_0(), id);
    w.end()
}

/// What is left is its owner's.
#[test]
fun the_rest_unbonds_and_is_paid_out() {
    let mut w = ready();
    w.add_validator_stake(OWNER, 0, 3 * STAKE);
    w.prove_first();
    w.unbond_validator_stake(OWNER, 0, STAKE);
    w.at(16, 0);
    w.deactivate_validator(OWNER, 0);
    w.at(17 + 34, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_validator(), 0, 1), 2 * STAKE);
    w.end()
}

#[test]
fun the_place_of_the_slashed_is_taken_by_any_newcomer() {
    let mut values = values();
    *&mut values[9] = 2; // max_validators
    let mut w = ready_with(values);
    w.prove_first();
    w.replace_validator(@0xc0, @0xc1, STAKE);
    assert_eq!(w.validators().validator(0).until_window(), 16);
    w.end()
}

// === Objects of one network ===

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_from_a_vault_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_vault(&mut other);
    w.prove_first();
    other.end();
    w.end()
}

/// Of a network in which somebody gave a validator of his own the same operator: our stake does not answer for it.
#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_by_the_operators_of_a_look_alike() {
    let mut w = ready();
    let mut other = world::another();
    other.register_validator(OWNER, signed::operator_0());
    w.exchange_validators(&mut other);
    w.prove_first();
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_by_parameters_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_hparams(&mut other);
    w.prove_first();
    other.end();
    w.end()
}

/// Their network, our validators: the signature is over our network's id.
#[test, expected_failure(abort_code = signed_attestation::EBadSignature)]
fun not_in_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.prove_first();
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_by_votes_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.vote();
    w.exchange_rounds(&mut other);
    w.contradict();
    other.end();
    w.end()
}
