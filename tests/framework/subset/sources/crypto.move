/// Hashes, signatures and groups, as results that a test can compare.
module subset::crypto;

use sui::bls12381 as bls;
use sui::ecdsa_k1;
use sui::ecdsa_r1;
use sui::ed25519;
use sui::hash;
use sui::hmac;

public fun hashes(data: vector<u8>): vector<vector<u8>> {
    vector[
        hash::blake2b256(&data),
        hash::keccak256(&data),
        std::hash::sha2_256(data),
        std::hash::sha3_256(data),
        hmac::hmac_sha3_256(&b"key", &data),
    ]
}

public fun signatures(
    signature: vector<u8>,
    recoverable: vector<u8>,
    key: vector<u8>,
    message: vector<u8>,
    hash: u8,
): vector<bool> {
    vector[
        ed25519::ed25519_verify(&signature, &key, &message),
        ecdsa_k1::secp256k1_verify(&signature, &key, &message, hash),
        ecdsa_r1::secp256r1_verify(&signature, &key, &message, hash),
        bls::bls12381_min_sig_verify(&signature, &key, &message),
        bls::bls12381_min_pk_verify(&signature, &key, &message),
        ecdsa_k1::secp256k1_ecrecover(&recoverable, &message, hash) == key,
        ecdsa_k1::decompress_pubkey(&key).length() == 65,
        ecdsa_r1::secp256r1_ecrecover(&recoverable, &message, hash) == key,
    ]
}

/// e(aG, bH) = ab · e(G, H), with a detour through uncompressed points.
public fun pairing_is_bilinear(a: u64, b: u64): bool {
    let (a, b) = (bls::scalar_from_u64(a), bls::scalar_from_u64(b));
    let left = bls::g1_mul(&a, &bls::g1_generator());
    let left = bls::uncompressed_g1_to_g1(&bls::uncompressed_g1_sum(&vector[bls::g1_to_uncompressed_g1(&left)]));
    let right = bls::g2_mul(&b, &bls::g2_generator());
    let product = bls::gt_mul(&bls::scalar_mul(&a, &b), &bls::gt_generator());
    sui::group_ops::equal(&bls::pairing(&left, &right), &product)
}

public fun scalars(a: u64, b: u64): bool {
    let (a, b) = (bls::scalar_from_u64(a), bls::scalar_from_u64(b));
    let quotient = bls::scalar_mul(&a, &bls::scalar_inv(&b));
    let difference = bls::scalar_add(&a, &bls::scalar_neg(&b));
    quotient.bytes() == bls::scalar_div(&b, &a).bytes() && difference.bytes() == bls::scalar_sub(&a, &b).bytes()
}

public fun sum_of_products(factors: vector<u64>): bool {
    let scalars = factors.map_ref!(|factor| bls::scalar_from_u64(*factor));
    let points = vector::tabulate!(scalars.length(), |_| bls::g1_generator());
    let total = factors.fold!(0, |total, factor| total + factor);
    let expected = bls::g1_mul(&bls::scalar_from_u64(total), &bls::g1_generator());
    bls::g1_multi_scalar_multiplication(&scalars, &points).bytes() == expected.bytes()
}
