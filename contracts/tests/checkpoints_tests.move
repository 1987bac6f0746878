#[test_only]
module vramhub::checkpoints_tests;

use std::unit_test::assert_eq;
use sui::address;
use sui::hash::blake2b256;
use vramhub::checkpoints;
use vramhub::network;
use vramhub::round_state;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const FEE: u64 = 100_000_000;
const SUI: u64 = 1_000_000_000;

/// Boundaries are the multiples of 5; the first windows that anybody scores are 11 to 14.
fun values(): vector<u64> {
    let mut values = world::values();
    *&mut values[2] = 5; // checkpoint_frequency
    *&mut values[15] = 0; // validator_offset_windows
    *&mut values[22] = 1; // min_consensus_validators
    values
}

/// A miner, and validators with stakes in SUI whose operators are 0x100 on.
fun ready_with(values: vector<u64>, stakes: vector<u64>): World {
    let mut w = world::with_values(values);
    w.register_miner(MINER, MINER);
    stakes.length().do!(|i| w.register_validator_paying(OWNER, operator(i as u16), stakes[i] * SUI, FEE));
    w
}

/// Window 11 is final, nobody seals 12, 13 and 14 are final; the clock is in the boundary's window 15.
fun ready(stakes: vector<u64>): World {
    let mut w = ready_with(values(), stakes);
    w.finish(11);
    w.finish(13);
    w.finish(14);
    w.at(15, 0);
    w
}

fun operator(uid: u16): address {
    address::from_u256(0x100 + (uid as u256))
}

use fun finish as World.finish;

/// Seals a window and makes it final; the miner is selected in it.
fun finish(w: &mut World, window: u64) {
    w.at(window, 540_000);
    w.seal(window);
    let n = w.rounds().record(window).validators().length();
    n.do!(|uid| w.settled(uid as u16, window, vector[0], vector[7], vector[4], vector[30]));
    w.settle_medians(window, 0, vector[7], vector[4], vector[30]);
    w.finalize(window, vector[0]);
}

use fun digest as World.digest;

/// The merge digest over these windows.
fun digest(w: &World, windows: vector<u64>): vector<u8> {
    let mut hashes = vector[];
    windows.do!(|window| {
        let (_, hash) = w.rounds().selection(window);
        hashes.append(*hash);
    });
    blake2b256(&hashes)
}

use fun vote as World.vote;

/// For boundary 15 over the genesis checkpoint and the right windows.
fun vote(w: &mut World, uid: u16, hash: vector<u8>) {
    let digest = w.digest(vector[11, 13, 14]);
    w.attest(operator(uid), uid, 15, 0, hash, digest)
}

fun new_hash(): vector<u8> {
    world::digest(9)
}

// === Main path ===

#[test]
fun all_agree_on_a_new_checkpoint() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    let boundary = w.rounds().boundary(15);
    assert!(boundary.is_open() && !boundary.is_new() && !boundary.is_keep());
    assert_eq!(boundary.votes().length(), 1);
    assert_eq!(boundary.votes()[0].vote_validator_uid(), 0);
    assert_eq!(boundary.votes()[0].vote_stake(), 10 * SUI);
    assert_eq!(*boundary.votes()[0].vote_hash(), new_hash());
    assert_eq!(boundary.parent_boundary(), 0);
    assert_eq!(boundary.selected_count(), 3);
    assert_eq!(*boundary.merge_digest(), w.digest(vector[11, 13, 14]));
    assert_eq!(w.rounds().checkpoints().length(), 1);

    w.at(16, 0);
    w.vote(1, new_hash());
    let boundary = w.rounds().boundary(15);
    assert!(boundary.is_new());
    assert_eq!(*boundary.hash(), new_hash());
    assert_eq!(boundary.activation(), 17);
    assert_eq!(w.rounds().interval_start(), 17);
    assert_eq!(w.rounds().checkpoints().length(), 2);
    assert_eq!(*w.rounds().checkpoint_at(16).anchor_hash(), world::digest(3));
    let anchor = w.rounds().checkpoint_at(17);
    assert_eq!(*anchor.anchor_hash(), new_hash());
    assert_eq!(anchor.anchor_boundary(), 15);
    assert_eq!(anchor.anchor_activation(), 17);
    w.end()
}

#[test]
fun windows_between_boundary_and_activation_are_never_merged() {
    let mut w = ready(vector[10]);
    w.finish(15);
    w.vote(0, new_hash());
    w.finish(16);
    assert_eq!(*w.rounds().record(16).checkpoint_hash(), new_hash());
    w.finish(17);
    w.at(21, 0);
    let digest = w.digest(vector[16, 17]);
    w.attest(operator(0), 0, 20, 15, world::digest(8), digest);
    assert!(w.rounds().boundary(20).is_new());
    assert_eq!(w.rounds().checkpoint_at(22).anchor_boundary(), 20);
    w.end()
}

