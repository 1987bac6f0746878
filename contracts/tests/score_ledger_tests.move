#[test_only]
module vramhub::score_ledger_tests;

use std::hash::sha2_256;
use std::unit_test::assert_eq;
use vramhub::enclave_registry;
use vramhub::network;
use vramhub::payload_builder::{Row, build, flip, row};
use vramhub::round_state;
use vramhub::score_ledger;
use vramhub::score_payload;
use vramhub::validator_registry;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;

/// Ed25519 (RFC 8032): public key of the secret key that is 32 bytes of 7, and its signature over the bytes of `first()`. The bytes hold
/// the network's id, which follows from the order in which the scenario makes objects, and the parameters' hash: when one of them changes,
/// `node tests/helpers/sign-move-payload.ts` signs anew.
const KEY: vector<u8> = x"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const SIGNATURE: vector<u8> = x"4d7f8a648fc1cf179c49c6ba8cd7dda865b55b40a9a702e7aa359af5930a5ccdf96f3dcfef20a7ff20920c251978b41f0baa148e00634085d84df707da896102";

/// Three miners, two of which commit in windows 12 and 13, and a validator with an enclave. Window 12 is sealed, the clock is in it.
fun ready(): World {
    let mut w = world::new();
    w.register_miner(MINER, MINER);
    w.register_miner(MINER, MINER);
    w.register_miner(MINER, MINER);
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w.set_credentials(MINER, 2, 1, b"ciphertext");
    w.register_validator(OWNER, OPERATOR);
    let document = w.measured(0, KEY);
    w.register_enclave(OPERATOR, 0, document);
    w.at(12, 0);
    w.commit(MINER, 0, 12);
    w.commit(MINER, 2, 12);
    w.at(12, 540_000);
    w.seal(12);
    w
}

/// As `ready`, with window 13 sealed too.
fun ready_for_two(): World {
    let mut w = ready();
    w.at(13, 0);
    w.commit(MINER, 0, 13);
    w.commit(MINER, 2, 13);
    w.at(13, 540_000);
    w.seal(13);
    w
}

fun rows(): vector<Row> {
    vector[row(0, 1, 0, 5, 100, 30), row(1, 1, 16, 0, 0, 0), row(2, 1, 0, 142_857, 0xffff_ffff, 35)]
}

fun scored(): vector<Row> {
    let all = rows();
    vector[all[0], all[2]]
}

fun zeros(): vector<u8> {
    world::digest(0)
}

fun first(w: &World): vector<u8> {
    build(w, 0, KEY, 12, zeros(), 0, 0, rows(), scored())
}

fun second(w: &World): vector<u8> {
    build(w, 0, KEY, 13, sha2_256(first(w)), 12, 0, rows(), scored())
}

// === Main path ===

#[test]
fun a_signed_payload_is_recorded_and_settled() {
    let mut w = ready();
    let payload = first(&w);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    let chain = w.ledger().chain(0);
    assert_eq!(chain.last_window(), 12);
    assert_eq!(*chain.last_digest(), sha2_256(payload));
    assert_eq!(*chain.last_payload(), payload);
    assert_eq!(chain.settled_rows(), 0);
    assert_eq!(chain.total_rows(), 3);
    assert_eq!(chain.weights_from(), 0);

    w.settle(0, 12, 0, 2);
    assert_eq!(w.ledger().chain(0).settled_rows(), 2);
    assert!(!w.ledger().is_settled(12, 0));
    // Repeating does nothing.
    w.settle(0, 12, 0, 2);
    w.settle(0, 12, 1, 40);
    assert_eq!(w.ledger().chain(0).settled_rows(), 2);
    w.settle(0, 12, 2, 40);
    w.settle(0, 12, 3, 40);

    let settled = w.ledger().settled(12, 0);
    assert_eq!(*settled.payload_sha256(), sha2_256(payload));
    assert_eq!(settled.validator_generation(), 1);
    assert_eq!(*settled.uids(), vector[0, 1, 2]);
    assert_eq!(*settled.generations(), vector[1, 1, 1]);
    assert_eq!(*settled.codes(), vector[0, 16, 0]);
    assert_eq!(*settled.scores(), vector[5, 0, 142_857]);
    assert_eq!(*settled.randoms(), vector[100, 0, 0xffff_ffff]);
    assert_eq!(*settled.weights(), vector[30, 0, 35]);
    assert_eq!(w.ledger().chain(0).settled_rows(), 3);
    w.end()
}

