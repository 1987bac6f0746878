/// Elements of groups, by the type numbers of `sui::bls12381`.
module sui::group_ops;

use sui::bcs;

#[allow(unused_const)]
/// The operation is not there. The natives abort with it.
const ENotSupported: u64 = 0;
/// The bytes are no element of the group, or there are too few of them.
const EInvalidInput: u64 = 1;
#[allow(unused_const)]
/// Too many terms. The natives abort with it.
const EInputTooLong: u64 = 2;
/// A number of 8 bytes does not fit.
const EInvalidBufferLength: u64 = 3;

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

public(package) fun add<G>(type_: u8, e1: &Element<G>, e2: &Element<G>): Element<G> {
    Element { bytes: internal_add(type_, &e1.bytes, &e2.bytes) }
}

public(package) fun sub<G>(type_: u8, e1: &Element<G>, e2: &Element<G>): Element<G> {
    Element { bytes: internal_sub(type_, &e1.bytes, &e2.bytes) }
}

public(package) fun mul<S, G>(type_: u8, scalar: &Element<S>, e: &Element<G>): Element<G> {
    Element { bytes: internal_mul(type_, &scalar.bytes, &e.bytes) }
}

public(package) fun div<S, G>(type_: u8, scalar: &Element<S>, e: &Element<G>): Element<G> {
    Element { bytes: internal_div(type_, &scalar.bytes, &e.bytes) }
}

public(package) fun hash_to<G>(type_: u8, m: &vector<u8>): Element<G> {
    Element { bytes: internal_hash_to(type_, m) }
}

public(package) fun multi_scalar_multiplication<S, G>(
    type_: u8,
    scalars: &vector<Element<S>>,
    elements: &vector<Element<G>>,
): Element<G> {
    let n = scalars.length();
    assert!(n > 0 && n == elements.length(), EInvalidInput);
    let mut factors = vector[];
    let mut points = vector[];
    n.do!(|i| {
        factors.append(scalars[i].bytes);
        points.append(elements[i].bytes);
    });
    Element { bytes: internal_multi_scalar_mul(type_, &factors, &points) }
}

public(package) fun pairing<G1, G2, G3>(type_: u8, e1: &Element<G1>, e2: &Element<G2>): Element<G3> {
    Element { bytes: internal_pairing(type_, &e1.bytes, &e2.bytes) }
}

public(package) fun convert<From, To>(from_type_: u8, to_type_: u8, e: &Element<From>): Element<To> {
    Element { bytes: internal_convert(from_type_, to_type_, &e.bytes) }
}

public(package) fun sum<G>(type_: u8, terms: &vector<Element<G>>): Element<G> {
    let points = terms.map_ref!(|term| term.bytes);
    Element { bytes: internal_sum(type_, &points) }
}

/// Writes `x` over the 8 bytes that weigh least: the last ones when the buffer is big-endian.
public(package) fun set_as_prefix(x: u64, big_endian: bool, buffer: &mut vector<u8>) {
    let n = buffer.length();
    assert!(n >= 8, EInvalidBufferLength);
    let bytes = bcs::to_bytes(&x);
    8u64.do!(|i| {
        let at = if (big_endian) n - 1 - i else i;
        *&mut buffer[at] = bytes[i];
    })
}

/// Whether the bytes are a canonical element of the right subgroup.
native fun internal_validate(type_: u8, bytes: &vector<u8>): bool;
native fun internal_add(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_sub(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_mul(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_div(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_hash_to(type_: u8, m: &vector<u8>): vector<u8>;
native fun internal_multi_scalar_mul(type_: u8, scalars: &vector<u8>, elements: &vector<u8>): vector<u8>;
native fun internal_pairing(type_: u8, e1: &vector<u8>, e2: &vector<u8>): vector<u8>;
native fun internal_convert(from_type_: u8, to_type_: u8, e: &vector<u8>): vector<u8>;
native fun internal_sum(type_: u8, e: &vector<vector<u8>>): vector<u8>;
