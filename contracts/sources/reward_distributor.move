/// Pays for final windows. The right to mint lies locked in the pool: it is used once a final window, for that window's emission, and all
/// that it made is paid, owed or in the treasury.
module vramhub::reward_distributor;

use sui::balance::{Self, Balance};
use sui::coin::{Coin, TreasuryCap};
use sui::event;
use sui::table::{Self, Table};
use vramhub::consensus::{Consensus, WindowConsensus};
use vramhub::hparams::Hparams;
use vramhub::network::{Network, AdminCap};
use vramhub::peer_registry::RosterEntry;
use vramhub::round_state::RoundState;
use vramhub::vault::{Self, Vault};
use vramhub::vram::VRAM;

// === Errors ===

/// What circulates must all come from the pool.
#[error]
const EAlreadyMinted: vector<u8> = b"there are coins already that no pool made";
/// 1 to 2^64 - 2, as the coin's supply.
#[error]
const EBadSupply: vector<u8> = b"the greatest supply must be from 1 to 2^64 - 2";
/// A window pays once.
#[error]
const EAlreadyDistributed: vector<u8> = b"the window is paid already";
/// Only final windows pay.
#[error]
const ENotFinal: vector<u8> = b"the window is not final";
/// Too few validators agreed, or the parameters emit nothing.
#[error]
const ENoEmission: vector<u8> = b"the window emits nothing";
/// All that there may ever be is minted, or so nearly that halving leaves nothing of the window's emission.
#[error]
const ESupplyExhausted: vector<u8> = b"the greatest supply is reached";
/// Nothing, or more than there is.
#[error]
const EBadAmount: vector<u8> = b"the amount must be positive and not more than the treasury";
/// The sender has nothing to claim.
#[error]
const ENothingOwed: vector<u8> = b"nothing is owed to the sender";

// === Constants ===

const BASIS_POINTS: u64 = 10_000;
const GREATEST_SUPPLY: u64 = 18_446_744_073_709_551_614;

// === Structs ===

/// What was minted (the total supply) = paid + unclaimed + treasury + spent ≤ max_supply.
public struct RewardPool has key {
    id: UID,
    network: ID,
    treasury_cap: TreasuryCap<VRAM>,
    max_supply: u64,
    /// Claimed so far.
    paid: u64,
    /// What `owed` adds up to.
    unclaimed: Balance<VRAM>,
    /// Remainders, and shares that nobody earned.
    treasury: Balance<VRAM>,
    /// Taken out of the treasury by the administration so far.
    spent: u64,
    owed: Table<address, u64>,
    distributions: Table<u64, Distribution>,
}

/// minted = miners + validators + treasury.
public struct Distribution has copy, drop, store {
    minted: u64,
    miners: u64,
    validators: u64,
    treasury: u64,
}

// === Events ===

public struct RewardPoolCreated has copy, drop {
    network: ID,
    pool: ID,
}

public struct RewardsDistributed has copy, drop {
    network: ID,
    window: u64,
    minted: u64,
    miners: u64,
    validators: u64,
    treasury: u64,
}

public struct RewardsClaimed has copy, drop {
    network: ID,
    owner: address,
    amount: u64,
}

public struct TreasurySpent has copy, drop {
    network: ID,
    amount: u64,
}

// === Administration ===

/// The treasury's part goes to what the administration spends it on; what is owed to owners is out of its reach.
public fun spend_treasury(self: &mut RewardPool, cap: &AdminCap, network: &Network, amount: u64, ctx: &mut TxContext): Coin<VRAM> {
    network.assert_owns(self.network);
    network.assert_admin(cap);
    assert!(amount > 0 && amount <= self.treasury.value(), EBadAmount);
    self.spent = self.spent + amount;
    event::emit(TreasurySpent { network: self.network, amount });
    self.treasury.split(amount).into_coin(ctx)
}

// === Founder's call ===

/// Locks the right to mint away for ever. `max_supply` in the smallest unit.
public fun create_pool(cap: &AdminCap, network: &mut Network, treasury: TreasuryCap<VRAM>, max_supply: u64, ctx: &mut TxContext) {
    let pool = new(cap, network, treasury, max_supply, ctx);
    network.add_object(object::id(&pool));
    transfer::share_object(pool)
}

// === Anybody's calls ===

/// Mints a final window's emission, halved as often as half of what was left has been minted, once, and credits it to the owners of miners
/// and validators.
public fun distribute(
    self: &mut RewardPool,
    network: &Network,
    hparams: &Hparams,
    rounds: &RoundState,
    consensus: &Consensus,
    vault: &Vault,
    window: u64,
) {
    network.assert_owns(self.network);
    network.assert_owns(hparams.network());
    network.assert_owns(rounds.network());
    network.assert_owns(consensus.network());
    network.assert_owns(vault.network());
    assert!(!self.distributions.contains(window), EAlreadyDistributed);
    let record = rounds.record(window);
    assert!(record.is_final(), ENotFinal);
    assert!(record.emission() > 0, ENoEmission);
    let minted = self.payable(record.emission());
    assert!(minted > 0, ESupplyExhausted);

    let params = hparams.at(window);
    let result = consensus.window(window);
    let (roster, _) = rounds.roster(window);
    let miners = self.credit_miners(vault, roster, result.weight(), share_of(minted, params.emission_miner_bps()));
    let validators = self.credit_validators(vault, result, share_of(minted, params.emission_validator_bps()));
    let treasury = minted - miners - validators;
    let mut coins = self.treasury_cap.mint_balance(minted);
    self.treasury.join(coins.split(treasury));
    self.unclaimed.join(coins);
    self.distributions.add(window, Distribution { minted, miners, validators, treasury });
    event::emit(RewardsDistributed { network: self.network, window, minted, miners, validators, treasury });
}

