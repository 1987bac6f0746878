#[test_only]
module vramhub::registration_tests;

use std::unit_test::assert_eq;
use sui::event;
use vramhub::network;
use vramhub::peer_registry;
use vramhub::registration::{Self, MinerReplaced};
use vramhub::uid_pool;
use vramhub::vault;
use vramhub::world::{Self, World};

const OWNER: address = @0xa0;
const OPERATOR: address = @0xa1;
const NEWCOMER: address = @0xc0;
const VALIDATOR: address = @0xb0;
const STAKE: u64 = 1_000_000_000;
const IMMUNITY: u64 = 5;

fun values(max_miners: u64): vector<u64> {
    let mut values = world::values();
    *&mut values[8] = max_miners;
    *&mut values[14] = IMMUNITY;
    *&mut values[22] = 1; // min_consensus_validators
    values
}

/// All places taken in window 10, and a validator; the clock is in window 12.
fun full(max_miners: u64): World {
    full_with(values(max_miners), max_miners)
}

fun full_with(values: vector<u64>, miners: u64): World {
    let mut w = world::with_values(values);
    miners.do!(|_| w.register_miner(OWNER, OPERATOR));
    w.register_validator(VALIDATOR, VALIDATOR);
    w.at(12, 0);
    w
}

/// Seals a window, and ends it with these weights of its roster.
fun end_with(w: &mut World, window: u64, weights: vector<u16>) {
    w.at(window, 540_000);
    w.seal(window);
    end_sealed_with(w, window, weights)
}

fun end_sealed_with(w: &mut World, window: u64, weights: vector<u16>) {
    let n = weights.length();
    let codes = vector::tabulate!(n, |_| 0u8);
    let ones = vector::tabulate!(n, |_| 1u32);
    w.settled(0, window, codes, ones, ones, weights);
    w.settle_medians(window, 0, ones, ones, weights);
    // Best first, all of them.
    let mut left = weights;
    let mut selection = vector[];
    n.do!(|_| {
        let mut best = 0;
        left.length().do!(|i| if (left[i] > left[best]) best = i);
        if (left[best] > 0) selection.push_back(w.peers().roster_at(window)[best].entry_uid());
        *&mut left[best] = 0;
    });
    w.finalize(window, selection);
}

fun assert_roster(w: &World, window: u64, uids: vector<u16>) {
    assert_eq!(w.peers().roster_at(window).map_ref!(|entry| entry.entry_uid()), uids);
}

// === Who goes ===

#[test]
fun the_one_of_the_least_weight() {
    let mut w = full(4);
    end_with(&mut w, 12, vector[30, 10, 20, 40]);
    w.at(15, 0);
    w.replace_miner(NEWCOMER, OPERATOR);

    let gone = w.peers().miner(1);
    assert_eq!(gone.until_window(), 16);
    assert_eq!(gone.stake(), 0);
    assert!(gone.is_active_in(15) && !gone.is_active_in(16));
    assert_eq!(w.vault().stake(vault::role_miner(), 1, 1), 0);
    assert_eq!(w.vault().unbonding(vault::role_miner(), 1, 1), STAKE);
    let new = w.peers().miner(4);
    assert_eq!(new.owner(), NEWCOMER);
    assert_eq!(new.operator(), OPERATOR);
    assert_eq!(new.registered_window(), 15);
    assert_eq!(w.vault().stake(vault::role_miner(), 4, 1), STAKE);
    assert_eq!(w.vault().treasury(), 6 * 100_000_000);
    assert_roster(&w, 15, vector[0, 1, 2, 3]);
    assert_roster(&w, 16, vector[0, 2, 3, 4]);
    assert_eq!(w.peers().uids().active(), 4);
    let replaced = event::events_by_type<MinerReplaced>();
    assert_eq!(replaced, vector[registration::replaced_for_testing(w.network().id(), 1, 1, 10, 4, 1)]);

    // What was staked waits as after any leave, and goes to whom it came from.
    w.at(16 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 1, 1), STAKE);
    w.end()
}

#[test]
fun without_a_final_window_all_weigh_nothing() {
    let mut w = full(3);
    w.at(15, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    // All registered in the same window: the greatest uid.
    assert_roster(&w, 16, vector[0, 1, 3]);
    w.end()
}

#[test]
fun of_the_same_weight_the_last_registered() {
    let mut w = full(3);
    w.deactivate_miner(OWNER, 0);
    w.at(21, 0);
    // Uid 0 again: registered later than the others.
    w.register_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 22, vector[0, 1, 2]);
    w.at(30, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 31, vector[1, 2, 3]);
    w.end()
}

