/** Of a window: commitments, its sealing, scores, medians, its end, rewards and pruning. */
import { sha256 } from '@noble/hashes/sha2.js';
import { rowConsensus, selectGradients } from '#core/gradient/consensus.ts';
import { decodePayload, type MinerRow } from '#core/gradient/payload.ts';
import type { Commitment, WindowRecord } from '#core/gradient/records.ts';
import { payloadFor, rowsFor, signPayload } from '#tests/helpers/payload.ts';
import type { EnclaveRecord, PayloadChain, RosterEntry, SettledScores, Validator, WindowCommitments, WindowEntry } from './layouts.ts';
import { actorOf, type MakeCall, slips } from './moves.ts';
import type { Random } from './random.ts';
import { isActive, type View } from './view.ts';
import { WINDOW_MS } from './world.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

const commit: MakeCall = (scene) => {
	const { view, random } = scene;
	const committed = new Set(view.commitments(view.window).map(({ uid }) => uid));
	const ready = view
		.miners()
		.filter(
			({ uid, cred_version, registered_window, until_window }) =>
				cred_version > 0 && registered_window < view.window && view.window < until_window && (!committed.has(uid) || slips(scene, 6)),
		);
	const isOpen = view.nowMs < view.window * WINDOW_MS + view.hparam('put_window_open_ms');
	const miner = isOpen ? random.of(ready) : slips(scene, 5) ? random.of(view.miners()) : undefined;
	if (miner === undefined) return undefined;
	const digest = sha256(Uint8Array.of(miner.uid, Number(view.window % 256n)));
	return {
		target: 'gradient_registry::commit_gradient',
		sender: actorOf(scene, miner.operator),
		pure: [miner.uid, view.window, digest, BigInt(1 + random.below(4_096)), miner.cred_version],
	};
};

const seal: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const isClosed = view.nowMs >= view.window * WINDOW_MS + view.hparam('put_window_open_ms');
	const possible = (isClosed ? [view.window, view.window - 1n] : [view.window - 1n]).filter((window) => view.entry(window) === undefined);
	const window = possible[0] ?? (slips(scene, 4) ? view.window + BigInt(random.below(4)) - 2n : undefined);
	return window === undefined ? undefined : { target: 'round_state::seal_window', sender: random.below(world.actors.length), pure: [window] };
};

/** Sealed and not ended, lately. */
function openEntries(view: View): WindowEntry[] {
	return [0n, 1n, 2n, 3n, 4n, 5n]
		.flatMap((ago) => view.entry(view.window - ago) ?? [])
		.filter(({ record }) => record.status === 1)
		.reverse();
}

const settledOf = (view: View, window: bigint, uid: number) => view.state.table<SettledScores>('score_ledger.settled').get(`${window}/${uid}`);
const chainOf = (view: View, uid: number) => view.state.table<PayloadChain>('score_ledger.chains').get(String(uid));

/** The payload before is settled, or can be no more. */
function mayGoOn({ settled_rows, total_rows, last_window }: PayloadChain, view: View): boolean {
	return settled_rows === total_rows || view.window >= last_window + 4n;
}

/** Whether its rows are the roster's, and nobody has a score who did not commit. */
function isSettleable({ last_payload, last_window }: PayloadChain, view: View): boolean {
	const roster = view.entry(last_window)?.roster ?? [];
	const committed = new Set(view.commitments(last_window).map(({ uid }) => uid));
	return decodePayload(hex(last_payload)).miners.every(
		({ generation, code, uid }, row) => generation === roster[row]?.generation && (code !== 0 || committed.has(uid)),
	);
}

