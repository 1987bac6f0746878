/// Numbers with 64 bits before the binary point and 64 after it. The errors' messages and names are Sui's; their codes carry the line
/// of this text.
module std::uq64_64;

#[error]
const EDenominator: vector<u8> = b"Quotient specified with a zero denominator";
#[error]
const EQuotientTooSmall: vector<u8> =
    b"Quotient specified is too small, and is outside of the supported range";
#[error]
const EQuotientTooLarge: vector<u8> =
    b"Quotient specified is too large, and is outside of the supported range";
#[error]
const EOverflow: vector<u8> = b"Overflow from an arithmetic operation";
#[error]
const EDivisionByZero: vector<u8> = b"Division by zero";

const TOTAL_BITS: u8 = 128;
const FRACTIONAL_BITS: u8 = 64;

public struct UQ64_64(u128) has copy, drop, store;

// === Making one ===

/// Rounded down. Aborts when the denominator is zero, when the result is at least 2^64, and when a quotient that is not zero would be.
public fun from_quotient(numerator: u128, denominator: u128): UQ64_64 {
    UQ64_64(
        std::macros::uq_from_quotient!<u128, u256>(
            numerator,
            denominator,
            std::u128::max_value!(),
            TOTAL_BITS,
            FRACTIONAL_BITS,
            abort EDenominator,
            abort EQuotientTooSmall,
            abort EQuotientTooLarge,
        ),
    )
}

public fun from_int(integer: u64): UQ64_64 {
    UQ64_64(std::macros::uq_from_int!(integer, FRACTIONAL_BITS))
}

/// The number times 2^64.
public fun from_raw(raw_value: u128): UQ64_64 {
    UQ64_64(raw_value)
}

// === Reading it ===

/// Without the fraction.
public fun to_int(a: UQ64_64): u64 {
    std::macros::uq_to_int!(a.0, FRACTIONAL_BITS)
}

/// The number times 2^64.
public fun to_raw(a: UQ64_64): u128 {
    a.0
}

public fun lt(a: UQ64_64, b: UQ64_64): bool {
    a.0 < b.0
}

public fun le(a: UQ64_64, b: UQ64_64): bool {
    a.0 <= b.0
}

public fun gt(a: UQ64_64, b: UQ64_64): bool {
    a.0 > b.0
}

public fun ge(a: UQ64_64, b: UQ64_64): bool {
    a.0 >= b.0
}

// === Arithmetic ===

public fun add(a: UQ64_64, b: UQ64_64): UQ64_64 {
    UQ64_64(std::macros::uq_add!<u128, u256>(a.0, b.0, std::u128::max_value!(), abort EOverflow))
}

public fun sub(a: UQ64_64, b: UQ64_64): UQ64_64 {
    UQ64_64(std::macros::uq_sub!(a.0, b.0, abort EOverflow))
}

public fun mul(a: UQ64_64, b: UQ64_64): UQ64_64 {
    UQ64_64(int_mul(a.0, b))
}

public fun div(a: UQ64_64, b: UQ64_64): UQ64_64 {
    UQ64_64(int_div(a.0, b))
}

/// An integer times a number, rounded down.
public fun int_mul(val: u128, multiplier: UQ64_64): u128 {
    std::macros::uq_int_mul!<u128, u256>(
        val,
        multiplier.0,
        std::u128::max_value!(),
        FRACTIONAL_BITS,
        abort EOverflow,
    )
}

/// An integer divided by a number, rounded down.
public fun int_div(val: u128, divisor: UQ64_64): u128 {
    std::macros::uq_int_div!<u128, u256>(
        val,
        divisor.0,
        std::u128::max_value!(),
        FRACTIONAL_BITS,
        abort EDivisionByZero,
        abort EOverflow,
    )
}
