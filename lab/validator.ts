import { MINER_CODE } from '#core/gradient/codes.ts';
import type { ValidatorColumns } from '#core/gradient/consensus.ts';
import { copyTier, keptSketches, largestOverlaps } from '#core/gradient/copies.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { clipNorm } from '#core/gradient/score.ts';
import { type MinerOutcome, nextRows } from '#core/gradient/state.ts';
import type { Overlap, StoredSketch } from '#core/gradient/state-file.ts';
import type { Scoring, Submission } from '#lab/scoring.ts';
import type { Xoshiro128 } from '#model/random.ts';

const PPM = 1e6;

export interface ScoredWindow {
	readonly window: bigint;
	/** The same array for the same checkpoint. */
	readonly checkpointHash: Uint8Array;
	/** Chunks · 4096. */
	readonly positions: number;
}

/** What one validator's chain of payloads carries from window to window. */
export class LabValidator {
	readonly uid: number;
	/** The last payload's. */
	rows: readonly MinerRow[] = [];
	/** Of the last window. */
	overlaps: readonly Overlap[] = [];
	clip = 0;
	#sketches: readonly StoredSketch[] = [];
	#sketchesOf: Uint8Array | undefined;
	readonly #values: HparamValues;
	readonly #downloads: Xoshiro128;
	readonly #failedDownloads: number;

	/** `downloads` decides which of this validator's downloads fail. */
	constructor(uid: number, values: HparamValues, downloads: Xoshiro128, failedDownloads: number) {
		this.uid = uid;
		this.#values = values;
		this.#downloads = downloads;
		this.#failedDownloads = failedDownloads;
	}

	/** The steps of an enclave's session: measure, compare, freeze with a clip norm, evaluate, rank and rate. `submissions` in order of commitment. */
	async score(
		{ window, checkpointHash, positions }: ScoredWindow,
		roster: readonly RosterEntry[],
		submissions: readonly Submission[],
		scoring: Scoring,
	): Promise<void> {
		if (this.#sketchesOf !== checkpointHash) this.#sketches = [];
		this.#sketchesOf = checkpointHash;
		const fetched = submissions.filter(() => this.#downloads.next() >= this.#failedDownloads * 2 ** 32);
		const sketched = submissions.flatMap((submission, seq) =>
			submission.decoded === undefined || !fetched.includes(submission) ? [] : [{ uid: submission.uid, generation: 0, seq, ...submission.decoded.sketches }],
		);
		const overlaps = largestOverlaps({ window, positions }, sketched, this.#sketches);
		const tiers = new Map(overlaps.map(({ uid, ppm }) => [uid, copyTier(ppm, this.#values)]));
		const isCopied = (uid: number) => tiers.get(uid) === 'copied' || tiers.get(uid) === 'excluded';
		const counted = fetched.filter(({ uid, code }) => code === MINER_CODE.scored && !isCopied(uid));

		const weighted = new Set(this.rows.filter(({ weight }) => weight > 0).map(({ uid, generation }) => `${uid}/${generation}`));
		const clip = clipNorm(
			counted.map(({ uid, decoded }) => ({ norm: decoded!.norm, hadWeight: weighted.has(`${uid}/0`) })),
			Number(this.#values.norm_min_ppm) / PPM,
			Number(this.#values.norm_max_ppm) / PPM,
		);
		const outcomes = new Map<number, MinerOutcome>(submissions.map(({ uid }) => [uid, { kind: 'failed', code: MINER_CODE.unavailable }]));
		for (const { uid, code } of fetched)
			outcomes.set(uid, { kind: 'failed', code: code === MINER_CODE.scored ? MINER_CODE.copied : code, isExcluded: tiers.get(uid) === 'excluded' });
		for (const { uid, decoded } of counted)
			outcomes.set(uid, { kind: 'scored', ...(await scoring.evaluate(uid, decoded!, clip)), isHalved: tiers.get(uid) === 'halved' });
		this.rows = nextRows(
			roster.map((entry) => ({ ...entry, outcome: outcomes.get(entry.uid) ?? { kind: 'absent' } })),
			this.rows,
			this.#values,
		);
		this.overlaps = overlaps;
		this.clip = clip;
		const scored = sketched.filter(({ uid }) => outcomes.get(uid)?.kind === 'scored');
		this.#sketches = keptSketches(window, this.#sketches, scored, this.#values);
	}

	columns(stake: bigint): ValidatorColumns {
		return { uid: this.uid, stake, rows: this.rows.map(({ code, score, random, weight }) => ({ code, score: score ?? 0, random, weight })) };
	}
}
