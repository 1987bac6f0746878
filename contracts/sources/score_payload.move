/// Reads what an enclave signed, without touching any object: CBOR (RFC 8949 §4.2.1)
/// `[window, checkpoint_hash, {uid: score}, [results, header]]`. The header has a constant length and comes last, so it is read by offset
/// from the end; `results` is columns of n entries each. Nothing is copied out but what is asked for. Integers are big-endian.
module vramhub::score_payload;

// === Errors ===

/// The bytes are fewer than a header and what must stand before it.
#[error]
const ETooShort: vector<u8> = b"the payload is too short";
/// The inner array, the results' length or the header's length is not where it must be.
#[error]
const EBadTail: vector<u8> = b"the end of the payload is malformed";
/// The outer array, the window or the checkpoint hash is not what the header says.
#[error]
const EBadPrefix: vector<u8> = b"the beginning of the payload does not agree with its header";
/// Only format 1 is known.
#[error]
const EUnknownFormat: vector<u8> = b"the payload's format is unknown";
/// Only the gradient family is known.
#[error]
const EUnknownFamily: vector<u8> = b"the payload is of another family";
/// Only bit 0 and bit 1 are known, and never both.
#[error]
const EUnknownFlags: vector<u8> = b"the payload has unknown flags";
/// `results` has 34 bytes a roster entry.
#[error]
const EBadResultsLength: vector<u8> = b"the results do not have 34 bytes a roster entry";
/// The score map's head, a key or a value is malformed or not in its shortest form.
#[error]
const EBadScoreMap: vector<u8> = b"the score map is not canonical";

// === Constants ===

const FORMAT: u8 = 1;
const FAMILY_GRADIENT: u8 = 1;
const FLAG_STATE_RESET: u8 = 1;
/// The validator had the sketches of earlier gradients no more. It counts: only copies across windows go unseen.
const FLAG_SKETCHES_LOST: u8 = 2;
const BYTES_PER_MINER: u64 = 34;

const HEADER_LENGTH: u64 = 432;
const FORMAT_AT: u64 = 0;
const FAMILY_AT: u64 = 1;
const NETWORK_AT: u64 = 2;
const VALIDATOR_UID_AT: u64 = 34;
const VALIDATOR_GENERATION_AT: u64 = 36;
const ENCLAVE_KEY_AT: u64 = 40;
const WINDOW_AT: u64 = 72;
const CHECKPOINT_HASH_AT: u64 = 80;
const PREV_PAYLOAD_AT: u64 = 112;
const PREV_WINDOW_AT: u64 = 144;
const HPARAMS_HASH_AT: u64 = 152;
const COMMITMENTS_HASH_AT: u64 = 184;
const COMMITMENTS_COUNT_AT: u64 = 216;
const ROSTER_HASH_AT: u64 = 218;
const ROSTER_COUNT_AT: u64 = 250;
const RANDOMNESS_AT: u64 = 252;
const FLAGS_AT: u64 = 429;
const RESULTS_LENGTH_AT: u64 = 430;

/// 84, window (1 to 9 bytes), 58 20, checkpoint hash, map head (1 byte), 82, results (1 byte), 59 01 b0.
const SHORTEST_PREFIX: u64 = 1 + 1 + 34 + 1 + 1 + 1 + 3;

// === Structs ===

/// Where the parts of a payload begin.
public struct Layout has copy, drop {
    /// First key of the score map.
    map: u64,
    /// Entries of the score map.
    map_entries: u64,
    /// First byte after the score map.
    map_end: u64,
    /// First byte of the results' columns.
    results: u64,
    /// Roster entries, by the length of the results.
    rows: u64,
    header: u64,
}

// === The whole ===

