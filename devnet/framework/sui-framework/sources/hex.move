/// Bytes as hexadecimal digits, lower case.
module sui::hex;

/// The number of digits is odd.
const EInvalidHexLength: u64 = 0;
/// A character is no hexadecimal digit.
const ENotValidHexCharacter: u64 = 1;

const DIGITS: vector<u8> = b"0123456789abcdef";

public fun encode(bytes: vector<u8>): vector<u8> {
    let digits = DIGITS;
    let n = bytes.length();
    let mut text = vector[];
    let mut i = 0;
    while (i < n) {
        let byte = bytes[i] as u64;
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
        i = i + 1;
    };
    text
}

/// Accepts both cases.
public fun decode(hex: vector<u8>): vector<u8> {
    let n = hex.length();
    assert!(n % 2 == 0, EInvalidHexLength);
    let mut bytes = vector[];
    let mut i = 0;
    while (i < n) {
        bytes.push_back((value(hex[i]) << 4) | value(hex[i + 1]));
        i = i + 2;
    };
    bytes
}

fun value(c: u8): u8 {
    if (c >= 48 && c <= 57) c - 48
    else if (c >= 97 && c <= 102) c - 87
    else if (c >= 65 && c <= 70) c - 55
    else abort ENotValidHexCharacter
}
