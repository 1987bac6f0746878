/// Enums: variants with fields of every kind, concrete and generic, and every form of `match`.
module conformance::variants;

use conformance::kinds::{Self, Inner, Kind};

public enum Every has copy, drop, store {
    Flag(bool),
    N8(u8),
    N16 { n: u16 },
    N32(u32),
    N64 { n: u64 },
    N128(u128),
    N256(u256),
    Who { who: address },
    List(vector<u16>),
    Structure(Inner),
    Enumeration { kind: Kind },
    Nothing,
}

public enum Either<A, B> has copy, drop, store { Left(A), Right { value: B, weight: u64 } }

/// Without abilities.
public enum Held<T> { Nothing, Something(T) }

public enum Tree has copy, drop, store { Leaf(u64), Node { children: vector<u64>, inner: Inner } }

public enum Pair has copy, drop { Both(Tree, Tree), Single(Tree), Flags(bool, bool) }

public enum Level has copy, drop { A, B, C, D, E, F, G, H }

fun every(at: u64, n: u64): Every {
    if (at == 0) return Every::Flag(n % 2 == 1);
    if (at == 1) return Every::N8(n as u8);
    if (at == 2) return Every::N16 { n: n as u16 };
    if (at == 3) return Every::N32(n as u32);
    if (at == 4) return Every::N64 { n };
    if (at == 5) return Every::N128(n as u128);
    if (at == 6) return Every::N256(n as u256);
    if (at == 7) return Every::Who { who: sui::address::from_u256(n as u256) };
    if (at == 8) return Every::List(vector[n as u16]);
    if (at == 9) return Every::Structure(kinds::some_inner(n));
    if (at == 10) return Every::Enumeration { kind: kinds::some_kind(n) };
    Every::Nothing
}

/// Takes the value apart and makes it again.
fun remade(e: Every): Every {
    match (e) {
        Every::Flag(x) => Every::Flag(!!x),
        Every::N8(x) => Every::N8(x),
        Every::N16 { n } => Every::N16 { n },
        Every::N32(x) => Every::N32(x),
        Every::N64 { n: m } => Every::N64 { n: m },
        Every::N128(x) => Every::N128(x),
        Every::N256(x) => Every::N256(x),
        Every::Who { who } => Every::Who { who },
        Every::List(x) => Every::List(x),
        Every::Structure(x) => Every::Structure(x),
        Every::Enumeration { kind } => Every::Enumeration { kind },
        Every::Nothing => Every::Nothing,
    }
}

/// The same through references.
fun copied(e: &Every): Every {
    match (e) {
        Every::Flag(x) => Every::Flag(*x),
        Every::N8(x) => Every::N8(*x),
        Every::N16 { n } => Every::N16 { n: *n },
        Every::N32(x) => Every::N32(*x),
        Every::N64 { n } => Every::N64 { n: *n },
        Every::N128(x) => Every::N128(*x),
        Every::N256(x) => Every::N256(*x),
        Every::Who { who } => Every::Who { who: *who },
        Every::List(x) => Every::List(*x),
        Every::Structure(x) => Every::Structure(*x),
        Every::Enumeration { kind } => Every::Enumeration { kind: *kind },
        Every::Nothing => Every::Nothing,
    }
}

/// Writes what belongs to 8 through mutable references.
fun set_to_eight(e: &mut Every) {
    match (e) {
        Every::Flag(x) => *x = false,
        Every::N8(x) => *x = 8,
        Every::N16 { n } => *n = 8,
        Every::N32(x) => *x = 8,
        Every::N64 { n } => *n = 8,
        Every::N128(x) => *x = 8,
        Every::N256(x) => *x = 8,
        Every::Who { who } => *who = @0x8,
        Every::List(x) => { x.pop_back(); x.push_back(8) },
        Every::Structure(x) => *x = kinds::some_inner(8),
        Every::Enumeration { kind } => *kind = kinds::some_kind(8),
        Every::Nothing => (),
    }
}

macro fun generic_variants<$T>($a: $T, $b: $T) {
    let a: $T = $a;
    let b: $T = $b;
    let mut left = Either<$T, u8>::Left(a);
    let mut right = Either<u8, $T>::Right { value: b, weight: 2 };
    let kept = left;
    match (&mut left) {
        Either::Left(x) => *x = b,
        Either::Right { .. } => abort 1,
    };
    match (&mut right) {
        Either::Left(_) => abort 2,
        Either::Right { value, weight } => { *value = a; *weight = *weight + 1 },
    };
    match (&left) {
        Either::Left(x) => assert!(*x == b && x != &a),
        Either::Right { .. } => abort 3,
    };
    match (&right) {
        Either::Left(_) => abort 3,
        Either::Right { value, weight } => assert!(*value == a && *weight == 3),
    };
    match (right) {
        Either::Left(_) => abort 4,
        Either::Right { value, weight } => assert!(value == a && weight == 3),
    };
    match (kept) {
        Either::Left(x) => assert!(x == a),
        Either::Right { value: _, weight: _ } => abort 5,
    };
    match (Held::Something(b)) {
        Held::Something(x) => assert!(x == b),
        Held::Nothing => abort 6,
    }
}

