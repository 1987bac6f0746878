import { MINER_CODE } from '#core/gradient/codes.ts';
import type { ValidatorColumns } from '#core/gradient/consensus.ts';
import { keptSketches, largestOverlaps } from '#core/gradient/copies.ts';
import { freezeSet, outcomeOf } from '#core/gradient/frozen-set.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { type MinerOutcome, nextRows } from '#core/gradient/state.ts';
import type { Overlap, StoredSketch } from '#core/gradient/state-file.ts';
import type { Improvements, Scoring, Submission } from '#lab/scoring.ts';
import type { Xoshiro128 } from '#model/random.ts';

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
	/** Of the last window, by uid. */
	outcomes: ReadonlyMap<number, MinerOutcome> = new Map();
	#sketches: readonly StoredSketch[] = [];
	#sketchesOf: Uint8Array | undefined;
	readonly #values: HparamValues;
	readonly #downloads: Xoshiro128;
	readonly #failedDownloads: number;

	/** `downloads` decides which of this validator's downloads fail, `failedDownloads` how many. */
	constructor(uid: number, values: HparamValues, downloads: Xoshiro128, failedDownloads: number) {
		this.uid = uid;
		this.#values = values;
		this.#downloads = downloads;
		this.#failedDownloads = failedDownloads;
	}

	/** Uids of the objects that it gets out of the miners' own stores. */
	download(submissions: readonly Submission[]): Set<number> {
		return new Set(submissions.filter(() => this.#arrives()).map(({ uid }) => uid));
	}

	/** Adds what other validators have and publish; that download may fail as well. */
	downloadPublished(brought: Set<number>, submissions: readonly Submission[], published: readonly ReadonlySet<number>[]): void {
		for (const { uid } of submissions) {
			for (const publisher of published) if (!brought.has(uid) && publisher.has(uid) && this.#arrives()) brought.add(uid);
		}
	}

	#arrives(): boolean {
		return this.#downloads.next() >= this.#failedDownloads * 2 ** 32;
	}

	/** The steps of an enclave's session: measure, compare, freeze with a clip norm, evaluate, rank and rate. `submissions` in order of commitment, `brought` those that there are bytes of. */
	async score(
		{ window, checkpointHash, positions }: ScoredWindow,
		roster: readonly RosterEntry[],
		submissions: readonly Submission[],
		brought: ReadonlySet<number>,
		scoring: Scoring,
	): Promise<void> {
		if (this.#sketchesOf !== checkpointHash) this.#sketches = [];
		this.#sketchesOf = checkpointHash;
		const fetched = submissions.filter(({ uid }) => brought.has(uid));
		const sketched = submissions.flatMap((submission, seq) =>
			submission.decoded === undefined || !fetched.includes(submission) ? [] : [{ uid: submission.uid, generation: 0, seq, ...submission.decoded.sketches }],
		);
		const overlaps = largestOverlaps({ window, positions }, sketched, this.#sketches);
		const testimony = new Map(submissions.filter((submission) => !fetched.includes(submission)).map(({ uid }) => [uid, MINER_CODE.unavailable]));
		const committed = new Set(submissions.map(({ uid }) => uid));
		const measured = new Map(fetched.map(({ uid, code, decoded }) => [uid, { code, norm: decoded?.norm ?? 0 }]));
		const frozen = freezeSet({ roster, committed, drawn: committed, measured, testimony, overlaps, previousRows: this.rows }, this.#values);
		const scores = new Map<number, Improvements>();
		for (const { uid, decoded } of fetched)
			if (frozen.codes.get(uid) === MINER_CODE.scored) scores.set(uid, await scoring.evaluate(uid, decoded!, frozen.clipNorm));
		this.rate(roster, new Map(roster.map(({ uid }) => [uid, outcomeOf(uid, frozen, (of) => scores.get(of)!)])));
		this.overlaps = overlaps;
		this.clip = frozen.clipNorm;
		const scored = sketched.filter(({ uid }) => scores.has(uid));
		this.#sketches = keptSketches(window, this.#sketches, scored, this.#values);
	}

	/** The next rows of its chain. */
	rate(roster: readonly RosterEntry[], outcomes: ReadonlyMap<number, MinerOutcome>): void {
		this.outcomes = outcomes;
		this.rows = nextRows(
			roster.map((entry) => ({ ...entry, outcome: outcomes.get(entry.uid)! })),
			this.rows,
			this.#values,
		);
	}

	columns(stake: bigint): ValidatorColumns {
		return { uid: this.uid, stake, rows: this.rows.map(({ code, score, random, weight }) => ({ code, score: score ?? 0, random, weight })) };
	}
}
