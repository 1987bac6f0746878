/// The network's parameters: versions that come into force at the beginning of a window. Units are in the names: `_ms` milliseconds,
/// `_mist` 1e-9 SUI, `_ppm` 1e-6, `_bps` 1e-4, `_nano` 1e-9, `_windows` windows. A new parameter is appended, never inserted.
module vramhub::hparams;

use std::bcs;
use sui::clock::Clock;
use sui::event;
use sui::hash::blake2b256;
use sui::table::{Self, Table};
use vramhub::network::{Network, AdminCap};

// === Errors ===

/// There is one value a parameter.
#[error]
const EWrongCount: vector<u8> = b"the number of parameters is wrong";
/// A value lies outside its bounds.
#[error]
const EOutOfBounds: vector<u8> = b"a parameter is outside its bounds";
/// put_window_open_ms < put_window_close_ms ≤ window duration.
#[error]
const EBadPhases: vector<u8> = b"the put window must open before it closes, inside the window";
/// unbond_delay_windows ≥ evidence_windows + 2 checkpoint_frequency + 4.
#[error]
const EUnbondTooShort: vector<u8> = b"stake must stay slashable as long as there may be evidence";
/// Miners and validators together get at most the whole emission.
#[error]
const EBadSplit: vector<u8> = b"the shares of miners and validators exceed the emission";
/// Digests have 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"a digest must have 32 bytes";

// === Constants ===

const LOWEST: vector<u64> = vector[
    1, // put_window_open_ms
    1, // put_window_close_ms
    1, // checkpoint_frequency
    0, // checkpoint_activation_delay
    1, // max_merge_windows
    8, // retention_windows
    1, // evidence_windows
    1, // unbond_delay_windows
    1, // max_miners
    1, // max_validators
    1, // min_miner_stake_mist
    1, // min_validator_stake_mist
    0, // registration_fee_mist
    1, // max_registrations_per_window
    0, // immunity_windows
    0, // validator_offset_windows
    0, // validator_warmup_windows
    0, // rotation_grace_windows
    1_000, // max_attestation_age_ms
    0, // pcr_delay_windows
    5_000, // score_quorum_bps
    5_000, // checkpoint_quorum_bps
    1, // min_consensus_validators
    1_024, // max_gradient_bytes
    4_096, // chunk_elements
    1, // top_k
    1, // top_g
    1, // own_batch_sequences
    1, // random_batch_sequences
    1, // evaluation_learning_rate_ppm
    1, // outer_learning_rate_ppm
    1, // norm_min_ppm
    1, // norm_max_ppm
    0, // rating_mu_nano
    1, // rating_sigma_nano
    1, // rating_beta_nano
    0, // rating_tau_nano
    0, // ordinal_floor_nano
    1, // proof_of_work_alpha_ppm
    0, // proof_of_work_floor_ppm
    0, // gauntlet_gamma_ppm
    0, // held_out_loss_bound_ppm
    0, // emission_per_window
    0, // emission_miner_bps
    0, // emission_validator_bps
    1_000, // enclave_timeout_ms
    0, // proof_of_work_margin_ppm
    1, // min_merge_gradients
    0, // equivocation_slash_bps
    0, // evidence_bounty_bps
    1, // gradient_codec
    0, // copy_halve_overlap_ppm
    0, // copy_reject_overlap_ppm
    0, // copy_exclude_overlap_ppm
    1, // max_evaluations
    1_000_000, // norm_reject_ratio_ppm
    1, // proof_of_work_exponent
];

