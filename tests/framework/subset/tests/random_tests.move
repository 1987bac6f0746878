#[test_only]
module subset::random_tests;

use std::unit_test::assert_eq;
use sui::random;

#[test]
fun a_seed_gives_one_stream() {
    let mut first = random::new_generator_from_seed_for_testing(b"seed");
    let mut second = random::new_generator_from_seed_for_testing(b"seed");
    assert_eq!(first.generate_bytes(70), second.generate_bytes(70));
    assert_eq!(first.generate_u128_in_range(10, 1 << 100), second.generate_u128_in_range(10, 1 << 100));
    assert_eq!(first.generate_u64_in_range(10, 20), second.generate_u64_in_range(10, 20));
    assert_eq!(first.generate_bool(), second.generate_bool());
    assert_eq!(*first.generator_buffer(), *second.generator_buffer());
    assert_eq!(first.generator_counter(), second.generator_counter());
}

/// Recorded from Sui's own text: every function draws from the stream as Sui's does.
#[test]
fun the_stream_is_suis() {
    let mut g = random::new_generator_from_seed_for_testing(b"seed");
    let mut all = sui::bcs::to_bytes(&g.generate_u8());
    all.append(sui::bcs::to_bytes(&g.generate_u16()));
    all.append(sui::bcs::to_bytes(&g.generate_u32()));
    all.append(sui::bcs::to_bytes(&g.generate_u64()));
    all.append(sui::bcs::to_bytes(&g.generate_u128()));
    all.append(sui::bcs::to_bytes(&g.generate_u256()));
    all.append(sui::bcs::to_bytes(&g.generate_bool()));
    all.append(sui::bcs::to_bytes(&g.generate_u8_in_range(3, 200)));
    all.append(sui::bcs::to_bytes(&g.generate_u16_in_range(3, 20000)));
    all.append(sui::bcs::to_bytes(&g.generate_u32_in_range(3, 2000000)));
    all.append(sui::bcs::to_bytes(&g.generate_u64_in_range(3, 1 << 40)));
    all.append(sui::bcs::to_bytes(&g.generate_u128_in_range(3, 1 << 100)));
    all.append(g.generate_bytes(45));
    let mut row = vector::tabulate!(20, |i| i as u8);
    g.shuffle(&mut row);
    all.append(row);
    assert_eq!(sui::hash::blake2b256(&all).take(8), x"d9c7c52aa10c0d58");
}

#[test, expected_failure(abort_code = random::EInvalidRange)]
fun an_empty_range() {
    random::new_generator_for_testing().generate_u8_in_range(2, 1);
}