/// Checks everything around the score map's entries and the columns, so that no byte outside them is free. Constant work.
public fun locate(payload: &vector<u8>): Layout {
    let length = payload.length();
    assert!(length >= HEADER_LENGTH + SHORTEST_PREFIX, ETooShort);
    let header = length - HEADER_LENGTH;
    assert!(payload[header + FORMAT_AT] == FORMAT, EUnknownFormat);
    assert!(payload[header + FAMILY_AT] == FAMILY_GRADIENT, EUnknownFamily);
    assert!(payload[header + FLAGS_AT] <= FLAG_SKETCHES_LOST, EUnknownFlags);

    // The header's own head, then the results and theirs, then the inner array's.
    assert!(payload[header - 3] == 0x59 && payload[header - 2] == 0x01 && payload[header - 1] == 0xb0, EBadTail);
    let results_length = u16_at(payload, header + RESULTS_LENGTH_AT) as u64;
    let rows = u16_at(payload, header + ROSTER_COUNT_AT) as u64;
    assert!(results_length == rows * BYTES_PER_MINER, EBadResultsLength);
    let results_head = byte_string_head(results_length);
    let head_length = results_head.length();
    assert!(length >= HEADER_LENGTH + SHORTEST_PREFIX + results_length + head_length - 1, ETooShort);
    let results = header - 3 - results_length;
    assert!(is_at(payload, results - head_length, &results_head), EBadTail);
    let map_end = results - head_length - 1;
    assert!(payload[map_end] == 0x82, EBadTail);

    // The outer array, window and checkpoint hash, which the header has too.
    let mut prefix = vector[0x84];
    push_uint(&mut prefix, u64_at(payload, header + WINDOW_AT));
    prefix.push_back(0x58);
    prefix.push_back(0x20);
    let prefix_length = prefix.length();
    assert!(prefix_length + 32 < map_end, ETooShort);
    assert!(is_at(payload, 0, &prefix), EBadPrefix);
    assert!(are_equal(payload, prefix_length, header + CHECKPOINT_HASH_AT, 32), EBadPrefix);

    let (map_entries, map) = map_head(payload, prefix_length + 32);
    assert!(map <= map_end && map_entries <= rows, EBadScoreMap);
    Layout { map, map_entries, map_end, results, rows, header }
}

/// Where the results' columns of a payload with so many rows begin.
public fun results_offset(payload: &vector<u8>, rows: u64): u64 {
    payload.length() - HEADER_LENGTH - 3 - rows * BYTES_PER_MINER
}

/// Where its score map ends.
public fun map_end(payload: &vector<u8>, rows: u64): u64 {
    let length = rows * BYTES_PER_MINER;
    let head_length = if (length < 24) 1 else if (length < 256) 2 else 3;
    payload.length() - HEADER_LENGTH - 3 - length - head_length - 1
}

// === Header ===

public fun network(payload: &vector<u8>, layout: &Layout): vector<u8> {
    slice(payload, layout.header + NETWORK_AT)
}

public fun validator_uid(payload: &vector<u8>, layout: &Layout): u16 {
    u16_at(payload, layout.header + VALIDATOR_UID_AT)
}

public fun validator_generation(payload: &vector<u8>, layout: &Layout): u32 {
    u32_at(payload, layout.header + VALIDATOR_GENERATION_AT)
}

public fun window(payload: &vector<u8>, layout: &Layout): u64 {
    u64_at(payload, layout.header + WINDOW_AT)
}

public fun prev_window(payload: &vector<u8>, layout: &Layout): u64 {
    u64_at(payload, layout.header + PREV_WINDOW_AT)
}

public fun commitments_count(payload: &vector<u8>, layout: &Layout): u16 {
    u16_at(payload, layout.header + COMMITMENTS_COUNT_AT)
}

public fun roster_count(payload: &vector<u8>, layout: &Layout): u16 {
    u16_at(payload, layout.header + ROSTER_COUNT_AT)
}

public fun is_state_reset(payload: &vector<u8>, layout: &Layout): bool {
    payload[layout.header + FLAGS_AT] == FLAG_STATE_RESET
}

/// Digests are compared in place.
public fun is_network(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + NETWORK_AT, expected)
}

public fun is_enclave_key(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + ENCLAVE_KEY_AT, expected)
}

public fun is_checkpoint_hash(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + CHECKPOINT_HASH_AT, expected)
}

public fun is_prev_payload(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + PREV_PAYLOAD_AT, expected)
}

public fun is_hparams_hash(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + HPARAMS_HASH_AT, expected)
}

public fun is_commitments_hash(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + COMMITMENTS_HASH_AT, expected)
}

public fun is_roster_hash(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + ROSTER_HASH_AT, expected)
}

public fun is_randomness(payload: &vector<u8>, layout: &Layout, expected: &vector<u8>): bool {
    is_at(payload, layout.header + RANDOMNESS_AT, expected)
}

// === Score map ===

/// The entry at `at`: uid, score in two's complement, and where the next entry begins.
public fun score_at(payload: &vector<u8>, at: u64): (u16, u32, u64) {
    let first = payload[at];
    let (uid, at) = if (first < 24) {
        (first as u16, at + 1)
    } else if (first == 0x18) {
        let uid = payload[at + 1];
        assert!(uid >= 24, EBadScoreMap);
        (uid as u16, at + 2)
    } else {
        assert!(first == 0x19, EBadScoreMap);
        let uid = u16_at(payload, at + 1);
        assert!(uid > 0xff, EBadScoreMap);
        (uid, at + 3)
    };
    let head = payload[at];
    assert!(head < 0x40, EBadScoreMap);
    let info = head & 0x1f;
    let (magnitude, next) = if (info < 24) {
        (info as u32, at + 1)
    } else if (info == 24) {
        let value = payload[at + 1];
        assert!(value >= 24, EBadScoreMap);
        (value as u32, at + 2)
    } else if (info == 25) {
        let value = u16_at(payload, at + 1);
        assert!(value > 0xff, EBadScoreMap);
        (value as u32, at + 3)
    } else {
        assert!(info == 26, EBadScoreMap);
        let value = u32_at(payload, at + 1);
        assert!(value > 0xffff && value <= 0x7fff_ffff, EBadScoreMap);
        (value, at + 5)
    };
    // Major type 1 is -1 - magnitude, which is every bit of the magnitude turned over.
    (uid, if (head < 0x20) magnitude else magnitude ^ 0xffff_ffff, next)
}

