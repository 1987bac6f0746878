/** Who may do what when: told from what a network was like before a call, by the rules of the protocol and not by the contracts' checks. */
import { selectGradients } from '#core/gradient/consensus.ts';
import { payable, type SucceededCall } from './amounts.ts';
import type { Boundary, Escrow, Member, Miner, PayloadChain, RosterEntry, Validator, WindowConsensus, WindowEntry } from './layouts.ts';
import { expectedStatement } from './moves-checkpoints.ts';
import { expectedConsensus } from './moves-rounds.ts';
import type { Pure } from './pure.ts';
import { isActive, type Role, type View } from './view.ts';
import { WINDOW_MS } from './world.ts';

export interface Asked extends Omit<SucceededCall, 'paid'> {
	/** Who holds the AdminCap that counts. */
	readonly admin: string;
	/** One of the objects that it named is the other network's. */
	readonly namedForeign: boolean;
}

type Rule = (asked: Asked, pure: readonly Pure[]) => string | undefined;

/** Why a call that succeeded should have been refused. */
export function wronglyAllowed(asked: Asked): string | undefined {
	const rule = RULES[asked.call.target];
	if (rule === undefined) return 'no rule says who may call it';
	if (asked.namedForeign) return 'one of its objects is of another network';
	return rule(asked, asked.call.pure);
}

/** Why nothing may refuse this call: what is somebody's must be theirs to take. */
export function mayNotBeRefused({ call, sender, view }: Pick<Asked, 'call' | 'sender' | 'view'>): string | undefined {
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
		default:
			return undefined;
	}
}

const unless = (holds: boolean, otherwise: string) => (holds ? undefined : otherwise);
const all = (...rules: readonly (string | undefined)[]) => rules.find((rule) => rule !== undefined);
const isRunning = ({ view }: Asked) => unless(!view.isPaused(), 'the network was paused');

const byOwner =
	(role: Role, needsActive: boolean): Rule =>
	({ view, sender }, [uid]) => {
		const member = view.member(role, uid as number);
		return all(unless(member?.owner === sender, 'the sender is not the owner'), unless(!needsActive || isActive(member!), 'it had left'));
	};

const byAdmin: Rule = ({ sender, admin, call, view }) =>
	all(
		unless(sender === admin, 'the sender is not the administrator'),
		unless(call.cap === undefined || call.cap === view.network.admin_cap, 'the capability does not count'),
	);

const byAnybody: Rule = () => undefined;

const registers =
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
			unless(role === 'miner' || view.actsFor(call.pure[0] as string) === undefined, 'the operator acts for another validator'),
			unless((left !== undefined) === replaces, 'somebody left, or nobody'),
			left &&
				unless((left.after as unknown as Member).uid === (role === 'miner' ? weakestMiner(view) : weakestValidator(view)), 'another one should have left'),
		);
	};

