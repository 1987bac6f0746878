/// Takes lists of old windows off the chain, which gives back what their storage cost to who does it. What stays for ever: the record, the
/// digests of the payloads, the selection and its hash.
module vramhub::retention;

use sui::clock::Clock;
use sui::event;
use vramhub::consensus::Consensus;
use vramhub::gradient_registry::GradientRegistry;
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::reward_distributor::RewardPool;
use vramhub::round_state::{Self, RoundState};
use vramhub::score_ledger::ScoreLedger;
use vramhub::validator_registry::ValidatorRegistry;

// === Errors ===

/// Lists are kept for retention_windows, and as long as a checkpoint may merge the window.
#[error]
const EKept: vector<u8> = b"the window's lists are still kept";
/// The first 2 · checkpoint_frequency windows belong to those whose scores the window counted.
#[error]
const EValidatorsFirst: vector<u8> = b"for now only who acts for a validator that submitted in the window may prune it";
/// The window is sealed and not finalized.
#[error]
const ENotDecided: vector<u8> = b"the window is not finalized";
/// Medians say who is paid.
#[error]
const ENotDistributed: vector<u8> = b"the window's rewards are not distributed";
/// Its medians say who is the weakest miner.
#[error]
const ELatestFinal: vector<u8> = b"the latest final window is kept";
/// A window is pruned once.
#[error]
const EAlreadyPruned: vector<u8> = b"the window is pruned already";
/// Nobody committed in a window that nobody sealed.
#[error]
const ENothingToPrune: vector<u8> = b"there is nothing of this window";

// === Constants ===

/// Windows between a boundary's last attestation and its activation, with something to spare.
const SPARE_WINDOWS: u64 = 4;

// === Events ===

public struct WindowPruned has copy, drop {
    network: ID,
    window: u64,
    by: address,
}

// === Calls of validators, later of anybody ===

/// From `retention_windows` after the window on, by operators and delegates of validators whose scores it counted; 2 · checkpoint_frequency
/// windows later by anybody. A final window's rewards must be distributed, unless there is nothing left to mint. Of a void window there
/// are only commitments, which anybody may take.
public fun prune_window(
    network: &Network,
    hparams: &Hparams,
    gradients: &mut GradientRegistry,
    rounds: &mut RoundState,
    validators: &ValidatorRegistry,
    ledger: &mut ScoreLedger,
    consensus: &mut Consensus,
    pool: &RewardPool,
    window: u64,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(pool.network());
    if (rounds.is_sealed(window)) {
        let record = rounds.record(window);
        let is_paid = !record.is_final() || pool.is_distributed(window) || pool.payable(record.emission()) == 0;
        assert!(is_paid, ENotDistributed);
    };
    prune(network, hparams, gradients, rounds, validators, ledger, consensus, window, clock, ctx)
}

/// As `prune_window`, where there is no pool: only a window without emission.
public fun prune_unpaid_window(
    network: &Network,
    hparams: &Hparams,
    gradients: &mut GradientRegistry,
    rounds: &mut RoundState,
    validators: &ValidatorRegistry,
    ledger: &mut ScoreLedger,
    consensus: &mut Consensus,
    window: u64,
    clock: &Clock,
    ctx: &TxContext,
) {
    assert!(!rounds.is_sealed(window) || rounds.record(window).emission() == 0, ENotDistributed);
    prune(network, hparams, gradients, rounds, validators, ledger, consensus, window, clock, ctx)
}

// === Private ===

fun prune(
    network: &Network,
    hparams: &Hparams,
    gradients: &mut GradientRegistry,
    rounds: &mut RoundState,
    validators: &ValidatorRegistry,
    ledger: &mut ScoreLedger,
    consensus: &mut Consensus,
    window: u64,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(hparams.network());
    network.assert_owns(gradients.network());
    network.assert_owns(rounds.network());
    network.assert_owns(validators.network());
    network.assert_owns(ledger.network());
    network.assert_owns(consensus.network());
    // As the window's own parameters promised.
    let params = hparams.at(window);
    let two_intervals = 2 * params.checkpoint_frequency();
    let kept = params.retention_windows().max(params.max_merge_windows() + two_intervals + SPARE_WINDOWS);
    let current = network.current_window(clock);
    assert!(current > window && current - window >= kept, EKept);
    let is_anybodys = current - window >= kept + two_intervals;
    event::emit(WindowPruned { network: network.id(), window, by: ctx.sender() });

    if (!rounds.is_sealed(window)) {
        assert!(gradients.prune(window), ENothingToPrune);
        return
    };
    assert!(!rounds.is_pruned(window), EAlreadyPruned);
    assert!(consensus.has_window(window) && consensus.window(window).finalized(), ENotDecided);
    assert!(consensus.latest_final() != option::some(window), ELatestFinal);
    assert!(is_anybodys || counts(consensus, validators, window, ctx.sender()), EValidatorsFirst);

    let snapshot = *rounds.record(window).validators();
    let mut payloads = vector[];
    snapshot.do!(|validator| {
        let uid = validator.snapshot_uid();
        if (ledger.is_settled(window, uid)) {
            let sha256 = ledger.prune(window, uid);
            payloads.push_back(round_state::payload_digest(uid, validator.snapshot_generation(), sha256));
        };
    });
    gradients.prune(window);
    consensus.prune(window);
    rounds.prune(window, payloads);
}

/// Whether the address acts for a validator whose scores the window counted.
fun counts(consensus: &Consensus, validators: &ValidatorRegistry, window: u64, agent: address): bool {
    let acting = validators.acts_for(agent);
    if (acting.is_none()) return false;
    let uid = acting.destroy_some();
    let generation = validators.validator(uid).generation();
    consensus.window(window).validators().any!(|counted| counted.counted_uid() == uid && counted.counted_generation() == generation)
}
