/// Randomness that nobody knows before the transaction that uses it is ordered.
///
/// Genesis makes, by calling `create` as sender 0x0 or by writing them (BCS, integers little-endian):
/// - the shared object 0x8 of type `0x2::random::Random`: `id[32] = 0x8, inner: Versioned { id[32] = V, version: u64 = 1 }`;
///   V is any fresh id (`create` draws it from the context);
/// - the dynamic field of V, owned by the object V, of type `0x2::dynamic_field::Field<u64, 0x2::random::RandomInner>`:
///   `id[32] = blake2b256(0xf0, V, u64 8, u64 1, BCS of the type tag u64), name: u64 = 1,
///   value: RandomInner { version: u64 = 1, epoch: u64, randomness_round: u64 = 0, random_bytes: vector<u8> = [] }`.
///
/// Before transactions that use Random the system (sender 0x0) calls `update_randomness_state` with the next round and 32 fresh bytes:
/// round 0 the first time, then one more each time.
module sui::random;

use std::bcs;
use sui::hmac::hmac_sha3_256;
use sui::versioned::{Self, Versioned};

/// Only the system may do this.
const ENotSystemAddress: u64 = 0;
/// The stored value is of another version than this text.
const EWrongInnerVersion: u64 = 1;
/// Rounds grow by one.
const EInvalidRandomnessUpdate: u64 = 2;
/// The range is empty.
const EInvalidRange: u64 = 3;
/// More elements than a u16 can count.
const EInvalidLength: u64 = 4;

const VERSION: u64 = 1;
/// Bytes that one evaluation gives.
const BLOCK_LENGTH: u64 = 32;

public struct Random has key {
    id: UID,
    inner: Versioned,
}

public struct RandomInner has store {
    version: u64,
    epoch: u64,
    randomness_round: u64,
    random_bytes: vector<u8>,
}

/// A stream of bytes: block n is HMAC-SHA3-256(seed, bcs(n as u16)), n from 1. Single bytes are taken from a block's end.
public struct RandomGenerator has drop {
    seed: vector<u8>,
    counter: u16,
    buffer: vector<u8>,
}

// === System ===

#[allow(unused_function)]
fun create(ctx: &mut TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    let inner = RandomInner { version: VERSION, epoch: ctx.epoch(), randomness_round: 0, random_bytes: vector[] };
    transfer::share_object(Random { id: object::randomness_state(), inner: versioned::create(VERSION, inner, ctx) })
}

#[allow(unused_function)]
fun update_randomness_state(self: &mut Random, new_round: u64, new_bytes: vector<u8>, ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(self.inner.version() == VERSION, EWrongInnerVersion);
    let epoch = ctx.epoch();
    let inner: &mut RandomInner = self.inner.load_value_mut();
    let untouched = inner.epoch == 0 && inner.randomness_round == 0 && inner.random_bytes.is_empty();
    let follows = if (untouched) {
        new_round == 0
    } else {
        new_round == inner.randomness_round + 1 || (epoch > inner.epoch && new_round == 0)
    };
    assert!(follows, EInvalidRandomnessUpdate);
    inner.epoch = epoch;
    inner.randomness_round = new_round;
    inner.random_bytes = new_bytes;
}

// === Drawing ===

/// A generator of this transaction's own: two generators never agree. To be used in private `entry` functions only, and as the
/// last command, so that nobody can look at the result and undo it.
public fun new_generator(r: &Random, ctx: &mut TxContext): RandomGenerator {
    assert!(r.inner.version() == VERSION, EWrongInnerVersion);
    let inner: &RandomInner = r.inner.load_value();
    let seed = hmac_sha3_256(&inner.random_bytes, &bcs::to_bytes(&ctx.fresh_object_address()));
    RandomGenerator { seed, counter: 0, buffer: vector[] }
}

fun next_block(g: &mut RandomGenerator): vector<u8> {
    g.counter = g.counter + 1;
    hmac_sha3_256(&g.seed, &bcs::to_bytes(&g.counter))
}

fun ensure(g: &mut RandomGenerator, count: u64) {
    if (g.buffer.length() < count) {
        let block = g.next_block();
        g.buffer.append(block);
    }
}

/// Whole blocks first, each in its order; the rest byte by byte from the buffer's end.
public fun generate_bytes(g: &mut RandomGenerator, num_of_bytes: u16): vector<u8> {
    let wanted = num_of_bytes as u64;
    let mut result = vector[];
    while (result.length() + BLOCK_LENGTH <= wanted) {
        let block = g.next_block();
        result.append(block);
    };
    g.ensure(wanted - result.length());
    while (result.length() < wanted) result.push_back(g.buffer.pop_back());
    result
}

