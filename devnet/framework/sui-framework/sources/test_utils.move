/// What unit tests of packages need of the framework.
#[test_only]
module sui::test_utils;

public fun destroy<T>(x: T) {
    std::unit_test::destroy(x)
}

/// A value that passes for the one that `init` gets.
public native fun create_one_time_witness<T: drop>(): T;

public fun print(str: vector<u8>) {
    std::debug::print(&str.to_ascii_string())
}

#[deprecated(note = b"Use `std::unit_test::assert_eq!`.")]
public fun assert_eq<T: drop>(t1: T, t2: T) {
    assert_ref_eq(&t1, &t2)
}

#[deprecated(note = b"Use `std::unit_test::assert_ref_eq!`.")]
public fun assert_ref_eq<T>(t1: &T, t2: &T) {
    std::unit_test::assert_ref_eq!(t1, t2)
}
