/// How reliably a validator submits: of the last windows in which its scores were expected, in how many they came. Windows may end out of
/// their order; a void window is never noted.
module vramhub::attendance;

// === Constants ===

/// So many windows count.
const COUNTED: u64 = 100;
/// What is so many windows older than the newest one is forgotten.
const REMEMBERED: u64 = 256;
const BASIS_POINTS: u64 = 10_000;

/// The lower half of each group of so many bits.
const TWOS: u256 = 0x5555555555555555555555555555555555555555555555555555555555555555;
const FOURS: u256 = 0x3333333333333333333333333333333333333333333333333333333333333333;
const EIGHTS: u256 = 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
const SIXTEENS: u256 = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;

// === Structs ===

/// Bit i stands for the window `newest - i`. Submitted ones are among the expected ones, of which there are at most COUNTED.
public struct Attendance has copy, drop, store {
    newest: u64,
    expected: u256,
    submitted: u256,
}

// === Reads ===

/// Submitted of expected, rounded down; nothing when nothing was expected.
public fun completeness_bps(self: &Attendance): u64 {
    if (self.expected == 0) 0 else BASIS_POINTS * count_bits(self.submitted) / count_bits(self.expected)
}

// === Package ===

public(package) fun new(): Attendance {
    Attendance { newest: 0, expected: 0, submitted: 0 }
}

/// Notes a window in which the validator's scores were expected, once.
public(package) fun note(self: &mut Attendance, window: u64, has_submitted: bool) {
    if (window > self.newest) {
        let later = window - self.newest;
        self.expected = older(self.expected, later);
        self.submitted = older(self.submitted, later);
        self.newest = window;
    };
    let age = self.newest - window;
    if (age >= REMEMBERED) return;
    let bit = 1u256 << (age as u8);
    self.expected = self.expected | bit;
    if (has_submitted) self.submitted = self.submitted | bit;
    if (count_bits(self.expected) > COUNTED) {
        self.expected = self.expected ^ highest_bit(self.expected);
        self.submitted = self.submitted & self.expected;
    }
}

/// Neighbours are added up to pairs, these to fours and so on.
public(package) fun count_bits(bits: u256): u64 {
    let mut sums = bits;
    sums = (sums & TWOS) + ((sums >> 1) & TWOS);
    sums = (sums & FOURS) + ((sums >> 2) & FOURS);
    sums = (sums & EIGHTS) + ((sums >> 4) & EIGHTS);
    sums = (sums & SIXTEENS) + ((sums >> 8) & SIXTEENS);
    let mut count = 0;
    while (sums != 0) {
        count = count + ((sums & 0xffff) as u64);
        sums = sums >> 16;
    };
    count
}

// === Private ===

fun older(bits: u256, windows: u64): u256 {
    if (windows >= REMEMBERED) 0 else bits << (windows as u8)
}

/// Of bits that are not all 0.
fun highest_bit(bits: u256): u256 {
    let mut place = 0u8;
    let mut step = 128u8;
    while (step > 0) {
        if ((bits >> place) >> step != 0) place = place + step;
        step = step / 2;
    };
    1 << place
}

#[test_only]
public fun expected(self: &Attendance): u64 {
    count_bits(self.expected)
}

#[test_only]
public fun submitted(self: &Attendance): u64 {
    count_bits(self.submitted)
}

#[test_only]
public fun highest_bit_for_testing(bits: u256): u256 {
    highest_bit(bits)
}
