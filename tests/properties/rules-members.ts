/** Who may register, change and leave, and who has to. */
import type { Member, WindowConsensus, WindowEntry } from './layouts.ts';
import { type Asked, all, isRunning, type Rule, unless } from './rule.ts';
import { isActive, type Role, type View } from './view.ts';

export const byOwner =
	(role: Role, needsActive: boolean): Rule =>
	({ view, sender }, [uid]) => {
		const member = view.member(role, uid as number);
		return all(unless(member?.owner === sender, 'the sender is not the owner'), unless(!needsActive || isActive(member!), 'it had left'));
	};

export const registers =
	(role: Role, replaces: boolean): Rule =>
	(asked) => {
		const { view, call, changes } = asked;
		const [stake, fee] = call.coins!;
		const members: readonly Member[] = role === 'miner' ? view.miners() : view.validators();
		const active = members.filter(isActive).length;
		const places = Number(view.hparam(role === 'miner' ? 'max_miners' : 'max_validators'));
		const least = view.hparam(role === 'miner' ? 'min_miner_stake_mist' : 'min_validator_stake_mist');
		const left = changes.find(({ label, after }) => label.endsWith(`${role}s`) && (after as unknown as Member).until_window === view.window + 1n);
		return all(
			isRunning(asked),
			unless(stake! >= least && fee === view.hparam('registration_fee_mist'), 'stake or fee were wrong'),
			unless(replaces === active >= places, `${active} of ${places} places were taken`),
			unless(role === 'miner' || isFree(asked, call.pure[0] as string), 'the operator acts for another validator'),
			unless((left !== undefined) === replaces, 'somebody left, or nobody'),
			left &&
				unless((left.after as unknown as Member).uid === (role === 'miner' ? weakestMiner(view) : weakestValidator(view)), 'another one should have left'),
		);
	};

/** An address acts for one validator; a delegate may become an operator by its own call. */
export function isFree({ view, sender }: Pick<Asked, 'view' | 'sender'>, operator: string): boolean {
	const taken = view.actsFor(operator);
	return taken === undefined || (sender === operator && view.member('validator', taken)!.operator !== operator);
}

export function latestFinal(view: View): WindowConsensus | undefined {
	const windows = [...view.state.table<WindowEntry>('round_state.windows').values()]
		.filter(({ record }) => record.status === 2)
		.map(({ record }) => record.window);
	const [latest] = windows.sort((a, b) => Number(b - a));
	return latest === undefined ? undefined : view.consensus(latest);
}

/** The last of an order. */
function lastOf<T>(items: readonly T[], isBefore: (a: T, b: T) => boolean): T | undefined {
	return items.reduce<T | undefined>((last, item) => (last === undefined || isBefore(last, item) ? item : last), undefined);
}

function weakestMiner(view: View): number | undefined {
	const final = latestFinal(view);
	const roster = final === undefined ? [] : view.entry(final.window)!.roster;
	const immunity = view.hparam('immunity_windows');
	const ranked = view
		.miners()
		.filter((miner) => isActive(miner) && miner.registered_window + immunity <= view.window)
		.map((miner) => {
			const row = roster.findIndex(({ uid, generation }) => uid === miner.uid && generation === miner.generation);
			return { ...miner, weight: row === -1 ? 0 : final!.weight[row]! };
		});
	return lastOf(ranked, (a, b) => b.weight < a.weight || (b.weight === a.weight && b.registered_window >= a.registered_window))?.uid;
}

function weakestValidator(view: View): number | undefined {
	const least = view.hparam('min_validator_stake_mist');
	const immunity = view.hparam('immunity_windows');
	const ranked = view
		.validators()
		.filter((validator) => isActive(validator) && (validator.slashed || validator.registered_window + immunity <= view.window))
		.map((validator) => {
			const stake = view.escrow('validator', validator.uid, validator.generation)!.stake.value;
			return { ...validator, weight: validator.slashed || stake < least ? 0n : stake };
		});
	return lastOf(ranked, (a, b) => b.weight < a.weight || (b.weight === a.weight && b.registered_window >= a.registered_window))?.uid;
}
