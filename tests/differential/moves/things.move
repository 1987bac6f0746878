/// What generated transactions do with objects. Everything that a run should agree on ends up in a `Journal`: the id of each of its
/// dynamic fields commits to what was noted, and ids are what the second machine reports.
module programs::things;

use sui::balance::Balance;
use sui::clock::Clock;
use sui::coin::{Self, Coin};
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::sui::SUI;
use sui::table::Table;

const EEmptyHanded: u64 = 1;
const ETooHeavy: u64 = 2;

public struct Thing has key, store { id: UID, n: u64, data: vector<u8> }
/// Wraps a thing.
public struct Crate has key, store { id: UID, inside: Option<Thing>, label: u8 }
/// Shared.
public struct Shelf has key { id: UID, table: Table<u64, u64>, funds: Balance<SUI> }
public struct Journal has key { id: UID, entries: u64 }
public struct Entry<T: copy + drop + store> has copy, drop, store { index: u64, value: T }
public struct Moved has copy, drop { n: u64 }

public fun note<T: copy + drop + store>(journal: &mut Journal, value: T) {
	df::add(&mut journal.id, Entry { index: journal.entries, value }, true);
	journal.entries = journal.entries + 1;
}

// ---- things --------------------------------------------------------------------------------------------------------

public fun make(n: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), n, data: vector[] } }
public fun set(thing: &mut Thing, n: u64) { thing.n = n }
public fun get(thing: &Thing): u64 { thing.n }
public fun add(thing: &mut Thing, by: u64): u64 { thing.n = thing.n + by; thing.n }
public fun write(thing: &mut Thing, data: vector<u8>) { assert!(data.length() < 40, ETooHeavy); thing.data = data }
public fun read(thing: &Thing): vector<u8> { thing.data }
public fun same(left: &Thing, right: &Thing): bool { left.n == right.n && left.data == right.data }
public fun swap(left: &mut Thing, right: &mut Thing) { let n = left.n; left.n = right.n; right.n = n }

public fun burn(thing: Thing, journal: &mut Journal) {
	let Thing { id, n, data } = thing;
	journal.note(id.to_inner());
	journal.note(n);
	journal.note(data);
	id.delete();
}

public fun burn_all(mut things: vector<Thing>, journal: &mut Journal) {
	while (!things.is_empty()) things.pop_back().burn(journal);
	things.destroy_empty();
}

public fun give(thing: Thing, to: address, journal: &mut Journal) {
	journal.note(object::id(&thing));
	journal.note(to);
	sui::event::emit(Moved { n: thing.n });
	transfer::public_transfer(thing, to)
}

public fun share_new(n: u64, journal: &mut Journal, ctx: &mut TxContext) {
	let thing = make(n, ctx);
	journal.note(object::id(&thing));
	transfer::public_share_object(thing)
}

public fun freeze_new(n: u64, journal: &mut Journal, ctx: &mut TxContext) {
	let thing = make(n, ctx);
	journal.note(object::id(&thing));
	transfer::public_freeze_object(thing)
}

/// Without a note.
public fun place(n: u64, place: u8, ctx: &mut TxContext) {
	let thing = make(n, ctx);
	match (place % 3) {
		0 => transfer::public_share_object(thing),
		1 => transfer::public_freeze_object(thing),
		_ => transfer::public_transfer(thing, ctx.sender()),
	}
}

public fun id<T: key>(object: &T): ID { object::id(object) }

/// What TransferObjects does.
public fun send<T: key + store>(object: T, to: address, journal: &mut Journal) {
	journal.note(object::id(&object));
	transfer::public_transfer(object, to)
}

public fun tag(thing: &mut Thing, key: u8, value: u64) { df::add(&mut thing.id, key, value) }
public fun untag(thing: &mut Thing, key: u8): u64 { df::remove(&mut thing.id, key) }
public fun tagged(thing: &Thing, key: u8): u64 { *df::borrow(&thing.id, key) }
public fun has_tag(thing: &Thing, key: u8): bool { df::exists_(&thing.id, key) }
/// Writes in place, and reads in the same call: what the second machine shows of it.
public fun retag(thing: &mut Thing, key: u8, by: u64): u64 {
	let value: &mut u64 = df::borrow_mut(&mut thing.id, key);
	*value = *value + by;
	thing.tagged(key)
}

// ---- crates --------------------------------------------------------------------------------------------------------

public fun pack(thing: Thing, label: u8, ctx: &mut TxContext): Crate { Crate { id: object::new(ctx), inside: option::some(thing), label } }
public fun put_in(crate: &mut Crate, thing: Thing) { crate.inside.fill(thing) }
public fun take_out(crate: &mut Crate): Thing { assert!(crate.inside.is_some(), EEmptyHanded); crate.inside.extract() }
public fun peek(crate: &Crate): u64 { crate.inside.borrow().n }
public fun relabel(crate: &mut Crate, label: u8) { crate.label = label }
public fun label(crate: &Crate): u8 { crate.label }
public fun attach(crate: &mut Crate, key: u8, thing: Thing) { dof::add(&mut crate.id, key, thing) }
public fun detach(crate: &mut Crate, key: u8): Thing { dof::remove(&mut crate.id, key) }
public fun attached(crate: &Crate, key: u8): u64 { let thing: &Thing = dof::borrow(&crate.id, key); thing.n }
public fun has_attached(crate: &Crate, key: u8): bool { dof::exists_(&crate.id, key) }

public fun unpack(crate: Crate, journal: &mut Journal): Thing {
	let Crate { id, inside, label } = crate;
	journal.note(id.to_inner());
	journal.note(label);
	id.delete();
	inside.destroy_some()
}

// ---- the shelf -----------------------------------------------------------------------------------------------------

public fun put(shelf: &mut Shelf, key: u64, value: u64) { shelf.table.add(key, value) }
public fun take(shelf: &mut Shelf, key: u64): u64 { shelf.table.remove(key) }
public fun look(shelf: &Shelf, key: u64): u64 { shelf.table[key] }
public fun has(shelf: &Shelf, key: u64): bool { shelf.table.contains(key) }
/// Writes in place, and reads in the same call: what the second machine shows of it.
public fun bump(shelf: &mut Shelf, key: u64, by: u64): u64 {
	let value = &mut shelf.table[key];
	*value = *value + by;
	shelf.look(key)
}
public fun size(shelf: &Shelf): u64 { shelf.table.length() }
public fun deposit(shelf: &mut Shelf, payment: Coin<SUI>): u64 { shelf.funds.join(payment.into_balance()) }
public fun withdraw(shelf: &mut Shelf, amount: u64, ctx: &mut TxContext): Coin<SUI> { coin::take(&mut shelf.funds, amount, ctx) }
public fun funds(shelf: &Shelf): u64 { shelf.funds.value() }

// ---- around the transaction ----------------------------------------------------------------------------------------

public fun now(clock: &Clock): u64 { clock.timestamp_ms() }
public fun who(ctx: &TxContext): address { ctx.sender() }