/// Uid 0 is registered again in window 21.
fun with_a_later_first(): World {
    let mut w = full(3);
    w.deactivate_miner(OWNER, 0);
    w.at(21, 0);
    w.register_miner(NEWCOMER, OPERATOR);
    w
}

#[test]
fun the_last_registered_stays_for_its_weight() {
    let mut w = with_a_later_first();
    end_with(&mut w, 22, vector[40, 10, 20]);
    w.at(30, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 31, vector[0, 2, 3]);
    w.end()
}

#[test]
fun who_leaves_takes_its_time_of_registration_along() {
    let mut w = with_a_later_first();
    w.at(22, 0);
    w.deactivate_miner(NEWCOMER, 0);
    w.at(23, 0);
    w.register_miner(NEWCOMER, OPERATOR);
    // Uid 3 is immune; 1 and 2 registered together.
    w.at(26, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 27, vector[1, 3, 4]);
    w.end()
}

/// Weights count only for the miner that had them, not for the uid's next one.
#[test]
fun a_predecessors_weight_is_nobodys() {
    let mut w = full(3);
    end_with(&mut w, 12, vector[40, 20, 10]);
    w.deactivate_miner(OWNER, 0);
    w.at(21, 0);
    w.register_miner(NEWCOMER, OPERATOR);
    assert_eq!(w.peers().miner(0).generation(), 2);
    w.at(30, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 31, vector[1, 2, 3]);
    w.end()
}

#[test]
fun the_latest_final_window_counts() {
    let mut w = full(3);
    w.at(13, 540_000);
    w.seal(12);
    w.seal(13);
    end_sealed_with(&mut w, 13, vector[10, 20, 30]);
    // Ends later and is earlier.
    end_sealed_with(&mut w, 12, vector[30, 20, 10]);
    w.at(20, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 21, vector[1, 2, 3]);
    w.end()
}

#[test]
fun nobody_inside_immunity() {
    let mut w = full(2);
    w.deactivate_miner(OWNER, 0);
    w.at(13, 0);
    w.register_miner(NEWCOMER, OPERATOR);
    end_with(&mut w, 14, vector[50, 0]);
    // The newcomer weighs nothing, but is immune until window 18.
    w.at(17, 599_999);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 18, vector[2, 3]);
    w.end()
}

#[test, expected_failure(abort_code = registration::ENobodyReplaceable)]
fun nobody_when_all_are_immune() {
    let mut w = full(2);
    w.at(14, 599_999);
    w.replace_miner(NEWCOMER, OPERATOR);
    w.end()
}

#[test]
fun who_was_replaced_is_not_replaced_again() {
    let mut w = full(3);
    end_with(&mut w, 12, vector[30, 10, 20]);
    w.at(20, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 21, vector[0, 3, 4]);
    assert_eq!(w.peers().miner(2).until_window(), 21);
    assert_eq!(w.peers().uids().active(), 3);
    w.end()
}

#[test]
fun after_the_places_became_fewer_one_changes_hands() {
    let mut w = full(3);
    w.propose(values(2));
    w.at(20, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 21, vector[0, 1, 3]);
    w.end()
}

/// Amounts that it does not withdraw keep nobody in its place.
#[test]
fun whoever_fills_its_unbonding_list_goes_all_the_same() {
    let mut w = world::with_values(values(1));
    w.register_miner_paying(OWNER, OPERATOR, STAKE + 64, 100_000_000);
    64u64.do!(|i| {
        w.at(20 + i, 0);
        w.unbond_miner_stake(OWNER, 0, 1);
    });
    w.at(90, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 91, vector[1]);
    assert_eq!(w.vault().unbonding(vault::role_miner(), 0, 1), STAKE + 64);
    w.at(91 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 0, 1), STAKE + 64);
    w.end()
}

