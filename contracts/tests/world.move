/// A network held by value, for tests: every object of it, a clock and randomness. A transaction is a context of its own.
#[test_only]
module vramhub::world;

use std::unit_test::destroy;
use sui::clock::{Self, Clock};
use sui::coin::{Self, Coin, TreasuryCap};
use sui::package::UpgradeCap;
use sui::random::{Self, Random};
use sui::sui::SUI;
use sui::test_utils;
use vramhub::attestation::{Self, Measured};
use vramhub::consensus::{Self, Consensus};
use vramhub::enclave_registry::{Self, EnclaveRegistry};
use vramhub::gradient_registry::{Self, GradientRegistry};
use vramhub::hparams::{Self, Hparams};
use vramhub::network::{Self, Network, AdminCap};
use vramhub::peer_registry::{Self, PeerRegistry};
use vramhub::registration;
use vramhub::retention;
use vramhub::reward_distributor::{Self, RewardPool};
use vramhub::round_state::{Self, RoundState};
use vramhub::score_ledger::{Self, ScoreLedger};
use vramhub::seal_policy;
use vramhub::slashing;
use vramhub::upgrade_vault;
use vramhub::validator_registry::{Self, ValidatorRegistry};
use vramhub::vault::{Self, Vault};
use vramhub::vram::VRAM;

const DURATION_MS: u64 = 600_000;
const MINER_STAKE: u64 = 1_000_000_000;
const VALIDATOR_STAKE: u64 = 10_000_000_000;
const FEE: u64 = 100_000_000;

/// Objects that tests exchange between networks are held in vectors of one.
public struct World {
    network: vector<Network>,
    cap: AdminCap,
    hparams: vector<Hparams>,
    vault: vector<Vault>,
    peers: vector<PeerRegistry>,
    validators: vector<ValidatorRegistry>,
    enclaves: vector<EnclaveRegistry>,
    gradients: vector<GradientRegistry>,
    rounds: vector<RoundState>,
    ledger: vector<ScoreLedger>,
    consensus: vector<Consensus>,
    /// None until `create_pool`.
    pool: vector<RewardPool>,
    clock: Clock,
    random: Random,
    /// Transactions so far.
    transactions: u64,
}

// === Making ===

/// The clock stands at the beginning of window 10.
public fun new(): World {
    with_values(values())
}

public fun with_values(values: vector<u64>): World {
    with(values, 0)
}

/// Another network: its objects have other ids.
public fun another(): World {
    with(values(), 1_000_000)
}

fun with(values: vector<u64>, first_transaction: u64): World {
    let mut ctx = tx_context::new_from_hint(@0xad, first_transaction, 0, 0, 0);
    let (network, cap) = network::new(DURATION_MS, &mut ctx);
    let hparams = hparams::new(&network, values, digest(1), digest(2), &mut ctx);
    let vault = vault::new(&network, &mut ctx);
    let peers = peer_registry::new(&network, &mut ctx);
    let validators = validator_registry::new(&network, &mut ctx);
    let enclaves = enclave_registry::new(&network, pcr(1), pcr(2), pcr(3), &mut ctx);
    let gradients = gradient_registry::new(&network, &mut ctx);
    let rounds = round_state::new(&network, digest(3), &mut ctx);
    let ledger = score_ledger::new(&network, &mut ctx);
    let consensus = consensus::new(&network, &mut ctx);
    let mut clock = clock::create_for_testing(&mut ctx);
    clock.set_for_testing(10 * DURATION_MS);
    World {
        network: vector[network],
        cap,
        hparams: vector[hparams],
        vault: vector[vault],
        peers: vector[peers],
        validators: vector[validators],
        enclaves: vector[enclaves],
        gradients: vector[gradients],
        rounds: vector[rounds],
        ledger: vector[ledger],
        consensus: vector[consensus],
        pool: vector[],
        clock,
        random: random::create_by_value_for_testing(digest(4), &mut ctx),
        transactions: first_transaction,
    }
}

