/// Votes on a boundary. Each validator computes the merge by itself and attests to what it got: a new checkpoint, or that the old one stays.
module vramhub::checkpoints;

use vramhub::hparams::Params;
use vramhub::validator_registry::{Validator, ValidatorRegistry};

// === Errors ===

/// One attestation a validator and boundary.
#[error]
const EAlreadyAttested: vector<u8> = b"the validator has attested for this boundary";
/// The quorum has decided.
#[error]
const EAlreadyAnchored: vector<u8> = b"the boundary is decided already";
/// A merge starts from the last checkpoint that was anchored.
#[error]
const EWrongParent: vector<u8> = b"the parent is not the last checkpoint that was anchored";
/// The validator merged other gradients than the chain selected.
#[error]
const EWrongMergeDigest: vector<u8> = b"the merge digest is not that of the boundary's final windows";
/// SHA-256 has 32 bytes.
#[error]
const EBadDigest: vector<u8> = b"the checkpoint's hash must have 32 bytes, or none to keep the parent";
/// With fewer gradients than min_merge_gradients there is no new checkpoint.
#[error]
const ETooFewSelected: vector<u8> = b"too few gradients are selected in these windows: the parent is kept";
/// Only stake that counts may attest.
#[error]
const ENotInStanding: vector<u8> = b"the validator had no active stake at the boundary";

// === Constants ===

const OUTCOME_OPEN: u8 = 0;
const OUTCOME_NEW: u8 = 1;
const OUTCOME_KEEP: u8 = 2;

// === Structs ===

public struct Boundary has store {
    boundary: u64,
    /// Boundary of the checkpoint that is merged into.
    parent_boundary: u64,
    /// blake2b256 of the selection hashes of the final windows that it merges, ascending.
    merge_digest: vector<u8>,
    /// Gradients selected in them.
    selected_count: u64,
    votes: vector<Vote>,
    /// 0 open, 1 new, 2 keep.
    outcome: u8,
    /// Of a new checkpoint; else empty and 0.
    hash: vector<u8>,
    activation: u64,
}

public struct Vote has copy, drop, store {
    validator_uid: u16,
    validator_generation: u32,
    /// MIST, as of the boundary.
    stake: u64,
    /// Of the checkpoint's file; empty to keep the parent.
    hash: vector<u8>,
}

// === Reads ===

public fun parent_boundary(self: &Boundary): u64 {
    self.parent_boundary
}

public fun merge_digest(self: &Boundary): &vector<u8> {
    &self.merge_digest
}

public fun selected_count(self: &Boundary): u64 {
    self.selected_count
}

public fun votes(self: &Boundary): &vector<Vote> {
    &self.votes
}

/// What the validator voted for, if it did: empty to keep the parent.
public fun vote_of(self: &Boundary, validator_uid: u16, validator_generation: u32): Option<vector<u8>> {
    let n = self.votes.length();
    let mut i = 0;
    while (i < n) {
        let vote = &self.votes[i];
        if (vote.validator_uid == validator_uid && vote.validator_generation == validator_generation) return option::some(vote.hash);
        i = i + 1;
    };
    option::none()
}

public fun is_open(self: &Boundary): bool {
    self.outcome == OUTCOME_OPEN
}

public fun is_new(self: &Boundary): bool {
    self.outcome == OUTCOME_NEW
}

public fun is_keep(self: &Boundary): bool {
    self.outcome == OUTCOME_KEEP
}

public fun hash(self: &Boundary): &vector<u8> {
    &self.hash
}

public fun activation(self: &Boundary): u64 {
    self.activation
}

public fun vote_validator_uid(self: &Vote): u16 {
    self.validator_uid
}

public fun vote_stake(self: &Vote): u64 {
    self.stake
}

public fun vote_hash(self: &Vote): &vector<u8> {
    &self.hash
}

// === Package ===

public(package) fun new(boundary: u64, parent_boundary: u64, merge_digest: vector<u8>, selected_count: u64): Boundary {
    Boundary {
        boundary,
        parent_boundary,
        merge_digest,
        selected_count,
        votes: vector[],
        outcome: OUTCOME_OPEN,
        hash: vector[],
        activation: 0,
    }
}

/// `params` are those of the boundary.
public(package) fun attest(
    self: &mut Boundary,
    validator: &Validator,
    validator_uid: u16,
    params: &Params,
    parent_boundary: u64,
    hash: vector<u8>,
    merge_digest: vector<u8>,
) {
    let validator_generation = validator.generation();
    assert!(self.vote_of(validator_uid, validator_generation).is_none(), EAlreadyAttested);
    assert!(self.is_open(), EAlreadyAnchored);
    assert!(parent_boundary == self.parent_boundary, EWrongParent);
    assert!(merge_digest == self.merge_digest, EWrongMergeDigest);
    assert!(hash.is_empty() || hash.length() == 32, EBadDigest);
    assert!(hash.is_empty() || self.selected_count >= params.min_merge_gradients(), ETooFewSelected);
    assert!(validator.is_in_standing(self.boundary, params), ENotInStanding);
    let stake = validator.stake_at(self.boundary);
    self.votes.push_back(Vote { validator_uid, validator_generation, stake, hash });
}

/// Whether `checkpoint_quorum_bps` of the stake of the boundary that is still in good standing is exceeded by that for `hash`.
public(package) fun has_quorum(self: &Boundary, hash: &vector<u8>, validators: &ValidatorRegistry, params: &Params): bool {
    let mut total = 0u128;
    let n = validators.next_uid();
    let mut uid = 0;
    while (uid < n) {
        let validator = validators.validator(uid);
        if (validator.is_in_standing(self.boundary, params)) total = total + (validator.stake_at(self.boundary) as u128);
        uid = uid + 1;
    };
    let mut agreeing = 0u128;
    let n = self.votes.length();
    let mut i = 0;
    while (i < n) {
        let vote = &self.votes[i];
        if (&vote.hash == hash) {
            let validator = validators.validator(vote.validator_uid);
            if (validator.generation() == vote.validator_generation && validator.is_in_standing(self.boundary, params)) {
                agreeing = agreeing + (vote.stake as u128);
            };
        };
        i = i + 1;
    };
    agreeing * 10_000 > total * (params.checkpoint_quorum_bps() as u128)
}

public(package) fun decide_new(self: &mut Boundary, hash: vector<u8>, activation: u64) {
    self.outcome = OUTCOME_NEW;
    self.hash = hash;
    self.activation = activation;
}

public(package) fun decide_keep(self: &mut Boundary) {
    self.outcome = OUTCOME_KEEP;
}
