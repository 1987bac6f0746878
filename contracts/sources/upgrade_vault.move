/// Holds the right to upgrade this package. An upgrade is announced so long before that whoever notices it within a day takes the stake out
/// in time.
module vramhub::upgrade_vault;

use std::type_name;
use sui::clock::Clock;
use sui::event;
use sui::package::{UpgradeCap, UpgradeReceipt, UpgradeTicket};
use vramhub::hparams::Hparams;
use vramhub::network::{Network, AdminCap};

// === Errors ===

/// The capability is of another package, or was used already.
#[error]
const EForeignPackage: vector<u8> = b"the capability is not the unused one of this package";
/// Packages are named by 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"a digest must have 32 bytes";
/// No upgrade is announced.
#[error]
const ENothingProposed: vector<u8> = b"no upgrade is proposed";
/// Stake of those who do not want the upgrade may still be on its way out.
#[error]
const ETooEarly: vector<u8> = b"the upgrade was proposed too short a time ago";

// === Constants ===

/// For owners to notice a proposal.
const NOTICE_MS: u64 = 86_400_000;

// === Structs ===

public struct UpgradeVault has key {
    id: UID,
    network: ID,
    cap: UpgradeCap,
    proposal: Option<Proposal>,
    /// The package's versions in order, the first included.
    packages: vector<ID>,
}

public struct Proposal has copy, drop, store {
    /// blake2b256 over modules and dependencies, as an UpgradeTicket carries it.
    digest: vector<u8>,
    proposed_window: u64,
    /// May be authorized from this window on; later still, when parameters that came into force within the time of notice release stake later.
    from_window: u64,
}

// === Events ===

public struct UpgradeVaultCreated has copy, drop {
    network: ID,
    upgrade_vault: ID,
}

public struct UpgradeProposed has copy, drop {
    network: ID,
    digest: vector<u8>,
    from_window: u64,
}

public struct UpgradeCancelled has copy, drop {
    network: ID,
    digest: vector<u8>,
}

public struct UpgradeAuthorized has copy, drop {
    network: ID,
    digest: vector<u8>,
}

public struct UpgradeCommitted has copy, drop {
    network: ID,
    package: ID,
    version: u64,
}

// === Founder's call ===

/// Locks the right to upgrade away, before it was ever used: it leaves the vault for no address.
public fun create(cap: &AdminCap, network: &mut Network, upgrade_cap: UpgradeCap, ctx: &mut TxContext) {
    let package = upgrade_cap.package();
    assert!(upgrade_cap.version() == 1 && package.to_address() == type_name::original_id<UpgradeVault>(), EForeignPackage);
    let vault = new(cap, network, upgrade_cap, ctx);
    network.add_object(object::id(&vault));
    event::emit(UpgradeVaultCreated { network: network.id(), upgrade_vault: object::id(&vault) });
    transfer::share_object(vault)
}

// === Administration ===

/// Announces the package of this digest. It may be authorized when everybody who begins to unbond within a day, and who began before, has the
/// stake released. Takes the place of an earlier proposal.
public fun propose(self: &mut UpgradeVault, cap: &AdminCap, network: &Network, hparams: &Hparams, digest: vector<u8>, clock: &Clock) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_admin(cap);
    assert!(digest.length() == 32, EBadDigest);
    let proposed_window = network.current_window(clock);
    let from_window = release(network, hparams, proposed_window).max(hparams.released_by());
    self.proposal = option::some(Proposal { digest, proposed_window, from_window });
    event::emit(UpgradeProposed { network: self.network, digest, from_window });
}

/// Takes the proposal back.
public fun cancel(self: &mut UpgradeVault, cap: &AdminCap, network: &Network) {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    let Proposal { digest, .. } = self.take_proposal();
    event::emit(UpgradeCancelled { network: self.network, digest });
}

/// The ticket for exactly the package that was announced, as strict as the capability. It has to be used, and its receipt to be committed, in the
/// same transaction.
public fun authorize(self: &mut UpgradeVault, cap: &AdminCap, network: &Network, hparams: &Hparams, clock: &Clock): UpgradeTicket {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_admin(cap);
    let Proposal { digest, proposed_window, from_window } = self.take_proposal();
    assert!(network.current_window(clock) >= from_window.max(release(network, hparams, proposed_window)), ETooEarly);
    event::emit(UpgradeAuthorized { network: self.network, digest });
    let policy = self.cap.policy();
    self.cap.authorize(policy, digest)
}

/// After the upgrade. The network stays with the version before until it is migrated.
public fun commit(self: &mut UpgradeVault, network: &Network, receipt: UpgradeReceipt) {
    network.assert_owns(self.network);
    self.cap.commit(receipt);
    let package = self.cap.package();
    self.packages.push_back(package);
    event::emit(UpgradeCommitted { network: self.network, package, version: self.cap.version() });
}

// === Reads ===

public fun network(self: &UpgradeVault): ID {
    self.network
}

/// Id of the first version at 0, and so on.
public fun packages(self: &UpgradeVault): &vector<ID> {
    &self.packages
}

/// May be authorized from this window on at the earliest; none when nothing is proposed.
public fun from_window(self: &UpgradeVault): Option<u64> {
    self.proposal.map_ref!(|proposal| proposal.from_window)
}

// === Private ===

fun new(cap: &AdminCap, network: &Network, upgrade_cap: UpgradeCap, ctx: &mut TxContext): UpgradeVault {
    network.assert_admin(cap);
    let packages = vector[upgrade_cap.package()];
    UpgradeVault { id: object::new(ctx), network: network.id(), cap: upgrade_cap, proposal: option::none(), packages }
}

fun take_proposal(self: &mut UpgradeVault): Proposal {
    assert!(self.proposal.is_some(), ENothingProposed);
    self.proposal.extract()
}

/// The first window in which all stake is released that begins to unbond until the time of notice is over.
fun release(network: &Network, hparams: &Hparams, proposed_window: u64): u64 {
    let duration_ms = network.window_duration_ms();
    let noticed = proposed_window + (NOTICE_MS + duration_ms - 1) / duration_ms;
    noticed + 1 + hparams.longest_unbond_delay(proposed_window, noticed)
}

#[test_only]
public fun new_for_testing(cap: &AdminCap, network: &Network, upgrade_cap: UpgradeCap, ctx: &mut TxContext): UpgradeVault {
    new(cap, network, upgrade_cap, ctx)
}