/// The defaults, in the order of the module hparams.
public fun values(): vector<u64> {
    vector[
        480_000, // put_window_open_ms
        540_000, // put_window_close_ms
        100, // checkpoint_frequency
        0, // checkpoint_activation_delay
        200, // max_merge_windows
        1_000, // retention_windows
        288, // evidence_windows
        492, // unbond_delay_windows
        256, // max_miners
        32, // max_validators
        1_000_000_000, // min_miner_stake_mist
        10_000_000_000, // min_validator_stake_mist
        100_000_000, // registration_fee_mist
        32, // max_registrations_per_window
        144, // immunity_windows
        2, // validator_offset_windows
        10, // validator_warmup_windows
        2, // rotation_grace_windows
        300_000, // max_attestation_age_ms
        144, // pcr_delay_windows
        6_667, // score_quorum_bps
        6_667, // checkpoint_quorum_bps
        3, // min_consensus_validators
        52_428_800, // max_gradient_bytes
        4_096, // chunk_elements
        32, // top_k
        15, // top_g
        16, // own_batch_sequences
        16, // random_batch_sequences
        1_000_000, // evaluation_learning_rate_ppm
        1_000_000, // outer_learning_rate_ppm
        1, // norm_min_ppm
        1_000_000_000_000, // norm_max_ppm
        75_000_000_000, // rating_mu_nano
        8_333_333_333, // rating_sigma_nano
        4_166_666_667, // rating_beta_nano
        83_333_333, // rating_tau_nano
        0, // ordinal_floor_nano
        50_000, // proof_of_work_alpha_ppm
        100_000, // proof_of_work_floor_ppm
        990_000, // gauntlet_gamma_ppm
        50_000, // held_out_loss_bound_ppm
        1_000_000_000, // emission_per_window
        7_200, // emission_miner_bps
        1_800, // emission_validator_bps
        120_000, // enclave_timeout_ms
        250_000, // proof_of_work_margin_ppm
        1, // min_merge_gradients
        5_000, // equivocation_slash_bps
        1_000, // evidence_bounty_bps
        1, // gradient_codec
        400_000, // copy_halve_overlap_ppm
        500_000, // copy_reject_overlap_ppm
        600_000, // copy_exclude_overlap_ppm
        256, // max_evaluations
        2_500_000, // norm_reject_ratio_ppm
        8, // proof_of_work_exponent
    ]
}

/// 32 bytes of one value.
public fun digest(byte: u8): vector<u8> {
    vector::tabulate!(32, |_| byte)
}

/// 48 bytes of one value.
public fun pcr(byte: u8): vector<u8> {
    vector::tabulate!(48, |_| byte)
}

public fun end(self: World) {
    destroy(self)
}

// === Time and senders ===

/// Milliseconds after the beginning of a window.
public fun at(self: &mut World, window: u64, ms: u64) {
    self.clock.set_for_testing(window * DURATION_MS + ms)
}

fun transaction(self: &mut World, sender: address): TxContext {
    self.transactions = self.transactions + 1;
    tx_context::new_from_hint(sender, self.transactions, 0, 0, 0)
}

// === Exchanging objects ===

fun exchange<T>(a: &mut vector<T>, b: &mut vector<T>) {
    a.push_back(b.pop_back());
    b.push_back(a.swap_remove(0));
}

public fun exchange_network(a: &mut World, b: &mut World) {
    exchange(&mut a.network, &mut b.network)
}

public fun exchange_hparams(a: &mut World, b: &mut World) {
    exchange(&mut a.hparams, &mut b.hparams)
}

public fun exchange_vault(a: &mut World, b: &mut World) {
    exchange(&mut a.vault, &mut b.vault)
}

public fun exchange_peers(a: &mut World, b: &mut World) {
    exchange(&mut a.peers, &mut b.peers)
}

public fun exchange_validators(a: &mut World, b: &mut World) {
    exchange(&mut a.validators, &mut b.validators)
}

public fun exchange_enclaves(a: &mut World, b: &mut World) {
    exchange(&mut a.enclaves, &mut b.enclaves)
}

public fun exchange_gradients(a: &mut World, b: &mut World) {
    exchange(&mut a.gradients, &mut b.gradients)
}

