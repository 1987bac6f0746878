/// Called from other modules.
module conformance::helper;

const EHelper: u64 = 4242;

public struct Counter has copy, drop, store { value: u64 }

public fun fail() { abort EHelper }

public fun counter(value: u64): Counter { Counter { value } }

public fun value(self: &Counter): u64 { self.value }

public fun value_mut(self: &mut Counter): &mut u64 { &mut self.value }

public(package) fun identity<T>(x: T): T { x }
