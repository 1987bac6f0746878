/// The enclave of each validator: the key that its signed payloads are checked against, and the measurements that are allowed.
module vramhub::enclave_registry;

use std::bcs;
use sui::clock::Clock;
use sui::event;
use sui::nitro_attestation::NitroAttestationDocument;
use sui::table::{Self, Table};
use vramhub::attestation::{Self, Measured};
use vramhub::hparams::Hparams;
use vramhub::network::{Network, AdminCap};
use vramhub::validator_registry::{Validator, ValidatorRegistry};

// === Errors ===

/// A measurement has 32, 48 or 64 bytes that are not all zero.
#[error]
const EBadMeasurement: vector<u8> = b"a measurement must have 32, 48 or 64 bytes, not all zero";
/// No row of the allow-list that is live has these measurements.
#[error]
const EUnknownMeasurement: vector<u8> = b"no live row of the allow-list has these measurements";
/// The allow-list has no such row.
#[error]
const EUnknownRow: vector<u8> = b"the allow-list has no such row";
/// The document is of another network, validator, generation or owner.
#[error]
const EWrongBinding: vector<u8> = b"the document is not bound to this validator";
/// An Ed25519 key has 32 bytes.
#[error]
const EBadPublicKey: vector<u8> = b"the public key must have 32 bytes";
/// The document is older than max_attestation_age_ms.
#[error]
const EDocumentTooOld: vector<u8> = b"the document is too old";
/// The document is later than the chain's clock.
#[error]
const EDocumentFromFuture: vector<u8> = b"the document is from the future";
/// The document is not later than the one before.
#[error]
const EDocumentNotLater: vector<u8> = b"the document is not later than this validator's last one";
/// A key is registered once, ever.
#[error]
const EKeyReused: vector<u8> = b"the key was registered before";
/// An expiry is ahead, and nearer than the one before.
#[error]
const EBadExpiry: vector<u8> = b"the row must expire after this window, and earlier than it would";
/// The validator has no enclave.
#[error]
const EUnknownEnclave: vector<u8> = b"the validator has registered no enclave";

// === Constants ===

const USER_DATA_DOMAIN: vector<u8> = b"vramhub-enclave-1";
const PUBLIC_KEY_LENGTH: u64 = 32;
const FOREVER: u64 = 18446744073709551615;

// === Structs ===

public struct EnclaveRegistry has key {
    id: UID,
    network: ID,
    enclaves: Table<u16, EnclaveRecord>,
    allow_list: vector<PcrSet>,
    /// Every key that was ever registered, as it was registered.
    keys: Table<vector<u8>, EnclaveRecord>,
}

public struct EnclaveRecord has copy, drop, store {
    validator_uid: u16,
    validator_generation: u32,
    /// Ed25519.
    public_key: vector<u8>,
    /// Index into the allow-list.
    pcr_row: u32,
    /// Chain clock.
    registered_ms: u64,
    /// Clock of the document.
    document_ms: u64,
}

/// Measurements of one image, live in windows from `from_window` until before `until_window`.
public struct PcrSet has copy, drop, store {
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    from_window: u64,
    until_window: u64,
    revoked: bool,
}

/// `user_data` of a registration document is the BCS of this.
public struct UserData has copy, drop {
    domain: vector<u8>,
    network: ID,
    validator_uid: u16,
    validator_generation: u32,
    owner: address,
}

// === Events ===

public struct EnclaveRegistered has copy, drop {
    network: ID,
    validator_uid: u16,
    validator_generation: u32,
    public_key: vector<u8>,
    pcr_row: u32,
    document_ms: u64,
}

public struct PcrSetAdded has copy, drop {
    network: ID,
    row: u32,
    from_window: u64,
}

public struct PcrSetRevoked has copy, drop {
    network: ID,
    row: u32,
}

public struct PcrSetExpired has copy, drop {
    network: ID,
    row: u32,
    until_window: u64,
}

// === Validators' calls ===

/// By the operator, with the result of `0x2::nitro_attestation::load_nitro_attestation`. Replaces the enclave before.
public fun register_enclave(
    self: &mut EnclaveRegistry,
    network: &Network,
    hparams: &Hparams,
    validators: &ValidatorRegistry,
    validator_uid: u16,
    document: NitroAttestationDocument,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    self.register_measured(network, hparams, validators, validator_uid, attestation::measure(&document), clock, ctx)
}

/// All rules about a verified document.
public(package) fun register_measured(
    self: &mut EnclaveRegistry,
    network: &Network,
    hparams: &Hparams,
    validators: &ValidatorRegistry,
    validator_uid: u16,
    measured: Measured,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_owns(validators.network());
    let validator = validators.validator(validator_uid);
    validator.assert_operator(ctx);

    let window = network.current_window(clock);
    let pcr_row = self.live_row(&measured, window);
    assert!(measured.user_data() == user_data(self.network, validator_uid, validator), EWrongBinding);
    let public_key = *measured.public_key();
    assert!(public_key.length() == PUBLIC_KEY_LENGTH, EBadPublicKey);
    assert!(!self.keys.contains(public_key), EKeyReused);

    let now = clock.timestamp_ms();
    let document_ms = measured.timestamp_ms();
    assert!(document_ms <= now, EDocumentFromFuture);
    assert!(now - document_ms <= hparams.at(window).max_attestation_age_ms(), EDocumentTooOld);
    let validator_generation = validator.generation();
    let record = EnclaveRecord { validator_uid, validator_generation, public_key, pcr_row, registered_ms: now, document_ms };
    if (self.enclaves.contains(validator_uid)) {
        let last = &mut self.enclaves[validator_uid];
        assert!(document_ms > last.document_ms, EDocumentNotLater);
        *last = record;
    } else {
        self.enclaves.add(validator_uid, record);
    };
    self.keys.add(public_key, record);
    event::emit(EnclaveRegistered {
        network: self.network,
        validator_uid,
        validator_generation,
        public_key,
        pcr_row,
        document_ms,
    });
}