public fun exchange_rounds(a: &mut World, b: &mut World) {
    exchange(&mut a.rounds, &mut b.rounds)
}

public fun exchange_ledger(a: &mut World, b: &mut World) {
    exchange(&mut a.ledger, &mut b.ledger)
}

public fun exchange_consensus(a: &mut World, b: &mut World) {
    exchange(&mut a.consensus, &mut b.consensus)
}

public fun exchange_pool(a: &mut World, b: &mut World) {
    exchange(&mut a.pool, &mut b.pool)
}

// === Registrations ===

public fun register_miner(self: &mut World, owner: address, operator: address) {
    self.register_miner_paying(owner, operator, MINER_STAKE, FEE)
}

public fun register_miner_paying(self: &mut World, owner: address, operator: address, stake: u64, fee: u64) {
    let mut ctx = self.transaction(owner);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    let fee = coin::mint_for_testing<SUI>(fee, &mut ctx);
    self.peers[0].register_miner(&mut self.vault[0], &self.network[0], &self.hparams[0], stake, fee, operator, &self.clock, &mut ctx)
}

public fun register_validator(self: &mut World, owner: address, operator: address) {
    self.register_validator_paying(owner, operator, VALIDATOR_STAKE, FEE)
}

public fun register_validator_paying(self: &mut World, owner: address, operator: address, stake: u64, fee: u64) {
    let mut ctx = self.transaction(owner);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    let fee = coin::mint_for_testing<SUI>(fee, &mut ctx);
    self.validators[0].register_validator(&mut self.vault[0], &self.network[0], &self.hparams[0], stake, fee, operator, &self.clock, &mut ctx)
}

public fun replace_validator(self: &mut World, owner: address, operator: address, stake: u64) {
    let mut ctx = self.transaction(owner);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    let fee = coin::mint_for_testing<SUI>(FEE, &mut ctx);
    self.validators[0].replace_validator(&mut self.vault[0], &self.network[0], &self.hparams[0], stake, fee, operator, &self.clock, &mut ctx)
}

public fun add_miner_stake(self: &mut World, sender: address, uid: u16, stake: u64) {
    let mut ctx = self.transaction(sender);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    self.peers[0].add_stake(&mut self.vault[0], &self.network[0], uid, stake, &ctx)
}

public fun unbond_miner_stake(self: &mut World, sender: address, uid: u16, amount: u64) {
    let ctx = self.transaction(sender);
    self.peers[0].unbond_stake(&mut self.vault[0], &self.network[0], &self.hparams[0], uid, amount, &self.clock, &ctx)
}

public fun deactivate_miner(self: &mut World, sender: address, uid: u16) {
    let ctx = self.transaction(sender);
    self.peers[0].deactivate(&mut self.vault[0], &self.network[0], &self.hparams[0], uid, &self.clock, &ctx)
}

public fun set_miner_operator(self: &mut World, sender: address, uid: u16, operator: address) {
    let ctx = self.transaction(sender);
    self.peers[0].set_operator(&self.network[0], uid, operator, &ctx)
}

public fun replace_miner(self: &mut World, owner: address, operator: address) {
    self.replace_miner_paying(owner, operator, MINER_STAKE, FEE)
}

public fun replace_miner_paying(self: &mut World, owner: address, operator: address, stake: u64, fee: u64) {
    let mut ctx = self.transaction(owner);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    let fee = coin::mint_for_testing<SUI>(fee, &mut ctx);
    registration::replace_miner(
        &mut self.peers[0],
        &mut self.vault[0],
        &self.network[0],
        &self.hparams[0],
        &self.rounds[0],
        &self.consensus[0],
        stake,
        fee,
        operator,
        &self.clock,
        &ctx,
    )
}

public fun add_validator_stake(self: &mut World, sender: address, uid: u16, stake: u64) {
    let mut ctx = self.transaction(sender);
    let stake = coin::mint_for_testing<SUI>(stake, &mut ctx);
    self.validators[0].add_stake(&mut self.vault[0], &self.network[0], &self.hparams[0], uid, stake, &self.clock, &ctx)
}