#[test]
fun payloads_form_a_chain() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    let payload = second(&w);
    w.accept(0, 13, KEY, payload);
    w.settle(0, 13, 0, 40);
    assert!(w.ledger().is_settled(12, 0) && w.ledger().is_settled(13, 0));
    assert_eq!(w.ledger().chain(0).last_window(), 13);
    assert_eq!(w.ledger().chain(0).weights_from(), 0);
    // Late repetitions for the window before do nothing.
    w.settle(0, 12, 0, 40);
    w.end()
}

#[test]
fun a_reset_starts_anew() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 1, rows(), scored());
    w.accept(0, 13, KEY, payload);
    assert_eq!(w.ledger().chain(0).weights_from(), 23);
    w.end()
}

#[test]
fun weights_count_again_after_the_warm_up() {
    let mut values = world::values();
    *&mut values[16] = 2; // validator_warmup_windows
    let mut w = world::with_values(values);
    w.register_miner(MINER, MINER);
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w.register_validator(OWNER, OPERATOR);
    let rows = vector[row(0, 1, 0, 5, 100, 30)];
    let mut prev = zeros();
    let mut prev_window = 0;
    // The flag in the first payload of all means nothing; in window 14 the validator forgets.
    vector[12u64, 13, 14, 15, 16].do!(|window| {
        w.at(window, 0);
        w.commit(MINER, 0, window);
        w.at(window, 540_000);
        w.seal(window);
        let is_reset = window == 12 || window == 14;
        if (is_reset) {
            prev = zeros();
            prev_window = 0;
        };
        let payload = build(&w, 0, KEY, window, prev, prev_window, if (is_reset) 1 else 0, rows, rows);
        w.accept(0, window, KEY, payload);
        w.settle(0, window, 0, 40);
        prev = sha2_256(payload);
        prev_window = window;
        let settled = w.ledger().settled(window, 0);
        assert_eq!(*settled.weights(), vector[if (window == 14 || window == 15) 0 else 30]);
        // What the enclave measured stays.
        assert_eq!(*settled.scores(), vector[5]);
        assert_eq!(*settled.randoms(), vector[100]);
    });
    assert_eq!(w.ledger().chain(0).weights_from(), 16);
    w.end()
}

/// Another generation has its own stake and its own wait.
#[test]
fun a_successor_needs_no_warm_up() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.validators_mut().set_generation_for_testing(0, 2);
    w.at(13, 540_000);
    w.seal(13);
    let rows = vector[row(0, 1, 16, 0, 0, 0), row(1, 1, 16, 0, 0, 0), row(2, 1, 16, 0, 0, 0)];
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 1, rows, vector[]);
    w.accept(0, 13, KEY, payload);
    assert_eq!(w.ledger().chain(0).weights_from(), 0);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    let payload = first(&w);
    w.exchange_hparams(&mut other);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    other.end();
    w.end()
}

#[test]
fun an_empty_roster_is_settled_at_once() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(12, 480_000);
    w.seal(12);
    let payload = build(&w, 0, KEY, 12, zeros(), 0, 0, vector[], vector[]);
    w.accept(0, 12, KEY, payload);
    assert!(w.ledger().is_settled(12, 0));
    assert_eq!(w.ledger().settled(12, 0).uids().length(), 0);
    w.end()
}

#[test]
fun submissions_are_taken_until_the_deadline() {
    let mut w = ready();
    w.at(15, 599_999);
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.end()
}

// === Who, when ===

