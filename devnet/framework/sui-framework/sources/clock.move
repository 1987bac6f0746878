/// The chain's time.
///
/// Genesis makes one shared object with the id 0x6 and the contents `Clock { id: 0x6, timestamp_ms: u64 }` (40 bytes of BCS), by
/// calling `create` as sender 0x0 or by writing it. The system calls `consensus_commit_prologue` before the transactions of a commit.
module sui::clock;

/// Only the system may do this.
const ENotSystemAddress: u64 = 0;

public struct Clock has key {
    id: UID,
    timestamp_ms: u64,
}

/// Milliseconds since the Unix epoch.
public fun timestamp_ms(clock: &Clock): u64 {
    clock.timestamp_ms
}

#[allow(unused_function)]
fun create(ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    transfer::share_object(Clock { id: object::clock(), timestamp_ms: 0 })
}

#[allow(unused_function)]
fun consensus_commit_prologue(clock: &mut Clock, timestamp_ms: u64, ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    clock.timestamp_ms = timestamp_ms
}

// === For tests ===

#[test_only]
public fun create_for_testing(ctx: &mut TxContext): Clock {
    Clock { id: object::new(ctx), timestamp_ms: 0 }
}

#[test_only]
public fun set_for_testing(clock: &mut Clock, timestamp_ms: u64) {
    assert!(timestamp_ms >= clock.timestamp_ms);
    clock.timestamp_ms = timestamp_ms
}

#[test_only]
public fun increment_for_testing(clock: &mut Clock, tick: u64) {
    clock.timestamp_ms = clock.timestamp_ms + tick
}

#[test_only]
public fun destroy_for_testing(clock: Clock) {
    let Clock { id, timestamp_ms: _ } = clock;
    id.delete()
}

#[test_only]
public fun share_for_testing(clock: Clock) {
    transfer::share_object(clock)
}