const HIGHEST: vector<u64> = vector[
    86_400_000, // put_window_open_ms
    86_400_000, // put_window_close_ms
    4_000, // checkpoint_frequency
    1_000, // checkpoint_activation_delay
    500, // max_merge_windows
    1_000_000, // retention_windows
    10_000, // evidence_windows
    // The longest that parameters can hold anybody's stake: 139 days of windows of ten minutes.
    20_000, // unbond_delay_windows
    256, // max_miners
    32, // max_validators
    1_000_000_000_000_000, // min_miner_stake_mist
    1_000_000_000_000_000, // min_validator_stake_mist
    1_000_000_000_000, // registration_fee_mist
    512, // max_registrations_per_window
    100_000, // immunity_windows
    1_000, // validator_offset_windows
    10_000, // validator_warmup_windows
    1_000, // rotation_grace_windows
    86_400_000, // max_attestation_age_ms
    100_000, // pcr_delay_windows
    10_000, // score_quorum_bps
    10_000, // checkpoint_quorum_bps
    32, // min_consensus_validators
    52_428_800, // max_gradient_bytes
    4_096, // chunk_elements
    4_096, // top_k
    256, // top_g
    4_096, // own_batch_sequences
    4_096, // random_batch_sequences
    1_000_000_000, // evaluation_learning_rate_ppm
    1_000_000_000, // outer_learning_rate_ppm
    1_000_000_000_000, // norm_min_ppm
    1_000_000_000_000_000, // norm_max_ppm
    1_000_000_000_000, // rating_mu_nano
    1_000_000_000_000, // rating_sigma_nano
    1_000_000_000_000, // rating_beta_nano
    1_000_000_000_000, // rating_tau_nano
    1_000_000_000_000, // ordinal_floor_nano
    1_000_000, // proof_of_work_alpha_ppm
    1_000_000, // proof_of_work_floor_ppm
    1_000_000, // gauntlet_gamma_ppm
    1_000_000_000, // held_out_loss_bound_ppm
    1_000_000_000_000_000, // emission_per_window
    10_000, // emission_miner_bps
    10_000, // emission_validator_bps
    3_600_000, // enclave_timeout_ms
    10_000_000, // proof_of_work_margin_ppm
    100_000, // min_merge_gradients
    10_000, // equivocation_slash_bps
    1_000, // evidence_bounty_bps
    2, // gradient_codec
    // Above 1_000_000 a tier is off: no overlap reaches it.
    1_000_001, // copy_halve_overlap_ppm
    1_000_001, // copy_reject_overlap_ppm
    1_000_001, // copy_exclude_overlap_ppm
    256, // max_evaluations
    1_000_000_000_000, // norm_reject_ratio_ppm
    16, // proof_of_work_exponent
];

// === Structs ===

public struct Hparams has key {
    id: UID,
    network: ID,
    versions: Table<u32, Params>,
    /// Ascending; the last entry whose window is not later than w is in force in w.
    schedule: vector<Scheduled>,
    /// Stake that began to unbond under parameters that are no longer in force is released by this window.
    released_by: u64,
    /// No image that is announced from now on is live before this window: a longer delay that was shortened would end with it.
    reviewed_by: u64,
}

public struct Params has copy, drop, store {
    values: vector<u64>,
    /// SHA-256 of the canonical model manifest.
    model_manifest_hash: vector<u8>,
    /// Merkle root over the dataset's shards.
    dataset_root: vector<u8>,
}

public struct Scheduled has copy, drop, store {
    from_window: u64,
    version: u32,
}

// === Events ===

public struct HparamsProposed has copy, drop {
    network: ID,
    version: u32,
    from_window: u64,
}

// === Administration ===

/// In force from the next window on. A second proposal in the same window takes the first one's place.
public fun propose(
    self: &mut Hparams,
    cap: &AdminCap,
    network: &Network,
    values: vector<u64>,
    model_manifest_hash: vector<u8>,
    dataset_root: vector<u8>,
    clock: &Clock,
) {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    let params = new_params(network, values, model_manifest_hash, dataset_root);
    let window = network.current_window(clock);
    let from_window = window + 1;
    self.released_by = self.released_by.max(from_window + self.at(window).unbond_delay_windows());
    // To shorten the review takes as long as the review.
    let review = self.at(window).pcr_delay_windows();
    if (params.pcr_delay_windows() < review) self.reviewed_by = self.reviewed_by.max(from_window + review);
    let last = self.schedule[self.schedule.length() - 1];
    let version = if (last.from_window == from_window) {
        *&mut self.versions[last.version] = params;
        last.version
    } else {
        self.versions.add(last.version + 1, params);
        self.schedule.push_back(Scheduled { from_window, version: last.version + 1 });
        last.version + 1
    };
    event::emit(HparamsProposed { network: self.network, version, from_window });
}

// === Reads ===