#[test, expected_failure(abort_code = score_ledger::EBadSignature)]
fun a_flipped_bit_breaks_the_signature() {
    let mut w = ready();
    // the own data digest, which only the signature protects
    let payload = flip(first(&w), 284);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EBadSignature)]
fun another_signature_is_refused() {
    let mut w = ready();
    let payload = first(&w);
    w.submit(OPERATOR, 0, 12, payload, vector::tabulate!(64, |_| 0));
    w.end()
}

#[test, expected_failure(abort_code = validator_registry::ENotOperator)]
fun only_the_operator_submits() {
    let mut w = ready();
    let payload = first(&w);
    w.submit(OWNER, 0, 12, payload, SIGNATURE);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownEnclave)]
fun not_without_an_enclave() {
    let mut w = ready();
    w.register_validator(OWNER, @0xb3);
    let payload = first(&w);
    w.submit(@0xb3, 1, 12, payload, SIGNATURE);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EMeasurementNotLive)]
fun not_with_a_revoked_image() {
    let mut w = ready();
    w.revoke_pcr_set(0);
    let payload = first(&w);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EEnclaveNotCurrent)]
fun not_with_the_enclave_of_a_predecessor() {
    let mut w = ready();
    let payload = first(&w);
    w.validators_mut().set_generation_for_testing(0, 2);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    w.end()
}

#[test]
fun a_successor_starts_a_chain_of_its_own() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.validators_mut().set_generation_for_testing(0, 2);
    w.at(13, 540_000);
    w.seal(13);
    let rows = vector[row(0, 1, 16, 0, 0, 0), row(1, 1, 16, 0, 0, 0), row(2, 1, 16, 0, 0, 0)];
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 0, rows, vector[]);
    w.accept(0, 13, KEY, payload);
    assert_eq!(w.ledger().chain(0).weights_from(), 0);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EBadSignature)]
fun not_with_the_key_before() {
    let mut w = ready();
    let document = w.measured(0, world::digest(8));
    w.register_enclave(OPERATOR, 0, document);
    let payload = first(&w);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun not_for_an_open_window() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 13, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ETooLate)]
fun not_after_the_deadline() {
    let mut w = ready();
    w.at(16, 0);
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ENotInSnapshot)]
fun not_by_a_validator_that_came_later() {
    let mut w = ready();
    w.register_validator(OWNER, @0xb3);
    let payload = build(&w, 1, KEY, 12, zeros(), 0, 0, rows(), scored());
    w.accept(1, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EAlreadySubmitted)]
fun one_payload_a_window() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EAlreadySubmitted)]
fun not_even_after_a_reset() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    let payload = build(&w, 0, KEY, 12, zeros(), 0, 1, rows(), scored());
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWindowNotLater)]
fun not_for_a_window_before_the_last() {
    let mut w = ready_for_two();
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 0, rows(), scored());
    w.accept(0, 13, KEY, payload);
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EPreviousUnsettled)]
fun the_payload_before_is_settled_first() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 2);
    let payload = second(&w);
    w.accept(0, 13, KEY, payload);
    w.end()
}

#[test]
fun what_cannot_be_settled_stops_nobody_for_ever() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.at(16, 0);
    let payload = second(&w);
    w.accept(0, 13, KEY, payload);
    assert!(!w.ledger().is_settled(12, 0));
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongPrevious)]
fun the_digest_before_must_be_right() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    let payload = build(&w, 0, KEY, 13, world::digest(1), 12, 0, rows(), scored());
    w.accept(0, 13, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongPrevious)]
fun starting_anew_is_not_possible_silently() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 0, rows(), scored());
    w.accept(0, 13, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongPreviousWindow)]
fun the_window_before_must_be_right() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    let payload = build(&w, 0, KEY, 13, sha2_256(first(&w)), 11, 0, rows(), scored());
    w.accept(0, 13, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongWindow)]
