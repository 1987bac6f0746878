/// Arithmetic, comparison, bit operations, shifts and casts at every integer width. Operands pass through functions, so that
/// the compiler does not fold them.
module conformance::integers;

// === u8 ===

fun id_u8(x: u8): u8 { x }

#[test]
fun u8_arithmetic() {
    assert!(id_u8(254) + id_u8(1) == 255);
    assert!(id_u8(255) - id_u8(255) == 0);
    assert!(id_u8(11) * id_u8(13) == 143);
    assert!(id_u8(255) / id_u8(10) == 25);
    assert!(id_u8(255) % id_u8(10) == 5);
    assert!(id_u8(7) / id_u8(2) == 3);
}

#[test]
fun u8_bits() {
    assert!(id_u8(255) & id_u8(0x5a) == 0x5a);
    assert!(id_u8(0x50) | id_u8(0x0f) == 0x5f);
    assert!(id_u8(255) ^ id_u8(1) == 254);
    assert!(id_u8(255) ^ id_u8(255) == 0);
}

#[test]
fun u8_shifts() {
    assert!(id_u8(1) << 7 == 128);
    assert!(id_u8(255) << 1 == 254);
    assert!(id_u8(255) >> 7 == 1);
    assert!(id_u8(255) >> 0 == 255);
    assert!(id_u8(255) << 0 == 255);
}

