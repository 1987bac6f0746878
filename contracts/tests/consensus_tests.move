#[test_only]
module vramhub::consensus_tests;

use std::unit_test::assert_eq;
use sui::address;
use vramhub::consensus;
use vramhub::network;
use vramhub::payload_builder::{Row, build, row};
use vramhub::peer_registry;
use vramhub::round_state;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const SUI: u64 = 1_000_000_000;
const FEE: u64 = 100_000_000;
const KEY: vector<u8> = x"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";

/// Validators with stakes in SUI and so many miners; window 12 is sealed, the clock is in it. One validator is enough to pay.
fun ready(stakes: vector<u64>, miners: u64, top_g: u64): World {
    let stakes = vector::tabulate!(stakes.length(), |i| stakes[i] * SUI);
    let mut values = world::values();
    *&mut values[13] = 512;
    *&mut values[22] = 1;
    *&mut values[26] = top_g;
    ready_with(values, stakes, miners)
}

/// Stakes in MIST.
fun ready_with(values: vector<u64>, stakes: vector<u64>, miners: u64): World {
    let mut w = world::with_values(values);
    miners.do!(|_| w.register_miner(MINER, MINER));
    stakes.length().do!(|i| w.register_validator_paying(OWNER, address::from_u256(0x100 + (i as u256)), stakes[i], FEE));
    w.at(12, 540_000);
    w.seal(12);
    w
}

/// Three miners and two validators with 10 SUI each that say the same: weights 30, 20, 10.
fun agreed(): World {
    let mut w = ready(vector[10, 10], 3, 2);
    2u64.do!(|uid| w.settled(uid as u16, 12, vector[0, 0, 0], vector[7, 8, 9], vector[4, 5, 6], vector[30, 20, 10]));
    w
}

fun settle_agreed(w: &mut World) {
    w.settle_medians(12, 0, vector[7, 8, 9], vector[4, 5, 6], vector[30, 20, 10])
}

fun assert_result(w: &World, accepted: u256, agreement: vector<u64>, agreed_codes: vector<u64>) {
    let result = w.consensus().window(12);
    assert_eq!(result.accepted(), accepted);
    let validators = result.validators();
    assert_eq!(vector::tabulate!(validators.length(), |i| validators[i].agreement()), agreement);
    assert_eq!(vector::tabulate!(validators.length(), |i| validators[i].agreed_codes()), agreed_codes);
}

fun assert_selected(w: &World, uids: vector<u16>, hash: vector<u8>) {
    let (selected, selection_hash) = w.rounds().selection(12);
    assert_eq!(vector::tabulate!(selected.length(), |i| selected[i].entry_uid()), uids);
    assert_eq!(*selection_hash, hash);
    assert!(w.consensus().window(12).finalized());
}

// === tests/vectors/consensus.json, made by another implementation ===

#[test]
fun three_validators() {
    let mut w = ready(vector[10, 20, 11], 7, 3);
    w.settled(0, 12, vector[0, 0, 0, 0, 64, 0, 0], vector[5, 4294967289, 900, 40, 0, 2147483647, 3], vector[4, 2, 800, 40, 0, 2147483647, 4294967295], vector[10, 20, 30, 40, 0, 50, 60]);
    w.settled(1, 12, vector[0, 0, 64, 0, 64, 0, 0], vector[6, 7, 0, 40, 0, 2147483648, 3], vector[4, 4294967294, 0, 40, 0, 2147483648, 4294967294], vector[11, 19, 0, 40, 0, 65535, 60]);
    w.settled(2, 12, vector[0, 1, 0, 0, 64, 0, 0], vector[4294967290, 0, 950, 41, 0, 8, 3], vector[5, 0, 850, 40, 0, 9, 4294967293], vector[9, 0, 31, 40, 0, 49, 61]);
    w.settle_medians(12, 0, vector[5, 0, 900, 40, 0, 8, 3], vector[4, 0, 800, 40, 0, 9, 4294967294], vector[10, 19, 30, 40, 0, 50, 60]);
    w.finalize(12, vector[5, 3, 2]);
    assert_result(&w, 111, vector[209, 179, 188], vector[7, 6, 6]);
    assert_selected(&w, vector[5, 3, 2], x"771339a6f2c4605771be2ab1f7a1f20a65acf2750a6c9f3fdc001cb9e1bf964d");
    w.end()
}