public fun unbond_validator_stake(self: &mut World, sender: address, uid: u16, amount: u64) {
    let ctx = self.transaction(sender);
    self.validators[0].unbond_stake(&mut self.vault[0], &self.network[0], &self.hparams[0], uid, amount, &self.clock, &ctx)
}

public fun deactivate_validator(self: &mut World, sender: address, uid: u16) {
    let ctx = self.transaction(sender);
    self.validators[0].deactivate(&mut self.vault[0], &self.network[0], &self.hparams[0], uid, &self.clock, &ctx)
}

/// Withdraws what is released of a registration; returns how much.
public fun withdraw(self: &mut World, sender: address, role: u8, uid: u16, generation: u32): u64 {
    let mut ctx = self.transaction(sender);
    self.vault[0].withdraw(&self.network[0], role, uid, generation, &self.clock, &mut ctx).burn_for_testing()
}

public fun add_delegate(self: &mut World, sender: address, uid: u16, delegate: address) {
    let ctx = self.transaction(sender);
    self.validators[0].add_delegate(&self.network[0], uid, delegate, &ctx)
}

public fun remove_delegate(self: &mut World, sender: address, uid: u16, delegate: address) {
    let ctx = self.transaction(sender);
    self.validators[0].remove_delegate(&self.network[0], uid, delegate, &ctx)
}

public fun set_operator(self: &mut World, sender: address, uid: u16, operator: address) {
    let ctx = self.transaction(sender);
    self.validators[0].set_operator(&self.network[0], uid, operator, &self.clock, &ctx)
}

public fun set_credentials(self: &mut World, sender: address, uid: u16, cred_version: u32, ciphertext: vector<u8>) {
    let ctx = self.transaction(sender);
    self.peers[0].set_credentials(&self.network[0], uid, cred_version, ciphertext, &self.clock, &ctx)
}

// === Enclaves ===

/// A document that is right for this validator.
public fun measured(self: &World, uid: u16, public_key: vector<u8>): Measured {
    let validator = self.validators[0].validator(uid);
    let user_data = enclave_registry::user_data_bytes(self.network[0].id(), uid, validator.generation(), validator.owner());
    attestation::new(self.clock.timestamp_ms(), pcr(1), pcr(2), pcr(3), public_key, user_data)
}

public fun register_enclave(self: &mut World, sender: address, uid: u16, measured: Measured) {
    let ctx = self.transaction(sender);
    self.enclaves[0].register_measured(&self.network[0], &self.hparams[0], &self.validators[0], uid, measured, &self.clock, &ctx)
}

public fun add_pcr_set(self: &mut World, pcr0: vector<u8>, pcr1: vector<u8>, pcr2: vector<u8>) {
    self.enclaves[0].add_pcr_set(&self.cap, &self.network[0], &self.hparams[0], pcr0, pcr1, pcr2, &self.clock)
}

public fun revoke_pcr_set(self: &mut World, row: u32) {
    self.enclaves[0].revoke_pcr_set(&self.cap, &self.network[0], row)
}

/// With the capability of another network.
public fun revoke_pcr_set_by(self: &mut World, other: &World, row: u32) {
    self.enclaves[0].revoke_pcr_set(&other.cap, &self.network[0], row)
}

public fun add_pcr_set_by(self: &mut World, other: &World) {
    self.enclaves[0].add_pcr_set(&other.cap, &self.network[0], &self.hparams[0], pcr(1), pcr(2), pcr(3), &self.clock)
}

public fun expire_pcr_set(self: &mut World, row: u32, until_window: u64) {
    self.enclaves[0].expire_pcr_set(&self.cap, &self.network[0], row, until_window, &self.clock)
}

// === Administration ===

public fun offer_administration(self: &mut World, to: Option<address>) {
    self.network[0].offer_administration(&self.cap, to)
}

public fun accept_administration(self: &mut World, sender: address) {
    let mut ctx = self.transaction(sender);
    self.network[0].accept_administration(&mut ctx)
}

