/// Collections by value and by dynamic field.
module subset::collections;

use std::bit_vector;
use std::string::String;
use sui::bag;
use sui::linked_table::{Self, LinkedTable};
use sui::object_bag;
use sui::object_table;
use sui::priority_queue;
use sui::table;
use sui::table_vec;
use sui::vec_map::{Self, VecMap};
use sui::vec_set::{Self, VecSet};

public struct Thing has key, store {
    id: UID,
    weight: u64,
}

public fun new_thing(weight: u64, ctx: &mut TxContext): Thing {
    Thing { id: object::new(ctx), weight }
}

public fun drop_thing(thing: Thing): u64 {
    let Thing { id, weight } = thing;
    id.delete();
    weight
}

// === By value ===

public fun ages(): VecMap<String, u8> {
    let mut map = vec_map::from_keys_values(vector[b"ann".to_string(), b"bob".to_string()], vector[30, 40]);
    map.insert(b"cid".to_string(), 50);
    *&mut map[&b"ann".to_string()] = 31;
    map
}

public fun map_walk(mut map: VecMap<String, u8>): (vector<String>, vector<u8>, u64) {
    let at = map.get_idx_opt(&b"bob".to_string()).destroy_or!(99);
    let more = map_first(&map!(map.length()));
    let (_, age) = map.get_entry_by_idx_mut(0);
    *age = *age + more;
    let (_, _) = map.pop();
    let (_, _) = map.remove_entry_by_idx(at);
    let kept = map.keys();
    let (_, values) = map.into_keys_values();
    (kept, values, at)
}

macro fun map($n: u64): VecMap<u64, u8> {
    let mut made = vec_map::empty();
    let n = $n;
    n.do!(|i| made.insert(i, i as u8));
    made
}

fun map_first(map: &VecMap<u64, u8>): u8 {
    let (_, value) = map.get_entry_by_idx(0);
    *value + (map.try_get(&1).destroy_or!(7))
}

public fun set_walk(keys: vector<u64>, without: u64): VecSet<u64> {
    let mut set = vec_set::from_keys(keys);
    set.remove(&without);
    if (!set.contains(&1000)) set.insert(1000);
    set
}

public fun by_priority(priorities: vector<u64>, values: vector<u64>): vector<u64> {
    let mut queue = priority_queue::new(priority_queue::create_entries(priorities, values));
    queue.insert(1000, 0);
    let n = queue.priorities().length();
    vector::tabulate!(n, |_| {
        let (_, value) = queue.pop_max();
        value
    })
}

public fun bits(): vector<u64> {
    let mut row = bit_vector::new(10);
    row.set(3);
    row.set(4);
    row.set(9);
    row.unset(9);
    row.shift_left(2);
    vector[row.length(), row.longest_set_sequence_starting_at(1), if (row.is_index_set(2)) 1 else 0]
}

// === By dynamic field ===

public fun table_walk(ctx: &mut TxContext): u64 {
    let mut table = table::new<u64, u64>(ctx);
    10u64.do!(|i| table.add(i, i * i));
    *&mut table[3] = 1000;
    let taken = table.remove(3) + table[4];
    let n = table.length();
    table.drop();
    taken + n
}

public fun vector_walk(ctx: &mut TxContext): vector<u64> {
    let mut long = table_vec::singleton(5, ctx);
    5u64.do!(|i| long.push_back(i));
    long.swap(0, 5);
    let first = long.swap_remove(0);
    let last = long.pop_back();
    let n = long.length();
    let second = long[1];
    long.drop();
    vector[first, last, n, second]
}

public fun row(ctx: &mut TxContext): LinkedTable<u64, u64> {
    let mut row = linked_table::new(ctx);
    row.push_back(2, 20);
    row.push_back(3, 30);
    row.push_front(1, 10);
    row.push_back(4, 40);
    row
}

public fun row_walk(mut row: LinkedTable<u64, u64>): vector<u64> {
    let mut seen = vector[row.remove(2)];
    let mut at = *row.front();
    while (at.is_some()) {
        let key = at.destroy_some();
        seen.push_back(key);
        seen.push_back(row[key]);
        at = *row.next(key);
    };
    let (front, _) = row.pop_front();
    let (back, _) = row.pop_back();
    seen.push_back(front);
    seen.push_back(back);
    let (only, _) = row.pop_back();
    seen.push_back(only);
    row.destroy_empty();
    seen
}

public fun objects_walk(ctx: &mut TxContext): vector<u64> {
    let mut table = object_table::new<u8, Thing>(ctx);
    let mut bag = object_bag::new(ctx);
    let mut mixed = bag::new(ctx);
    table.add(0, new_thing(1, ctx));
    bag.add(b"a", new_thing(2, ctx));
    bag.add(7u64, new_thing(3, ctx));
    mixed.add(true, 4u64);
    let same = bag.value_id(7u64) == option::some(object::id(bag.borrow<u64, Thing>(7)));
    bag.borrow_mut<u64, Thing>(7).weight = 5;
    let found = vector[
        drop_thing(table.remove(0)),
        drop_thing(bag.remove(b"a")),
        drop_thing(bag.remove(7u64)),
        mixed.remove(true),
        if (same && !bag.contains(7u64) && !bag.contains_with_type<u64, Thing>(7)) 1 else 0,
    ];
    table.destroy_empty();
    bag.destroy_empty();
    mixed.destroy_empty();
    found
}
