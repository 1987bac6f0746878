#[test_only]
module vramhub::retention_tests;

use std::hash::sha2_256;
use std::unit_test::assert_eq;
use vramhub::consensus;
use vramhub::network;
use vramhub::payload_builder::{build, row};
use vramhub::retention;
use vramhub::reward_distributor;
use vramhub::round_state;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;
const ABSENT: address = @0xb2;
const ANYBODY: address = @0xc0;
const KEY: vector<u8> = x"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const CAP: u64 = 21_000_000_000_000_000;

/// Ten windows between boundaries, of which a checkpoint merges 20; lists are kept for 50.
fun values(): vector<u64> {
    let mut values = world::values();
    *&mut values[2] = 10; // checkpoint_frequency
    *&mut values[4] = 20; // max_merge_windows
    *&mut values[5] = 50; // retention_windows
    *&mut values[20] = 5_000; // score_quorum_bps
    *&mut values[22] = 1; // min_consensus_validators
    values
}

/// A miner and two validators, of which the second one, with less stake, submits nothing.
fun world_of(values: vector<u64>): World {
    let mut w = world::with_values(values);
    w.register_miner(MINER, MINER);
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w.register_validator_paying(OWNER, OPERATOR, 30_000_000_000, 100_000_000);
    w.register_validator(OWNER, ABSENT);
    w.create_pool(CAP);
    w
}

fun payload(w: &World, window: u64, prev_payload: vector<u8>, prev_window: u64): vector<u8> {
    let rows = vector[row(0, 1, 0, 5, 100, 30)];
    build(w, 0, KEY, window, prev_payload, prev_window, 0, rows, rows)
}

/// Windows 12 and 13 are final and the first one is distributed.
fun ready(): World {
    ready_with(values())
}

fun ready_with(values: vector<u64>): World {
    let mut w = world_of(values);
    let mut prev_payload = world::digest(0);
    let mut prev_window = 0;
    vector[12u64, 13].do!(|window| {
        w.at(window, 0);
        w.commit(MINER, 0, window);
        w.at(window, 540_000);
        w.seal(window);
        let payload = payload(&w, window, prev_payload, prev_window);
        w.accept(0, window, KEY, payload);
        w.settle(0, window, 0, 40);
        prev_payload = sha2_256(payload);
        prev_window = window;
    });
    w.at(17, 0);
    vector[12u64, 13].do!(|window| {
        w.settle_medians(window, 0, vector[5], vector[100], vector[30]);
        w.finalize(window, vector[0]);
    });
    if (w.pool().payable(w.rounds().record(12).emission()) > 0) w.distribute(12);
    w
}

// === Main path ===

#[test]
fun lists_go_and_the_record_stays() {
    let mut w = ready();
    let before = *w.rounds().record(12);
    let digest = *w.ledger().settled(12, 0).payload_sha256();
    let (selected, selection_hash) = w.rounds().selection(12);
    let (selected, selection_hash) = (*selected, *selection_hash);
    assert!(!w.rounds().is_pruned(12));
    assert_eq!(w.rounds().payloads(12).length(), 0);
    w.at(62, 0);
    w.prune(OPERATOR, 12);

    assert!(w.rounds().is_pruned(12));
    assert!(!w.consensus().has_window(12) && !w.ledger().is_settled(12, 0));
    assert_eq!(w.gradients().commitments(12).length(), 0);
    let record = w.rounds().record(12);
    assert_eq!(record.validators().length(), 0);
    assert_eq!(record.status(), before.status());
    assert_eq!(record.roster_count(), 1);
    assert_eq!(record.total_stake(), before.total_stake());
    assert_eq!(*record.commitments_hash(), *before.commitments_hash());
    let (selected_after, hash_after) = w.rounds().selection(12);
    assert_eq!(*selected_after, selected);
    assert_eq!(*hash_after, selection_hash);
    assert_eq!(*w.rounds().payloads(12), vector[round_state::payload_digest(0, 1, digest)]);
    // The window after it is untouched, and so is the last payload.
    assert!(w.ledger().is_settled(13, 0) && w.consensus().has_window(13));
    assert_eq!(w.ledger().chain(0).last_window(), 13);
    w.end()
}

#[test]
fun after_two_intervals_more_anybody_may() {
    let mut w = ready();
    w.at(82, 0);
    w.prune(ANYBODY, 12);
    assert!(w.rounds().is_pruned(12));
    w.end()
}

#[test]
fun a_delegate_may_too() {
    let mut w = ready();
    w.add_delegate(OWNER, 0, @0xb9);
    w.at(62, 0);
    w.prune(@0xb9, 12);
    assert!(w.rounds().is_pruned(12));
    w.end()
}

#[test]
fun where_nothing_is_left_to_mint_nothing_needs_to_be_distributed() {
    let mut values = values();
    *&mut values[42] = 0; // emission_per_window
    let mut w = ready_with(values);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test]
fun an_unscored_window_is_pruned_without_payment() {
    let mut w = world_of(values());
    w.at(12, 540_000);
    w.seal(12);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.finalize(12, vector[]);
    w.at(82, 0);
    w.prune(ANYBODY, 12);
    assert_eq!(w.rounds().payloads(12).length(), 0);
    w.end()
}

#[test]
fun a_network_without_a_pool_prunes_what_pays_nothing() {
    let mut values = values();
    *&mut values[42] = 0; // emission_per_window
    let mut w = ready_with(values);
    w.at(62, 0);
    w.prune_unpaid(OPERATOR, 12);
    assert!(w.rounds().is_pruned(12));
    w.end()
}

