/// How a newcomer takes a place when all are taken: the weakest leaves. Who that is follows from the chain alone.
module vramhub::registration;

use sui::clock::Clock;
use sui::coin::Coin;
use sui::event;
use sui::sui::SUI;
use vramhub::consensus::Consensus;
use vramhub::hparams::Hparams;
use vramhub::network::Network;
use vramhub::peer_registry::{PeerRegistry, RosterEntry};
use vramhub::round_state::RoundState;
use vramhub::vault::Vault;

// === Errors ===

/// There are free places: register.
#[error]
const ENotFull: vector<u8> = b"there are free places: nobody is replaced";
/// All miners are in their first windows.
#[error]
const ENobodyReplaceable: vector<u8> = b"no miner is past its immunity";

// === Events ===

/// In place of a miner that MinerDeactivated names too, another one from the next window on.
public struct MinerReplaced has copy, drop {
    network: ID,
    uid: u16,
    generation: u32,
    /// For which it had to go: of the latest final window, 0 when it had none there.
    weight: u16,
    new_uid: u16,
    new_generation: u32,
}

// === Miners' call ===

/// As `register_miner`, once as many are registered as may be: the weakest miner past its `immunity_windows` leaves, as by `deactivate`.
/// It is the one of the least median weight in the latest final window; of those with the same the last registered, then the one with
/// the greatest uid. Also fails as a registration does.
public fun replace_miner(
    peers: &mut PeerRegistry,
    vault: &mut Vault,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    consensus: &Consensus,
    stake: Coin<SUI>,
    fee: Coin<SUI>,
    operator: address,
    clock: &Clock,
    ctx: &TxContext,
) {
    network.assert_owns(peers.network());
    network.assert_owns(vault.network());
    network.assert_owns(hparams.network());
    network.assert_owns(rounds.network());
    network.assert_owns(consensus.network());
    network.assert_running(clock);
    let window = network.current_window(clock);
    let params = hparams.at(window);
    // After max_miners was lowered there may be more: a place changes hands all the same.
    let places = peers.uids().active();
    assert!(places >= params.max_miners(), ENotFull);
    let (uid, weight) = weakest(peers, rounds, consensus, window, params.immunity_windows());
    let generation = peers.miner(uid).generation();
    peers.leave(vault, params, uid, window);
    let (new_uid, new_generation) = peers.admit(vault, params, window, places, stake, fee, operator, ctx);
    event::emit(MinerReplaced { network: network.id(), uid, generation, weight, new_uid, new_generation });
}

// === Private ===

/// Uid and weight of who is replaced next. Aborts with ENobodyReplaceable.
fun weakest(peers: &PeerRegistry, rounds: &RoundState, consensus: &Consensus, window: u64, immunity: u64): (u16, u16) {
    // Both rosters ascend by uid.
    let (candidates, registered_windows) = peers.staying();
    let (weighed, weights) = latest_weights(rounds, consensus);
    let rows = weighed.length();
    let n = candidates.length();
    let mut uid = 0;
    let mut weight = 0;
    let mut registered_window = 0;
    let mut found = false;
    let mut row = 0;
    let mut i = 0;
    while (i < n) {
        let candidate = &candidates[i];
        while (row < rows && weighed[row].entry_uid() < candidate.entry_uid()) row = row + 1;
        let own = if (row < rows && weighed[row] == *candidate) weights[row] else 0;
        let since = registered_windows[i];
        if (since + immunity <= window && (!found || own < weight || (own == weight && since >= registered_window))) {
            found = true;
            uid = candidate.entry_uid();
            weight = own;
            registered_window = since;
        };
        i = i + 1;
    };
    assert!(found, ENobodyReplaceable);
    (uid, weight)
}

/// Roster and median weights of the latest final window; nothing when there is none.
fun latest_weights(rounds: &RoundState, consensus: &Consensus): (vector<RosterEntry>, vector<u16>) {
    let latest = consensus.latest_final();
    if (latest.is_none()) return (vector[], vector[]);
    let window = *latest.borrow();
    let (roster, _) = rounds.roster(window);
    (*roster, *consensus.window(window).weight())
}

#[test_only]
public fun replaced_for_testing(network: ID, uid: u16, generation: u32, weight: u16, new_uid: u16, new_generation: u32): MinerReplaced {
    MinerReplaced { network, uid, generation, weight, new_uid, new_generation }
}
