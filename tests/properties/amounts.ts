/** The ledger of amounts as it is expected: kept from the calls that succeeded, by the rules and never by what the contracts wrote. */

import type { Escrow, Member, RewardPool, VaultRoot } from './layouts.ts';
import type { Call } from './machine.ts';
import type { Change, NetworkState } from './state.ts';
import { ROLE_NUMBERS, type Role, type View } from './view.ts';

interface ExpectedEscrow {
	readonly owner: string;
	stake: bigint;
	readonly unbonding: { amount: bigint; readonly release: bigint }[];
}

export interface SucceededCall {
	readonly call: Call;
	readonly sender: string;
	/** As of before the call. */
	readonly view: View;
	readonly changes: readonly Change[];
	/** MIST that the sender paid to the chain. */
	readonly paid: bigint;
}

export class Amounts {
	readonly #escrows = new Map<string, ExpectedEscrow>();
	readonly #owed = new Map<string, bigint>();
	readonly #sui: Map<string, bigint>;
	readonly #vram: Map<string, bigint>;
	#fees: bigint;
	readonly #pool: { minted: bigint; paid: bigint; unclaimed: bigint; treasury: bigint; spent: bigint };
	readonly #total: bigint;
	#burnt = 0n;

	constructor(state: NetworkState) {
		for (const [key, { owner, stake, unbonding }] of state.table<Escrow>('vault.escrow')) {
			this.#escrows.set(key, {
				owner,
				stake: stake.value,
				unbonding: unbonding.map(({ amount, release_window }) => ({ amount: amount.value, release: release_window })),
			});
		}
		for (const [owner, amount] of state.table<bigint>('reward_distributor.owed')) this.#owed.set(owner, amount);
		this.#sui = balances(state, true);
		this.#vram = balances(state, false);
		this.#fees = state.root<VaultRoot>('vault').treasury.value;
		this.#pool = poolOf(state);
		this.#total = totalSui(state);
	}

	/** Gas is paid whether a call succeeds or not. */
	pay(sender: string, paid: bigint): void {
		add(this.#sui, sender, -paid);
		this.#burnt += paid;
	}

	/** What a call that succeeded moves. */
	apply({ call, sender, view, changes }: SucceededCall): void {
		const [module, name] = call.target.split('::') as [string, string];
		const role: Role = module === 'validator_registry' ? 'validator' : 'miner';
		switch (name) {
			case 'replace_miner':
			case 'replace_validator':
			case 'register_miner':
			case 'register_validator': {
				const [stake, fee] = call.coins!;
				for (const { after } of changesOf(changes, role)) {
					const member = after as unknown as Member;
					if (member.until_window === view.window + 1n) this.#leave(role, member.uid, member.generation, view);
					else this.#escrows.set(keyOf(role, member.uid, member.generation), { owner: sender, stake: stake!, unbonding: [] });
				}
				add(this.#sui, sender, -stake! - fee!);
				this.#fees += fee!;
				return;
			}
			case 'add_stake': {
				const [uid] = call.pure as [number];
				this.#escrow(role, uid, view).stake += call.coins![0]!;
				add(this.#sui, sender, -call.coins![0]!);
				return;
			}
			case 'unbond_stake': {
				const [uid, amount] = call.pure as [number, bigint];
				this.#unbond(this.#escrow(role, uid, view), amount, view);
				return;
			}
			case 'deactivate': {
				const [uid] = call.pure as [number];
				this.#leave(role, uid, view.member(role, uid)!.generation, view);
				return;
			}
			case 'withdraw': {
				const [number, uid, generation] = call.pure as [number, number, number];
				const escrow = this.#escrows.get(`${number}/${uid}/${generation}`)!;
				const released = escrow.unbonding.filter(({ release }) => release <= view.window);
				escrow.unbonding.splice(0, released.length);
				add(this.#sui, sender, sum(released.map(({ amount }) => amount)));
				return;
			}
			case 'spend_fees': {
				const [amount] = call.pure as [bigint];
				this.#fees -= amount;
				add(this.#sui, sender, amount);
				return;
			}
			case 'prove_equivocation':
			case 'prove_contradiction': {
				const [uid, generation, boundary] = call.pure as [number, number, bigint];
				const escrow = this.#escrows.get(keyOf('validator', uid, generation))!;
				const slashed = (atStake(escrow) * view.hparam('equivocation_slash_bps', boundary)) / 10_000n;
				const bounty = (slashed * view.hparam('evidence_bounty_bps', boundary)) / 10_000n;
				slash(escrow, slashed);
				this.#fees += slashed - bounty;
				add(this.#sui, sender, bounty);
				return;
			}
			case 'distribute':
				this.#distribute((call.pure as [bigint])[0], view);
				return;
			case 'claim': {
				const amount = this.#owed.get(sender)!;
				this.#owed.delete(sender);
				this.#pool.paid += amount;
				this.#pool.unclaimed -= amount;
				add(this.#vram, sender, amount);
				return;
			}
			case 'spend_treasury': {
				const [amount] = call.pure as [bigint];
				this.#pool.treasury -= amount;
				this.#pool.spent += amount;
				add(this.#vram, sender, amount);
				return;
			}
			default:
		}
	}

	/** How the chain differs, one line each. */
	differences(state: NetworkState): string[] {
		const found: string[] = [];
		const same = (what: string, actual: unknown, expected: unknown) => {
			if (actual !== expected) found.push(`${what} is ${actual}, expected ${expected}`);
		};
		const escrows = state.table<Escrow>('vault.escrow');
		same('the number of escrows', escrows.size, this.#escrows.size);
		for (const [key, expected] of this.#escrows) {
			const escrow = escrows.get(key);
			same(`the owner of escrow ${key}`, escrow?.owner, expected.owner);
			same(`the stake of escrow ${key}`, escrow?.stake.value, expected.stake);
			const text = (list: readonly (readonly [bigint, bigint])[]) => list.map(([amount, release]) => `${amount} from ${release}`).join(', ');
			const actual = text(escrow?.unbonding.map(({ amount, release_window }) => [amount.value, release_window] as const) ?? []);
			same(`what unbonds of escrow ${key}`, actual, text(expected.unbonding.map(({ amount, release }) => [amount, release] as const)));
		}
		same("the vault's treasury", state.root<VaultRoot>('vault').treasury.value, this.#fees);
		const pool = poolOf(state);
		for (const [field, value] of Object.entries(pool)) same(`the pool's ${field}`, value, this.#pool[field as keyof typeof pool]);
		same('minted', pool.minted, pool.paid + pool.unclaimed + pool.treasury + pool.spent);
		const { max_supply } = state.root<RewardPool>('reward_distributor');
		if (pool.minted > max_supply) found.push(`minted ${pool.minted} of at most ${max_supply}`);
		const owed = state.table<bigint>('reward_distributor.owed');
		same('the number of owners with rewards', owed.size, this.#owed.size);
		for (const [owner, amount] of this.#owed) same(`what is owed to ${owner}`, owed.get(owner), amount);
		same('what is owed in all', sum([...owed.values()]), pool.unclaimed);
		for (const [kind, actual, expected] of [
			['SUI', balances(state, true), this.#sui],
			['VRAM', balances(state, false), this.#vram],
		] as const) {
			for (const owner of new Set([...actual.keys(), ...expected.keys()])) same(`${kind} of ${owner}`, actual.get(owner) ?? 0n, expected.get(owner) ?? 0n);
		}
		same('all SUI outside of gas and storage', totalSui(state), this.#total - this.#burnt);
		same('all VRAM', sum([...balances(state, false).values()]), pool.paid + pool.spent);
		return found;
	}

	#escrow(role: Role, uid: number, view: View): ExpectedEscrow {
		return this.#escrows.get(keyOf(role, uid, view.member(role, uid)!.generation))!;
	}

	#unbond(escrow: ExpectedEscrow, amount: bigint, view: View): void {
		escrow.stake -= amount;
		const release = view.window + 1n + view.hparam('unbond_delay_windows');
		const last = escrow.unbonding.at(-1);
		if (last !== undefined && last.release >= release) last.amount += amount;
		else escrow.unbonding.push({ amount, release });
	}

	#leave(role: Role, uid: number, generation: number, view: View): void {
		const escrow = this.#escrows.get(keyOf(role, uid, generation))!;
		if (escrow.stake > 0n) this.#unbond(escrow, escrow.stake, view);
	}

	#distribute(window: bigint, view: View): void {
		const { record, roster } = view.entry(window)!;
		const { weight, validators } = view.consensus(window)!;
		const minted = payable(view, record.emission);
		const miners = (minted * view.hparam('emission_miner_bps', window)) / 10_000n;
		const weights = roster.map(({ uid, generation }, row) => ({ key: keyOf('miner', uid, generation), merit: BigInt(weight[row]!) }));
		const merits = validators.map(({ uid, generation, stake, agreement, agreed_codes, completeness_bps }) => ({
			key: keyOf('validator', uid, generation),
			merit: stake * agreement * agreed_codes * completeness_bps!,
		}));
		const credited = this.#credit(miners, weights) + this.#credit((minted * view.hparam('emission_validator_bps', window)) / 10_000n, merits);
		this.#pool.minted += minted;
		this.#pool.unclaimed += credited;
		this.#pool.treasury += minted - credited;
	}

	#credit(part: bigint, shares: readonly { readonly key: string; readonly merit: bigint }[]): bigint {
		const total = sum(shares.map(({ merit }) => merit));
		let credited = 0n;
		for (const { key, merit } of shares) {
			const amount = merit === 0n ? 0n : (part * merit) / total;
			if (amount > 0n) add(this.#owed, this.#escrows.get(key)!.owner, amount);
			credited += amount;
		}
		return credited;
	}
}

/** What a window with this emission mints: halved as often as half of what was left has been minted, and never more than is left. */
export function payable({ state }: View, emission: bigint): bigint {
	const { max_supply } = state.root<RewardPool>('reward_distributor');
	const left = max_supply - poolOf(state).minted;
	if (left === 0n) return 0n;
	let halvings = 0n;
	while (left * 2n ** (halvings + 1n) <= max_supply) halvings++;
	return min(emission / 2n ** halvings, left);
}

/** Registrations that a call made or ended. */
export function changesOf(changes: readonly Change[], role: Role): Change[] {
	const label = role === 'miner' ? 'peer_registry.miners' : 'validator_registry.validators';
	return changes.filter((change) => change.label === label && change.after !== undefined);
}

const keyOf = (role: Role, uid: number, generation: number) => `${ROLE_NUMBERS[role]}/${uid}/${generation}`;
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
const min = (a: bigint, b: bigint) => (a < b ? a : b);
const add = (totals: Map<string, bigint>, key: string, amount: bigint) => totals.set(key, (totals.get(key) ?? 0n) + amount);
const atStake = ({ stake, unbonding }: ExpectedEscrow) => stake + sum(unbonding.map(({ amount }) => amount));

/** From what is staked, then from what unbonds, latest first. */
function slash(escrow: ExpectedEscrow, amount: bigint): void {
	let missing = amount - min(amount, escrow.stake);
	escrow.stake -= min(amount, escrow.stake);
	while (missing > 0n) {
		const last = escrow.unbonding.at(-1)!;
		const part = min(missing, last.amount);
		missing -= part;
		last.amount -= part;
		if (last.amount === 0n) escrow.unbonding.pop();
	}
}

function poolOf(state: NetworkState) {
	const { treasury_cap, paid, unclaimed, treasury, spent } = state.root<RewardPool>('reward_distributor');
	return { minted: treasury_cap.total_supply.value, paid, unclaimed: unclaimed.value, treasury: treasury.value, spent };
}

function balances(state: NetworkState, isSui: boolean): Map<string, bigint> {
	const totals = new Map<string, bigint>();
	for (const coin of state.coins.values()) if (coin.isSui === isSui) add(totals, coin.owner, coin.balance);
	return totals;
}

/** What addresses hold, and the vault. */
function totalSui(state: NetworkState): bigint {
	const escrows = [...state.table<Escrow>('vault.escrow').values()];
	const staked = escrows.flatMap(({ stake, unbonding }) => [stake.value, ...unbonding.map(({ amount }) => amount.value)]);
	return sum([...balances(state, true).values()]) + sum(staked) + state.root<VaultRoot>('vault').treasury.value;
}
