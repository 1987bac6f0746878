/// Locals, references and comparison for operands of every kind. The macros are expanded for each type, so that the
/// instructions are those of that type and not of a type parameter.
module conformance::locals;

use conformance::kinds::{Self, Inner, Kind};

/// Copies, moves, stores and drops two different values.
macro fun moves<$T>($a: $T, $b: $T) {
    let a: $T = $a;
    let b: $T = $b;
    let mut c = a;
    assert!(c == a);
    c = b;
    assert!(c == b && c != a);
    let d = c;
    c = a;
    assert!(d == b && c == a);
    let (e, f) = (b, a);
    assert!(e == b && f == a);
}

/// Borrows, reads, writes and freezes.
macro fun borrows<$T>($a: $T, $b: $T) {
    let mut a: $T = $a;
    let b: $T = $b;
    let r = &mut a;
    assert!(*r != b);
    *r = b;
    let frozen: &$T = r;
    assert!(frozen == &b && *frozen == b);
    let s = &a;
    let t = s;
    assert!(s == t && *t == b && !(s != t));
    let again = &mut a;
    *again = $a;
    assert!(&a != &b && a == $a);
}

/// A value is dropped without being looked at.
macro fun drops<$T>($f: || -> $T) {
    $f();
    let _ = $f();
    let mut count = 0u64;
    while (count < 3) {
        $f();
        count = count + 1;
    }
}

/// Two mutable references are compared by what they point to.
macro fun compares_through_mutable_references<$T>($a: $T, $b: $T) {
    let mut a: $T = $a;
    let mut b: $T = $b;
    {
        let r = &mut a;
        let s = &mut b;
        assert!(r != s);
        *s = *r;
        assert!(r == s);
    };
    assert!(a == b);
}

#[test]
fun moves_bool() { moves!(kinds::a_bool(true), kinds::a_bool(false)) }

#[test]
fun moves_u8() { moves!(kinds::a_u8(0), kinds::a_u8(255)) }

#[test]
fun moves_u16() { moves!(kinds::a_u16(1), kinds::a_u16(65535)) }

#[test]
fun moves_u32() { moves!(kinds::a_u32(1), kinds::a_u32(4294967295)) }

#[test]
fun moves_u64() { moves!(kinds::a_u64(1), kinds::a_u64(18446744073709551615)) }

#[test]
fun moves_u128() { moves!(kinds::a_u128(1), kinds::a_u128(1 << 127)) }

#[test]
fun moves_u256() { moves!(kinds::a_u256(1), kinds::a_u256(1 << 255)) }

#[test]
fun moves_address() { moves!(kinds::a_address(@0x1), kinds::a_address(@0xffff)) }

#[test]
fun moves_vector() { moves!(kinds::a_list(vector[1]), kinds::a_list(vector[1, 2])) }

#[test]
fun moves_struct() { moves!(kinds::some_inner(1), kinds::some_inner(2)) }

#[test]
fun moves_enum() { moves!(kinds::some_kind(0), kinds::some_kind(2)) }

#[test]
fun borrows_bool() { borrows!(kinds::a_bool(true), kinds::a_bool(false)) }

#[test]
fun borrows_u8() { borrows!(kinds::a_u8(0), kinds::a_u8(255)) }

#[test]
fun borrows_u16() { borrows!(kinds::a_u16(1), kinds::a_u16(65535)) }

#[test]
fun borrows_u32() { borrows!(kinds::a_u32(1), kinds::a_u32(4294967295)) }

#[test]
fun borrows_u64() { borrows!(kinds::a_u64(1), kinds::a_u64(18446744073709551615)) }

#[test]
fun borrows_u128() { borrows!(kinds::a_u128(1), kinds::a_u128(1 << 127)) }

#[test]
fun borrows_u256() { borrows!(kinds::a_u256(1), kinds::a_u256(1 << 255)) }

#[test]
fun borrows_address() { borrows!(kinds::a_address(@0x1), kinds::a_address(@0xffff)) }

#[test]
fun borrows_vector() { borrows!(kinds::a_list(vector[1]), kinds::a_list(vector[1, 2])) }

#[test]
fun borrows_struct() { borrows!(kinds::some_inner(1), kinds::some_inner(2)) }

#[test]
fun borrows_enum() { borrows!(kinds::some_kind(0), kinds::some_kind(2)) }

