/// Structs with a field of every kind: packing, unpacking, and borrowing each field, in concrete and in generic structs.
module conformance::fields;

use conformance::kinds::{Self, Inner, Kind};

public struct Every has copy, drop, store {
    flag: bool,
    n8: u8,
    n16: u16,
    n32: u32,
    n64: u64,
    n128: u128,
    n256: u256,
    who: address,
    list: vector<u16>,
    inner: Inner,
    kind: Kind,
}

public struct One<T> has copy, drop, store { value: T }

public struct Two<A, B>(A, B) has copy, drop, store;

public struct Marked<phantom P, T> has copy, drop, store { value: T, count: u64 }

/// No ability: it can only be unpacked.
public struct Held<T> { value: T, other: u8 }

public struct Nothing() has copy, drop;

public struct Deep has copy, drop { a: One<One<One<u64>>>, b: vector<One<vector<u8>>> }

fun every(n: u64): Every {
    Every {
        flag: n % 2 == 1,
        n8: n as u8,
        n16: n as u16,
        n32: n as u32,
        n64: n,
        n128: n as u128,
        n256: n as u256,
        who: sui::address::from_u256(n as u256),
        list: vector[n as u16],
        inner: kinds::some_inner(n),
        kind: kinds::some_kind(n),
    }
}

/// A generic struct's field, by every way there is.
macro fun generic_fields<$T>($a: $T, $b: $T) {
    let a: $T = $a;
    let b: $T = $b;
    let mut one = One { value: a };
    assert!(one.value == a && &one.value != &b);
    one.value = b;
    let r = &mut one.value;
    assert!(*r == b);
    *r = a;
    let One { value } = one;
    assert!(value == a);
    let mut two = Two(a, b);
    two.1 = two.0;
    assert!(two.1 == a);
    let Two(x, y) = two;
    assert!(x == a && y == a);
    let held = Held { value: b, other: 1 };
    let Held { value, other: _ } = held;
    assert!(value == b);
    let marked = Marked<Nothing, $T> { value: a, count: 2 };
    assert!(marked.value == a && marked.count == 2);
}

#[test]
fun packs_and_unpacks_every_kind() {
    let Every { flag, n8, n16, n32, n64, n128, n256, who, list, inner, kind } = every(5);
    assert!(flag && n8 == 5 && n16 == 5 && n32 == 5 && n64 == 5 && n128 == 5 && n256 == 5);
    assert!(who == @0x5 && list == vector[5] && inner == kinds::some_inner(5) && kind == kinds::some_kind(5));
}

#[test]
fun reads_every_field() {
    let e = every(6);
    let r = &e;
    assert!(!r.flag && r.n8 == 6 && r.n16 == 6 && r.n32 == 6 && r.n64 == 6 && r.n128 == 6 && r.n256 == 6);
    assert!(r.who == @0x6 && r.list == vector[6] && r.inner == kinds::some_inner(6) && r.kind == kinds::some_kind(6));
}

#[test]
fun writes_every_field() {
    let mut e = every(6);
    let r = &mut e;
    r.flag = true;
    r.n8 = 7;
    r.n16 = 7;
    r.n32 = 7;
    r.n64 = 7;
    r.n128 = 7;
    r.n256 = 7;
    r.who = @0x7;
    r.list = vector[7];
    r.inner = kinds::some_inner(7);
    r.kind = kinds::some_kind(7);
    assert!(e == every(7) && e != every(6));
}

#[test]
fun borrows_every_field_mutably() {
    let mut e = every(3);
    let flag = &mut e.flag;
    *flag = !*flag;
    let n8 = &mut e.n8;
    *n8 = *n8 + 1;
    let n16 = &mut e.n16;
    *n16 = *n16 + 1;
    let n32 = &mut e.n32;
    *n32 = *n32 + 1;
    let n64 = &mut e.n64;
    *n64 = *n64 + 1;
    let n128 = &mut e.n128;
    *n128 = *n128 + 1;
    let n256 = &mut e.n256;
    *n256 = *n256 + 1;
    let who = &mut e.who;
    *who = @0x4;
    e.list.pop_back();
    e.list.push_back(4);
    e.inner = kinds::some_inner(4);
    e.kind = kinds::some_kind(4);
    assert!(e == every(4));
}

#[test]
fun generic_bool() { generic_fields!(kinds::a_bool(true), kinds::a_bool(false)) }

#[test]
fun generic_u8() { generic_fields!(kinds::a_u8(0), kinds::a_u8(255)) }

#[test]
fun generic_u16() { generic_fields!(kinds::a_u16(1), kinds::a_u16(65535)) }

