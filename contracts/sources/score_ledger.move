/// What validators' enclaves signed, decoded on chain: the ledger records what the signed bytes say, never what a caller says.
module vramhub::score_ledger;

use std::hash::sha2_256;
use sui::clock::Clock;
use sui::ed25519::ed25519_verify;
use sui::event;
use sui::table::{Self, Table};
use vramhub::enclave_registry::EnclaveRegistry;
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::round_state::{RoundState, WindowRecord};
use vramhub::score_payload::{Self, Layout};
use vramhub::validator_registry::ValidatorRegistry;

// === Errors ===

/// Submissions for w end at (w + 4) · duration.
#[error]
const ETooLate: vector<u8> = b"the window takes no more scores";
/// The validator's stake was not in the window's snapshot.
#[error]
const ENotInSnapshot: vector<u8> = b"the validator does not score this window";
/// Who was slashed scores no more.
#[error]
const ESlashed: vector<u8> = b"the validator has been slashed";
/// The enclave was registered by a predecessor of this uid.
#[error]
const EEnclaveNotCurrent: vector<u8> = b"the enclave belongs to an earlier generation of this validator";
/// The image is not allowed in the window.
#[error]
const EMeasurementNotLive: vector<u8> = b"the enclave's measurements are not allowed in this window";
/// The signature is not the enclave's over these bytes.
#[error]
const EBadSignature: vector<u8> = b"the signature does not verify";
/// One payload a validator and window.
#[error]
const EAlreadySubmitted: vector<u8> = b"the validator has submitted for this window";
/// Payloads come in order of their windows.
#[error]
const EWindowNotLater: vector<u8> = b"the window is not later than the validator's last one";
/// The payload before must be settled first, while that is still possible.
#[error]
const EPreviousUnsettled: vector<u8> = b"the validator's previous payload is not settled";

/// Header field against what the chain knows: one name each.
#[error]
const EWrongNetwork: vector<u8> = b"the payload is of another network";
#[error]
const EWrongValidator: vector<u8> = b"the payload is of another validator";
#[error]
const EWrongGeneration: vector<u8> = b"the payload is of another generation of this validator";
#[error]
const EWrongEnclaveKey: vector<u8> = b"the payload names another enclave key";
#[error]
const EWrongWindow: vector<u8> = b"the payload is of another window";
#[error]
const EWrongCheckpoint: vector<u8> = b"the payload was not scored against the checkpoint in force";
#[error]
const EWrongPrevious: vector<u8> = b"the payload does not follow the validator's last one";
#[error]
const EWrongPreviousWindow: vector<u8> = b"the payload's previous window is not that of the validator's last one";
#[error]
const EWrongHparams: vector<u8> = b"the payload was not scored under the parameters in force";
#[error]
const EWrongCommitments: vector<u8> = b"the payload is over other commitments";
#[error]
const EWrongCommitmentsCount: vector<u8> = b"the payload counts other commitments";
#[error]
const EWrongRoster: vector<u8> = b"the payload is over another roster";
#[error]
const EWrongRosterCount: vector<u8> = b"the payload counts another roster";
#[error]
const EWrongRandomness: vector<u8> = b"the payload has other randomness";

/// The validator has no payload of that window.
#[error]
const ENothingToSettle: vector<u8> = b"there is no payload of this validator and window";
/// Rows are settled in order.
#[error]
const ERowsSkipped: vector<u8> = b"rows before these are not settled";
/// A row's uid or generation is not the roster's.
#[error]
const ERowNotInRoster: vector<u8> = b"a row does not agree with the roster";
/// Who did not commit cannot have a score.
#[error]
const EScoredWithoutCommitment: vector<u8> = b"a miner that did not commit has a score";
/// The score map has exactly the miners with code 0.
#[error]
const EScoreMapMismatch: vector<u8> = b"the score map does not have exactly the miners with code 0";

// === Constants ===

