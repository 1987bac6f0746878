/// Operators on pseudo-random operands. Each test ends by aborting with a digest of all results, so that two machines that
/// agree on the code agree on every value; nobody wrote the values down.
module conformance::digests;

use std::bcs;
use std::hash;
use sui::address;

const PAIRS: u64 = 24;
/// Four bits short of a u64, so that no digest looks like a clever code.
const MASK: u256 = 0x0fff_ffff_ffff_ffff;

/// A number of at most `bits` bits; every fourth is small, every other fourth close to the largest.
fun operand(seed: u64, at: u64, bits: u16): u256 {
    let mut bytes = bcs::to_bytes(&seed);
    bytes.append(bcs::to_bytes(&at));
    let random = address::to_u256(address::from_bytes(hash::sha3_256(bytes)));
    let largest = std::u256::max_value!() >> ((256 - bits) as u8);
    if (at % 4 == 1) random & 7
    else if (at % 4 == 2) largest - (random & 7)
    else random & largest
}

fun mix(digest: u256, result: u256): u256 { ((digest << 7) | (digest >> 249)) ^ result }

fun code(digest: u256): u64 { ((digest ^ (digest >> 60) ^ (digest >> 120) ^ (digest >> 180)) & MASK) as u64 }

/// Calls `$step` with pairs of operands and the digest so far.
macro fun digest<$T>($seed: u64, $bits: u16, $step: |$T, $T, u256| -> u256): u64 {
    let mut digest = 1u256;
    PAIRS.do!(|i| {
        let a = operand($seed, 2 * i, $bits) as $T;
        let b = operand($seed, 2 * i + 1 + i / 4, $bits) as $T;
        digest = $step(a, b, digest);
    });
    code(digest)
}

macro fun arithmetic<$T>($seed: u64, $bits: u16): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let half = ($bits / 2) as u8;
        let sum = (a >> 1) + (b >> 1);
        let difference = if (a > b) a - b else b - a;
        let product = (a >> half) * (b >> half);
        let divisor = b | 1;
        let digest = mix(digest, sum as u256);
        let digest = mix(digest, difference as u256);
        let digest = mix(digest, product as u256);
        let digest = mix(digest, (a / divisor) as u256);
        assert!(a / divisor * divisor + a % divisor == a);
        mix(digest, (a % divisor) as u256)
    })
}

macro fun bits<$T>($seed: u64, $bits: u16): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let digest = mix(digest, (a & b) as u256);
        let digest = mix(digest, (a | b) as u256);
        assert!((a & b) ^ (a | b) == a ^ b);
        mix(digest, (a ^ b) as u256)
    })
}

macro fun shifts<$T>($seed: u64, $bits: u16): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let by = ((b as u256) % ($bits as u256)) as u8;
        let digest = mix(digest, (a << by) as u256);
        let digest = mix(digest, (a >> by) as u256);
        mix(digest, ((a >> by) << by) as u256)
    })
}

macro fun compares<$T>($seed: u64, $bits: u16): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let mut result = 0u256;
        if (a < b) result = result | 1;
        if (a <= b) result = result | 2;
        if (a > b) result = result | 4;
        if (a >= b) result = result | 8;
        if (a == b) result = result | 16;
        if (a != b) result = result | 32;
        let same = a;
        if (same <= a && same >= a && !(same < a) && !(same > a)) result = result | 64;
        mix(digest, result)
    })
}

/// To every width, after cutting what would not fit.
macro fun casts<$T>($seed: u64, $bits: u16): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let wide = (a as u256) ^ (b as u256);
        let digest = mix(digest, (((a as u256) & 0xff) as u8) as u256);
        let digest = mix(digest, (((a as u256) & 0xffff) as u16) as u256);
        let digest = mix(digest, (((a as u256) & 0xffff_ffff) as u32) as u256);
        let digest = mix(digest, (((a as u256) & 0xffff_ffff_ffff_ffff) as u64) as u256);
        let digest = mix(digest, (((a as u256) & 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff) as u128) as u256);
        mix(digest, (wide as $T) as u256)
    })
}