#[test]
fun generic_u32() { generic_fields!(kinds::a_u32(1), kinds::a_u32(4294967295)) }

#[test]
fun generic_u64() { generic_fields!(kinds::a_u64(1), kinds::a_u64(18446744073709551615)) }

#[test]
fun generic_u128() { generic_fields!(kinds::a_u128(1), kinds::a_u128(1 << 127)) }

#[test]
fun generic_u256() { generic_fields!(kinds::a_u256(1), kinds::a_u256(1 << 255)) }

#[test]
fun generic_address() { generic_fields!(kinds::a_address(@0x1), kinds::a_address(@0xffff)) }

#[test]
fun generic_vector() { generic_fields!(kinds::a_list(vector[1]), kinds::a_list(vector[1, 2])) }

#[test]
fun generic_struct() { generic_fields!(kinds::some_inner(1), kinds::some_inner(2)) }

#[test]
fun generic_enum() { generic_fields!(kinds::some_kind(0), kinds::some_kind(2)) }

#[test]
fun deep_fields() {
    let mut d = Deep { a: One { value: One { value: One { value: 1 } } }, b: vector[One { value: b"x" }] };
    let c = d;
    d.a.value.value.value = 2;
    d.b[0].value.push_back(33);
    assert!(c.a.value.value.value == 1 && c.b[0].value == b"x");
    assert!(d.a.value.value.value == 2 && d.b[0].value == b"x!");
}

#[test]
fun a_struct_without_fields() {
    let n = Nothing();
    let Nothing() = n;
    assert!(n == Nothing());
}

#[test]
fun an_inner_struct_is_moved_out() {
    let Every { inner, kind, .. } = every(9);
    let mut held = Held { value: inner, other: 3 };
    held.value = kinds::some_inner(10);
    held.other = held.other + 1;
    let Held { value, other } = held;
    assert!(value == kinds::some_inner(10) && other == 4 && kind == kinds::some_kind(9));
}

// === As deep as values go ===

public struct Four<T> has copy, drop, store { value: One<One<One<One<T>>>> }

public struct Sixteen<T> has copy, drop, store { value: Four<Four<Four<Four<T>>>> }

public struct SixtyFour<T> has copy, drop, store { value: Sixteen<Sixteen<Sixteen<Sixteen<T>>>> }

public enum Maybe<T> has copy, drop { None, Some(T) }

fun one<T>(value: T): One<T> { One { value } }

fun four<T>(x: T): Four<T> { Four { value: one(one(one(one(x)))) } }

fun sixteen<T>(x: T): Sixteen<T> { Sixteen { value: four(four(four(four(x)))) } }

fun sixty_four<T>(x: T): SixtyFour<T> { SixtyFour { value: sixteen(sixteen(sixteen(sixteen(x)))) } }

/// 128 levels: 85, twice 21, and the number.
fun deepest(): SixtyFour<Sixteen<Sixteen<u64>>> { sixty_four(sixteen(sixteen(1u64))) }

#[test]
fun the_deepest_value() { assert!(deepest() == deepest()) }

#[test, expected_failure]
fun a_struct_too_deep() { one(deepest()); }

/// Only the elements of a vector are looked at.
#[test]
fun a_vector_one_level_deeper() { assert!(vector[deepest()].length() == 1) }

#[test, expected_failure]
fun a_vector_too_deep() { vector[vector[deepest()]]; }

#[test, expected_failure]
fun a_variant_too_deep() { Maybe::Some(deepest()); }

#[test, expected_failure]
fun an_empty_variant_too_deep() { let _: Maybe<SixtyFour<Sixteen<Sixteen<u64>>>> = Maybe::None; }

#[test, expected_failure]
fun an_empty_vector_too_deep() { vector<vector<SixtyFour<Sixteen<Sixteen<u64>>>>>[]; }

public struct Holder has copy, drop { value: SixtyFour<Sixteen<Sixteen<u64>>> }

public enum Keeper has copy, drop { Nothing, Value(SixtyFour<Sixteen<Sixteen<u64>>>) }

#[test, expected_failure]
fun a_plain_struct_too_deep() { Holder { value: deepest() }; }

#[test, expected_failure]
fun a_plain_variant_too_deep() { Keeper::Value(deepest()); }

#[test, expected_failure]
fun a_plain_empty_variant_too_deep() { let _: Keeper = Keeper::Nothing; }

#[test]
fun the_deepest_value_as_bcs() { assert!(std::bcs::to_bytes(&deepest()) == x"0100000000000000") }
