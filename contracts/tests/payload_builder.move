/// Writes payloads as an enclave does, for tests.
#[test_only]
module vramhub::payload_builder;

use vramhub::score_payload;
use vramhub::world::World;

public struct Row has copy, drop {
    uid: u16,
    generation: u32,
    code: u8,
    /// Not negative.
    score: u32,
    random: u32,
    weight: u16,
}

public fun row(uid: u16, generation: u32, code: u8, score: u32, random: u32, weight: u16): Row {
    Row { uid, generation, code, score, random, weight }
}

/// For the record of `window`, with that record's digests. `scored` are the rows of the score map.
public fun build(
    w: &World,
    validator_uid: u16,
    key: vector<u8>,
    window: u64,
    prev_payload: vector<u8>,
    prev_window: u64,
    flags: u8,
    rows: vector<Row>,
    scored: vector<Row>,
): vector<u8> {
    let record = w.rounds().record(window);
    let n = rows.length();
    let mut out = vector[0x84];
    score_payload::push_uint_for_testing(&mut out, window);
    out.append(x"5820");
    out.append(*record.checkpoint_hash());
    let entries = scored.length();
    if (entries < 24) {
        out.push_back(0xa0 | (entries as u8))
    } else if (entries < 256) {
        out.append(vector[0xb8, entries as u8])
    } else {
        out.push_back(0xb9);
        push(&mut out, entries, 2)
    };
    scored.do!(|r| {
        score_payload::push_uint_for_testing(&mut out, r.uid as u64);
        score_payload::push_uint_for_testing(&mut out, r.score as u64);
    });
    out.push_back(0x82);
    out.append(score_payload::byte_string_head_for_testing(34 * n));
    rows.do!(|r| push(&mut out, r.uid as u64, 2));
    rows.do!(|r| push(&mut out, r.generation as u64, 4));
    rows.do!(|r| push(&mut out, r.code as u64, 1));
    rows.do!(|r| push(&mut out, r.random as u64, 4));
    rows.do!(|_| push(&mut out, 1, 4));
    rows.do!(|_| push(&mut out, 2, 8));
    rows.do!(|_| push(&mut out, 3, 8));
    rows.do!(|r| push(&mut out, r.weight as u64, 2));
    rows.do!(|_| push(&mut out, 4, 1));

    out.append(x"5901b0");
    out.append(x"0101");
    out.append(w.network().id().to_bytes());
    push(&mut out, validator_uid as u64, 2);
    push(&mut out, w.validators().validator(validator_uid).generation() as u64, 4);
    out.append(key);
    push(&mut out, window, 8);
    out.append(*record.checkpoint_hash());
    out.append(prev_payload);
    push(&mut out, prev_window, 8);
    out.append(*record.hparams_hash());
    out.append(*record.commitments_hash());
    push(&mut out, record.commitments_count() as u64, 2);
    out.append(*record.roster_hash());
    push(&mut out, n, 2);
    out.append(*record.randomness());
    // own and random data digests, median norm, baseline loss, state after, runtime hash, CPU class: the auditor's
    out.append(vector::tabulate!(32 + 32 + 8 + 8 + 32 + 32 + 1, |_| 7));
    out.push_back(flags);
    push(&mut out, 34 * n, 2);
    out
}

/// Big-endian.
fun push(out: &mut vector<u8>, value: u64, length: u64) {
    let mut left = length;
    while (left > 0) {
        left = left - 1;
        out.push_back(((value >> ((8 * left) as u8)) & 0xff) as u8);
    }
}

/// With one bit turned over, `offset` bytes into the header.
public fun flip(mut payload: vector<u8>, offset: u64): vector<u8> {
    let at = payload.length() - 432 + offset;
    *&mut payload[at] = payload[at] ^ 1;
    payload
}
