/// Ed25519 signatures (RFC 8032).
module sui::ed25519;

/// False, never an abort, when a length is wrong or the signature is not of this key and message.
public native fun ed25519_verify(signature: &vector<u8>, public_key: &vector<u8>, msg: &vector<u8>): bool;
