/// What the framework offers for objects: borrowing, parties, derived identities, displays, publishers, versions.
module subset::objects;

use sui::borrow::{Self, Referent};
use sui::derived_object;
use sui::display;
use sui::package;
use sui::party;
use sui::versioned;

public struct OBJECTS has drop {}

public struct Registry has key {
    id: UID,
}

public struct Card has key, store {
    id: UID,
    owner: address,
}

fun init(otw: OBJECTS, ctx: &mut TxContext) {
    let publisher = package::claim(otw, ctx);
    let mut shown = display::new_with_fields<Card>(
        &publisher,
        vector[b"name".to_string()],
        vector[b"card of {owner}".to_string()],
        ctx,
    );
    shown.update_version();
    transfer::public_transfer(shown, ctx.sender());
    publisher.burn();
    transfer::share_object(Registry { id: object::new(ctx) })
}

public fun claim(registry: &mut Registry, ctx: &TxContext): Card {
    Card { id: derived_object::claim(&mut registry.id, ctx.sender()), owner: ctx.sender() }
}

public fun claimed(registry: &Registry, owner: address): bool {
    derived_object::exists(&registry.id, owner)
}

public fun address_for(registry: &Registry, owner: address): address {
    derived_object::derive_address(registry.id.to_inner(), owner)
}

public fun to_party(card: Card, recipient: address) {
    party::single_owner(recipient).transfer!(card)
}

public fun to_public_party(card: Card, recipient: address) {
    party::single_owner(recipient).public_transfer!(card)
}

public fun lend(referent: &mut Referent<Card>): address {
    let (card, receipt) = referent.borrow();
    let owner = card.owner;
    referent.put_back(card, receipt);
    owner
}

public fun wrap(card: Card, ctx: &mut TxContext): Referent<Card> {
    borrow::new(card, ctx)
}

public fun end(card: Card) {
    let Card { id, .. } = card;
    id.delete()
}

public fun versions(ctx: &mut TxContext): u64 {
    let mut value = versioned::create(1, 10u64, ctx);
    let (old, cap) = value.remove_value_for_upgrade<u64>();
    value.upgrade(2, old + 1, cap);
    *value.load_value_mut<u64>() = *value.load_value<u64>() * 2;
    let version = value.version();
    value.destroy<u64>() * 10 + version
}

public fun new_registry(ctx: &mut TxContext): Registry {
    Registry { id: object::new(ctx) }
}

public fun share(registry: Registry) {
    transfer::share_object(registry)
}

public fun end_registry(registry: Registry) {
    let Registry { id } = registry;
    id.delete()
}

#[test_only]
public fun new_witness(): OBJECTS {
    OBJECTS {}
}
