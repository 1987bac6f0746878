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
    assert!(document.public_key().is_some(), EMissingPublicKey);
    assert!(document.user_data().is_some(), EMissingUserData);
    Measured {
        timestamp_ms: *document.timestamp(),
        pcr0: register(document, 0),
        pcr1: register(document, 1),
        pcr2: register(document, 2),
        public_key: *document.public_key().borrow(),
        user_data: *document.user_data().borrow(),
    }
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

// === Private ===

/// By index: positions mean nothing, since registers of zeros are missing.
fun register(document: &NitroAttestationDocument, index: u8): vector<u8> {
    let pcrs = document.pcrs();
    let n = pcrs.length();
    let mut i = 0;
    while (i < n) {
        if (pcrs[i].index() == index) return *pcrs[i].value();
        i = i + 1;
    };
    abort EMissingRegister
}
