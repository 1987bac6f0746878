/** What may become of each record by any one call: what only grows, what is written once, what never comes back. */
import { isDeepStrictEqual } from 'node:util';
import type {
	Boundary,
	EnclaveRecord,
	HparamsRoot,
	Member,
	Miner,
	NetworkRoot,
	OperatorTerm,
	PayloadChain,
	PcrSet,
	PeerRegistry,
	RosterEntry,
	RoundStateRoot,
	SettledScores,
	Validator,
	WindowCommitments,
	WindowConsensus,
	WindowEntry,
} from './layouts.ts';
import { FOREVER } from './layouts.ts';
import type { Decoded } from './pure.ts';
import type { Change } from './state.ts';

export interface Moment {
	/** The window that the clock is in. */
	readonly window: bigint;
	/** `module::function` that was called. */
	readonly target: string;
}

type Check = (before: Decoded, after: Decoded, moment: Moment) => string | undefined;

/** Broken rules, one line each. */
export function brokenTransitions(changes: readonly Change[], moment: Moment): string[] {
	return changes.flatMap(({ label, key, before, after }) => {
		const broken = CHECKS[label]?.(before, after, moment);
		return broken === undefined ? [] : [`${label} ${key}: ${broken}`];
	});
}

/** The labels of records that are held to a rule; a test compares them with those that there are. */
export const checkedLabels = () => Object.keys(CHECKS);

/** A rule over an entry that is never taken away, once it is there. */
function lasting<T>(
	rule: (before: T, after: T, moment: Moment) => string | undefined,
	first: (after: T, moment: Moment) => string | undefined = () => undefined,
): Check {
	return (before, after, moment) => {
		if (after === undefined) return 'it is gone';
		return before === undefined ? first(after as unknown as T, moment) : rule(before as unknown as T, after as unknown as T, moment);
	};
}

const constant: Check = lasting(() => 'it changed');

const isPruning = ({ target }: Moment) => target.startsWith('retention::');

/** As `lasting`, but pruning may take it away. */
function prunable<T>(rule: (before: T, after: T) => string | undefined, mayGo: (before: T) => boolean = () => true): Check {
	return (before, after, moment) => {
		if (after !== undefined) return before === undefined ? undefined : rule(before as unknown as T, after as unknown as T);
		if (!isPruning(moment)) return 'it is gone';
		return mayGo(before as unknown as T) ? undefined : 'it was pruned too early';
	};
}

function ascending(numbers: readonly (bigint | number)[]): boolean {
	return numbers.every((value, i) => i === 0 || value > numbers[i - 1]!);
}

const startsWith = (list: readonly unknown[], prefix: readonly unknown[]) => isDeepStrictEqual(list.slice(0, prefix.length), prefix);

function memberRule(before: Member, after: Member, { window }: Moment): string | undefined {
	if (after.generation !== before.generation) {
		if (after.generation !== before.generation + 1) return `generation ${after.generation} follows ${before.generation}`;
		if (before.until_window === FOREVER || before.until_window + 8n > window) return 'the uid did not rest';
		return newMember(after, { window });
	}
	if (after.owner !== before.owner || after.registered_window !== before.registered_window) return 'owner or registration changed';
	if (after.until_window !== before.until_window && (before.until_window !== FOREVER || after.until_window !== window + 1n))
		return 'it left twice, or not with this window';
	return undefined;
}

function newMember({ registered_window, until_window }: Member, { window }: Pick<Moment, 'window'>): string | undefined {
	return registered_window === window && until_window === FOREVER ? undefined : 'it did not begin now and for ever';
}

const RECORD_MAY_CHANGE = new Set(['status', 'emission', 'validators']);

