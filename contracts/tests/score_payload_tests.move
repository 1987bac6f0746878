#[test_only]
module vramhub::score_payload_tests;

use std::unit_test::assert_eq;
use vramhub::score_payload;

/// tests/vectors/payload.json: payload
const PAYLOAD: vector<u8> =
    x"841a002d1ff4582047320987f9a49d5b00119b960f247a956773f57543982b8bfcb6da5bb3afd9efa3001a00022e0903241903ff3a7fffffff82588800000003001803ff000000010000000200000001ffffffff0000400000015f90fff551a0000000007fffffff0000c350ffff3cb000000000fff0bdc000000005d21dba00ffffffffffffffff000000059682f0007fffffffffffffff00000001f0b49355000000000000000100000001dcd65000ffffffffffffffff0000ffff00000001000003ff5901b00101000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0001000000022c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b68300000000002d1ff447320987f9a49d5b00119b960f247a956773f57543982b8bfcb6da5bb3afd9ef6da0633528deaa0144e7b058315f0b753ec0b945163a72bf96a0d18180f9de0d00000000002d1ff3a8aa236e33e65ccc368827e0af1497b5f655cd460b9db8ebd82ad415d59ad0f2d535808ecd8b1d856bd0116df7cf9e4ac167a68b9c5412b31c4a651cd52737df0003c6836f7ad1c4da8a997c009a4b4b120c237b1993693239e194d6307d9d0b8c3a00041c26c5668e69e892e29576c7d33da04e36d8a234dd4401ca769660d3f62111b35b3975651c3cab92d044c096dc30a1c2d9525497457472de48c51ecb363d1f4aa441b15fe9a3cf56661190a0b93b9dec7d04127288cc87250967cf3b52894d113ff800000000000000000000002625a04ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4ed92c6a81b2ff50096bcda80885427d1f59a25b5f483f7055523504925d16ab2302000088";

#[test]
fun the_parts_are_found() {
    let payload = PAYLOAD;
    let layout = score_payload::locate(&payload);
    assert_eq!(layout.rows(), 4);
    assert_eq!(layout.map_entries(), 3);
    assert_eq!(layout.results(), score_payload::results_offset(&payload, 4));
    assert_eq!(layout.map_end_offset(), score_payload::map_end(&payload, 4));
    assert_eq!(payload[layout.map_end_offset()], 0x82);
}

