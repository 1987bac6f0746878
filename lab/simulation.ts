import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '#core/bytes.ts';
import { windowBatches } from '#core/gradient/batches.ts';
import { chunkCount, gradientForm } from '#core/gradient/codec.ts';
import { rowConsensus, selectGradients } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { createMerge, outerLearningRate, thetaParts } from '#core/gradient/merge.ts';
import { intervalSketchSeed, windowSketchSeed } from '#core/gradient/overlap.ts';
import { ordinal } from '#core/gradient/rating.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { type AttackName, attackSpec, type Population } from '#lab/attacks.ts';
import type { LabModel } from '#lab/model.ts';
import { COLLUSIONS, colludedRewards, minerRewards } from '#lab/payout.ts';
import { type Player, working } from '#lab/players.ts';
import { openSubmission, type Submission, WindowScoring } from '#lab/scoring.ts';
import { FAILED_DOWNLOADS, SETTLING_WINDOWS } from '#lab/settings.ts';
import { LabValidator } from '#lab/validator.ts';
import { type PublicGradient, type PublicView, Workplace } from '#lab/workplace.ts';
import { describeModel } from '#model/manifest.ts';
import { Xoshiro128 } from '#model/random.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';

const PPM = 1e6;
const NANO = 1e9;
const VALIDATORS = 3;

export interface RunRequest {
	readonly population: Population;
	readonly seed: number;
	readonly windows: number;
	readonly values: HparamValues;
}

/** One player over a run, a value a window; sums or means over its registrations. */
export interface PlayerHistory {
	readonly name: AttackName | 'honest';
	/** Registrations, each with one stake. */
	readonly identities: number;
	readonly joins: number;
	readonly reward: number[];
	/** Sequences forward and backward. */
	readonly compute: number[];
	/** μ − 3σ of the first validator's rating, and its proof of work. */
	readonly ordinal: number[];
	readonly proofOfWork: number[];
	/** Of those windows in which there was a score, nats. */
	readonly own: number[];
	readonly random: number[];
	/** Largest overlap with an earlier gradient in each window, parts of one. */
	readonly overlap: number[];
	/** How many windows gave how many registrations each code. */
	readonly codes: Record<number, number>;
}

/** Rewards by roster row after the settling windows, without and with collusion. */
export interface CollusionHistory {
	readonly name: string;
	/** Part of an honest validator's downloads that fail for it alone. */
	readonly failures: number;
	readonly honest: number[];
	readonly colluded: number[];
}

export interface RunResult {
	readonly population: string;
	readonly seed: number;
	readonly players: readonly PlayerHistory[];
	readonly collusions: readonly CollusionHistory[];
	/** Nats a token: of the genesis, then of each checkpoint that a merge made or kept. */
	readonly heldOut: readonly number[];
	/** Merges that would have raised the held-out loss beyond the bound. */
	readonly refused: number;
}

interface Seat {
	readonly history: PlayerHistory;
	readonly uids: readonly number[];
	readonly workplace: Workplace;
	readonly play: Player;
}

/**
 * A network from its genesis over some windows: miners commit, everybody's objects are put, three validators score with their own chains of ratings, the medians are paid and select, and every
 * `checkpoint_frequency` windows what was selected is merged, in force one window later. Same request, same result.
 */
