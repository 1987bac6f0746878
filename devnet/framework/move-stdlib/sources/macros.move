/// Bodies that the modules of all integer types and of both fixed-point types share. The loops are expanded into other packages' code, so
/// they have the steps of Sui's and variables of the same names (the compiler numbers locals in the order of their names): else a caller's
/// bytecode would differ.
module std::macros;

use std::string::String;

// === Integers ===

public macro fun num_max<$T>($x: $T, $y: $T): $T {
    let a = $x;
    let b = $y;
    if (a > b) a else b
}

public macro fun num_min<$T>($x: $T, $y: $T): $T {
    let a = $x;
    let b = $y;
    if (a < b) a else b
}

public macro fun num_diff<$T>($x: $T, $y: $T): $T {
    let a = $x;
    let b = $y;
    if (a > b) a - b else b - a
}

public macro fun num_divide_and_round_up<$T>($x: $T, $y: $T): $T {
    let a = $x;
    let b = $y;
    if (a % b == 0) a / b else a / b + 1
}

/// By repeated squaring.
public macro fun num_pow($base: _, $exponent: u8): _ {
    let mut power = $base;
    let mut left = $exponent;
    let mut product = 1;
    while (left >= 1) {
        if (left % 2 == 0) {
            power = power * power;
            left = left / 2;
        } else {
            product = product * power;
            left = left - 1;
        }
    };
    product
}

/// Rounded down, a binary digit a step. `$U` must hold `1 << $bitsize`.
public macro fun num_sqrt<$T, $U>($x: $T, $bitsize: u8): $T {
    let narrow = $x;
    let mut digit = (1: $U) << $bitsize;
    let mut root = (0: $U);
    let mut rest = narrow as $U;
    while (digit != 0) {
        if (rest >= root + digit) {
            rest = rest - (root + digit);
            root = (root >> 1) + digit;
        } else {
            root = root >> 1;
        };
        digit = digit >> 2;
    };
    root as $T
}

/// Decimal.
public macro fun num_to_string($x: _): String {
    let mut rest = $x;
    if (rest == 0) {
        return b"0".to_string()
    };
    let mut digits = vector[];
    while (rest != 0) {
        digits.push_back(((48 + rest % 10) as u8));
        rest = rest / 10;
    };
    digits.reverse();
    digits.to_string()
}

// === Loops ===

/// `$f` for each of `$start` to `$stop - 1`.
public macro fun range_do<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

/// `$f` for each of `$start` to `$stop`, which may be the type's largest value: it is left before a step beyond it.
public macro fun range_do_eq<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    if (i > stop) return;
    loop {
        $f(i);
        if (i >= stop) break;
        i = i + 1;
    }
}

public macro fun do<$T, $R: drop>($stop: $T, $f: |$T| -> $R) {
    range_do!(0, $stop, $f)
}

public macro fun do_eq<$T, $R: drop>($stop: $T, $f: |$T| -> $R) {
    range_do_eq!(0, $stop, $f)
}

// === Conversions ===

public macro fun try_as_u8($x: _): Option<u8> {
    let n = $x;
    if (n > 0xff) option::none() else option::some(n as u8)
}

public macro fun try_as_u16($x: _): Option<u16> {
    let n = $x;
    if (n > 0xffff) option::none() else option::some(n as u16)
}

public macro fun try_as_u32($x: _): Option<u32> {
    let n = $x;
    if (n > 0xffff_ffff) option::none() else option::some(n as u32)
}

public macro fun try_as_u64($x: _): Option<u64> {
    let n = $x;
    if (n > 0xffff_ffff_ffff_ffff) option::none() else option::some(n as u64)
}

public macro fun try_as_u128($x: _): Option<u128> {
    let n = $x;
    if (n > 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff) option::none() else option::some(n as u128)
}

// === Fixed-point numbers: `$T` holds one, `$U` has twice its bits ===

public macro fun uq_from_quotient<$T, $U>(
    $numerator: $T,
    $denominator: $T,
    $max_t: $T,
    $t_bits: u8,
    $fractional_bits: u8,
    $abort_denominator: _,
    $abort_quotient_too_small: _,
    $abort_quotient_too_large: _,
): $T {
    let above = $numerator;
    let below = $denominator;
    if (below == 0) $abort_denominator;
    // The numerator gets `$fractional_bits` more fractional bits than the denominator.
    let scaled_above = above as $U << $t_bits;
    let scaled_below = below as $U << ($t_bits - $fractional_bits);
    let quotient = scaled_above / scaled_below;
    if (quotient == 0 && above != 0) $abort_quotient_too_small;
    if (quotient > $max_t as $U) $abort_quotient_too_large;
    quotient as $T
}

public macro fun uq_from_int<$T, $U>($integer: $T, $fractional_bits: u8): $U {
    ($integer as $U) << $fractional_bits
}

public macro fun uq_to_int<$T, $U>($a: $U, $fractional_bits: u8): $T {
    ($a >> $fractional_bits) as $T
}

public macro fun uq_add<$T, $U>($a: $T, $b: $T, $max_t: $T, $abort_overflow: _): $T {
    let total = $a as $U + ($b as $U);
    if (total > $max_t as $U) $abort_overflow;
    total as $T
}

public macro fun uq_sub<$T>($a: $T, $b: $T, $abort_overflow: _): $T {
    let x = $a;
    let y = $b;
    if (x < y) $abort_overflow;
    x - y
}

/// An integer times a fixed-point number, rounded down.
public macro fun uq_int_mul<$T, $U>(
    $val: $T,
    $multiplier: $T,
    $max_t: $T,
    $fractional_bits: u8,
    $abort_overflow: _,
): $T {
    let with_fraction = $val as $U * ($multiplier as $U);
    let whole = with_fraction >> $fractional_bits;
    if (whole > $max_t as $U) $abort_overflow;
    whole as $T
}

/// An integer divided by a fixed-point number, rounded down.
public macro fun uq_int_div<$T, $U>(
    $val: $T,
    $divisor: $T,
    $max_t: $T,
    $fractional_bits: u8,
    $abort_division_by_zero: _,
    $abort_overflow: _,
): $T {
    let dividend = $val;
    let by = $divisor;
    if (by == 0) $abort_division_by_zero;
    let scaled = dividend as $U << $fractional_bits;
    let quotient = scaled / (by as $U);
    if (quotient > $max_t as $U) $abort_overflow;
    quotient as $T
}
