/// ECDSA over secp256k1. `hash` is 0 for Keccak-256 and 1 for SHA-256 of the message.
#[allow(unused_const)]
module sui::ecdsa_k1;

/// No public key belongs to the signature. The native aborts with it.
const EFailToRecoverPubKey: u64 = 0;
/// The signature has not 65 bytes, or its last one is no recovery id. The native aborts with it.
const EInvalidSignature: u64 = 1;
/// The bytes are no compressed point. The native aborts with it.
const EInvalidPubKey: u64 = 2;

/// The compressed public key (33 bytes) that made the signature: r, s and the recovery id (65 bytes).
public native fun secp256k1_ecrecover(signature: &vector<u8>, msg: &vector<u8>, hash: u8): vector<u8>;

/// 33 bytes to 65.
public native fun decompress_pubkey(pubkey: &vector<u8>): vector<u8>;

/// `signature` is r and s (64 bytes), s in the lower half; `public_key` is compressed or not. Malformed ones are false.
public native fun secp256k1_verify(
    signature: &vector<u8>,
    public_key: &vector<u8>,
    msg: &vector<u8>,
    hash: u8,
): bool;
