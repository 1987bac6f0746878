/// Objects, dynamic fields, events and the transaction's context.
module conformance::objects;

use sui::bag;
use sui::balance;
use sui::coin;
use sui::clock;
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::event;
use sui::table;
use sui::vec_map;
use sui::vec_set;

public struct Thing has key, store { id: UID, n: u64 }

public struct Other has key, store { id: UID }

public struct Key<phantom T> has copy, drop, store { index: u64 }

public struct Happened has copy, drop { n: u64, who: address }

public struct Something has copy, drop { flag: bool }

public struct Token has drop {}

fun thing(n: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), n } }

fun discard(thing: Thing): u64 {
    let Thing { id, n } = thing;
    id.delete();
    n
}

#[test]
fun ids() {
    let ctx = &mut tx_context::dummy();
    let a = thing(1, ctx);
    let b = thing(2, ctx);
    assert!(object::id(&a) != object::id(&b));
    assert!(object::id_address(&a) == object::id(&a).to_address());
    assert!(a.id.to_inner() == object::id(&a));
    assert!(object::id(&a).to_bytes().length() == 32);
    assert!(discard(a) + discard(b) == 3);
}

#[test]
fun ids_follow_the_digest() {
    let ctx = &mut tx_context::dummy();
    let first = ctx.fresh_object_address();
    let second = ctx.fresh_object_address();
    let again = &mut tx_context::dummy();
    assert!(again.fresh_object_address() == first);
    assert!(again.fresh_object_address() == second && first != second);
    // blake2b256(f1 ‖ digest ‖ counter) of the dummy context's digest, computed here
    let mut seed = x"f13a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
    seed.append(x"0000000000000000");
    assert!(sui::address::from_bytes(sui::hash::blake2b256(&seed)) == first);
}

#[test]
fun context() {
    let ctx = &tx_context::new(@0xa11ce, x"0101010101010101010101010101010101010101010101010101010101010101", 9, 1234, 0);
    assert!(ctx.sender() == @0xa11ce && ctx.epoch() == 9 && ctx.epoch_timestamp_ms() == 1234);
    assert!(ctx.sponsor().is_none());
}

#[test]
fun transfers() {
    let ctx = &mut tx_context::dummy();
    transfer::transfer(thing(1, ctx), @0x1);
    transfer::public_transfer(thing(2, ctx), @0x2);
    transfer::share_object(thing(3, ctx));
    transfer::public_freeze_object(thing(4, ctx));
}

#[test]
fun fields() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    df::add(&mut t.id, 1u64, 10u64);
    df::add(&mut t.id, 1u8, b"byte key");
    df::add(&mut t.id, Key<u64> { index: 1 }, @0x1);
    df::add(&mut t.id, Key<u8> { index: 1 }, @0x2);
    assert!(df::exists_(&t.id, 1u64) && !df::exists_(&t.id, 2u64));
    assert!(df::exists_with_type<u64, u64>(&t.id, 1) && !df::exists_with_type<u64, u8>(&t.id, 1));
    *df::borrow_mut(&mut t.id, 1u64) = 11u64;
    assert!(df::borrow(&t.id, 1u64) == &11u64);
    assert!(*df::borrow<Key<u8>, address>(&t.id, Key { index: 1 }) == @0x2);
    assert!(df::remove<u8, vector<u8>>(&mut t.id, 1) == b"byte key");
    assert!(!df::exists_(&t.id, 1u8));
    df::add(&mut t.id, 1u8, true);
    assert!(df::remove_if_exists<u8, bool>(&mut t.id, 1) == option::some(true));
    assert!(df::remove<u64, u64>(&mut t.id, 1) == 11);
    assert!(df::remove<Key<u64>, address>(&mut t.id, Key { index: 1 }) == @0x1);
    assert!(df::remove<Key<u8>, address>(&mut t.id, Key { index: 1 }) == @0x2);
    discard(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldAlreadyExists)]
fun field_added_twice() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, 1u64, 1u64);
    df::add(&mut t.id, 1u64, 2u64);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun field_missing() {
    let t = thing(1, &mut tx_context::dummy());
    df::borrow<u64, u64>(&t.id, 1);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun field_of_another_type() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, 1u64, 1u64);
    df::borrow<u64, bool>(&t.id, 1);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun field_removed_twice() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, 1u64, 1u64);
    df::remove<u64, u64>(&mut t.id, 1);
    df::remove<u64, u64>(&mut t.id, 1);
    transfer::share_object(t);
}