#[test]
fun two_equal_ones_neither_lifts_alone() {
    let mut w = ready(vector[10, 10], 4, 15);
    w.settled(0, 12, vector[0, 0, 64, 0], vector[10, 20, 0, 5], vector[30, 4294967291, 0, 7], vector[100, 7, 0, 9]);
    w.settled(1, 12, vector[0, 0, 0, 0], vector[12, 18, 70, 5], vector[29, 6, 60, 8], vector[90, 9, 50, 9]);
    w.settle_medians(12, 0, vector[10, 18, 0, 5], vector[29, 4294967291, 0, 7], vector[90, 7, 0, 9]);
    w.finalize(12, vector[0, 3]);
    assert_result(&w, 11, vector[106, 106], vector[4, 3]);
    assert_selected(&w, vector[0, 3], x"2d3917536e0c4bfcc20db49e6ff0e0bf0e5dad5ef014a6c096a921d270c4a95a");
    w.end()
}

#[test]
fun more_than_half_decides_alone() {
    let mut w = ready(vector[10, 30], 4, 15);
    w.settled(0, 12, vector[0, 0, 64, 0], vector[10, 20, 0, 5], vector[30, 4294967291, 0, 7], vector[100, 7, 0, 9]);
    w.settled(1, 12, vector[0, 0, 0, 0], vector[12, 18, 70, 5], vector[29, 6, 60, 8], vector[90, 9, 50, 9]);
    w.settle_medians(12, 0, vector[12, 18, 70, 5], vector[29, 6, 60, 8], vector[90, 9, 50, 9]);
    w.finalize(12, vector[0, 2, 3, 1]);
    assert_result(&w, 15, vector[106, 158], vector[3, 4]);
    assert_selected(&w, vector[0, 2, 3, 1], x"b6cf952383b5cfab4353df2937d371df0ad438a4625d993b1a4085f6569a881b");
    w.end()
}

#[test]
fun equal_weights_by_random_then_uid() {
    let mut w = ready(vector[10], 5, 3);
    w.settled(0, 12, vector[0, 0, 0, 0, 0], vector[1, 1, 1, 1, 1], vector[3, 9, 3, 9, 1], vector[8, 8, 8, 8, 8]);
    w.settle_medians(12, 0, vector[1, 1, 1, 1, 1], vector[3, 9, 3, 9, 1], vector[8, 8, 8, 8, 8]);
    w.finalize(12, vector[1, 3, 0]);
    assert_result(&w, 31, vector[40], vector[5]);
    assert_selected(&w, vector[1, 3, 0], x"49c74761fe0c71dc6134c093205e0c433e9d29d7e4ca007d5c9df4e88f125233");
    w.end()
}

#[test]
fun without_weights_nobody_is_selected() {
    let mut w = ready(vector[10], 5, 3);
    w.settled(0, 12, vector[0, 0, 0, 0, 0], vector[1, 1, 1, 1, 1], vector[3, 9, 3, 9, 1], vector[0, 0, 0, 0, 0]);
    w.settle_medians(12, 0, vector[1, 1, 1, 1, 1], vector[3, 9, 3, 9, 1], vector[0, 0, 0, 0, 0]);
    w.finalize(12, vector[]);
    assert_result(&w, 31, vector[0], vector[5]);
    assert_selected(&w, vector[], x"ebf9524d2932ce1ffdaa25bb7199d00bed7df803fe6feb8ee04fb12af72f867c");
    w.end()
}

#[test]
fun nobody_submitted() {
    let mut w = ready(vector[10], 3, 15);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[0, 0, 0], vector[0, 0, 0], vector[0, 0, 0]);
    w.finalize(12, vector[]);
    assert_result(&w, 0, vector[], vector[]);
    assert_selected(&w, vector[], x"ebf9524d2932ce1ffdaa25bb7199d00bed7df803fe6feb8ee04fb12af72f867c");
    w.end()
}

#[test]
fun the_selection_hash_binds_window_commitments_and_generations() {
    let commitments_hash = x"d535808ecd8b1d856bd0116df7cf9e4ac167a68b9c5412b31c4a651cd52737df";
    let selected = vector[peer_registry::roster_entry_for_testing(0, 1)];
    assert_eq!(
        consensus::selection_hash(2957300, commitments_hash, selected),
        x"ea248f932a60c7727d1157cb2a7032ab8a367c670f8134d0bd47d9c7673ad3c8",
    );
}

// === Main path ===

fun scored(uid: u16, score: u32, random: u32, weight: u16): Row {
    row(uid, 1, 0, score, random, weight)
}

