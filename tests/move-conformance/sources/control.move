/// Branches, loops, booleans, calls, aborts, constants.
module conformance::control;

const ESmall: u64 = 7;
#[error]
const EText: vector<u8> = b"with a text";
const TABLE: vector<u64> = vector[3, 1, 4, 1, 5];
const TRUE: bool = true;
const WHO: address = @0xcafe;
const BIG: u256 = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
const NESTED: vector<vector<u8>> = vector[b"a", b"", b"bc"];

fun truth(x: bool): bool { x }

fun fib(n: u64): u64 { if (n < 2) n else fib(n - 1) + fib(n - 2) }

fun is_even(n: u64): bool { if (n == 0) true else is_odd(n - 1) }

fun is_odd(n: u64): bool { if (n == 0) false else is_even(n - 1) }

fun deep(n: u64): u64 { if (n == 0) 0 else 1 + deep(n - 1) }

fun three(): (u64, bool, address) { (1, true, @0x3) }

#[test]
fun booleans() {
    assert!(truth(true) && !truth(false));
    assert!(truth(false) || truth(true));
    assert!(truth(true) == truth(true));
    assert!(truth(true) != truth(false));
    let mut evaluated = false;
    assert!(truth(true) || { evaluated = true; true });
    assert!(!evaluated);
}

#[test]
fun recursion() {
    assert!(fib(12) == 144);
    assert!(is_even(40) && is_odd(41));
}

#[test]
fun loops() {
    let mut sum = 0;
    let mut i = 0;
    while (true) {
        i = i + 1;
        if (i % 2 == 0) continue;
        if (i > 20) break;
        sum = sum + i;
    };
    assert!(sum == 100);
    let found = 'outer: loop {
        let mut j = 0;
        loop {
            j = j + 1;
            if (j * j == 49) break 'outer j;
        }
    };
    assert!(found == 7);
}

#[test]
fun several_results() {
    let (a, b, c) = three();
    assert!(a == 1 && b && c == @0x3);
}

#[test]
fun constants() {
    assert!(TABLE[4] == 5 && TABLE.length() == 5);
    assert!(TRUE && WHO == @0xcafe && BIG > 0);
    assert!(NESTED[2] == b"bc" && NESTED[1].is_empty());
    let mut copied = TABLE;
    *copied.borrow_mut(0) = 9;
    assert!(TABLE[0] == 3);
}

#[test]
fun call_depth_below_limit() { assert!(deep(1000) == 1000); }

#[test, expected_failure]
fun call_depth_limit() { deep(1100); }

#[test, expected_failure(abort_code = ESmall)]
fun aborts_with_constant() { abort ESmall }

#[test, expected_failure(abort_code = 7, location = Self)]
fun aborts_with_number() { assert!(truth(false), 7) }

#[test, expected_failure(abort_code = EText)]
fun aborts_with_text() { assert!(truth(false), EText) }

#[test, expected_failure]
fun aborts_without_code() { assert!(truth(false)) }

#[test, expected_failure(abort_code = conformance::helper::EHelper)]
fun aborts_elsewhere() { conformance::helper::fail() }

#[error]
const ENumbered: u64 = 5;
#[error]
const EFlag: bool = true;
#[error]
const EWho: address = @0xbad;
#[error]
const EBytes: vector<u8> = x"ff00";
#[error]
const EList: vector<u64> = vector[1, 2];
#[error(code = 9)]
const ECoded: vector<u8> = b"with a code";
const EZero: u64 = 0;
const ELargest: u64 = 18446744073709551615;

fun fails(with: u64) { abort with }

fun fails_deep(n: u64) { if (n == 0) helper_fails() else fails_deep(n - 1) }

fun helper_fails() { conformance::helper::fail() }

fun checked<T: drop>(x: T, ok: bool): T {
    assert!(ok, EText);
    x
}

fun deep_with_operands(n: u64): u64 { if (n == 0) 0 else 1 + (2 * (3 + deep_with_operands(n - 1) % 7)) }

fun sum_of(n: u64): u64 {
    let mut sum = 0;
    let mut i = 0;
    while (i < n) {
        sum = sum + i;
        i = i + 1;
    };
    sum
}

fun ten(a: u8, b: u16, c: u32, d: u64, e: u128, f: u256, g: bool, h: address, i: vector<u8>, j: &mut u64): (u64, bool, address, vector<u8>) {
    *j = (a as u64) + (b as u64) + (c as u64) + d + (e as u64) + (f as u64);
    (*j, !g, h, i)
}

macro fun twice<$T>($f: || -> $T): ($T, $T) { ($f(), $f()) }

macro fun sum_to($n: u64, $each: |u64| -> u64): u64 {
    let mut sum = 0;
    let n = $n;
    let mut i = 0;
    while (i < n) {
        sum = sum + $each(i);
        i = i + 1;
    };
    sum
}

#[test, expected_failure(abort_code = EZero)]
fun aborts_with_zero() { abort EZero }

#[test, expected_failure(abort_code = ELargest)]
fun aborts_with_the_largest() { fails(ELargest) }

