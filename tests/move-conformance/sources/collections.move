/// Aborts of the framework's other collections and helpers.
module conformance::collections;

use std::bit_vector;
use std::fixed_point32;
use sui::borrow;
use sui::coin;
use sui::linked_table;
use sui::object_bag;
use sui::object_table;
use sui::priority_queue;
use sui::table_vec;
use sui::vec_map;

public struct Thing has key, store { id: UID }

public struct Token has drop {}

fun thing(ctx: &mut TxContext): Thing { Thing { id: object::new(ctx) } }

#[test, expected_failure(abort_code = std::bit_vector::EINDEX)]
fun bit_past_the_end() { bit_vector::new(3).is_index_set(3); }

#[test, expected_failure(abort_code = std::bit_vector::ELENGTH)]
fun bits_of_no_length() { bit_vector::new(0); }

#[test, expected_failure(abort_code = std::fixed_point32::EDENOMINATOR)]
fun fraction_by_zero() { fixed_point32::create_from_rational(1, 0); }

#[test, expected_failure(abort_code = std::fixed_point32::ERATIO_OUT_OF_RANGE)]
fun fraction_too_large() { fixed_point32::create_from_rational(1 << 40, 1); }

#[test, expected_failure(abort_code = std::fixed_point32::EDIVISION_BY_ZERO)]
fun fraction_divides_by_zero() { fixed_point32::divide_u64(1, fixed_point32::create_from_raw_value(0)); }

#[test, expected_failure(abort_code = std::fixed_point32::EDIVISION)]
fun fraction_division_too_large() { fixed_point32::divide_u64(1 << 40, fixed_point32::create_from_raw_value(1)); }

#[test, expected_failure(abort_code = std::fixed_point32::EMULTIPLICATION)]
fun fraction_product_too_large() { fixed_point32::multiply_u64(1 << 40, fixed_point32::create_from_rational(1 << 30, 1)); }

#[test, expected_failure(abort_code = sui::table_vec::EIndexOutOfBound)]
fun table_vec_past_the_end() {
    let t = table_vec::singleton(1u64, &mut tx_context::dummy());
    t.borrow(1);
    t.drop();
}

#[test, expected_failure(abort_code = sui::table_vec::ETableNonEmpty)]
fun table_vec_destroyed_full() { table_vec::singleton(1u64, &mut tx_context::dummy()).destroy_empty() }

#[test, expected_failure(abort_code = sui::object_table::ETableNotEmpty)]
fun object_table_destroyed_full() {
    let ctx = &mut tx_context::dummy();
    let mut t = object_table::new<u64, Thing>(ctx);
    t.add(1, thing(ctx));
    t.destroy_empty();
}

#[test, expected_failure(abort_code = sui::object_bag::EBagNotEmpty)]
fun object_bag_destroyed_full() {
    let ctx = &mut tx_context::dummy();
    let mut b = object_bag::new(ctx);
    b.add(1u64, thing(ctx));
    b.destroy_empty();
}

#[test, expected_failure(abort_code = sui::linked_table::ETableNotEmpty)]
fun linked_table_destroyed_full() {
    let mut t = linked_table::new<u64, u64>(&mut tx_context::dummy());
    t.push_back(1, 1);
    t.destroy_empty();
}

#[test, expected_failure(abort_code = sui::linked_table::ETableIsEmpty)]
fun linked_table_popped_empty() {
    let mut t = linked_table::new<u64, u64>(&mut tx_context::dummy());
    t.pop_front();
    t.drop();
}

#[test, expected_failure(abort_code = sui::borrow::EWrongBorrow)]
fun borrowed_from_another() {
    let ctx = &mut tx_context::dummy();
    let mut a = borrow::new(thing(ctx), ctx);
    let mut b = borrow::new(thing(ctx), ctx);
    let (x, first) = a.borrow();
    let (y, second) = b.borrow();
    b.put_back(x, first);
    a.put_back(y, second);
    sui::test_utils::destroy(a);
    sui::test_utils::destroy(b);
}

#[test, expected_failure(abort_code = sui::borrow::EWrongValue)]
fun another_value_put_back() {
    let ctx = &mut tx_context::dummy();
    let mut a = borrow::new(thing(ctx), ctx);
    let (x, first) = a.borrow();
    a.put_back(thing(ctx), first);
    sui::test_utils::destroy(x);
    sui::test_utils::destroy(a);
}

#[test, expected_failure(abort_code = sui::priority_queue::EPopFromEmptyHeap)]
fun empty_heap() { priority_queue::new<u64>(vector[]).pop_max(); }

#[test, expected_failure(abort_code = sui::priority_queue::ELengthMismatch)]
fun heap_of_other_lengths() { priority_queue::create_entries(vector[1], vector<u64>[]); }

#[test, expected_failure(abort_code = sui::vec_map::EIndexOutOfBounds)]
fun map_index_past_the_end() { vec_map::empty<u64, u64>().get_entry_by_idx(0); }

#[test, expected_failure(abort_code = sui::vec_map::EMapEmpty)]
fun map_popped_empty() {
    let mut m = vec_map::empty<u64, u64>();
    m.pop();
}

#[test, expected_failure(abort_code = sui::vec_map::EUnequalLengths)]
fun map_of_other_lengths() { vec_map::from_keys_values(vector[1u64], vector<u64>[]); }

#[test, expected_failure(abort_code = sui::coin::EInvalidArg)]
fun coin_divided_by_nothing() {
    let ctx = &mut tx_context::dummy();
    let mut c = coin::mint_for_testing<Token>(5, ctx);
    c.divide_into_n(0, ctx).destroy_empty();
    c.burn_for_testing();
}

