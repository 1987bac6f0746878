/// Who may decrypt a miner's credentials. Seal's key servers simulate `seal_approve` and hand out a key when it does not abort.
/// A key lasts for ever, so the identity names everything that may end an access.
module vramhub::seal_policy;

use sui::clock::Clock;
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::peer_registry::PeerRegistry;
use vramhub::validator_registry::ValidatorRegistry;

// === Errors ===

/// An identity has exactly 44 bytes.
#[error]
const EBadIdentityLength: vector<u8> = b"an identity must have exactly 44 bytes";
/// The first byte is 1.
#[error]
const EUnknownFormat: vector<u8> = b"the identity is of an unknown format";
/// The identity is of another network.
#[error]
const EWrongNetwork: vector<u8> = b"the identity belongs to another network";
/// Only miners' credentials are protected so far.
#[error]
const EUnknownKind: vector<u8> = b"the identity is of an unknown kind";
/// The uid has passed to another miner.
#[error]
const EWrongGeneration: vector<u8> = b"the identity is of another generation of this uid";
/// The credentials were rotated.
#[error]
const EWrongCredentialVersion: vector<u8> = b"the identity is of credentials that are no longer in use";
/// The sender acts for no validator.
#[error]
const ENotValidator: vector<u8> = b"the sender acts for no validator";
/// The validator is inactive, slashed, or staked too little.
#[error]
const ENotInStanding: vector<u8> = b"the validator is not active, unslashed and sufficiently staked";

// === Constants ===

const IDENTITY_LENGTH: u64 = 44;
const FORMAT: u8 = 1;
const KIND_MINER_CREDENTIALS: u8 = 1;

// === Seal ===

/// `id`: u8 format, network[32], u8 kind, u16 uid, u32 generation, u32 cred_version, big-endian.
entry fun seal_approve(
    id: vector<u8>,
    network: &Network,
    hparams: &Hparams,
    peers: &PeerRegistry,
    validators: &ValidatorRegistry,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(hparams.network());
    network.assert_owns(peers.network());
    network.assert_owns(validators.network());
    assert!(id.length() == IDENTITY_LENGTH, EBadIdentityLength);
    assert!(id[0] == FORMAT, EUnknownFormat);
    assert!(is_network(&id, network.id()), EWrongNetwork);
    assert!(id[33] == KIND_MINER_CREDENTIALS, EUnknownKind);

    let window = network.current_window(clock);
    let params = hparams.at(window);
    let miner = peers.miner(integer(&id, 34, 2) as u16);
    assert!((miner.generation() as u64) == integer(&id, 36, 4), EWrongGeneration);
    assert!(
        miner.accepts_credential_version(integer(&id, 40, 4) as u32, window, params.rotation_grace_windows()),
        EWrongCredentialVersion,
    );

    let uid = validators.acts_for(ctx.sender());
    assert!(uid.is_some(), ENotValidator);
    assert!(validators.validator(*uid.borrow()).is_in_standing(window, params), ENotInStanding);
}

// === Private ===

fun is_network(id: &vector<u8>, network: ID): bool {
    let expected = network.to_bytes();
    let mut i = 0;
    while (i < 32) {
        if (id[1 + i] != expected[i]) return false;
        i = i + 1;
    };
    true
}

fun integer(id: &vector<u8>, offset: u64, length: u64): u64 {
    let mut value = 0;
    let mut i = offset;
    while (i < offset + length) {
        value = (value << 8) | (id[i] as u64);
        i = i + 1;
    };
    value
}

#[test_only]
public fun seal_approve_for_testing(
    id: vector<u8>,
    network: &Network,
    hparams: &Hparams,
    peers: &PeerRegistry,
    validators: &ValidatorRegistry,
    clock: &Clock,
    ctx: &TxContext,
) {
    seal_approve(id, network, hparams, peers, validators, clock, ctx)
}