function windowRule(before: WindowEntry, after: WindowEntry, moment: Moment): string | undefined {
	const pruned = after.pruned === true && before.pruned !== true;
	if (before.pruned === true) return 'a pruned window changed';
	for (const [field, value] of Object.entries(before.record)) {
		if (!RECORD_MAY_CHANGE.has(field) && !isDeepStrictEqual(value, after.record[field as keyof typeof after.record])) return `its ${field} changed`;
	}
	if (pruned) {
		if (!isPruning(moment)) return 'something else than pruning pruned it';
		if (before.record.status === 1) return 'it was pruned before it ended';
		if (after.record.validators.length + after.roster.length > 0) return 'pruning left lists';
		if (after.record.status !== before.record.status || after.record.emission !== before.record.emission) return 'pruning changed the record';
		return isDeepStrictEqual([before.selected, before.selection_hash], [after.selected, after.selection_hash]) ? undefined : 'pruning changed the selection';
	}
	if (!isDeepStrictEqual([before.roster, before.record.validators], [after.roster, after.record.validators])) return 'its lists changed';
	if (before.record.status !== 1) return 'it changed after it had ended';
	if (after.record.status !== 2 && after.record.status !== 3) return `its status became ${after.record.status}`;
	if (after.record.emission !== before.record.emission && after.record.emission !== 0n) return 'its emission became another one';
	return undefined;
}

function chainRule(before: PayloadChain, after: PayloadChain): string | undefined {
	if (after.validator_generation < before.validator_generation) return 'an earlier generation followed';
	if (after.validator_generation > before.validator_generation) return undefined;
	if (after.last_window < before.last_window) return 'an earlier window followed';
	if (after.last_window > before.last_window) return undefined;
	if (after.last_digest !== before.last_digest || after.last_payload !== before.last_payload) return 'two payloads of one window';
	return after.settled_rows >= before.settled_rows && after.settled_rows <= after.total_rows ? undefined : 'settled rows came undone';
}

function consensusRule(before: WindowConsensus, after: WindowConsensus): string | undefined {
	if (before.finalized) return 'it changed after its end';
	if (!startsWith(after.own, before.own) || !startsWith(after.random, before.random) || !startsWith(after.weight, before.weight)) return 'medians changed';
	const fixed = ({ validators, submitted_stake, total_rows }: WindowConsensus) => [
		validators.map(({ uid, generation, stake }) => [uid, generation, stake]),
		submitted_stake,
		total_rows,
	];
	if (!isDeepStrictEqual(fixed(before), fixed(after))) return 'the validators that count changed';
	return BigInt(after.own.length) <= after.total_rows && (!after.finalized || BigInt(after.own.length) === after.total_rows)
		? undefined
		: 'there are rows left, or too many';
}

