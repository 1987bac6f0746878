/** What nothing may stop: what is somebody's is theirs to take, and a window that can go on goes on. */
import { selectGradients } from '#core/gradient/consensus.ts';
import { payable } from './amounts.ts';
import type { Escrow } from './layouts.ts';
import { expectedConsensus } from './moves-rounds.ts';
import type { Asked } from './rule.ts';
import { distributes, seals } from './rules-rounds.ts';
import { isActive, type Role, type View } from './view.ts';

/** Why nothing may refuse this call: what is somebody's must be theirs to take. */
export function mayNotBeRefused(asked: Asked): string | undefined {
	const { call, sender, view } = asked;
	if (call.foreign !== undefined || call.cap !== undefined) return undefined;
	const role: Role = call.target.startsWith('validator') ? 'validator' : 'miner';
	switch (call.target) {
		case 'vault::withdraw': {
			const [number, uid, generation] = call.pure;
			const escrow = view.state.table<Escrow>('vault.escrow').get(`${number}/${uid}/${generation}`);
			return escrow?.owner === sender && escrow.unbonding.some(({ release_window }) => release_window <= view.window) ? 'stake is released' : undefined;
		}
		case 'peer_registry::deactivate':
		case 'validator_registry::deactivate': {
			const member = view.member(role, call.pure[0] as number);
			return member?.owner === sender && isActive(member) ? 'an owner may leave' : undefined;
		}
		case 'peer_registry::unbond_stake':
		case 'validator_registry::unbond_stake': {
			const [uid, amount] = call.pure as [number, bigint];
			const member = view.member(role, uid);
			if (member?.owner !== sender || !isActive(member)) return undefined;
			const { stake, unbonding } = view.escrow(role, uid, member.generation)!;
			const least = view.hparam(role === 'miner' ? 'min_miner_stake_mist' : 'min_validator_stake_mist');
			return amount > 0n && stake.value - amount >= least && unbonding.length < 64 ? 'the stake is to spare' : undefined;
		}
		case 'reward_distributor::claim':
			return view.state.table('reward_distributor.owed').has(sender) ? 'rewards are owed' : undefined;
		case 'round_state::seal_window':
			return seals(asked, call.pure) === undefined && (call.pure[0] as bigint) <= view.window ? 'it was time to seal it' : undefined;
		case 'consensus::finalize_window':
			return isRightEnd(view, call.pure as [bigint, number[]]) ? 'the window was at its end' : undefined;
		case 'reward_distributor::distribute': {
			const entry = view.entry(call.pure[0] as bigint);
			if (entry === undefined || distributes(asked, call.pure) !== undefined || entry.pruned) return undefined;
			return payable(view, entry.record.emission) > 0n ? 'its rewards were due' : undefined;
		}
		default:
			return undefined;
	}
}

/** All rows have medians, and the selection is core's. */
function isRightEnd(view: View, [window, selection]: readonly [bigint, readonly number[]]): boolean {
	const entry = view.entry(window);
	if (entry === undefined || entry.record.status !== 1) return false;
	const settled = view.consensus(window)?.own.length ?? 0;
	const { rows, isFixed } = expectedConsensus(view, entry);
	if (settled < rows.length || !isFixed) return false;
	const selected = selectGradients(entry.roster, rows, Number(view.hparam('top_g', window)));
	return JSON.stringify(selected.map(({ uid }) => uid)) === JSON.stringify(selection);
}
