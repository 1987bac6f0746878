#[test_only]
module subset::numbers_tests;

use std::uq32_32;
use std::uq64_64;
use std::unit_test::assert_eq;
use subset::numbers;

#[test]
fun all_of_u8() {
    assert_eq!(numbers::all_u8(200, 7), vector[200, 7, 193, 55, 29, 0, 14, 255]);
    assert_eq!(numbers::text_u8(200), b"200".to_string());
    assert_eq!(numbers::text_u8(0), b"0".to_string());
    assert_eq!(numbers::ranges_u8(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u8::range_do_eq!(254, 255, |i| last = i);
    assert_eq!(last, 255);
}

#[test, expected_failure(arithmetic_error, location = std::u8)]
fun a_power_that_does_not_fit_u8() {
    std::u8::pow(2, 8);
}

#[test, expected_failure(arithmetic_error, location = std::u8)]
fun no_quotient_by_zero_u8() {
    std::u8::divide_and_round_up(1, 0);
}

#[test]
fun all_of_u16() {
    assert_eq!(numbers::all_u16(45113, 1000), vector[45113, 1000, 44113, 20422, 46, 1, 212, 65535]);
    assert_eq!(numbers::text_u16(45113), b"45113".to_string());
    assert_eq!(numbers::text_u16(0), b"0".to_string());
    assert_eq!(numbers::ranges_u16(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u16::range_do_eq!(65534, 65535, |i| last = i);
    assert_eq!(last, 65535);
    assert_eq!(numbers::narrow_u16(255), vector[true]);
    assert_eq!(numbers::narrow_u16(256), vector[false]);
    assert_eq!(numbers::narrow_u16(255), vector[true]);
    assert_eq!(numbers::narrow_u16(65535), vector[false]);
}

#[test, expected_failure(arithmetic_error, location = std::u16)]
fun a_power_that_does_not_fit_u16() {
    std::u16::pow(2, 16);
}

#[test, expected_failure(arithmetic_error, location = std::u16)]
fun no_quotient_by_zero_u16() {
    std::u16::divide_and_round_up(1, 0);
}

#[test]
fun all_of_u32() {
    assert_eq!(numbers::all_u32(2147495993, 1000), vector[2147495993, 1000, 2147494993, 2147471302, 2147496, 1, 46341, 4294967295]);
    assert_eq!(numbers::text_u32(2147495993), b"2147495993".to_string());
    assert_eq!(numbers::text_u32(0), b"0".to_string());
    assert_eq!(numbers::ranges_u32(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u32::range_do_eq!(4294967294, 4294967295, |i| last = i);
    assert_eq!(last, 4294967295);
    assert_eq!(numbers::narrow_u32(255), vector[true, true]);
    assert_eq!(numbers::narrow_u32(256), vector[false, true]);
    assert_eq!(numbers::narrow_u32(65535), vector[false, true]);
    assert_eq!(numbers::narrow_u32(4294967295), vector[false, false]);
}

#[test, expected_failure(arithmetic_error, location = std::u32)]
fun a_power_that_does_not_fit_u32() {
    std::u32::pow(2, 32);
}

#[test, expected_failure(arithmetic_error, location = std::u32)]
fun no_quotient_by_zero_u32() {
    std::u32::divide_and_round_up(1, 0);
}

#[test]
fun all_of_u64() {
    assert_eq!(numbers::all_u64(9223372036854788153, 1000), vector[9223372036854788153, 1000, 9223372036854787153, 9223372036854763462, 9223372036854789, 1, 3037000499, 18446744073709551615]);
    assert_eq!(numbers::text_u64(9223372036854788153), b"9223372036854788153".to_string());
    assert_eq!(numbers::text_u64(0), b"0".to_string());
    assert_eq!(numbers::ranges_u64(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u64::range_do_eq!(18446744073709551614, 18446744073709551615, |i| last = i);
    assert_eq!(last, 18446744073709551615);
    assert_eq!(numbers::narrow_u64(255), vector[true, true, true]);
    assert_eq!(numbers::narrow_u64(256), vector[false, true, true]);
    assert_eq!(numbers::narrow_u64(4294967295), vector[false, false, true]);
    assert_eq!(numbers::narrow_u64(18446744073709551615), vector[false, false, false]);
}

#[test, expected_failure(arithmetic_error, location = std::u64)]
fun a_power_that_does_not_fit_u64() {
    std::u64::pow(2, 64);
}

#[test, expected_failure(arithmetic_error, location = std::u64)]
fun no_quotient_by_zero_u64() {
    std::u64::divide_and_round_up(1, 0);
}

#[test]
fun all_of_u128() {
    assert_eq!(numbers::all_u128(170141183460469231731687303715884118073, 1000), vector[170141183460469231731687303715884118073, 1000, 170141183460469231731687303715884117073, 170141183460469231731687303715884093382, 170141183460469231731687303715884119, 1, 13043817825332782212, 340282366920938463463374607431768211455]);
    assert_eq!(numbers::text_u128(170141183460469231731687303715884118073), b"170141183460469231731687303715884118073".to_string());
    assert_eq!(numbers::text_u128(0), b"0".to_string());
    assert_eq!(numbers::ranges_u128(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u128::range_do_eq!(340282366920938463463374607431768211454, 340282366920938463463374607431768211455, |i| last = i);
    assert_eq!(last, 340282366920938463463374607431768211455);
    assert_eq!(numbers::narrow_u128(255), vector[true, true, true, true]);
    assert_eq!(numbers::narrow_u128(256), vector[false, true, true, true]);
    assert_eq!(numbers::narrow_u128(18446744073709551615), vector[false, false, false, true]);
    assert_eq!(numbers::narrow_u128(340282366920938463463374607431768211455), vector[false, false, false, false]);
}

#[test, expected_failure(arithmetic_error, location = std::u128)]
fun a_power_that_does_not_fit_u128() {
    std::u128::pow(2, 128);
}

#[test, expected_failure(arithmetic_error, location = std::u128)]
fun no_quotient_by_zero_u128() {
    std::u128::divide_and_round_up(1, 0);
}

#[test]
fun all_of_u256() {
    assert_eq!(numbers::all_u256(57896044618658097711785492504343953926634992332820282019728792003956564832313, 1000), vector[57896044618658097711785492504343953926634992332820282019728792003956564832313, 1000, 57896044618658097711785492504343953926634992332820282019728792003956564831313, 57896044618658097711785492504343953926634992332820282019728792003956564807622, 57896044618658097711785492504343953926634992332820282019728792003956564833, 1, 57896044618658097711785492504343953926634992332820282019728792003956564832313, 115792089237316195423570985008687907853269984665640564039457584007913129639935]);
    assert_eq!(numbers::text_u256(57896044618658097711785492504343953926634992332820282019728792003956564832313), b"57896044618658097711785492504343953926634992332820282019728792003956564832313".to_string());
    assert_eq!(numbers::text_u256(0), b"0".to_string());
    assert_eq!(numbers::ranges_u256(4), vector[0, 1, 2, 3, 0, 1, 2, 3, 4, 2, 3, 2, 3, 4]);
    let mut last = 0;
    std::u256::range_do_eq!(115792089237316195423570985008687907853269984665640564039457584007913129639934, 115792089237316195423570985008687907853269984665640564039457584007913129639935, |i| last = i);
    assert_eq!(last, 115792089237316195423570985008687907853269984665640564039457584007913129639935);
    assert_eq!(numbers::narrow_u256(255), vector[true, true, true, true, true]);
    assert_eq!(numbers::narrow_u256(256), vector[false, true, true, true, true]);
    assert_eq!(numbers::narrow_u256(340282366920938463463374607431768211455), vector[false, false, false, false, true]);
    assert_eq!(numbers::narrow_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935), vector[false, false, false, false, false]);
}

#[test, expected_failure(arithmetic_error, location = std::u256)]
fun a_power_that_does_not_fit_u256() {
    std::u256::pow(2, 255).pow(2);
}

#[test, expected_failure(arithmetic_error, location = std::u256)]
fun no_quotient_by_zero_u256() {
    std::u256::divide_and_round_up(1, 0);
}

#[test]
fun fixed_point() {
    let (sum, quotient, ninth, multiple) = numbers::thirds_32();
    assert_eq!(vector[sum, quotient as u64, ninth, multiple], vector[10021590357, 12, 2, 27]);
    let (sum, quotient, ninth, multiple) = numbers::thirds_64();
    assert_eq!(vector[sum, quotient as u128, ninth, multiple], vector[43042402838655620437, 12, 2, 27]);
    assert_eq!(numbers::order_32(1, 2), vector[true, true, false, false]);
    assert_eq!(numbers::order_64(2, 2), vector[false, true, false, true]);
    let (raw, ninth, multiple, zero) = numbers::old_thirds();
    assert_eq!(vector[raw, ninth, multiple], vector[1431655765, 2, 27]);
    assert!(zero);
}

#[test, expected_failure(abort_code = uq32_32::EDenominator)]
fun a_quotient_by_zero_32() {
    uq32_32::from_quotient(1, 0);
}

#[test, expected_failure(abort_code = uq32_32::EQuotientTooLarge)]
fun a_quotient_too_large_32() {
    uq32_32::from_quotient(1 << 33, 1);
}

#[test, expected_failure(abort_code = uq32_32::EQuotientTooSmall)]
fun a_quotient_too_small_32() {
    uq32_32::from_quotient(1, 1 << 40);
}

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun a_difference_below_zero_64() {
    uq64_64::from_int(1).sub(uq64_64::from_int(2));
}

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun a_product_too_large_64() {
    uq64_64::from_int(1 << 40).mul(uq64_64::from_int(1 << 40));
}

#[test, expected_failure(abort_code = uq64_64::EDivisionByZero)]
fun a_quotient_by_nothing_64() {
    uq64_64::from_int(1).div(uq64_64::from_int(0));
}
