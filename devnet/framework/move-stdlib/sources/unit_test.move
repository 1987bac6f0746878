/// What unit tests need.
#[test_only]
module std::unit_test;

/// Marks bytecode that was compiled for tests, so that it cannot be published.
public native fun poison();

/// Ends any value, whatever its abilities.
public native fun destroy<T>(v: T);

public macro fun assert_eq<$T: drop>($t1: $T, $t2: $T) {
    let t1 = $t1;
    let t2 = $t2;
    assert_ref_eq!(&t1, &t2)
}

public macro fun assert_ref_eq<$T>($t1: &$T, $t2: &$T) {
    let left = $t1;
    let right = $t2;
    let same = left == right;
    if (!same) {
        std::debug::print(&b"Assertion failed:".to_string());
        std::debug::print(left);
        std::debug::print(&b"!=".to_string());
        std::debug::print(right);
        assert!(false);
    }
}
