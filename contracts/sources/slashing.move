/// What a validator loses when it says two things of one boundary. Anybody proves it by what the validator signed, and gets a part.
module vramhub::slashing;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::sui::SUI;
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::round_state::RoundState;
use vramhub::signed_attestation::{Self, SignedAttestation};
use vramhub::validator_registry::ValidatorRegistry;
use vramhub::vault::{Self, Vault};

// === Errors ===

/// What counts is signed by the validator's key, with the stake of the boundary's window behind it.
#[error]
const ENotOperator: vector<u8> = b"the attestation is not signed by an operator that the validator had in the boundary's window";
/// To say the same twice is no fault.
#[error]
const ENoContradiction: vector<u8> = b"the attestations say the same";
/// There is no vote to contradict.
#[error]
const ENoVote: vector<u8> = b"the validator has no vote recorded at this boundary";
/// Nobody votes for what is to come.
#[error]
const EBoundaryAhead: vector<u8> = b"the boundary is not reached";
/// Stake stays `evidence_windows` and some more.
#[error]
const EEvidenceTooOld: vector<u8> = b"the boundary is longer ago than evidence_windows";

// === Constants ===

const WHOLE_BPS: u128 = 10_000;

// === Events ===

public struct EquivocationProved has copy, drop {
    network: ID,
    validator_uid: u16,
    validator_generation: u32,
    boundary: u64,
    /// MIST, the bounty included.
    slashed: u64,
    bounty: u64,
    reporter: address,
}

// === Anybody's calls ===

/// Two attestations of one boundary that differ in parent, checkpoint or digest, each signed by an operator that the registration had in the
/// boundary's window. Of all that it has at stake, unbonding included, `equivocation_slash_bps` are slashed: `evidence_bounty_bps` of that to
/// the sender, the rest to the treasury. Once a registration, within `evidence_windows` from the boundary, also after it left or while the
/// network is paused; parameters are those of the boundary.
public fun prove_equivocation(
    validators: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    validator_uid: u16,
    validator_generation: u32,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    signature: vector<u8>,
    other_parent_boundary: u64,
    other_hash: vector<u8>,
    other_merge_digest: vector<u8>,
    other_signature: vector<u8>,
    clock: &Clock,
    ctx: &mut TxContext,
): Coin<SUI> {
    let id = network.id();
    let one = signed_attestation::new(id, validator_uid, validator_generation, boundary, parent_boundary, hash, merge_digest);
    let other = signed_attestation::new(
        id,
        validator_uid,
        validator_generation,
        boundary,
        other_parent_boundary,
        other_hash,
        other_merge_digest,
    );
    assert!(one != other, ENoContradiction);
    assert_signed(validators, &one, &signature);
    assert_signed(validators, &other, &other_signature);
    punish(validators, vault, network, hparams, &one, clock, ctx)
}

/// As `prove_equivocation`, by one signed attestation that differs from the vote that the chain recorded, whoever of the validator's agents
/// brought that.
public fun prove_contradiction(
    validators: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    validator_uid: u16,
    validator_generation: u32,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    signature: vector<u8>,
    clock: &Clock,
    ctx: &mut TxContext,
): Coin<SUI> {
    network.assert_owns(rounds.network());
    assert!(rounds.has_boundary(boundary), ENoVote);
    let recorded = rounds.boundary(boundary);
    let vote = recorded.vote_of(validator_uid, validator_generation);
    assert!(vote.is_some(), ENoVote);
    let said = signed_attestation::new(network.id(), validator_uid, validator_generation, boundary, parent_boundary, hash, merge_digest);
    assert!(
        parent_boundary != recorded.parent_boundary() || merge_digest != *recorded.merge_digest() || hash != *vote.borrow(),
        ENoContradiction,
    );
    assert_signed(validators, &said, &signature);
    punish(validators, vault, network, hparams, &said, clock, ctx)
}

// === Private ===

fun assert_signed(validators: &ValidatorRegistry, attestation: &SignedAttestation, signature: &vector<u8>) {
    let signed_by = attestation.signed_by(signature);
    let (uid, generation) = attestation.validator();
    assert!(validators.was_operator(uid, generation, signed_by, attestation.boundary()), ENotOperator);
}

fun punish(
    validators: &mut ValidatorRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    attestation: &SignedAttestation,
    clock: &Clock,
    ctx: &mut TxContext,
): Coin<SUI> {
    network.assert_owns(validators.network());
    network.assert_owns(vault.network());
    network.assert_owns(hparams.network());
    let (validator_uid, validator_generation) = attestation.validator();
    let boundary = attestation.boundary();
    let window = network.current_window(clock);
    assert!(boundary <= window, EBoundaryAhead);
    let params = hparams.at(boundary);
    assert!(window - boundary <= params.evidence_windows(), EEvidenceTooOld);

    let role = vault::role_validator();
    let amount = part(vault.at_stake(role, validator_uid, validator_generation), params.equivocation_slash_bps());
    let mut slashed = vault.slash(role, validator_uid, validator_generation, amount);
    validators.mark_slashed(vault, hparams.at(window), validator_uid, validator_generation, window);
    let bounty = slashed.split(part(amount, params.evidence_bounty_bps()));
    vault.collect(slashed);
    event::emit(EquivocationProved {
        network: network.id(),
        validator_uid,
        validator_generation,
        boundary,
        slashed: amount,
        bounty: bounty.value(),
        reporter: ctx.sender(),
    });
    bounty.into_coin(ctx)
}

fun part(amount: u64, bps: u64): u64 {
    ((amount as u128) * (bps as u128) / WHOLE_BPS) as u64
}
