#[test_only]
module vramhub::network_tests;

use std::unit_test::assert_eq;
use sui::clock;
use sui::event;
use vramhub::network;
use vramhub::network_setup::{Self, NetworkCreated};
use vramhub::vault;
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
    let (network, cap) = network::new(0, &mut ctx);
    std::unit_test::destroy(network);
    std::unit_test::destroy(cap)
}

// === Administration ===

const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;
const SUCCESSOR: address = @0xe0;
const DAY_MS: u64 = 86_400_000;

#[test]
fun the_administration_passes_on_in_two_steps() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    assert_eq!(w.network().offered_to(), option::some(SUCCESSOR));
    // Until then the old capability counts.
    w.pause(1);
    w.accept_administration(SUCCESSOR);
    assert_eq!(w.network().offered_to(), option::none());
    assert_eq!(event::events_by_type<network::AdministrationAccepted>().length(), 1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun the_capability_before_is_void() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    w.accept_administration(SUCCESSOR);
    w.pause(1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotOffered)]
fun only_who_was_offered_it_accepts() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    w.accept_administration(OWNER);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotOffered)]
fun an_offer_is_taken_back() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    w.offer_administration(option::none());
    w.accept_administration(SUCCESSOR);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotOffered)]
fun an_offer_is_accepted_once() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    w.accept_administration(SUCCESSOR);
    w.accept_administration(SUCCESSOR);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_offers() {
    let mut w = world::new();
    let other = world::another();
    w.offer_administration_by(&other);
    other.end();
    w.end()
}

#[test]
fun fees_are_spent_and_stake_is_not() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    assert_eq!(w.vault().treasury(), 100_000_000);
    assert_eq!(w.spend_fees(30), 30);
    assert_eq!(w.vault().treasury(), 99_999_970);
    assert_eq!(w.vault().stake(vault::role_miner(), 0, 1), 1_000_000_000);
    w.end()
}

#[test, expected_failure(abort_code = vault::EBadAmount)]
fun no_more_than_the_fees_is_spent() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.spend_fees(100_000_001);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_spends_fees() {
    let mut w = world::new();
    let other = world::another();
    w.register_miner(OWNER, OPERATOR);
    w.spend_fees_by(&other);
    other.end();
    w.end()
}

// === Pause ===

#[test]
fun a_pause_expires() {
    let mut w = world::new();
    w.pause(DAY_MS);
    assert_eq!(w.network().paused_until_ms(), 6_000_000 + DAY_MS);
    w.at(10 + 144, 0);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test]
fun a_pause_is_ended() {
    let mut w = world::new();
    w.pause(DAY_MS);
    w.at(11, 0);
    w.resume();
    w.register_miner(OWNER, OPERATOR);
    // Without a pause it does nothing.
    w.at(12, 0);
    w.resume();
    assert_eq!(w.network().paused_until_ms(), 6_600_000);
    w.end()
}

#[test]
fun what_leaves_is_not_stopped() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.register_validator(OWNER, OPERATOR);
    w.at(11, 0);
    w.deactivate_miner(OWNER, 0);
    w.at(12 + 492, 0);
    w.pause(DAY_MS);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 0, 1), 1_000_000_000);
    w.deactivate_validator(OWNER, 0);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun no_miner_registers_in_a_pause() {
    let mut w = world::new();
    w.pause(1);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun no_validator_registers_in_a_pause() {
    let mut w = world::new();
    w.pause(1);
    w.register_validator(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_commits_in_a_pause() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_credentials(OWNER, 0, 1, b"first");
    w.at(11, 0);
    w.pause(1);
    w.commit(OPERATOR, 0, 11);
    w.end()
}

#[test, expected_failure(abort_code = network::EPaused)]
fun nobody_seals_in_a_pause() {
    let mut w = world::new();
    w.at(11, 540_000);
    w.pause(1);
    w.seal(11);
    w.end()
}

#[test, expected_failure(abort_code = network::EBadPause)]
fun a_pause_lasts_a_day_at_most() {
    let mut w = world::new();
    w.pause(DAY_MS + 1);
    w.end()
}

#[test, expected_failure(abort_code = network::EBadPause)]
fun a_pause_must_last() {
    let mut w = world::new();
    w.pause(0);
    w.end()
}

#[test, expected_failure(abort_code = network::EPausedLately)]
fun pauses_do_not_follow_each_other() {
    let mut w = world::new();
    w.pause(600_000);
    w.at(11 + 431, 599_999);
    w.pause(1);
    w.end()
}

#[test]
fun after_three_days_there_may_be_another() {
    let mut w = world::new();
    w.pause(600_000);
    w.at(11 + 432, 0);
    w.pause(1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_pauses() {
    let mut w = world::new();
    let other = world::another();
    w.pause_by(&other);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_resumes() {
    let mut w = world::new();
    let other = world::another();
    w.pause(1);
    w.resume_by(&other);
    other.end();
    w.end()
}

// === Versions ===

#[test]
fun a_migrated_network_goes_on() {
    let mut w = world::new();
    w.register_miner(OWNER, OPERATOR);
    w.set_version(0);
    w.migrate();
    assert_eq!(w.network().version(), 1);
    assert_eq!(event::events_by_type<network::NetworkMigrated>().length(), 1);
    w.at(11, 0);
    w.deactivate_miner(OWNER, 0);
    w.at(12 + 492, 0);
    assert_eq!(w.withdraw(OWNER, vault::role_miner(), 0, 1), 1_000_000_000);
    w.end()
}

#[test, expected_failure(abort_code = network::EWrongVersion)]
fun a_network_is_migrated_once() {
    let mut w = world::new();
    w.migrate();
    w.end()
}

#[test, expected_failure(abort_code = network::EWrongVersion)]
fun no_earlier_version_migrates_it() {
    let mut w = world::new();
    w.set_version(2);
    w.migrate();
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_migrates() {
    let mut w = world::new();
    let other = world::another();
    w.set_version(0);
    w.migrate_by(&other);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::EWrongVersion)]
fun another_version_registers_nobody() {
    let mut w = world::new();
    w.set_version(2);
    w.register_miner(OWNER, OPERATOR);
    w.end()
}

#[test, expected_failure(abort_code = network::EWrongVersion)]
fun another_version_administers_nothing() {
    let mut w = world::new();
    w.set_version(2);
    w.pause(1);
    w.end()
}

#[test, expected_failure(abort_code = network::EWrongVersion)]
fun another_version_gives_no_administration() {
    let mut w = world::new();
    w.offer_administration(option::some(SUCCESSOR));
    w.set_version(2);
    w.accept_administration(SUCCESSOR);
    w.end()
}
