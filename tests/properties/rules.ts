/** Who may do what when: told from what a network was like before a call, by the rules of the protocol and not by the contracts' checks. */
import type { Escrow, RosterEntry } from './layouts.ts';
import { type Asked, all, type Rule, unless } from './rule.ts';
import { byOwner, isFree, registers } from './rules-members.ts';
import { approves, attests, claimsMedians, commits, distributes, finalizes, proves, prunes, seals, settles, submits } from './rules-rounds.ts';

/** Why a call that succeeded should have been refused. */
export function wronglyAllowed(asked: Asked): string | undefined {
	const rule = RULES[asked.call.target];
	if (rule === undefined) return 'no rule says who may call it';
	if (asked.namedForeign) return 'one of its objects is of another network';
	return rule(asked, asked.call.pure);
}

const byAdmin: Rule = ({ sender, admin, call, view }) =>
	all(
		unless(sender === admin, 'the sender is not the administrator'),
		unless(call.cap === undefined || call.cap === view.network.admin_cap, 'the capability does not count'),
	);

const adminTargets = [
	'hparams::propose',
	'network::pause',
	'network::resume',
	'network::offer_administration',
	'vault::spend_fees',
	'reward_distributor::spend_treasury',
	'enclave_registry::add_pcr_set',
	'enclave_registry::revoke_pcr_set',
	'enclave_registry::expire_pcr_set',
	'upgrade_vault::propose',
	'upgrade_vault::cancel',
];

const RULES: Readonly<Record<string, Rule>> = {
	...Object.fromEntries(adminTargets.map((target) => [target, byAdmin])),
	'network::migrate': () => 'there is no other version',
	'network::accept_administration': ({ view, sender }) => unless(view.network.offered_to === sender, 'it was not offered to the sender'),
	'peer_registry::register_miner': registers('miner', false),
	'registration::replace_miner': registers('miner', true),
	'validator_registry::register_validator': registers('validator', false),
	'validator_registry::replace_validator': registers('validator', true),
	'peer_registry::add_stake': byOwner('miner', true),
	'peer_registry::unbond_stake': byOwner('miner', true),
	'peer_registry::deactivate': byOwner('miner', true),
	'peer_registry::set_operator': byOwner('miner', true),
	'peer_registry::set_credentials': byOwner('miner', false),
	'validator_registry::add_stake': byOwner('validator', true),
	'validator_registry::unbond_stake': byOwner('validator', true),
	'validator_registry::deactivate': byOwner('validator', true),
	'validator_registry::set_operator': (asked, pure) =>
		all(byOwner('validator', true)(asked, pure), unless(isFree(asked, pure[1] as string), 'the operator acts for a validator')),
	'validator_registry::add_delegate': (asked, pure) =>
		all(byOwner('validator', false)(asked, pure), unless(asked.view.actsFor(pure[1] as string) === undefined, 'the delegate acts for a validator')),
	'validator_registry::remove_delegate': (asked, pure) => {
		const [uid, delegate] = pure as [number, string];
		const agent = asked.view.state.table<RosterEntry>('validator_registry.agents').get(delegate);
		return all(byOwner('validator', false)(asked, pure), unless(agent?.uid === uid, 'it is no delegate'));
	},
	'vault::withdraw': ({ view, sender }, [role, uid, generation]) =>
		unless(view.state.table<Escrow>('vault.escrow').get(`${role}/${uid}/${generation}`)?.owner === sender, 'the sender does not own the stake'),
	'enclave_registry::register_enclave': ({ view, sender }, [uid]) =>
		unless(view.member('validator', uid as number)?.operator === sender, 'the sender is not the operator'),
	'gradient_registry::commit_gradient': commits,
	'round_state::seal_window': seals,
	'score_ledger::submit_scores': submits,
	'score_ledger::settle_slice': settles,
	'consensus::settle_medians': claimsMedians,
	'consensus::finalize_window': finalizes,
	'reward_distributor::distribute': distributes,
	'reward_distributor::claim': ({ view, sender }) => unless(view.state.table('reward_distributor.owed').has(sender), 'nothing was owed'),
	'round_state::attest_checkpoint': attests(false),
	'round_state::relay_attestation': attests(true),
	'slashing::prove_equivocation': proves,
	'slashing::prove_contradiction': proves,
	'retention::prune_window': prunes,
	'retention::prune_unpaid_window': (asked, pure) =>
		all(prunes(asked, pure), unless((asked.view.entry(pure[0] as bigint)?.record.emission ?? 0n) === 0n, 'the window pays')),
	'seal_policy::seal_approve': approves,
};

/** Entry points that rules speak of. */
export const ruledTargets = () => Object.keys(RULES);