const CHECKS: Readonly<Record<string, Check>> = {
	network: lasting<NetworkRoot>((before, after) => (after.id === before.id ? undefined : 'another network')),
	hparams: lasting<HparamsRoot>((before, after, { window }) => {
		if (!ascending(after.schedule.map(({ from_window }) => from_window)) || !ascending(after.schedule.map(({ version }) => version)))
			return 'the schedule does not ascend';
		if (!startsWith(after.schedule, before.schedule)) return 'the schedule was rewritten';
		return after.schedule.slice(before.schedule.length).every(({ from_window }) => from_window === window + 1n)
			? undefined
			: 'parameters came into force too early';
	}),
	'hparams.versions': (before, after) => (after === undefined && before !== undefined ? 'it is gone' : undefined),
	peer_registry: lasting<PeerRegistry>((_, { rosters }) => {
		if (!ascending(rosters.map(({ from_window }) => from_window))) return 'rosters do not ascend';
		return rosters.every(({ entries }) => ascending(entries.map(({ uid }) => uid))) ? undefined : 'a roster does not ascend';
	}),
	'peer_registry.miners': lasting<Miner>((before, after, moment) => {
		if (after.generation === before.generation && after.cred_version !== before.cred_version && after.cred_version !== before.cred_version + 1)
			return 'a credential version was left out';
		return memberRule(before, after, moment);
	}, newMember),
	'validator_registry.validators': lasting<Validator>((before, after, moment) => {
		if (after.generation === before.generation && before.slashed && !after.slashed) return 'it is no longer slashed';
		if (!ascending(after.stakes.map(({ from_window }) => from_window))) return 'its stakes do not ascend';
		const isOld = (entry: Validator['stakes'][number]) => before.generation === after.generation && before.stakes.some((old) => isDeepStrictEqual(old, entry));
		if (after.stakes.some((entry) => entry.from_window !== moment.window + 1n && !isOld(entry))) return 'stake is not counted from the next window on';
		return memberRule(before, after, moment);
	}, newMember),
	'validator_registry.agents': (before, after) => {
		const [old, now] = [before, after] as unknown as (RosterEntry | undefined)[];
		return old !== undefined && now !== undefined && old.uid === now.uid && now.generation < old.generation ? 'it acts for an earlier generation' : undefined;
	},
	'validator_registry.operators': lasting<OperatorTerm>((before, after, { window }) => {
		if (after.from_window !== before.from_window) return 'the term began otherwise';
		return before.until_window === FOREVER && after.until_window === window + 1n ? undefined : 'the term ended twice, or not with this window';
	}),
	'validator_registry.slashed': constant,
	'vault.escrow': lasting(() => undefined),
	'enclave_registry.keys': constant,
	'enclave_registry.enclaves': lasting<EnclaveRecord>((before, after) => (after.document_ms > before.document_ms ? undefined : 'its document is not later')),
	enclave_registry: lasting<{ readonly allow_list: readonly PcrSet[] }>((before, after) => {
		const rows = after.allow_list.slice(0, before.allow_list.length);
		if (rows.length < before.allow_list.length) return 'a row is gone';
		return rows.every(({ from_window, until_window, revoked }, i) => {
			const old = before.allow_list[i]!;
			return from_window === old.from_window && until_window <= old.until_window && (revoked || !old.revoked);
		})
			? undefined
			: 'a row came back';
	}),
	'gradient_registry.windows': prunable<WindowCommitments>((before, after) => {
		if (!startsWith(after.commitments, before.commitments)) return 'commitments changed';
		if (after.commitments.some(({ seq }, i) => seq !== i) || after.count !== after.commitments.length) return 'their order is broken';
		return new Set(after.commitments.map(({ uid }) => uid)).size === after.commitments.length ? undefined : 'a miner committed twice';
	}),
	round_state: lasting<RoundStateRoot>((before, after) => {
		if (!startsWith(after.checkpoints, before.checkpoints)) return 'checkpoints were rewritten';
		if (!ascending(after.checkpoints.map(({ activation }) => activation))) return 'activations do not ascend';
		if (!ascending(after.checkpoints.map(({ boundary }) => boundary))) return 'boundaries of checkpoints do not ascend';
		return after.latest_boundary >= before.latest_boundary ? undefined : 'an earlier boundary followed';
	}),
	'round_state.windows': lasting<WindowEntry>(windowRule, ({ record }, { window }) =>
		record.status === 1 && record.window <= window ? undefined : 'it did not begin as sealed',
	),
	'round_state.boundaries': lasting<Boundary>((before, after) => {
		if (before.outcome !== 0) return 'it changed after it was decided';
		if (before.parent_boundary !== after.parent_boundary || before.merge_digest !== after.merge_digest) return 'what is merged changed';
		if (!startsWith(after.votes, before.votes) || after.votes.length !== before.votes.length + 1) return 'votes changed';
		const voters = new Set(after.votes.map(({ validator_uid, validator_generation }) => `${validator_uid}/${validator_generation}`));
		return voters.size === after.votes.length ? undefined : 'a validator voted twice';
	}),
	'score_ledger.chains': lasting<PayloadChain>(chainRule),
	'score_ledger.settled': prunable<SettledScores>(() => 'settled scores changed'),
	'consensus.windows': prunable<WindowConsensus>(consensusRule, ({ finalized }) => finalized),
	'consensus.attendances': lasting<{ readonly newest: bigint }>((before, after) => (after.newest >= before.newest ? undefined : 'its newest window went back')),
	'reward_distributor.distributions': constant,
};
