/// Functions of `u64`.
#[defines_primitive(u64)]
module std::u64;

use std::string::String;

public fun max(x: u64, y: u64): u64 {
    std::macros::num_max!(x, y)
}

public fun min(x: u64, y: u64): u64 {
    std::macros::num_min!(x, y)
}

/// The distance between the two.
public fun diff(x: u64, y: u64): u64 {
    std::macros::num_diff!(x, y)
}

public fun bitwise_not(x: u64): u64 {
    x ^ max_value!()
}

public fun divide_and_round_up(x: u64, y: u64): u64 {
    std::macros::num_divide_and_round_up!(x, y)
}

/// Aborts as an overflow does when the power is too large.
public fun pow(base: u64, exponent: u8): u64 {
    std::macros::num_pow!(base, exponent)
}

/// Rounded down.
public fun sqrt(x: u64): u64 {
    std::macros::num_sqrt!<u64, u128>(x, 64)
}

/// None when the value is too large.
public fun try_as_u8(x: u64): Option<u8> {
    std::macros::try_as_u8!(x)
}

/// None when the value is too large.
public fun try_as_u16(x: u64): Option<u16> {
    std::macros::try_as_u16!(x)
}

/// None when the value is too large.
public fun try_as_u32(x: u64): Option<u32> {
    std::macros::try_as_u32!(x)
}

/// Decimal.
public fun to_string(x: u64): String {
    std::macros::num_to_string!(x)
}

public macro fun max_value(): u64 {
    0xffff_ffff_ffff_ffff
}

/// From `$start` to `$stop - 1`.
public macro fun range_do<$R: drop>($start: u64, $stop: u64, $f: |u64| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// From `$start` to `$stop`.
public macro fun range_do_eq<$R: drop>($start: u64, $stop: u64, $f: |u64| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// From 0 to `$stop - 1`.
public macro fun do<$R: drop>($stop: u64, $f: |u64| -> $R) {
    std::macros::do!($stop, $f)
}

/// From 0 to `$stop`.
public macro fun do_eq<$R: drop>($stop: u64, $f: |u64| -> $R) {
    std::macros::do_eq!($stop, $f)
}
