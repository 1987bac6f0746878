/// What the validators of a window agree on: weighted lower medians over their settled columns. Anybody computes the medians and claims
/// them; here they are only checked, which is cheap. A minority of the stake can neither lift a median nor cut it.
module vramhub::consensus;

use std::bcs;
use sui::clock::Clock;
use sui::event;
use sui::hash::blake2b256;
use sui::table::{Self, Table};
use vramhub::attendance::{Self, Attendance};
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::peer_registry::RosterEntry;
use vramhub::round_state::{RoundState, SnapshotValidator};
use vramhub::score_ledger::{Self, ScoreLedger};

// === Errors ===

/// Somebody's payload may still come, or is not settled.
#[error]
const EScoresExpected: vector<u8> = b"not all validators' scores are settled, and there is still time for them";
/// Rows are settled in order.
#[error]
const ERowsSkipped: vector<u8> = b"rows before these are not settled";
/// The columns have one entry a row, within the roster.
#[error]
const EBadClaims: vector<u8> = b"the claimed columns differ in length or exceed the roster";
/// A claim that is not the median: one name a column.
#[error]
const ENotMedianOwn: vector<u8> = b"a claimed own improvement is not the median";
#[error]
const ENotMedianRandom: vector<u8> = b"a claimed random improvement is not the median";
#[error]
const ENotMedianWeight: vector<u8> = b"a claimed weight is not the median";
/// A window ends once.
#[error]
const EAlreadyFinal: vector<u8> = b"the window is finalized already";
/// Finalizing follows the last row.
#[error]
const ERowsLeft: vector<u8> = b"there are rows without medians";
/// A selected uid is not in the roster.
#[error]
const ENotInRoster: vector<u8> = b"a selected miner is not in the roster";
/// A selected gradient is not accepted, does not improve, or has no weight.
#[error]
const ENotEligible: vector<u8> = b"a selected gradient is not eligible";
/// By weight, then random, both descending, then uid ascending.
#[error]
const EOutOfOrder: vector<u8> = b"the selection is not in its order";
/// top_g, or all that are eligible.
#[error]
const EWrongSelectionLength: vector<u8> = b"the selection must have top_g gradients, or all eligible ones when they are fewer";
/// A better gradient is left out.
#[error]
const EBetterLeftOut: vector<u8> = b"an eligible gradient ranks before a selected one";
/// Nothing is settled of the window.
#[error]
const ENoConsensus: vector<u8> = b"the window has no medians";

// === Constants ===

const CODE_SCORED: u8 = 0;
/// Turned over, an i32 in two's complement compares as u32 does.
const SIGN: u32 = 0x8000_0000;

// === Structs ===

public struct Consensus has key {
    id: UID,
    network: ID,
    windows: Table<u64, WindowConsensus>,
    /// The latest window that is final.
    latest_final: Option<u64>,
    attendances: Table<ValidatorKey, Attendance>,
}

public struct ValidatorKey has copy, drop, store {
    uid: u16,
    generation: u32,
}

/// Columns have an entry for each row that is settled so far, in the order of the roster.
public struct WindowConsensus has store {
    window: u64,
    /// Whose settled payloads count, ascending by uid; fixed by the first call.
    validators: vector<CountedValidator>,
    /// MIST, the sum over them.
    submitted_stake: u64,
    total_rows: u64,
    /// Medians; own and random are i32 in two's complement.
    own: vector<u32>,
    random: vector<u32>,
    weight: vector<u16>,
    /// Bit row is set when more than half of the submitted stake gives code 0.
    accepted: u256,
    finalized: bool,
}

public struct CountedValidator has copy, drop, store {
    uid: u16,
    generation: u32,
    /// MIST, as of the window.
    stake: u64,
    /// Σ min(own weight, median weight).
    agreement: u64,
    /// Rows in which the code is 0 exactly when the row is accepted.
    agreed_codes: u64,
    /// Of the last 100 windows in which its scores were expected, this one included, the part in which they came; 0 until the window ends.
    completeness_bps: u64,
}

