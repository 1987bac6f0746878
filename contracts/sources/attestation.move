/// The one place that looks into a Nitro attestation document: it becomes plain values, so that all rules about them can be tested
/// without a real document.
module vramhub::attestation;

use sui::nitro_attestation::NitroAttestationDocument;

// === Errors ===

/// Registers 0, 1 and 2 must be there. The native leaves registers of zeros out: an enclave in debug mode has only such.
#[error]
const EMissingRegister: vector<u8> = b"the document lacks a measurement register, as in debug mode";
/// The document must carry the enclave's key.
#[error]
const EMissingPublicKey: vector<u8> = b"the document carries no public key";
/// The document must say whom it is for.
#[error]
const EMissingUserData: vector<u8> = b"the document carries no user data";

// === Structs ===

/// What a verified document says.
public struct Measured has copy, drop {
    /// By the hypervisor's clock.
    timestamp_ms: u64,
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    public_key: vector<u8>,
    user_data: vector<u8>,
}

// === Package ===

/// Only a document that Sui's native has verified has this type.
public(package) fun measure(document: &NitroAttestationDocument): Measured {
    let pcrs = document.pcrs();
    let n = pcrs.length();
    let mut indices = vector[];
    let mut values = vector[];
    let mut i = 0;
    while (i < n) {
        indices.push_back(pcrs[i].index());
        values.push_back(*pcrs[i].value());
        i = i + 1;
    };
    of_parts(*document.timestamp(), indices, values, *document.public_key(), *document.user_data())
}

public(package) fun new(
    timestamp_ms: u64,
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    public_key: vector<u8>,
    user_data: vector<u8>,
): Measured {
    Measured { timestamp_ms, pcr0, pcr1, pcr2, public_key, user_data }
}

public(package) fun timestamp_ms(self: &Measured): u64 {
    self.timestamp_ms
}

public(package) fun pcr0(self: &Measured): &vector<u8> {
    &self.pcr0
}

public(package) fun pcr1(self: &Measured): &vector<u8> {
    &self.pcr1
}

public(package) fun pcr2(self: &Measured): &vector<u8> {
    &self.pcr2
}

public(package) fun public_key(self: &Measured): &vector<u8> {
    &self.public_key
}

public(package) fun user_data(self: &Measured): &vector<u8> {
    &self.user_data
}

#[test_only]
public fun of_parts_for_testing(
    timestamp_ms: u64,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
): Measured {
    of_parts(timestamp_ms, indices, values, public_key, user_data)
}

// === Private ===

/// A document in plain values: of its registers indices and values.
fun of_parts(
    timestamp_ms: u64,
    indices: vector<u8>,
    values: vector<vector<u8>>,
    public_key: Option<vector<u8>>,
    user_data: Option<vector<u8>>,
): Measured {
    assert!(public_key.is_some(), EMissingPublicKey);
    assert!(user_data.is_some(), EMissingUserData);
    Measured {
        timestamp_ms,
        pcr0: register(&indices, &values, 0),
        pcr1: register(&indices, &values, 1),
        pcr2: register(&indices, &values, 2),
        public_key: public_key.destroy_some(),
        user_data: user_data.destroy_some(),
    }
}

/// By index: positions mean nothing, since registers of zeros are missing.
fun register(indices: &vector<u8>, values: &vector<vector<u8>>, index: u8): vector<u8> {
    let (found, at) = indices.index_of(&index);
    assert!(found, EMissingRegister);
    values[at]
}
