/// Which uids are taken, which rest, and how many registrations a window has had. Miners and validators have a pool each.
module vramhub::uid_pool;

// === Errors ===

/// As many are registered as may be.
#[error]
const ERegistryFull: vector<u8> = b"all places are taken";
/// Too many left lately: uids rest before they are given out again.
#[error]
const EUidsResting: vector<u8> = b"all uids that are not taken rest: wait some windows";
/// Too many registrations in this window.
#[error]
const ETooManyRegistrations: vector<u8> = b"no more registrations in this window";

// === Constants ===

const FOREVER: u64 = 18446744073709551615;
/// A uid is given out again when scores of its last window can no longer be submitted, and a while for what follows from them.
const REUSE_DELAY_WINDOWS: u64 = 8;
/// Uids stay below so many times the number of places, so that coming and going makes nothing grow without bound.
const UIDS_A_PLACE: u64 = 4;

// === Structs ===

public struct UidPool has store {
    /// Never given out, like all above it.
    next_uid: u16,
    /// Registered and not leaving.
    active: u64,
    /// Of those that left, in that order.
    free: vector<FreeUid>,
    /// The window that `registrations_count` counts.
    registrations_window: u64,
    registrations_count: u64,
}

public struct FreeUid has copy, drop, store {
    uid: u16,
    /// May be given out from this window on.
    from_window: u64,
}

// === Reads ===

/// Uids are below.
public fun next_uid(self: &UidPool): u16 {
    self.next_uid
}

/// Registered and not leaving.
public fun active(self: &UidPool): u64 {
    self.active
}

/// Stands for the first window without somebody who stays.
public fun forever(): u64 {
    FOREVER
}

// === Package ===

public(package) fun new(): UidPool {
    UidPool { next_uid: 0, active: 0, free: vector[], registrations_window: 0, registrations_count: 0 }
}

/// One more registration in this window. Aborts with ETooManyRegistrations.
public(package) fun count_registration(self: &mut UidPool, window: u64, most: u64) {
    if (self.registrations_window != window) {
        self.registrations_window = window;
        self.registrations_count = 0;
    };
    assert!(self.registrations_count < most, ETooManyRegistrations);
    self.registrations_count = self.registrations_count + 1;
}

/// A uid for a newcomer, and whether somebody had it before: the one that rests longest if its rest is over, else the next new one.
/// Aborts with ERegistryFull, EUidsResting.
public(package) fun take(self: &mut UidPool, window: u64, places: u64): (u16, bool) {
    assert!(self.active < places, ERegistryFull);
    self.active = self.active + 1;
    if (!self.free.is_empty() && self.free[0].from_window <= window) {
        return (self.free.remove(0).uid, true)
    };
    let uid = self.next_uid;
    assert!((uid as u64) < UIDS_A_PLACE * places, EUidsResting);
    self.next_uid = uid + 1;
    (uid, false)
}

/// Of one that is gone from `until_window` on; calls come in the order of windows.
public(package) fun give_back(self: &mut UidPool, uid: u16, until_window: u64) {
    self.active = self.active - 1;
    self.free.push_back(FreeUid { uid, from_window: until_window + REUSE_DELAY_WINDOWS });
}
