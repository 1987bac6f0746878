/// `init` and its one-time witness.
module conformance::witness;

use sui::test_utils;
use sui::types;

public struct WITNESS has drop {}

public struct Made has key { id: UID, genuine: bool }

public struct Plain has drop { flag: bool }

fun init(witness: WITNESS, ctx: &mut TxContext) {
    transfer::share_object(Made { id: object::new(ctx), genuine: types::is_one_time_witness(&witness) });
}

#[test]
fun witness_is_known() {
    let w = test_utils::create_one_time_witness<WITNESS>();
    assert!(types::is_one_time_witness(&w));
    assert!(!types::is_one_time_witness(&Plain { flag: true }));
    assert!(!types::is_one_time_witness(&true));
    init(w, &mut tx_context::dummy());
}

#[test_only]
fun only_in_tests(): u64 { 5 }

#[test]
fun test_only_code_is_there() { assert!(only_in_tests() == 5); }
