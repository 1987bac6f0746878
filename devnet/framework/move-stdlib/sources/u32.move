/// Functions of `u32`.
#[defines_primitive(u32)]
module std::u32;

public fun max(x: u32, y: u32): u32 {
    if (x > y) x else y
}

public fun min(x: u32, y: u32): u32 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u32, y: u32): u32 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u32): u32 {
    x ^ max_value!()
}

public macro fun max_value(): u32 {
    0xffffffff
}

public macro fun range_do<$R: drop>($start: u32, $stop: u32, $f: |u32| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u32, $f: |u32| -> $R) {
    range_do!(0, $stop, $f)
}