/// Version in force in a window.
public fun version_at(self: &Hparams, window: u64): u32 {
    let mut i = self.schedule.length() - 1;
    while (self.schedule[i].from_window > window) i = i - 1;
    self.schedule[i].version
}

/// Parameters in force in a window.
public fun at(self: &Hparams, window: u64): &Params {
    &self.versions[self.version_at(window)]
}

/// Greatest unbonding delay of the parameters in force in windows `from..=to`.
public fun longest_unbond_delay(self: &Hparams, from: u64, to: u64): u64 {
    let mut longest = 0u64;
    let mut i = self.schedule.length();
    loop {
        i = i - 1;
        let Scheduled { from_window, version } = self.schedule[i];
        if (from_window <= to) longest = longest.max(self.versions[version].unbond_delay_windows());
        if (from_window <= from) return longest
    }
}

/// Stake that began to unbond under parameters that are no longer in force is released by this window.
public fun released_by(self: &Hparams): u64 {
    self.released_by
}

/// An image that is announced in a window is live from this window on: `pcr_delay_windows` later, and not before a longer delay that was shortened
/// would have ended.
public fun reviewed_from(self: &Hparams, window: u64): u64 {
    (window + self.at(window).pcr_delay_windows()).max(self.reviewed_by)
}

/// blake2b256(bcs(Params)).
public fun hash(self: &Params): vector<u8> {
    blake2b256(&bcs::to_bytes(self))
}

public fun network(self: &Hparams): ID {
    self.network
}

public fun values(self: &Params): &vector<u64> {
    &self.values
}

public fun model_manifest_hash(self: &Params): &vector<u8> {
    &self.model_manifest_hash
}

public fun dataset_root(self: &Params): &vector<u8> {
    &self.dataset_root
}

// === Getters, in the order of the values ===

public fun put_window_open_ms(self: &Params): u64 { self.values[0] }
public fun put_window_close_ms(self: &Params): u64 { self.values[1] }
public fun checkpoint_frequency(self: &Params): u64 { self.values[2] }
public fun checkpoint_activation_delay(self: &Params): u64 { self.values[3] }
public fun max_merge_windows(self: &Params): u64 { self.values[4] }
public fun retention_windows(self: &Params): u64 { self.values[5] }
public fun evidence_windows(self: &Params): u64 { self.values[6] }
public fun unbond_delay_windows(self: &Params): u64 { self.values[7] }
public fun max_miners(self: &Params): u64 { self.values[8] }
public fun max_validators(self: &Params): u64 { self.values[9] }
public fun min_miner_stake_mist(self: &Params): u64 { self.values[10] }
public fun min_validator_stake_mist(self: &Params): u64 { self.values[11] }
public fun registration_fee_mist(self: &Params): u64 { self.values[12] }
public fun max_registrations_per_window(self: &Params): u64 { self.values[13] }
public fun immunity_windows(self: &Params): u64 { self.values[14] }
public fun validator_offset_windows(self: &Params): u64 { self.values[15] }
public fun validator_warmup_windows(self: &Params): u64 { self.values[16] }
public fun rotation_grace_windows(self: &Params): u64 { self.values[17] }
public fun max_attestation_age_ms(self: &Params): u64 { self.values[18] }
public fun pcr_delay_windows(self: &Params): u64 { self.values[19] }
public fun score_quorum_bps(self: &Params): u64 { self.values[20] }
public fun checkpoint_quorum_bps(self: &Params): u64 { self.values[21] }
public fun min_consensus_validators(self: &Params): u64 { self.values[22] }
public fun max_gradient_bytes(self: &Params): u64 { self.values[23] }
public fun chunk_elements(self: &Params): u64 { self.values[24] }
public fun top_k(self: &Params): u64 { self.values[25] }
public fun top_g(self: &Params): u64 { self.values[26] }
public fun own_batch_sequences(self: &Params): u64 { self.values[27] }
public fun random_batch_sequences(self: &Params): u64 { self.values[28] }
public fun evaluation_learning_rate_ppm(self: &Params): u64 { self.values[29] }
public fun outer_learning_rate_ppm(self: &Params): u64 { self.values[30] }
public fun norm_min_ppm(self: &Params): u64 { self.values[31] }
public fun norm_max_ppm(self: &Params): u64 { self.values[32] }
public fun rating_mu_nano(self: &Params): u64 { self.values[33] }
public fun rating_sigma_nano(self: &Params): u64 { self.values[34] }
public fun rating_beta_nano(self: &Params): u64 { self.values[35] }
public fun rating_tau_nano(self: &Params): u64 { self.values[36] }
public fun ordinal_floor_nano(self: &Params): u64 { self.values[37] }
public fun proof_of_work_alpha_ppm(self: &Params): u64 { self.values[38] }
/// There is no weight unless the proof of work is above it.
public fun proof_of_work_floor_ppm(self: &Params): u64 { self.values[39] }
public fun gauntlet_gamma_ppm(self: &Params): u64 { self.values[40] }
public fun held_out_loss_bound_ppm(self: &Params): u64 { self.values[41] }
public fun emission_per_window(self: &Params): u64 { self.values[42] }
public fun emission_miner_bps(self: &Params): u64 { self.values[43] }
public fun emission_validator_bps(self: &Params): u64 { self.values[44] }
public fun enclave_timeout_ms(self: &Params): u64 { self.values[45] }
public fun proof_of_work_margin_ppm(self: &Params): u64 { self.values[46] }
public fun min_merge_gradients(self: &Params): u64 { self.values[47] }
/// Of all that a validator has at stake, unbonding included.
public fun equivocation_slash_bps(self: &Params): u64 { self.values[48] }
/// Of what is slashed, to who brought the evidence.
public fun evidence_bounty_bps(self: &Params): u64 { self.values[49] }
/// How gradients are written: one codec a window, so that a copy cannot hide in another.
public fun gradient_codec(self: &Params): u64 { self.values[50] }
/// Overlap with an earlier gradient's positions from which weight is halved.
public fun copy_halve_overlap_ppm(self: &Params): u64 { self.values[51] }
/// From which a gradient counts as copied.
public fun copy_reject_overlap_ppm(self: &Params): u64 { self.values[52] }
/// From which proof of work is taken altogether, too.
public fun copy_exclude_overlap_ppm(self: &Params): u64 { self.values[53] }
/// Most gradients that are evaluated in a window.
public fun max_evaluations(self: &Params): u64 { self.values[54] }
/// Of the clip norm: a gradient above it has no score.
public fun norm_reject_ratio_ppm(self: &Params): u64 { self.values[55] }
/// Weight goes with this power of the proof of work.
public fun proof_of_work_exponent(self: &Params): u64 { self.values[56] }