export async function simulate(model: LabModel, request: RunRequest, onWindow: (done: number) => void): Promise<RunResult> {
	const { population, seed, windows, values } = request;
	const name = `lab/${seed}/${population.name}`;
	const draw = Xoshiro128.seeded(name);
	const network = `0x${toHex(sha256(new TextEncoder().encode(name)))}`;
	/** Own batches hang on uid and window alone: other seeds begin at other windows. */
	const first = BigInt(draw.below(1_000_000)) * values.checkpoint_frequency;
	const manifest = describeModel('lab', model.graph, model.dataset.dataset);
	const positions = chunkCount(model.graph.parameters) * CHUNK_ELEMENTS;
	const identity = manifestHash(encodeManifest(manifest));
	const seats = seatAll(population, (label) => new Workplace(model, values, identity, Xoshiro128.seeded(`${name}/${label}`)), draw);
	const panels = FAILED_DOWNLOADS.map((failures) => ({
		failures,
		validators: Array.from({ length: VALIDATORS }, (_, uid) => new LabValidator(uid, values, Xoshiro128.seeded(`${name}/validator/${uid}`), failures)),
		collusions: COLLUSIONS.map(({ name: stake }): CollusionHistory => ({ name: stake, failures, honest: [], colluded: [] })),
	}));
	const { validators } = panels[0]!;

	let theta = model.genesis;
	let hash = checkpointHash(encodeCheckpoint(model.graph, theta));
	let activation = 0;
	let selected: { readonly window: bigint; readonly index: number; readonly gradients: readonly SparseGradient[] }[] = [];
	let previous: readonly PublicGradient[] = [];
	let lastUpdate: Float32Array | undefined;
	let refused = 0;
	const heldOut = [await model.heldOutLoss(theta)];

	for (let index = 0; index < windows; index++) {
		const window = first + BigInt(index);
		const seated = seats.filter(({ history }) => history.joins <= index);
		const roster: RosterEntry[] = seated
			.flatMap(({ uids }) => uids)
			.sort((a, b) => a - b)
			.map((uid) => ({ uid, generation: 0 }));
		const view: PublicView = { window, index, network, theta, checkpointHash: hash, previous, lastUpdate };
		const randomness = sha256(new TextEncoder().encode(`${name}/${window}`));
		const seeds = { window: windowSketchSeed(network, window, randomness), interval: intervalSketchSeed(network, hash) };
		const submissions: Submission[] = [];
		const expected = { window, checkpointHash: hash, manifestHash: identity, parameters: model.graph.parameters, ...gradientForm(values) };
		for (const { play, uids, workplace, history } of seated) {
			const before = workplace.compute;
			const objects = await play(view, uids);
			for (const [i, bytes] of objects.entries())
				if (bytes !== undefined) submissions.push(openSubmission(bytes, { ...expected, uid: uids[i]! }, values, seeds));
			history.compute[index] = workplace.compute - before;
		}
		const batches = windowBatches({ network, window, randomness, roster, manifest, hparams: values });
		const scoring = new WindowScoring(model, values, theta, batches);
		for (const validator of validators) await validator.score({ window, checkpointHash: hash, positions }, roster, submissions, scoring);
		// Other panels differ in what they miss alone: they take the first panel's clip, so that nothing is evaluated again.
		const { clip } = validators[0]!;
		const known = { evaluate: (uid: number, decoded: NonNullable<Submission['decoded']>) => scoring.evaluate(uid, decoded, clip) };
		for (const panel of panels.slice(1))
			for (const validator of panel.validators) await validator.score({ window, checkpointHash: hash, positions }, roster, submissions, known);

		const columns = validators.map((validator) => validator.columns(1n));
		const consensus = rowConsensus(columns, roster.length);
		const rewards = minerRewards(
			consensus.map(({ weight }) => weight),
			values,
		);
		const rowOf = new Map(roster.map(({ uid }, row) => [uid, row]));
		for (const seat of seated) record(seat, index, rewards, rowOf, validators[0]!);
		if (index >= SETTLING_WINDOWS) {
			const friend = rowOf.get(seats[0]!.uids[0]!)!;
			for (const panel of panels) {
				const reported = panel.validators.map((validator) => validator.columns(1n));
				for (const [i, collusion] of COLLUSIONS.entries()) addUp(panel.collusions[i]!, roster, colludedRewards(reported, friend, collusion, values));
			}
		}

		const decoded = new Map(submissions.flatMap((submission) => (submission.decoded === undefined ? [] : [[submission.uid, submission] as const])));
		previous = roster.flatMap(({ uid }, row) => {
			const submission = decoded.get(uid);
			return submission === undefined || !consensus[row]!.accepted ? [] : [{ uid, bytes: submission.bytes, ...submission.decoded!, own: consensus[row]!.own }];
		});
		const gradients = selectGradients(roster, consensus, Number(values.top_g)).map(({ uid }) => decoded.get(uid)!.decoded!.gradient);
		selected.push({ window, index, gradients });

		// The merge of what is before this boundary is anchored while this window runs, and in force in the next.
		if (index > 0 && index % Number(values.checkpoint_frequency) === 0) {
			const merge = createMerge(model.graph.parameters);
			for (const entry of selected) if (entry.index >= activation && entry.index < index) merge.addWindow(entry.gradients);
			const enough = BigInt(merge.count) >= values.min_merge_gradients;
			const merged = enough ? merge.apply(thetaParts(theta, model.graph.parameters), outerLearningRate(values)) : undefined;
			const lossBefore = heldOut.at(-1)!;
			const loss = merged === undefined ? lossBefore : await model.heldOutLoss(merged);
			if (merged !== undefined && loss <= lossBefore * (1 + Number(values.held_out_loss_bound_ppm) / PPM)) {
				const parent = theta;
				lastUpdate = parent.map((value, i) => value - merged[i]!);
				theta = merged;
				hash = checkpointHash(encodeCheckpoint(model.graph, theta));
				activation = index + 1;
				heldOut.push(loss);
			} else {
				if (merged !== undefined) refused++;
				activation = index;
				heldOut.push(lossBefore);
			}
			selected = selected.filter((entry) => entry.index >= activation);
		}
		onWindow(index + 1);
	}
	return {
		population: population.name,
		seed,
		players: seats.map(({ history }) => history),
		collusions: panels.flatMap(({ collusions }) => collusions),
		heldOut,
		refused,
	};
}