public fun pause(self: &mut World, duration_ms: u64) {
    self.network[0].pause(&self.cap, duration_ms, &self.clock)
}

public fun resume(self: &mut World) {
    self.network[0].resume(&self.cap, &self.clock)
}

/// With the capability of another network.
public fun pause_by(self: &mut World, other: &World) {
    self.network[0].pause(&other.cap, 1, &self.clock)
}

public fun resume_by(self: &mut World, other: &World) {
    self.network[0].resume(&other.cap, &self.clock)
}

public fun offer_administration_by(self: &mut World, other: &World) {
    self.network[0].offer_administration(&other.cap, option::some(@0xe0))
}

public fun migrate(self: &mut World) {
    self.network[0].migrate(&self.cap)
}

/// With the capability of another network.
public fun migrate_by(self: &mut World, other: &World) {
    self.network[0].migrate(&other.cap)
}

public fun lock_upgrades(self: &mut World, upgrade_cap: UpgradeCap, ctx: &mut TxContext) {
    upgrade_vault::create(&self.cap, &mut self.network[0], upgrade_cap, ctx)
}

/// As if the network were served by another version of the package.
public fun set_version(self: &mut World, version: u64) {
    self.network[0].set_version_for_testing(version)
}

public fun spend_fees(self: &mut World, amount: u64): u64 {
    let mut ctx = self.transaction(@0xcafe);
    self.vault[0].spend_fees(&self.cap, &self.network[0], amount, &mut ctx).burn_for_testing()
}

public fun spend_fees_by(self: &mut World, other: &World): u64 {
    let mut ctx = self.transaction(@0xcafe);
    self.vault[0].spend_fees(&other.cap, &self.network[0], 1, &mut ctx).burn_for_testing()
}

public fun spend_treasury(self: &mut World, amount: u64): u64 {
    let mut ctx = self.transaction(@0xcafe);
    self.pool[0].spend_treasury(&self.cap, &self.network[0], amount, &mut ctx).burn_for_testing()
}

public fun spend_treasury_by(self: &mut World, other: &World): u64 {
    let mut ctx = self.transaction(@0xcafe);
    self.pool[0].spend_treasury(&other.cap, &self.network[0], 1, &mut ctx).burn_for_testing()
}

// === Parameters ===

public fun propose(self: &mut World, values: vector<u64>) {
    self.hparams[0].propose(&self.cap, &self.network[0], values, digest(1), digest(2), &self.clock)
}

public fun propose_by(self: &mut World, other: &World, values: vector<u64>) {
    self.hparams[0].propose(&other.cap, &self.network[0], values, digest(1), digest(2), &self.clock)
}

// === Windows ===

public fun commit(self: &mut World, sender: address, uid: u16, window: u64) {
    self.commit_as(sender, uid, window, digest(uid as u8), 1_000, 1)
}

public fun commit_as(self: &mut World, sender: address, uid: u16, window: u64, sha256: vector<u8>, size: u64, cred_version: u32) {
    let ctx = self.transaction(sender);
    self.gradients[0].commit_gradient(
        &self.network[0],
        &self.hparams[0],
        &self.peers[0],
        uid,
        window,
        sha256,
        size,
        cred_version,
        &self.clock,
        &ctx,
    )
}

public fun seal(self: &mut World, window: u64) {
    let mut ctx = self.transaction(@0xcafe);
    self.rounds[0].seal_window_for_testing(
        &self.network[0],
        &self.hparams[0],
        &self.gradients[0],
        &self.peers[0],
        &self.validators[0],
        &self.random,
        window,
        &self.clock,
        &mut ctx,
    )
}

public fun seal_approve(self: &mut World, sender: address, id: vector<u8>) {
    let ctx = self.transaction(sender);
    seal_policy::seal_approve_for_testing(id, &self.network[0], &self.hparams[0], &self.peers[0], &self.validators[0], &self.clock, &ctx)
}

// === Scores ===

