#[test_only]
module subset::macros_tests;

use std::unit_test::assert_eq;
use subset::macros;
use subset::sorting;

#[test]
fun vectors_by_value() {
    assert_eq!(macros::squares(4), vector[0, 1, 4, 9]);
    assert_eq!(macros::digits(vector[1, 2, 3]), 123);
    assert_eq!(macros::digits_backwards(vector[1, 2, 3]), 321);
    assert_eq!(macros::doubled(vector[1, 2]), vector[2, 4]);
    assert_eq!(macros::odd(vector[1, 2, 3]), vector[1, 3]);
    let (odd, even) = macros::odd_and_even(vector[1, 2, 3]);
    assert_eq!(odd, vector[1, 3]);
    assert_eq!(even, vector[2]);
    assert_eq!(macros::product(vector[2, 3, 4]), 24);
    assert_eq!(macros::leading_odd(vector[1, 3, 4, 5]), vector[1, 3]);
    assert_eq!(macros::leading_odd(vector[1, 3]), vector[1, 3]);
    assert_eq!(macros::after_leading_odd(vector[1, 3, 4, 5]), vector[4, 5]);
    assert_eq!(macros::after_leading_odd(vector[1]), vector[]);
}

#[test]
fun vectors_by_reference() {
    let mut v = vector[1, 2, 3];
    assert_eq!(macros::sum(&v), 6);
    macros::double(&mut v);
    assert_eq!(v, vector[2, 4, 6]);
    assert_eq!(macros::parities(&vector[1, 2]), vector[true, false]);
    assert_eq!(macros::first_odd(&vector[2, 3, 5]), option::some(1));
    assert_eq!(macros::first_odd(&v), option::none());
    assert_eq!(macros::all_odd_places(&vector[1, 2, 5]), vector[0, 2]);
    assert_eq!(macros::count_odd(&vector[1, 2, 5]), 2);
    assert!(macros::any_odd(&vector[2, 1]) && !macros::any_odd(&v) && !macros::any_odd(&vector[]));
    assert!(macros::all_odd(&vector[1, 3]) && !macros::all_odd(&vector[1, 2]) && macros::all_odd(&vector[]));
}

#[test]
fun pairs_of_vectors() {
    assert_eq!(macros::polynomial(vector[1, 2], vector[3, 4]), 3 * 3 + 8);
    assert_eq!(macros::polynomial_backwards(vector[1, 2], vector[3, 4]), 8 * 3 + 3);
    assert_eq!(macros::dot(&vector[1, 2], &vector[3, 4]), 11);
    let mut left = vector[1, 2];
    let mut right = vector[3, 4];
    macros::exchange(&mut left, &mut right);
    assert_eq!(left, vector[3, 4]);
    assert_eq!(macros::sums(left, right), vector[4, 6]);
    assert_eq!(macros::larger(&vector[1, 5], &vector[3, 4]), vector[false, true]);
}

#[test, expected_failure]
fun pairs_of_other_lengths() {
    macros::sums(vector[1], vector[]);
}

#[test]
fun sorting() {
    let mut v = vector[5, 3, 9, 1, 3];
    assert!(!macros::is_sorted(&v) && macros::is_sorted(&vector[]) && macros::is_sorted(&vector[1]));
    macros::sort_by_insertion(&mut v);
    assert_eq!(v, vector[1, 3, 3, 5, 9]);
    assert!(macros::is_sorted(&v));
    assert_eq!(sorting::order(vector[]), vector[]);
    assert_eq!(sorting::order(vector[7]), vector[0]);
    assert_eq!(sorting::order(vector[2, 1, 2, 1, 0, 2, 1]), vector[4, 1, 3, 6, 0, 2, 5]);
    let keys = vector::tabulate!(33, |i| (i * 7 + 3) % 33);
    let order = sorting::order(keys);
    order.length().do!(|i| assert_eq!(keys[order[i]], i));
}

#[test]
fun options() {
    assert_eq!(macros::spend(option::some(3)) + macros::spend_again(option::some(4)), 7);
    assert_eq!(macros::spend(option::none()) + macros::look(&option::none()), 0);
    assert_eq!(macros::look(&option::some(5)), 5);
    let mut o = option::some(5);
    macros::increment(&mut o);
    assert_eq!(o, option::some(6));
    assert_eq!(macros::or_seven(o), option::some(6));
    assert_eq!(macros::or_seven(option::none()), option::some(7));
    assert_eq!(macros::half(o), option::some(3));
    assert_eq!(macros::half(option::some(3)), option::none());
    assert_eq!(macros::half_ref(&o), option::some(3));
    assert_eq!(macros::half_ref(&option::none()), option::none());
    assert_eq!(macros::widen(o), option::some(6));
    assert_eq!(macros::widen_ref(&option::none()), option::none());
    assert_eq!(macros::only_even(o), o);
    assert_eq!(macros::only_even(option::some(1)), option::none());
    assert!(macros::is_even(&o) && !macros::is_even(&option::none()));
    assert_eq!(macros::take_or_nine(&mut o), 6);
    assert_eq!(macros::take_or_nine(&mut o), 9);
    assert_eq!(macros::end_or_nine(o), 9);
    assert_eq!(macros::end_or_abort(option::some(1)), 1);
}

#[test, expected_failure(abort_code = 9, location = subset::macros)]
fun the_default_may_abort() {
    macros::end_or_abort(option::none());
}

#[test]
fun peeling() {
    let (pairs, others) = macros::peel_pairs(x"02010000000200030000000400");
    assert_eq!(pairs, vector[2, 4]);
    assert_eq!(others, vector[1, 3]);
    assert_eq!(macros::peel_maybe_pair(x"010203"), option::some(x"0203"));
    assert_eq!(macros::peel_maybe_pair(x"00"), option::none());
}