fun level(n: u64): Level {
    if (n == 0) Level::A
    else if (n == 1) Level::B
    else if (n == 2) Level::C
    else if (n == 3) Level::D
    else if (n == 4) Level::E
    else if (n == 5) Level::F
    else if (n == 6) Level::G
    else Level::H
}

fun rank(level: &Level): u64 {
    match (level) {
        Level::A | Level::B => 1,
        Level::C => 2,
        Level::D | Level::E | Level::F => 3,
        _ => 4,
    }
}

/// Literals, guards, bindings of a whole value and alternatives.
fun described(n: u64, flag: bool): u64 {
    match (n) {
        0 => 100,
        1 | 2 | 3 => 200,
        x @ (10 | 20) => 300 + x,
        x if (*x > 1000 && flag) => 400,
        _ if (flag) => 500,
        _ => 600,
    }
}

fun bytes(n: u8): u8 {
    match (n) {
        0 => 1,
        255 => 2,
        x => x,
    }
}

fun truth(a: bool, b: bool): u64 {
    match (a) {
        true => match (b) { true => 3, false => 2 },
        false => match (b) { true => 1, false => 0 },
    }
}

fun weight(pair: &Pair): u64 {
    match (pair) {
        Pair::Both(Tree::Leaf(a), Tree::Leaf(b)) => *a + *b,
        Pair::Both(Tree::Leaf(a), Tree::Node { children, .. }) if (*a == 0) => children.length(),
        Pair::Both(Tree::Node { children, inner: _ }, _) => 1000 + children.length(),
        Pair::Both(_, _) => 2000,
        Pair::Single(Tree::Leaf(7)) => 3000,
        Pair::Single(Tree::Leaf(n)) => *n,
        Pair::Single(Tree::Node { .. }) => 4000,
        Pair::Flags(true, false) => 5000,
        Pair::Flags(_, true) => 6000,
        Pair::Flags(false, false) => 7000,
    }
}

/// The first child of a node, to be written through.
fun first_child(tree: &mut Tree): &mut u64 {
    match (tree) {
        Tree::Leaf(n) => n,
        Tree::Node { children, .. } => &mut children[0],
    }
}

fun taken<T>(held: Held<T>, otherwise: T): (T, Held<T>) {
    match (held) {
        Held::Something(x) => (x, Held::Something(otherwise)),
        Held::Nothing => (otherwise, Held::Nothing),
    }
}

fun over<T>(held: Held<T>): T {
    match (held) {
        Held::Something(x) => x,
        Held::Nothing => abort 77,
    }
}

#[test]
fun every_variant_is_taken_apart_and_remade() { 12u64.do!(|at| assert!(remade(every(at, 5)) == every(at, 5))) }

#[test]
fun every_variant_is_read_through_a_reference() { 12u64.do!(|at| assert!(copied(&every(at, 7)) == every(at, 7))) }

#[test]
fun every_variant_is_written_through_a_reference() {
    12u64.do!(|at| {
        let mut e = every(at, 7);
        set_to_eight(&mut e);
        assert!(e == every(at, 8));
    })
}

#[test]
fun variants_differ_by_tag_and_by_fields() {
    let mut equal = 0u64;
    12u64.do!(|a| 12u64.do!(|b| if (every(a, 1) == every(b, 1)) equal = equal + 1));
    assert!(equal == 12);
    11u64.do!(|at| assert!(every(at, 1) != every(at, 2)));
}

#[test]
fun generic_bool() { generic_variants!(kinds::a_bool(true), kinds::a_bool(false)) }

#[test]
fun generic_u8() { generic_variants!(kinds::a_u8(0), kinds::a_u8(255)) }

#[test]
fun generic_u16() { generic_variants!(kinds::a_u16(1), kinds::a_u16(65535)) }

#[test]
fun generic_u32() { generic_variants!(kinds::a_u32(1), kinds::a_u32(4294967295)) }

#[test]
fun generic_u64() { generic_variants!(kinds::a_u64(1), kinds::a_u64(18446744073709551615)) }

#[test]
fun generic_u128() { generic_variants!(kinds::a_u128(1), kinds::a_u128(1 << 127)) }

