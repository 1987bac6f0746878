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
