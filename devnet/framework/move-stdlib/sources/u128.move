/// Functions of `u128`.
#[defines_primitive(u128)]
module std::u128;

public fun max(x: u128, y: u128): u128 {
    if (x > y) x else y
}

public fun min(x: u128, y: u128): u128 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u128, y: u128): u128 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u128): u128 {
    x ^ max_value!()
}

public macro fun max_value(): u128 {
    0xffffffffffffffffffffffffffffffff
}

public macro fun range_do<$R: drop>($start: u128, $stop: u128, $f: |u128| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u128, $f: |u128| -> $R) {
    range_do!(0, $stop, $f)
}
