/// Reading BCS.
module sui::bcs;

use sui::address;

/// The bytes end too early.
const EOutOfRange: u64 = 0;
/// A boolean is neither 0 nor 1.
const ENotBool: u64 = 1;
/// A length is not minimal or leaves the range.
const ELenOutOfRange: u64 = 2;

/// What is not read yet, last byte first.
public struct BCS has copy, drop, store {
    bytes: vector<u8>,
}

public fun to_bytes<T>(value: &T): vector<u8> {
    std::bcs::to_bytes(value)
}

public fun new(mut bytes: vector<u8>): BCS {
    bytes.reverse();
    BCS { bytes }
}

public fun into_remainder_bytes(bcs: BCS): vector<u8> {
    let BCS { mut bytes } = bcs;
    bytes.reverse();
    bytes
}

public fun peel_u8(bcs: &mut BCS): u8 {
    assert!(!bcs.bytes.is_empty(), EOutOfRange);
    bcs.bytes.pop_back()
}

fun peel_integer(bcs: &mut BCS, length: u8): u256 {
    assert!(bcs.bytes.length() >= (length as u64), EOutOfRange);
    let mut value = 0u256;
    let mut i = 0u8;
    while (i < length) {
        value = value | ((bcs.bytes.pop_back() as u256) << (8 * i));
        i = i + 1;
    };
    value
}

public fun peel_u16(bcs: &mut BCS): u16 {
    bcs.peel_integer(2) as u16
}

public fun peel_u32(bcs: &mut BCS): u32 {
    bcs.peel_integer(4) as u32
}

public fun peel_u64(bcs: &mut BCS): u64 {
    bcs.peel_integer(8) as u64
}

public fun peel_u128(bcs: &mut BCS): u128 {
    bcs.peel_integer(16) as u128
}

public fun peel_u256(bcs: &mut BCS): u256 {
    bcs.peel_integer(32)
}

public fun peel_bool(bcs: &mut BCS): bool {
    let byte = bcs.peel_u8();
    assert!(byte < 2, ENotBool);
    byte == 1
}

public fun peel_address(bcs: &mut BCS): address {
    assert!(bcs.bytes.length() >= 32, EOutOfRange);
    let mut bytes = vector[];
    while (bytes.length() < 32) bytes.push_back(bcs.bytes.pop_back());
    address::from_bytes(bytes)
}

/// ULEB128.
public fun peel_vec_length(bcs: &mut BCS): u64 {
    let mut length = 0u64;
    let mut shift = 0u8;
    loop {
        assert!(shift <= 28, ELenOutOfRange);
        // An end here is that of the vector, not EOutOfRange, as with Sui.
        let byte = bcs.bytes.pop_back() as u64;
        length = length | ((byte & 0x7f) << shift);
        if (byte & 0x80 == 0) return length;
        shift = shift + 7;
    }
}

/// The place of an enum's variant.
public fun peel_enum_tag(bcs: &mut BCS): u32 {
    let tag = bcs.peel_vec_length();
    assert!(tag <= std::u32::max_value!() as u64, EOutOfRange);
    tag as u32
}

// === Vectors ===

public macro fun peel_vec<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): vector<$T> {
    let bcs = $bcs;
    vector::tabulate!(bcs.peel_vec_length(), |_| $peel(bcs))
}

public fun peel_vec_address(bcs: &mut BCS): vector<address> {
    bcs.peel_vec!(|bcs| bcs.peel_address())
}

public fun peel_vec_bool(bcs: &mut BCS): vector<bool> {
    bcs.peel_vec!(|bcs| bcs.peel_bool())
}

public fun peel_vec_u8(bcs: &mut BCS): vector<u8> {
    bcs.peel_vec!(|bcs| bcs.peel_u8())
}

public fun peel_vec_u16(bcs: &mut BCS): vector<u16> {
    bcs.peel_vec!(|bcs| bcs.peel_u16())
}

public fun peel_vec_u32(bcs: &mut BCS): vector<u32> {
    bcs.peel_vec!(|bcs| bcs.peel_u32())
}

public fun peel_vec_u64(bcs: &mut BCS): vector<u64> {
    bcs.peel_vec!(|bcs| bcs.peel_u64())
}

public fun peel_vec_u128(bcs: &mut BCS): vector<u128> {
    bcs.peel_vec!(|bcs| bcs.peel_u128())
}

public fun peel_vec_u256(bcs: &mut BCS): vector<u256> {
    bcs.peel_vec!(|bcs| bcs.peel_u256())
}

public fun peel_vec_vec_u8(bcs: &mut BCS): vector<vector<u8>> {
    bcs.peel_vec!(|bcs| bcs.peel_vec_u8())
}

// === Options ===

public macro fun peel_option<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): Option<$T> {
    let bcs = $bcs;
    if (bcs.peel_bool()) option::some($peel(bcs)) else option::none()
}

public fun peel_option_address(bcs: &mut BCS): Option<address> {
    bcs.peel_option!(|bcs| bcs.peel_address())
}

public fun peel_option_bool(bcs: &mut BCS): Option<bool> {
    bcs.peel_option!(|bcs| bcs.peel_bool())
}

public fun peel_option_u8(bcs: &mut BCS): Option<u8> {
    bcs.peel_option!(|bcs| bcs.peel_u8())
}

public fun peel_option_u16(bcs: &mut BCS): Option<u16> {
    bcs.peel_option!(|bcs| bcs.peel_u16())
}

public fun peel_option_u32(bcs: &mut BCS): Option<u32> {
    bcs.peel_option!(|bcs| bcs.peel_u32())
}

public fun peel_option_u64(bcs: &mut BCS): Option<u64> {
    bcs.peel_option!(|bcs| bcs.peel_u64())
}

public fun peel_option_u128(bcs: &mut BCS): Option<u128> {
    bcs.peel_option!(|bcs| bcs.peel_u128())
}

public fun peel_option_u256(bcs: &mut BCS): Option<u256> {
    bcs.peel_option!(|bcs| bcs.peel_u256())
}