#[test]
fun object_fields() {
    let ctx = &mut tx_context::dummy();
    let mut parent = thing(1, ctx);
    let child = thing(2, ctx);
    let id = object::id(&child);
    dof::add(&mut parent.id, b"child", child);
    assert!(dof::exists_(&parent.id, b"child"));
    assert!(dof::id(&parent.id, b"child") == option::some(id));
    dof::borrow_mut<vector<u8>, Thing>(&mut parent.id, b"child").n = 20;
    assert!(dof::borrow<vector<u8>, Thing>(&parent.id, b"child").n == 20);
    assert!(dof::exists_with_type<vector<u8>, Thing>(&parent.id, b"child"));
    assert!(!dof::exists_with_type<vector<u8>, Other>(&parent.id, b"child"));
    let back: Thing = dof::remove(&mut parent.id, b"child");
    assert!(discard(back) == 20);
    discard(parent);
}

#[test]
fun tables_and_bags() {
    let ctx = &mut tx_context::dummy();
    let mut t = table::new<u64, vector<u8>>(ctx);
    t.add(1, b"one");
    t.add(2, b"two");
    t.borrow_mut(1).push_back(33);
    assert!(t.length() == 2 && t.contains(2) && t[1] == b"one!");
    assert!(t.remove(2) == b"two" && t.remove(1) == b"one!");
    t.destroy_empty();
    let mut b = bag::new(ctx);
    b.add(1u64, true);
    b.add(b"k", @0x5);
    assert!(*b.borrow<u64, bool>(1) && b.length() == 2);
    assert!(b.remove<vector<u8>, address>(b"k") == @0x5 && b.remove<u64, bool>(1));
    b.destroy_empty();
}

#[test]
fun maps_and_sets() {
    let mut m = vec_map::empty<u64, bool>();
    m.insert(5, true);
    m.insert(3, false);
    assert!(m.contains(&5) && m.length() == 2 && m[&5]);
    let (k, v) = m.remove(&3);
    assert!(k == 3 && !v);
    let mut s = vec_set::empty<address>();
    s.insert(@0x1);
    assert!(s.contains(&@0x1) && !s.contains(&@0x2));
}

#[test]
fun money() {
    let ctx = &mut tx_context::dummy();
    let mut b = balance::create_for_testing<Token>(100);
    let part = b.split(30);
    assert!(b.value() == 70);
    assert!(b.join(part) == 100);
    let mut c = coin::from_balance(b, ctx);
    let d = c.split(40, ctx);
    assert!(c.value() == 60 && d.value() == 40);
    c.join(d);
    assert!(c.into_balance().destroy_for_testing() == 100);
}

#[test, expected_failure]
fun balance_too_small() {
    let mut b = balance::create_for_testing<Token>(1);
    let part = b.split(2);
    part.destroy_for_testing();
    b.destroy_for_testing();
}

#[test]
fun time() {
    let ctx = &mut tx_context::dummy();
    let mut c = clock::create_for_testing(ctx);
    c.increment_for_testing(42);
    assert!(c.timestamp_ms() == 42);
    c.destroy_for_testing();
}

#[test]
fun events() {
    event::emit(Happened { n: 1, who: @0x1 });
    event::emit(Something { flag: true });
    event::emit(Happened { n: 2, who: @0x2 });
    assert!(event::num_events() == 3);
    let happened = event::events_by_type<Happened>();
    assert!(happened.length() == 2 && happened[1].n == 2 && happened[1].who == @0x2);
    assert!(event::events_by_type<Something>()[0].flag);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun field_missing_when_borrowed_mutably() {
    let mut t = thing(1, &mut tx_context::dummy());
    *df::borrow_mut<u64, u64>(&mut t.id, 1) = 2;
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun field_of_another_type_when_borrowed_mutably() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, 1u64, 1u64);
    *df::borrow_mut<u64, bool>(&mut t.id, 1) = true;
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun field_of_another_type_when_removed() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, 1u64, 1u64);
    df::remove<u64, bool>(&mut t.id, 1);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun object_field_missing() {
    let t = thing(1, &mut tx_context::dummy());
    dof::borrow<u64, Thing>(&t.id, 1);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun object_field_of_another_type() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    dof::add(&mut t.id, 1u64, thing(2, ctx));
    dof::borrow<u64, Other>(&t.id, 1);
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun object_field_of_another_type_when_removed() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    dof::add(&mut t.id, 1u64, thing(2, ctx));
    let Other { id } = dof::remove<u64, Other>(&mut t.id, 1);
    id.delete();
    transfer::share_object(t);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldAlreadyExists)]
fun object_field_added_twice() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    dof::add(&mut t.id, 1u64, thing(2, ctx));
    dof::add(&mut t.id, 1u64, thing(3, ctx));
    transfer::share_object(t);
}

#[test]
fun object_fields_and_plain_fields_do_not_meet() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    df::add(&mut t.id, 1u64, 10u64);
    dof::add(&mut t.id, 1u64, thing(2, ctx));
    assert!(df::exists_(&t.id, 1u64) && dof::exists_(&t.id, 1u64) && !dof::exists_(&t.id, 2u64));
    assert!(dof::id(&t.id, 2u64).is_none());
    assert!(discard(dof::remove(&mut t.id, 1u64)) == 2 && df::remove(&mut t.id, 1u64) == 10u64);
    assert!(df::remove_if_exists<u64, u64>(&mut t.id, 1).is_none());
    discard(t);
}

