/// A network: what its shared objects have in common, its clock in windows, and who administers it.
module vramhub::network;

use sui::clock::Clock;
use sui::event;

// === Errors ===

/// Objects of two networks were given to one call.
#[error]
const ENetworkMismatch: vector<u8> = b"the object belongs to another network";
/// The capability is of another network, or was succeeded by another one.
#[error]
const ENotAdmin: vector<u8> = b"the admin capability is not that of this network";
/// The administration was offered to nobody, or to somebody else.
#[error]
const ENotOffered: vector<u8> = b"the administration is not offered to the sender";
/// A pause lasts a day at most, and must last.
#[error]
const EBadPause: vector<u8> = b"a pause must last from 1 ms to 24 hours";
/// Pauses in a row would be no pauses that expire.
#[error]
const EPausedLately: vector<u8> = b"the last pause ended less than 72 hours ago";
/// Nothing new begins while the network is paused.
#[error]
const EPaused: vector<u8> = b"the network is paused";
/// A window must last.
#[error]
const EBadDuration: vector<u8> = b"the window duration must be positive";
/// The network was migrated to a later version of this package, or not yet to this one. What the network holds is reached through that version.
#[error]
const EWrongVersion: vector<u8> = b"this version of the package does not serve the network";

// === Constants ===

/// An upgrade after which this package's functions and an earlier one's must not both work raises it to the number of its own version.
const VERSION: u64 = 1;

const MAX_PAUSE_MS: u64 = 86_400_000;
const REST_MS: u64 = 259_200_000;

// === Structs ===

/// Anchor of all shared objects: each of them carries this object's id. The duration has no setter, so window numbers never jump.
public struct Network has key {
    id: UID,
    /// Number of the package version whose functions work on this network's objects.
    version: u64,
    window_duration_ms: u64,
    /// The capability that counts.
    admin_cap: ID,
    /// Who may take the administration over.
    offered_to: Option<address>,
    /// Chain clock; in the past when the network is not paused.
    paused_until_ms: u64,
    /// The other shared objects, in the order in which they were made; their types say which is which.
    objects: vector<ID>,
}

/// The right to propose parameters, to change the list of measurements, to spend fees and treasury, and to pause. It anchors, mints, moves
/// and weighs nothing. It cannot be sent: it is offered, and who accepts gets another one.
public struct AdminCap has key {
    id: UID,
    network: ID,
}

// === Events ===

public struct AdministrationOffered has copy, drop {
    network: ID,
    /// None: an offer was taken back.
    to: Option<address>,
}

public struct AdministrationAccepted has copy, drop {
    network: ID,
    admin: address,
    admin_cap: ID,
}

public struct NetworkPaused has copy, drop {
    network: ID,
    until_ms: u64,
}

public struct NetworkResumed has copy, drop {
    network: ID,
}

public struct NetworkMigrated has copy, drop {
    network: ID,
    version: u64,
}

// === Administration ===

/// To an address that has to accept, so that a wrong one loses nothing; none takes an offer back.
public fun offer_administration(self: &mut Network, cap: &AdminCap, to: Option<address>) {
    self.assert_admin(cap);
    self.offered_to = to;
    event::emit(AdministrationOffered { network: self.id(), to });
}

/// By whom it was offered to. The capability before is void from now on.
public fun accept_administration(self: &mut Network, ctx: &mut TxContext) {
    self.assert_version();
    let admin = ctx.sender();
    assert!(self.offered_to == option::some(admin), ENotOffered);
    self.offered_to = option::none();
    let cap = AdminCap { id: object::new(ctx), network: self.id() };
    self.admin_cap = object::id(&cap);
    event::emit(AdministrationAccepted { network: self.id(), admin, admin_cap: self.admin_cap });
    transfer::transfer(cap, admin)
}

/// Until it expires or is ended, nobody registers, commits, seals, submits or attests. Stake that leaves, withdrawals and claims go on, and
/// so does the settlement of what was submitted. Windows that are not sealed in time are void, and nobody is blamed.
public fun pause(self: &mut Network, cap: &AdminCap, duration_ms: u64, clock: &Clock) {
    self.assert_admin(cap);
    assert!(duration_ms > 0 && duration_ms <= MAX_PAUSE_MS, EBadPause);
    let now = clock.timestamp_ms();
    assert!(self.paused_until_ms == 0 || now >= self.paused_until_ms + REST_MS, EPausedLately);
    self.paused_until_ms = now + duration_ms;
    event::emit(NetworkPaused { network: self.id(), until_ms: self.paused_until_ms });
}

/// Ends a pause before it expires; without one, nothing.
public fun resume(self: &mut Network, cap: &AdminCap, clock: &Clock) {
    self.assert_admin(cap);
    let now = clock.timestamp_ms();
    if (now >= self.paused_until_ms) return;
    self.paused_until_ms = now;
    event::emit(NetworkResumed { network: self.id() });
}

/// After an upgrade: from now on the functions of this version of the package serve the network, those of the earlier one abort with
/// EWrongVersion. Nothing moves: stake, rewards and records stay where they are.
public fun migrate(self: &mut Network, cap: &AdminCap) {
    assert!(object::id(cap) == self.admin_cap, ENotAdmin);
    assert!(self.version < VERSION, EWrongVersion);
    self.version = VERSION;
    event::emit(NetworkMigrated { network: self.id(), version: VERSION });
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

/// `network` is what another shared object carries. Aborts with ENetworkMismatch, and with EWrongVersion.
public fun assert_owns(self: &Network, network: ID) {
    self.assert_version();
    assert!(object::id(self) == network, ENetworkMismatch);
}

/// Aborts with ENotAdmin, and with EWrongVersion.
public fun assert_admin(self: &Network, cap: &AdminCap) {
    self.assert_version();
    assert!(object::id(cap) == self.admin_cap, ENotAdmin);
}

/// Aborts with EPaused.
public fun assert_running(self: &Network, clock: &Clock) {
    assert!(clock.timestamp_ms() >= self.paused_until_ms, EPaused);
}

/// Chain clock; 0 when it never was.
public fun paused_until_ms(self: &Network): u64 {
    self.paused_until_ms
}

public fun offered_to(self: &Network): Option<address> {
    self.offered_to
}

public fun version(self: &Network): u64 {
    self.version
}

public fun objects(self: &Network): &vector<ID> {
    &self.objects
}

// === Package ===

/// With the capability that goes to the founder.
public(package) fun new(window_duration_ms: u64, ctx: &mut TxContext): (Network, AdminCap) {
    assert!(window_duration_ms > 0, EBadDuration);
    let id = object::new(ctx);
    let cap = AdminCap { id: object::new(ctx), network: id.to_inner() };
    let network = Network {
        id,
        version: VERSION,
        window_duration_ms,
        admin_cap: object::id(&cap),
        offered_to: option::none(),
        paused_until_ms: 0,
        objects: vector[],
    };
    (network, cap)
}

/// A shared object that was made for this network.
public(package) fun add_object(self: &mut Network, object: ID) {
    self.objects.push_back(object)
}

public(package) fun share(self: Network) {
    transfer::share_object(self)
}

public(package) fun give(cap: AdminCap, founder: address) {
    transfer::transfer(cap, founder)
}

#[test_only]
public fun set_version_for_testing(self: &mut Network, version: u64) {
    self.version = version
}

// === Private ===

fun assert_version(self: &Network) {
    assert!(self.version == VERSION, EWrongVersion);
}