fun the_window_of_the_header_counts() {
    let mut w = ready_for_two();
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 0, rows(), scored());
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongCheckpoint)]
fun the_checkpoint_in_force_counts() {
    let mut w = ready();
    // in the header and in the prefix, which agree
    let mut payload = flip(first(&w), 80);
    *&mut payload[4] = payload[4] ^ 1;
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_windows_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    let payload = first(&w);
    w.exchange_rounds(&mut other);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_enclaves_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    let payload = first(&w);
    w.exchange_enclaves(&mut other);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_validators_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    let payload = first(&w);
    w.exchange_validators(&mut other);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_settled_with_windows_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.exchange_rounds(&mut other);
    w.settle(0, 12, 0, 40);
    other.end();
    w.end()
}

// === A flipped bit in each field that the chain knows ===

fun accept_flipped(offset: u64) {
    let mut w = ready();
    let payload = flip(first(&w), offset);
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EWrongNetwork)]
fun a_flipped_network_is_refused() {
    accept_flipped(2)
}

#[test, expected_failure(abort_code = score_ledger::EWrongNetwork)]
fun a_flipped_network_last_is_refused() {
    accept_flipped(33)
}

#[test, expected_failure(abort_code = score_ledger::EWrongValidator)]
fun a_flipped_validator_uid_is_refused() {
    accept_flipped(35)
}

#[test, expected_failure(abort_code = score_ledger::EWrongGeneration)]
fun a_flipped_validator_generation_is_refused() {
    accept_flipped(39)
}

#[test, expected_failure(abort_code = score_ledger::EWrongEnclaveKey)]
fun a_flipped_enclave_key_is_refused() {
    accept_flipped(40)
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_window_is_refused() {
    accept_flipped(79)
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_checkpoint_hash_is_refused() {
    accept_flipped(111)
}

#[test, expected_failure(abort_code = score_ledger::EWrongPrevious)]
fun a_flipped_prev_payload_is_refused() {
    accept_flipped(112)
}

#[test, expected_failure(abort_code = score_ledger::EWrongPreviousWindow)]
fun a_flipped_prev_window_is_refused() {
    accept_flipped(151)
}

#[test, expected_failure(abort_code = score_ledger::EWrongHparams)]
fun a_flipped_hparams_hash_is_refused() {
    accept_flipped(183)
}

#[test, expected_failure(abort_code = score_ledger::EWrongCommitments)]
fun a_flipped_commitments_hash_is_refused() {
    accept_flipped(184)
}

#[test, expected_failure(abort_code = score_ledger::EWrongCommitmentsCount)]
fun a_flipped_commitments_count_is_refused() {
    accept_flipped(217)
}

#[test, expected_failure(abort_code = score_ledger::EWrongRoster)]
fun a_flipped_roster_hash_is_refused() {
    accept_flipped(218)
}

#[test, expected_failure(abort_code = score_payload::EBadResultsLength)]
fun a_flipped_roster_count_is_refused() {
    accept_flipped(251)
}

#[test, expected_failure(abort_code = score_ledger::EWrongRandomness)]
fun a_flipped_randomness_is_refused() {
    accept_flipped(283)
}

#[test, expected_failure(abort_code = score_payload::EBadResultsLength)]
fun a_flipped_results_length_is_refused() {
    accept_flipped(431)
}

/// A roster count that agrees with its results but not with the window's roster.
#[test, expected_failure(abort_code = score_ledger::EWrongRosterCount)]
fun rows_are_as_many_as_the_roster() {
    let mut w = ready();
    let payload = build(&w, 0, KEY, 12, zeros(), 0, 0, vector[rows()[0]], vector[rows()[0]]);
    w.accept(0, 12, KEY, payload);
    w.end()
}

// === Settlement ===

#[test, expected_failure(abort_code = score_ledger::ERowsSkipped)]
fun rows_come_in_order() {
    let mut w = ready();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 1, 1);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ENothingToSettle)]
fun nothing_is_settled_without_a_payload() {
    let mut w = ready();
    w.settle(0, 12, 0, 40);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ENothingToSettle)]
