/// Every form of `expected_failure`, met and not met: how the two machines judge a test.
module forms::forms;

use forms::helper;
use forms::helper as other;

const EWrong: u64 = 1;
const ERight: u64 = 2;
const EHex: u64 = 0xff_00;
#[error]
const ENumber: u64 = 99;
#[error]
const EText: vector<u8> = b"a text";
#[error]
const ESameText: vector<u8> = b"a text";

// === Met ===

#[test, expected_failure]
fun any_abort() { abort ERight }

#[test, expected_failure]
fun any_arithmetic() { helper::identity(0u8) - 1; }

#[test]
#[expected_failure]
fun in_an_attribute_of_its_own() { abort ERight }

#[test, expected_failure(abort_code = 2, location = Self)]
fun a_number() { abort ERight }

#[test, expected_failure(abort_code = 0xff00, location = forms::forms)]
fun a_number_and_a_path() { abort EHex }

#[test, expected_failure(abort_code = ERight)]
fun a_constant() { abort ERight }

#[test, expected_failure(abort_code = forms::forms::ERight)]
fun a_constant_by_its_path() { abort 2 }

#[test, expected_failure(abort_code = EText)]
fun a_text() { abort EText }

#[test, expected_failure(abort_code = helper::EHelper)]
fun a_constant_elsewhere() { helper::fail() }

#[test, expected_failure(abort_code = other::EHelper)]
fun a_constant_by_an_alias() { other::fail() }

#[test, expected_failure(abort_code = forms::helper::EText)]
fun a_text_elsewhere() { helper::fail_in_words() }

#[test, expected_failure(abort_code = 4242, location = forms::helper)]
fun a_number_elsewhere() { helper::fail() }

#[test, expected_failure(abort_code = ::forms::helper::EHelper)]
fun a_constant_by_a_global_path() { helper::fail() }

#[test, expected_failure(arithmetic_error, location = Self)]
fun arithmetic_here() { helper::identity(0u8) - 1; }

#[test, expected_failure(arithmetic_error, location = helper)]
fun arithmetic_elsewhere() { helper::divide(1, 0); }

#[test, expected_failure(vector_error, location = Self)]
fun a_vector_error_of_any_kind() { vector<u8>[].pop_back(); }

#[test, expected_failure(vector_error, minor_status = 2, location = Self)]
fun a_vector_error_of_one_kind() { vector<u8>[].pop_back(); }

// === Not met ===

#[test]
fun fails_by_assertion() { assert!(helper::identity(1u64) == 2); }

#[test]
fun fails_by_arithmetic() { helper::identity(0u8) - 1; }

#[test, expected_failure]
fun fails_by_not_failing() {}

#[test, expected_failure(abort_code = EWrong)]
fun fails_by_another_code() { abort ERight }

#[test, expected_failure(abort_code = 1, location = Self)]
fun fails_by_another_number() { abort ERight }

#[test, expected_failure(abort_code = ERight, location = forms::helper)]
fun fails_by_another_place() { abort ERight }

#[test, expected_failure(abort_code = helper::EHelper)]
fun fails_by_the_code_in_another_module() { abort 4242 }

#[test, expected_failure(arithmetic_error, location = Self)]
fun fails_by_another_kind() { abort ERight }

#[test, expected_failure(arithmetic_error, location = Self)]
fun fails_by_arithmetic_elsewhere() { helper::divide(1, 0); }

#[test, expected_failure(vector_error, location = Self)]
fun fails_by_arithmetic_where_a_vector_is_meant() { helper::identity(0u8) - 1; }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun fails_by_another_minor_status() { vector<u8>[].pop_back(); }

#[test, expected_failure(abort_code = ERight)]
fun fails_by_arithmetic_where_an_abort_is_meant() { helper::identity(0u8) - 1; }

/// The official runner asks for 99 where the code carries the constant's name: such an error cannot be named in a test.
#[test, expected_failure(abort_code = ENumber)]
fun fails_by_a_numbered_error() { abort ENumber }

#[test, expected_failure(abort_code = EText)]
fun fails_by_a_text_of_another_name() { abort ESameText }

#[test, expected_failure(abort_code = EText)]
fun fails_by_an_assertion_without_a_code() { assert!(helper::identity(false)) }

#[test, expected_failure(abort_code = 2, location = Self)]
fun fails_by_an_abort_without_a_code() { abort }

/// A code with the bits of a clever one, of which no constant is known, is no number to the official runner.
#[test, expected_failure(abort_code = 0x8000_0007_ffff_ffff, location = Self)]
fun fails_by_a_code_that_looks_clever() { abort 0x8000_0007_ffff_ffff }
