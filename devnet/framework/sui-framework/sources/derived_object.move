/// Objects whose identity follows from a parent and a key: known before they exist, and made at most once.
module sui::derived_object;

use sui::dynamic_field;

#[error(code = 0)]
const EObjectAlreadyExists: vector<u8> = b"Derived object is already claimed.";

/// Names the parent's field that remembers a claim.
public struct Claimed(ID) has copy, drop, store;

/// What is hashed, so that no dynamic field can have the same identity.
public struct DerivedObjectKey<K: copy + drop + store>(K) has copy, drop, store;

public enum ClaimedStatus has store {
    Reserved,
}

/// The identity for `key`, which can never be claimed again, not even when its object is deleted.
public fun claim<K: copy + drop + store>(parent: &mut UID, key: K): UID {
    let bytes = derive_address(parent.to_inner(), key);
    let claimed = Claimed(bytes.to_id());
    assert!(!dynamic_field::exists_(parent, claimed), EObjectAlreadyExists);
    dynamic_field::add(parent, claimed, ClaimedStatus::Reserved);
    object::new_uid_from_hash(bytes)
}

/// Whether `key` was claimed.
public fun exists<K: copy + drop + store>(parent: &UID, key: K): bool {
    dynamic_field::exists_(parent, Claimed(derive_address(parent.to_inner(), key).to_id()))
}

public fun derive_address<K: copy + drop + store>(parent: ID, key: K): address {
    dynamic_field::hash_type_and_key(parent.to_address(), DerivedObjectKey(key))
}
