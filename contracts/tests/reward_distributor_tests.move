#[test_only]
module vramhub::reward_distributor_tests;

use std::unit_test::{assert_eq, destroy};
use sui::address;
use sui::coin;
use vramhub::network;
use vramhub::reward_distributor;
use vramhub::round_state;
use vramhub::vram;
use vramhub::world::{Self, World};

const SUI: u64 = 1_000_000_000;
const FEE: u64 = 100_000_000;
const CAP: u64 = 21_000_000_000_000_000;
const EMISSION: u64 = 1_000_000_000;

/// Three miners whose owners are 0xa0 to 0xa2, three validators with 10, 10 and 20 SUI whose owners are 0xb0 to 0xb2, and a pool.
fun ready_with(emission: u64, cap: u64): World {
    let mut values = world::values();
    *&mut values[42] = emission;
    let mut w = world::with_values(values);
    3u64.do!(|i| w.register_miner(miner(i), miner(i)));
    let stakes = vector[10, 10, 20];
    3u64.do!(|i| w.register_validator_paying(validator(i), address::from_u256(0x100 + (i as u256)), stakes[i] * SUI, FEE));
    w.create_pool(cap);
    w
}

/// Window 12 is final.
fun ready(): World {
    let mut w = ready_with(EMISSION, CAP);
    w.finish(12);
    w
}

fun miner(i: u64): address {
    address::from_u256(0xa0 + (i as u256))
}

fun validator(i: u64): address {
    address::from_u256(0xb0 + (i as u256))
}

use fun finish as World.finish;

/// All agree on weights 3, 1 and 0.
fun finish(w: &mut World, window: u64) {
    w.finish_with(window, vector[0, 0, 0], vector[3, 1, 0], vector[3, 1, 0])
}

use fun finish_with as World.finish_with;

/// Validators 0 and 1 (half of the stake) say 3, 1, 0; the third one has its own codes and weights, and `medians` are what follows.
fun finish_with(w: &mut World, window: u64, codes: vector<u8>, weights: vector<u16>, medians: vector<u16>) {
    w.at(window, 540_000);
    w.seal(window);
    2u64.do!(|uid| w.settled(uid as u16, window, vector[0, 0, 0], vector[0, 0, 0], vector[0, 0, 0], vector[3, 1, 0]));
    w.settled(2, window, codes, vector[0, 0, 0], vector[0, 0, 0], weights);
    w.settle_medians(window, 0, vector[0, 0, 0], vector[0, 0, 0], medians);
    w.finalize(window, vector[]);
}

use fun assert_sound as World.assert_sound;

/// Minted = paid + owed + treasury + spent ≤ greatest supply, and what is owed is there.
fun assert_sound(w: &World) {
    let pool = w.pool();
    assert_eq!(pool.minted(), pool.paid() + pool.unclaimed() + pool.treasury() + pool.spent());
    assert!(pool.minted() <= pool.max_supply());
    let mut owed = 0;
    3u64.do!(|i| owed = owed + pool.owed(miner(i)) + pool.owed(validator(i)));
    assert_eq!(pool.unclaimed(), owed);
}

// === Main path ===

#[test]
fun a_final_window_pays() {
    let mut w = ready();
    assert!(!w.pool().is_distributed(12));
    w.distribute(12);
    let pool = w.pool();
    assert!(pool.is_distributed(12));
    assert_eq!(pool.owed(miner(0)), 540_000_000);
    assert_eq!(pool.owed(miner(1)), 180_000_000);
    assert_eq!(pool.owed(miner(2)), 0);
    assert_eq!(pool.owed(validator(0)), 45_000_000);
    assert_eq!(pool.owed(validator(1)), 45_000_000);
    assert_eq!(pool.owed(validator(2)), 90_000_000);
    assert_eq!(pool.treasury(), 100_000_000);
    assert_eq!(pool.minted(), EMISSION);
    w.assert_sound();

    let coin = w.claim(miner(0));
    assert_eq!(coin.value(), 540_000_000);
    assert_eq!(w.pool().paid(), 540_000_000);
    assert_eq!(w.pool().owed(miner(0)), 0);
    w.assert_sound();
    destroy(coin);
    w.end()
}

