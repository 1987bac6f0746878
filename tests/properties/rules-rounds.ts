/** Of a window and of a boundary: what may be recorded of them when, held to what core computes. */
import { selectGradients } from '#core/gradient/consensus.ts';
import { decodePayload } from '#core/gradient/payload.ts';
import { payable } from './amounts.ts';
import type { Boundary, Miner, PayloadChain, SettledScores, Validator, WindowConsensus, WindowEntry } from './layouts.ts';
import { expectedStatement } from './moves-checkpoints.ts';
import { expectedConsensus } from './moves-rounds.ts';
import { type Asked, all, isRunning, type Rule, unless } from './rule.ts';
import { latestFinal } from './rules-members.ts';
import { WINDOW_MS } from './world.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

export const commits: Rule = (asked, pure) => {
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

export const seals: Rule = (asked, [window]) => {
	const { view } = asked;
	const at = window as bigint;
	return all(
		isRunning(asked),
		unless(view.entry(at) === undefined, 'it was sealed'),
		unless(view.nowMs >= at * WINDOW_MS + view.hparam('put_window_open_ms', at) && view.nowMs < (at + 2n) * WINDOW_MS, 'it was too early or too late'),
	);
};

export const submits: Rule = (asked, pure) => {
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
		startsWeights(asked, uid, window),
	);
};

/** Weights count at once, but for who starts anew: as long as its warm-up lasts they do not. */
function startsWeights({ view, changes }: Asked, uid: number, window: bigint): string | undefined {
	const before = view.state.table<PayloadChain>('score_ledger.chains').get(String(uid));
	const after = changes.find(({ label }) => label === 'score_ledger.chains')!.after as unknown as PayloadChain;
	const isSame = before !== undefined && before.validator_generation === after.validator_generation;
	const isReset = (decodePayload(hex(after.last_payload)).header.flags & 1) === 1;
	const expected = isSame ? (isReset ? window + view.hparam('validator_warmup_windows', window) : before.weights_from) : 0n;
	return unless(after.weights_from === expected, `its weights count from ${after.weights_from} on, expected ${expected}`);
}

/** Columns that are published are what core reads in the payload. */
export const settles: Rule = ({ view, changes }) => {
	const published = changes.find(({ label }) => label === 'score_ledger.settled')?.after as unknown as SettledScores | undefined;
	if (published === undefined) return undefined;
	const { window, validator_uid: uid, columns } = published;
	const chain = view.state.table<PayloadChain>('score_ledger.chains').get(String(uid))!;
	const { header, miners } = decodePayload(hex(chain.last_payload));
	const { roster } = view.entry(window)!;
	const committed = new Set(view.commitments(window).map((commitment) => commitment.uid));
	const counts = window >= chain.weights_from;
	const expected = {
		uids: miners.map((miner) => miner.uid),
		generations: miners.map(({ generation }) => generation),
		codes: Buffer.from(miners.map(({ code }) => code)).toString('hex'),
		scores: miners.map(({ score }) => (score ?? 0) >>> 0),
		randoms: miners.map(({ random }) => random >>> 0),
		weights: miners.map(({ weight }) => (counts ? weight : 0)),
	};
	return all(
		unless(header.window === window && header.validatorUid === uid, 'they are of another payload'),
		unless(JSON.stringify(roster) === JSON.stringify(miners.map(({ uid, generation }) => ({ uid, generation }))), 'its rows are not the roster'),
		unless(
			miners.every((miner) => miner.code !== 0 || committed.has(miner.uid)),
			'somebody is scored that did not commit',
		),
		unless(JSON.stringify(columns) === JSON.stringify(expected), 'other columns than core reads'),
	);
};

/** A key is given to who acts for a validator in standing, for credentials that are in use. */
export const approves: Rule = ({ view, sender }, pure) => {
	const identity = Buffer.from(pure[0] as Uint8Array);
	const miner = view.member('miner', identity.readUInt16BE(34)) as Miner | undefined;
	const acting = view.actsFor(sender);
	const validator = acting === undefined ? undefined : (view.member('validator', acting) as Validator);
	const version = identity.readUInt32BE(40);
	const isLate = version + 1 === miner?.cred_version && view.window <= miner.rotated_window + view.hparam('rotation_grace_windows');
	return all(
		unless(identity.length === 44 && identity.subarray(1, 33).toString('hex') === view.network.id.slice(2), 'it is no identity of this network'),
		unless(miner?.generation === identity.readUInt32BE(36), 'it is of another generation'),
		unless(version > 0 && (version === miner!.cred_version || isLate), 'its version is not in use'),
		unless(validator !== undefined && !validator.slashed && view.window < validator.until_window, 'the sender acts for nobody in standing'),
	);
};

/** Claims that were taken are what core makes of the same columns. */
export const claimsMedians: Rule = ({ view, changes }, pure) => {
	const window = pure[0] as bigint;
	const after = changes.find(({ label }) => label === 'consensus.windows')?.after as unknown as WindowConsensus | undefined;
	if (after === undefined) return undefined;
	const entry = view.entry(window)!;
	const { rows, isFixed } = expectedConsensus(view, entry);
	const text = (list: readonly (readonly number[])[]) => JSON.stringify(list);
	const settled = rows.slice(0, after.own.length);
	return all(
		unless(isFixed, 'scores may still come'),
		unless(
			text([after.own, after.random, after.weight]) ===
				text([settled.map(({ own }) => own >>> 0), settled.map(({ random }) => random >>> 0), settled.map(({ weight }) => weight)]),
			'other medians than core has',
		),
	);
};

export const finalizes: Rule = ({ view, changes }, pure) => {
	const window = pure[0] as bigint;
	const entry = view.entry(window)!;
	const after = changes.find(({ label, key }) => label === 'round_state.windows' && key === String(window))!.after as unknown as WindowEntry;
	const ended = changes.find(({ label }) => label === 'consensus.windows')!.after as unknown as WindowConsensus;
	const { rows, isFixed } = expectedConsensus(view, entry);
	const isFinal = ended.submitted_stake * 10_000n > entry.record.total_stake * view.hparam('score_quorum_bps', window);
	const pays = isFinal && BigInt(ended.validators.length) >= view.hparam('min_consensus_validators', window);
	const selected = selectGradients(entry.roster, rows, Number(view.hparam('top_g', window)));
	return all(
		unless(entry.record.status === 1, 'it had ended'),
		unless(isFixed, 'scores may still come'),
		unless((after.record.status === 2) === isFinal, 'its status is not what its stake says'),
		unless(after.record.emission === (pays ? entry.record.emission : 0n), 'it pays what it should not, or nothing'),
		unless(JSON.stringify(after.selected) === JSON.stringify(selected), 'other gradients are selected than core selects'),
	);
};

export const distributes: Rule = ({ view }, [window]) => {
	const entry = view.entry(window as bigint);
	return all(
		unless(entry?.record.status === 2 && entry.record.emission > 0n, 'it pays nothing'),
		unless(!view.state.table('reward_distributor.distributions').has(String(window)), 'it was paid'),
	);
};

export const attests =
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

export const proves: Rule = ({ view }, pure) => {
	const [uid, generation, boundary] = pure as [number, number, bigint];
	return all(
		unless(!view.state.table('validator_registry.slashed').has(`${uid}/${generation}`), 'it was slashed'),
		unless(boundary <= view.window && view.window - boundary <= view.hparam('evidence_windows', boundary), 'the evidence is too old, or ahead'),
	);
};

export const prunes: Rule = ({ view, sender }, pure) => {
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
