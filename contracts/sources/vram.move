/// The network's coin. Whoever publishes the package gets the right to mint it, and hands it to the reward pool.
module vramhub::vram;

use sui::coin;

// === Structs ===

/// One-time witness: 1 VRAM is 1e9 of the smallest unit.
public struct VRAM has drop {}

// === Publishing ===

fun init(witness: VRAM, ctx: &mut TxContext) {
    let (treasury, metadata) = coin::create_currency(witness, 9, b"VRAM", b"VRAM", b"Pays for scored gradients", option::none(), ctx);
    transfer::public_freeze_object(metadata);
    transfer::public_transfer(treasury, ctx.sender());
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) {
    init(sui::test_utils::create_one_time_witness<VRAM>(), ctx)
}