#[test]
fun what_is_owed_adds_up_over_windows() {
    let mut w = ready();
    w.distribute(12);
    w.finish(13);
    w.distribute(13);
    assert_eq!(w.pool().owed(miner(1)), 360_000_000);
    let coin = w.claim(miner(1));
    assert_eq!(coin.value(), 360_000_000);
    destroy(coin);
    w.finish(14);
    w.distribute(14);
    assert_eq!(w.pool().owed(miner(1)), 180_000_000);
    w.assert_sound();
    w.end()
}

/// 72 % of 11 are 7, of which 3/4 are 5 and 1/4 is 1; 18 % are 1, of which nobody gets a whole one.
#[test]
fun remainders_go_to_the_treasury() {
    let mut w = ready_with(11, CAP);
    w.finish(12);
    w.distribute(12);
    assert_eq!(w.pool().owed(miner(0)), 5);
    assert_eq!(w.pool().owed(miner(1)), 1);
    assert_eq!(w.pool().owed(validator(2)), 0);
    assert_eq!(w.pool().treasury(), 5);
    w.assert_sound();
    w.end()
}

#[test]
fun disagreement_on_weights_costs() {
    let mut w = ready_with(EMISSION, CAP);
    // Half of the stake is not more than half, so the medians are the lesser ones: 0, 1, 0.
    w.finish_with(12, vector[0, 0, 0], vector[0, 2, 5], vector[0, 1, 0]);
    w.distribute(12);
    assert_eq!(w.pool().owed(miner(0)), 0);
    assert_eq!(w.pool().owed(miner(1)), 720_000_000);
    // Everyone has min(w, Med) = 1.
    assert_eq!(w.pool().owed(validator(2)), 90_000_000);
    w.assert_sound();
    w.end()
}

#[test]
fun weights_below_the_median_cost() {
    let mut values = world::values();
    *&mut values[22] = 1;
    let mut w = world::with_values(values);
    w.register_miner(miner(0), miner(0));
    w.register_validator_paying(validator(0), @0x100, 30 * SUI, FEE);
    w.register_validator_paying(validator(1), @0x101, 20 * SUI, FEE);
    w.create_pool(CAP);
    w.at(12, 540_000);
    w.seal(12);
    w.settled(0, 12, vector[0], vector[0], vector[0], vector[100]);
    w.settled(1, 12, vector[0], vector[0], vector[0], vector[50]);
    w.settle_medians(12, 0, vector[0], vector[0], vector[100]);
    w.finalize(12, vector[]);
    w.distribute(12);
    // 30 · 100 against 20 · 50.
    assert_eq!(w.pool().owed(validator(0)), 135_000_000);
    assert_eq!(w.pool().owed(validator(1)), 45_000_000);
    w.end()
}

#[test]
fun disagreement_on_codes_costs() {
    let mut w = ready_with(EMISSION, CAP);
    // Half of the stake rejects row 0, so it is not accepted: validators 0 and 1 are wrong in one row of three.
    w.finish_with(12, vector[64, 0, 0], vector[3, 1, 0], vector[3, 1, 0]);
    w.distribute(12);
    // Merits 10 · 2, 10 · 2, 20 · 3.
    assert_eq!(w.pool().owed(validator(0)), 36_000_000);
    assert_eq!(w.pool().owed(validator(1)), 36_000_000);
    assert_eq!(w.pool().owed(validator(2)), 108_000_000);
    w.assert_sound();
    w.end()
}

#[test]
fun without_weights_all_goes_to_the_treasury() {
    let mut w = ready_with(EMISSION, CAP);
    w.finish_with(12, vector[0, 0, 0], vector[0, 0, 0], vector[0, 0, 0]);
    w.distribute(12);
    assert_eq!(w.pool().treasury(), EMISSION);
    assert_eq!(w.pool().unclaimed(), 0);
    w.assert_sound();
    w.end()
}

#[test]
fun who_submits_nothing_gets_nothing() {
    let mut values = world::values();
    *&mut values[20] = 5_000;
    *&mut values[22] = 2;
    let mut w = world::with_values(values);
    w.register_miner(miner(0), miner(0));
    3u64.do!(|i| w.register_validator(validator(i), address::from_u256(0x100 + (i as u256))));
    w.create_pool(CAP);
    w.at(12, 540_000);
    w.seal(12);
    2u64.do!(|uid| w.settled(uid as u16, 12, vector[0], vector[0], vector[0], vector[9]));
    w.at(16, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[9]);
    w.finalize(12, vector[]);
    w.distribute(12);
    assert_eq!(w.pool().owed(validator(0)), 90_000_000);
    assert_eq!(w.pool().owed(validator(1)), 90_000_000);
    assert_eq!(w.pool().owed(validator(2)), 0);
    w.end()
}