#[test]
fun the_header_is_read() {
    let payload = PAYLOAD;
    let layout = score_payload::locate(&payload);
    assert_eq!(score_payload::network(&payload, &layout), x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    assert_eq!(score_payload::validator_uid(&payload, &layout), 1);
    assert_eq!(score_payload::validator_generation(&payload, &layout), 2);
    assert_eq!(score_payload::window(&payload, &layout), 2957300);
    assert_eq!(score_payload::prev_window(&payload, &layout), 2957299);
    assert_eq!(score_payload::commitments_count(&payload, &layout), 3);
    assert_eq!(score_payload::roster_count(&payload, &layout), 4);
    assert!(!score_payload::is_state_reset(&payload, &layout));
    assert!(score_payload::is_network(&payload, &layout, &x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    assert!(score_payload::is_enclave_key(&payload, &layout, &x"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"));
    assert!(score_payload::is_checkpoint_hash(&payload, &layout, &x"47320987f9a49d5b00119b960f247a956773f57543982b8bfcb6da5bb3afd9ef"));
    assert!(score_payload::is_prev_payload(&payload, &layout, &x"6da0633528deaa0144e7b058315f0b753ec0b945163a72bf96a0d18180f9de0d"));
    assert!(score_payload::is_hparams_hash(&payload, &layout, &x"a8aa236e33e65ccc368827e0af1497b5f655cd460b9db8ebd82ad415d59ad0f2"));
    assert!(score_payload::is_commitments_hash(&payload, &layout, &x"d535808ecd8b1d856bd0116df7cf9e4ac167a68b9c5412b31c4a651cd52737df"));
    assert!(score_payload::is_roster_hash(&payload, &layout, &x"c6836f7ad1c4da8a997c009a4b4b120c237b1993693239e194d6307d9d0b8c3a"));
    assert!(score_payload::is_randomness(&payload, &layout, &x"1c26c5668e69e892e29576c7d33da04e36d8a234dd4401ca769660d3f62111b3"));
    assert!(!score_payload::is_randomness(&payload, &layout, &x"c6836f7ad1c4da8a997c009a4b4b120c237b1993693239e194d6307d9d0b8c3a"));
}

#[test]
fun the_scores_are_read() {
    let payload = PAYLOAD;
    let layout = score_payload::locate(&payload);
    let (uid, score, next) = score_payload::score_at(&payload, layout.map_offset());
    assert_eq!(uid, 0);
    assert_eq!(score, 142857);
    let (uid, score, next) = score_payload::score_at(&payload, next);
    assert_eq!(uid, 3);
    assert_eq!(score, 0xffff_fffb); // -5
    let (uid, score, next) = score_payload::score_at(&payload, next);
    assert_eq!(uid, 1023);
    assert_eq!(score, 0x8000_0000); // -2147483648
    assert_eq!(next, layout.map_end_offset());
}

#[test]
fun the_columns_are_read() {
    let payload = PAYLOAD;
    let layout = score_payload::locate(&payload);
    let (uids, generations, codes, randoms, weights) = score_payload::columns(layout.results(), 4);
    assert_eq!(score_payload::u16_at(&payload, uids + 2 * 3), 1023);
    assert_eq!(score_payload::u32_at(&payload, generations + 4 * 3), 4294967295);
    assert_eq!(payload[codes + 2], 64);
    assert_eq!(score_payload::u32_at(&payload, randoms + 4), 0xfff5_51a0); // -700000
    assert_eq!(score_payload::u16_at(&payload, weights + 2), 65535);
    assert_eq!(score_payload::u16_at(&payload, weights + 2 * 3), 1);
}

// === CBOR integers ===

fun assert_score(value: vector<u8>, expected: u32) {
    let mut entry = vector[0x18, 0xff];
    entry.append(value);
    let (uid, score, next) = score_payload::score_at(&entry, 0);
    assert_eq!(uid, 255);
    assert_eq!(score, expected);
    assert_eq!(next, entry.length());
}

fun assert_uint(value: u64, expected: vector<u8>) {
    let mut bytes = vector[];
    score_payload::push_uint_for_testing(&mut bytes, value);
    assert_eq!(bytes, expected);
}

#[test]
fun scores_of_every_length() {
    // tests/vectors/payload.json: cborIntegers
    assert_score(x"00", 0x0); // 0
    assert_score(x"01", 0x1); // 1
    assert_score(x"17", 0x17); // 23
    assert_score(x"1818", 0x18); // 24
    assert_score(x"18ff", 0xff); // 255
    assert_score(x"190100", 0x100); // 256
    assert_score(x"19ffff", 0xffff); // 65535
    assert_score(x"1a00010000", 0x10000); // 65536
    assert_score(x"20", 0xffffffff); // -1
    assert_score(x"37", 0xffffffe8); // -24
    assert_score(x"3818", 0xffffffe7); // -25
    assert_score(x"38ff", 0xffffff00); // -256
    assert_score(x"390100", 0xfffffeff); // -257
    assert_score(x"3a7fffffff", 0x80000000); // -2147483648
}

#[test]
fun windows_of_every_length() {
    // tests/vectors/payload.json: cborIntegers
    assert_uint(0, x"00");
    assert_uint(1, x"01");
    assert_uint(23, x"17");
    assert_uint(24, x"1818");
    assert_uint(255, x"18ff");
    assert_uint(256, x"190100");
    assert_uint(65535, x"19ffff");
    assert_uint(65536, x"1a00010000");
    assert_uint(2147483648, x"1a80000000");
    assert_uint(4294967295, x"1affffffff");
    assert_uint(4294967296, x"1b0000000100000000");
    assert_uint(9007199254740992, x"1b0020000000000000");
    assert_uint(9223372036854775808, x"1b8000000000000000");
    assert_uint(18446744073709551615, x"1bffffffffffffffff");
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_key_below_24_in_two_bytes_is_refused() {
    score_payload::score_at(&x"181700", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_key_below_256_in_three_bytes_is_refused() {
    score_payload::score_at(&x"1900ff00", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_key_of_five_bytes_is_refused() {
    score_payload::score_at(&x"1a0001000000", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_negative_key_is_refused() {
    score_payload::score_at(&x"2000", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_below_24_in_two_bytes_is_refused() {
    score_payload::score_at(&x"001817", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_below_256_in_three_bytes_is_refused() {
    score_payload::score_at(&x"001900ff", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_below_65536_in_five_bytes_is_refused() {
    score_payload::score_at(&x"001a0000ffff", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_above_i32_is_refused() {
    score_payload::score_at(&x"001a80000000", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_below_i32_is_refused() {
    score_payload::score_at(&x"003a80000000", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_of_eight_bytes_is_refused() {
    score_payload::score_at(&x"001b0001000000000000", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_value_of_text_is_refused() {
    score_payload::score_at(&x"0060", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_float_is_refused() {
    score_payload::score_at(&x"00f90000", 0);
}

// === Flipped bits around the columns ===

fun flipped(at: u64): vector<u8> {
    let mut payload = PAYLOAD;
    *&mut payload[at] = payload[at] ^ 1;
    payload
}

fun from_end(at: u64): u64 {
    let payload = PAYLOAD;
    payload.length() - at
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_outer_array_is_refused() {
    score_payload::locate(&flipped(0));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_window_head_is_refused() {
    score_payload::locate(&flipped(1));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_window_is_refused() {
    score_payload::locate(&flipped(5));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_checkpoint_head_is_refused() {
    score_payload::locate(&flipped(6));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_checkpoint_length_is_refused() {
    score_payload::locate(&flipped(7));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_checkpoint_first_byte_is_refused() {
    score_payload::locate(&flipped(8));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_checkpoint_last_byte_is_refused() {
    score_payload::locate(&flipped(39));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_inner_array_is_refused() {
    score_payload::locate(&flipped(from_end(574)));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_results_head_is_refused() {
    score_payload::locate(&flipped(from_end(573)));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_results_head_length_is_refused() {
    score_payload::locate(&flipped(from_end(572)));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_header_head_is_refused() {
    score_payload::locate(&flipped(from_end(435)));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_header_head_high_is_refused() {
    score_payload::locate(&flipped(from_end(434)));
}

#[test, expected_failure(abort_code = score_payload::EBadTail)]
fun a_flipped_bit_in_the_header_head_low_is_refused() {
    score_payload::locate(&flipped(from_end(433)));
}

#[test, expected_failure(abort_code = score_payload::EUnknownFormat)]
fun a_flipped_bit_in_the_format_is_refused() {
    score_payload::locate(&flipped(from_end(432)));
}

#[test, expected_failure(abort_code = score_payload::EUnknownFamily)]
fun a_flipped_bit_in_the_family_is_refused() {
    score_payload::locate(&flipped(from_end(431)));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_header_window_is_refused() {
    score_payload::locate(&flipped(from_end(432 - 79)));
}

#[test, expected_failure(abort_code = score_payload::EBadPrefix)]
fun a_flipped_bit_in_the_header_checkpoint_is_refused() {
    score_payload::locate(&flipped(from_end(432 - 80)));
}

#[test, expected_failure(abort_code = score_payload::EBadResultsLength)]
fun a_flipped_bit_in_the_roster_count_is_refused() {
    score_payload::locate(&flipped(from_end(432 - 251)));
}

#[test, expected_failure(abort_code = score_payload::EBadResultsLength)]
fun a_flipped_bit_in_the_results_length_is_refused() {
    score_payload::locate(&flipped(from_end(1)));
}

#[test, expected_failure(abort_code = score_payload::EUnknownFlags)]
fun an_unknown_flag_is_refused() {
    score_payload::locate(&with_flags(4));
}

#[test, expected_failure(abort_code = score_payload::EUnknownFlags)]
fun a_reset_that_lost_sketches_is_refused() {
    score_payload::locate(&with_flags(3));
}

#[test]
fun lost_sketches_are_no_reset() {
    let payload = with_flags(2);
    let layout = score_payload::locate(&payload);
    assert!(!score_payload::is_state_reset(&payload, &layout));
    let payload = with_flags(1);
    let layout = score_payload::locate(&payload);
    assert!(score_payload::is_state_reset(&payload, &layout));
}

fun with_flags(flags: u8): vector<u8> {
    let mut payload = PAYLOAD;
    let at = from_end(3);
    *&mut payload[at] = flags;
    payload
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_map_of_indefinite_length_is_refused() {
    let mut payload = PAYLOAD;
    *&mut payload[40] = 0xbf;
    score_payload::locate(&payload);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun more_scores_than_rows_are_refused() {
    let mut payload = PAYLOAD;
    *&mut payload[40] = 0xa5;
    score_payload::locate(&payload);
}

#[test, expected_failure(abort_code = score_payload::ETooShort)]
fun a_header_alone_is_refused() {
    let payload = PAYLOAD;
    score_payload::locate(&payload.skip(from_end(432)));
}

#[test, expected_failure(abort_code = score_payload::ETooShort)]
fun results_longer_than_the_payload_are_refused() {
    let payload = PAYLOAD;
    let mut rest = payload.skip(from_end(432 + 3 + 60));
    let count = rest.length() - 432 + 251;
    *&mut rest[count] = 4;
    score_payload::locate(&rest);
}

/// A long window number leaves no room for the checkpoint hash before the results.
#[test, expected_failure(abort_code = score_payload::ETooShort)]
fun a_prefix_that_runs_into_the_results_is_refused() {
    let payload = PAYLOAD;
    let mut header = payload.skip(from_end(432));
    *&mut header[72] = 1;
    *&mut header[251] = 0;
    *&mut header[431] = 0;
    let mut short = vector::tabulate!(37, |_| 0);
    short.append(x"82405901b0");
    short.append(header);
    score_payload::locate(&short);
}

// === Heads of maps ===

fun assert_map_head(bytes: vector<u8>, entries: u64) {
    let (count, next) = score_payload::map_head_for_testing(&bytes, 0);
    assert_eq!(count, entries);
    assert_eq!(next, bytes.length());
}

#[test]
fun map_heads_of_every_length() {
    assert_map_head(x"a0", 0);
    assert_map_head(x"b7", 23);
    assert_map_head(x"b818", 24);
    assert_map_head(x"b8ff", 255);
    assert_map_head(x"b90100", 256);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_map_head_below_24_in_two_bytes_is_refused() {
    score_payload::map_head_for_testing(&x"b817", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_map_head_below_256_in_three_bytes_is_refused() {
    score_payload::map_head_for_testing(&x"b900ff", 0);
}

#[test, expected_failure(abort_code = score_payload::EBadScoreMap)]
fun a_map_head_of_five_bytes_is_refused() {
    score_payload::map_head_for_testing(&x"ba01000000", 0);
}
