import { type RowConsensus, rowConsensus } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { ordinal } from '#core/gradient/rating.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import type { MinerOutcome } from '#core/gradient/state.ts';
import type { AttackName } from '#lab/attacks.ts';
import { COLLUSIONS, colludedRewards, minerRewards } from '#lab/payout.ts';
import { FAILED_DOWNLOADS, SETTLING_WINDOWS } from '#lab/settings.ts';
import { LabValidator } from '#lab/validator.ts';
import { Xoshiro128 } from '#model/random.ts';

const PPM = 1e6;
const NANO = 1e9;
const VALIDATORS = 3;

/** One player over a run, a value a window; sums or means over its registrations. */
export interface PlayerHistory {
	readonly name: AttackName | 'honest';
	/** Registrations, each with one stake. */
	readonly uids: readonly number[];
	/** Window of the registration. */
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
	/** Part of a validator's downloads that fail for it alone. */
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
	readonly windows: readonly RecordedWindow[];
}

/** What a window established, from which ratings and weights follow by other parameters as well. */
export interface RecordedWindow {
	readonly uids: readonly number[];
	/** By panel, then by validator, then as `uids`. */
	readonly outcomes: readonly (readonly (readonly MinerOutcome[])[])[];
}

/** Three validators who lose as many downloads, and what a colluding one of them would do. */
export interface Panel {
	readonly failures: number;
	readonly validators: readonly LabValidator[];
	readonly collusions: readonly CollusionHistory[];
}

/** One a rate of failed downloads; the first is the network's. `name` decides which downloads fail. */
export function openPanels(name: string, values: HparamValues): Panel[] {
	return FAILED_DOWNLOADS.map((failures) => ({
		failures,
		validators: Array.from({ length: VALIDATORS }, (_, uid) => new LabValidator(uid, values, Xoshiro128.seeded(`${name}/validator/${uid}`), failures)),
		collusions: COLLUSIONS.map(({ name: stake }): CollusionHistory => ({ name: stake, failures, honest: [], colluded: [] })),
	}));
}

/** Medians and rewards of a window that the validators have rated, into the histories; the first player is the colluders' friend. Returns the first panel's medians by roster row. */
export function settle(
	index: number,
	roster: readonly RosterEntry[],
	panels: readonly Panel[],
	players: readonly PlayerHistory[],
	values: HparamValues,
): RowConsensus[] {
	const { validators } = panels[0]!;
	const consensus = rowConsensus(
		validators.map((validator) => validator.columns(1n)),
		roster.length,
	);
	const rewards = minerRewards(
		consensus.map(({ weight }) => weight),
		values,
	);
	const rowOf = new Map(roster.map(({ uid }, row) => [uid, row]));
	for (const player of players) if (player.joins <= index) record(player, index, rewards, rowOf, validators[0]!);
	if (index < SETTLING_WINDOWS) return consensus;
	const friend = rowOf.get(players[0]!.uids[0]!)!;
	for (const panel of panels) {
		const reported = panel.validators.map((validator) => validator.columns(1n));
		for (const [i, collusion] of COLLUSIONS.entries()) addUp(panel.collusions[i]!, roster, colludedRewards(reported, friend, collusion, values));
	}
	return consensus;
}

function record(history: PlayerHistory, index: number, rewards: readonly number[], rowOf: ReadonlyMap<number, number>, validator: LabValidator): void {
	const { uids } = history;
	const rows = uids.map((uid) => validator.rows[rowOf.get(uid)!]!);
	const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	history.reward[index] = uids.reduce((sum, uid) => sum + rewards[rowOf.get(uid)!]!, 0);
	history.ordinal[index] = average(rows.map((row) => Number(ordinal(row)) / NANO));
	history.proofOfWork[index] = average(rows.map((row) => row.proofOfWork / PPM));
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
