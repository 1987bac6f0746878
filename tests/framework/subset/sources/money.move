/// Coins, balances and payments.
#[allow(deprecated_usage)]
module subset::money;

use sui::balance::{Self, Balance};
use sui::coin::{Self, Coin, CoinMetadata, TreasuryCap};
use sui::pay;

public struct MONEY has drop {}

fun init(otw: MONEY, ctx: &mut TxContext) {
    let (mut cap, mut metadata) = coin::create_currency(otw, 6, b"MNY", b"Money", b"", option::none(), ctx);
    rename(&cap, &mut metadata);
    transfer::public_freeze_object(metadata);
    cap.mint_and_transfer(1_000_000, ctx.sender(), ctx);
    transfer::public_transfer(cap, ctx.sender())
}

public fun rename(cap: &TreasuryCap<MONEY>, metadata: &mut CoinMetadata<MONEY>) {
    cap.update_name(metadata, b"New money".to_string());
    cap.update_symbol(metadata, b"NEW".to_ascii_string());
    cap.update_description(metadata, b"renamed".to_string());
    cap.update_icon_url(metadata, b"https://example.org".to_ascii_string())
}

public fun split_up<T>(mut coin: Coin<T>, ctx: &mut TxContext): vector<u64> {
    let mut parts = coin.divide_into_n(3, ctx);
    parts.push_back(coin);
    let values = parts.map_ref!(|part| part.value());
    let mut all = parts.pop_back();
    all.join_vec(parts);
    pay::keep(all, ctx);
    values
}

public fun shares<T>(coin: &mut Coin<T>, recipient: address, ctx: &mut TxContext) {
    coin.split_vec(vector[1, 2], ctx);
    coin.split_and_transfer(3, recipient, ctx);
    coin.divide_and_keep(2, ctx);
    pay::split(coin, 1, ctx)
}

public fun pool<T>(coin: Coin<T>): Balance<T> {
    let mut pool = balance::zero();
    coin::put(&mut pool, coin);
    pool
}

public fun drain<T>(pool: &mut Balance<T>, ctx: &mut TxContext): Coin<T> {
    pool.withdraw_all().into_coin(ctx)
}