#[test]
fun u8_compares() {
    assert!(id_u8(1) < id_u8(255));
    assert!(!(id_u8(255) < id_u8(255)));
    assert!(id_u8(255) <= id_u8(255));
    assert!(id_u8(255) > id_u8(0));
    assert!(id_u8(255) >= id_u8(254));
    assert!(id_u8(255) == id_u8(255));
    assert!(id_u8(255) != id_u8(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_add_overflows() { id_u8(255) + id_u8(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_sub_underflows() { id_u8(0) - id_u8(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_mul_overflows() { id_u8(16) * id_u8(16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_div_by_zero() { id_u8(1) / id_u8(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_mod_by_zero() { id_u8(1) % id_u8(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_shl_width() { id_u8(1) << id_u8(8); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u8_shr_width() { id_u8(1) >> id_u8(8); }

#[test]
fun u8_casts() {
    assert!((id_u8(255) as u8) == 255);
    assert!((id_u8(255) as u16) == 255);
    assert!((id_u8(255) as u32) == 255);
    assert!((id_u8(255) as u64) == 255);
    assert!((id_u8(255) as u128) == 255);
    assert!((id_u8(255) as u256) == 255);
}

// === u16 ===

fun id_u16(x: u16): u16 { x }

#[test]
fun u16_arithmetic() {
    assert!(id_u16(65534) + id_u16(1) == 65535);
    assert!(id_u16(65535) - id_u16(65535) == 0);
    assert!(id_u16(11) * id_u16(13) == 143);
    assert!(id_u16(65535) / id_u16(10) == 6553);
    assert!(id_u16(65535) % id_u16(10) == 5);
    assert!(id_u16(7) / id_u16(2) == 3);
}

#[test]
fun u16_bits() {
    assert!(id_u16(65535) & id_u16(0x5a) == 0x5a);
    assert!(id_u16(0x50) | id_u16(0x0f) == 0x5f);
    assert!(id_u16(65535) ^ id_u16(1) == 65534);
    assert!(id_u16(65535) ^ id_u16(65535) == 0);
}

#[test]
fun u16_shifts() {
    assert!(id_u16(1) << 15 == 32768);
    assert!(id_u16(65535) << 1 == 65534);
    assert!(id_u16(65535) >> 15 == 1);
    assert!(id_u16(65535) >> 0 == 65535);
    assert!(id_u16(65535) << 0 == 65535);
}

#[test]
fun u16_compares() {
    assert!(id_u16(1) < id_u16(65535));
    assert!(!(id_u16(65535) < id_u16(65535)));
    assert!(id_u16(65535) <= id_u16(65535));
    assert!(id_u16(65535) > id_u16(0));
    assert!(id_u16(65535) >= id_u16(65534));
    assert!(id_u16(65535) == id_u16(65535));
    assert!(id_u16(65535) != id_u16(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_add_overflows() { id_u16(65535) + id_u16(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_sub_underflows() { id_u16(0) - id_u16(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_mul_overflows() { id_u16(256) * id_u16(256); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_div_by_zero() { id_u16(1) / id_u16(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_mod_by_zero() { id_u16(1) % id_u16(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_shl_width() { id_u16(1) << id_u8(16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_shr_width() { id_u16(1) >> id_u8(16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u16_to_u8_too_large() { (id_u16(256) as u8); }

#[test]
fun u16_casts() {
    assert!((id_u16(255) as u8) == 255);
    assert!((id_u16(65535) as u16) == 65535);
    assert!((id_u16(65535) as u32) == 65535);
    assert!((id_u16(65535) as u64) == 65535);
    assert!((id_u16(65535) as u128) == 65535);
    assert!((id_u16(65535) as u256) == 65535);
}

// === u32 ===

fun id_u32(x: u32): u32 { x }

#[test]
fun u32_arithmetic() {
    assert!(id_u32(4294967294) + id_u32(1) == 4294967295);
    assert!(id_u32(4294967295) - id_u32(4294967295) == 0);
    assert!(id_u32(11) * id_u32(13) == 143);
    assert!(id_u32(4294967295) / id_u32(10) == 429496729);
    assert!(id_u32(4294967295) % id_u32(10) == 5);
    assert!(id_u32(7) / id_u32(2) == 3);
}

#[test]
fun u32_bits() {
    assert!(id_u32(4294967295) & id_u32(0x5a) == 0x5a);
    assert!(id_u32(0x50) | id_u32(0x0f) == 0x5f);
    assert!(id_u32(4294967295) ^ id_u32(1) == 4294967294);
    assert!(id_u32(4294967295) ^ id_u32(4294967295) == 0);
}

#[test]
fun u32_shifts() {
    assert!(id_u32(1) << 31 == 2147483648);
    assert!(id_u32(4294967295) << 1 == 4294967294);
    assert!(id_u32(4294967295) >> 31 == 1);
    assert!(id_u32(4294967295) >> 0 == 4294967295);
    assert!(id_u32(4294967295) << 0 == 4294967295);
}

#[test]
fun u32_compares() {
    assert!(id_u32(1) < id_u32(4294967295));
    assert!(!(id_u32(4294967295) < id_u32(4294967295)));
    assert!(id_u32(4294967295) <= id_u32(4294967295));
    assert!(id_u32(4294967295) > id_u32(0));
    assert!(id_u32(4294967295) >= id_u32(4294967294));
    assert!(id_u32(4294967295) == id_u32(4294967295));
    assert!(id_u32(4294967295) != id_u32(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_add_overflows() { id_u32(4294967295) + id_u32(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_sub_underflows() { id_u32(0) - id_u32(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_mul_overflows() { id_u32(65536) * id_u32(65536); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_div_by_zero() { id_u32(1) / id_u32(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_mod_by_zero() { id_u32(1) % id_u32(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_shl_width() { id_u32(1) << id_u8(32); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_shr_width() { id_u32(1) >> id_u8(32); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_to_u8_too_large() { (id_u32(256) as u8); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u32_to_u16_too_large() { (id_u32(65536) as u16); }

#[test]
fun u32_casts() {
    assert!((id_u32(255) as u8) == 255);
    assert!((id_u32(65535) as u16) == 65535);
    assert!((id_u32(4294967295) as u32) == 4294967295);
    assert!((id_u32(4294967295) as u64) == 4294967295);
    assert!((id_u32(4294967295) as u128) == 4294967295);
    assert!((id_u32(4294967295) as u256) == 4294967295);
}

// === u64 ===

fun id_u64(x: u64): u64 { x }

#[test]
fun u64_arithmetic() {
    assert!(id_u64(18446744073709551614) + id_u64(1) == 18446744073709551615);
    assert!(id_u64(18446744073709551615) - id_u64(18446744073709551615) == 0);
    assert!(id_u64(11) * id_u64(13) == 143);
    assert!(id_u64(18446744073709551615) / id_u64(10) == 1844674407370955161);
    assert!(id_u64(18446744073709551615) % id_u64(10) == 5);
    assert!(id_u64(7) / id_u64(2) == 3);
}

#[test]
fun u64_bits() {
    assert!(id_u64(18446744073709551615) & id_u64(0x5a) == 0x5a);
    assert!(id_u64(0x50) | id_u64(0x0f) == 0x5f);
    assert!(id_u64(18446744073709551615) ^ id_u64(1) == 18446744073709551614);
    assert!(id_u64(18446744073709551615) ^ id_u64(18446744073709551615) == 0);
}

#[test]
fun u64_shifts() {
    assert!(id_u64(1) << 63 == 9223372036854775808);
    assert!(id_u64(18446744073709551615) << 1 == 18446744073709551614);
    assert!(id_u64(18446744073709551615) >> 63 == 1);
    assert!(id_u64(18446744073709551615) >> 0 == 18446744073709551615);
    assert!(id_u64(18446744073709551615) << 0 == 18446744073709551615);
}

#[test]
fun u64_compares() {
    assert!(id_u64(1) < id_u64(18446744073709551615));
    assert!(!(id_u64(18446744073709551615) < id_u64(18446744073709551615)));
    assert!(id_u64(18446744073709551615) <= id_u64(18446744073709551615));
    assert!(id_u64(18446744073709551615) > id_u64(0));
    assert!(id_u64(18446744073709551615) >= id_u64(18446744073709551614));
    assert!(id_u64(18446744073709551615) == id_u64(18446744073709551615));
    assert!(id_u64(18446744073709551615) != id_u64(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_add_overflows() { id_u64(18446744073709551615) + id_u64(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_sub_underflows() { id_u64(0) - id_u64(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_mul_overflows() { id_u64(4294967296) * id_u64(4294967296); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_div_by_zero() { id_u64(1) / id_u64(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_mod_by_zero() { id_u64(1) % id_u64(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_shl_width() { id_u64(1) << id_u8(64); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_shr_width() { id_u64(1) >> id_u8(64); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_to_u8_too_large() { (id_u64(256) as u8); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_to_u16_too_large() { (id_u64(65536) as u16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u64_to_u32_too_large() { (id_u64(4294967296) as u32); }

#[test]
fun u64_casts() {
    assert!((id_u64(255) as u8) == 255);
    assert!((id_u64(65535) as u16) == 65535);
    assert!((id_u64(4294967295) as u32) == 4294967295);
    assert!((id_u64(18446744073709551615) as u64) == 18446744073709551615);
    assert!((id_u64(18446744073709551615) as u128) == 18446744073709551615);
    assert!((id_u64(18446744073709551615) as u256) == 18446744073709551615);
}

// === u128 ===

fun id_u128(x: u128): u128 { x }

#[test]
fun u128_arithmetic() {
    assert!(id_u128(340282366920938463463374607431768211454) + id_u128(1) == 340282366920938463463374607431768211455);
    assert!(id_u128(340282366920938463463374607431768211455) - id_u128(340282366920938463463374607431768211455) == 0);
    assert!(id_u128(11) * id_u128(13) == 143);
    assert!(id_u128(340282366920938463463374607431768211455) / id_u128(10) == 34028236692093846346337460743176821145);
    assert!(id_u128(340282366920938463463374607431768211455) % id_u128(10) == 5);
    assert!(id_u128(7) / id_u128(2) == 3);
}

#[test]
fun u128_bits() {
    assert!(id_u128(340282366920938463463374607431768211455) & id_u128(0x5a) == 0x5a);
    assert!(id_u128(0x50) | id_u128(0x0f) == 0x5f);
    assert!(id_u128(340282366920938463463374607431768211455) ^ id_u128(1) == 340282366920938463463374607431768211454);
    assert!(id_u128(340282366920938463463374607431768211455) ^ id_u128(340282366920938463463374607431768211455) == 0);
}

#[test]
fun u128_shifts() {
    assert!(id_u128(1) << 127 == 170141183460469231731687303715884105728);
    assert!(id_u128(340282366920938463463374607431768211455) << 1 == 340282366920938463463374607431768211454);
    assert!(id_u128(340282366920938463463374607431768211455) >> 127 == 1);
    assert!(id_u128(340282366920938463463374607431768211455) >> 0 == 340282366920938463463374607431768211455);
    assert!(id_u128(340282366920938463463374607431768211455) << 0 == 340282366920938463463374607431768211455);
}

#[test]
fun u128_compares() {
    assert!(id_u128(1) < id_u128(340282366920938463463374607431768211455));
    assert!(!(id_u128(340282366920938463463374607431768211455) < id_u128(340282366920938463463374607431768211455)));
    assert!(id_u128(340282366920938463463374607431768211455) <= id_u128(340282366920938463463374607431768211455));
    assert!(id_u128(340282366920938463463374607431768211455) > id_u128(0));
    assert!(id_u128(340282366920938463463374607431768211455) >= id_u128(340282366920938463463374607431768211454));
    assert!(id_u128(340282366920938463463374607431768211455) == id_u128(340282366920938463463374607431768211455));
    assert!(id_u128(340282366920938463463374607431768211455) != id_u128(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_add_overflows() { id_u128(340282366920938463463374607431768211455) + id_u128(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_sub_underflows() { id_u128(0) - id_u128(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_mul_overflows() { id_u128(18446744073709551616) * id_u128(18446744073709551616); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_div_by_zero() { id_u128(1) / id_u128(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_mod_by_zero() { id_u128(1) % id_u128(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_shl_width() { id_u128(1) << id_u8(128); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_shr_width() { id_u128(1) >> id_u8(128); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_to_u8_too_large() { (id_u128(256) as u8); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_to_u16_too_large() { (id_u128(65536) as u16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_to_u32_too_large() { (id_u128(4294967296) as u32); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u128_to_u64_too_large() { (id_u128(18446744073709551616) as u64); }

#[test]
fun u128_casts() {
    assert!((id_u128(255) as u8) == 255);
    assert!((id_u128(65535) as u16) == 65535);
    assert!((id_u128(4294967295) as u32) == 4294967295);
    assert!((id_u128(18446744073709551615) as u64) == 18446744073709551615);
    assert!((id_u128(340282366920938463463374607431768211455) as u128) == 340282366920938463463374607431768211455);
    assert!((id_u128(340282366920938463463374607431768211455) as u256) == 340282366920938463463374607431768211455);
}

// === u256 ===

fun id_u256(x: u256): u256 { x }

#[test]
fun u256_arithmetic() {
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639934) + id_u256(1) == 115792089237316195423570985008687907853269984665640564039457584007913129639935);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) - id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) == 0);
    assert!(id_u256(11) * id_u256(13) == 143);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) / id_u256(10) == 11579208923731619542357098500868790785326998466564056403945758400791312963993);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) % id_u256(10) == 5);
    assert!(id_u256(7) / id_u256(2) == 3);
}

#[test]
fun u256_bits() {
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) & id_u256(0x5a) == 0x5a);
    assert!(id_u256(0x50) | id_u256(0x0f) == 0x5f);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) ^ id_u256(1) == 115792089237316195423570985008687907853269984665640564039457584007913129639934);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) ^ id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) == 0);
}

#[test]
fun u256_shifts() {
    assert!(id_u256(1) << 255 == 57896044618658097711785492504343953926634992332820282019728792003956564819968);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) << 1 == 115792089237316195423570985008687907853269984665640564039457584007913129639934);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) >> 255 == 1);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) >> 0 == 115792089237316195423570985008687907853269984665640564039457584007913129639935);
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) << 0 == 115792089237316195423570985008687907853269984665640564039457584007913129639935);
}

#[test]
fun u256_compares() {
    assert!(id_u256(1) < id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935));
    assert!(!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) < id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935)));
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) <= id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935));
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) > id_u256(0));
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) >= id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639934));
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) == id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935));
    assert!(id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) != id_u256(0));
}

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_add_overflows() { id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) + id_u256(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_sub_underflows() { id_u256(0) - id_u256(1); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_mul_overflows() { id_u256(340282366920938463463374607431768211456) * id_u256(340282366920938463463374607431768211456); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_div_by_zero() { id_u256(1) / id_u256(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_mod_by_zero() { id_u256(1) % id_u256(0); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_to_u8_too_large() { (id_u256(256) as u8); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_to_u16_too_large() { (id_u256(65536) as u16); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_to_u32_too_large() { (id_u256(4294967296) as u32); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_to_u64_too_large() { (id_u256(18446744073709551616) as u64); }

#[test, expected_failure(arithmetic_error, location = Self)]
fun u256_to_u128_too_large() { (id_u256(340282366920938463463374607431768211456) as u128); }

#[test]
fun u256_casts() {
    assert!((id_u256(255) as u8) == 255);
    assert!((id_u256(65535) as u16) == 65535);
    assert!((id_u256(4294967295) as u32) == 4294967295);
    assert!((id_u256(18446744073709551615) as u64) == 18446744073709551615);
    assert!((id_u256(340282366920938463463374607431768211455) as u128) == 340282366920938463463374607431768211455);
    assert!((id_u256(115792089237316195423570985008687907853269984665640564039457584007913129639935) as u256) == 115792089237316195423570985008687907853269984665640564039457584007913129639935);
}