#[test]
fun who_earned_it_is_paid_although_the_uid_has_passed_on() {
    let mut w = ready();
    w.at(20, 0);
    w.deactivate_miner(miner(0), 0);
    w.deactivate_validator(validator(2), 2);
    w.at(29, 0);
    w.register_miner(@0xd0, @0xd1);
    w.register_validator(@0xd2, @0xd3);
    assert_eq!(w.peers().miner(0).owner(), @0xd0);
    assert_eq!(w.validators().validator(2).owner(), @0xd2);
    w.distribute(12);
    assert_eq!(w.pool().owed(miner(0)), 540_000_000);
    assert_eq!(w.pool().owed(validator(2)), 90_000_000);
    assert_eq!(w.pool().owed(@0xd0), 0);
    assert_eq!(w.pool().owed(@0xd2), 0);
    w.assert_sound();
    w.end()
}

#[test]
fun the_last_emission_is_what_is_left() {
    let mut w = ready_with(EMISSION, EMISSION + 11);
    w.finish(12);
    w.distribute(12);
    w.finish(13);
    w.distribute(13);
    assert_eq!(w.pool().minted(), EMISSION + 11);
    assert_eq!(w.pool().owed(miner(0)), 540_000_005);
    w.assert_sound();
    w.end()
}

#[test]
fun the_coin_is_made_once() {
    let mut ctx = tx_context::dummy();
    vram::init_for_testing(&mut ctx);
}

// === Halving: tests/vectors/rewards.json, made by another implementation ===

fun assert_halvings(max_supply: u64, minted: u64, halvings: u8) {
    assert_eq!(reward_distributor::halvings_for_testing(max_supply, max_supply - minted), halvings);
}

