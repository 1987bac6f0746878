/// Makes a network: every shared object at once, so that none of another origin can pass for one of them.
module vramhub::network_setup;

use sui::clock::Clock;
use sui::event;
use vramhub::consensus;
use vramhub::enclave_registry;
use vramhub::gradient_registry;
use vramhub::hparams;
use vramhub::network;
use vramhub::peer_registry;
use vramhub::round_state;
use vramhub::score_ledger;
use vramhub::validator_registry;
use vramhub::vault;

// === Events ===

public struct NetworkCreated has copy, drop {
    network: ID,
    hparams: ID,
    vault: ID,
    peer_registry: ID,
    validator_registry: ID,
    enclave_registry: ID,
    gradient_registry: ID,
    round_state: ID,
    score_ledger: ID,
    admin_cap: ID,
    consensus: ID,
}

// === Founder's call ===

/// The sender becomes the administrator. `hparams` in the order of the module hparams; the digests have 32 bytes; the measurements are
/// the first row of the allow-list, live at once; the checkpoint is in force from the beginning.
#[allow(lint(self_transfer))]
public fun create_network(
    window_duration_ms: u64,
    hparams: vector<u64>,
    model_manifest_hash: vector<u8>,
    dataset_root: vector<u8>,
    genesis_checkpoint: vector<u8>,
    pcr0: vector<u8>,
    pcr1: vector<u8>,
    pcr2: vector<u8>,
    _clock: &Clock,
    ctx: &mut TxContext,
) {
    let (mut network, admin_cap) = network::new(window_duration_ms, ctx);
    let hparams = hparams::new(&network, hparams, model_manifest_hash, dataset_root, ctx);
    let vault = vault::new(&network, ctx);
    let peers = peer_registry::new(&network, ctx);
    let validators = validator_registry::new(&network, ctx);
    let enclaves = enclave_registry::new(&network, pcr0, pcr1, pcr2, ctx);
    let gradients = gradient_registry::new(&network, ctx);
    let rounds = round_state::new(&network, genesis_checkpoint, ctx);
    let ledger = score_ledger::new(&network, ctx);
    let consensus = consensus::new(&network, ctx);
    let created = NetworkCreated {
        network: network.id(),
        hparams: object::id(&hparams),
        vault: object::id(&vault),
        peer_registry: object::id(&peers),
        validator_registry: object::id(&validators),
        enclave_registry: object::id(&enclaves),
        gradient_registry: object::id(&gradients),
        round_state: object::id(&rounds),
        score_ledger: object::id(&ledger),
        admin_cap: object::id(&admin_cap),
        consensus: object::id(&consensus),
    };
    network.add_object(created.hparams);
    network.add_object(created.vault);
    network.add_object(created.peer_registry);
    network.add_object(created.validator_registry);
    network.add_object(created.enclave_registry);
    network.add_object(created.gradient_registry);
    network.add_object(created.round_state);
    network.add_object(created.score_ledger);
    network.add_object(created.consensus);
    event::emit(created);
    admin_cap.give(ctx.sender());
    network.share();
    hparams.share();
    vault.share();
    peers.share();
    validators.share();
    enclaves.share();
    gradients.share();
    rounds.share();
    ledger.share();
    consensus.share();
}