#[test]
fun the_activation_can_be_delayed() {
    let mut values = values();
    *&mut values[3] = 4;
    let mut w = ready_with(values, vector[10]);
    w.finish(14);
    w.at(15, 0);
    let digest = w.digest(vector[14]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    assert_eq!(w.rounds().boundary(15).activation(), 20);
    assert_eq!(w.rounds().interval_start(), 20);
    w.end()
}

/// Boundary 20 has nothing to merge, and its end does not bring the windows before the activation back.
#[test]
fun nothing_before_the_activation_is_merged_after_a_boundary_that_keeps() {
    let mut values = values();
    *&mut values[3] = 6;
    let mut w = ready_with(values, vector[10]);
    w.finish(14);
    w.at(15, 0);
    let digest = w.digest(vector[14]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    assert_eq!(w.rounds().boundary(15).activation(), 22);
    w.at(20, 0);
    w.attest(operator(0), 0, 20, 15, vector[], blake2b256(&vector[]));
    assert_eq!(w.rounds().interval_start(), 20);
    w.finish(21);
    w.finish(23);
    w.at(26, 0);
    let digest = w.digest(vector[23]);
    w.attest(operator(0), 0, 25, 15, world::digest(8), digest);
    assert_eq!(w.rounds().boundary(25).selected_count(), 1);
    w.end()
}

#[test]
fun a_delegate_may_attest() {
    let mut w = ready(vector[10]);
    w.add_delegate(OWNER, 0, @0xde);
    let digest = w.digest(vector[11, 13, 14]);
    w.attest(@0xde, 0, 15, 0, new_hash(), digest);
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

// === Keeping ===

#[test]
fun keeping_begins_a_new_interval() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, vector[]);
    w.vote(1, vector[]);
    let boundary = w.rounds().boundary(15);
    assert!(boundary.is_keep());
    assert_eq!(boundary.hash().length(), 0);
    assert_eq!(boundary.activation(), 0);
    assert_eq!(w.rounds().interval_start(), 15);
    assert_eq!(w.rounds().checkpoints().length(), 1);
    w.finish(15);
    w.finish(19);
    w.at(20, 0);
    let digest = w.digest(vector[15, 19]);
    w.attest(operator(0), 0, 20, 0, new_hash(), digest);
    w.end()
}

#[test]
fun when_nothing_is_selected_the_parent_is_kept() {
    let mut w = ready_with(values(), vector[10]);
    w.at(15, 0);
    assert!(!w.rounds().has_boundary(15));
    w.at(16, 0);
    // Of nothing, in tests/vectors/consensus.json.
    w.attest(operator(0), 0, 15, 0, vector[], x"0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    assert!(w.rounds().boundary(15).is_keep());
    assert_eq!(w.rounds().boundary(15).selected_count(), 0);
    w.end()
}

/// As `ready`, of a network that takes a step on this many gradients.
fun ready_for(min_merge_gradients: u64): World {
    let mut values = values();
    *&mut values[47] = min_merge_gradients;
    let mut w = ready_with(values, vector[10]);
    w.finish(11);
    w.finish(13);
    w.finish(14);
    w.at(15, 0);
    w
}

#[test]
fun as_many_as_wanted_make_a_new_checkpoint() {
    let mut w = ready_for(3);
    w.vote(0, new_hash());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ETooFewSelected)]
fun fewer_than_wanted_make_nothing_new() {
    let mut w = ready_for(4);
    w.vote(0, new_hash());
    w.end()
}

#[test]
fun fewer_than_wanted_keep_the_parent() {
    let mut w = ready_for(4);
    w.vote(0, vector[]);
    assert!(w.rounds().boundary(15).is_keep());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ETooFewSelected)]
fun nothing_selected_makes_nothing_new() {
    let mut w = ready_with(values(), vector[10]);
    w.at(16, 0);
    w.attest(operator(0), 0, 15, 0, new_hash(), blake2b256(&vector[]));
    w.end()
}

// === Quorum ===

#[test]
fun two_that_disagree_anchor_nothing() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    w.vote(1, world::digest(8));
    assert!(w.rounds().boundary(15).is_open());
    assert_eq!(w.rounds().boundary(15).votes().length(), 2);
    w.end()
}

#[test]
fun two_of_three_equal_ones_are_too_few() {
    let mut w = ready(vector[10, 10, 10]);
    w.vote(0, new_hash());
    w.vote(1, new_hash());
    assert!(w.rounds().boundary(15).is_open());
    w.vote(2, new_hash());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test]