fun uncommitted(uid: u16): Row {
    row(uid, 1, 16, 0, 0, 0)
}

#[test]
fun payloads_become_medians_and_a_selection() {
    let mut w = world::new();
    3u64.do!(|_| w.register_miner(MINER, MINER));
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w.set_credentials(MINER, 2, 1, b"ciphertext");
    3u64.do!(|i| w.register_validator(OWNER, address::from_u256(0x100 + (i as u256))));
    w.at(12, 0);
    w.commit(MINER, 0, 12);
    w.commit(MINER, 2, 12);
    w.at(12, 540_000);
    w.seal(12);
    3u64.do!(|i| {
        let extra = i as u32;
        let rows = vector[scored(0, 100 + extra, 50, 20_000), uncommitted(1), scored(2, 300 - extra, 60 + extra, 40_000 + (i as u16))];
        let payload = build(&w, i as u16, KEY, 12, world::digest(0), 0, 0, rows, vector[rows[0], rows[2]]);
        w.accept(i as u16, 12, KEY, payload);
        w.settle(i as u16, 12, 0, 40);
    });
    w.settle_medians(12, 0, vector[101, 0, 299], vector[50, 0, 61], vector[20_000, 0, 40_001]);
    w.finalize(12, vector[2, 0]);
    let record = w.rounds().record(12);
    assert_eq!(record.status(), 2);
    assert!(record.is_final());
    assert_eq!(record.emission(), 1_000_000_000);
    assert_result(&w, 5, vector[60_000, 60_001, 60_001], vector[3, 3, 3]);
    let (selected, hash) = w.rounds().selection(12);
    assert_eq!(*hash, consensus::selection_hash(12, *record.commitments_hash(), *selected));
    assert_eq!(selected.length(), 2);
    let result = w.consensus().window(12);
    assert_eq!(*result.own(), vector[101, 0, 299]);
    assert_eq!(*result.random(), vector[50, 0, 61]);
    assert_eq!(*result.weight(), vector[20_000, 0, 40_001]);
    assert_eq!(result.submitted_stake(), 30 * SUI);
    w.end()
}

#[test]
fun rows_may_come_in_slices_and_again() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    // Repeating does nothing, even with other claims.
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.settle_medians(12, 0, vector[1, 1, 1], vector[1, 1, 1], vector[1, 1, 1]);
    assert_eq!(w.consensus().window(12).settled_rows(), 1);
    w.settle_medians(12, 1, vector[8, 9], vector[5, 6], vector[20, 10]);
    w.settle_medians(12, 1, vector[8, 9], vector[5, 6], vector[20, 10]);
    w.settle_medians(12, 3, vector[], vector[], vector[]);
    assert_result(&w, 7, vector[60, 60], vector[3, 3]);
    assert_eq!(*w.consensus().window(12).own(), vector[7, 8, 9]);
    w.finalize(12, vector[0, 1]);
    assert_eq!(w.rounds().record(12).status(), 2);
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.end()
}

#[test]
fun after_the_deadline_those_that_are_settled_count() {
    let mut w = ready(vector[10, 10, 10], 1, 15);
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.settled(2, 12, vector[0], vector[9], vector[4], vector[20]);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[7], vector[4], vector[20]);
    // Too late to count.
    w.settled(1, 12, vector[0], vector[9], vector[4], vector[30]);
    w.finalize(12, vector[0]);
    let result = w.consensus().window(12);
    assert_eq!(result.submitted_stake(), 20 * SUI);
    assert_eq!(result.validators()[1].counted_uid(), 2);
    assert_eq!(result.validators()[1].counted_generation(), 1);
    assert_eq!(result.validators()[1].counted_stake(), 10 * SUI);
    // 20 of 30 are 66.67 %, and more than that is needed.
    assert_eq!(w.rounds().record(12).status(), 3);
    w.end()
}

#[test]
fun one_of_two_can_censor() {
    let mut w = ready(vector[10, 10], 1, 15);
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.settled(1, 12, vector[64], vector[0], vector[0], vector[0]);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.finalize(12, vector[]);
    assert_result(&w, 0, vector[0, 0], vector[0, 1]);
    w.end()
}

#[test]
fun one_of_three_cannot_censor() {
    let mut w = ready(vector[10, 10, 10], 1, 15);
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.settled(1, 12, vector[64], vector[0], vector[0], vector[0]);
    w.settled(2, 12, vector[0], vector[7], vector[4], vector[30]);
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.finalize(12, vector[0]);
    assert_result(&w, 1, vector[30, 0, 30], vector[1, 0, 1]);
    w.end()
}

