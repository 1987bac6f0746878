/// Functions of `u64`.
#[defines_primitive(u64)]
module std::u64;

public fun max(x: u64, y: u64): u64 {
    if (x > y) x else y
}

public fun min(x: u64, y: u64): u64 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u64, y: u64): u64 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u64): u64 {
    x ^ max_value!()
}

public macro fun max_value(): u64 {
    0xffffffffffffffff
}

public macro fun range_do<$R: drop>($start: u64, $stop: u64, $f: |u64| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u64, $f: |u64| -> $R) {
    range_do!(0, $stop, $f)
}
