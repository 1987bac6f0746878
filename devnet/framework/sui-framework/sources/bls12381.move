/// The curve BLS12-381: its two groups in compressed form (48 and 96 bytes).
module sui::bls12381;

use sui::group_ops::{Self, Element};

public struct G1 {}
public struct G2 {}

const G1_TYPE: u8 = 1;
const G2_TYPE: u8 = 2;

public fun g1_from_bytes(bytes: &vector<u8>): Element<G1> {
    group_ops::from_bytes(G1_TYPE, *bytes, false)
}

public fun g2_from_bytes(bytes: &vector<u8>): Element<G2> {
    group_ops::from_bytes(G2_TYPE, *bytes, false)
}
