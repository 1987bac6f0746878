import type { HparamValues } from '#core/gradient/hparams.ts';
import { overlapOf, type Sketch } from '#core/gradient/overlap.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { MAX_SKETCHES, type Overlap, type StoredSketch } from '#core/gradient/state-file.ts';

/** A gradient of this window that decodes. */
export interface SketchedGradient extends RosterEntry {
	/** Of its commitment: who comes first. */
	readonly seq: number;
	/** Under the window's seed. */
	readonly inWindow: Sketch;
	/** Under the interval's seed. */
	readonly inInterval: Sketch;
}

/**
 * The largest overlap of each gradient with an earlier one: with a lower `seq` in this window, or of an earlier window of the interval. Of equal ones that with the
 * earliest. Ascending uid; who overlaps with nobody is left out. A miner's own earlier gradients count as anybody's: honest ones have less in common with each other than with
 * others' (docs/protocol.md), and what is handed in again is no work. `positions`: chunks of the model · 4096.
 */
export function largestOverlaps(
	{ window, positions }: { readonly window: bigint; readonly positions: number },
	gradients: readonly SketchedGradient[],
	earlier: readonly StoredSketch[],
): Overlap[] {
	const bySeq = gradients.toSorted((a, b) => a.seq - b.seq);
	const largest = bySeq.map(({ uid }): Overlap => ({ uid, ppm: 0, other: { uid: 0, generation: 0, window: 0n } }));
	const consider = (index: number, ppm: number, other: Overlap['other']) => {
		if (ppm > largest[index]!.ppm) largest[index] = { uid: bySeq[index]!.uid, ppm, other };
	};
	const across = new Holders(bySeq.length);
	for (const [index, { inInterval }] of bySeq.entries()) across.add(index, inInterval);
	for (const { uid, generation, window: of, sketch } of earlier) {
		for (const [index, common] of across.commonWith(sketch).entries()) {
			const { inInterval } = bySeq[index]!;
			if (common > 0) consider(index, overlapOf(inInterval, sketch, common, positions, largest[index]!.ppm), { uid, generation, window: of });
		}
	}
	const inside = new Holders(bySeq.length);
	for (const [index, { inWindow }] of bySeq.entries()) {
		for (const [before, common] of inside.commonWith(inWindow).entries()) {
			const { uid, generation, inWindow: other } = bySeq[before]!;
			if (common > 0) consider(index, overlapOf(inWindow, other, common, positions, largest[index]!.ppm), { uid, generation, window });
		}
		inside.add(index, inWindow);
	}
	return largest.filter(({ ppm }) => ppm > 0).sort((a, b) => a.uid - b.uid);
}

/** Who holds each hash: a full interval has 25 600 sketches, too many to go through each again for each gradient. */
class Holders {
	readonly #byHash = new Map<number, number[]>();
	readonly #common: Uint32Array;

	constructor(size: number) {
		this.#common = new Uint32Array(size);
	}

	add(index: number, { hashes }: Sketch): void {
		for (const hash of hashes) {
			const known = this.#byHash.get(hash);
			if (known === undefined) this.#byHash.set(hash, [index]);
			else known.push(index);
		}
	}

	/** Hashes in common with each that was added; overwritten by the next call. */
	commonWith({ hashes }: Sketch): Uint32Array {
		this.#common.fill(0);
		for (const hash of hashes) for (const index of this.#byHash.get(hash) ?? []) this.#common[index]!++;
		return this.#common;
	}
}

/** What an overlap costs. `halved`: half of the window's weight. `copied`: the code of that name. `excluded`: that, and all proof of work. */
export type CopyTier = 'none' | 'halved' | 'copied' | 'excluded';

export type CopyParameters = Pick<HparamValues, 'copy_halve_overlap_ppm' | 'copy_reject_overlap_ppm' | 'copy_exclude_overlap_ppm'>;

export function copyTier(ppm: number, { copy_halve_overlap_ppm, copy_reject_overlap_ppm, copy_exclude_overlap_ppm }: CopyParameters): CopyTier {
	if (BigInt(ppm) >= copy_exclude_overlap_ppm) return 'excluded';
	if (BigInt(ppm) >= copy_reject_overlap_ppm) return 'copied';
	return BigInt(ppm) >= copy_halve_overlap_ppm ? 'halved' : 'none';
}

/**
 * The sketches that go into the state after a window: those of before and of this window's scored gradients, of the latest `max_merge_windows` windows, which are all that the
 * next merge can hold, and at most {@link MAX_SKETCHES}: the oldest windows go first, each as a whole.
 */
export function keptSketches(
	window: bigint,
	earlier: readonly StoredSketch[],
	scored: readonly Pick<SketchedGradient, 'uid' | 'generation' | 'inInterval'>[],
	{ max_merge_windows }: Pick<HparamValues, 'max_merge_windows'>,
): StoredSketch[] {
	const present = scored.map(({ uid, generation, inInterval }) => ({ window, uid, generation, sketch: inInterval })).sort((a, b) => a.uid - b.uid);
	const all = [...earlier.filter((stored) => stored.window + max_merge_windows > window), ...present];
	const excess = all.length - MAX_SKETCHES;
	if (excess <= 0) return all;
	const lastToGo = all[excess - 1]!.window;
	return all.filter((stored) => stored.window > lastToGo);
}