#[test]
fun an_empty_roster_is_finalized_at_once() {
    let mut w = ready(vector[10], 0, 15);
    w.settled(0, 12, vector[], vector[], vector[], vector[]);
    w.finalize(12, vector[]);
    assert_eq!(w.rounds().record(12).status(), 2);
    assert_eq!(w.consensus().window(12).total_rows(), 0);
    w.end()
}

#[test]
fun without_validators_a_window_is_unscored() {
    let mut w = ready(vector[], 1, 15);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.finalize(12, vector[]);
    assert_eq!(w.rounds().record(12).status(), 3);
    assert_eq!(w.rounds().record(12).emission(), 0);
    assert_eq!(w.consensus().window(12).submitted_stake(), 0);
    w.end()
}

/// The greatest roster: row 255 has a bit of its own.
#[test]
fun two_hundred_and_fifty_six_rows() {
    let mut w = ready(vector[10], 256, 256);
    let column = vector::tabulate!(256, |i| 1 + (i as u32));
    let weights = vector::tabulate!(256, |i| 1 + (i as u16));
    w.settled(0, 12, vector::tabulate!(256, |_| 0), column, column, weights);
    w.settle_medians(12, 0, column, column, weights);
    w.finalize(12, vector::tabulate!(256, |i| 255 - (i as u16)));
    let (selected, _) = w.rounds().selection(12);
    assert_eq!(selected.length(), 256);
    assert_eq!(selected[0].entry_uid(), 255);
    assert_result(&w, 0u256 ^ 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff, vector[256 * 257 / 2], vector[256]);
    w.end()
}

// === What finalizing decides ===

fun one_is_enough(): vector<u64> {
    let mut values = world::values();
    *&mut values[22] = 1; // min_consensus_validators
    values
}

fun one_row(values: vector<u64>, stakes: vector<u64>): World {
    let mut w = ready_with(values, stakes, 1);
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.finalize(12, vector[0]);
    w
}

#[test]
fun exactly_the_quorum_is_too_little() {
    let w = one_row(one_is_enough(), vector[66_670_000_000, 33_330_000_000]);
    assert_eq!(w.rounds().record(12).status(), 3);
    assert_eq!(w.rounds().record(12).emission(), 0);
    let (selected, hash) = w.rounds().selection(12);
    assert_eq!(selected.length(), 1);
    assert_eq!(hash.length(), 32);
    w.end()
}

#[test]
fun more_than_the_quorum_is_enough() {
    let w = one_row(one_is_enough(), vector[66_670_000_001, 33_330_000_000]);
    assert_eq!(w.rounds().record(12).status(), 2);
    w.end()
}

#[test]
fun with_too_few_validators_a_final_window_emits_nothing() {
    let w = one_row(world::values(), vector[10 * SUI]);
    assert_eq!(w.rounds().record(12).status(), 2);
    assert_eq!(w.rounds().record(12).emission(), 0);
    w.end()
}

#[test]
fun with_enough_validators_it_does() {
    let w = one_row(one_is_enough(), vector[10 * SUI]);
    assert_eq!(w.rounds().record(12).emission(), 1_000_000_000);
    w.end()
}

#[test]
fun the_latest_final_window_is_known_in_whatever_order_they_end() {
    let mut w = ready_with(one_is_enough(), vector[10 * SUI], 1);
    w.at(13, 540_000);
    w.seal(13);
    w.at(14, 540_000);
    w.seal(14);
    assert!(w.consensus().latest_final().is_none());
    w.settled(0, 13, vector[0], vector[7], vector[4], vector[30]);
    w.settle_medians(13, 0, vector[7], vector[4], vector[30]);
    w.finalize(13, vector[0]);
    assert_eq!(w.consensus().latest_final(), option::some(13));
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.finalize(12, vector[0]);
    assert_eq!(w.consensus().latest_final(), option::some(13));
    // Unscored.
    w.at(18, 0);
    w.settle_medians(14, 0, vector[0], vector[0], vector[0]);
    w.finalize(14, vector[]);
    assert_eq!(w.consensus().latest_final(), option::some(13));
    w.end()
}

// === Rows ===

