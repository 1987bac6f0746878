#[test_only]
module subset::money_tests;

use std::unit_test::assert_eq;
use subset::money;
use sui::balance;
use sui::coin;
use sui::sui::SUI;

#[test]
fun dividing() {
    let ctx = &mut tx_context::dummy();
    let coin = coin::mint_for_testing<SUI>(11, ctx);
    assert_eq!(money::split_up(coin, ctx), vector[3, 3, 5]);
    let mut coin = coin::mint_for_testing<SUI>(20, ctx);
    money::shares(&mut coin, @0x1, ctx);
    assert_eq!(coin.burn_for_testing(), 20 - 1 - 2 - 3 - 7 - 1);
}

#[test, expected_failure(abort_code = coin::EInvalidArg)]
fun into_no_parts() {
    let ctx = &mut tx_context::dummy();
    let mut coin = coin::mint_for_testing<SUI>(1, ctx);
    std::unit_test::destroy(coin.divide_into_n(0, ctx));
    abort 1000
}

#[test, expected_failure(abort_code = coin::ENotEnough)]
fun into_more_parts_than_there_are() {
    let ctx = &mut tx_context::dummy();
    let mut coin = coin::mint_for_testing<SUI>(1, ctx);
    std::unit_test::destroy(coin.divide_into_n(2, ctx));
    abort 1000
}

#[test, expected_failure(abort_code = balance::ENotEnough)]
fun more_than_there_is() {
    let ctx = &mut tx_context::dummy();
    let mut coin = coin::mint_for_testing<SUI>(1, ctx);
    std::unit_test::destroy(coin.split(2, ctx));
    abort 1000
}

#[test]
fun pools() {
    let ctx = &mut tx_context::dummy();
    let mut pool = money::pool(coin::mint_for_testing<SUI>(5, ctx));
    assert_eq!(money::drain(&mut pool, ctx).burn_for_testing(), 5);
    pool.destroy_zero();
}

#[test]
fun supplies() {
    let ctx = &mut tx_context::dummy();
    let mut cap = coin::create_treasury_cap_for_testing<money::MONEY>(ctx);
    let coin = cap.mint(7, ctx);
    assert_eq!(cap.total_supply(), 7);
    cap.burn(coin);
    let supply = cap.into_supply();
    assert_eq!(supply.value(), 0);
    std::unit_test::destroy(supply)
}