#[test, expected_failure(abort_code = sui::coin::ENotEnough)]
fun coin_divided_too_finely() {
    let ctx = &mut tx_context::dummy();
    let mut c = coin::mint_for_testing<Token>(2, ctx);
    c.divide_into_n(5, ctx).destroy_empty();
    c.burn_for_testing();
}

#[test, expected_failure(abort_code = sui::tx_context::EBadTxHashLength)]
fun context_of_a_short_digest() { tx_context::new(@0x0, b"short", 0, 0, 0); }

// === Upgrades, randomness, displays, payments ===

use sui::display;
use sui::package;
use sui::pay;
use sui::random;

public struct COLLECTIONS has drop {}

fun publisher(ctx: &mut TxContext): package::Publisher { package::claim(sui::test_utils::create_one_time_witness<COLLECTIONS>(), ctx) }

#[test]
fun upgrade_pieces() {
    let ctx = &mut tx_context::dummy();
    let mut cap = package::test_publish(object::id_from_address(@0x42), ctx);
    assert!(cap.version() == 1 && cap.policy() == package::compatible_policy() && cap.package() == object::id_from_address(@0x42));
    cap.only_additive_upgrades();
    let ticket = cap.authorize(package::dep_only_policy(), b"digest");
    assert!(ticket.policy() == package::dep_only_policy() && *ticket.digest() == b"digest" && ticket.package() == object::id_from_address(@0x42));
    let receipt = package::test_upgrade(ticket);
    assert!(receipt.cap() == object::id(&cap));
    cap.commit(receipt);
    assert!(cap.version() == 2);
    cap.only_dep_upgrades();
    cap.make_immutable();
}

#[test, expected_failure(abort_code = sui::package::ETooPermissive)]
fun upgrade_policy_too_permissive() {
    let mut cap = package::test_publish(object::id_from_address(@0x42), &mut tx_context::dummy());
    cap.only_dep_upgrades();
    cap.only_additive_upgrades();
    cap.make_immutable();
}

#[test, expected_failure(abort_code = sui::package::EAlreadyAuthorized)]
fun upgrade_authorized_twice() {
    let mut cap = package::test_publish(object::id_from_address(@0x42), &mut tx_context::dummy());
    sui::test_utils::destroy(cap.authorize(0, b""));
    sui::test_utils::destroy(cap.authorize(0, b""));
    cap.make_immutable();
}

#[test, expected_failure(abort_code = sui::package::EWrongUpgradeCap)]
fun upgrade_receipt_of_another() {
    let ctx = &mut tx_context::dummy();
    let mut cap = package::test_publish(object::id_from_address(@0x42), ctx);
    let mut other = package::test_publish(object::id_from_address(@0x43), ctx);
    let receipt = package::test_upgrade(cap.authorize(0, b""));
    other.commit(receipt);
    cap.make_immutable();
    other.make_immutable();
}

#[test, expected_failure(abort_code = sui::random::ENotSystemAddress)]
fun random_made_by_a_user() { random::create_for_testing(&mut tx_context::new_from_hint(@0x1, 0, 0, 0, 0)) }

#[test]
fun random_made_by_the_system() { random::create_for_testing(&mut tx_context::dummy()) }

#[test, expected_failure(abort_code = sui::random::EInvalidRandomnessUpdate)]
fun random_of_a_wrong_round() {
    let ctx = &mut tx_context::dummy();
    let mut r = random::create_by_value_for_testing(b"", ctx);
    r.update_randomness_state_for_testing(0, b"first", ctx);
    r.update_randomness_state_for_testing(3, b"second", ctx);
    sui::test_utils::destroy(r);
}

#[test, expected_failure(abort_code = sui::random::EInvalidLength)]
fun random_shuffle_of_too_many() {
    // quickly to 140 081 bytes
    let mut v = b"x";
    4u64.do!(|_| v = std::bcs::to_bytes(&vector[v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v]));
    random::new_generator_from_seed_for_testing(b"seed").shuffle(&mut v);
}

#[test, expected_failure]
fun random_shuffle() {
    let mut v = vector<u64>[];
    100u64.do!(|i| v.push_back(i));
    random::new_generator_from_seed_for_testing(b"seed").shuffle(&mut v);
    abort v[0] + 100 * v[1] + 10000 * v[50] + 1000000 * v[99]
}

#[test]
fun random_seeds_differ() {
    let a = random::new_generator_for_testing();
    let b = random::new_generator_for_testing();
    assert!(a.generator_seed() != b.generator_seed() && a.generator_seed().length() == 32);
}

#[test, expected_failure(abort_code = sui::display::ENotOwner)]
fun display_of_anothers_type() {
    let ctx = &mut tx_context::dummy();
    let p = publisher(ctx);
    display::create_and_keep<coin::Coin<Token>>(&p, ctx);
    p.burn();
}

#[test, expected_failure(abort_code = sui::display::EVecLengthMismatch)]
fun display_of_other_lengths() {
    let ctx = &mut tx_context::dummy();
    let p = publisher(ctx);
    let d = display::new_with_fields<Thing>(&p, vector[b"name".to_string()], vector[], ctx);
    transfer::public_transfer(d, @0x1);
    p.burn();
}

#[test, expected_failure(abort_code = sui::pay::ENoCoins)]
fun nothing_to_pay_with() { pay::join_vec_and_transfer<Token>(vector[], @0x1) }