#[test, expected_failure(abort_code = consensus::ERowsSkipped)]
fun no_row_is_skipped() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.settle_medians(12, 2, vector[9], vector[6], vector[10]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EBadClaims)]
fun columns_have_one_length() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7, 8], vector[4], vector[30, 20]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EBadClaims)]
fun the_weights_too() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7, 8], vector[4, 5], vector[30]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EBadClaims)]
fun no_row_is_beyond_the_roster() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7, 8, 9, 0], vector[4, 5, 6, 0], vector[30, 20, 10, 0]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EScoresExpected)]
fun not_while_scores_may_come() {
    let mut w = ready(vector[10, 10], 1, 15);
    w.settled(0, 12, vector[0], vector[7], vector[4], vector[30]);
    w.at(15, 599_999);
    w.settle_medians(12, 0, vector[7], vector[4], vector[30]);
    w.end()
}

/// The first validator's scores are settled, the second one's came in time and are not.
fun with_unsettled(): World {
    let mut w = ready(vector[10, 10], 1, 15);
    w.settled(0, 12, vector[64], vector[0], vector[0], vector[0]);
    w.at(15, 599_999);
    let payload = build(&w, 1, KEY, 12, world::digest(0), 0, 0, vector[uncommitted(0)], vector[]);
    w.accept(1, 12, KEY, payload);
    w
}

#[test, expected_failure(abort_code = consensus::EScoresExpected)]
fun not_before_what_came_in_time_could_be_settled() {
    let mut w = with_unsettled();
    w.at(16, 599_999);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.end()
}

#[test]
fun what_came_in_time_counts_once_it_is_settled() {
    let mut w = with_unsettled();
    w.at(16, 0);
    w.settle(1, 12, 0, 40);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    assert_eq!(w.consensus().window(12).validators().length(), 2);
    w.end()
}

#[test]
fun what_cannot_be_settled_is_not_waited_for_for_ever() {
    let mut w = with_unsettled();
    w.at(17, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    assert_eq!(w.consensus().window(12).validators().length(), 1);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EScoresExpected)]
fun finalizing_does_not_come_before_scores_either() {
    let mut w = ready(vector[10], 0, 15);
    w.finalize(12, vector[]);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun an_open_window_has_no_medians() {
    let mut w = agreed();
    w.settle_medians(13, 0, vector[], vector[], vector[]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::ENoConsensus)]
fun nothing_is_read_before_the_first_call() {
    let w = agreed();
    assert!(!w.consensus().has_window(12));
    w.consensus().window(12);
    w.end()
}

// === Medians: a claim too high, too low, of the other sign ===

/// Three equal validators, own −5, 3, 9 and random 0, −1, −2 and weight 1, 2, 3: the medians are 3, −1 and 2.
fun disputed(own: u32, random: u32, weight: u16) {
    let mut w = ready(vector[10, 10, 10], 1, 15);
    w.settled(0, 12, vector[0], vector[0xffff_fffb], vector[0], vector[1]);
    w.settled(1, 12, vector[0], vector[3], vector[0xffff_ffff], vector[2]);
    w.settled(2, 12, vector[0], vector[9], vector[0xffff_fffe], vector[3]);
    w.settle_medians(12, 0, vector[own], vector[random], vector[weight]);
    w.end()
}

#[test]
fun the_median_is_taken() { disputed(3, 0xffff_ffff, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianOwn)]
fun own_too_high() { disputed(4, 0xffff_ffff, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianOwn)]
fun own_too_low() { disputed(2, 0xffff_ffff, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianOwn)]
fun own_of_a_minority_below() { disputed(0xffff_fffb, 0xffff_ffff, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianOwn)]
fun own_of_a_minority_above() { disputed(9, 0xffff_ffff, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianRandom)]
fun random_too_high() { disputed(3, 0, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianRandom)]
fun random_too_low() { disputed(3, 0xffff_fffe, 2) }

#[test, expected_failure(abort_code = consensus::ENotMedianWeight)]
fun weight_too_high() { disputed(3, 0xffff_ffff, 3) }

#[test, expected_failure(abort_code = consensus::ENotMedianWeight)]
fun weight_too_low() { disputed(3, 0xffff_ffff, 1) }

/// With nobody every median is 0.
fun of_nobody(own: u32, random: u32, weight: u16) {
    let mut w = ready(vector[10], 1, 15);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[own], vector[random], vector[weight]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::ENotMedianOwn)]
fun nobody_measured_own() { of_nobody(1, 0, 0) }

#[test, expected_failure(abort_code = consensus::ENotMedianRandom)]
fun nobody_measured_random() { of_nobody(0, 1, 0) }

#[test, expected_failure(abort_code = consensus::ENotMedianWeight)]
fun nobody_weighed() { of_nobody(0, 0, 1) }