const SUBMISSION_WINDOWS: u64 = 4;
/// Anybody can settle, but not before the payload is there, and that may be in the last moment.
const SETTLING_WINDOWS: u64 = 1;
const CODE_SCORED: u8 = 0;

// === Structs ===

public struct ScoreLedger has key {
    id: UID,
    network: ID,
    chains: Table<u16, PayloadChain>,
    settled: Table<SettledKey, SettledScores>,
}

/// Where a validator stands. The last payload stays, so that one who lost a machine can go on.
public struct PayloadChain has drop, store {
    validator_uid: u16,
    validator_generation: u32,
    last_window: u64,
    /// SHA-256 of the last payload.
    last_digest: vector<u8>,
    last_payload: vector<u8>,
    /// Weights count from this window on: 0 unless the validator started anew.
    weights_from: u64,
    /// The next row to settle, and how many there are.
    settled_rows: u64,
    total_rows: u64,
    /// The score map's next entry in the payload, and how many are left.
    map_cursor: u64,
    map_remaining: u64,
    /// Rows settled so far.
    columns: Columns,
}

public struct SettledKey has copy, drop, store {
    window: u64,
    validator_uid: u16,
}

public struct SettledScores has store {
    window: u64,
    validator_uid: u16,
    validator_generation: u32,
    payload_sha256: vector<u8>,
    columns: Columns,
}

/// One entry a roster row. Scores and randoms are i32 in two's complement; a score is 0 unless the code is. A weight is 0 in the warm-up
/// after a reset.
public struct Columns has copy, drop, store {
    uids: vector<u16>,
    generations: vector<u32>,
    codes: vector<u8>,
    scores: vector<u32>,
    randoms: vector<u32>,
    weights: vector<u16>,
}

// === Events ===

public struct ScoresSubmitted has copy, drop {
    network: ID,
    window: u64,
    validator_uid: u16,
    validator_generation: u32,
    payload_sha256: vector<u8>,
    rows: u64,
}

public struct ScoresSettled has copy, drop {
    network: ID,
    window: u64,
    validator_uid: u16,
    validator_generation: u32,
    payload_sha256: vector<u8>,
}

/// The validator forgot its ratings and starts anew: until `weights_from` its weights are settled as 0.
public struct ChainReset has copy, drop {
    network: ID,
    window: u64,
    validator_uid: u16,
    validator_generation: u32,
    weights_from: u64,
}

// === Validators' calls ===

/// By the operator. Checks the signature and that every header field is the chain's; the columns are settled by `settle_slice`.
public fun submit_scores(
    self: &mut ScoreLedger,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    validators: &ValidatorRegistry,
    enclaves: &EnclaveRegistry,
    validator_uid: u16,
    window: u64,
    payload: vector<u8>,
    signature: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(validators.network());
    network.assert_owns(enclaves.network());
    network.assert_running(clock);
    let validator = validators.validator(validator_uid);
    validator.assert_operator(ctx);
    assert!(!validator.slashed(), ESlashed);
    let generation = validator.generation();
    let enclave = enclaves.enclave(validator_uid);
    assert!(enclave.validator_generation() == generation, EEnclaveNotCurrent);
    assert!(enclaves.is_row_live(enclave.pcr_row(), window), EMeasurementNotLive);
    assert!(ed25519_verify(&signature, enclave.public_key(), &payload), EBadSignature);
    self.accept(network, hparams, rounds, validator_uid, generation, enclave.public_key(), window, payload, clock)
}

// === Anybody's call ===

