/// Signatures on secp256k1 and secp256r1. Keys and signatures were made with @noble/curves.
module conformance::curves;

use sui::ecdsa_k1;
use sui::ecdsa_r1;

const KECCAK: u8 = 0;
const SHA256: u8 = 1;
const MESSAGE: vector<u8> = b"conformance";
const K1_KEY: vector<u8> = x"02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f";
const K1_KEY_IN_FULL: vector<u8> =
    x"04989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f631f4d05b3ae518776ee08755a7703e64b2ebc32547504de0b55a142d4ecdf80";
const K1_OVER_KECCAK: vector<u8> =
    x"07979f6db8b7ee1602d48aa1a2603da12e3c007c720c983f77c41900c56ee73d5e64dfff0b9443543407fb3d6709b80fd5b6e1db081e2d56c83feafb67fe7402";
const K1_OVER_SHA256: vector<u8> =
    x"343ae469d719c36eb863ba8a0a5ade66c931af152aff1d75df51bd5ed76547680c5e58622700831cb96f217fc98f3b517e6d1c2c40bdaea8ce7e7b977b1072ab";
const R1_KEY: vector<u8> = x"031e18532fd4754c02f3041d9c75ceb33b83ffd81ac7ce4fe882ccb1c98bc5896e";
const R1_OVER_KECCAK: vector<u8> =
    x"1cef9e0d6444f0dc139a410f6c8b5dfbe7c4d440a2eb249545f7cf439ec5f6184d2347d4b365478ab4eb10725b530de354bac86a6b45af10b1113fbb7b60e159";
const R1_OVER_SHA256: vector<u8> =
    x"a5566d0c9fcf14c87e674ebd8ccf9a660e108850d109ac04b6d107a3b030ac8630707e62240f6419d0dd5c47cbd74c47a66de5792ea037a1dfaa939e41bc3cf7";

fun with_id(mut signature: vector<u8>, id: u8): vector<u8> {
    signature.push_back(id);
    signature
}

#[test]
fun k1_signatures_verify() {
    assert!(ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &K1_KEY, &MESSAGE, KECCAK));
    assert!(ecdsa_k1::secp256k1_verify(&K1_OVER_SHA256, &K1_KEY, &MESSAGE, SHA256));
    assert!(!ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &K1_KEY, &MESSAGE, SHA256));
    assert!(!ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &K1_KEY, &b"conformancf", KECCAK));
    assert!(!ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &R1_KEY, &MESSAGE, KECCAK));
    assert!(!ecdsa_k1::secp256k1_verify(&x"00", &K1_KEY, &MESSAGE, KECCAK));
    assert!(!ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &x"00", &MESSAGE, KECCAK));
    assert!(!ecdsa_k1::secp256k1_verify(&K1_OVER_KECCAK, &K1_KEY, &MESSAGE, 2));
}

#[test]
fun k1_keys_are_recovered() {
    assert!(ecdsa_k1::secp256k1_ecrecover(&with_id(K1_OVER_KECCAK, 0), &MESSAGE, KECCAK) == K1_KEY);
    assert!(ecdsa_k1::secp256k1_ecrecover(&with_id(K1_OVER_SHA256, 0), &MESSAGE, SHA256) == K1_KEY);
    assert!(ecdsa_k1::secp256k1_ecrecover(&with_id(K1_OVER_KECCAK, 1), &MESSAGE, KECCAK) != K1_KEY);
    assert!(ecdsa_k1::decompress_pubkey(&K1_KEY) == K1_KEY_IN_FULL);
}

#[test, expected_failure(abort_code = sui::ecdsa_k1::EInvalidSignature)]
fun k1_recovery_from_too_few_bytes() { ecdsa_k1::secp256k1_ecrecover(&K1_OVER_KECCAK, &MESSAGE, KECCAK); }

#[test, expected_failure(abort_code = sui::ecdsa_k1::EInvalidSignature)]
fun k1_recovery_with_a_wrong_id() { ecdsa_k1::secp256k1_ecrecover(&with_id(K1_OVER_KECCAK, 9), &MESSAGE, KECCAK); }

#[test, expected_failure(abort_code = sui::ecdsa_k1::EFailToRecoverPubKey)]
fun k1_recovery_of_nothing() { ecdsa_k1::secp256k1_ecrecover(&with_id(K1_OVER_KECCAK, 2), &MESSAGE, KECCAK); }

#[test, expected_failure(abort_code = sui::ecdsa_k1::EInvalidPubKey)]
fun k1_key_that_is_none() { ecdsa_k1::decompress_pubkey(&x"00"); }

#[test]
fun r1_signatures_verify() {
    assert!(ecdsa_r1::secp256r1_verify(&R1_OVER_KECCAK, &R1_KEY, &MESSAGE, KECCAK));
    assert!(ecdsa_r1::secp256r1_verify(&R1_OVER_SHA256, &R1_KEY, &MESSAGE, SHA256));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_OVER_SHA256, &R1_KEY, &MESSAGE, KECCAK));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_OVER_SHA256, &K1_KEY, &MESSAGE, SHA256));
    assert!(!ecdsa_r1::secp256r1_verify(&R1_OVER_SHA256, &R1_KEY, &b"", SHA256));
}

#[test]
fun r1_keys_are_recovered() {
    assert!(ecdsa_r1::secp256r1_ecrecover(&with_id(R1_OVER_KECCAK, 0), &MESSAGE, KECCAK) == R1_KEY);
    assert!(ecdsa_r1::secp256r1_ecrecover(&with_id(R1_OVER_SHA256, 0), &MESSAGE, SHA256) == R1_KEY);
}

#[test, expected_failure(abort_code = sui::ecdsa_r1::EInvalidSignature)]
fun r1_recovery_from_too_few_bytes() { ecdsa_r1::secp256r1_ecrecover(&R1_OVER_SHA256, &MESSAGE, SHA256); }

#[test, expected_failure(abort_code = sui::ecdsa_r1::EFailToRecoverPubKey)]
fun r1_recovery_of_nothing() { ecdsa_r1::secp256r1_ecrecover(&with_id(R1_OVER_SHA256, 2), &MESSAGE, SHA256); }