const submit: MakeCall = async (scene) => {
	const { view, random, keys } = scene;
	const open = openEntries(view).flatMap(({ record, roster }) =>
		record.validators
			.filter(({ uid, generation }) => {
				const chain = chainOf(view, uid);
				return (
					chain === undefined ||
					chain.validator_generation !== generation ||
					(chain.last_window < record.window ? mayGoOn(chain, view) || slips(scene, 5) : slips(scene, 2))
				);
			})
			.map(({ uid, generation }) => ({ record, roster, uid, generation })),
	);
	const chosen = random.of(open.slice(0, 3));
	if (chosen === undefined) return undefined;
	const { record, roster, uid, generation } = chosen;
	const enclave = view.state.table<EnclaveRecord>('enclave_registry.enclaves').get(String(uid));
	const key = keys.find(({ publicKey }) => Buffer.from(publicKey).toString('hex') === enclave?.public_key);
	if (key === undefined) return undefined;
	const chain = chainOf(view, uid);
	const isReset = slips(scene, 6);
	const goesOn = chain !== undefined && chain.validator_generation === generation && !isReset;
	const fault = scene.theme === 'peaceful' ? undefined : random.below(30);
	const payload = payloadFor({
		network: view.network.id,
		validatorUid: uid,
		validatorGeneration: generation,
		key,
		record: recordOf(record),
		miners: rowsFor(roster, view.commitments(record.window) as unknown as Commitment[]).map((row) => variedRow(row, random, fault)),
		...(goesOn && { previous: { window: chain.last_window, payload: hex(chain.last_payload) } }),
		header: {
			flags: isReset ? 1 : 0,
			...(fault === 0 && { prevWindow: 1n }),
			...(fault === 1 && { window: record.window - 1n }),
			...(fault === 2 && { rosterHash: new Uint8Array(32) }),
		},
	});
	const signature = await signPayload(payload, slips(scene, 3) ? keys.at(-1)! : key);
	const operator = (view.member('validator', uid) as Validator).operator;
	return { target: 'score_ledger::submit_scores', sender: actorOf(scene, operator), pure: [uid, record.window, payload, signature] };
};

/** Validators see things differently; some say what the roster or the commitments deny. */
function variedRow(row: MinerRow, random: Random, fault: number | undefined): MinerRow {
	if (fault === 3 && random.chance(50)) return { ...row, generation: row.generation + 1 };
	if (fault === 4 && row.code !== 0) return { ...row, code: 0, score: 5 };
	if (row.code !== 0) return random.chance(80) ? row : { ...row, weight: random.below(65_536) };
	if (random.chance(8)) return { ...row, code: 64 + random.below(8), score: null, weight: 0 };
	const score = random.of([row.score, -1, 0, 0x7fff_ffff, -0x8000_0000, random.below(5_000)])!;
	return {
		...row,
		score,
		random: random.of([row.random, -1, 0, 0x7fff_ffff, -0x8000_0000, random.below(500)])!,
		weight: random.of([0, 65_535, random.below(65_536)])!,
	};
}

function recordOf(record: WindowEntry['record']): WindowRecord {
	return {
		window: record.window,
		status: 'sealed',
		sealedAtMs: record.sealed_at_ms,
		randomness: hex(record.randomness),
		commitmentsHash: hex(record.commitments_hash),
		commitmentsCount: record.commitments_count,
		checkpointHash: hex(record.checkpoint_hash),
		checkpointBoundary: record.checkpoint_boundary,
		hparamsVersion: record.hparams_version,
		hparamsHash: hex(record.hparams_hash),
		rosterHash: hex(record.roster_hash),
		rosterCount: record.roster_count,
		validators: record.validators,
		totalStake: record.total_stake,
		emission: record.emission,
		pruned: false,
	};
}

const settle: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const chains = [...view.state.table<PayloadChain>('score_ledger.chains')].sort();
	const unsettled = chains.filter(([, chain]) => chain.settled_rows < chain.total_rows && (isSettleable(chain, view) || slips(scene, 15)));
	const chosen = random.of(unsettled.length > 0 ? unsettled : slips(scene, 6) ? chains : []);
	if (chosen === undefined) return undefined;
	const [uid, { last_window, settled_rows, total_rows }] = chosen;
	const from = !slips(scene, 15) ? settled_rows : BigInt(random.below(Number(total_rows) + 2));
	const rows = random.chance(60) ? total_rows : BigInt(random.below(Number(total_rows) + 2));
	return { target: 'score_ledger::settle_slice', sender: random.below(world.actors.length), pure: [Number(uid), last_window, from, rows] };
};

/** What the settled columns agree on, by core. */
export function expectedConsensus(view: View, { record, roster }: WindowEntry) {
	const counted = view.consensus(record.window)?.validators ?? record.validators.filter(({ uid }) => settledOf(view, record.window, uid) !== undefined);
	const validators = counted.map(({ uid, stake }) => {
		const { codes, scores, randoms, weights } = settledOf(view, record.window, uid)!.columns;
		return { uid, stake, rows: scores.map((score, i) => ({ code: hex(codes)[i]!, score: score | 0, random: randoms[i]! | 0, weight: weights[i]! })) };
	});
	return { rows: rowConsensus(validators, roster.length), isFixed: view.consensus(record.window) !== undefined || mayFix(view, record) };
}

