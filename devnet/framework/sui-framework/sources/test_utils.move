/// What unit tests of packages need of the framework.
#[test_only]
module sui::test_utils;

public fun destroy<T>(x: T) {
    std::unit_test::destroy(x)
}

/// A value that passes for the one that `init` gets.
public native fun create_one_time_witness<T: drop>(): T;
