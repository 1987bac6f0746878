/// A row of bits, at most 1023.
module std::bit_vector;

/// No such bit.
const EINDEX: u64 = 0x20000;
/// The length is zero or too large.
const ELENGTH: u64 = 0x20001;

const MAX_SIZE: u64 = 1024;

public struct BitVector has copy, drop, store {
    length: u64,
    bit_field: vector<bool>,
}

/// All bits unset.
public fun new(length: u64): BitVector {
    assert!(length > 0 && length < MAX_SIZE, ELENGTH);
    BitVector { length, bit_field: vector::tabulate!(length, |_| false) }
}

public fun set(bitvector: &mut BitVector, bit_index: u64) {
    assert!(bit_index < bitvector.bit_field.length(), EINDEX);
    *&mut bitvector.bit_field[bit_index] = true
}

public fun unset(bitvector: &mut BitVector, bit_index: u64) {
    assert!(bit_index < bitvector.bit_field.length(), EINDEX);
    *&mut bitvector.bit_field[bit_index] = false
}

/// Bit `i + amount` moves to `i`; the last `amount` bits become unset.
public fun shift_left(bitvector: &mut BitVector, amount: u64) {
    let n = bitvector.length;
    let kept = if (amount < n) n - amount else 0;
    n.do!(|i| *&mut bitvector.bit_field[i] = i < kept && bitvector.bit_field[i + amount])
}

public fun is_index_set(bitvector: &BitVector, bit_index: u64): bool {
    assert!(bit_index < bitvector.bit_field.length(), EINDEX);
    bitvector.bit_field[bit_index]
}

public fun length(bitvector: &BitVector): u64 {
    bitvector.bit_field.length()
}

/// How many bits from there on are set without a gap.
public fun longest_set_sequence_starting_at(bitvector: &BitVector, start_index: u64): u64 {
    assert!(start_index < bitvector.length, EINDEX);
    let mut end = start_index;
    while (end < bitvector.length && bitvector.bit_field[end]) end = end + 1;
    end - start_index
}

#[test_only]
public fun word_size(): u64 {
    1
}
