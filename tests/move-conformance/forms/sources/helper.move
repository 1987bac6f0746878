/// Fails in a module of its own.
module forms::helper;

const EHelper: u64 = 4242;
#[error]
const EText: vector<u8> = b"in words";

public fun fail() { abort EHelper }

public fun fail_in_words() { abort EText }

public fun divide(a: u64, b: u64): u64 { a / b }

public fun identity<T>(x: T): T { x }