#[test]
fun halvings_are_those_of_the_vectors() {
    assert_halvings(1, 0, 0);
    assert_halvings(2, 0, 0);
    assert_halvings(2, 1, 1);
    assert_halvings(7, 0, 0);
    assert_halvings(7, 1, 0);
    assert_halvings(7, 3, 0);
    assert_halvings(7, 4, 1);
    assert_halvings(7, 5, 1);
    assert_halvings(7, 6, 2);
    assert_halvings(1000, 0, 0);
    assert_halvings(1000, 1, 0);
    assert_halvings(1000, 499, 0);
    assert_halvings(1000, 500, 1);
    assert_halvings(1000, 501, 1);
    assert_halvings(1000, 749, 1);
    assert_halvings(1000, 750, 2);
    assert_halvings(1000, 751, 2);
    assert_halvings(1000, 874, 2);
    assert_halvings(1000, 875, 3);
    assert_halvings(1000, 876, 3);
    assert_halvings(1000, 999, 9);
    assert_halvings(21000000000000000, 0, 0);
    assert_halvings(21000000000000000, 1, 0);
    assert_halvings(21000000000000000, 10499999999999999, 0);
    assert_halvings(21000000000000000, 10500000000000000, 1);
    assert_halvings(21000000000000000, 10500000000000001, 1);
    assert_halvings(21000000000000000, 15749999999999999, 1);
    assert_halvings(21000000000000000, 15750000000000000, 2);
    assert_halvings(21000000000000000, 15750000000000001, 2);
    assert_halvings(21000000000000000, 18374999999999999, 2);
    assert_halvings(21000000000000000, 18375000000000000, 3);
    assert_halvings(21000000000000000, 18375000000000001, 3);
    assert_halvings(21000000000000000, 20999999999999962, 48);
    assert_halvings(21000000000000000, 20999999999999963, 49);
    assert_halvings(21000000000000000, 20999999999999964, 49);
    assert_halvings(21000000000000000, 20999999999999981, 49);
    assert_halvings(21000000000000000, 20999999999999982, 50);
    assert_halvings(21000000000000000, 20999999999999983, 50);
    assert_halvings(21000000000000000, 20999999999999990, 50);
    assert_halvings(21000000000000000, 20999999999999991, 51);
    assert_halvings(21000000000000000, 20999999999999992, 51);
    assert_halvings(21000000000000000, 20999999999999995, 51);
    assert_halvings(21000000000000000, 20999999999999996, 52);
    assert_halvings(21000000000000000, 20999999999999997, 52);
    assert_halvings(21000000000000000, 20999999999999998, 53);
    assert_halvings(21000000000000000, 20999999999999999, 54);
    assert_halvings(18446744073709551614, 0, 0);
    assert_halvings(18446744073709551614, 1, 0);
    assert_halvings(18446744073709551614, 9223372036854775806, 0);
    assert_halvings(18446744073709551614, 9223372036854775807, 1);
    assert_halvings(18446744073709551614, 9223372036854775808, 1);
    assert_halvings(18446744073709551614, 13835058055282163710, 1);
    assert_halvings(18446744073709551614, 13835058055282163711, 2);
    assert_halvings(18446744073709551614, 13835058055282163712, 2);
    assert_halvings(18446744073709551614, 16140901064495857662, 2);
    assert_halvings(18446744073709551614, 16140901064495857663, 3);
    assert_halvings(18446744073709551614, 16140901064495857664, 3);
    assert_halvings(18446744073709551614, 18446744073709518846, 48);
    assert_halvings(18446744073709551614, 18446744073709518847, 49);
    assert_halvings(18446744073709551614, 18446744073709518848, 49);
    assert_halvings(18446744073709551614, 18446744073709535230, 49);
    assert_halvings(18446744073709551614, 18446744073709535231, 50);
    assert_halvings(18446744073709551614, 18446744073709535232, 50);
    assert_halvings(18446744073709551614, 18446744073709543422, 50);
    assert_halvings(18446744073709551614, 18446744073709543423, 51);
    assert_halvings(18446744073709551614, 18446744073709543424, 51);
    assert_halvings(18446744073709551614, 18446744073709547518, 51);
    assert_halvings(18446744073709551614, 18446744073709547519, 52);
    assert_halvings(18446744073709551614, 18446744073709547520, 52);
    assert_halvings(18446744073709551614, 18446744073709549566, 52);
    assert_halvings(18446744073709551614, 18446744073709549567, 53);
    assert_halvings(18446744073709551614, 18446744073709549568, 53);
    assert_halvings(18446744073709551614, 18446744073709550590, 53);
    assert_halvings(18446744073709551614, 18446744073709550591, 54);
    assert_halvings(18446744073709551614, 18446744073709550592, 54);
    assert_halvings(18446744073709551614, 18446744073709551102, 54);
    assert_halvings(18446744073709551614, 18446744073709551103, 55);
    assert_halvings(18446744073709551614, 18446744073709551104, 55);
    assert_halvings(18446744073709551614, 18446744073709551358, 55);
    assert_halvings(18446744073709551614, 18446744073709551359, 56);
    assert_halvings(18446744073709551614, 18446744073709551360, 56);
    assert_halvings(18446744073709551614, 18446744073709551486, 56);
    assert_halvings(18446744073709551614, 18446744073709551487, 57);
    assert_halvings(18446744073709551614, 18446744073709551488, 57);
    assert_halvings(18446744073709551614, 18446744073709551550, 57);
    assert_halvings(18446744073709551614, 18446744073709551551, 58);
    assert_halvings(18446744073709551614, 18446744073709551552, 58);
    assert_halvings(18446744073709551614, 18446744073709551582, 58);
    assert_halvings(18446744073709551614, 18446744073709551583, 59);
    assert_halvings(18446744073709551614, 18446744073709551584, 59);
    assert_halvings(18446744073709551614, 18446744073709551598, 59);
    assert_halvings(18446744073709551614, 18446744073709551599, 60);
    assert_halvings(18446744073709551614, 18446744073709551600, 60);
    assert_halvings(18446744073709551614, 18446744073709551606, 60);
    assert_halvings(18446744073709551614, 18446744073709551607, 61);
    assert_halvings(18446744073709551614, 18446744073709551608, 61);
    assert_halvings(18446744073709551614, 18446744073709551610, 61);
    assert_halvings(18446744073709551614, 18446744073709551611, 62);
    assert_halvings(18446744073709551614, 18446744073709551612, 62);
    assert_halvings(18446744073709551614, 18446744073709551613, 63);
}

#[test]
fun emission_halves_with_the_supply() {
    let mut w = ready_with(400, 1_000);
    let minted = vector[400u64, 400, 100, 50, 25, 12];
    minted.length().do!(|i| {
        assert_eq!(w.pool().payable(400), minted[i]);
        w.finish(12 + i);
        w.distribute(12 + i);
    });
    assert_eq!(w.pool().minted(), 987);
    w.assert_sound();
    w.end()
}