/// Settles rows `from` to `from + rows - 1` of a payload. Rows must come in order; settled ones are skipped without effect. With the last
/// row the scores become readable.
public fun settle_slice(
    self: &mut ScoreLedger,
    network: &Network,
    rounds: &RoundState,
    validator_uid: u16,
    window: u64,
    from: u64,
    rows: u64,
) {
    network.assert_owns(self.network);
    network.assert_owns(rounds.network());
    if (self.settled.contains(SettledKey { window, validator_uid })) return;
    assert!(self.chains.contains(validator_uid), ENothingToSettle);
    let chain = &mut self.chains[validator_uid];
    assert!(chain.last_window == window, ENothingToSettle);
    assert!(from <= chain.settled_rows, ERowsSkipped);
    if (from < chain.settled_rows) return;

    let (roster, committed) = rounds.roster(window);
    let total = chain.total_rows;
    let end = if (rows < total - from) from + rows else total;
    let payload = &chain.last_payload;
    let columns = &mut chain.columns;
    let results = score_payload::results_offset(payload, total);
    let (uids, generations, codes, randoms, weights) = score_payload::columns(results, total);
    let counts = window >= chain.weights_from;
    let mut cursor = chain.map_cursor;
    let mut remaining = chain.map_remaining;
    let mut row = from;
    while (row < end) {
        let uid = score_payload::u16_at(payload, uids + 2 * row);
        let generation = score_payload::u32_at(payload, generations + 4 * row);
        let entry = &roster[row];
        assert!(entry.entry_uid() == uid && entry.entry_generation() == generation, ERowNotInRoster);
        let code = payload[codes + row];
        let score = if (code == CODE_SCORED) {
            assert!((committed >> (row as u8)) & 1 == 1, EScoredWithoutCommitment);
            assert!(remaining > 0, EScoreMapMismatch);
            let (key, value, next) = score_payload::score_at(payload, cursor);
            assert!(key == uid, EScoreMapMismatch);
            cursor = next;
            remaining = remaining - 1;
            value
        } else {
            0
        };
        columns.uids.push_back(uid);
        columns.generations.push_back(generation);
        columns.codes.push_back(code);
        columns.scores.push_back(score);
        columns.randoms.push_back(score_payload::u32_at(payload, randoms + 4 * row));
        columns.weights.push_back(if (counts) score_payload::u16_at(payload, weights + 2 * row) else 0);
        row = row + 1;
    };
    if (end == total) {
        // Nothing may stand between the last entry and what follows the map.
        assert!(remaining == 0 && cursor == score_payload::map_end(payload, total), EScoreMapMismatch);
    };
    chain.settled_rows = end;
    chain.map_cursor = cursor;
    chain.map_remaining = remaining;
    if (end == total) self.publish(validator_uid)
}

// === Reads ===

public fun network(self: &ScoreLedger): ID {
    self.network
}

public fun is_settled(self: &ScoreLedger, window: u64, validator_uid: u16): bool {
    self.settled.contains(SettledKey { window, validator_uid })
}

/// Aborts unless the last row is settled.
public fun settled(self: &ScoreLedger, window: u64, validator_uid: u16): &SettledScores {
    &self.settled[SettledKey { window, validator_uid }]
}

/// Scores for a window are taken until here.
public fun deadline_ms(network: &Network, window: u64): u64 {
    network.window_start_ms(window + SUBMISSION_WINDOWS)
}

/// What was submitted for a window has time until here to be settled.
public fun settling_deadline_ms(network: &Network, window: u64): u64 {
    network.window_start_ms(window + SUBMISSION_WINDOWS + SETTLING_WINDOWS)
}

/// Submitted for the window by this registration, and not settled.
public fun is_unsettled(self: &ScoreLedger, window: u64, validator_uid: u16, generation: u32): bool {
    if (self.is_settled(window, validator_uid) || !self.chains.contains(validator_uid)) return false;
    let chain = &self.chains[validator_uid];
    chain.last_window == window && chain.validator_generation == generation
}

public fun has_chain(self: &ScoreLedger, validator_uid: u16): bool {
    self.chains.contains(validator_uid)
}

public fun chain(self: &ScoreLedger, validator_uid: u16): &PayloadChain {
    &self.chains[validator_uid]
}

public fun last_window(self: &PayloadChain): u64 {
    self.last_window
}

public fun last_digest(self: &PayloadChain): &vector<u8> {
    &self.last_digest
}

public fun last_payload(self: &PayloadChain): &vector<u8> {
    &self.last_payload
}

public fun weights_from(self: &PayloadChain): u64 {
    self.weights_from
}