// === Administration ===

/// Live after `pcr_delay_windows`, so that everybody can look at the image first. Shortening that delay takes as long as it was.
public fun add_pcr_set(
    self: &mut EnclaveRegistry,
    cap: &AdminCap,
    network: &Network,
    hparams: &Hparams,
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    clock: &Clock,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_admin(cap);
    let from_window = hparams.reviewed_from(network.current_window(clock));
    let row = self.allow_list.length() as u32;
    self.allow_list.push_back(new_pcr_set(pcr0, pcr1, pcr2, from_window));
    event::emit(PcrSetAdded { network: self.network, row, from_window });
}

/// At once: nothing that an enclave of this row signs is taken any more.
public fun revoke_pcr_set(self: &mut EnclaveRegistry, cap: &AdminCap, network: &Network, row: u32) {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    assert!((row as u64) < self.allow_list.length(), EUnknownRow);
    self.allow_list[row as u64].revoked = true;
    event::emit(PcrSetRevoked { network: self.network, row });
}

/// The row is live until before `until_window`, which may only come nearer: an image that is to be replaced goes on until then.
public fun expire_pcr_set(self: &mut EnclaveRegistry, cap: &AdminCap, network: &Network, row: u32, until_window: u64, clock: &Clock) {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    assert!((row as u64) < self.allow_list.length(), EUnknownRow);
    let set = &mut self.allow_list[row as u64];
    assert!(until_window > network.current_window(clock) && until_window < set.until_window, EBadExpiry);
    set.until_window = until_window;
    event::emit(PcrSetExpired { network: self.network, row, until_window });
}

// === Reads ===

/// Aborts with EUnknownEnclave.
public fun enclave(self: &EnclaveRegistry, validator_uid: u16): &EnclaveRecord {
    assert!(self.enclaves.contains(validator_uid), EUnknownEnclave);
    &self.enclaves[validator_uid]
}

public fun has_key(self: &EnclaveRegistry, public_key: vector<u8>): bool {
    self.keys.contains(public_key)
}

/// As the key was registered, whatever came after it. Aborts with EUnknownEnclave.
public fun record_of(self: &EnclaveRegistry, public_key: vector<u8>): &EnclaveRecord {
    assert!(self.keys.contains(public_key), EUnknownEnclave);
    &self.keys[public_key]
}

public fun is_row_live(self: &EnclaveRegistry, row: u32, window: u64): bool {
    let set = &self.allow_list[row as u64];
    !set.revoked && set.from_window <= window && window < set.until_window
}

public fun network(self: &EnclaveRegistry): ID {
    self.network
}

public fun allow_list(self: &EnclaveRegistry): &vector<PcrSet> {
    &self.allow_list
}

public fun public_key(self: &EnclaveRecord): &vector<u8> {
    &self.public_key
}

public fun validator_uid(self: &EnclaveRecord): u16 {
    self.validator_uid
}

public fun validator_generation(self: &EnclaveRecord): u32 {
    self.validator_generation
}

public fun pcr_row(self: &EnclaveRecord): u32 {
    self.pcr_row
}

public fun document_ms(self: &EnclaveRecord): u64 {
    self.document_ms
}

public fun registered_ms(self: &EnclaveRecord): u64 {
    self.registered_ms
}

// === Package ===

/// The first row is live from the beginning.
public(package) fun new(
    network: &Network,
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    ctx: &mut TxContext,
): EnclaveRegistry {
    EnclaveRegistry {
        id: object::new(ctx),
        network: network.id(),
        enclaves: table::new(ctx),
        allow_list: vector[new_pcr_set(pcr0, pcr1, pcr2, 0)],
        keys: table::new(ctx),
    }
}

public(package) fun share(self: EnclaveRegistry) {
    transfer::share_object(self)
}

// === Private ===

fun new_pcr_set(pcr0: vector<u8>, pcr1: vector<u8>, pcr2: vector<u8>, from_window: u64): PcrSet {
    assert!(is_measurement(&pcr0) && is_measurement(&pcr1) && is_measurement(&pcr2), EBadMeasurement);
    PcrSet { pcr0, pcr1, pcr2, from_window, until_window: FOREVER, revoked: false }
}

fun is_measurement(pcr: &vector<u8>): bool {
    let n = pcr.length();
    if (n != 32 && n != 48 && n != 64) return false;
    let mut i = 0;
    while (i < n) {
        if (pcr[i] != 0) return true;
        i = i + 1;
    };
    false
}

fun live_row(self: &EnclaveRegistry, measured: &Measured, window: u64): u32 {
    let n = self.allow_list.length();
    let mut i = 0;
    while (i < n) {
        let set = &self.allow_list[i];
        if (
            self.is_row_live(i as u32, window) &&
            &set.pcr0 == measured.pcr0() && &set.pcr1 == measured.pcr1() && &set.pcr2 == measured.pcr2()
        ) return i as u32;
        i = i + 1;
    };
    abort EUnknownMeasurement
}

fun user_data(network: ID, validator_uid: u16, validator: &Validator): vector<u8> {
    user_data_bytes(network, validator_uid, validator.generation(), validator.owner())
}

public(package) fun user_data_bytes(network: ID, validator_uid: u16, validator_generation: u32, owner: address): vector<u8> {
    bcs::to_bytes(&UserData { domain: USER_DATA_DOMAIN, network, validator_uid, validator_generation, owner })
}