fun nothing_is_settled_of_another_window() {
    let mut w = ready_for_two();
    let payload = first(&w);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 13, 0, 40);
    w.end()
}

fun settle_with(rows: vector<Row>, scored: vector<Row>) {
    let mut w = ready();
    let payload = build(&w, 0, KEY, 12, zeros(), 0, 0, rows, scored);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::ERowNotInRoster)]
fun a_row_has_the_rosters_uid() {
    let mut rows = rows();
    *&mut rows[1] = row(3, 1, 16, 0, 0, 0);
    settle_with(rows, scored())
}

#[test, expected_failure(abort_code = score_ledger::ERowNotInRoster)]
fun a_row_has_the_rosters_generation() {
    let mut rows = rows();
    *&mut rows[1] = row(1, 2, 16, 0, 0, 0);
    settle_with(rows, scored())
}

#[test, expected_failure(abort_code = score_ledger::EScoredWithoutCommitment)]
fun who_did_not_commit_has_no_score() {
    let mut rows = rows();
    *&mut rows[1] = row(1, 1, 0, 1, 0, 0);
    settle_with(rows, rows)
}

/// Uids 1 and 2 are in rows 0 and 1, because miner 0 has left; 1 commits.
fun settle_without_uid_0(scored: vector<Row>, rows: vector<Row>) {
    let mut w = ready();
    w.deactivate_miner(MINER, 0);
    w.set_credentials(MINER, 1, 1, b"ciphertext");
    w.at(13, 0);
    w.commit(MINER, 1, 13);
    w.at(13, 540_000);
    w.seal(13);
    let payload = build(&w, 0, KEY, 13, zeros(), 0, 0, rows, scored);
    w.accept(0, 13, KEY, payload);
    w.settle(0, 13, 0, 40);
    assert!(w.ledger().is_settled(13, 0));
    w.end()
}

#[test]
fun who_committed_is_told_by_its_row() {
    let scored = row(1, 1, 0, 7, 0, 0);
    settle_without_uid_0(vector[scored], vector[scored, row(2, 1, 16, 0, 0, 0)])
}

#[test, expected_failure(abort_code = score_ledger::EScoredWithoutCommitment)]
fun who_did_not_commit_is_told_by_its_row() {
    let scored = row(2, 1, 0, 7, 0, 0);
    settle_without_uid_0(vector[scored], vector[row(1, 1, 16, 0, 0, 0), scored])
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun a_score_may_not_be_missing() {
    settle_with(rows(), vector[rows()[0]])
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun a_score_may_not_be_too_many() {
    settle_with(rows(), rows())
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun a_score_is_of_the_rows_miner() {
    settle_with(rows(), vector[rows()[0], rows()[1]])
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun a_score_more_at_the_end_is_refused() {
    let mut rows = rows();
    *&mut rows[2] = row(2, 1, 64, 0, 0, 0);
    settle_with(rows, scored())
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun nothing_stands_between_the_map_and_the_results() {
    let mut w = ready();
    let mut payload = first(&w);
    // the map's last byte again
    let at = score_payload::map_end(&payload, 3);
    let byte = payload[at - 1];
    payload.insert(byte, at);
    w.accept(0, 12, KEY, payload);
    w.settle(0, 12, 0, 40);
    w.end()
}

#[test, expected_failure(abort_code = score_ledger::EScoreMapMismatch)]
fun nothing_stands_after_an_empty_map() {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w.at(12, 480_000);
    w.seal(12);
    let mut payload = build(&w, 0, KEY, 12, zeros(), 0, 0, vector[], vector[]);
    let at = score_payload::map_end(&payload, 0);
    payload.insert(0, at);
    w.accept(0, 12, KEY, payload);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_submits_in_a_pause() {
    let mut w = ready();
    let payload = first(&w);
    w.pause(1);
    w.submit(OPERATOR, 0, 12, payload, SIGNATURE);
    w.end()
}
