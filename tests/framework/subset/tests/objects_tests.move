#[test_only]
module subset::objects_tests;

use std::unit_test::{assert_eq, destroy};
use subset::objects;
use sui::borrow;
use sui::display;
use sui::package;
use sui::party;
use sui::vec_map;

#[test]
fun derived_identities() {
    let ctx = &mut tx_context::dummy();
    let mut registry = objects::new_registry(ctx);
    assert!(!objects::claimed(&registry, ctx.sender()));
    let card = objects::claim(&mut registry, ctx);
    assert!(objects::claimed(&registry, ctx.sender()) && !objects::claimed(&registry, @0x1));
    assert_eq!(object::id_address(&card), objects::address_for(&registry, ctx.sender()));
    assert!(objects::address_for(&registry, @0x1) != objects::address_for(&registry, @0x2));
    objects::end(card);
    destroy(registry)
}

#[test, expected_failure(abort_code = sui::derived_object::EObjectAlreadyExists)]
fun an_identity_comes_once() {
    let ctx = &mut tx_context::dummy();
    let mut registry = objects::new_registry(ctx);
    objects::end(objects::claim(&mut registry, ctx));
    objects::end(objects::claim(&mut registry, ctx));
    destroy(registry)
}

#[test]
fun lending() {
    let ctx = &mut tx_context::dummy();
    let mut registry = objects::new_registry(ctx);
    let mut referent = objects::wrap(objects::claim(&mut registry, ctx), ctx);
    assert_eq!(objects::lend(&mut referent), ctx.sender());
    objects::end(referent.destroy());
    destroy(registry)
}

#[test, expected_failure(abort_code = borrow::EWrongBorrow)]
fun another_receipt() {
    let ctx = &mut tx_context::dummy();
    let mut registry = objects::new_registry(ctx);
    let mut first = objects::wrap(objects::claim(&mut registry, ctx), ctx);
    let (card, receipt) = first.borrow();
    let mut second = objects::wrap(card, ctx);
    let (card, other) = second.borrow();
    first.put_back(card, other);
    destroy(receipt);
    destroy(first);
    destroy(second);
    destroy(registry)
}

#[test]
fun parties() {
    let ctx = &mut tx_context::dummy();
    let mut registry = objects::new_registry(ctx);
    objects::to_party(objects::claim(&mut registry, ctx), @0x1);
    destroy(registry);
    let _: party::Party = party::single_owner(@0x1);
}

#[test]
fun displays() {
    let ctx = &mut tx_context::dummy();
    let publisher = package::test_claim(objects::new_witness(), ctx);
    assert!(publisher.from_module<objects::Card>() && !publisher.from_package<sui::sui::SUI>());
    let mut shown = display::new_with_fields<objects::Card>(
        &publisher,
        vector[b"a".to_string(), b"b".to_string()],
        vector[b"1".to_string(), b"2".to_string()],
        ctx,
    );
    shown.edit(b"a".to_string(), b"3".to_string());
    shown.add(b"c".to_string(), b"4".to_string());
    shown.remove(b"b".to_string());
    shown.update_version();
    assert_eq!(shown.version(), 1);
    let expected = vec_map::from_keys_values(vector[b"a".to_string(), b"c".to_string()], vector[b"3".to_string(), b"4".to_string()]);
    assert_eq!(*shown.fields(), expected);
    assert_eq!(sui::event::num_events(), 2);
    destroy(shown);
    publisher.burn()
}

#[test, expected_failure(abort_code = display::ENotOwner)]
fun a_display_of_anothers_type() {
    let ctx = &mut tx_context::dummy();
    let publisher = package::test_claim(objects::new_witness(), ctx);
    destroy(display::new<sui::coin::Coin<u8>>(&publisher, ctx));
    destroy(publisher)
}

#[test]
fun versions() {
    assert_eq!(objects::versions(&mut tx_context::dummy()), 222);
}

#[test]
fun upgrades() {
    let ctx = &mut tx_context::dummy();
    let mut cap = package::test_publish(object::id_from_address(@0x42), ctx);
    let ticket = cap.authorize(package::additive_policy(), b"digest");
    let receipt = package::test_upgrade(ticket);
    let upgraded = receipt.package();
    cap.commit(receipt);
    assert_eq!(cap.version(), 2);
    assert_eq!(cap.package(), upgraded);
    cap.make_immutable()
}
