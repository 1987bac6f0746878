/** What holds between the records of a network at any time. */
import { isDeepStrictEqual } from 'node:util';
import type { Escrow, Member, PeerRegistry, Registry, RosterEntry, Validator } from './layouts.ts';
import { isActive, type Role, type View } from './view.ts';

/** Broken rules, one line each. */
export function brokenStanding(view: View): string[] {
	const found: string[] = [];
	const miners = view.miners();
	const validators = view.validators();
	const { rosters, uids } = view.state.root<PeerRegistry>('peer_registry');
	found.push(...brokenUids('miner', uids, miners), ...brokenUids('validator', view.state.root<Registry>('validator_registry').uids, validators));

	const active = miners.filter(isActive).map(({ uid, generation }) => ({ uid, generation }));
	if (!isDeepStrictEqual(rosters.at(-1)?.entries, active)) found.push('the newest roster does not have exactly the miners that stay');
	for (const { uid, generation, stake } of miners) {
		if (view.escrow('miner', uid, generation)?.stake.value !== stake) found.push(`miner ${uid}'s stake is not what the vault holds`);
	}
	for (const validator of validators) found.push(...brokenValidator(validator, view));
	for (const [key, { unbonding }] of view.state.table<Escrow>('vault.escrow')) {
		if (unbonding.some(({ release_window }, i) => i > 0 && release_window <= unbonding[i - 1]!.release_window))
			found.push(`what unbonds of ${key} does not ascend`);
		if (unbonding.length > 65 || unbonding.some(({ amount }) => amount.value === 0n)) found.push(`what unbonds of ${key} is nothing, or too much`);
	}
	return found;
}

function brokenUids(role: Role, { next_uid, active, free }: Registry['uids'], members: readonly Member[]): string[] {
	const found: string[] = [];
	if (
		!isDeepStrictEqual(
			members.map(({ uid }) => uid),
			Array.from({ length: next_uid }, (_, uid) => uid),
		)
	)
		found.push(`the ${role}s are not those below the next uid`);
	if (BigInt(members.filter(isActive).length) !== active) found.push(`${active} ${role}s are said to be active, ${members.filter(isActive).length} are`);
	const resting = members.filter((member) => !isActive(member)).map(({ uid }) => uid);
	if (
		!isDeepStrictEqual(
			free.map(({ uid }) => uid).sort((a, b) => a - b),
			resting,
		)
	)
		found.push(`the free uids are not those of the ${role}s that left`);
	if (free.some(({ from_window }, i) => i > 0 && from_window < free[i - 1]!.from_window)) found.push(`the free uids of ${role}s are out of order`);
	return found;
}

function brokenValidator(validator: Validator, view: View): string[] {
	const found: string[] = [];
	const { uid, generation, operator, stakes, slashed } = validator;
	const held = view.escrow('validator', uid, generation)?.stake.value;
	const counted = stakes.at(-1)?.amount;
	if (counted !== held) found.push(`validator ${uid} counts ${counted} and the vault holds ${held}`);
	const agent = view.state.table<RosterEntry>('validator_registry.agents').get(operator);
	if (isActive(validator) && (agent?.uid !== uid || agent.generation !== generation)) found.push(`the operator of validator ${uid} does not act for it`);
	if (slashed !== view.state.table('validator_registry.slashed').has(`${uid}/${generation}`)) found.push(`validator ${uid} is slashed and is not`);
	return found;
}