/// Whatever the emission, it ends below the cap: with the last one that halving leaves nothing of, or with the cap itself.
#[test]
fun no_number_of_windows_mints_more_than_the_greatest_supply() {
    let mut w = ready_with(1_000, 10_007);
    let mut window = 12;
    while (w.pool().payable(1_000) > 0) {
        let before = w.pool().minted();
        w.finish(window);
        w.distribute(window);
        assert!(w.pool().minted() > before && w.pool().minted() <= 10_007);
        window = window + 1;
    };
    assert!(window > 30);
    w.assert_sound();
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ESupplyExhausted)]
fun what_halving_leaves_nothing_of_is_not_distributed() {
    let mut w = ready_with(1, 3);
    w.finish(12);
    w.distribute(12);
    w.finish(13);
    w.distribute(13);
    w.finish(14);
    w.distribute(14);
    w.end()
}

// === Completeness ===

/// Validators 0 and 1 come in both windows, validator 2, with half of the stake, in the second one alone.
#[test]
fun who_was_missing_before_gets_less() {
    let mut values = world::values();
    *&mut values[20] = 5_000; // score_quorum_bps
    let mut w = world::with_values(values);
    w.register_miner(miner(0), miner(0));
    3u64.do!(|i| w.register_validator_paying(validator(i), address::from_u256(0x100 + (i as u256)), 10 * SUI, FEE));
    w.create_pool(CAP);
    2u64.do!(|i| {
        let window = 12 + i;
        w.at(window, 540_000);
        w.seal(window);
        (2 + i).do!(|uid| w.settled(uid as u16, window, vector[0], vector[0], vector[0], vector[9]));
    });
    // The second one ends first: all have come as often as they were expected.
    w.settle_medians(13, 0, vector[0], vector[0], vector[9]);
    w.finalize(13, vector[]);
    assert_eq!(completeness(&w, 13), vector[10_000, 10_000, 10_000]);
    w.at(16, 0);
    w.settle_medians(12, 0, vector[0], vector[0], vector[9]);
    w.finalize(12, vector[]);
    assert_eq!(completeness(&w, 12), vector[10_000, 10_000]);
    w.at(17, 540_000);
    w.seal(17);
    3u64.do!(|uid| w.settled(uid as u16, 17, vector[0], vector[0], vector[0], vector[9]));
    w.settle_medians(17, 0, vector[0], vector[0], vector[9]);
    w.finalize(17, vector[]);
    // 2 of 3, rounded down.
    assert_eq!(completeness(&w, 17), vector[10_000, 10_000, 6_666]);
    w.distribute(17);
    assert_eq!(w.pool().owed(validator(0)), 67_501_687);
    assert_eq!(w.pool().owed(validator(2)), 44_996_624);
    w.assert_sound();
    w.end()
}

/// A uid's next generation begins anew.
#[test]
fun a_successor_does_not_inherit_absence() {
    let mut w = ready();
    w.at(13, 540_000);
    w.seal(13);
    w.at(17, 0);
    w.settle_medians(13, 0, vector[0, 0, 0], vector[0, 0, 0], vector[0, 0, 0]);
    w.finalize(13, vector[]);
    w.validators_mut().set_generation_for_testing(0, 2);
    w.finish(18);
    assert_eq!(completeness(&w, 18), vector[10_000, 6_666, 6_666]);
    w.end()
}

fun completeness(w: &World, window: u64): vector<u64> {
    let validators = w.consensus().window(window).validators();
    vector::tabulate!(validators.length(), |i| validators[i].completeness_bps())
}

// === What is refused ===

#[test, expected_failure(abort_code = reward_distributor::ESupplyExhausted)]
fun nothing_is_minted_beyond_the_greatest_supply() {
    let mut w = ready_with(EMISSION, EMISSION);
    w.finish(12);
    w.distribute(12);
    w.finish(13);
    w.distribute(13);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EAlreadyDistributed)]
fun once_a_window() {
    let mut w = ready();
    w.distribute(12);
    w.distribute(12);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ENotFinal)]
fun not_a_window_that_is_sealed_only() {
    let mut w = ready();
    w.at(13, 540_000);
    w.seal(13);
    w.distribute(13);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ENotFinal)]
