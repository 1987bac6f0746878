#[test_only]
module vramhub::enclave_registry_tests;

use std::unit_test::assert_eq;
use vramhub::attestation;
use vramhub::enclave_registry;
use vramhub::network;
use vramhub::validator_registry;
use vramhub::world::{Self, World};

const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;

fun with_validator(): World {
    let mut w = world::new();
    w.register_validator(OWNER, OPERATOR);
    w
}

/// The right document, but for its measurements and time.
fun measured(w: &World, timestamp_ms: u64, pcr0: vector<u8>, pcr1: vector<u8>, pcr2: vector<u8>): attestation::Measured {
    attestation::new(timestamp_ms, pcr0, pcr1, pcr2, world::digest(9), *w.measured(0, world::digest(9)).user_data())
}

#[test]
fun a_fresh_document_registers_its_key() {
    let mut w = with_validator();
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    let enclave = w.enclaves().enclave(0);
    assert_eq!(*enclave.public_key(), world::digest(9));
    assert_eq!(enclave.pcr_row(), 0);
    assert_eq!(enclave.validator_generation(), 1);
    assert_eq!(enclave.document_ms(), 6_000_000);
    assert_eq!(enclave.registered_ms(), 6_000_000);
    w.end()
}

#[test]
fun a_restarted_enclave_takes_the_place() {
    let mut w = with_validator();
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    w.at(10, 1);
    let document = w.measured(0, world::digest(8));
    w.register_enclave(OPERATOR, 0, document);
    assert_eq!(*w.enclaves().enclave(0).public_key(), world::digest(8));
    w.end()
}

#[test]
fun the_binding_is_the_vector() {
    // tests/vectors/commitments.json: enclaveUserData
    assert_eq!(
        enclave_registry::user_data_bytes(
            object::id_from_address(@0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f),
            258,
            3,
            @0xabababababababababababababababababababababababababababababababab,
        ),
        x"117672616d6875622d656e636c6176652d31000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f020103000000abababababababababababababababababababababababababababababababab",
    );
}

#[test, expected_failure(abort_code = validator_registry::ENotOperator)]
fun only_the_operator_registers() {
    let mut w = with_validator();
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OWNER, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EWrongBinding)]
fun not_with_the_document_of_another_validator() {
    let mut w = with_validator();
    w.register_validator(OWNER, @0xb3);
    let document = w.measured(1, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun register_0_must_be_allowed() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_000, world::pcr(7), world::pcr(2), world::pcr(3));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun register_1_must_be_allowed() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_000, world::pcr(1), world::pcr(7), world::pcr(3));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun register_2_must_be_allowed() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_000, world::pcr(1), world::pcr(2), world::pcr(7));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test]
fun a_document_may_be_as_old_as_allowed() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_000 - 300_000, world::pcr(1), world::pcr(2), world::pcr(3));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EDocumentTooOld)]
fun an_old_document_is_refused() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_000 - 300_001, world::pcr(1), world::pcr(2), world::pcr(3));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EDocumentFromFuture)]
fun a_document_from_the_future_is_refused() {
    let mut w = with_validator();
    let document = measured(&w, 6_000_001, world::pcr(1), world::pcr(2), world::pcr(3));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EDocumentNotLater)]
fun a_document_must_be_later_than_the_last() {
    let mut w = with_validator();
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    let document = w.measured(0, world::digest(8));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EKeyReused)]
fun a_key_is_registered_once() {
    let mut w = with_validator();
    w.register_validator(OWNER, @0xb3);
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    let document = w.measured(1, world::digest(9));
    w.register_enclave(@0xb3, 1, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EBadPublicKey)]
fun a_key_has_32_bytes() {
    let mut w = with_validator();
    let document = w.measured(0, b"short");
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test]
fun a_new_row_waits() {
    let mut w = with_validator();
    w.add_pcr_set(world::pcr(4), world::pcr(5), world::pcr(6));
    assert!(!w.enclaves().is_row_live(1, 153));
    assert!(w.enclaves().is_row_live(1, 154));
    w.at(154, 0);
    let document = measured(&w, 154 * 600_000, world::pcr(4), world::pcr(5), world::pcr(6));
    w.register_enclave(OPERATOR, 0, document);
    assert_eq!(w.enclaves().enclave(0).pcr_row(), 1);
    w.end()
}