public fun settled_rows(self: &PayloadChain): u64 {
    self.settled_rows
}

public fun total_rows(self: &PayloadChain): u64 {
    self.total_rows
}

public fun payload_sha256(self: &SettledScores): &vector<u8> {
    &self.payload_sha256
}

public fun validator_generation(self: &SettledScores): u32 {
    self.validator_generation
}

public fun uids(self: &SettledScores): &vector<u16> {
    &self.columns.uids
}

public fun generations(self: &SettledScores): &vector<u32> {
    &self.columns.generations
}

public fun codes(self: &SettledScores): &vector<u8> {
    &self.columns.codes
}

public fun scores(self: &SettledScores): &vector<u32> {
    &self.columns.scores
}

public fun randoms(self: &SettledScores): &vector<u32> {
    &self.columns.randoms
}

public fun weights(self: &SettledScores): &vector<u16> {
    &self.columns.weights
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): ScoreLedger {
    ScoreLedger { id: object::new(ctx), network: network.id(), chains: table::new(ctx), settled: table::new(ctx) }
}

/// Takes away the columns that were settled of a validator; returns the payload's SHA-256.
public(package) fun prune(self: &mut ScoreLedger, window: u64, validator_uid: u16): vector<u8> {
    let SettledScores { payload_sha256, .. } = self.settled.remove(SettledKey { window, validator_uid });
    payload_sha256
}

public(package) fun share(self: ScoreLedger) {
    transfer::share_object(self)
}

// === Private ===

/// All rules about bytes that are known to be the enclave's.
fun accept(
    self: &mut ScoreLedger,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    validator_uid: u16,
    generation: u32,
    enclave_key: &vector<u8>,
    window: u64,
    payload: vector<u8>,
    clock: &Clock,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_owns(rounds.network());
    let record = rounds.record(window);
    let now = clock.timestamp_ms();
    assert!(now < deadline_ms(network, window), ETooLate);
    assert!(record.has_validator(validator_uid, generation), ENotInSnapshot);

    let layout = score_payload::locate(&payload);
    assert!(score_payload::is_network(&payload, &layout, &network.id().to_bytes()), EWrongNetwork);
    assert!(score_payload::validator_uid(&payload, &layout) == validator_uid, EWrongValidator);
    assert!(score_payload::validator_generation(&payload, &layout) == generation, EWrongGeneration);
    assert!(score_payload::is_enclave_key(&payload, &layout, enclave_key), EWrongEnclaveKey);
    assert_record(&payload, &layout, record);

    let is_reset = score_payload::is_state_reset(&payload, &layout);
    let mut prev_payload = no_digest();
    let mut prev_window = 0;
    let mut weights_from = 0;
    if (self.chains.contains(validator_uid) && self.chains[validator_uid].validator_generation == generation) {
        let chain = &self.chains[validator_uid];
        assert!(window != chain.last_window, EAlreadySubmitted);
        assert!(window > chain.last_window, EWindowNotLater);
        // Anybody can settle, so waiting for it costs nothing; but rows that can never be settled must not stop a validator for ever.
        let may_settle = now < deadline_ms(network, chain.last_window);
        assert!(is_reset || chain.settled_rows == chain.total_rows || !may_settle, EPreviousUnsettled);
        if (is_reset) {
            // A first payload needs no warm-up: stake, offset and immunity keep newcomers.
            weights_from = window + hparams.at(window).validator_warmup_windows();
            event::emit(ChainReset { network: self.network, window, validator_uid, validator_generation: generation, weights_from });
        } else {
            prev_payload = chain.last_digest;
            prev_window = chain.last_window;
            weights_from = chain.weights_from;
        };
    };
    assert!(score_payload::is_prev_payload(&payload, &layout, &prev_payload), EWrongPrevious);
    assert!(score_payload::prev_window(&payload, &layout) == prev_window, EWrongPreviousWindow);
    self.begin(validator_uid, generation, window, payload, &layout, weights_from)
}