fun not_an_unscored_window() {
    let mut w = ready();
    w.at(13, 540_000);
    w.seal(13);
    w.at(17, 0);
    w.settle_medians(13, 0, vector[0, 0, 0], vector[0, 0, 0], vector[0, 0, 0]);
    w.finalize(13, vector[]);
    w.distribute(13);
    w.end()
}

#[test, expected_failure(abort_code = round_state::ENotSealed)]
fun not_an_open_window() {
    let mut w = ready();
    w.distribute(13);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ENoEmission)]
fun not_a_window_that_emits_nothing() {
    let mut w = ready_with(0, CAP);
    w.finish(12);
    w.distribute(12);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ENothingOwed)]
fun nothing_is_claimed_twice() {
    let mut w = ready();
    w.distribute(12);
    let coin = w.claim(miner(0));
    destroy(coin);
    let coin = w.claim(miner(0));
    destroy(coin);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::ENothingOwed)]
fun a_stranger_claims_nothing() {
    let mut w = ready();
    w.distribute(12);
    let coin = w.claim(@0xc0);
    destroy(coin);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EAlreadyMinted)]
fun not_when_coins_were_made_outside() {
    let mut w = world::new();
    let mut treasury = w.treasury_cap();
    let mut ctx = tx_context::dummy();
    let coin = coin::mint(&mut treasury, 1, &mut ctx);
    destroy(coin);
    w.create_pool_with(treasury, CAP);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EBadSupply)]
fun the_supply_is_not_nothing() {
    let mut w = world::new();
    w.create_pool(0);
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EBadSupply)]
fun the_supply_is_not_more_than_a_coin_can_have() {
    let mut w = world::new();
    w.create_pool(18446744073709551615);
    w.end()
}

/// The coin's own limit is one more than that.
#[test]
fun the_greatest_supply_can_be_minted() {
    let most = 18446744073709551614;
    let mut w = world::new();
    let mut treasury = w.treasury_cap();
    destroy(treasury.mint_balance(most));
    assert_eq!(treasury.total_supply(), most);
    destroy(treasury);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun only_the_administrator_makes_the_pool() {
    let mut w = world::new();
    let other = world::another();
    w.create_pool_by(&other, CAP);
    other.end();
    w.end()
}

// === Objects of one network ===

/// Another network with a pool and the same window.
fun another(): World {
    let mut other = world::another();
    other.create_pool(CAP);
    other
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_from_the_pool_of_another_network() {
    let mut w = ready();
    let mut other = another();
    w.exchange_pool(&mut other);
    w.distribute(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun nothing_is_claimed_from_the_pool_of_another_network() {
    let mut w = ready();
    w.distribute(12);
    let mut other = another();
    w.exchange_pool(&mut other);
    let coin = w.claim(miner(0));
    destroy(coin);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_parameters_of_another_network() {
    let mut w = ready();
    let mut other = another();
    w.exchange_hparams(&mut other);
    w.distribute(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_rounds_of_another_network() {
    let mut w = ready();
    let mut other = another();
    w.exchange_rounds(&mut other);
    w.distribute(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_the_consensus_of_another_network() {
    let mut w = ready();
    let mut other = another();
    w.exchange_consensus(&mut other);
    w.distribute(12);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_a_vault_of_another_network() {
    let mut w = ready();
    let mut other = another();
    w.exchange_vault(&mut other);
    w.distribute(12);
    other.end();
    w.end()
}

// === Treasury ===

#[test]
fun the_treasury_is_spent_and_what_is_owed_is_not() {
    let mut w = ready();
    w.distribute(12);
    let treasury = w.pool().treasury();
    let unclaimed = w.pool().unclaimed();
    assert_eq!(w.spend_treasury(treasury), treasury);
    assert_eq!(w.pool().spent(), treasury);
    assert_eq!(w.pool().treasury(), 0);
    assert_eq!(w.pool().unclaimed(), unclaimed);
    w.assert_sound();
    w.end()
}

#[test, expected_failure(abort_code = reward_distributor::EBadAmount)]
fun no_more_than_the_treasury_is_spent() {
    let mut w = ready();
    w.distribute(12);
    let treasury = w.pool().treasury();
    w.spend_treasury(treasury + 1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_spends_the_treasury() {
    let mut w = ready();
    let other = another();
    w.distribute(12);
    w.spend_treasury_by(&other);
    other.end();
    w.end()
}
