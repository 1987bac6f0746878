#[test_only]
module subset::collections_tests;

use std::bit_vector;
use std::unit_test::{assert_eq, destroy};
use subset::collections;
use sui::linked_table;
use sui::object_table;
use sui::priority_queue;
use sui::table_vec;
use sui::vec_map;
use sui::vec_set;

#[test]
fun maps_and_sets() {
    let (keys, values, at) = collections::map_walk(collections::ages());
    assert_eq!(keys, vector[b"ann".to_string()]);
    assert_eq!(values, vector[32]);
    assert_eq!(at, 1);
    assert_eq!(collections::set_walk(vector[5, 6, 7], 6).into_keys(), vector[5, 7, 1000]);
}

#[test, expected_failure(abort_code = vec_map::EKeyAlreadyExists)]
fun a_key_comes_once() {
    vec_map::from_keys_values(vector[1, 1], vector[2, 2]);
}

#[test, expected_failure(abort_code = vec_map::EUnequalLengths)]
fun as_many_keys_as_values() {
    vec_map::from_keys_values(vector[1, 1], vector[2]);
}

#[test, expected_failure(abort_code = vec_map::EKeyDoesNotExist)]
fun a_missing_key() {
    vec_map::from_keys_values(vector[1], vector[2]).get_idx(&3);
}

#[test, expected_failure(abort_code = vec_map::EMapEmpty)]
fun an_empty_map() {
    vec_map::empty<u8, u8>().pop();
}

#[test, expected_failure(abort_code = vec_map::EIndexOutOfBounds)]
fun a_missing_entry() {
    vec_map::empty<u8, u8>().remove_entry_by_idx(0);
}

#[test, expected_failure(abort_code = vec_set::EKeyDoesNotExist)]
fun a_missing_member() {
    vec_set::singleton(1).remove(&2);
}

#[test]
fun queues_and_bits() {
    let priorities = vector[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
    let popped = collections::by_priority(priorities, priorities);
    assert_eq!(popped, vector[0, 9, 6, 5, 5, 5, 4, 3, 3, 2, 1, 1]);
    assert_eq!(collections::bits(), vector[10, 2, 1]);
}

#[test, expected_failure(abort_code = priority_queue::EPopFromEmptyHeap)]
fun an_empty_queue() {
    priority_queue::new<u8>(vector[]).pop_max();
}

#[test, expected_failure(abort_code = priority_queue::ELengthMismatch)]
fun as_many_priorities_as_values() {
    priority_queue::create_entries(vector[1], vector<u8>[]);
}

#[test, expected_failure(abort_code = bit_vector::EINDEX)]
fun no_such_bit() {
    bit_vector::new(3).set(3);
}

#[test, expected_failure(abort_code = bit_vector::ELENGTH)]
fun too_many_bits() {
    bit_vector::new(1024);
}

#[test]
fun shifting_all_bits_away() {
    let mut row = bit_vector::new(3);
    row.set(2);
    row.shift_left(3);
    assert_eq!(row, bit_vector::new(3));
}

#[test]
fun tables() {
    let ctx = &mut tx_context::dummy();
    assert_eq!(collections::table_walk(ctx), 1000 + 16 + 9);
    assert_eq!(collections::vector_walk(ctx), vector[4, 3, 4, 0]);
    assert_eq!(collections::row_walk(collections::row(ctx)), vector[20, 1, 10, 3, 30, 4, 40, 1, 4, 3]);
    assert_eq!(collections::objects_walk(ctx), vector[1, 2, 5, 4, 1]);
}

#[test, expected_failure(abort_code = linked_table::ETableNotEmpty)]
fun a_row_that_is_not_empty() {
    collections::row(&mut tx_context::dummy()).destroy_empty();
}

#[test, expected_failure(abort_code = linked_table::ETableIsEmpty)]
fun an_empty_row() {
    let mut row = linked_table::new<u8, u8>(&mut tx_context::dummy());
    row.pop_back();
    abort 1000
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun past_the_end() {
    let long = table_vec::singleton(1u8, &mut tx_context::dummy());
    long.borrow(1);
    abort 1000
}

#[test, expected_failure(abort_code = object_table::ETableNotEmpty)]
fun a_table_that_is_not_empty() {
    let ctx = &mut tx_context::dummy();
    let mut table = object_table::new(ctx);
    table.add(1u8, collections::new_thing(1, ctx));
    table.destroy_empty();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldAlreadyExists)]
fun the_same_key_twice() {
    let ctx = &mut tx_context::dummy();
    let mut table = sui::table::new(ctx);
    table.add(1u8, 1u8);
    table.add(1u8, 2u8);
    destroy(table)
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun no_such_key() {
    let ctx = &mut tx_context::dummy();
    let table = sui::table::new<u8, u8>(ctx);
    table.borrow(1);
    destroy(table)
}