/// What a window's selection hash is over. The commitments' hash binds the bytes.
public struct Selection has drop {
    window: u64,
    commitments_hash: vector<u8>,
    selected: vector<RosterEntry>,
}

// === Events ===

public struct WindowFinalized has copy, drop {
    network: ID,
    window: u64,
    /// As in the window's record: 2 final, 3 unscored.
    status: u8,
    submitted_stake: u64,
    total_stake: u64,
    selected: vector<RosterEntry>,
}

// === Anybody's calls ===

/// Claims the medians of rows `from` on; rows must come in order, settled ones are skipped without effect. The first call fixes the
/// validators that count: possible once all of the window's payloads are settled, else after the deadline with those
/// that are; payloads that came in time and are not settled are waited for one window more.
public fun settle_medians(
    self: &mut Consensus,
    network: &Network,
    rounds: &RoundState,
    ledger: &ScoreLedger,
    window: u64,
    from: u64,
    own: vector<u32>,
    random: vector<u32>,
    weight: vector<u16>,
    clock: &Clock,
) {
    self.begin(network, rounds, ledger, window, clock);
    let entry = &mut self.windows[window];
    let settled_rows = entry.own.length();
    assert!(from <= settled_rows, ERowsSkipped);
    if (from < settled_rows) return;
    let n = own.length();
    assert!(random.length() == n && weight.length() == n && n <= entry.total_rows - from, EBadClaims);

    // Stake on values above each claim, and on the claim itself.
    let mut own_above = zeros(n);
    let mut own_at = zeros(n);
    let mut random_above = zeros(n);
    let mut random_at = zeros(n);
    let mut weight_above = zeros(n);
    let mut weight_at = zeros(n);
    let mut accepting = zeros(n);
    let mut scored = vector[];
    let count = entry.validators.length();
    let mut v = 0;
    while (v < count) {
        let validator = &mut entry.validators[v];
        let stake = validator.stake;
        let settled = ledger.settled(window, validator.uid);
        tally_signed(settled.scores(), &own, from, stake, &mut own_above, &mut own_at);
        tally_signed(settled.randoms(), &random, from, stake, &mut random_above, &mut random_at);
        let agreement = tally_weights(settled.weights(), &weight, from, stake, &mut weight_above, &mut weight_at);
        validator.agreement = validator.agreement + agreement;
        scored.push_back(tally_codes(settled.codes(), from, stake, &mut accepting));
        v = v + 1;
    };

    // 2 · stake > submitted exactly when stake > half.
    let half = entry.submitted_stake / 2;
    let mut accepted = 0u256;
    let mut i = 0;
    while (i < n) {
        if (count == 0) {
            assert!(own[i] == 0, ENotMedianOwn);
            assert!(random[i] == 0, ENotMedianRandom);
            assert!(weight[i] == 0, ENotMedianWeight);
        } else {
            assert!(is_median(own_above[i], own_at[i], half), ENotMedianOwn);
            assert!(is_median(random_above[i], random_at[i], half), ENotMedianRandom);
            assert!(is_median(weight_above[i], weight_at[i], half), ENotMedianWeight);
        };
        if (accepting[i] > half) accepted = accepted | (1 << ((from + i) as u8));
        entry.own.push_back(own[i]);
        entry.random.push_back(random[i]);
        entry.weight.push_back(weight[i]);
        i = i + 1;
    };
    entry.accepted = entry.accepted | accepted;
    let mut v = 0;
    while (v < count) {
        let validator = &mut entry.validators[v];
        validator.agreed_codes = validator.agreed_codes + n - attendance::count_bits(scored[v] ^ accepted);
        v = v + 1;
    }
}

