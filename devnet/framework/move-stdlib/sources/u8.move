/// Functions of `u8`.
#[defines_primitive(u8)]
module std::u8;

public fun max(x: u8, y: u8): u8 {
    if (x > y) x else y
}

public fun min(x: u8, y: u8): u8 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u8, y: u8): u8 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u8): u8 {
    x ^ max_value!()
}

public macro fun max_value(): u8 {
    0xff
}

public macro fun range_do<$R: drop>($start: u8, $stop: u8, $f: |u8| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u8, $f: |u8| -> $R) {
    range_do!(0, $stop, $f)
}