// === The selection ===

fun select(selection: vector<u16>) {
    let mut w = agreed();
    settle_agreed(&mut w);
    w.finalize(12, selection);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EWrongSelectionLength)]
fun the_selection_is_not_shorter() { select(vector[0]) }

#[test, expected_failure(abort_code = consensus::EWrongSelectionLength)]
fun the_selection_is_not_longer() { select(vector[0, 1, 2]) }

#[test, expected_failure(abort_code = consensus::EOutOfOrder)]
fun the_selection_is_in_order() { select(vector[1, 0]) }

#[test, expected_failure(abort_code = consensus::EOutOfOrder)]
fun nobody_is_selected_twice() { select(vector[0, 0]) }

#[test, expected_failure(abort_code = consensus::EBetterLeftOut)]
fun the_best_are_selected() { select(vector[0, 2]) }

#[test, expected_failure(abort_code = consensus::ENotInRoster)]
fun only_the_roster_is_selected() { select(vector[0, 3]) }

/// One validator: row 0 is good; what is wrong with row 1 stands in its columns.
fun select_both(code: u8, own: u32, random: u32, weight: u16) {
    let mut w = ready(vector[10], 3, 2);
    w.settled(0, 12, vector[0, code, 0], vector[7, own, 7], vector[4, random, 4], vector[30, weight, 30]);
    w.settle_medians(12, 0, vector[7, own, 7], vector[4, random, 4], vector[30, weight, 30]);
    w.finalize(12, vector[0, 1]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EOutOfOrder)]
fun a_good_one_is_eligible_but_must_rank() { select_both(0, 1, 5, 31) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_that_is_not_accepted() { select_both(64, 0, 4, 30) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_without_own_improvement() { select_both(0, 0, 4, 30) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_that_makes_own_worse() { select_both(0, 0x8000_0000, 4, 30) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_without_random_improvement() { select_both(0, 7, 0, 30) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_that_makes_random_worse() { select_both(0, 7, 0xffff_ffff, 30) }

#[test, expected_failure(abort_code = consensus::ENotEligible)]
fun one_without_weight() { select_both(0, 7, 4, 0) }

#[test, expected_failure(abort_code = consensus::ERowsLeft)]
fun not_before_the_last_row() {
    let mut w = agreed();
    w.settle_medians(12, 0, vector[7, 8], vector[4, 5], vector[30, 20]);
    w.finalize(12, vector[0, 1]);
    w.end()
}

#[test, expected_failure(abort_code = consensus::EAlreadyFinal)]
fun once() {
    let mut w = agreed();
    settle_agreed(&mut w);
    w.finalize(12, vector[0, 1]);
    w.finalize(12, vector[0, 1]);
    w.end()
}

// === Objects of one network ===

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_into_the_consensus_of_another_network() {
    let mut w = agreed();
    let mut other = world::another();
    w.exchange_consensus(&mut other);
    settle_agreed(&mut w);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_rounds_of_another_network() {
    let mut w = agreed();
    let mut other = world::another();
    w.exchange_rounds(&mut other);
    settle_agreed(&mut w);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_scores_of_another_network() {
    let mut w = agreed();
    let mut other = world::another();
    w.exchange_ledger(&mut other);
    settle_agreed(&mut w);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = agreed();
    let mut other = world::another();
    settle_agreed(&mut w);
    w.exchange_hparams(&mut other);
    w.finalize(12, vector[0, 1]);
    other.end();
    w.end()
}

// === The cost of a slice: two tests that differ by one call ===

/// Its claims are made by both, so that they do not count.
fun forty_rows(): (World, vector<u32>, vector<u32>, vector<u16>) {
    let mut w = ready(vector[10, 10], 40, 15);
    2u64.do!(|uid| w.settled(
        uid as u16,
        12,
        vector::tabulate!(40, |_| 0),
        vector::tabulate!(40, |i| (i + uid) as u32),
        vector::tabulate!(40, |i| (i + uid) as u32),
        vector::tabulate!(40, |i| (i + uid) as u16),
    ));
    (w, vector::tabulate!(40, |i| i as u32), vector::tabulate!(40, |i| i as u32), vector::tabulate!(40, |i| i as u16))
}

#[test]
fun forty_rows_before() {
    let (w, _, _, _) = forty_rows();
    w.end()
}

#[test]
fun forty_rows_settled() {
    let (mut w, own, random, weight) = forty_rows();
    w.settle_medians(12, 0, own, random, weight);
    w.end()
}
