#[test_only]
module vramhub::upgrade_vault_tests;

use std::unit_test::{assert_eq, destroy};
use sui::event;
use sui::package::{Self, UpgradeTicket};
use vramhub::network;
use vramhub::upgrade_vault::{Self, UpgradeVault};
use vramhub::vault;
use vramhub::world::{Self, World};

use fun announce as UpgradeVault.announce;
use fun ticket as UpgradeVault.ticket;

/// Of a package that is upgraded; here the package has no address.
const PACKAGE: address = @0x99;
/// A day.
const NOTICE: u64 = 144;
/// Unbonding stake is released so many windows after the one in which its owner asked for it.
const DELAY: u64 = 493;

fun new(w: &World): UpgradeVault {
    let mut ctx = tx_context::new_from_hint(@0xad, 77, 0, 0, 0);
    let upgrade_cap = package::test_publish(PACKAGE.to_id(), &mut ctx);
    upgrade_vault::new_for_testing(w.cap(), w.network(), upgrade_cap, &mut ctx)
}

fun announce(it: &mut UpgradeVault, w: &World) {
    it.propose(w.cap(), w.network(), w.hparams(), world::digest(5), w.clock())
}

fun ticket(it: &mut UpgradeVault, w: &World): UpgradeTicket {
    it.authorize(w.cap(), w.network(), w.hparams(), w.clock())
}

fun values_with_delay(delay: u64): vector<u64> {
    let mut values = world::values();
    *&mut values[2] = 1;
    *&mut values[6] = 1;
    *&mut values[7] = delay;
    values
}

#[test]
fun an_upgrade_is_announced_and_made() {
    let mut w = world::new();
    let mut it = new(&w);
    assert_eq!(it.from_window(), option::none());
    it.announce(&w);
    assert_eq!(it.from_window(), option::some(10 + NOTICE + DELAY));
    w.at(10 + NOTICE + DELAY, 0);
    let ticket = it.ticket(&w);
    assert_eq!(ticket.package(), PACKAGE.to_id());
    assert_eq!(*ticket.digest(), world::digest(5));
    assert_eq!(ticket.policy(), package::compatible_policy());
    it.commit(w.network(), ticket.test_upgrade());
    assert_eq!(it.packages().length(), 2);
    assert_eq!(it.packages()[0], PACKAGE.to_id());
    assert_eq!(it.from_window(), option::none());
    assert_eq!(event::events_by_type<upgrade_vault::UpgradeProposed>().length(), 1);
    assert_eq!(event::events_by_type<upgrade_vault::UpgradeAuthorized>().length(), 1);
    assert_eq!(event::events_by_type<upgrade_vault::UpgradeCommitted>().length(), 1);
    destroy(it);
    w.end()
}

/// Who notices it on the last moment of the day is out before.
#[test]
fun who_does_not_want_it_is_out_before() {
    let mut w = world::new();
    w.register_miner(@0xb0, @0xb1);
    let mut it = new(&w);
    it.announce(&w);
    w.at(10 + NOTICE, 0);
    w.deactivate_miner(@0xb0, 0);
    let from = it.from_window().destroy_some();
    w.at(from, 0);
    assert_eq!(w.withdraw(@0xb0, vault::role_miner(), 0, 1), 1_000_000_000);
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ETooEarly)]
fun nothing_is_authorized_before() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.at(10 + NOTICE + DELAY - 1, 599_999);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

/// A shorter delay frees nobody's stake that unbonds already.
#[test]
fun a_shorter_delay_just_before_shortens_nothing() {
    let mut w = world::new();
    w.propose(values_with_delay(7));
    w.at(11, 0);
    let mut it = new(&w);
    it.announce(&w);
    assert_eq!(it.from_window(), option::some(10 + DELAY));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ETooEarly)]
fun a_shorter_delay_afterwards_shortens_nothing() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.propose(values_with_delay(7));
    w.at(10 + NOTICE + 8, 0);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ETooEarly)]
fun a_longer_delay_traps_nobody() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.propose(values_with_delay(1_000));
    w.at(12, 0);
    w.propose(values_with_delay(7));
    w.at(10 + NOTICE + 1_000, 0);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test]
fun a_longer_delay_after_the_notice_does_not_count() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.at(10 + NOTICE, 0);
    w.propose(values_with_delay(1_000));
    w.at(10 + NOTICE + DELAY, 0);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ETooEarly)]
fun another_proposal_waits_anew() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.at(11, 0);
    it.announce(&w);
    w.at(10 + NOTICE + DELAY, 0);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ENothingProposed)]
fun a_proposal_is_taken_back() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    it.cancel(w.cap(), w.network());
    assert_eq!(event::events_by_type<upgrade_vault::UpgradeCancelled>().length(), 1);
    w.at(10 + NOTICE + DELAY, 0);
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::ENothingProposed)]
fun a_proposal_authorizes_once() {
    let mut w = world::new();
    let mut it = new(&w);
    it.announce(&w);
    w.at(10 + NOTICE + DELAY, 0);
    let ticket = it.ticket(&w);
    it.commit(w.network(), ticket.test_upgrade());
    destroy(it.ticket(&w));
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::EBadDigest)]
fun a_digest_has_32_bytes() {
    let w = world::new();
    let mut it = new(&w);
    it.propose(w.cap(), w.network(), w.hparams(), b"short", w.clock());
    destroy(it);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_proposes() {
    let w = world::new();
    let other = world::another();
    let mut it = new(&w);
    it.propose(other.cap(), w.network(), w.hparams(), world::digest(5), w.clock());
    destroy(it);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun nobody_else_authorizes() {
    let mut w = world::new();
    let other = world::another();
    let mut it = new(&w);
    it.announce(&w);
    w.at(10 + NOTICE + DELAY, 0);
    destroy(it.authorize(other.cap(), w.network(), w.hparams(), w.clock()));
    destroy(it);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun parameters_of_another_network_shorten_nothing() {
    let w = world::new();
    let other = world::another();
    let mut it = new(&w);
    it.propose(w.cap(), w.network(), other.hparams(), world::digest(5), w.clock());
    destroy(it);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = upgrade_vault::EForeignPackage)]
fun the_capability_is_that_of_this_package() {
    let mut w = world::new();
    let mut ctx = tx_context::new_from_hint(@0xad, 77, 0, 0, 0);
    let upgrade_cap = package::test_publish(PACKAGE.to_id(), &mut ctx);
    w.lock_upgrades(upgrade_cap, &mut ctx);
    w.end()
}

#[test]
fun the_capability_goes_into_the_vault() {
    let mut w = world::new();
    let mut ctx = tx_context::new_from_hint(@0xad, 77, 0, 0, 0);
    let upgrade_cap = package::test_publish(std::type_name::original_id<UpgradeVault>().to_id(), &mut ctx);
    w.lock_upgrades(upgrade_cap, &mut ctx);
    assert_eq!(event::events_by_type<upgrade_vault::UpgradeVaultCreated>().length(), 1);
    assert_eq!(w.network().objects().length(), 1);
    w.end()
}