#[test]
fun drops_every_kind() {
    drops!(|| kinds::a_bool(true));
    drops!(|| kinds::a_u8(1));
    drops!(|| kinds::a_u16(1));
    drops!(|| kinds::a_u32(1));
    drops!(|| kinds::a_u64(1));
    drops!(|| kinds::a_u128(1));
    drops!(|| kinds::a_u256(1));
    drops!(|| kinds::a_address(@0x1));
    drops!(|| kinds::a_list(vector[1]));
    drops!(|| kinds::some_inner(1));
    drops!(|| kinds::some_kind(1));
    let x = 5u64;
    drops!(|| shared(&x));
    let mut y = 5u64;
    drops!(|| unique(&mut y));
}

#[test]
fun mutable_references_compare_by_value() {
    compares_through_mutable_references!(kinds::a_bool(true), kinds::a_bool(false));
    compares_through_mutable_references!(kinds::a_u8(1), kinds::a_u8(2));
    compares_through_mutable_references!(kinds::a_u256(1), kinds::a_u256(2));
    compares_through_mutable_references!(kinds::a_address(@0x1), kinds::a_address(@0x2));
    compares_through_mutable_references!(kinds::a_list(vector[]), kinds::a_list(vector[0]));
    compares_through_mutable_references!(kinds::some_inner(1), kinds::some_inner(2));
    compares_through_mutable_references!(kinds::some_kind(1), kinds::some_kind(2));
}

// === References as operands ===

fun shared(x: &u64): &u64 { x }

fun unique(x: &mut u64): &mut u64 { x }

fun add_to(x: &mut u64, by: &u64) { *x = *x + *by }

fun larger(a: &u64, b: &u64): &u64 { if (*a > *b) a else b }

fun larger_mut(a: &mut u64, b: &mut u64): &mut u64 { if (*a > *b) a else b }

fun list_of(inner: &mut Inner): &mut Inner { inner }

#[test]
fun references_pass_through_functions() {
    let mut x = 1u64;
    let mut y = 2u64;
    *unique(&mut x) = 10;
    assert!(*shared(&x) == 10);
    add_to(&mut x, &y);
    assert!(x == 12 && *larger(&x, &y) == 12);
    *larger_mut(&mut x, &mut y) = 0;
    assert!(x == 0 && y == 2);
    *larger_mut(&mut x, &mut y) = 1;
    assert!(x == 0 && y == 1);
}

/// `&mut *r` borrows a copy of what `r` points to.
#[test]
fun a_borrowed_dereference_is_a_copy() {
    let mut x = 1u64;
    let mut y = 5u64;
    let first = &mut x;
    let second = &mut y;
    let mut turn = 0u64;
    while (turn < 4) {
        let target = if (turn % 2 == 0) &mut *first else &mut *second;
        *target = *target + turn;
        turn = turn + 1;
    };
    let chosen = if (turn == 4) &*first else &*second;
    let copied = chosen;
    assert!(*copied == 1 && *chosen == 1 && y == 5);
}

fun either(flag: bool, a: &mut u64, b: &mut u64) {
    let target = if (flag) a else b;
    *target = *target + 1;
    let kept = target;
    *kept = *kept * 2;
}

#[test]
fun references_live_in_locals() {
    let mut x = 1u64;
    let mut y = 5u64;
    either(true, &mut x, &mut y);
    either(false, &mut x, &mut y);
    assert!(x == 4 && y == 12);
}

#[test]
fun a_reference_is_copied_and_both_read() {
    let x = kinds::some_inner(3);
    let r = &x;
    let s = r;
    let t = s;
    assert!(r == s && s == t && *t == x);
}

#[test]
fun reborrowing_ends_before_the_next_use() {
    let mut x = kinds::some_inner(3);
    let outer = &mut x;
    let before = *outer;
    {
        let again = list_of(outer);
        *again = kinds::some_inner(4);
    };
    assert!(*outer != before);
    *outer = before;
    assert!(x == before);
}

#[test]
fun a_chain_of_enum_references() {
    let mut kinds = vector<Kind>[kinds::some_kind(0), kinds::some_kind(1)];
    let r = &mut kinds;
    let e = &mut r[1];
    assert!(kinds::is_named(e));
    *e = kinds::some_kind(0);
    assert!(!kinds::is_named(&kinds[1]) && kinds[0] == kinds[1]);
}
