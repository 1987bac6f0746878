/// Splitting, joining and sending coins as entry functions.
module sui::pay;

use sui::coin::Coin;

/// There is nothing to join.
const ENoCoins: u64 = 0;

#[allow(lint(self_transfer))]
public fun keep<T>(c: Coin<T>, ctx: &TxContext) {
    transfer::public_transfer(c, ctx.sender())
}

#[allow(lint(public_entry))]
public entry fun split<T>(coin: &mut Coin<T>, split_amount: u64, ctx: &mut TxContext) {
    keep(coin.split(split_amount, ctx), ctx)
}

#[allow(lint(public_entry))]
public entry fun split_vec<T>(self: &mut Coin<T>, split_amounts: vector<u64>, ctx: &mut TxContext) {
    split_amounts.do!(|amount| keep(self.split(amount, ctx), ctx))
}

#[allow(lint(public_entry))]
public entry fun split_and_transfer<T>(c: &mut Coin<T>, amount: u64, recipient: address, ctx: &mut TxContext) {
    transfer::public_transfer(c.split(amount, ctx), recipient)
}

/// `n` equal parts, of which the given coin keeps one and the remainder.
#[allow(lint(self_transfer, public_entry))]
public entry fun divide_and_keep<T>(self: &mut Coin<T>, n: u64, ctx: &mut TxContext) {
    self.divide_into_n(n, ctx).destroy!(|part| keep(part, ctx))
}

#[allow(lint(public_entry))]
public entry fun join<T>(self: &mut Coin<T>, coin: Coin<T>) {
    self.join(coin)
}

#[allow(lint(public_entry))]
public entry fun join_vec<T>(self: &mut Coin<T>, coins: vector<Coin<T>>) {
    coins.destroy!(|coin| self.join(coin))
}

#[allow(lint(public_entry))]
public entry fun join_vec_and_transfer<T>(mut coins: vector<Coin<T>>, receiver: address) {
    assert!(!coins.is_empty(), ENoCoins);
    let mut joined = coins.pop_back();
    join_vec(&mut joined, coins);
    transfer::public_transfer(joined, receiver)
}