public fun submit(self: &mut World, sender: address, uid: u16, window: u64, payload: vector<u8>, signature: vector<u8>) {
    let ctx = self.transaction(sender);
    self.ledger[0].submit_scores(
        &self.network[0],
        &self.hparams[0],
        &self.rounds[0],
        &self.validators[0],
        &self.enclaves[0],
        uid,
        window,
        payload,
        signature,
        &self.clock,
        &ctx,
    )
}

/// As if the signature had verified.
public fun accept(self: &mut World, uid: u16, window: u64, key: vector<u8>, payload: vector<u8>) {
    let generation = self.validators[0].validator(uid).generation();
    self.ledger[0].accept_for_testing(
        &self.network[0],
        &self.hparams[0],
        &self.rounds[0],
        uid,
        generation,
        key,
        window,
        payload,
        &self.clock,
    )
}

public fun settle(self: &mut World, uid: u16, window: u64, from: u64, rows: u64) {
    self.ledger[0].settle_slice(&self.network[0], &self.rounds[0], uid, window, from, rows)
}

/// As if the validator's payload had been submitted and settled.
public fun settled(
    self: &mut World,
    uid: u16,
    window: u64,
    codes: vector<u8>,
    scores: vector<u32>,
    randoms: vector<u32>,
    weights: vector<u16>,
) {
    self.ledger[0].settled_for_testing(window, uid, codes, scores, randoms, weights)
}

// === Consensus ===

public fun settle_medians(self: &mut World, window: u64, from: u64, own: vector<u32>, random: vector<u32>, weight: vector<u16>) {
    self.consensus[0].settle_medians(
        &self.network[0],
        &self.rounds[0],
        &self.ledger[0],
        window,
        from,
        own,
        random,
        weight,
        &self.clock,
    )
}

public fun finalize(self: &mut World, window: u64, selection: vector<u16>) {
    self.consensus[0].finalize_window(
        &self.network[0],
        &mut self.rounds[0],
        &self.hparams[0],
        &self.ledger[0],
        window,
        selection,
        &self.clock,
    )
}

public fun attest(
    self: &mut World,
    sender: address,
    uid: u16,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
) {
    let ctx = self.transaction(sender);
    self.rounds[0].attest_checkpoint(
        &self.network[0],
        &self.hparams[0],
        &self.validators[0],
        uid,
        boundary,
        parent_boundary,
        hash,
        merge_digest,
        &self.clock,
        &ctx,
    )
}

public fun relay_attestation(
    self: &mut World,
    uid: u16,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    signature: vector<u8>,
) {
    self.rounds[0].relay_attestation(
        &self.network[0],
        &self.hparams[0],
        &self.validators[0],
        uid,
        boundary,
        parent_boundary,
        hash,
        merge_digest,
        signature,
        &self.clock,
    )
}

/// Two signed attestations of a boundary; returns the bounty.
public fun prove_equivocation(
    self: &mut World,
    uid: u16,
    generation: u32,
    boundary: u64,
    parents: vector<u64>,
    hashes: vector<vector<u8>>,
    digests: vector<vector<u8>>,
    signatures: vector<vector<u8>>,
): u64 {
    let mut ctx = self.transaction(@0xcafe);
    slashing::prove_equivocation(
        &mut self.validators[0],
        &mut self.vault[0],
        &self.network[0],
        &self.hparams[0],
        uid,
        generation,
        boundary,
        parents[0],
        hashes[0],
        digests[0],
        signatures[0],
        parents[1],
        hashes[1],
        digests[1],
        signatures[1],
        &self.clock,
        &mut ctx,
    ).burn_for_testing()
}

/// A signed attestation against the recorded vote; returns the bounty.
public fun prove_contradiction(
    self: &mut World,
    uid: u16,
    generation: u32,
    boundary: u64,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
    signature: vector<u8>,
): u64 {
    let mut ctx = self.transaction(@0xcafe);
    slashing::prove_contradiction(
        &mut self.validators[0],
        &mut self.vault[0],
        &self.network[0],
        &self.hparams[0],
        &self.rounds[0],
        uid,
        generation,
        boundary,
        parent_boundary,
        hash,
        merge_digest,
        signature,
        &self.clock,
        &mut ctx,
    ).burn_for_testing()
}