fun assert_record(payload: &vector<u8>, layout: &Layout, record: &WindowRecord) {
    assert!(score_payload::window(payload, layout) == record.window(), EWrongWindow);
    assert!(score_payload::is_checkpoint_hash(payload, layout, record.checkpoint_hash()), EWrongCheckpoint);
    assert!(score_payload::is_hparams_hash(payload, layout, record.hparams_hash()), EWrongHparams);
    assert!(score_payload::is_commitments_hash(payload, layout, record.commitments_hash()), EWrongCommitments);
    assert!(score_payload::commitments_count(payload, layout) == record.commitments_count(), EWrongCommitmentsCount);
    assert!(score_payload::is_roster_hash(payload, layout, record.roster_hash()), EWrongRoster);
    assert!(score_payload::roster_count(payload, layout) == record.roster_count(), EWrongRosterCount);
    assert!(score_payload::is_randomness(payload, layout, record.randomness()), EWrongRandomness);
}

fun begin(
    self: &mut ScoreLedger,
    validator_uid: u16,
    validator_generation: u32,
    window: u64,
    payload: vector<u8>,
    layout: &Layout,
    weights_from: u64,
) {
    let digest = sha2_256(payload);
    let rows = layout.rows();
    event::emit(ScoresSubmitted {
        network: self.network,
        window,
        validator_uid,
        validator_generation,
        payload_sha256: digest,
        rows,
    });
    let chain = PayloadChain {
        validator_uid,
        validator_generation,
        last_window: window,
        last_digest: digest,
        last_payload: payload,
        weights_from,
        settled_rows: 0,
        total_rows: rows,
        map_cursor: layout.map_offset(),
        map_remaining: layout.map_entries(),
        columns: no_columns(),
    };
    if (self.chains.contains(validator_uid)) {
        *&mut self.chains[validator_uid] = chain
    } else {
        self.chains.add(validator_uid, chain)
    };
    if (rows == 0) {
        assert!(layout.map_offset() == layout.map_end_offset(), EScoreMapMismatch);
        self.publish(validator_uid);
    }
}

/// Moves the settled rows to where they are read.
fun publish(self: &mut ScoreLedger, validator_uid: u16) {
    let chain = &mut self.chains[validator_uid];
    let window = chain.last_window;
    let validator_generation = chain.validator_generation;
    let payload_sha256 = chain.last_digest;
    let columns = chain.columns;
    chain.columns = no_columns();
    event::emit(ScoresSettled { network: self.network, window, validator_uid, validator_generation, payload_sha256 });
    self.settled.add(
        SettledKey { window, validator_uid },
        SettledScores { window, validator_uid, validator_generation, payload_sha256, columns },
    );
}

fun no_columns(): Columns {
    Columns { uids: vector[], generations: vector[], codes: vector[], scores: vector[], randoms: vector[], weights: vector[] }
}

/// What stands in the first payload, and in one after a reset.
fun no_digest(): vector<u8> {
    x"0000000000000000000000000000000000000000000000000000000000000000"
}

/// As `submit_scores` once the signature has verified.
#[test_only]
public fun accept_for_testing(
    self: &mut ScoreLedger,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    validator_uid: u16,
    generation: u32,
    enclave_key: vector<u8>,
    window: u64,
    payload: vector<u8>,
    clock: &Clock,
) {
    self.accept(network, hparams, rounds, validator_uid, generation, &enclave_key, window, payload, clock)
}

/// As if a payload with these columns had been submitted and settled.
#[test_only]
public fun settled_for_testing(
    self: &mut ScoreLedger,
    window: u64,
    validator_uid: u16,
    codes: vector<u8>,
    scores: vector<u32>,
    randoms: vector<u32>,
    weights: vector<u16>,
) {
    let columns = Columns { uids: vector[], generations: vector[], codes, scores, randoms, weights };
    self.settled.add(
        SettledKey { window, validator_uid },
        SettledScores { window, validator_uid, validator_generation: 1, payload_sha256: vector[], columns },
    )
}