/// Overflow, underflow and casts that do not fit, found by comparing and not by failing.
macro fun limits<$T>($seed: u64, $bits: u16, $largest: $T): u64 {
    digest!<$T>($seed, $bits, |a, b, digest| {
        let room = $largest - a;
        let sum = if (b <= room) a + b else b - room - 1;
        let digest = mix(digest, sum as u256);
        let product = if (a == 0 || b <= $largest / a) a * b else 0;
        mix(digest, product as u256)
    })
}

#[test, expected_failure]
fun u8_arithmetic() { abort arithmetic!<u8>(80, 8) }

#[test, expected_failure]
fun u8_bits() { abort bits!<u8>(81, 8) }

#[test, expected_failure]
fun u8_shifts() { abort shifts!<u8>(82, 8) }

#[test, expected_failure]
fun u8_compares() { abort compares!<u8>(83, 8) }

#[test, expected_failure]
fun u8_casts() { abort casts!<u8>(84, 8) }

#[test, expected_failure]
fun u8_limits() { abort limits!<u8>(87, 8, std::u8::max_value!()) }

#[test, expected_failure]
fun u16_arithmetic() { abort arithmetic!<u16>(160, 16) }

#[test, expected_failure]
fun u16_bits() { abort bits!<u16>(161, 16) }

#[test, expected_failure]
fun u16_shifts() { abort shifts!<u16>(162, 16) }

#[test, expected_failure]
fun u16_compares() { abort compares!<u16>(163, 16) }

#[test, expected_failure]
fun u16_casts() { abort casts!<u16>(164, 16) }

#[test, expected_failure]
fun u16_limits() { abort limits!<u16>(167, 16, std::u16::max_value!()) }

#[test, expected_failure]
fun u32_arithmetic() { abort arithmetic!<u32>(320, 32) }

#[test, expected_failure]
fun u32_bits() { abort bits!<u32>(321, 32) }

#[test, expected_failure]
fun u32_shifts() { abort shifts!<u32>(322, 32) }

#[test, expected_failure]
fun u32_compares() { abort compares!<u32>(323, 32) }

#[test, expected_failure]
fun u32_casts() { abort casts!<u32>(324, 32) }

#[test, expected_failure]
fun u32_limits() { abort limits!<u32>(327, 32, std::u32::max_value!()) }

#[test, expected_failure]
fun u64_arithmetic() { abort arithmetic!<u64>(640, 64) }

#[test, expected_failure]
fun u64_bits() { abort bits!<u64>(641, 64) }

#[test, expected_failure]
fun u64_shifts() { abort shifts!<u64>(642, 64) }

#[test, expected_failure]
fun u64_compares() { abort compares!<u64>(643, 64) }

#[test, expected_failure]
fun u64_casts() { abort casts!<u64>(644, 64) }

#[test, expected_failure]
fun u64_limits() { abort limits!<u64>(647, 64, std::u64::max_value!()) }

#[test, expected_failure]
fun u128_arithmetic() { abort arithmetic!<u128>(1280, 128) }

#[test, expected_failure]
fun u128_bits() { abort bits!<u128>(1281, 128) }

#[test, expected_failure]
fun u128_shifts() { abort shifts!<u128>(1282, 128) }

#[test, expected_failure]
fun u128_compares() { abort compares!<u128>(1283, 128) }

#[test, expected_failure]
fun u128_casts() { abort casts!<u128>(1284, 128) }

#[test, expected_failure]
fun u128_limits() { abort limits!<u128>(1287, 128, std::u128::max_value!()) }

#[test, expected_failure]
fun u256_arithmetic() { abort arithmetic!<u256>(2560, 256) }

#[test, expected_failure]
fun u256_bits() { abort bits!<u256>(2561, 256) }

#[test, expected_failure]
fun u256_shifts() { abort shifts!<u256>(2562, 256) }

#[test, expected_failure]
fun u256_compares() { abort compares!<u256>(2563, 256) }

#[test, expected_failure]
fun u256_casts() { abort casts!<u256>(2564, 256) }