fun take_integer(g: &mut RandomGenerator, bytes: u64): u256 {
    g.ensure(bytes);
    let mut value = 0u256;
    let mut i = 0;
    while (i < bytes) {
        value = (value << 8) | (g.buffer.pop_back() as u256);
        i = i + 1;
    };
    value
}

/// min to max, both included; `bytes` is 8 more than the type has, so that the remainder favours nobody noticeably.
fun take_in_range(g: &mut RandomGenerator, min: u256, max: u256, bytes: u64): u256 {
    assert!(min <= max, EInvalidRange);
    if (min == max) return min;
    min + g.take_integer(bytes) % (max - min + 1)
}

public fun generate_u256(g: &mut RandomGenerator): u256 {
    g.take_integer(32)
}

public fun generate_u128(g: &mut RandomGenerator): u128 {
    g.take_integer(16) as u128
}

public fun generate_u64(g: &mut RandomGenerator): u64 {
    g.take_integer(8) as u64
}

public fun generate_u32(g: &mut RandomGenerator): u32 {
    g.take_integer(4) as u32
}

public fun generate_u16(g: &mut RandomGenerator): u16 {
    g.take_integer(2) as u16
}

public fun generate_u8(g: &mut RandomGenerator): u8 {
    g.take_integer(1) as u8
}

public fun generate_bool(g: &mut RandomGenerator): bool {
    g.take_integer(1) & 1 == 1
}

public fun generate_u128_in_range(g: &mut RandomGenerator, min: u128, max: u128): u128 {
    g.take_in_range(min as u256, max as u256, 24) as u128
}

public fun generate_u64_in_range(g: &mut RandomGenerator, min: u64, max: u64): u64 {
    g.take_in_range(min as u256, max as u256, 16) as u64
}

public fun generate_u32_in_range(g: &mut RandomGenerator, min: u32, max: u32): u32 {
    g.take_in_range(min as u256, max as u256, 12) as u32
}

public fun generate_u16_in_range(g: &mut RandomGenerator, min: u16, max: u16): u16 {
    g.take_in_range(min as u256, max as u256, 10) as u16
}

public fun generate_u8_in_range(g: &mut RandomGenerator, min: u8, max: u8): u8 {
    g.take_in_range(min as u256, max as u256, 9) as u8
}

/// Each order is as likely as any other.
public fun shuffle<T>(g: &mut RandomGenerator, v: &mut vector<T>) {
    let n = v.length();
    if (n == 0) return;
    assert!(n <= std::u16::max_value!() as u64, EInvalidLength);
    let last = (n - 1) as u16;
    last.do!(|i| {
        let with = g.generate_u16_in_range(i, last);
        v.swap(i as u64, with as u64);
    })
}

// === For tests ===

#[test_only]
public fun create_for_testing(ctx: &mut TxContext) {
    create(ctx)
}

#[test_only]
public fun update_randomness_state_for_testing(
    self: &mut Random,
    new_round: u64,
    new_bytes: vector<u8>,
    ctx: &TxContext,
) {
    self.update_randomness_state(new_round, new_bytes, ctx)
}

#[test_only]
public fun new_generator_from_seed_for_testing(seed: vector<u8>): RandomGenerator {
    RandomGenerator { seed, counter: 0, buffer: vector[] }
}

/// Another stream in each call.
#[test_only]
public fun new_generator_for_testing(): RandomGenerator {
    new_generator_from_seed_for_testing(generate_rand_seed_for_testing())
}

#[test_only]
native fun generate_rand_seed_for_testing(): vector<u8>;

#[test_only]
public fun generator_seed(r: &RandomGenerator): &vector<u8> {
    &r.seed
}

#[test_only]
public fun generator_counter(r: &RandomGenerator): u16 {
    r.counter
}

#[test_only]
public fun generator_buffer(r: &RandomGenerator): &vector<u8> {
    &r.buffer
}

/// An object by value, with round 0 and these bytes.
#[test_only]
public fun create_by_value_for_testing(random_bytes: vector<u8>, ctx: &mut TxContext): Random {
    let inner = RandomInner { version: VERSION, epoch: 0, randomness_round: 0, random_bytes };
    Random { id: object::new(ctx), inner: versioned::create(VERSION, inner, ctx) }
}
