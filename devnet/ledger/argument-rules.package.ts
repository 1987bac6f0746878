/** A package with a function for each rule of arguments. */
export const RULES_PACKAGE = `
module playground::rules;
use std::ascii;
use std::string::String;
use sui::coin::Coin;
use sui::sui::SUI;
use sui::transfer::Receiving;

public struct Thing has key, store { id: UID }
public struct Other has key, store { id: UID }
public struct Kept has key { id: UID }
public struct Drops has drop {}
public struct Copies has copy {}
public struct Both has copy, drop {}
public struct Potato {}
public struct Asks<phantom T: copy> has drop {}

public fun thing(ctx: &mut TxContext): Thing { Thing { id: object::new(ctx) } }
public fun other(ctx: &mut TxContext): Other { Other { id: object::new(ctx) } }
public fun kept(ctx: &mut TxContext): Kept { Kept { id: object::new(ctx) } }
public fun keep(kept: Kept, ctx: &TxContext) { transfer::transfer(kept, ctx.sender()) }
public fun drops(): Drops { Drops {} }
public fun copies(): Copies { Copies {} }
public fun use_copies(copies: Copies) { let Copies {} = copies; }
public fun see_copies(_: &Copies) {}
public fun both(): Both { Both {} }
public fun potato(): Potato { Potato {} }
public fun eat(potato: Potato) { let Potato {} = potato; }
public fun two(): (u64, u64) { (1, 2) }
public fun none() {}
public fun heat<T>(_: &T): Potato { Potato {} }
public fun entangle<T, U>(_: &T, _: &U) {}
public fun consume_thing(thing: Thing) { let Thing { id } = thing; id.delete() }
public fun consume_things(mut things: vector<Thing>) { while (!things.is_empty()) consume_thing(things.pop_back()); things.destroy_empty() }
public fun share_thing(thing: Thing) { transfer::public_share_object(thing) }
public fun wrap(thing: Thing, ctx: &mut TxContext): Box { Box { id: object::new(ctx), thing } }
public struct Box has key, store { id: UID, thing: Thing }

public fun number(_: u64) {}
public fun small(_: u8) {}
public fun truth(_: bool) {}
public fun account(_: address) {}
public fun id(_: ID) {}
public fun text(_: String) {}
public fun plain(_: ascii::String) {}
public fun maybe(_: Option<u64>) {}
public fun maybe_text(_: vector<Option<String>>) {}
public fun numbers(_: vector<u64>) {}
public fun set(number: &mut u64) { *number = 9 }
public fun is_nine(number: u64) { assert!(number == 9) }
public fun imm_mut(_: &u64, _: &mut u64) {}
public fun mut_imm(_: &mut u64, _: &u64) {}
public fun mut_mut(_: &mut u64, _: &mut u64) {}
public fun mut_copy(number: &mut u64, copied: u64) { *number = copied + 1 }
public fun imm_imm(_: &u64, _: &u64) {}
public fun drop_and_see(_: Drops, _: &Drops) {}
public fun see_and_drop(_: &Drops, _: Drops) {}
public fun see_and_change(_: &Drops, _: &mut Drops) {}
public fun take_drops(_: Drops) {}
public fun see_thing(_: &Thing) {}
public fun change_thing(_: &mut Thing) {}
public fun see_any<T>(_: &T) {}
public fun only_store<T: store>() {}
public fun asks<T>() {}
public fun reference(thing: &Thing): &Thing { thing }
public fun second_reference(thing: &mut Thing): (u64, &mut Thing) { (0, thing) }
public fun receive(parent: &mut Thing, ticket: Receiving<Thing>) { consume_thing(transfer::receive(&mut parent.id, ticket)) }
public fun see_ticket(_: &Receiving<Thing>) {}
public fun see_tickets(_: &Receiving<Thing>, _: Receiving<Thing>) {}
public fun wrong_ticket(_: Receiving<Other>) {}
public fun take_coin(coin: Coin<SUI>, ctx: &TxContext) { transfer::public_transfer(coin, ctx.sender()) }
public fun see_coin(_: &mut Coin<SUI>) {}
entry fun play(_: &Thing) {}
entry fun play_number(_: u64) {}
public(package) entry fun friendly(_: &Thing) {}
public(package) fun inner() {}
fun hidden() {}
fun init(_: &mut TxContext) {}
public fun make(ctx: &mut TxContext) {
	transfer::public_transfer(thing(ctx), ctx.sender());
	transfer::public_share_object(other(ctx));
	transfer::share_object(kept(ctx));
	transfer::public_freeze_object(Box { id: object::new(ctx), thing: thing(ctx) });
}
public fun consume_other(other: Other) { let Other { id } = other; id.delete() }
public fun give_other(other: Other, ctx: &TxContext) { transfer::public_transfer(other, ctx.sender()) }
public fun see_box(_: &Box) {}
public fun change_box(_: &mut Box) {}
public fun take_box(box: Box) { let Box { id, thing } = box; id.delete(); consume_thing(thing) }
public fun change_other(_: &mut Other) {}
public fun wrap_other(other: Other, ctx: &mut TxContext): OtherBox { OtherBox { id: object::new(ctx), other } }
public struct OtherBox has key, store { id: UID, other: Other }
public fun consume_others(mut others: vector<Other>) { while (!others.is_empty()) consume_other(others.pop_back()); others.destroy_empty() }
`;