#[test, expected_failure]
fun u256_limits() { abort limits!<u256>(2567, 256, std::u256::max_value!()) }

// === Of composites ===

public struct Record has copy, drop { a: u8, b: u16, c: u32, d: u64, e: u128, f: u256, g: vector<u32>, h: address, i: Option<bool> }

fun bytes_of(digest: u256, bytes: vector<u8>): u256 { mix(digest, address::to_u256(address::from_bytes(hash::sha2_256(bytes)))) }

#[test, expected_failure]
fun sorting() {
    let mut v = vector[];
    60u64.do!(|i| v.push_back(operand(1, i, 64) as u64));
    let n = v.length();
    let mut i = 1;
    while (i < n) {
        let mut j = i;
        while (j > 0 && v[j - 1] > v[j]) {
            v.swap(j - 1, j);
            j = j - 1;
        };
        i = i + 1;
    };
    (n - 1).do!(|k| assert!(v[k] <= v[k + 1]));
    abort code(bytes_of(1, bcs::to_bytes(&v)))
}

#[test, expected_failure]
fun records_as_bcs() {
    let mut digest = 1u256;
    20u64.do!(|i| {
        let n = operand(2, i, 256);
        let mut g = vector[];
        ((n % 5) as u64).do!(|k| g.push_back(operand(3, k, 32) as u32));
        let record = Record {
            a: (n & 0xff) as u8,
            b: (n & 0xffff) as u16,
            c: (n & 0xffff_ffff) as u32,
            d: (n & 0xffff_ffff_ffff_ffff) as u64,
            e: (n >> 128) as u128,
            f: n,
            g,
            h: address::from_u256(n),
            i: if (n % 3 == 0) option::none() else option::some(n % 3 == 1),
        };
        digest = bytes_of(digest, bcs::to_bytes(&record));
    });
    abort code(digest)
}

#[test, expected_failure]
fun bytes_of_a_random_generator() {
    let ctx = &mut tx_context::dummy();
    let random = sui::random::create_by_value_for_testing(x"01020304", ctx);
    let mut g = random.new_generator(ctx);
    let mut digest = bytes_of(1, g.generate_bytes(100));
    20u64.do!(|i| {
        digest = mix(digest, g.generate_u256());
        digest = mix(digest, g.generate_u128() as u256);
        digest = mix(digest, g.generate_u64() as u256);
        digest = mix(digest, g.generate_u32() as u256);
        digest = mix(digest, g.generate_u16() as u256);
        digest = mix(digest, g.generate_u8() as u256);
        if (g.generate_bool()) digest = mix(digest, 1);
        digest = mix(digest, g.generate_u64_in_range(i, i + 1000) as u256);
        digest = mix(digest, g.generate_u32_in_range(7, 7) as u256);
        digest = mix(digest, g.generate_u16_in_range(0, 65535) as u256);
        digest = mix(digest, g.generate_u8_in_range(3, 9) as u256);
    });
    sui::test_utils::destroy(random);
    abort code(digest)
}

#[test, expected_failure]
fun fresh_ids() {
    let ctx = &mut tx_context::dummy();
    let mut digest = 1u256;
    30u64.do!(|_| digest = mix(digest, address::to_u256(ctx.fresh_object_address())));
    abort code(digest)
}

#[test, expected_failure]
fun all_hashes() {
    let mut digest = 1u256;
    let mut data = vector<u8>[];
    // across the block sizes of every hash: 64, 128 and 136 bytes
    140u64.do!(|i| {
        data.push_back((i % 256) as u8);
        if (i % 7 < 2 || i % 64 < 2 || i % 136 < 2) {
            digest = bytes_of(digest, hash::sha2_256(data));
            digest = bytes_of(digest, hash::sha3_256(data));
            digest = bytes_of(digest, sui::hash::blake2b256(&data));
            digest = bytes_of(digest, sui::hash::keccak256(&data));
            digest = bytes_of(digest, sui::hmac::hmac_sha3_256(&data, &b"message"));
            digest = bytes_of(digest, sui::hmac::hmac_sha3_256(&b"key", &data));
        }
    });
    abort code(digest)
}
