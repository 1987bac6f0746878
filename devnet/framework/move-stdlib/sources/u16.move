/// Functions of `u16`.
#[defines_primitive(u16)]
module std::u16;

use std::string::String;

public fun max(x: u16, y: u16): u16 {
    std::macros::num_max!(x, y)
}

public fun min(x: u16, y: u16): u16 {
    std::macros::num_min!(x, y)
}

/// The distance between the two.
public fun diff(x: u16, y: u16): u16 {
    std::macros::num_diff!(x, y)
}

public fun bitwise_not(x: u16): u16 {
    x ^ max_value!()
}

public fun divide_and_round_up(x: u16, y: u16): u16 {
    std::macros::num_divide_and_round_up!(x, y)
}

/// Aborts as an overflow does when the power is too large.
public fun pow(base: u16, exponent: u8): u16 {
    std::macros::num_pow!(base, exponent)
}

/// Rounded down.
public fun sqrt(x: u16): u16 {
    std::macros::num_sqrt!<u16, u32>(x, 16)
}

/// None when the value is too large.
public fun try_as_u8(x: u16): Option<u8> {
    std::macros::try_as_u8!(x)
}

/// Decimal.
public fun to_string(x: u16): String {
    std::macros::num_to_string!(x)
}

public macro fun max_value(): u16 {
    0xffff
}

/// From `$start` to `$stop - 1`.
public macro fun range_do<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// From `$start` to `$stop`.
public macro fun range_do_eq<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// From 0 to `$stop - 1`.
public macro fun do<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::do!($stop, $f)
}

/// From 0 to `$stop`.
public macro fun do_eq<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::do_eq!($stop, $f)
}