/// All that is owed to the sender, as owner of miners or validators.
public fun claim(self: &mut RewardPool, network: &Network, ctx: &mut TxContext): Coin<VRAM> {
    network.assert_owns(self.network);
    let owner = ctx.sender();
    assert!(self.owed.contains(owner), ENothingOwed);
    let amount = self.owed.remove(owner);
    self.paid = self.paid + amount;
    event::emit(RewardsClaimed { network: self.network, owner, amount });
    self.unclaimed.split(amount).into_coin(ctx)
}

// === Reads ===

public fun network(self: &RewardPool): ID {
    self.network
}

public fun minted(self: &RewardPool): u64 {
    self.treasury_cap.total_supply()
}

public fun max_supply(self: &RewardPool): u64 {
    self.max_supply
}

public fun paid(self: &RewardPool): u64 {
    self.paid
}

public fun unclaimed(self: &RewardPool): u64 {
    self.unclaimed.value()
}

public fun treasury(self: &RewardPool): u64 {
    self.treasury.value()
}

public fun spent(self: &RewardPool): u64 {
    self.spent
}

public fun owed(self: &RewardPool, owner: address): u64 {
    if (self.owed.contains(owner)) self.owed[owner] else 0
}

/// What a window with this emission would mint now; never more than is left.
public fun payable(self: &RewardPool, emission: u64): u64 {
    let left = self.max_supply - self.treasury_cap.total_supply();
    if (left == 0) return 0;
    (emission >> halvings(self.max_supply, left)).min(left)
}

public fun is_distributed(self: &RewardPool, window: u64): bool {
    self.distributions.contains(window)
}

// === Private ===

fun new(cap: &AdminCap, network: &Network, treasury_cap: TreasuryCap<VRAM>, max_supply: u64, ctx: &mut TxContext): RewardPool {
    network.assert_admin(cap);
    assert!(treasury_cap.total_supply() == 0, EAlreadyMinted);
    assert!(max_supply > 0 && max_supply <= GREATEST_SUPPLY, EBadSupply);
    let pool = RewardPool {
        id: object::new(ctx),
        network: network.id(),
        treasury_cap,
        max_supply,
        paid: 0,
        unclaimed: balance::zero(),
        treasury: balance::zero(),
        spent: 0,
        owed: table::new(ctx),
        distributions: table::new(ctx),
    };
    event::emit(RewardPoolCreated { network: network.id(), pool: object::id(&pool) });
    pool
}

/// By median weight, to who registered under uid and generation. Returns what was credited.
fun credit_miners(self: &mut RewardPool, vault: &Vault, roster: &vector<RosterEntry>, weights: &vector<u16>, part: u64): u64 {
    let n = weights.length();
    let mut total = 0u128;
    let mut row = 0;
    while (row < n) {
        total = total + (weights[row] as u128);
        row = row + 1;
    };
    let mut credited = 0;
    let mut row = 0;
    while (row < n) {
        let weight = weights[row] as u128;
        if (weight > 0) {
            let entry = &roster[row];
            let amount = ((part as u128) * weight / total) as u64;
            self.credit(vault.owner(vault::role_miner(), entry.entry_uid(), entry.entry_generation()), amount);
            credited = credited + amount;
        };
        row = row + 1;
    };
    credited
}

/// By stake · agreement on weights · agreement on codes · completeness; who submitted nothing does not count. Returns what was credited.
fun credit_validators(self: &mut RewardPool, vault: &Vault, result: &WindowConsensus, part: u64): u64 {
    let counted = result.validators();
    let n = counted.length();
    let mut merits = vector[];
    let mut total = 0u256;
    let mut i = 0;
    while (i < n) {
        let validator = &counted[i];
        let merit =
            (validator.counted_stake() as u256) * (validator.agreement() as u256) * (validator.agreed_codes() as u256)
                * (validator.completeness_bps() as u256);
        merits.push_back(merit);
        total = total + merit;
        i = i + 1;
    };
    let mut credited = 0;
    let mut i = 0;
    while (i < n) {
        let merit = merits[i];
        if (merit > 0) {
            let amount = ((part as u256) * merit / total) as u64;
            self.credit(vault.owner(vault::role_validator(), counted[i].counted_uid(), counted[i].counted_generation()), amount);
            credited = credited + amount;
        };
        i = i + 1;
    };
    credited
}

fun credit(self: &mut RewardPool, owner: address, amount: u64) {
    if (amount == 0) return;
    if (self.owed.contains(owner)) {
        let owed = &mut self.owed[owner];
        *owed = *owed + amount;
    } else {
        self.owed.add(owner, amount);
    }
}

/// How often half of what was left has been minted: the greatest k with minted ≥ max_supply · (1 − 2^−k), which is left · 2^k ≤ max_supply.
/// At least 1 must be left, so k is at most 63.
fun halvings(max_supply: u64, left: u64): u8 {
    let mut k = 0;
    let mut doubled = (left as u128) * 2;
    while (doubled <= (max_supply as u128)) {
        k = k + 1;
        doubled = doubled * 2;
    };
    k
}

fun share_of(amount: u64, basis_points: u64): u64 {
    ((amount as u128) * (basis_points as u128) / (BASIS_POINTS as u128)) as u64
}

#[test_only]
public fun halvings_for_testing(max_supply: u64, left: u64): u8 {
    halvings(max_supply, left)
}

#[test_only]
public fun new_for_testing(cap: &AdminCap, network: &Network, treasury: TreasuryCap<VRAM>, max_supply: u64, ctx: &mut TxContext): RewardPool {
    new(cap, network, treasury, max_supply, ctx)
}
