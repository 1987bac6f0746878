#[test_only]
module vramhub::seal_policy_tests;

use vramhub::network;
use vramhub::peer_registry;
use vramhub::seal_policy;
use vramhub::world::{Self, World};

const MINER: address = @0xa0;
const OWNER: address = @0xb0;
const OPERATOR: address = @0xb1;
const DELEGATE: address = @0xb2;

/// A miner with credentials and a validator with stake, in window 11.
fun ready(): World {
    let mut w = world::new();
    w.register_miner(MINER, MINER);
    w.register_validator(OWNER, OPERATOR);
    w.add_delegate(OWNER, 0, DELEGATE);
    w.at(11, 0);
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w
}

/// As core/seal-identity.ts: big-endian.
fun identity(network: vector<u8>, kind: u8, uid: u8, generation: u8, cred_version: u8): vector<u8> {
    let mut id = vector[1];
    id.append(network);
    id.append(vector[kind, 0, uid, 0, 0, 0, generation, 0, 0, 0, cred_version]);
    id
}

fun right(w: &World): vector<u8> {
    identity(w.network().id().to_bytes(), 1, 0, 1, 1)
}

#[test]
fun operator_and_delegate_are_approved() {
    let mut w = ready();
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    w.seal_approve(DELEGATE, id);
    w.end()
}

#[test]
fun the_version_before_is_good_for_the_grace_period() {
    let mut w = ready();
    w.at(12, 0);
    w.set_credentials(MINER, 0, 2, b"next");
    w.at(14, 0);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EWrongCredentialVersion)]
fun the_version_before_ends_with_the_grace_period() {
    let mut w = ready();
    w.at(12, 0);
    w.set_credentials(MINER, 0, 2, b"next");
    w.at(15, 0);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EWrongCredentialVersion)]
fun the_greatest_version_is_refused_like_any_other() {
    let mut w = ready();
    let mut id = identity(w.network().id().to_bytes(), 1, 0, 1, 255);
    *&mut id[40] = 255;
    *&mut id[41] = 255;
    *&mut id[42] = 255;
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EWrongCredentialVersion)]
fun a_version_to_come_is_refused() {
    let mut w = ready();
    let id = identity(w.network().id().to_bytes(), 1, 0, 1, 2);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::ENotValidator)]
fun a_stranger_is_refused() {
    let mut w = ready();
    let id = right(&w);
    w.seal_approve(MINER, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::ENotInStanding)]
fun a_slashed_validator_is_refused() {
    let mut w = ready();
    w.validators_mut().set_slashed_for_testing(0);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::ENotInStanding)]
fun a_validator_that_has_left_is_refused() {
    let mut w = ready();
    w.deactivate_validator(OWNER, 0);
    let window = w.validators().validator(0).until_window();
    w.at(window, 0);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::ENotInStanding)]
fun stake_that_does_not_count_yet_is_none() {
    let mut w = ready();
    w.register_validator(OWNER, @0xb3);
    let id = right(&w);
    w.seal_approve(@0xb3, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EBadIdentityLength)]
fun a_longer_identity_is_refused() {
    let mut w = ready();
    let mut id = right(&w);
    id.push_back(0);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EBadIdentityLength)]
fun a_shorter_identity_is_refused() {
    let mut w = ready();
    let mut id = right(&w);
    id.pop_back();
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EUnknownFormat)]
fun another_format_is_refused() {
    let mut w = ready();
    let mut id = right(&w);
    *&mut id[0] = 2;
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EUnknownKind)]
fun another_kind_is_refused() {
    let mut w = ready();
    let id = identity(w.network().id().to_bytes(), 2, 0, 1, 1);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EWrongNetwork)]
fun the_identity_of_another_network_is_refused() {
    let mut w = ready();
    let other = world::another();
    let id = right(&other);
    other.end();
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = seal_policy::EWrongGeneration)]
fun another_generation_is_refused() {
    let mut w = ready();
    let id = identity(w.network().id().to_bytes(), 1, 0, 2, 1);
    w.seal_approve(OPERATOR, id);
    w.end()
}

#[test, expected_failure(abort_code = peer_registry::EUnknownMiner)]
fun an_unknown_uid_is_refused() {
    let mut w = ready();
    let id = identity(w.network().id().to_bytes(), 1, 1, 1, 1);
    w.seal_approve(OPERATOR, id);
    w.end()
}

/// Stake in a network that costs nothing must not open another one's credentials.
#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun validators_of_another_network_are_refused() {
    let mut w = ready();
    let mut other = ready_elsewhere();
    w.exchange_validators(&mut other);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun miners_of_another_network_are_refused() {
    let mut w = ready();
    let mut other = ready_elsewhere();
    w.exchange_peers(&mut other);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun parameters_of_another_network_are_refused() {
    let mut w = ready();
    let mut other = ready_elsewhere();
    w.exchange_hparams(&mut other);
    let id = right(&w);
    w.seal_approve(OPERATOR, id);
    other.end();
    w.end()
}

#[test, expected_failure(abort_code = network::ENetworkMismatch)]
fun another_network_is_refused() {
    let mut w = ready();
    let mut other = ready_elsewhere();
    let id = right(&other);
    w.exchange_network(&mut other);
    w.seal_approve(OPERATOR, id);
    other.end();
    w.end()
}

fun ready_elsewhere(): World {
    let mut w = world::another();
    w.register_miner(MINER, MINER);
    w.register_validator(OWNER, OPERATOR);
    w.at(11, 0);
    w.set_credentials(MINER, 0, 1, b"ciphertext");
    w
}
