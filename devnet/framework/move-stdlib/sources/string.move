/// UTF-8 strings.
module std::string;

use std::ascii;

/// The bytes are not UTF-8.
const EInvalidUTF8: u64 = 1;
/// The range does not lie on character boundaries inside the string.
const EInvalidIndex: u64 = 2;

public struct String has copy, drop, store {
    bytes: vector<u8>,
}

public fun utf8(bytes: vector<u8>): String {
    assert!(internal_check_utf8(&bytes), EInvalidUTF8);
    String { bytes }
}

public fun try_utf8(bytes: vector<u8>): Option<String> {
    if (internal_check_utf8(&bytes)) option::some(String { bytes }) else option::none()
}

public fun from_ascii(s: ascii::String): String {
    String { bytes: s.into_bytes() }
}

public fun to_ascii(s: String): ascii::String {
    ascii::string(s.into_bytes())
}

public fun as_bytes(s: &String): &vector<u8> {
    &s.bytes
}

public fun into_bytes(s: String): vector<u8> {
    let String { bytes } = s;
    bytes
}

public fun is_empty(s: &String): bool {
    s.bytes.is_empty()
}

/// In bytes.
public fun length(s: &String): u64 {
    s.bytes.length()
}

public fun append(s: &mut String, r: String) {
    s.bytes.append(r.bytes)
}

public fun append_utf8(s: &mut String, bytes: vector<u8>) {
    s.append(utf8(bytes))
}

/// Puts `o` before byte `at`.
public fun insert(s: &mut String, at: u64, o: String) {
    let n = s.length();
    assert!(at <= n && internal_is_char_boundary(&s.bytes, at), EInvalidIndex);
    let mut joined = s.substring(0, at);
    let rest = s.substring(at, n);
    joined.append(o);
    joined.append(rest);
    *s = joined;
}

/// Bytes `i` to `j - 1`.
public fun substring(s: &String, i: u64, j: u64): String {
    let n = s.bytes.length();
    assert!(
        i <= j && j <= n && internal_is_char_boundary(&s.bytes, i) && internal_is_char_boundary(&s.bytes, j),
        EInvalidIndex,
    );
    String { bytes: internal_sub_string(&s.bytes, i, j) }
}

/// Where `r` first stands in `s`; the length of `s` when nowhere.
public fun index_of(s: &String, r: &String): u64 {
    internal_index_of(&s.bytes, &r.bytes)
}

native fun internal_check_utf8(v: &vector<u8>): bool;
native fun internal_is_char_boundary(v: &vector<u8>, i: u64): bool;
native fun internal_sub_string(v: &vector<u8>, i: u64, j: u64): vector<u8>;
native fun internal_index_of(v: &vector<u8>, r: &vector<u8>): u64;

// === Deprecated ===

#[deprecated(note = b"Use `as_bytes`.")]
public fun bytes(s: &String): &vector<u8> {
    s.as_bytes()
}

#[deprecated(note = b"Use `substring`.")]
public fun sub_string(s: &String, i: u64, j: u64): String {
    s.substring(i, j)
}