#[test]
fun commitments_of_a_void_window_are_anybodys() {
    let mut w = world_of(values());
    w.at(12, 0);
    w.commit(MINER, 0, 12);
    w.at(62, 0);
    w.prune_unpaid(ANYBODY, 12);
    assert_eq!(w.gradients().commitments(12).length(), 0);
    w.end()
}

/// Lists stay as long as a checkpoint may merge the window, however short the retention.
#[test, expected_failure(abort_code = retention::EKept)]
fun a_window_that_may_be_merged_is_kept() {
    let mut values = values();
    *&mut values[5] = 8; // retention_windows
    let mut w = ready_with(values);
    w.at(12 + 20 + 20 + 3, 0);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test]
fun then_it_is_not() {
    let mut values = values();
    *&mut values[5] = 8; // retention_windows
    let mut w = ready_with(values);
    w.at(12 + 20 + 20 + 4, 0);
    w.prune(OPERATOR, 12);
    w.end()
}

// === What is refused ===

#[test, expected_failure(abort_code = retention::EKept)]
fun not_before_the_time() {
    let mut w = ready();
    w.at(61, 599_999);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::EKept)]
fun not_a_window_to_come() {
    let mut w = ready();
    w.prune(OPERATOR, 18);
    w.end()
}

/// A shorter retention is for windows from then on.
#[test, expected_failure(abort_code = retention::EKept)]
fun the_windows_own_parameters_count() {
    let mut w = ready();
    let mut values = values();
    *&mut values[4] = 1; // max_merge_windows
    *&mut values[5] = 30; // retention_windows
    w.propose(values);
    w.at(61, 0);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::EValidatorsFirst)]
fun not_by_anybody_at_first() {
    let mut w = ready();
    w.at(81, 599_999);
    w.prune(ANYBODY, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::EValidatorsFirst)]
fun not_by_a_validator_that_did_not_submit() {
    let mut w = ready();
    w.at(62, 0);
    w.prune(ABSENT, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::EValidatorsFirst)]
fun not_by_a_successor() {
    let mut w = ready();
    w.validators_mut().set_generation_for_testing(0, 2);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::ENotDistributed)]
fun not_before_rewards_are_distributed() {
    let mut w = ready();
    w.at(82, 0);
    w.prune(OPERATOR, 13);
    w.end()
}

#[test, expected_failure(abort_code = retention::ENotDistributed)]
fun not_without_a_pool_what_pays() {
    let mut w = ready();
    w.at(62, 0);
    w.prune_unpaid(OPERATOR, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::ELatestFinal)]
fun not_the_latest_final_window() {
    let mut w = ready();
    w.distribute(13);
    w.at(99, 0);
    w.prune(OPERATOR, 13);
    w.end()
}

#[test, expected_failure(abort_code = retention::ENotDecided)]
fun not_a_window_that_is_not_finalized() {
    let mut w = world_of(values());
    w.at(12, 540_000);
    w.seal(12);
    w.at(99, 0);
    w.prune(ANYBODY, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::ENotDecided)]
fun not_a_window_that_has_medians_only() {
    let mut w = world_of(values());
    w.at(12, 540_000);
    w.seal(12);
    w.at(99, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.prune(ANYBODY, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::EAlreadyPruned)]
fun once_a_window() {
    let mut w = ready();
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    w.prune(OPERATOR, 12);
    w.end()
}

#[test, expected_failure(abort_code = retention::ENothingToPrune)]
fun not_a_void_window_without_commitments() {
    let mut w = ready();
    w.at(99, 0);
    w.prune(ANYBODY, 14);
    w.end()
}

// === Nothing begins again ===

fun pruned(): World {
    let mut w = ready();
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    w
}

#[test, expected_failure(abort_code = round_state::EPruned)]
fun medians_do_not_begin_again() {
    let mut w = pruned();
    w.settle_medians(12, 0, vector[5], vector[100], vector[30]);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EPruned)]
fun a_window_does_not_end_again() {
    let mut w = pruned();
    w.finalize(12, vector[0]);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EPruned)]
fun there_is_no_roster_any_more() {
    let w = pruned();
    let (_, _) = w.rounds().roster(12);
    w.end()
}

#[test, expected_failure(abort_code = consensus::ENoConsensus)]
fun there_are_no_medians_any_more() {
    let w = pruned();
    w.consensus().window(12);
    w.end()
}

/// A payload that could not be settled in time is not settled later either.
#[test, expected_failure(abort_code = round_state::EPruned)]
fun an_unsettled_payload_stays_unsettled() {
    let mut w = world_of(values());
    w.at(12, 0);
    w.commit(MINER, 0, 12);
    w.at(12, 540_000);
    w.seal(12);
    let payload = payload(&w, 12, world::digest(0), 0);
    w.accept(0, 12, KEY, payload);
    w.at(17, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.finalize(12, vector[]);
    w.at(82, 0);
    w.prune(ANYBODY, 12);
    w.settle(0, 12, 0, 40);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EAlreadyDistributed)]
fun it_does_not_pay_again() {
    let mut w = pruned();
    w.distribute(12);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun a_void_window_has_nothing_to_be_pruned() {
    let w = world_of(values());
    w.rounds().is_pruned(12);
    w.end()
}

// === Other networks ===

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_hparams(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_validators_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_validators(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_commitments_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_gradients(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_scores_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_ledger(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_windows_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_rounds(&mut other);
    w.at(62, 0);
    w.prune_unpaid(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_medians_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    w.exchange_consensus(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_a_pool_of_another_network() {
    let mut w = ready();
    let mut other = world::another();
    other.create_pool(CAP);
    w.exchange_pool(&mut other);
    w.at(62, 0);
    w.prune(OPERATOR, 12);
    other.end();
    w.end()
}