/// Ends a window after its last row: final when enough of its stake has submitted, else unscored. `selection` are the uids whose gradients
/// a checkpoint merges, best first; it is checked, whatever the status.
public fun finalize_window(
    self: &mut Consensus,
    network: &Network,
    rounds: &mut RoundState,
    hparams: &Hparams,
    ledger: &ScoreLedger,
    window: u64,
    selection: vector<u16>,
    clock: &Clock,
) {
    network.assert_owns(hparams.network());
    self.begin(network, rounds, ledger, window, clock);
    let entry = &mut self.windows[window];
    assert!(!entry.finalized, EAlreadyFinal);
    assert!(entry.own.length() == entry.total_rows, ERowsLeft);

    let params = hparams.at(window);
    let (roster, _) = rounds.roster(window);
    let selected = entry.checked_selection(roster, &selection, params.top_g());
    let record = rounds.record(window);
    let submitted_stake = entry.submitted_stake;
    let total_stake = record.total_stake();
    let is_final = (submitted_stake as u128) * 10_000 > (total_stake as u128) * (params.score_quorum_bps() as u128);
    let pays = is_final && entry.validators.length() >= params.min_consensus_validators();
    let selection_hash = selection_hash(window, *record.commitments_hash(), selected);
    entry.finalized = true;
    note_attendance(&mut self.attendances, entry, record.validators());
    let status = rounds.finalize(window, is_final, pays, selected, selection_hash);
    // Windows may end out of their order.
    if (is_final && (self.latest_final.is_none() || *self.latest_final.borrow() < window)) self.latest_final = option::some(window);
    event::emit(WindowFinalized { network: self.network, window, status, submitted_stake, total_stake, selected });
}

// === Reads ===

public fun network(self: &Consensus): ID {
    self.network
}

/// The latest window that is final, whatever the order in which windows ended; none before the first one.
public fun latest_final(self: &Consensus): Option<u64> {
    self.latest_final
}

public fun has_window(self: &Consensus, window: u64): bool {
    self.windows.contains(window)
}

/// Aborts with ENoConsensus.
public fun window(self: &Consensus, window: u64): &WindowConsensus {
    assert!(self.windows.contains(window), ENoConsensus);
    &self.windows[window]
}

public fun validators(self: &WindowConsensus): &vector<CountedValidator> {
    &self.validators
}

public fun submitted_stake(self: &WindowConsensus): u64 {
    self.submitted_stake
}

public fun settled_rows(self: &WindowConsensus): u64 {
    self.own.length()
}

public fun total_rows(self: &WindowConsensus): u64 {
    self.total_rows
}

public fun own(self: &WindowConsensus): &vector<u32> {
    &self.own
}

public fun random(self: &WindowConsensus): &vector<u32> {
    &self.random
}

public fun weight(self: &WindowConsensus): &vector<u16> {
    &self.weight
}

public fun accepted(self: &WindowConsensus): u256 {
    self.accepted
}

public fun finalized(self: &WindowConsensus): bool {
    self.finalized
}

public fun counted_uid(self: &CountedValidator): u16 {
    self.uid
}

public fun counted_generation(self: &CountedValidator): u32 {
    self.generation
}

public fun counted_stake(self: &CountedValidator): u64 {
    self.stake
}

public fun agreement(self: &CountedValidator): u64 {
    self.agreement
}

public fun agreed_codes(self: &CountedValidator): u64 {
    self.agreed_codes
}

public fun completeness_bps(self: &CountedValidator): u64 {
    self.completeness_bps
}

/// blake2b256(bcs{window, commitments_hash, selected}).
public fun selection_hash(window: u64, commitments_hash: vector<u8>, selected: vector<RosterEntry>): vector<u8> {
    blake2b256(&bcs::to_bytes(&Selection { window, commitments_hash, selected }))
}

// === Package ===

public(package) fun new(network: &Network, ctx: &mut TxContext): Consensus {
    Consensus { id: object::new(ctx), network: network.id(), windows: table::new(ctx), latest_final: option::none(), attendances: table::new(ctx) }
}

