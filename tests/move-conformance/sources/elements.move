/// Every vector instruction for elements of every kind, and each of their errors.
module conformance::elements;

use conformance::kinds;

/// All operations that succeed.
macro fun operations<$T>($a: $T, $b: $T) {
    let a: $T = $a;
    let b: $T = $b;
    let mut v: vector<$T> = vector[];
    assert!(v.length() == 0);
    v.push_back(a);
    v.push_back(b);
    v.push_back(a);
    assert!(v.length() == 3 && v == vector[a, b, a] && v != vector[a, b, b]);
    assert!(&v[0] == &a && v[1] == b);
    v.swap(0, 1);
    v.swap(2, 2);
    assert!(v == vector[b, a, a]);
    *v.borrow_mut(1) = b;
    let r = &mut v[2];
    *r = b;
    let copied = v;
    assert!(v.pop_back() == b && copied.length() == 3);
    *&mut v[0] = a;
    assert!(copied[0] == b);
    assert!(v.pop_back() == b && v.pop_back() == a);
    v.destroy_empty();
    let nested = vector[copied, vector[], vector[a]];
    assert!(nested[0][2] == b && nested[1].is_empty() && nested[2] == vector[a]);
}

macro fun borrows_past_the_end<$T>($a: $T) {
    let v = vector<$T>[$a];
    let r = &v[1];
    assert!(r == &v[0]);
}

macro fun borrows_mutably_past_the_end<$T>($a: $T) {
    let mut v = vector<$T>[$a, $a];
    *v.borrow_mut(2) = $a;
}

macro fun pops_an_empty_one<$T>($a: $T) {
    let mut v = vector<$T>[$a];
    v.pop_back();
    v.pop_back();
}

macro fun destroys_a_full_one<$T>($a: $T) { vector<$T>[$a].destroy_empty() }

macro fun swaps_past_the_end<$T>($a: $T, $left: u64, $right: u64) {
    let mut v = vector<$T>[$a, $a, $a];
    v.swap($left, $right);
}

#[test]
fun bool_operations() { operations!(kinds::a_bool(true), kinds::a_bool(false)) }

#[test]
fun u8_operations() { operations!(kinds::a_u8(1), kinds::a_u8(255)) }

#[test]
fun u16_operations() { operations!(kinds::a_u16(1), kinds::a_u16(65535)) }

#[test]
fun u32_operations() { operations!(kinds::a_u32(1), kinds::a_u32(4294967295)) }

#[test]
fun u64_operations() { operations!(kinds::a_u64(1), kinds::a_u64(18446744073709551615)) }

#[test]
fun u128_operations() { operations!(kinds::a_u128(1), kinds::a_u128(1 << 127)) }

#[test]
fun u256_operations() { operations!(kinds::a_u256(1), kinds::a_u256(1 << 255)) }

#[test]
fun address_operations() { operations!(kinds::a_address(@0x1), kinds::a_address(@0xffff)) }

#[test]
fun vector_operations() { operations!(kinds::a_list(vector[1]), kinds::a_list(vector[1, 2])) }

#[test]
fun struct_operations() { operations!(kinds::some_inner(1), kinds::some_inner(2)) }

#[test]
fun enum_operations() { operations!(kinds::some_kind(0), kinds::some_kind(2)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun bool_borrows_past_the_end() { borrows_past_the_end!(kinds::a_bool(true)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u8_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u8(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u16_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u16(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u32_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u32(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u64_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u64(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u128_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u128(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u256_borrows_past_the_end() { borrows_past_the_end!(kinds::a_u256(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun address_borrows_past_the_end() { borrows_past_the_end!(kinds::a_address(@0x1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun vector_borrows_past_the_end() { borrows_past_the_end!(kinds::a_list(vector[1])) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun struct_borrows_past_the_end() { borrows_past_the_end!(kinds::some_inner(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun enum_borrows_past_the_end() { borrows_past_the_end!(kinds::some_kind(0)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun bool_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_bool(true)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u8_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u8(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u16_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u16(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u32_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u32(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u64_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u64(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u128_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u128(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u256_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_u256(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun address_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_address(@0x1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun vector_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::a_list(vector[1])) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun struct_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::some_inner(1)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun enum_borrows_mutably_past_the_end() { borrows_mutably_past_the_end!(kinds::some_kind(0)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun bool_pops_an_empty_one() { pops_an_empty_one!(kinds::a_bool(true)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u8_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u8(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u16_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u16(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u32_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u32(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u64_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u64(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u128_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u128(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun u256_pops_an_empty_one() { pops_an_empty_one!(kinds::a_u256(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun address_pops_an_empty_one() { pops_an_empty_one!(kinds::a_address(@0x1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun vector_pops_an_empty_one() { pops_an_empty_one!(kinds::a_list(vector[1])) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun struct_pops_an_empty_one() { pops_an_empty_one!(kinds::some_inner(1)) }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun enum_pops_an_empty_one() { pops_an_empty_one!(kinds::some_kind(0)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun bool_destroys_a_full_one() { destroys_a_full_one!(kinds::a_bool(true)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u8_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u8(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u16_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u16(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u32_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u32(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u64_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u64(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u128_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u128(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun u256_destroys_a_full_one() { destroys_a_full_one!(kinds::a_u256(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun address_destroys_a_full_one() { destroys_a_full_one!(kinds::a_address(@0x1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun vector_destroys_a_full_one() { destroys_a_full_one!(kinds::a_list(vector[1])) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun struct_destroys_a_full_one() { destroys_a_full_one!(kinds::some_inner(1)) }

#[test, expected_failure(vector_error, minor_status = 3, location = Self)]
fun enum_destroys_a_full_one() { destroys_a_full_one!(kinds::some_kind(0)) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun bool_swaps_past_the_end() { swaps_past_the_end!(kinds::a_bool(true), 0, 3) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u8_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u8(1), 3, 0) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u16_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u16(1), 4294967295, 1) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u32_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u32(1), 0, 3) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u64_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u64(1), 3, 0) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u128_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u128(1), 4294967295, 1) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun u256_swaps_past_the_end() { swaps_past_the_end!(kinds::a_u256(1), 0, 3) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun address_swaps_past_the_end() { swaps_past_the_end!(kinds::a_address(@0x1), 3, 0) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun vector_swaps_past_the_end() { swaps_past_the_end!(kinds::a_list(vector[1]), 4294967295, 1) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun struct_swaps_past_the_end() { swaps_past_the_end!(kinds::some_inner(1), 0, 3) }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun enum_swaps_past_the_end() { swaps_past_the_end!(kinds::some_kind(0), 3, 0) }
