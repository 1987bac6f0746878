/// A counter that anybody may raise, once an hour.
module counter::counter;

use sui::clock::Clock;

#[error]
const ETooEarly: vector<u8> = b"the counter was raised less than an hour ago";

const HOUR_MS: u64 = 3_600_000;

public struct Counter has key {
    id: UID,
    value: u64,
    raised_ms: u64,
}

fun init(ctx: &mut TxContext) {
    transfer::share_object(Counter { id: object::new(ctx), value: 0, raised_ms: 0 })
}

public fun raise(self: &mut Counter, clock: &Clock) {
    let now = clock.timestamp_ms();
    assert!(now >= self.raised_ms + HOUR_MS, ETooEarly);
    self.value = self.value + 1;
    self.raised_ms = now;
}

public fun value(self: &Counter): u64 {
    self.value
}