/** Honest miners first, then each attack; uids are dealt out by lot. */
function seatAll(population: Population, workplaceOf: (label: string) => Workplace, draw: Xoshiro128): Seat[] {
	const wanted: (AttackName | 'honest')[] = [...Array.from({ length: population.honest }, () => 'honest' as const), ...population.attacks];
	const specs = wanted.map((name) => ({ name, ...(name === 'honest' ? { identities: 1, play: working, joins: 0 } : { joins: 0, ...attackSpec(name) }) }));
	const uids = Array.from({ length: specs.reduce((sum, { identities }) => sum + identities, 0) }, (_, uid) => uid);
	return specs.map(({ name, identities, joins, play }, number) => {
		const dealt = Array.from({ length: identities }, () => uids.splice(draw.below(uids.length), 1)[0]!);
		const workplace = workplaceOf(`${number}/${name}`);
		const history = { name, identities, joins, reward: [], compute: [], ordinal: [], proofOfWork: [], own: [], random: [], overlap: [], codes: {} };
		return { history, uids: dealt, workplace, play: play(workplace) };
	});
}

function record({ history, uids }: Seat, index: number, rewards: readonly number[], rowOf: ReadonlyMap<number, number>, validator: LabValidator): void {
	const rows = uids.map((uid) => validator.rows[rowOf.get(uid)!]!);
	const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	history.reward[index] = uids.reduce((sum, uid) => sum + rewards[rowOf.get(uid)!]!, 0);
	history.ordinal[index] = average(rows.map((row) => Number(ordinal(row)) / NANO));
	history.proofOfWork[index] = average(rows.map((row) => row.proofOfWork / PPM));
	history.overlap[index] = Math.max(0, ...validator.overlaps.filter(({ uid }) => uids.includes(uid)).map(({ ppm }) => ppm / PPM));
	for (const { code, score, random } of rows) {
		history.codes[code] = (history.codes[code] ?? 0) + 1;
		if (score === null) continue;
		history.own.push(score / PPM);
		history.random.push(random / PPM);
	}
}

function addUp(
	history: CollusionHistory,
	roster: readonly RosterEntry[],
	{ honest, colluded }: { readonly honest: readonly number[]; readonly colluded: readonly number[] },
): void {
	for (const [row, { uid }] of roster.entries()) {
		history.honest[uid] = (history.honest[uid] ?? 0) + honest[row]!;
		history.colluded[uid] = (history.colluded[uid] ?? 0) + colluded[row]!;
	}
}