#[test]
fun whoever_was_slashed_of_everything_goes_all_the_same() {
    let mut w = full(2);
    w.vault_mut().slash(vault::role_miner(), 1, 1, STAKE).destroy_for_testing();
    w.at(20, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    assert_roster(&w, 21, vector[0, 2]);
    w.vault_mut().slash(vault::role_miner(), 0, 1, STAKE).destroy_for_testing();
    w.deactivate_miner(OWNER, 0);
    assert_roster(&w, 21, vector[2]);
    w.end()
}

// === When not ===

#[test, expected_failure(abort_code = registration::ENotFull)]
fun not_while_there_are_places() {
    let mut w = full_with(values(3), 2);
    w.at(20, 0);
    w.replace_miner(NEWCOMER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = registration::ENotFull)]
fun not_once_somebody_has_left() {
    let mut w = full(3);
    w.at(20, 0);
    w.deactivate_miner(OWNER, 1);
    w.replace_miner(NEWCOMER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ERegistryFull)]
fun registering_replaces_nobody() {
    let mut w = full(3);
    w.at(20, 0);
    w.register_miner(NEWCOMER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::ETooManyRegistrations)]
fun replacements_are_registrations() {
    let mut values = values(3);
    *&mut values[13] = 3; // max_registrations_per_window
    *&mut values[14] = 0; // immunity_windows
    let mut w = full_with(values, 3);
    w.at(20, 0);
    4u64.do!(|_| w.replace_miner(NEWCOMER, OPERATOR));
    w.end()
}

#[test, expected_failure(abort_code = uid_pool::EUidsResting)]
fun replacements_wait_for_uids() {
    let mut values = values(3);
    *&mut values[14] = 0; // immunity_windows
    let mut w = full_with(values, 3);
    // Nine uids are left; without immunity the newcomers are replaced themselves.
    10u64.do!(|_| w.replace_miner(NEWCOMER, OPERATOR));
    w.end()
}

#[test, expected_failure(abort_code = vault::EStakeTooSmall)]
fun not_with_less_than_the_minimum() {
    let mut w = full(3);
    w.at(20, 0);
    w.replace_miner_paying(NEWCOMER, OPERATOR, STAKE - 1, 100_000_000);
    w.end()
}

#[test, expected_failure(abort_code = vault::EWrongFee)]
fun not_without_the_fee() {
    let mut w = full(3);
    w.at(20, 0);
    w.replace_miner_paying(NEWCOMER, OPERATOR, STAKE, 0);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun not_while_the_network_is_paused() {
    let mut w = full(3);
    w.at(20, 0);
    w.pause(1);
    w.replace_miner(NEWCOMER, OPERATOR);
    w.end()
}

/// A newcomer to another network brings each object of its own in turn.
macro fun assert_mismatch($exchange: |&mut World, &mut World|) {
    let mut w = full(3);
    let mut other = world::another();
    w.at(20, 0);
    $exchange(&mut w, &mut other);
    w.replace_miner(NEWCOMER, OPERATOR);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    assert_mismatch!(|a, b| a.exchange_network(b))
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_miners_of_another_network() {
    assert_mismatch!(|a, b| a.exchange_peers(b))
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_networks_vault() {
    assert_mismatch!(|a, b| a.exchange_vault(b))
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_networks_parameters() {
    assert_mismatch!(|a, b| a.exchange_hparams(b))
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_networks_windows() {
    assert_mismatch!(|a, b| a.exchange_rounds(b))
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_networks_medians() {
    assert_mismatch!(|a, b| a.exchange_consensus(b))
}

// === Operators ===

#[test]
fun the_owner_names_another_operator() {
    let mut w = full(2);
    w.set_credentials(OWNER, 0, 1, b"ciphertext");
    w.set_miner_operator(OWNER, 0, NEWCOMER);
    assert_eq!(w.peers().miner(0).operator(), NEWCOMER);
    assert_eq!(w.peers().miner(1).operator(), OPERATOR);
    w.commit(NEWCOMER, 0, 12);
    assert_eq!(w.gradients().commitments(12).length(), 1);
    w.end()
}

#[test, expected_failure(abort_code = vramhub::gradient_registry::ENotOperator)]
fun the_operator_before_commits_no_more() {
    let mut w = full(2);
    w.set_credentials(OWNER, 0, 1, b"ciphertext");
    w.set_miner_operator(OWNER, 0, NEWCOMER);
    w.commit(OPERATOR, 0, 12);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::ENotOwner)]
fun an_operator_names_no_operator() {
    let mut w = full(2);
    w.set_miner_operator(OPERATOR, 0, NEWCOMER);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EUnknownMiner)]
fun nobody_has_no_operator() {
    let mut w = full(2);
    w.set_miner_operator(OWNER, 2, NEWCOMER);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EDeactivated)]
fun who_left_names_no_operator() {
    let mut w = full(2);
    w.deactivate_miner(OWNER, 0);
    w.set_miner_operator(OWNER, 0, NEWCOMER);
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun an_operator_is_not_named_in_another_network() {
    let mut w = full(2);
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.set_miner_operator(OWNER, 0, NEWCOMER);
    other.end();
    w.end()
}
