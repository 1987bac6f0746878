/// What an operator says of a boundary off chain, signed as a personal message of Sui: every wallet can sign it, anybody can bring it.
module vramhub::signed_attestation;

use std::bcs;
use sui::address;
use sui::ed25519::ed25519_verify;
use sui::hash::blake2b256;

// === Errors ===

/// Wallets give it in base64 of 97 bytes.
#[error]
const EBadSignatureForm: vector<u8> = b"the signature must be Sui's of an Ed25519 key: 0, 64 bytes of signature, 32 of public key";
/// The signature is not the key's over this attestation.
#[error]
const EBadSignature: vector<u8> = b"the signature does not verify";

// === Constants ===

const DOMAIN: vector<u8> = b"vramhub-checkpoint-1";
/// Scope personal message, version 0, application Sui.
const INTENT: vector<u8> = x"030000";
const ED25519_FLAG: u8 = 0;
const SIGNATURE_LENGTH: u64 = 97;
const PUBLIC_KEY_AT: u64 = 65;

// === Structs ===

/// Its BCS is the message. Domain and network keep a signature from meaning anything elsewhere.
public struct SignedAttestation has copy, drop {
    domain: vector<u8>,
    network: ID,
    validator_uid: u16,
    validator_generation: u32,
    boundary: u64,
    parent_boundary: u64,
    /// Of the checkpoint's file; empty to keep the parent.
    hash: vector<u8>,
    merge_digest: vector<u8>,
}

// === Reads ===

public fun new(
    network: ID,
    validator_uid: u16,
    validator_generation: u32,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
): SignedAttestation {
    SignedAttestation { domain: DOMAIN, network, validator_uid, validator_generation, boundary, parent_boundary, hash, merge_digest }
}

/// Uid and generation of who says it.
public fun validator(self: &SignedAttestation): (u16, u32) {
    (self.validator_uid, self.validator_generation)
}

public fun boundary(self: &SignedAttestation): u64 {
    self.boundary
}

/// What a wallet is given to sign.
public fun message(self: &SignedAttestation): vector<u8> {
    bcs::to_bytes(self)
}

/// The address whose key signed it. `signature`: scheme 0, signature[64], public key[32]. Aborts with EBadSignatureForm, EBadSignature.
public fun signed_by(self: &SignedAttestation, signature: &vector<u8>): address {
    assert!(signature.length() == SIGNATURE_LENGTH && signature[0] == ED25519_FLAG, EBadSignatureForm);
    let public_key = slice(signature, PUBLIC_KEY_AT, SIGNATURE_LENGTH);
    let mut signed = INTENT;
    signed.append(bcs::to_bytes(&self.message()));
    assert!(ed25519_verify(&slice(signature, 1, PUBLIC_KEY_AT), &public_key, &blake2b256(&signed)), EBadSignature);
    let mut key = vector[ED25519_FLAG];
    key.append(public_key);
    address::from_bytes(blake2b256(&key))
}

// === Private ===

fun slice(bytes: &vector<u8>, from: u64, to: u64): vector<u8> {
    let mut part = vector[];
    let mut i = from;
    while (i < to) {
        part.push_back(bytes[i]);
        i = i + 1;
    };
    part
}