#[test]
fun a_field_comes_back_after_its_removal() {
    let ctx = &mut tx_context::dummy();
    let mut t = thing(1, ctx);
    5u64.do!(|i| {
        df::add(&mut t.id, b"key", i);
        assert!(df::remove(&mut t.id, b"key") == i);
    });
    df::add(&mut t.id, b"key", @0x5);
    assert!(*df::borrow(&t.id, b"key") == @0x5);
    discard(t);
}

#[test]
fun field_names_of_every_kind() {
    let mut t = thing(1, &mut tx_context::dummy());
    df::add(&mut t.id, true, 1u64);
    df::add(&mut t.id, 1u16, 2u64);
    df::add(&mut t.id, 1u32, 3u64);
    df::add(&mut t.id, 1u128, 4u64);
    df::add(&mut t.id, 1u256, 5u64);
    df::add(&mut t.id, @0x1, 6u64);
    df::add(&mut t.id, vector[1u64, 2], 7u64);
    df::add(&mut t.id, option::some(1u8), 8u64);
    df::add(&mut t.id, conformance::kinds::some_kind(1), 9u64);
    df::add(&mut t.id, conformance::kinds::some_inner(1), 10u64);
    assert!(*df::borrow(&t.id, true) == 1u64 && *df::borrow(&t.id, 1u16) == 2u64 && *df::borrow(&t.id, 1u32) == 3u64);
    assert!(*df::borrow(&t.id, 1u128) == 4u64 && *df::borrow(&t.id, 1u256) == 5u64 && *df::borrow(&t.id, @0x1) == 6u64);
    assert!(*df::borrow(&t.id, vector[1u64, 2]) == 7u64 && *df::borrow(&t.id, option::some(1u8)) == 8u64);
    assert!(*df::borrow(&t.id, conformance::kinds::some_kind(1)) == 9u64 && *df::borrow(&t.id, conformance::kinds::some_inner(1)) == 10u64);
    assert!(!df::exists_(&t.id, false) && !df::exists_(&t.id, 1u8) && !df::exists_(&t.id, conformance::kinds::some_kind(0)));
    discard(t);
}

#[test]
fun fields_of_fields() {
    let ctx = &mut tx_context::dummy();
    let mut parent = thing(1, ctx);
    let mut child = thing(2, ctx);
    df::add(&mut child.id, 1u64, b"grandchild");
    dof::add(&mut parent.id, 1u64, child);
    let held = dof::borrow_mut<u64, Thing>(&mut parent.id, 1);
    df::borrow_mut<u64, vector<u8>>(&mut held.id, 1).push_back(33);
    let mut back = dof::remove<u64, Thing>(&mut parent.id, 1);
    assert!(df::remove<u64, vector<u8>>(&mut back.id, 1) == b"grandchild!");
    discard(back);
    discard(parent);
}

#[test]
fun an_object_inside_another() {
    let ctx = &mut tx_context::dummy();
    let mut bag = bag::new(ctx);
    bag.add(1u64, thing(5, ctx));
    let mut table = table::new<u8, bag::Bag>(ctx);
    table.add(1, bag);
    table[1].borrow_mut<u64, Thing>(1).n = 6;
    let mut bag = table.remove(1);
    assert!(discard(bag.remove(1u64)) == 6);
    bag.destroy_empty();
    table.destroy_empty();
}

#[test]
fun every_way_to_give_an_object_away() {
    let ctx = &mut tx_context::dummy();
    transfer::freeze_object(thing(1, ctx));
    transfer::public_share_object(thing(2, ctx));
    transfer::public_transfer(coin::mint_for_testing<sui::sui::SUI>(5, ctx), @0x5);
    transfer::party_transfer(thing(3, ctx), sui::party::single_owner(@0x5));
    transfer::public_party_transfer(thing(4, ctx), sui::party::single_owner(@0x6));
    sui::sui::transfer(coin::mint_for_testing(5, ctx), @0x5);
    assert!(coin::mint_for_testing<Token>(5, ctx).burn_for_testing() == 5);
}

#[test]
fun the_clock_of_a_test() {
    let mut c = clock::create_for_testing(&mut tx_context::dummy());
    c.set_for_testing(100);
    c.increment_for_testing(5);
    assert!(c.timestamp_ms() == 105);
    c.destroy_for_testing();
}

#[test, expected_failure]
fun the_clock_does_not_go_back() {
    let mut c = clock::create_for_testing(&mut tx_context::dummy());
    c.set_for_testing(100);
    c.set_for_testing(99);
    c.destroy_for_testing();
}
