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

/// Puts `o` before character `at`.
public fun insert(s: &mut String, at: u64, o: String) {
    let n = s.length();
    assert!(at <= n, EInvalidIndex);
    let rest = s.substring(at, n);
    *s = s.substring(0, at);
    s.append(o);
    s.append(rest)
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

public fun all_characters_printable(string: &String): bool {
    string.bytes.all!(|byte| is_printable_char(*byte))
}

public fun to_uppercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|byte| if (*byte >= 97 && *byte <= 122) *byte - 32 else *byte) }
}

public fun to_lowercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|byte| if (*byte >= 65 && *byte <= 90) *byte + 32 else *byte) }
}

/// Where `substr` first stands; the string's length when nowhere.
public fun index_of(string: &String, substr: &String): u64 {
    let (n, m) = (string.length(), substr.length());
    let mut at = 0;
    while (at + m <= n) {
        let mut same = 0;
        while (same < m && string.bytes[at + same] == substr.bytes[same]) same = same + 1;
        if (same == m) return at;
        at = at + 1;
    };
    n
}
