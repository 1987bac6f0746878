import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { INTERVAL_SKETCH_HASHES, intervalSketchSeed, sketchOf } from '#core/gradient/overlap.ts';
import { lowerMedian } from '#core/gradient/score.ts';
import { jitter, meanCoefficients, relocate } from '#lab/coefficients.ts';
import { FULL_WORK } from '#lab/settings.ts';
import type { PublicGradient, PublicView, Workplace } from '#lab/workplace.ts';
import { ErrorFeedback } from '#miner/error-feedback.ts';

/** Who acts for some registrations at once: the object that each commits, undefined for none. */
export type Player = (view: PublicView, uids: readonly number[]) => Promise<readonly (Uint8Array | undefined)[]>;

/** One registration's way to its object. */
type Maker = (view: PublicView, uid: number) => Promise<Uint8Array | undefined>;

const each =
	(maker: Maker): Player =>
	async (view, uids) => {
		const objects: (Uint8Array | undefined)[] = [];
		for (const uid of uids) objects.push(await maker(view, uid));
		return objects;
	};

export interface WorkOptions {
	readonly steps?: number;
	/** Part of the own batch that is looked at. */
	readonly batchPart?: number;
	/** Factor on what is sent; or `median`: up to the lower median norm of the window before. */
	readonly inflate?: number | 'median';
}

/** The reference miner's work, or less of it, or louder: error feedback as the miner has it. */
function worker(workplace: Workplace, { steps = FULL_WORK.steps, batchPart = 1, inflate = 1 }: WorkOptions = {}): Maker {
	const feedback = new ErrorFeedback();
	return async (view, uid) => {
		const dense = feedback.correct(view.window, await workplace.train(view, uid, { ...FULL_WORK, steps }, batchPart));
		const factor = inflate === 'median' ? towardsMedian(dense, view.previous) : inflate;
		const { bytes, residual } = workplace.encode(
			view,
			uid,
			dense.map((value) => value * factor),
		);
		feedback.keep(
			view.window,
			residual.map((value) => value / factor),
		);
		return bytes;
	};
}

function towardsMedian(dense: Float32Array, previous: readonly PublicGradient[]): number {
	if (previous.length === 0) return 1;
	return Math.max(1, lowerMedian(previous.map(({ norm }) => norm)) / Math.sqrt(dense.reduce((sum, value) => sum + value * value, 0)));
}

export const working = (workplace: Workplace, options: WorkOptions = {}): Player => each(worker(workplace, options));

/** As `player`, in every other window. */
export const everyOther =
	(player: Player): Player =>
	async (view, uids) =>
		view.index % 2 === 0 ? player(view, uids) : uids.map(() => undefined);

/** One machine's steps shared out over all its registrations, each on its own batch. */
export function split(workplace: Workplace, identities: number): Player {
	const makers = Array.from({ length: identities }, (_, i) => {
		const steps = Math.floor(((i + 1) * FULL_WORK.steps) / identities) - Math.floor((i * FULL_WORK.steps) / identities);
		return worker(workplace, { steps });
	});
	return async (view, uids) => {
		const objects: (Uint8Array | undefined)[] = [];
		for (const [i, uid] of uids.entries()) objects.push(await makers[i]!(view, uid));
		return objects;
	};
}

/** Several registrations, one machine: it looks at every own batch and works on the one that has most to gain; the others commit nothing. */
export function batchShopper(workplace: Workplace): Player {
	const makers = new Map<number, Maker>();
	return async (view, uids) => {
		const losses: number[] = [];
		for (const uid of uids) losses.push(await workplace.ownLoss(view, uid));
		const best = losses.indexOf(Math.max(...losses));
		const maker = makers.get(uids[best]!) ?? worker(workplace);
		makers.set(uids[best]!, maker);
		const object = await maker(view, uids[best]!);
		return uids.map((_, i) => (i === best ? object : undefined));
	};
}

export const signFlipped = (workplace: Workplace): Player =>
	each(async (view, uid) => {
		const dense = await workplace.train(view, uid, FULL_WORK);
		return workplace.encode(
			view,
			uid,
			dense.map((value) => -value),
		).bytes;
	});

/** About an honest gradient's size, so that the clip does not matter. */
const NOISE_SCALE = 0.002;

