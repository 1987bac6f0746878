/// Who may do what with a party object: an object that consensus orders, as shared ones, and that only its members can use. So far a
/// party is one address with all permissions.
module sui::party;

use sui::vec_map::{Self, VecMap};

const NO_PERMISSIONS: u64 = 0;
/// Read 1, write 2, delete 4, transfer 8.
const ALL_PERMISSIONS: u64 = 15;

public struct Party has copy, drop {
    /// Of those who are no members.
    default: Permissions,
    members: VecMap<address, Permissions>,
}

public struct Permissions(u64) has copy, drop;

public fun single_owner(owner: address): Party {
    let mut members = vec_map::empty();
    members.insert(owner, Permissions(ALL_PERMISSIONS));
    Party { default: Permissions(NO_PERMISSIONS), members }
}

/// `sui::transfer::party_transfer`, for an object's own module.
public macro fun transfer<$T: key>($self: Party, $obj: $T) {
    let mp = $self;
    sui::transfer::party_transfer($obj, mp)
}

/// `sui::transfer::public_party_transfer`.
public macro fun public_transfer<$T: key + store>($self: Party, $obj: $T) {
    let mp = $self;
    sui::transfer::public_party_transfer($obj, mp)
}

public(package) fun is_single_owner(p: &Party): bool {
    if (p.default.0 != NO_PERMISSIONS || p.members.length() != 1) return false;
    let (_, permissions) = p.members.get_entry_by_idx(0);
    permissions.0 == ALL_PERMISSIONS
}

/// Default permissions, members, and the members' permissions in their order.
public(package) fun into_native(p: Party): (u64, vector<address>, vector<u64>) {
    let Party { default, members } = p;
    let (addresses, permissions) = members.into_keys_values();
    (default.0, addresses, permissions.map!(|granted| granted.0))
}