/// Takes away a window's medians and what its validators are credited by.
public(package) fun prune(self: &mut Consensus, window: u64) {
    let WindowConsensus { .. } = self.windows.remove(window);
}

public(package) fun share(self: Consensus) {
    transfer::share_object(self)
}

// === Private ===

/// Fixes the validators that count, if no call has yet.
fun begin(self: &mut Consensus, network: &Network, rounds: &RoundState, ledger: &ScoreLedger, window: u64, clock: &Clock) {
    network.assert_owns(self.network);
    network.assert_owns(rounds.network());
    network.assert_owns(ledger.network());
    if (self.windows.contains(window)) return;
    let (roster, _) = rounds.roster(window);
    let record = rounds.record(window);
    let snapshot = record.validators();
    let n = snapshot.length();
    let mut validators = vector[];
    let mut submitted_stake = 0;
    let mut is_settling = false;
    let mut i = 0;
    while (i < n) {
        let validator = &snapshot[i];
        let uid = validator.snapshot_uid();
        if (ledger.is_unsettled(window, uid, validator.snapshot_generation())) is_settling = true;
        if (ledger.is_settled(window, uid)) {
            let stake = validator.snapshot_stake();
            validators.push_back(CountedValidator { uid, generation: validator.snapshot_generation(), stake, agreement: 0, agreed_codes: 0, completeness_bps: 0 });
            submitted_stake = submitted_stake + stake;
        };
        i = i + 1;
    };
    // Nobody who came in time is left out because somebody else was quicker than the settling; what cannot be settled holds nothing up for long.
    let now = clock.timestamp_ms();
    assert!(
        validators.length() == n || now >= score_ledger::settling_deadline_ms(network, window)
            || (!is_settling && now >= score_ledger::deadline_ms(network, window)),
        EScoresExpected,
    );
    let total_rows = roster.length();
    self.windows.add(
        window,
        WindowConsensus {
            window,
            validators,
            submitted_stake,
            total_rows,
            own: vector[],
            random: vector[],
            weight: vector[],
            accepted: 0,
            finalized: false,
        },
    );
}

/// Notes who of the window's snapshot came. Both lists ascend by uid.
fun note_attendance(attendances: &mut Table<ValidatorKey, Attendance>, entry: &mut WindowConsensus, snapshot: &vector<SnapshotValidator>) {
    let n = snapshot.length();
    let counted = entry.validators.length();
    let mut next = 0;
    let mut i = 0;
    while (i < n) {
        let key = ValidatorKey { uid: snapshot[i].snapshot_uid(), generation: snapshot[i].snapshot_generation() };
        if (!attendances.contains(key)) attendances.add(key, attendance::new());
        let attendance = &mut attendances[key];
        let came = next < counted && entry.validators[next].uid == key.uid;
        attendance.note(entry.window, came);
        if (came) {
            entry.validators[next].completeness_bps = attendance.completeness_bps();
            next = next + 1;
        };
        i = i + 1;
    }
}

/// The greatest c for which more than half of the stake is on values ≥ c: more than half is not above it, and with it there is.
fun is_median(above: u64, at: u64, half: u64): bool {
    above <= half && above + at > half
}

fun tally_signed(values: &vector<u32>, claims: &vector<u32>, from: u64, stake: u64, above: &mut vector<u64>, at: &mut vector<u64>) {
    let n = claims.length();
    let mut i = 0;
    while (i < n) {
        let value = values[from + i] ^ SIGN;
        let claim = claims[i] ^ SIGN;
        if (value > claim) add(above, i, stake) else if (value == claim) add(at, i, stake);
        i = i + 1;
    }
}

