/// Numbers with 32 bits before the binary point and 32 after it. The errors' messages and names are Sui's; their codes carry the line
/// of this text.
module std::uq32_32;

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

const TOTAL_BITS: u8 = 64;
const FRACTIONAL_BITS: u8 = 32;

public struct UQ32_32(u64) has copy, drop, store;

// === Making one ===

/// Rounded down. Aborts when the denominator is zero, when the result is at least 2^32, and when a quotient that is not zero would be.
public fun from_quotient(numerator: u64, denominator: u64): UQ32_32 {
    UQ32_32(
        std::macros::uq_from_quotient!<u64, u128>(
            numerator,
            denominator,
            std::u64::max_value!(),
            TOTAL_BITS,
            FRACTIONAL_BITS,
            abort EDenominator,
            abort EQuotientTooSmall,
            abort EQuotientTooLarge,
        ),
    )
}

public fun from_int(integer: u32): UQ32_32 {
    UQ32_32(std::macros::uq_from_int!(integer, FRACTIONAL_BITS))
}

/// The number times 2^32.
public fun from_raw(raw_value: u64): UQ32_32 {
    UQ32_32(raw_value)
}

// === Reading it ===

/// Without the fraction.
public fun to_int(a: UQ32_32): u32 {
    std::macros::uq_to_int!(a.0, FRACTIONAL_BITS)
}

/// The number times 2^32.
public fun to_raw(a: UQ32_32): u64 {
    a.0
}

public fun lt(a: UQ32_32, b: UQ32_32): bool {
    a.0 < b.0
}

public fun le(a: UQ32_32, b: UQ32_32): bool {
    a.0 <= b.0
}

public fun gt(a: UQ32_32, b: UQ32_32): bool {
    a.0 > b.0
}

public fun ge(a: UQ32_32, b: UQ32_32): bool {
    a.0 >= b.0
}

// === Arithmetic ===

public fun add(a: UQ32_32, b: UQ32_32): UQ32_32 {
    UQ32_32(std::macros::uq_add!<u64, u128>(a.0, b.0, std::u64::max_value!(), abort EOverflow))
}

public fun sub(a: UQ32_32, b: UQ32_32): UQ32_32 {
    UQ32_32(std::macros::uq_sub!(a.0, b.0, abort EOverflow))
}

public fun mul(a: UQ32_32, b: UQ32_32): UQ32_32 {
    UQ32_32(int_mul(a.0, b))
}

public fun div(a: UQ32_32, b: UQ32_32): UQ32_32 {
    UQ32_32(int_div(a.0, b))
}

/// An integer times a number, rounded down.
public fun int_mul(val: u64, multiplier: UQ32_32): u64 {
    std::macros::uq_int_mul!<u64, u128>(
        val,
        multiplier.0,
        std::u64::max_value!(),
        FRACTIONAL_BITS,
        abort EOverflow,
    )
}

/// An integer divided by a number, rounded down.
public fun int_div(val: u64, divisor: UQ32_32): u64 {
    std::macros::uq_int_div!<u64, u128>(
        val,
        divisor.0,
        std::u64::max_value!(),
        FRACTIONAL_BITS,
        abort EDivisionByZero,
        abort EOverflow,
    )
}