export const noise = (workplace: Workplace): Player =>
	each(
		async (view, uid) =>
			workplace.encode(
				view,
				uid,
				Float32Array.from({ length: workplace.parameters }, () => workplace.random.nearlyNormal() * NOISE_SCALE),
			).bytes,
	);

/** Well-formed, and nothing in it. */
export const idle = (workplace: Workplace): Player =>
	each(async (view, uid) => {
		const dense = new Float32Array(workplace.parameters);
		dense[0] = 1e-12;
		return workplace.encode(view, uid, dense).bytes;
	});

/** Honest work in one window of `every`, sent again under new headers in the others. */
export function stale(workplace: Workplace, every: number): Player {
	let kept: Uint8Array | undefined;
	return each(async (view, uid) => {
		if (kept === undefined || view.index % every === 1) kept = workplace.encode(view, uid, await workplace.train(view, uid, FULL_WORK)).bytes;
		return workplace.relabel(view, uid, kept);
	});
}

/** Of the gradients of the window before that are not the thief's, the one with the best score but so many: thieves that take the same one are each other's copies. */
function victim(view: PublicView, uid: number, rank: number): PublicGradient | undefined {
	const others = view.previous.filter((other) => other.uid !== uid).sort((a, b) => b.own - a.own);
	return others[Math.min(rank, others.length - 1)];
}

export const copy = (workplace: Workplace): Player =>
	each(async (view, uid) => {
		const stolen = victim(view, uid, 0);
		return stolen && workplace.relabel(view, uid, stolen.bytes);
	});

/** A copy with every value changed by up to a fifth and a part of the coefficients at other places. */
export const disguisedCopy = (workplace: Workplace, moved: number): Player =>
	each(async (view, uid) => {
		const stolen = victim(view, uid, 1);
		if (stolen === undefined) return undefined;
		const coefficients = meanCoefficients([stolen.gradient]);
		jitter(coefficients, 0.2, workplace.random);
		relocate(coefficients, () => workplace.random.next() < moved * 2 ** 32, workplace.random);
		return workplace.encodeCoefficients(view, uid, coefficients, stolen);
	});

/**
 * A copy that knows which positions the interval's sketch samples (their seed is public) and moves just these, and a few as in {@link disguisedCopy}: no overlap is seen across windows.
 */
export const sketchAwareCopy = (workplace: Workplace): Player =>
	each(async (view, uid) => {
		const stolen = victim(view, uid, 2);
		if (stolen === undefined) return undefined;
		const coefficients = meanCoefficients([stolen.gradient]);
		const sampled = sampledPositions(stolen.gradient, intervalSketchSeed(view.network, view.checkpointHash));
		relocate(coefficients, (position) => sampled.has(position), workplace.random);
		return workplace.encodeCoefficients(view, uid, coefficients, stolen);
	});

/** Positions that the interval's sketch of a gradient holds: without one of them the sketch is another. */
function sampledPositions({ header, starts, indices }: SparseGradient, seed: Uint8Array): Set<number> {
	const sketch = new Set(sketchOf({ header, starts, indices }, seed, 2 * INTERVAL_SKETCH_HASHES).hashes);
	const sampled = new Set<number>();
	for (let chunk = 0; chunk < header.chunkCount; chunk++) {
		for (let k = starts[chunk]!; k < starts[chunk + 1]!; k++) {
			const one = { header: { ...header, chunkCount: chunk + 1 }, starts: singleStart(chunk), indices: indices.subarray(k, k + 1) };
			if (sketch.has(sketchOf(one, seed, 1).hashes[0]!)) sampled.add(chunk * CHUNK_ELEMENTS + indices[k]!);
		}
	}
	return sampled;
}

/** Starts of a gradient whose only coefficient is in this chunk, its last. */
function singleStart(chunk: number): Uint32Array {
	const starts = new Uint32Array(chunk + 2);
	starts[chunk + 1] = 1;
	return starts;
}

export const average = (workplace: Workplace): Player =>
	each(async (view, uid) => {
		const others = view.previous.filter((other) => other.uid !== uid);
		if (others.length === 0) return undefined;
		return workplace.encodeCoefficients(view, uid, meanCoefficients(others.map(({ gradient }) => gradient)), others[0]!);
	});

export const lastUpdate = (workplace: Workplace): Player =>
	each(async (view, uid) => (view.lastUpdate === undefined ? undefined : workplace.encode(view, uid, view.lastUpdate).bytes));
