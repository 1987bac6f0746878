/// Strings of 7-bit characters.
module std::ascii;

public use fun std::string::from_ascii as String.to_string;

/// A byte is above 127.
const EInvalidASCIICharacter: u64 = 0x10000;
/// The range does not lie inside the string.
const EInvalidIndex: u64 = 0x10001;

public struct String has copy, drop, store {
    bytes: vector<u8>,
}

public struct Char has copy, drop, store {
    byte: u8,
}

public fun char(byte: u8): Char {
    assert!(is_valid_char(byte), EInvalidASCIICharacter);
    Char { byte }
}

public fun string(bytes: vector<u8>): String {
    assert!(all_valid(&bytes), EInvalidASCIICharacter);
    String { bytes }
}

public fun try_string(bytes: vector<u8>): Option<String> {
    if (all_valid(&bytes)) option::some(String { bytes }) else option::none()
}

fun all_valid(bytes: &vector<u8>): bool {
    let n = bytes.length();
    let mut i = 0;
    while (i < n) {
        if (!is_valid_char(bytes[i])) return false;
        i = i + 1;
    };
    true
}

public fun length(string: &String): u64 {
    string.bytes.length()
}

public fun is_empty(string: &String): bool {
    string.bytes.is_empty()
}

public fun push_char(string: &mut String, char: Char) {
    string.bytes.push_back(char.byte)
}

public fun pop_char(string: &mut String): Char {
    Char { byte: string.bytes.pop_back() }
}

public fun append(string: &mut String, other: String) {
    string.bytes.append(other.bytes)
}

/// Characters `i` to `j - 1`.
public fun substring(string: &String, i: u64, j: u64): String {
    assert!(i <= j && j <= string.length(), EInvalidIndex);
    let mut bytes = vector[];
    let mut at = i;
    while (at < j) {
        bytes.push_back(string.bytes[at]);
        at = at + 1;
    };
    String { bytes }
}

public fun as_bytes(string: &String): &vector<u8> {
    &string.bytes
}

public fun into_bytes(string: String): vector<u8> {
    let String { bytes } = string;
    bytes
}

public fun byte(char: Char): u8 {
    char.byte
}

public fun is_valid_char(b: u8): bool {
    b < 128
}

public fun is_printable_char(byte: u8): bool {
    byte >= 32 && byte < 127
}
