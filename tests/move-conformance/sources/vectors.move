/// Vector instructions for elements of every kind, and the standard library on top of them.
module conformance::vectors;

use conformance::helper;

public struct Item has copy, drop, store { a: u8, b: vector<u16> }

public struct Sealed { inner: u64 }

#[test]
fun push_pop_of_every_type() {
    let mut bytes = vector<u8>[];
    bytes.push_back(255);
    assert!(bytes.pop_back() == 255 && bytes.is_empty());
    let mut halves = vector<u16>[1, 2];
    halves.push_back(65535);
    assert!(halves[2] == 65535);
    let mut words = vector<u32>[];
    words.push_back(4294967295);
    assert!(words == vector[4294967295]);
    let mut longs = vector<u64>[1];
    longs.push_back(18446744073709551615);
    assert!(longs.length() == 2);
    let mut wide = vector<u128>[];
    wide.push_back(340282366920938463463374607431768211455);
    assert!(wide.pop_back() == 340282366920938463463374607431768211455);
    let mut wider = vector<u256>[];
    wider.push_back(1 << 255);
    assert!(wider[0] >> 255 == 1);
    let mut flags = vector<bool>[true];
    flags.push_back(false);
    assert!(flags[0] && !flags[1]);
    let mut who = vector<address>[@0x1];
    who.push_back(@0x2);
    assert!(who == vector[@0x1, @0x2]);
    let mut items = vector<Item>[];
    items.push_back(Item { a: 1, b: vector[7] });
    items[0].b.push_back(8);
    assert!(items[0].b == vector[7, 8]);
    let mut nested = vector<vector<u64>>[vector[], vector[1]];
    nested[0].push_back(5);
    assert!(nested == vector[vector[5], vector[1]]);
}

#[test]
fun without_drop() {
    let mut items = vector[Sealed { inner: 1 }, Sealed { inner: 2 }];
    items.swap(0, 1);
    let Sealed { inner: last } = items.pop_back();
    let Sealed { inner: first } = items.pop_back();
    items.destroy_empty();
    assert!(last == 1 && first == 2);
}

#[test]
fun copies_are_deep() {
    let original = vector[Item { a: 1, b: vector[1] }];
    let mut copied = original;
    copied[0].a = 9;
    copied[0].b.push_back(2);
    assert!(original[0].a == 1 && original[0].b.length() == 1);
    assert!(original != copied);
}

#[test]
fun library() {
    let mut v = vector[5u64, 3, 8];
    v.reverse();
    assert!(v == vector[8, 3, 5]);
    v.append(vector[1, 2]);
    assert!(v.contains(&2) && !v.contains(&77));
    let (found, at) = v.index_of(&5);
    assert!(found && at == 2);
    assert!(v.remove(0) == 8 && v.swap_remove(0) == 3);
    assert!(v == vector[2, 5, 1]);
    v.insert(9, 1);
    assert!(v == vector[2, 9, 5, 1]);
}

#[test]
fun macros() {
    let v = vector[1u64, 2, 3, 4];
    let mut doubled = vector[];
    v.do!(|x| doubled.push_back(x * 2));
    assert!(doubled == vector[2, 4, 6, 8]);
    doubled.do_mut!(|x| *x = *x + 1);
    assert!(doubled == vector[3, 5, 7, 9]);
    let mut count = 0;
    v.do_ref!(|x| if (*x > 2) count = count + 1);
    assert!(count == 2);
    assert!(vector::tabulate!(3, |i| i * i) == vector[0, 1, 4]);
}

#[test]
fun of_another_modules_type() {
    let mut v = vector[helper::counter(1), helper::counter(2)];
    let value = v[1].value_mut();
    *value = 50;
    assert!(v[1].value() == 50 && v[0].value() == 1);
}

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun borrow_out_of_bounds() { let v = vector[1u64]; v[1]; }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun borrow_mut_out_of_bounds() { let mut v = vector<u8>[]; *v.borrow_mut(0) = 1; }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun pop_empty() { let mut v = vector<Item>[]; v.pop_back(); }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun destroy_full() { vector[1u8].destroy_empty() }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun swap_out_of_bounds() { let mut v = vector[1u64, 2]; v.swap(0, 2); }

/// Not larger: the official machine runs in WebAssembly, where an index has 32 bits.
#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun huge_index() { let v = vector[1u64]; v[4294967294]; }