#[test]
fun shortening_the_wait_takes_as_long_as_the_wait() {
    let mut w = with_validator();
    let mut values = world::values();
    *&mut values[19] = 1;
    w.propose(values);
    w.at(11, 0);
    w.add_pcr_set(world::pcr(4), world::pcr(5), world::pcr(6));
    assert!(!w.enclaves().is_row_live(1, 154));
    assert!(w.enclaves().is_row_live(1, 155));
    w.at(154, 0);
    w.add_pcr_set(world::pcr(7), world::pcr(5), world::pcr(6));
    assert!(w.enclaves().is_row_live(2, 155));
    w.at(155, 0);
    w.add_pcr_set(world::pcr(8), world::pcr(5), world::pcr(6));
    assert!(!w.enclaves().is_row_live(3, 155) && w.enclaves().is_row_live(3, 156));
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun a_waiting_row_is_not_live() {
    let mut w = with_validator();
    w.add_pcr_set(world::pcr(4), world::pcr(5), world::pcr(6));
    w.at(153, 0);
    let document = measured(&w, 153 * 600_000, world::pcr(4), world::pcr(5), world::pcr(6));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun a_revoked_row_is_dead_at_once() {
    let mut w = with_validator();
    w.revoke_pcr_set(0);
    assert!(!w.enclaves().is_row_live(0, 10));
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EBadMeasurement)]
fun zeros_are_no_measurement() {
    let mut w = with_validator();
    w.add_pcr_set(world::pcr(4), world::pcr(0), world::pcr(6));
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EBadMeasurement)]
fun a_measurement_has_a_known_length() {
    let mut w = with_validator();
    w.add_pcr_set(world::pcr(4), world::pcr(5), b"short");
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownRow)]
fun only_a_row_can_be_revoked() {
    let mut w = with_validator();
    w.revoke_pcr_set(1);
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun only_the_admin_adds() {
    let mut w = with_validator();
    let other = world::another();
    w.add_pcr_set_by(&other);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENotAdmin)]
fun only_the_admin_revokes() {
    let mut w = with_validator();
    let other = world::another();
    w.revoke_pcr_set_by(&other, 0);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun not_with_validators_of_another_network() {
    let mut w = with_validator();
    let mut other = world::another();
    other.register_validator(OWNER, OPERATOR);
    let document = w.measured(0, world::digest(9));
    w.exchange_validators(&mut other);
    w.register_enclave(OPERATOR, 0, document);
    other.end();
    w.end()
}

// === Expiry and history ===

#[test]
fun a_row_expires() {
    let mut w = with_validator();
    w.expire_pcr_set(0, 12);
    assert!(w.enclaves().is_row_live(0, 11));
    assert!(!w.enclaves().is_row_live(0, 12));
    w.expire_pcr_set(0, 11);
    assert!(!w.enclaves().is_row_live(0, 11));
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EBadExpiry)]
fun an_expiry_is_not_put_off() {
    let mut w = with_validator();
    w.expire_pcr_set(0, 12);
    w.expire_pcr_set(0, 13);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EBadExpiry)]
fun an_expiry_is_ahead() {
    let mut w = with_validator();
    w.expire_pcr_set(0, 10);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownRow)]
fun there_is_such_a_row_to_expire() {
    let mut w = with_validator();
    w.expire_pcr_set(1, 12);
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownMeasurement)]
fun an_expired_image_registers_nothing() {
    let mut w = with_validator();
    w.expire_pcr_set(0, 11);
    w.at(11, 0);
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    w.end()
}

#[test]
fun what_was_registered_stays_readable() {
    let mut w = with_validator();
    let document = w.measured(0, world::digest(9));
    w.register_enclave(OPERATOR, 0, document);
    w.at(10, 1);
    let document = w.measured(0, world::digest(8));
    w.register_enclave(OPERATOR, 0, document);
    let record = w.enclaves().record_of(world::digest(9));
    assert_eq!(record.validator_uid(), 0);
    assert_eq!(record.registered_ms(), 6_000_000);
    assert!(w.enclaves().has_key(world::digest(8)));
    assert!(!w.enclaves().has_key(world::digest(7)));
    w.end()
}

#[test, expected_failure(abort_code = enclave_registry::EUnknownEnclave)]
fun there_is_no_record_of_a_key_that_never_was() {
    let w = with_validator();
    w.enclaves().record_of(world::digest(9));
    w.end()
}
