/// Every function and macro of the integer types and of the fixed-point types.
module subset::numbers;

use std::fixed_point32::{Self, FixedPoint32};
use std::string::String;
use std::uq32_32::{Self, UQ32_32};
use std::uq64_64::{Self, UQ64_64};

// === u8 ===

public fun all_u8(x: u8, y: u8): vector<u8> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x.sqrt(), std::u8::max_value!()]
}

public fun text_u8(x: u8): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u8(n: u8): vector<u8> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u8.range_do!(n, |i| seen.push_back(i));
    2u8.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

// === u16 ===

public fun all_u16(x: u16, y: u16): vector<u16> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x.sqrt(), std::u16::max_value!()]
}

public fun text_u16(x: u16): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u16(n: u16): vector<u16> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u16.range_do!(n, |i| seen.push_back(i));
    2u16.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

public fun narrow_u16(x: u16): vector<bool> {
    vector[x.try_as_u8().is_some()]
}

// === u32 ===

public fun all_u32(x: u32, y: u32): vector<u32> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x.sqrt(), std::u32::max_value!()]
}

public fun text_u32(x: u32): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u32(n: u32): vector<u32> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u32.range_do!(n, |i| seen.push_back(i));
    2u32.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

public fun narrow_u32(x: u32): vector<bool> {
    vector[x.try_as_u8().is_some(), x.try_as_u16().is_some()]
}

// === u64 ===

public fun all_u64(x: u64, y: u64): vector<u64> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x.sqrt(), std::u64::max_value!()]
}

public fun text_u64(x: u64): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u64(n: u64): vector<u64> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u64.range_do!(n, |i| seen.push_back(i));
    2u64.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

public fun narrow_u64(x: u64): vector<bool> {
    vector[x.try_as_u8().is_some(), x.try_as_u16().is_some(), x.try_as_u32().is_some()]
}

// === u128 ===

public fun all_u128(x: u128, y: u128): vector<u128> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x.sqrt(), std::u128::max_value!()]
}

public fun text_u128(x: u128): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u128(n: u128): vector<u128> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u128.range_do!(n, |i| seen.push_back(i));
    2u128.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

public fun narrow_u128(x: u128): vector<bool> {
    vector[x.try_as_u8().is_some(), x.try_as_u16().is_some(), x.try_as_u32().is_some(), x.try_as_u64().is_some()]
}

// === u256 ===

public fun all_u256(x: u256, y: u256): vector<u256> {
    vector[x.max(y), x.min(y), x.diff(y), x.bitwise_not(), x.divide_and_round_up(y), (x % 4).pow(3), x, std::u256::max_value!()]
}

public fun text_u256(x: u256): String {
    x.to_string()
}

/// 0 to n - 1, 0 to n, 2 to n - 1, 2 to n.
public fun ranges_u256(n: u256): vector<u256> {
    let mut seen = vector[];
    n.do!(|i| seen.push_back(i));
    n.do_eq!(|i| seen.push_back(i));
    2u256.range_do!(n, |i| seen.push_back(i));
    2u256.range_do_eq!(n, |i| seen.push_back(i));
    seen
}

public fun narrow_u256(x: u256): vector<bool> {
    vector[x.try_as_u8().is_some(), x.try_as_u16().is_some(), x.try_as_u32().is_some(), x.try_as_u64().is_some(), x.try_as_u128().is_some()]
}

// === Fixed-point numbers ===

public fun thirds_32(): (u64, u32, u64, u64) {
    let third = uq32_32::from_quotient(1, 3);
    let two = uq32_32::from_int(2);
    let sum: UQ32_32 = third.add(two);
    (sum.to_raw(), sum.sub(third).mul(two).div(third).to_int(), uq32_32::int_mul(9, third), uq32_32::int_div(9, third))
}

public fun order_32(a: u64, b: u64): vector<bool> {
    let (a, b) = (uq32_32::from_raw(a), uq32_32::from_raw(b));
    vector[a.lt(b), a.le(b), a.gt(b), a.ge(b)]
}

public fun thirds_64(): (u128, u64, u128, u128) {
    let third = uq64_64::from_quotient(1, 3);
    let two = uq64_64::from_int(2);
    let sum: UQ64_64 = third.add(two);
    (sum.to_raw(), sum.sub(third).mul(two).div(third).to_int(), uq64_64::int_mul(9, third), uq64_64::int_div(9, third))
}

public fun order_64(a: u128, b: u128): vector<bool> {
    let (a, b) = (uq64_64::from_raw(a), uq64_64::from_raw(b));
    vector[a.lt(b), a.le(b), a.gt(b), a.ge(b)]
}

#[allow(deprecated_usage)]
public fun old_thirds(): (u64, u64, u64, bool) {
    let third: FixedPoint32 = fixed_point32::create_from_rational(1, 3);
    let raw = third.get_raw_value();
    (raw, fixed_point32::multiply_u64(9, third), fixed_point32::divide_u64(9, third), fixed_point32::create_from_raw_value(0).is_zero())
}
