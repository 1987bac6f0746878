#[test_only]
module vramhub::hparams_tests;

use std::unit_test::assert_eq;
use vramhub::hparams;
use vramhub::network;
use vramhub::world;

fun changed(index: u64, value: u64): vector<u64> {
    let mut values = world::values();
    *&mut values[index] = value;
    values
}

#[test]
fun getters_follow_the_order() {
    let w = world::new();
    let params = w.hparams().at(10);
    assert_eq!(params.put_window_open_ms(), 480_000);
    assert_eq!(params.max_validators(), 32);
    assert_eq!(params.max_attestation_age_ms(), 300_000);
    assert_eq!(params.top_g(), 15);
    assert_eq!(params.enclave_timeout_ms(), 120_000);
    assert_eq!(params.hash().length(), 32);
    w.end()
}

#[test]
fun a_change_waits_for_the_next_window() {
    let mut w = world::new();
    w.propose(changed(26, 7));
    assert_eq!(w.hparams().at(10).top_g(), 15);
    assert_eq!(w.hparams().at(11).top_g(), 7);
    assert_eq!(w.hparams().version_at(10), 1);
    assert_eq!(w.hparams().version_at(11), 2);
    assert!(w.hparams().at(10).hash() != w.hparams().at(11).hash());
    w.end()
}

#[test]
fun a_second_change_in_a_window_replaces_the_first() {
    let mut w = world::new();
    w.propose(changed(26, 7));
    w.propose(changed(26, 8));
    assert_eq!(w.hparams().at(11).top_g(), 8);
    assert_eq!(w.hparams().version_at(11), 2);
    w.at(11, 0);
    w.propose(changed(26, 9));
    assert_eq!(w.hparams().at(11).top_g(), 8);
    assert_eq!(w.hparams().at(12).top_g(), 9);
    assert_eq!(w.hparams().version_at(12), 3);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun only_the_admin_proposes() {
    let mut w = world::new();
    let other = world::another();
    w.propose_by(&other, world::values());
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_for_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.exchange_hparams(&mut other);
    w.propose(world::values());
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = hparams::EWrongCount)]
fun one_value_a_parameter() {
    let mut values = world::values();
    values.pop_back();
    world::with_values(values).end()
}

#[test, expected_failure(abort_code = hparams::EOutOfBounds)]
fun not_below_the_lowest() {
    world::with_values(changed(26, 0)).end()
}

#[test, expected_failure(abort_code = hparams::EOutOfBounds)]
fun not_above_the_highest() {
    world::with_values(changed(26, 257)).end()
}

#[test, expected_failure(abort_code = hparams::EBadPhases)]
fun putting_opens_before_it_closes() {
    world::with_values(changed(0, 540_000)).end()
}

#[test, expected_failure(abort_code = hparams::EBadPhases)]
fun putting_closes_inside_the_window() {
    world::with_values(changed(1, 600_001)).end()
}

#[test, expected_failure(abort_code = hparams::EUnbondTooShort)]
fun stake_stays_slashable() {
    world::with_values(changed(7, 491)).end()
}

#[test, expected_failure(abort_code = hparams::EBadSplit)]
fun shares_fit_into_the_emission() {
    world::with_values(changed(43, 8_201)).end()
}

#[test, expected_failure(abort_code = hparams::EBadDigest)]
fun a_digest_has_32_bytes() {
    let mut ctx = tx_context::dummy();
    let (network, cap) = network::new(600_000, &mut ctx);
    std::unit_test::destroy(cap);
    let hparams = hparams::new(&network, world::values(), world::digest(1), b"short", &mut ctx);
    std::unit_test::destroy(network);
    std::unit_test::destroy(hparams)
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_another_network() {
    let mut w = world::new();
    let mut other = world::another();
    w.exchange_network(&mut other);
    w.propose(world::values());
    other.end();
    w.end()
}
