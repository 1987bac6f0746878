/// Functions of `u16`.
#[defines_primitive(u16)]
module std::u16;

public fun max(x: u16, y: u16): u16 {
    if (x > y) x else y
}

public fun min(x: u16, y: u16): u16 {
    if (x < y) x else y
}

/// The distance between the two.
public fun diff(x: u16, y: u16): u16 {
    if (x > y) x - y else y - x
}

public fun bitwise_not(x: u16): u16 {
    x ^ max_value!()
}

public macro fun max_value(): u16 {
    0xffff
}

public macro fun range_do<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

public macro fun do<$R: drop>($stop: u16, $f: |u16| -> $R) {
    range_do!(0, $stop, $f)
}