function latestFinal(view: View): WindowConsensus | undefined {
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

const commits: Rule = (asked, pure) => {
	const { view, sender } = asked;
	const [uid, window, , size, version] = pure as [number, bigint, unknown, bigint, number];
	const miner = view.member('miner', uid) as Miner | undefined;
	return all(
		isRunning(asked),
		unless(window === view.window && view.nowMs < window * WINDOW_MS + view.hparam('put_window_open_ms'), 'the window took no commitments'),
		unless(miner?.operator === sender, 'the sender is not the operator'),
		unless(miner!.registered_window < window && window < miner!.until_window, 'the miner was not in the roster'),
		unless(version === miner!.cred_version && version > 0 && size > 0n && size <= view.hparam('max_gradient_bytes'), 'version or size were wrong'),
		unless(!view.commitments(window).some((other) => other.uid === uid), 'it had committed'),
	);
};

const seals: Rule = (asked, [window]) => {
	const { view } = asked;
	const at = window as bigint;
	return all(
		isRunning(asked),
		unless(view.entry(at) === undefined, 'it was sealed'),
		unless(view.nowMs >= at * WINDOW_MS + view.hparam('put_window_open_ms', at) && view.nowMs < (at + 2n) * WINDOW_MS, 'it was too early or too late'),
	);
};

const submits: Rule = (asked, pure) => {
	const { view, sender } = asked;
	const [uid, window] = pure as [number, bigint];
	const validator = view.member('validator', uid) as Validator | undefined;
	const entry = view.entry(window);
	const chain = view.state.table<PayloadChain>('score_ledger.chains').get(String(uid));
	return all(
		isRunning(asked),
		unless(validator?.operator === sender, 'the sender is not the operator'),
		unless(!validator!.slashed, 'the validator was slashed'),
		unless(
			entry?.record.validators.some((other) => other.uid === uid && other.generation === validator!.generation) === true,
			'the validator does not score the window',
		),
		unless(view.nowMs < (window + 4n) * WINDOW_MS, 'it was too late'),
		unless(chain === undefined || chain.validator_generation !== validator!.generation || window > chain.last_window, 'the window is not later'),
	);
};

/** Claims that were taken are what core makes of the same columns. */
const claimsMedians: Rule = ({ view, changes }, pure) => {
	const window = pure[0] as bigint;
	const after = changes.find(({ label }) => label === 'consensus.windows')?.after as unknown as WindowConsensus | undefined;
	if (after === undefined) return undefined;
	const entry = view.entry(window)!;
	const { rows, complete } = expectedConsensus(view, entry);
	const text = (list: readonly (readonly number[])[]) => JSON.stringify(list);
	const settled = rows.slice(0, after.own.length);
	return all(
		unless(complete || view.nowMs >= (window + 4n) * WINDOW_MS || view.consensus(window) !== undefined, 'scores may still come'),
		unless(
			text([after.own, after.random, after.weight]) ===
				text([settled.map(({ own }) => own >>> 0), settled.map(({ random }) => random >>> 0), settled.map(({ weight }) => weight)]),
			'other medians than core has',
		),
	);
};

const finalizes: Rule = ({ view, changes }, pure) => {
	const window = pure[0] as bigint;
	const entry = view.entry(window)!;
	const after = changes.find(({ label, key }) => label === 'round_state.windows' && key === String(window))!.after as unknown as WindowEntry;
	const ended = changes.find(({ label }) => label === 'consensus.windows')!.after as unknown as WindowConsensus;
	const { rows } = expectedConsensus(view, entry);
	const isFinal = ended.submitted_stake * 10_000n > entry.record.total_stake * view.hparam('score_quorum_bps', window);
	const pays = isFinal && BigInt(ended.validators.length) >= view.hparam('min_consensus_validators', window);
	const selected = selectGradients(entry.roster, rows, Number(view.hparam('top_g', window)));
	return all(
		unless(entry.record.status === 1, 'it had ended'),
		unless((after.record.status === 2) === isFinal, 'its status is not what its stake says'),
		unless(after.record.emission === (pays ? entry.record.emission : 0n), 'it pays what it should not, or nothing'),
		unless(JSON.stringify(after.selected) === JSON.stringify(selected), 'other gradients are selected than core selects'),
	);
};

const distributes: Rule = ({ view }, [window]) => {
	const entry = view.entry(window as bigint);
	return all(
		unless(entry?.record.status === 2 && entry.record.emission > 0n, 'it pays nothing'),
		unless(!view.state.table('reward_distributor.distributions').has(String(window)), 'it was paid'),
	);
};

const attests =
	(isRelayed: boolean): Rule =>
	(asked, pure) => {
		const { view, sender } = asked;
		const [uid, boundary, parent, hash, digest] = pure as [number, bigint, bigint, Uint8Array, Uint8Array];
		const validator = view.member('validator', uid) as Validator | undefined;
		const frequency = view.hparam('checkpoint_frequency', boundary);
		const recorded = view.state.table<Boundary>('round_state.boundaries').get(String(boundary));
		const expected = frequency === view.hparam('checkpoint_frequency') ? expectedStatement(view) : undefined;
		return all(
			isRunning(asked),
			unless(isRelayed || view.actsFor(sender) === uid, 'the sender does not act for the validator'),
			unless(validator !== undefined && !validator.slashed && boundary < validator.until_window, 'the validator was not in standing'),
			unless(boundary % frequency === 0n && boundary <= view.window && view.window < boundary + frequency, 'it is not the boundary'),
			unless(recorded === undefined || recorded.outcome === 0, 'it was decided'),
			unless(
				expected === undefined || (expected.boundary === boundary && expected.parent === parent && Buffer.from(expected.digest).equals(digest)),
				'other parent or digest than core has',
			),
			unless(hash.length === 0 || hash.length === 32, 'it is no hash'),
		);
	};

const proves: Rule = ({ view }, pure) => {
	const [uid, generation, boundary] = pure as [number, number, bigint];
	return all(
		unless(!view.state.table('validator_registry.slashed').has(`${uid}/${generation}`), 'it was slashed'),
		unless(boundary <= view.window && view.window - boundary <= view.hparam('evidence_windows', boundary), 'the evidence is too old, or ahead'),
	);
};

const prunes: Rule = ({ view, sender }, pure) => {
	const window = pure[0] as bigint;
	const age = view.window - window;
	const interval = 2n * view.hparam('checkpoint_frequency', window);
	const merged = view.hparam('max_merge_windows', window) + interval;
	const entry = view.entry(window);
	const acting = view.actsFor(sender);
	const counted = view.consensus(window)?.validators ?? [];
	const isFirst = counted.some(({ uid, generation }) => uid === acting && view.member('validator', uid)?.generation === generation);
	const retention = view.hparam('retention_windows', window);
	return all(
		unless(age >= retention && age > merged, 'its lists are kept'),
		unless(entry === undefined || entry.record.status !== 1, 'it had not ended'),
		unless(
			entry === undefined ||
				entry.record.status !== 2 ||
				view.state.table('reward_distributor.distributions').has(String(window)) ||
				payable(view, entry.record.emission) === 0n,
			'its rewards are not distributed',
		),
		unless(entry === undefined || isFirst || age >= retention + interval, 'validators come first'),
		unless(latestFinal(view)?.window !== window, 'its medians say who is weakest'),
	);
};

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
		all(byOwner('validator', true)(asked, pure), unless(asked.view.actsFor(pure[1] as string) === undefined, 'the operator acts for a validator')),
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
	'score_ledger::settle_slice': byAnybody,
	'consensus::settle_medians': claimsMedians,
	'consensus::finalize_window': finalizes,
	'reward_distributor::distribute': distributes,
	'reward_distributor::claim': ({ view, sender }) => unless(view.state.table('reward_distributor.owed').has(sender), 'nothing was owed'),
	'round_state::attest_checkpoint': attests(false),
	'round_state::relay_attestation': attests(true),
	'slashing::prove_equivocation': proves,
	'slashing::prove_contradiction': proves,
	'retention::prune_window': prunes,
};

/** Entry points that rules speak of. */
export const ruledTargets = () => Object.keys(RULES);
