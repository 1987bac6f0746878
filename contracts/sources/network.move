/// A network: what its shared objects have in common, and its clock in windows.
module vramhub::network;

use sui::clock::Clock;

// === Errors ===

/// Objects of two networks were given to one call.
#[error]
const ENetworkMismatch: vector<u8> = b"the object belongs to another network";
/// The capability is of another network.
#[error]
const ENotAdmin: vector<u8> = b"the admin capability belongs to another network";
/// A window must last.
#[error]
const EBadDuration: vector<u8> = b"the window duration must be positive";

// === Structs ===

/// Anchor of all shared objects: each of them carries this object's id. The duration has no setter, so window numbers never jump.
public struct Network has key {
    id: UID,
    window_duration_ms: u64,
}

/// The right to propose parameters and to change the list of measurements. It anchors, mints, moves and weighs nothing.
public struct AdminCap has key, store {
    id: UID,
    network: ID,
}

// === Reads ===

public fun id(self: &Network): ID {
    object::id(self)
}

public fun window_duration_ms(self: &Network): u64 {
    self.window_duration_ms
}

/// floor(chain clock / duration).
public fun current_window(self: &Network, clock: &Clock): u64 {
    clock.timestamp_ms() / self.window_duration_ms
}

public fun window_start_ms(self: &Network, window: u64): u64 {
    window * self.window_duration_ms
}

/// `network` is what another shared object carries. Aborts with ENetworkMismatch.
public fun assert_owns(self: &Network, network: ID) {
    assert!(object::id(self) == network, ENetworkMismatch);
}

/// Aborts with ENotAdmin.
public fun assert_admin(self: &Network, cap: &AdminCap) {
    assert!(object::id(self) == cap.network, ENotAdmin);
}

// === Package ===

public(package) fun new(window_duration_ms: u64, ctx: &mut TxContext): Network {
    assert!(window_duration_ms > 0, EBadDuration);
    Network { id: object::new(ctx), window_duration_ms }
}

public(package) fun new_admin_cap(self: &Network, ctx: &mut TxContext): AdminCap {
    AdminCap { id: object::new(ctx), network: object::id(self) }
}

public(package) fun share(self: Network) {
    transfer::share_object(self)
}
