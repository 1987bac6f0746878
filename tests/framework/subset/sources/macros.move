/// Expands every macro but one of the standard library's vectors and options, and of the framework's BCS: what a macro is made of shows in the
/// bytecode of these functions.
module subset::macros;

use sui::bcs;

// === Vectors ===

public fun squares(n: u64): vector<u64> {
    vector::tabulate!(n, |i| i * i)
}

public fun digits_backwards(v: vector<u8>): u64 {
    let mut number = 0;
    v.destroy!(|digit| number = number * 10 + (digit as u64));
    number
}

public fun digits(v: vector<u8>): u64 {
    let mut number = 0;
    v.do!(|digit| number = number * 10 + (digit as u64));
    number
}

public fun sum(v: &vector<u64>): u64 {
    let mut total = 0;
    v.do_ref!(|e| total = total + *e);
    total
}

public fun double(v: &mut vector<u64>) {
    v.do_mut!(|e| *e = *e * 2)
}

public fun doubled(v: vector<u64>): vector<u128> {
    v.map!(|e| (e as u128) * 2)
}

public fun parities(v: &vector<u64>): vector<bool> {
    v.map_ref!(|e| *e % 2 == 1)
}

public fun odd(v: vector<u64>): vector<u64> {
    v.filter!(|e| *e % 2 == 1)
}

public fun odd_and_even(v: vector<u64>): (vector<u64>, vector<u64>) {
    v.partition!(|e| *e % 2 == 1)
}

public fun first_odd(v: &vector<u64>): Option<u64> {
    v.find_index!(|e| *e % 2 == 1)
}

public fun all_odd_places(v: &vector<u64>): vector<u64> {
    v.find_indices!(|e| *e % 2 == 1)
}

public fun count_odd(v: &vector<u64>): u64 {
    v.count!(|e| *e % 2 == 1)
}

public fun product(v: vector<u64>): u64 {
    v.fold!(1, |total, e| total * e)
}

public fun any_odd(v: &vector<u64>): bool {
    v.any!(|e| *e % 2 == 1)
}

public fun all_odd(v: &vector<u64>): bool {
    v.all!(|e| *e % 2 == 1)
}

public fun polynomial(coefficients: vector<u64>, powers: vector<u64>): u64 {
    let mut total = 0;
    coefficients.zip_do!(powers, |a, x| total = total * 3 + a * x);
    total
}

public fun polynomial_backwards(coefficients: vector<u64>, powers: vector<u64>): u64 {
    let mut total = 0;
    coefficients.zip_do_reverse!(powers, |a, x| total = total * 3 + a * x);
    total
}

public fun dot(left: &vector<u64>, right: &vector<u64>): u64 {
    let mut total = 0;
    left.zip_do_ref!(right, |a, b| total = total + *a * *b);
    total
}

public fun exchange(left: &mut vector<u64>, right: &mut vector<u64>) {
    left.zip_do_mut!(right, |a, b| {
        let kept = *a;
        *a = *b;
        *b = kept;
    })
}

public fun sums(left: vector<u64>, right: vector<u64>): vector<u64> {
    left.zip_map!(right, |a, b| a + b)
}

public fun larger(left: &vector<u64>, right: &vector<u64>): vector<bool> {
    left.zip_map_ref!(right, |a, b| *a > *b)
}

public fun sort_by_insertion(v: &mut vector<u64>) {
    v.insertion_sort_by!(|a, b| *a <= *b)
}

public fun is_sorted(v: &vector<u64>): bool {
    v.is_sorted_by!(|a, b| *a <= *b)
}

public fun leading_odd(v: vector<u64>): vector<u64> {
    v.take_while!(|e| *e % 2 == 1)
}

public fun after_leading_odd(v: vector<u64>): vector<u64> {
    v.skip_while!(|e| *e % 2 == 1)
}

// === Options ===

public fun spend(o: Option<u64>): u64 {
    let mut total = 0;
    o.destroy!(|e| total = total + e);
    total
}

public fun spend_again(o: Option<u64>): u64 {
    let mut total = 0;
    o.do!(|e| total = total + e);
    total
}

public fun look(o: &Option<u64>): u64 {
    let mut total = 0;
    o.do_ref!(|e| total = total + *e);
    total
}

public fun increment(o: &mut Option<u64>) {
    o.do_mut!(|e| *e = *e + 1)
}

public fun or_seven(o: Option<u64>): Option<u64> {
    o.or!(option::some(7))
}

public fun half(o: Option<u64>): Option<u64> {
    o.and!(|e| if (e % 2 == 0) option::some(e / 2) else option::none())
}

public fun half_ref(o: &Option<u64>): Option<u64> {
    o.and_ref!(|e| if (*e % 2 == 0) option::some(*e / 2) else option::none())
}

public fun widen(o: Option<u64>): Option<u128> {
    o.map!(|e| e as u128)
}

public fun widen_ref(o: &Option<u64>): Option<u128> {
    o.map_ref!(|e| *e as u128)
}

public fun only_even(o: Option<u64>): Option<u64> {
    o.filter!(|e| *e % 2 == 0)
}

public fun is_even(o: &Option<u64>): bool {
    o.is_some_and!(|e| *e % 2 == 0)
}

public fun take_or_nine(o: &mut Option<u64>): u64 {
    o.extract_or!(9)
}

public fun end_or_nine(o: Option<u64>): u64 {
    o.destroy_or!(9)
}

public fun end_or_abort(o: Option<u64>): u64 {
    o.destroy_or!(abort 9)
}

// === BCS ===

public fun peel_pairs(bytes: vector<u8>): (vector<u16>, vector<u32>) {
    let mut reader = bcs::new(bytes);
    let mut others = vector[];
    let pairs = reader.peel_vec!(|b| {
        others.push_back(b.peel_u32());
        b.peel_u16()
    });
    (pairs, others)
}

public fun peel_maybe_pair(bytes: vector<u8>): Option<vector<u8>> {
    bcs::new(bytes).peel_option!(|b| vector[b.peel_u8(), b.peel_u8()])
}