/** Who counts may be fixed: all scores are settled, or time is over, for what was submitted a window later. */
function mayFix(view: View, { window, validators }: WindowEntry['record']): boolean {
	const left = validators.filter(({ uid }) => settledOf(view, window, uid) === undefined);
	const isSettling = left.some(({ uid, generation }) => {
		const chain = chainOf(view, uid);
		return chain?.last_window === window && chain.validator_generation === generation;
	});
	return left.length === 0 || view.window >= window + (isSettling ? 5n : 4n);
}

/** Open windows whose medians may be claimed: the payloads are there, or time is over. */
function decidable(view: View) {
	return [...view.state.table<WindowEntry>('round_state.windows')]
		.filter(([, { record }]) => record.status === 1)
		.sort()
		.map(([, entry]) => ({ entry, ...expectedConsensus(view, entry) }))
		.filter(({ isFixed }) => isFixed);
}

const medians: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const ready = decidable(view).filter(({ entry }) => (view.consensus(entry.record.window)?.own.length ?? 0) < entry.roster.length);
	const chosen = random.of(ready);
	if (chosen === undefined) return undefined;
	const { window } = chosen.entry.record;
	const next = view.consensus(window)?.own.length ?? 0;
	const from = !slips(scene, 10) ? next : random.below(chosen.rows.length + 1);
	const rows = chosen.rows.slice(from, random.chance(75) ? undefined : from + 1 + random.below(2));
	return {
		target: 'consensus::settle_medians',
		sender: random.below(world.actors.length),
		pure: [window, BigInt(from), rows.map(({ own }) => own >>> 0), rows.map((row) => row.random >>> 0), rows.map(({ weight }) => weight)],
	};
};

const finalize: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const ready = decidable(view).filter(({ entry }) => (view.consensus(entry.record.window)?.own.length ?? 0) === entry.roster.length);
	const chosen = random.of(ready);
	if (chosen === undefined) return undefined;
	const { record, roster } = chosen.entry;
	const selected: RosterEntry[] = selectGradients(roster, chosen.rows, Number(view.hparam('top_g', record.window)));
	if (slips(scene, 8)) random.chance(50) ? selected.reverse() : selected.splice(0, 1, ...roster.slice(0, 1));
	return { target: 'consensus::finalize_window', sender: random.below(world.actors.length), pure: [record.window, selected.map(({ uid }) => uid)] };
};

const distribute: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const paid = view.state.table('reward_distributor.distributions');
	const ended = [...view.state.table<WindowEntry>('round_state.windows')].filter(([, { record }]) => record.status !== 1).sort();
	const due = ended.filter(([window, { record }]) => record.status === 2 && record.emission > 0n && !paid.has(window));
	const chosen = random.of(due.length > 0 ? due : slips(scene, 3) ? ended : []);
	return chosen && { target: 'reward_distributor::distribute', sender: random.below(world.actors.length), pure: [chosen[1].record.window] };
};

const claim: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const owners = [...view.state.table('reward_distributor.owed').keys()].sort();
	const sender = owners.length > 0 ? actorOf(scene, random.of(owners)!) : slips(scene, 4) ? random.below(world.actors.length) : undefined;
	return sender === undefined ? undefined : { target: 'reward_distributor::claim', sender, pure: [] };
};

const prune: MakeCall = (scene) => {
	const { view, random, world } = scene;
	const windows = new Set([
		...view.state.table<WindowEntry>('round_state.windows').keys(),
		...view.state.table<WindowCommitments>('gradient_registry.windows').keys(),
	]);
	const old = [...windows]
		.map(BigInt)
		.filter((window) => window + 14n <= view.window && view.entry(window)?.pruned !== true)
		.sort();
	const window = random.of(old) ?? (slips(scene, 3) ? view.window - BigInt(random.below(30)) : undefined);
	if (window === undefined) return undefined;
	const counted = view.consensus(window)?.validators ?? [];
	const validator = random.of(counted);
	const member = validator && view.member('validator', validator.uid);
	const isUnpaid = view.entry(window)?.record.emission === 0n && random.chance(50);
	return {
		target: isUnpaid ? 'retention::prune_unpaid_window' : 'retention::prune_window',
		sender: member !== undefined && isActive(member) && random.chance(70) ? actorOf(scene, member.operator) : random.below(world.actors.length),
		pure: [window],
	};
};

export const roundMoves: readonly (readonly [number, MakeCall])[] = [
	[40, commit],
	[30, seal],
	[50, submit],
	[50, settle],
	[40, medians],
	[40, finalize],
	[20, distribute],
	[8, claim],
	[12, prune],
];
