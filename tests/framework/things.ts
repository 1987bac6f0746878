/** Objects of all owners, for the tests of the object model. */
export const THINGS = `module playground::things;

use sui::dynamic_object_field as dof;
use sui::party;
use sui::transfer::Receiving;

public struct Box has key, store { id: UID, size: u64 }
public struct Crate has key, store { id: UID, inside: Option<Box> }
/// Without store: its module alone moves it.
public struct Relic has key { id: UID, age: u64 }

public fun new_box(size: u64, ctx: &mut TxContext): Box { Box { id: object::new(ctx), size } }
public fun new_crate(box: Box, ctx: &mut TxContext): Crate { Crate { id: object::new(ctx), inside: option::some(box) } }
public fun grow(box: &mut Box, by: u64) { box.size = box.size + by }
public fun size(box: &Box): u64 { box.size }
public fun end(box: Box) { let Box { id, size: _ } = box; id.delete() }
public fun open(crate: &mut Crate): Box { crate.inside.extract() }
public fun close(crate: &mut Crate, box: Box) { crate.inside.fill(box) }
public fun end_crate(crate: Crate) { let Crate { id, inside } = crate; id.delete(); inside.destroy_none() }
public fun break_open(crate: Crate): Box { let Crate { id, inside } = crate; id.delete(); inside.destroy_some() }
public fun break_all(crate: Crate) { end(break_open(crate)) }

public fun attach(box: &mut Box, name: u64, child: Box) { dof::add(&mut box.id, name, child) }
public fun detach(box: &mut Box, name: u64): Box { dof::remove(&mut box.id, name) }
public fun grow_child(box: &mut Box, name: u64, by: u64) { dof::borrow_mut<u64, Box>(&mut box.id, name).size = by }
public fun child_size(box: &Box, name: u64): u64 { dof::borrow<u64, Box>(&box.id, name).size }

public fun share(box: Box) { transfer::public_share_object(box) }
public fun freeze_it(box: Box) { transfer::public_freeze_object(box) }
public fun to_party(box: Box, to: address) { party::single_owner(to).public_transfer!(box) }

public fun new_relic(ctx: &mut TxContext) { transfer::transfer(Relic { id: object::new(ctx), age: 0 }, ctx.sender()) }
public fun new_party_relic(to: address, ctx: &mut TxContext) {
    party::single_owner(to).transfer!(Relic { id: object::new(ctx), age: 0 })
}
public fun pass(relic: Relic, to: address) { transfer::transfer(relic, to) }
public fun ripen(relic: &mut Relic) { relic.age = relic.age + 1 }

public fun take_box(box: &mut Box, ticket: Receiving<Box>): Box { transfer::public_receive(&mut box.id, ticket) }
public fun take_crate(box: &mut Box, ticket: Receiving<Crate>): Crate { transfer::public_receive(&mut box.id, ticket) }
public fun take_relic(box: &mut Box, ticket: Receiving<Relic>): Relic { transfer::receive(&mut box.id, ticket) }
public fun ticket_of(ticket: &Receiving<Box>): ID { ticket.receiving_object_id() }
public fun waste(_: Receiving<Box>) {}
`;
