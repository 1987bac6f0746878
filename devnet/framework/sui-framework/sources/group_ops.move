/// Elements of groups. Only what a Seal key server's registration needs: that bytes are an element.
module sui::group_ops;

/// The bytes are no element of the group.
const EInvalidInput: u64 = 1;

public struct Element<phantom T> has copy, drop, store {
    bytes: vector<u8>,
}

public fun bytes<G>(e: &Element<G>): &vector<u8> {
    &e.bytes
}

public fun equal<G>(e1: &Element<G>, e2: &Element<G>): bool {
    &e1.bytes == &e2.bytes
}

/// `is_trusted` skips the check, for constants of the framework.
public(package) fun from_bytes<G>(type_: u8, bytes: vector<u8>, is_trusted: bool): Element<G> {
    assert!(is_trusted || internal_validate(type_, &bytes), EInvalidInput);
    Element { bytes }
}

/// Whether the bytes are a canonical element of the right subgroup.
native fun internal_validate(type_: u8, bytes: &vector<u8>): bool;