// === Columns ===

/// Offsets of the columns that the ledger keeps: uid, generation, code, random, weight.
public fun columns(results: u64, rows: u64): (u64, u64, u64, u64, u64) {
    (results, results + 2 * rows, results + 6 * rows, results + 7 * rows, results + 31 * rows)
}

// === Integers ===

public fun u16_at(bytes: &vector<u8>, at: u64): u16 {
    ((bytes[at] as u16) << 8) | (bytes[at + 1] as u16)
}

public fun u32_at(bytes: &vector<u8>, at: u64): u32 {
    ((bytes[at] as u32) << 24) | ((bytes[at + 1] as u32) << 16) | ((bytes[at + 2] as u32) << 8) | (bytes[at + 3] as u32)
}

public fun u64_at(bytes: &vector<u8>, at: u64): u64 {
    ((u32_at(bytes, at) as u64) << 32) | (u32_at(bytes, at + 4) as u64)
}

// === Layout ===

public fun map_offset(self: &Layout): u64 {
    self.map
}

public fun map_entries(self: &Layout): u64 {
    self.map_entries
}

public fun map_end_offset(self: &Layout): u64 {
    self.map_end
}

public fun rows(self: &Layout): u64 {
    self.rows
}

public fun results(self: &Layout): u64 {
    self.results
}

// === Private ===

/// Entries of the map whose head stands at `at`, and where the first one begins. At most 256.
fun map_head(payload: &vector<u8>, at: u64): (u64, u64) {
    let head = payload[at];
    if (head >= 0xa0 && head < 0xb8) return ((head & 0x1f) as u64, at + 1);
    if (head == 0xb8) {
        let count = payload[at + 1];
        assert!(count >= 24, EBadScoreMap);
        return (count as u64, at + 2)
    };
    assert!(head == 0xb9, EBadScoreMap);
    let count = u16_at(payload, at + 1);
    assert!(count > 0xff, EBadScoreMap);
    (count as u64, at + 3)
}

/// At most 65535, as the header can say.
fun byte_string_head(length: u64): vector<u8> {
    if (length < 24) vector[0x40 | (length as u8)]
    else if (length < 256) vector[0x58, length as u8]
    else vector[0x59, (length >> 8) as u8, (length & 0xff) as u8]
}

/// The shortest form.
fun push_uint(bytes: &mut vector<u8>, value: u64) {
    let length = if (value < 24) {
        bytes.push_back(value as u8);
        return
    } else if (value < 0x100) {
        bytes.push_back(0x18);
        1
    } else if (value < 0x1_0000) {
        bytes.push_back(0x19);
        2
    } else if (value < 0x1_0000_0000) {
        bytes.push_back(0x1a);
        4
    } else {
        bytes.push_back(0x1b);
        8
    };
    let mut left = length;
    while (left > 0) {
        left = left - 1;
        bytes.push_back(((value >> (8 * left)) & 0xff) as u8);
    }
}

fun is_at(payload: &vector<u8>, at: u64, expected: &vector<u8>): bool {
    let n = expected.length();
    let mut i = 0;
    while (i < n) {
        if (payload[at + i] != expected[i]) return false;
        i = i + 1;
    };
    true
}

fun are_equal(payload: &vector<u8>, a: u64, b: u64, length: u64): bool {
    let mut i = 0;
    while (i < length) {
        if (payload[a + i] != payload[b + i]) return false;
        i = i + 1;
    };
    true
}

fun slice(payload: &vector<u8>, at: u64): vector<u8> {
    let mut bytes = vector[];
    let mut i = at;
    while (i < at + 32) {
        bytes.push_back(payload[i]);
        i = i + 1;
    };
    bytes
}

#[test_only]
public fun push_uint_for_testing(bytes: &mut vector<u8>, value: u64) {
    push_uint(bytes, value)
}

#[test_only]
public fun byte_string_head_for_testing(length: u64): vector<u8> {
    byte_string_head(length)
}

#[test_only]
public fun map_head_for_testing(payload: &vector<u8>, at: u64): (u64, u64) {
    map_head(payload, at)
}