#[test, expected_failure(abort_code = 123, location = Self)]
fun aborts_in_a_callee() { fails(123) }

#[test, expected_failure(abort_code = conformance::helper::EHelper)]
fun aborts_far_away() { fails_deep(50) }

#[test, expected_failure]
fun aborts_with_a_numbered_error() { assert!(truth(false), ENumbered) }

#[test, expected_failure]
fun aborts_with_a_flag() { abort EFlag }

#[test, expected_failure]
fun aborts_with_an_address() { abort EWho }

#[test, expected_failure]
fun aborts_with_bytes_that_are_no_text() { abort EBytes }

#[test, expected_failure]
fun aborts_with_a_list() { abort EList }

#[test, expected_failure]
fun aborts_with_a_coded_error() { abort ECoded }

#[test, expected_failure]
fun aborts_without_anything() { abort }

#[test, expected_failure(abort_code = EText)]
fun aborts_in_a_generic_function() { checked(vector[1u8], false); }

#[test, expected_failure]
fun aborts_with_a_computed_code() { abort 0xffff_ffff_ffff_0000 + (truth_number(true) * 65535) }

fun truth_number(x: bool): u64 { if (x) 1 else 0 }

#[test, expected_failure]
fun aborts_with_a_code_that_looks_clever() { abort 0x8000_0007_ffff_ffff }

#[test, expected_failure]
fun operand_stack_limit() { deep_with_operands(400); }

#[test]
fun operand_stack_below_limit() { assert!(deep_with_operands(300) > 0); }

#[test, expected_failure]
fun operand_stack_limit_with_one_operand() { one_operand(1023); }

fun one_operand(n: u64): u64 { if (n == 0) 0 else n + one_operand(n - 1) }

#[test]
fun arguments_of_every_kind() {
    let mut out = 0;
    let (sum, flag, who, bytes) = ten(1, 2, 3, 4, 5, 6, false, @0x9, b"x", &mut out);
    assert!(sum == 21 && out == 21 && flag && who == @0x9 && bytes == b"x");
}

#[test]
fun macros_with_lambdas() {
    let mut n = 0u64;
    let (a, b) = twice!(|| { n = n + 1; n });
    assert!(a == 1 && b == 2 && n == 2);
    assert!(sum_to!(5, |i| i * i) == 30);
    assert!(sum_to!(3, |i| sum_to!(i, |j| j + i)) == sum_of(2) + 1 + 4);
    assert!('found: { 10u64.do!(|i| if (i == 7) return 'found i); 0 } == 7);
}

#[test]
fun short_circuits() {
    let mut steps = vector<u8>[];
    let _ = truth(false) && { steps.push_back(1); true };
    let _ = truth(true) || { steps.push_back(2); true };
    let _ = truth(true) && { steps.push_back(3); true };
    let _ = truth(false) || { steps.push_back(4); true };
    assert!(steps == vector[3, 4]);
    assert!(!(truth(true) && truth(false)) && (truth(false) || !truth(false)));
}

#[test]
fun operands_are_evaluated_from_left_to_right() {
    let mut order = vector<u64>[];
    let total = { order.push_back(1); 10u64 } - { order.push_back(2); 3 } * { order.push_back(3); 2 };
    assert!(total == 4 && order == vector[1, 2, 3]);
}

#[test]
fun nested_loops_and_labels() {
    let mut pairs = 0u64;
    let mut i = 0u64;
    let last = 'outer: loop {
        i = i + 1;
        let mut j = 0u64;
        while (j < 10) {
            j = j + 1;
            if (j == 3) continue;
            if (j == 7 && i < 4) continue 'outer;
            if (i * j == 32) break 'outer j;
            pairs = pairs + 1;
        }
    };
    assert!(last == 8 && pairs == 5 * 3 + 6);
}

fun down(n: u64) { if (n > 0) down(n - 1) }

fun down_to<T>(n: u64) { if (n > 0) down_to<T>(n - 1) }

#[test]
fun the_deepest_call() { down(1023) }

#[test, expected_failure]
fun one_call_too_deep() { down(1024) }

#[test, expected_failure]
fun one_generic_call_too_deep() { down_to<u8>(1024) }

fun down_and_abort(n: u64) { if (n > 0) down_and_abort(n - 1) else abort 5 }

#[test, expected_failure(abort_code = 5, location = Self)]
fun aborts_in_the_deepest_call() { down_and_abort(1023) }

/// Holds seven operands while it calls.
fun seven(n: u64): u64 {
    if (n == 0) return 0;
    1 + (n + (2 + (n + (3 + (n + (4 + seven(n - 1)))))))
}

#[test]
fun operand_stack_just_below_limit() { assert!(seven(145) > 0) }

#[test, expected_failure]
fun operand_stack_just_above_limit() { seven(147); }

#[test, expected_failure]
fun operand_stack_limit_in_a_native() { fills_and_hashes(1023); }

fun fills_and_hashes(n: u64): u64 { if (n == 0) std::bcs::to_bytes(&n).length() else n + fills_and_hashes(n - 1) }