// === Rewards ===

public fun treasury_cap(self: &mut World): TreasuryCap<VRAM> {
    let mut ctx = self.transaction(@0xcafe);
    let witness = test_utils::create_one_time_witness<VRAM>();
    let (treasury, metadata) = coin::create_currency(witness, 9, b"VRAM", b"", b"", option::none(), &mut ctx);
    destroy(metadata);
    treasury
}

public fun create_pool(self: &mut World, max_supply: u64) {
    let treasury = self.treasury_cap();
    self.create_pool_with(treasury, max_supply)
}

public fun create_pool_with(self: &mut World, treasury: TreasuryCap<VRAM>, max_supply: u64) {
    let mut ctx = self.transaction(@0xcafe);
    let pool = reward_distributor::new_for_testing(&self.cap, &self.network[0], treasury, max_supply, &mut ctx);
    self.pool.push_back(pool)
}

/// With the capability of another network.
public fun create_pool_by(self: &mut World, other: &World, max_supply: u64) {
    let treasury = self.treasury_cap();
    let mut ctx = self.transaction(@0xcafe);
    let pool = reward_distributor::new_for_testing(&other.cap, &self.network[0], treasury, max_supply, &mut ctx);
    self.pool.push_back(pool)
}

public fun distribute(self: &mut World, window: u64) {
    self.pool[0].distribute(
        &self.network[0],
        &self.hparams[0],
        &self.rounds[0],
        &self.consensus[0],
        &self.vault[0],
        window,
    )
}

public fun prune(self: &mut World, sender: address, window: u64) {
    let ctx = self.transaction(sender);
    retention::prune_window(
        &self.network[0],
        &self.hparams[0],
        &mut self.gradients[0],
        &mut self.rounds[0],
        &self.validators[0],
        &mut self.ledger[0],
        &mut self.consensus[0],
        &self.pool[0],
        window,
        &self.clock,
        &ctx,
    )
}

/// Where there is no pool.
public fun prune_unpaid(self: &mut World, sender: address, window: u64) {
    let ctx = self.transaction(sender);
    retention::prune_unpaid_window(
        &self.network[0],
        &self.hparams[0],
        &mut self.gradients[0],
        &mut self.rounds[0],
        &self.validators[0],
        &mut self.ledger[0],
        &mut self.consensus[0],
        window,
        &self.clock,
        &ctx,
    )
}

public fun claim(self: &mut World, sender: address): Coin<VRAM> {
    let mut ctx = self.transaction(sender);
    self.pool[0].claim(&self.network[0], &mut ctx)
}

// === Looking ===

public fun network(self: &World): &Network { &self.network[0] }

public fun network_mut(self: &mut World): &mut Network { &mut self.network[0] }

public fun cap(self: &World): &AdminCap { &self.cap }

public fun hparams(self: &World): &Hparams { &self.hparams[0] }

public fun vault(self: &World): &Vault { &self.vault[0] }

public fun vault_mut(self: &mut World): &mut Vault { &mut self.vault[0] }

public fun peers(self: &World): &PeerRegistry { &self.peers[0] }

public fun peers_mut(self: &mut World): &mut PeerRegistry { &mut self.peers[0] }

public fun validators(self: &World): &ValidatorRegistry { &self.validators[0] }

public fun validators_mut(self: &mut World): &mut ValidatorRegistry { &mut self.validators[0] }

public fun enclaves(self: &World): &EnclaveRegistry { &self.enclaves[0] }

public fun gradients(self: &World): &GradientRegistry { &self.gradients[0] }

public fun gradients_mut(self: &mut World): &mut GradientRegistry { &mut self.gradients[0] }

public fun rounds(self: &World): &RoundState { &self.rounds[0] }

public fun ledger(self: &World): &ScoreLedger { &self.ledger[0] }

public fun consensus(self: &World): &Consensus { &self.consensus[0] }

public fun pool(self: &World): &RewardPool { &self.pool[0] }

public fun clock(self: &World): &Clock { &self.clock }