// === Package ===

/// Version 1 is in force from the beginning.
public(package) fun new(
    network: &Network,
    values: vector<u64>,
    model_manifest_hash: vector<u8>,
    dataset_root: vector<u8>,
    ctx: &mut TxContext,
): Hparams {
    let mut versions = table::new(ctx);
    versions.add(1, new_params(network, values, model_manifest_hash, dataset_root));
    Hparams { id: object::new(ctx), network: network.id(), versions, schedule: vector[Scheduled { from_window: 0, version: 1 }], released_by: 0, reviewed_by: 0 }
}

public(package) fun share(self: Hparams) {
    transfer::share_object(self)
}

// === Private ===

fun new_params(network: &Network, values: vector<u64>, model_manifest_hash: vector<u8>, dataset_root: vector<u8>): Params {
    let lowest = LOWEST;
    let highest = HIGHEST;
    let n = lowest.length();
    assert!(values.length() == n, EWrongCount);
    let mut i = 0;
    while (i < n) {
        assert!(values[i] >= lowest[i] && values[i] <= highest[i], EOutOfBounds);
        i = i + 1;
    };
    assert!(model_manifest_hash.length() == 32 && dataset_root.length() == 32, EBadDigest);
    let params = Params { values, model_manifest_hash, dataset_root };
    assert!(
        params.put_window_open_ms() < params.put_window_close_ms() && params.put_window_close_ms() <= network.window_duration_ms(),
        EBadPhases,
    );
    assert!(params.unbond_delay_windows() >= params.evidence_windows() + 2 * params.checkpoint_frequency() + 4, EUnbondTooShort);
    assert!(params.emission_miner_bps() + params.emission_validator_bps() <= 10_000, EBadSplit);
    params
}
