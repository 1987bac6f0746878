/// Tests that must fail on both machines: they prove that the comparison sees failures.
module conformance::deliberate;

const EWrong: u64 = 1;
const ERight: u64 = 2;
#[error]
const ENumber: u64 = 99;

#[test]
fun fails_by_assertion() { assert!(conformance::helper::identity(1u64) == 2); }

#[test]
fun fails_by_arithmetic() { conformance::helper::identity(0u8) - 1; }

#[test, expected_failure]
fun fails_by_not_failing() {}

#[test, expected_failure(abort_code = EWrong)]
fun fails_by_another_code() { abort ERight }

#[test, expected_failure(abort_code = ERight, location = conformance::helper)]
fun fails_by_another_place() { abort ERight }

#[test, expected_failure(arithmetic_error, location = Self)]
fun fails_by_another_kind() { abort ERight }

#[test, expected_failure(abort_code = ERight)]
fun fails_by_arithmetic_where_abort_is_meant() { conformance::helper::identity(0u8) - 1; }

/// The official runner asks for 99 where the code carries the constant's name: such an error cannot be named in a test.
#[test, expected_failure(abort_code = ENumber)]
fun fails_by_a_numbered_error() { abort ENumber }