fun exactly_the_quorum_is_too_little() {
    let mut w = ready(vector[6_667, 3_333]);
    w.vote(0, new_hash());
    assert!(w.rounds().boundary(15).is_open());
    w.end()
}

#[test]
fun more_than_the_quorum_is_enough() {
    let mut w = ready(vector[6_668, 3_333]);
    w.vote(0, new_hash());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test]
fun half_against_half_anchors_nothing() {
    let mut w = ready(vector[10, 10, 10, 10]);
    w.vote(3, world::digest(8));
    w.vote(0, new_hash());
    w.vote(1, vector[]);
    assert!(w.rounds().boundary(15).is_open());
    w.end()
}

#[test]
fun three_of_four_are_enough() {
    let mut w = ready(vector[10, 10, 10, 10]);
    w.vote(3, vector[]);
    w.vote(0, new_hash());
    w.vote(1, new_hash());
    assert!(w.rounds().boundary(15).is_open());
    w.vote(2, new_hash());
    assert_eq!(*w.rounds().boundary(15).hash(), new_hash());
    w.end()
}

#[test]
fun slashed_stake_counts_on_neither_side() {
    let mut w = ready(vector[10, 10, 10]);
    w.vote(0, world::digest(8));
    w.vote(1, new_hash());
    w.validators_mut().set_slashed_for_testing(0);
    w.vote(2, new_hash());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test]
fun votes_of_the_slashed_do_not_help() {
    let mut w = ready(vector[10, 40, 10, 10]);
    w.vote(1, new_hash());
    w.validators_mut().set_slashed_for_testing(1);
    w.vote(2, new_hash());
    w.vote(3, new_hash());
    assert!(w.rounds().boundary(15).is_open());
    w.end()
}

#[test]
fun stake_is_that_of_the_boundary() {
    let mut w = ready(vector[10]);
    // In force from window 16 on.
    w.register_validator_paying(OWNER, @0xbb, 100 * SUI, FEE);
    w.at(16, 0);
    w.vote(0, new_hash());
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

// === When ===

#[test]
fun an_expired_boundary_leaves_its_windows_to_the_next() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    w.finish(15);
    w.finish(18);
    w.at(21, 0);
    let digest = w.digest(vector[11, 13, 14, 15, 18]);
    w.attest(operator(0), 0, 20, 0, new_hash(), digest);
    w.attest(operator(1), 1, 20, 0, new_hash(), digest);
    assert!(w.rounds().boundary(15).is_open());
    assert!(w.rounds().boundary(20).is_new());
    assert_eq!(w.rounds().boundary(20).selected_count(), 5);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EBoundaryExpired)]
fun not_when_the_next_boundary_is_reached() {
    let mut w = ready(vector[10]);
    w.at(20, 0);
    w.vote(0, new_hash());
    w.end()
}

#[test]
fun until_the_next_boundary() {
    let mut w = ready(vector[10]);
    w.at(19, 599_999);
    w.vote(0, new_hash());
    assert_eq!(w.rounds().boundary(15).activation(), 20);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EBoundaryAhead)]
fun not_before_the_boundary() {
    let mut w = ready(vector[10]);
    let digest = w.digest(vector[11, 13, 14]);
    w.attest(operator(0), 0, 20, 0, new_hash(), digest);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotBoundary)]
fun only_at_multiples_of_the_frequency() {
    let mut w = ready(vector[10]);
    let digest = w.digest(vector[11, 13]);
    w.attest(operator(0), 0, 14, 0, new_hash(), digest);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotBoundary)]
fun not_at_the_beginning_of_time() {
    let mut w = ready(vector[10]);
    w.attest(operator(0), 0, 0, 0, new_hash(), blake2b256(&vector[]));
    w.end()
}

