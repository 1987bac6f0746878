import { MINER_CODE } from '#core/gradient/codes.ts';
import type { ValidatorColumns } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { clipNorm } from '#core/gradient/score.ts';
import { type MinerOutcome, nextRows } from '#core/gradient/state.ts';
import type { Submission, WindowScoring } from '#lab/scoring.ts';
import type { Xoshiro128 } from '#model/random.ts';

const PPM = 1e6;

/** What one validator's chain of payloads carries from window to window. */
export class LabValidator {
	readonly uid: number;
	/** The last payload's. */
	rows: readonly MinerRow[] = [];
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

	/** The steps of an enclave's session: measure, freeze with a clip norm, evaluate, rank and rate. `submissions` in order of commitment. */
	async score(roster: readonly RosterEntry[], submissions: readonly Submission[], scoring: WindowScoring): Promise<void> {
		const codes = this.#codes(submissions);
		const weighted = new Set(this.rows.filter(({ weight }) => weight > 0).map(({ uid, generation }) => `${uid}/${generation}`));
		const measured = submissions.filter(({ uid }) => codes.get(uid) === MINER_CODE.scored);
		const clip = clipNorm(
			measured.map(({ uid, decoded }) => ({ norm: decoded!.norm, hadWeight: weighted.has(`${uid}/0`) })),
			Number(this.#values.norm_min_ppm) / PPM,
			Number(this.#values.norm_max_ppm) / PPM,
		);
		const outcomes = new Map<number, MinerOutcome>();
		for (const { uid, decoded } of submissions) {
			const code = codes.get(uid)!;
			outcomes.set(uid, code === MINER_CODE.scored ? { kind: 'scored', ...(await scoring.evaluate(uid, decoded!, clip)) } : { kind: 'failed', code });
		}
		this.rows = nextRows(
			roster.map((entry) => ({ ...entry, outcome: outcomes.get(entry.uid) ?? { kind: 'absent' } })),
			this.rows,
			this.#values,
		);
	}

	columns(stake: bigint): ValidatorColumns {
		return { uid: this.uid, stake, rows: this.rows.map(({ code, score, random, weight }) => ({ code, score: score ?? 0, random, weight })) };
	}

	/** Of equal bodies the one that was committed first stays. */
	#codes(submissions: readonly Submission[]): Map<number, number> {
		const first = new Map<string, number>();
		const codes = new Map<number, number>();
		for (const { uid, code, bodySha256 } of submissions) {
			if (this.#downloads.next() < this.#failedDownloads * 2 ** 32) {
				codes.set(uid, MINER_CODE.unavailable);
				continue;
			}
			const copied = code === MINER_CODE.scored && first.has(bodySha256);
			if (code === MINER_CODE.scored && !copied) first.set(bodySha256, uid);
			codes.set(uid, copied ? MINER_CODE.copied : code);
		}
		return codes;
	}
}
