/// The coin that gas is paid in. 1 SUI is 1e9 MIST.
///
/// Genesis, as sender 0x0 in epoch 0, calls `new` and shares out what it returns, or writes `Coin<SUI>` objects of its own:
/// `id[32], balance: u64` little-endian, type `0x2::coin::Coin<0x2::sui::SUI>`.
module sui::sui;

use sui::balance::Balance;
use sui::coin;

/// The supply is made once.
const EAlreadyMinted: u64 = 0;
/// Only the system may do this.
const ENotSystemAddress: u64 = 1;

const TOTAL_SUPPLY_MIST: u64 = 10_000_000_000_000_000_000;

public struct SUI has drop {}

#[allow(unused_function)]
fun new(ctx: &mut TxContext): Balance<SUI> {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(ctx.epoch() == 0, EAlreadyMinted);
    let (treasury, metadata) = coin::create_currency(SUI {}, 9, b"SUI", b"Sui", b"", option::none(), ctx);
    transfer::public_freeze_object(metadata);
    let mut supply = treasury.into_supply();
    let total = supply.increase_supply(TOTAL_SUPPLY_MIST);
    supply.destroy_supply();
    total
}

#[allow(lint(public_entry))]
public entry fun transfer(c: coin::Coin<SUI>, recipient: address) {
    transfer::public_transfer(c, recipient)
}
