/// Attestation documents of AWS Nitro enclaves. Loading one proves its signature and its chain to the AWS root at the clock's time;
/// freshness, nonce and who it is about are for the caller to check.
module sui::nitro_attestation;

use sui::clock::Clock;

#[allow(unused_const)]
const ENotSupportedError: u64 = 0;
#[allow(unused_const)]
/// The document is malformed.
const EParseError: u64 = 1;
#[allow(unused_const)]
/// The signature or a certificate is not valid.
const EVerifyError: u64 = 2;
#[allow(unused_const)]
/// The registers are malformed.
const EInvalidPCRsError: u64 = 3;

public struct PCREntry has drop {
    index: u8,
    value: vector<u8>,
}

public struct NitroAttestationDocument has drop {
    module_id: vector<u8>,
    /// Milliseconds since the Unix epoch, by the hypervisor.
    timestamp: u64,
    digest: vector<u8>,
    /// Registers of zeros only are left out, so look at the index and never at the position.
    pcrs: vector<PCREntry>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
    nonce: Option<vector<u8>>,
}

/// Private, so that only a programmable transaction can call it and pass the result on.
entry fun load_nitro_attestation(attestation: vector<u8>, clock: &Clock): NitroAttestationDocument {
    load_nitro_attestation_internal(&attestation, clock.timestamp_ms())
}

public fun module_id(attestation: &NitroAttestationDocument): &vector<u8> {
    &attestation.module_id
}

public fun timestamp(attestation: &NitroAttestationDocument): &u64 {
    &attestation.timestamp
}

public fun digest(attestation: &NitroAttestationDocument): &vector<u8> {
    &attestation.digest
}

public fun pcrs(attestation: &NitroAttestationDocument): &vector<PCREntry> {
    &attestation.pcrs
}

public fun public_key(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.public_key
}

public fun user_data(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.user_data
}

public fun nonce(attestation: &NitroAttestationDocument): &Option<vector<u8>> {
    &attestation.nonce
}

public fun index(entry: &PCREntry): u8 {
    entry.index
}

public fun value(entry: &PCREntry): &vector<u8> {
    &entry.value
}

native fun load_nitro_attestation_internal(attestation: &vector<u8>, current_timestamp: u64): NitroAttestationDocument;
