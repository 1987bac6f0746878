/// Addresses as integers, bytes and text.
#[defines_primitive(address)]
module sui::address;

use std::ascii;
use std::bcs;
use std::string;
use sui::hex;

public use fun sui::object::id_from_address as address.to_id;

/// The bytes are not exactly 32 (the native aborts with it), or the text is no address.
const EAddressParseError: u64 = 0;

const MAX: u256 = 115792089237316195423570985008687907853269984665640564039457584007913129639935;

public native fun to_u256(a: address): u256;
public native fun from_u256(n: u256): address;
public native fun from_bytes(bytes: vector<u8>): address;

public fun to_bytes(a: address): vector<u8> {
    bcs::to_bytes(&a)
}

/// 64 digits, no 0x.
public fun to_ascii_string(a: address): ascii::String {
    ascii::string(hex::encode(to_bytes(a)))
}

public fun to_string(a: address): string::String {
    to_ascii_string(a).to_string()
}

public fun length(): u64 {
    32
}

public fun max(): u256 {
    MAX
}

/// 64 digits of either case, no 0x.
public fun from_ascii_bytes(bytes: &vector<u8>): address {
    assert!(bytes.length() == 64, EAddressParseError);
    from_bytes(vector::tabulate!(32, |i| digit(bytes[2 * i]) << 4 | digit(bytes[2 * i + 1])))
}

fun digit(c: u8): u8 {
    if (c >= 48 && c <= 57) return c - 48;
    if (c >= 65 && c <= 70) return c - 55;
    assert!(c >= 97 && c <= 102, EAddressParseError);
    c - 87
}
