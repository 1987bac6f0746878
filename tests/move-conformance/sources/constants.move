/// Constants of every type: literals in the code and entries of the constant pool.
module conformance::constants;

use std::bcs;

const YES: bool = true;
const NO: bool = false;
const N8: u8 = 255;
const N16: u16 = 65535;
const N32: u32 = 4294967295;
const N64: u64 = 18446744073709551615;
const N128: u128 = 340282366920938463463374607431768211455;
const N256: u256 = 115792089237316195423570985008687907853269984665640564039457584007913129639935;
const WHO: address = @0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
const TEXT: vector<u8> = b"plain text\n\x00\xff\\";
const HEX: vector<u8> = x"00ff";
const NOTHING: vector<u64> = vector[];
const FLAGS: vector<bool> = vector[true, false, true];
const L8: vector<u8> = vector[0, 128, 255];
const L16: vector<u16> = vector[0, 1, 65535];
const L32: vector<u32> = vector[0, 1, 4294967295];
const L64: vector<u64> = vector[0, 1, 18446744073709551615];
const L128: vector<u128> = vector[0, 1, 340282366920938463463374607431768211455];
const L256: vector<u256> = vector[0, 1, 115792089237316195423570985008687907853269984665640564039457584007913129639935];
const WHOM: vector<address> = vector[@0x0, @0x1, @0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff];
const TEXTS: vector<vector<u8>> = vector[b"a", b"", b"bc"];
const DEEP: vector<vector<vector<u16>>> = vector[vector[vector[1, 2], vector[]], vector[]];
/// Computed by the compiler.
const SUM: u64 = (1 << 32) + 7 * 3 - 10 / 3 % 2;
const BOTH: bool = YES && !NO || N8 == 255;
const CAST: u256 = (N128 as u256) * 2;
/// Longer than 127, so that its length takes two bytes.
const LONG: vector<u8> =
    x"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fun integers() {
    assert!(N8 as u64 + (N16 as u64) + (N32 as u64) == 4295033085);
    assert!(N64 as u128 < N128 && (N128 as u256) < N256);
    assert!(N256 + 0 == std::u256::max_value!() && N128 == std::u128::max_value!() && N64 == std::u64::max_value!());
    assert!(SUM == 4294967316 && BOTH && CAST == (1u256 << 129) - 2);
}

#[test]
fun booleans() { assert!(YES && !NO && YES != NO) }

#[test]
fun addresses() { assert!(WHO == sui::address::from_u256(N256) && WHO != @0x1) }

#[test]
fun texts() {
    assert!(TEXT.length() == 14 && TEXT[11] == 0 && TEXT[12] == 255 && TEXT[13] == 92);
    assert!(HEX == vector[0, 255] && LONG.length() == 160 && LONG[159] == 0xef);
}

#[test]
fun vectors() {
    assert!(NOTHING.is_empty() && FLAGS == vector[true, false, true]);
    assert!(L8[1] == 128 && L16[2] == N16 && L32[2] == N32 && L64[2] == N64 && L128[2] == N128 && L256[2] == N256);
    assert!(WHOM[2] == WHO && TEXTS[2] == b"bc" && DEEP[0][0][1] == 2 && DEEP[0][1].is_empty() && DEEP[1].is_empty());
}

#[test]
fun a_constant_is_copied_at_each_use() {
    let mut v = L64;
    *v.borrow_mut(0) = 9;
    let mut w = DEEP;
    w.pop_back();
    assert!(L64[0] == 0 && v[0] == 9 && DEEP.length() == 2 && w.length() == 1);
}

#[test]
fun as_bcs() {
    assert!(bcs::to_bytes(&FLAGS) == x"03010001");
    assert!(bcs::to_bytes(&L16) == x"0300000100ffff");
    assert!(bcs::to_bytes(&L64) == x"0300000000000000000100000000000000ffffffffffffffff");
    assert!(bcs::to_bytes(&TEXTS) == x"03016100026263");
    assert!(bcs::to_bytes(&DEEP) == x"020202010002000000");
    assert!(bcs::to_bytes(&LONG).length() == 162);
}
