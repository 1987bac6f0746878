import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '#core/bytes.ts';
import { windowBatches } from '#core/gradient/batches.ts';
import { chunkCount, gradientForm } from '#core/gradient/codec.ts';
import { selectGradients } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { createMerge, outerLearningRate, thetaParts } from '#core/gradient/merge.ts';
import { intervalSketchSeed, windowSketchSeed } from '#core/gradient/overlap.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { type AttackName, attackSpec, type Population } from '#lab/attacks.ts';
import { openPanels, type PlayerHistory, type RecordedWindow, type RunResult, settle } from '#lab/books.ts';
import type { LabModel } from '#lab/model.ts';
import { type Player, working } from '#lab/players.ts';
import { openSubmission, type Submission, WindowScoring } from '#lab/scoring.ts';
import type { LabValidator } from '#lab/validator.ts';
import { type PublicGradient, type PublicView, Workplace } from '#lab/workplace.ts';
import { describeModel } from '#model/manifest.ts';
import { Xoshiro128 } from '#model/random.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';

const PPM = 1e6;

export interface RunRequest {
	readonly population: Population;
	readonly seed: number;
	readonly windows: number;
	readonly values: HparamValues;
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
	const panels = openPanels(name, values);
	const { validators } = panels[0]!;

	let theta = model.genesis;
	let hash = checkpointHash(encodeCheckpoint(model.graph, theta));
	let activation = 0;
	let selected: { readonly window: bigint; readonly index: number; readonly gradients: readonly SparseGradient[] }[] = [];
	let previous: readonly PublicGradient[] = [];
	let lastUpdate: Float32Array | undefined;
	let refused = 0;
	const recorded: RecordedWindow[] = [];
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
		const scored = { window, checkpointHash: hash, positions };
		// Other panels differ in what they miss alone: they take the first panel's clip, so that nothing is evaluated again.
		const known = { evaluate: (uid: number, decoded: NonNullable<Submission['decoded']>) => scoring.evaluate(uid, decoded, validators[0]!.clip) };
		for (const panel of panels) {
			const brought = bring(panel.validators, submissions);
			const by = panel.validators === validators ? scoring : known;
			for (const [v, validator] of panel.validators.entries()) await validator.score(scored, roster, submissions, brought[v]!, by);
		}

		recorded.push({
			uids: roster.map(({ uid }) => uid),
			outcomes: panels.map((panel) => panel.validators.map(({ outcomes }) => roster.map(({ uid }) => outcomes.get(uid)!))),
		});
		for (const { uids, history } of seated)
			history.overlap[index] = Math.max(0, ...validators[0]!.overlaps.filter(({ uid }) => uids.includes(uid)).map(({ ppm }) => ppm / PPM));
		const consensus = settle(
			index,
			roster,
			panels,
			seats.map(({ history }) => history),
			values,
		);

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
		windows: recorded,
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
		const history = {
			name,
			uids: dealt,
			joins,
			reward: [],
			compute: [],
			ordinal: [],
			proofOfWork: [],
			own: [],
			random: [],
			overlap: [],
			codes: {},
		};
		return { history, uids: dealt, workplace, play: play(workplace) };
	});
}

/**
 * What each validator has bytes of: from the miners, then from what the others publish. The last one, which is the colluder where there is one (lab/payout.ts), publishes
 * nothing: what it does not do must not help.
 */
function bring(validators: readonly LabValidator[], submissions: readonly Submission[]): readonly ReadonlySet<number>[] {
	const brought = validators.map((validator) => validator.download(submissions));
	const published = brought.slice(0, -1).map((uids) => new Set(uids));
	for (const [v, validator] of validators.entries())
		validator.downloadPublished(
			brought[v]!,
			submissions,
			published.filter((_, publisher) => publisher !== v),
		);
	return brought;
}