#[test]
fun generic_u256() { generic_variants!(kinds::a_u256(1), kinds::a_u256(1 << 255)) }

#[test]
fun generic_address() { generic_variants!(kinds::a_address(@0x1), kinds::a_address(@0xffff)) }

#[test]
fun generic_vector() { generic_variants!(kinds::a_list(vector[1]), kinds::a_list(vector[1, 2])) }

#[test]
fun generic_struct() { generic_variants!(kinds::some_inner(1), kinds::some_inner(2)) }

#[test]
fun generic_enum() { generic_variants!(kinds::some_kind(0), kinds::some_kind(2)) }

#[test]
fun alternatives() {
    let expected = vector[1u64, 1, 2, 3, 3, 3, 4, 4];
    8u64.do!(|n| assert!(rank(&level(n)) == expected[n]));
}

#[test]
fun literals_guards_and_bindings() {
    assert!(described(0, false) == 100 && described(2, true) == 200 && described(3, false) == 200);
    assert!(described(10, true) == 310 && described(20, false) == 320);
    assert!(described(1001, true) == 400 && described(1001, false) == 600 && described(5, true) == 500);
    assert!(bytes(0) == 1 && bytes(255) == 2 && bytes(9) == 9);
    assert!(truth(true, true) == 3 && truth(true, false) == 2 && truth(false, true) == 1 && truth(false, false) == 0);
}

#[test]
fun nested_patterns() {
    let node = Tree::Node { children: vector[1, 2, 3], inner: kinds::some_inner(1) };
    assert!(weight(&Pair::Both(Tree::Leaf(3), Tree::Leaf(4))) == 7);
    assert!(weight(&Pair::Both(Tree::Leaf(0), node)) == 3);
    assert!(weight(&Pair::Both(Tree::Leaf(1), node)) == 2000);
    assert!(weight(&Pair::Both(node, Tree::Leaf(1))) == 1003);
    assert!(weight(&Pair::Single(Tree::Leaf(7))) == 3000 && weight(&Pair::Single(Tree::Leaf(8))) == 8 && weight(&Pair::Single(node)) == 4000);
    assert!(weight(&Pair::Flags(true, false)) == 5000 && weight(&Pair::Flags(false, true)) == 6000);
    assert!(weight(&Pair::Flags(true, true)) == 6000 && weight(&Pair::Flags(false, false)) == 7000);
}

#[test]
fun a_reference_out_of_a_match() {
    let mut node = Tree::Node { children: vector[1, 2, 3], inner: kinds::some_inner(1) };
    *first_child(&mut node) = 50;
    let mut leaf = Tree::Leaf(1);
    let r = first_child(&mut leaf);
    *r = *r + 1;
    assert!(leaf == Tree::Leaf(2));
    assert!(node == Tree::Node { children: vector[50, 2, 3], inner: kinds::some_inner(1) });
}

#[test]
fun values_without_abilities_move_through_a_match() {
    let (a, held) = taken(Held::Something(5u64), 6);
    assert!(over(held) == 6 && a == 5);
    let (b, none) = taken(Held::Nothing, vector[1u8]);
    assert!(b == vector[1]);
    match (none) {
        Held::Nothing => (),
        Held::Something(x) => abort x[0] as u64,
    }
}

#[test]
fun enums_in_vectors_and_structs() {
    let mut all = vector[];
    12u64.do!(|at| all.push_back(every(at, at)));
    all.swap(0, 11);
    all.do_mut!(|e| set_to_eight(e));
    assert!(all[0] == Every::Nothing && all[11] == every(0, 8));
    let last = all.pop_back();
    assert!(last == Every::Flag(false) && all.length() == 11);
}

#[test]
fun a_variant_replaces_another_of_other_size() {
    let mut e = every(11, 0);
    let mut at = 0;
    while (at < 12) {
        let r = &mut e;
        *r = every(at, 1);
        assert!(copied(r) == every(at, 1));
        at = at + 1;
    };
    assert!(e == Every::Nothing);
}

#[test]
fun a_match_in_a_loop_with_breaks() {
    let mut sum = 0u64;
    let mut n = 0u64;
    'out: loop {
        match (level(n)) {
            Level::A => { n = n + 2; continue },
            Level::H => break 'out,
            other => sum = sum + rank(&other),
        };
        n = n + 1;
    };
    assert!(sum == 2 + 3 + 3 + 3 + 4);
}

#[test, expected_failure(abort_code = 77, location = Self)]
fun a_match_arm_aborts() { over<u64>(Held::Nothing); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun a_guard_fails() {
    match (every(4, 0)) {
        Every::N64 { n } if (1 / *n == 0) => (),
        _ => (),
    }
}
