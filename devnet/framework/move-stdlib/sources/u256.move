/// Functions of `u256`.
#[defines_primitive(u256)]
module std::u256;

public fun max(x: u256, y: u256): u256 {
    if (x > y) x else y
}

public fun min(x: u256, y: u256): u256 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u256, y: u256): u256 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u256): u256 {
    x ^ max_value!()
}

public macro fun max_value(): u256 {
    0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
}

public macro fun range_do<$R: drop>($start: u256, $stop: u256, $f: |u256| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u256, $f: |u256| -> $R) {
    range_do!(0, $stop, $f)
}