#[test, expected_failure(abort_code = round_state::EWindowsPending)]
fun not_while_a_window_is_sealed_only() {
    let mut w = ready_with(values(), vector[10]);
    w.finish(13);
    w.at(14, 540_000);
    w.seal(14);
    w.at(18, 0);
    let digest = w.digest(vector[13]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    w.end()
}

#[test, expected_failure(abort_code = round_state::EWindowsPending)]
fun not_while_a_window_may_be_sealed() {
    let mut w = ready_with(values(), vector[10]);
    w.finish(13);
    w.at(15, 599_999);
    let digest = w.digest(vector[13]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    w.end()
}

#[test]
fun void_and_unscored_windows_are_decided() {
    let mut w = ready_with(values(), vector[10]);
    w.finish(11);
    // 12: unscored, 13 and 14: void
    w.at(12, 540_000);
    w.seal(12);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[0]);
    w.finalize(12, vector[]);
    assert_eq!(w.rounds().record(12).status(), 3);
    let digest = w.digest(vector[11]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    assert!(w.rounds().boundary(15).is_new());
    w.end()
}

#[test]
fun only_the_latest_windows_are_merged() {
    let mut values = values();
    *&mut values[4] = 2; // max_merge_windows
    let mut w = ready_with(values, vector[10]);
    w.finish(12);
    w.finish(13);
    w.finish(14);
    w.at(15, 0);
    let digest = w.digest(vector[13, 14]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    assert_eq!(w.rounds().boundary(15).selected_count(), 2);
    w.end()
}

/// From window 12 on every window is a boundary, and that of 10 would still be open.
#[test, expected_failure(abort_code = round_state::EBoundaryExpired)]
fun a_later_boundary_ends_an_earlier_one() {
    let mut w = ready_with(values(), vector[10, 10]);
    let mut values = values();
    *&mut values[2] = 1;
    w.at(11, 0);
    w.propose(values);
    w.finish(11);
    w.at(12, 0);
    let digest = w.digest(vector[11]);
    w.attest(operator(0), 0, 12, 0, new_hash(), digest);
    w.attest(operator(0), 0, 10, 0, vector[], blake2b256(&vector[]));
    w.end()
}

// === What ===

#[test, expected_failure(abort_code = checkpoints::EWrongMergeDigest)]
fun not_over_other_windows() {
    let mut w = ready(vector[10]);
    let digest = w.digest(vector[11, 14, 13]);
    w.attest(operator(0), 0, 15, 0, new_hash(), digest);
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EWrongMergeDigest)]
fun the_second_one_neither() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    w.attest(operator(1), 1, 15, 0, vector[], blake2b256(&vector[]));
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EWrongParent)]
fun not_over_another_parent() {
    let mut w = ready(vector[10]);
    let digest = w.digest(vector[11, 13, 14]);
    w.attest(operator(0), 0, 15, 10, new_hash(), digest);
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EBadDigest)]
fun a_checkpoint_is_a_digest() {
    let mut w = ready(vector[10]);
    w.vote(0, b"short");
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EAlreadyAttested)]
fun once_a_validator() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    w.vote(0, new_hash());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EAlreadyAttested)]
fun nobody_changes_its_mind() {
    let mut w = ready(vector[10, 10]);
    w.vote(0, new_hash());
    w.vote(0, vector[]);
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::EAlreadyAnchored)]
fun not_after_the_quorum() {
    let mut w = ready(vector[40, 10]);
    w.vote(0, new_hash());
    w.vote(1, new_hash());
    w.end()
}

// === Who ===

#[test, expected_failure(abort_code = round_state::ENotAgent)]
fun not_by_the_owner() {
    let mut w = ready(vector[10]);
    w.attest(OWNER, 0, 15, 0, new_hash(), world::digest(0));
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotAgent)]
fun not_for_another_validator() {
    let mut w = ready(vector[10, 10]);
    w.attest(operator(0), 1, 15, 0, new_hash(), world::digest(0));
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ENotInStanding)]
fun not_when_slashed() {
    let mut w = ready(vector[10, 10]);
    w.validators_mut().set_slashed_for_testing(0);
    w.vote(0, new_hash());
    w.end()
}

#[test, expected_failure(abort_code = checkpoints::ENotInStanding)]
fun not_by_who_came_after_the_boundary() {
    let mut w = ready(vector[10]);
    w.register_validator(OWNER, operator(1));
    w.at(16, 0);
    w.vote(1, new_hash());
    w.end()
}

#[test, expected_failure(abort_code = round_state::EUnknownBoundary)]
fun a_boundary_without_votes_is_unknown() {
    let w = ready(vector[10]);
    w.rounds().boundary(15);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun an_open_window_has_no_selection() {
    let w = ready(vector[10]);
    w.rounds().selection(15);
    w.end()
}

// === Objects of one network ===

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_into_rounds_of_another_network() {
    let mut w = ready(vector[10]);
    let mut other = world::another();
    w.exchange_rounds(&mut other);
    w.attest(operator(0), 0, 15, 0, new_hash(), world::digest(0));
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = ready(vector[10]);
    let mut other = world::another();
    w.exchange_hparams(&mut other);
    w.attest(operator(0), 0, 15, 0, new_hash(), world::digest(0));
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_validators_of_another_network() {
    let mut w = ready(vector[10]);
    let mut other = world::another();
    w.exchange_validators(&mut other);
    w.attest(operator(0), 0, 15, 0, new_hash(), world::digest(0));
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_attests_in_a_pause() {
    let mut w = ready(vector[10, 10]);
    w.pause(1);
    w.vote(0, new_hash());
    w.end()
}
