#[test_only]
module vramhub::attestation_tests;

use std::unit_test::assert_eq;
use vramhub::attestation::{Self, Measured};
use vramhub::world::{digest, pcr};

/// A document with these registers; each has its index plus one as its bytes.
fun with_registers(indices: vector<u8>): Measured {
    let values = indices.map_ref!(|index| pcr(*index + 1));
    attestation::of_parts_for_testing(7, indices, values, option::some(digest(9)), option::some(b"binding"))
}

/// The native leaves registers of zeros out, so that the others move up.
#[test]
fun registers_are_read_by_index() {
    let measured = with_registers(vector[8, 2, 0, 4, 1]);
    assert_eq!(*measured.pcr0(), pcr(1));
    assert_eq!(*measured.pcr1(), pcr(2));
    assert_eq!(*measured.pcr2(), pcr(3));
    assert_eq!(measured.timestamp_ms(), 7);
    assert_eq!(*measured.public_key(), digest(9));
    assert_eq!(*measured.user_data(), b"binding")
}

#[test, expected_failure(abort_code = attestation::EMissingRegister)]
fun a_debug_document_has_none() {
    with_registers(vector[]);
}

#[test, expected_failure(abort_code = attestation::EMissingRegister)]
fun none_of_the_three_may_lack() {
    with_registers(vector[0, 1, 3, 4]);
}

#[test, expected_failure(abort_code = attestation::EMissingPublicKey)]
fun a_document_carries_the_key() {
    attestation::of_parts_for_testing(7, vector[0, 1, 2], vector[pcr(1), pcr(2), pcr(3)], option::none(), option::some(b"binding"));
}

#[test, expected_failure(abort_code = attestation::EMissingUserData)]
fun a_document_says_whom_it_is_for() {
    attestation::of_parts_for_testing(7, vector[0, 1, 2], vector[pcr(1), pcr(2), pcr(3)], option::some(digest(9)), option::none());
}