/// Returns Σ min(value, claim).
fun tally_weights(values: &vector<u16>, claims: &vector<u16>, from: u64, stake: u64, above: &mut vector<u64>, at: &mut vector<u64>): u64 {
    let n = claims.length();
    let mut agreement = 0;
    let mut i = 0;
    while (i < n) {
        let value = values[from + i];
        let claim = claims[i];
        if (value < claim) {
            agreement = agreement + (value as u64)
        } else {
            agreement = agreement + (claim as u64);
            add(if (value > claim) above else at, i, stake)
        };
        i = i + 1;
    };
    agreement
}

/// Returns the rows with code 0 as bits.
fun tally_codes(codes: &vector<u8>, from: u64, stake: u64, accepting: &mut vector<u64>): u256 {
    let n = accepting.length();
    let mut scored = 0;
    let mut i = 0;
    while (i < n) {
        if (codes[from + i] == CODE_SCORED) {
            add(accepting, i, stake);
            scored = scored | (1 << ((from + i) as u8));
        };
        i = i + 1;
    };
    scored
}

fun add(sums: &mut vector<u64>, i: u64, stake: u64) {
    let sum = &mut sums[i];
    *sum = *sum + stake;
}

fun zeros(n: u64): vector<u64> {
    let mut zeros = vector[];
    let mut i = 0;
    while (i < n) {
        zeros.push_back(0);
        i = i + 1;
    };
    zeros
}

/// Aborts unless `selection` is what it must be: of the rows that are accepted with own, random and weight above 0 the first `top_g` by
/// weight, then random, both descending, then uid ascending.
fun checked_selection(self: &WindowConsensus, roster: &vector<RosterEntry>, selection: &vector<u16>, top_g: u64): vector<RosterEntry> {
    let ranks = self.ranks(roster);
    let eligible = count_from(&ranks, 1);
    let n = selection.length();
    assert!(n == eligible.min(top_g), EWrongSelectionLength);

    let mut selected = vector[];
    let mut last = 0;
    let mut i = 0;
    while (i < n) {
        let row = row_of(roster, selection[i]);
        let rank = ranks[row];
        assert!(rank > 0, ENotEligible);
        assert!(i == 0 || rank < last, EOutOfOrder);
        last = rank;
        selected.push_back(roster[row]);
        i = i + 1;
    };
    // They are n different ones in their order: the first n, if no more than n rank that high.
    assert!(n == eligible || count_from(&ranks, last) == n, EBetterLeftOut);
    selected
}

/// A rank for each row: weight ‖ random ‖ 65535 − uid, so that the greater one comes first; 0 when it is not eligible.
fun ranks(self: &WindowConsensus, roster: &vector<RosterEntry>): vector<u64> {
    let mut ranks = vector[];
    let mut row = 0;
    while (row < self.total_rows) {
        let own = self.own[row];
        let random = self.random[row];
        let accepted = (self.accepted >> (row as u8)) & 1 == 1;
        let rank = if (accepted && own != 0 && own < SIGN && random != 0 && random < SIGN && self.weight[row] > 0) {
            ((self.weight[row] as u64) << 48) | ((random as u64) << 16) | (0xffff - (roster[row].entry_uid() as u64))
        } else {
            0
        };
        ranks.push_back(rank);
        row = row + 1;
    };
    ranks
}

fun count_from(ranks: &vector<u64>, least: u64): u64 {
    let n = ranks.length();
    let mut count = 0;
    let mut i = 0;
    while (i < n) {
        if (ranks[i] >= least) count = count + 1;
        i = i + 1;
    };
    count
}

/// The roster ascends by uid.
fun row_of(roster: &vector<RosterEntry>, uid: u16): u64 {
    let mut low = 0;
    let mut high = roster.length();
    while (low < high) {
        let middle = (low + high) / 2;
        if (roster[middle].entry_uid() < uid) low = middle + 1 else high = middle;
    };
    assert!(low < roster.length() && roster[low].entry_uid() == uid, ENotInRoster);
    low
}
