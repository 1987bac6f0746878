#[test_only]
module vramhub::network_tests;

use std::unit_test::assert_eq;
use sui::clock;
use sui::event;
use vramhub::network;
use vramhub::network_setup::{Self, NetworkCreated};
use vramhub::world;

#[test]
fun windows_follow_the_clock() {
    let mut w = world::new();
    assert_eq!(w.network().current_window(w.clock()), 10);
    w.at(10, 599_999);
    assert_eq!(w.network().current_window(w.clock()), 10);
    w.at(11, 0);
    assert_eq!(w.network().current_window(w.clock()), 11);
    assert_eq!(w.network().window_start_ms(11), 6_600_000);
    w.end()
}

#[test]
fun create_network_makes_everything() {
    let mut ctx = tx_context::new_from_hint(@0xad, 1, 0, 0, 0);
    let clock = clock::create_for_testing(&mut ctx);
    network_setup::create_network(
        600_000,
        world::values(),
        world::digest(1),
        world::digest(2),
        world::digest(3),
        world::pcr(1),
        world::pcr(2),
        world::pcr(3),
        &clock,
        &mut ctx,
    );
    assert_eq!(event::events_by_type<NetworkCreated>().length(), 1);
    clock.destroy_for_testing()
}

#[test, expected_failure(abort_code = network::EBadDuration)]
fun a_window_must_last() {
    let mut ctx = tx_context::dummy();
    std::unit_test::destroy(network::new(0, &mut ctx))
}
