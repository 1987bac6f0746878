import { equalBytes } from '#core/bytes.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { type CopyTier, copyTier } from '#core/gradient/copies.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow, Payload } from '#core/gradient/payload.ts';
import { ordinal, type Rating } from '#core/gradient/rating.ts';
import { rankingKey } from '#core/gradient/score.ts';
import { type MinerOutcome, nextRows, stateFileOf, windowRanks } from '#core/gradient/state.ts';
import { decodeStateFile, type Overlap, type StateFile, stateFileDigest } from '#core/gradient/state-file.ts';
import { rawWeight, weightedIn } from '#core/gradient/weight.ts';
import { usualWork, workSign, workSignal } from '#core/gradient/work.ts';

/** What a miner's row was made from. */
export interface StateBefore extends Rating {
	readonly proofOfWork: number;
	readonly missed: number;
	/** Not in the previous payload with this generation: it starts from the parameters. */
	readonly isNew: boolean;
}

export interface WorkShown {
	/** Of a scored miner: 1, 0 or −1; of a failed one −1. */
	readonly sign: number;
	/** own − random of a usual miner, micro-nats, and what this one's counts as, ppm; undefined without the previous payload, which says whom the median is over. */
	readonly comparison: { readonly usual: number; readonly signal: number } | undefined;
}

/** The way from what was measured of one miner to its weight, each number by the function that the enclave uses. */
export interface Derivation {
	readonly outcome: MinerOutcome;
	/** What larger gradients of the window were clipped to. */
	readonly clipNorm: number;
	/** Of those who are ranked; undefined for an absent miner. `tied`: how many share the rank, itself included. */
	readonly ranking: { readonly key: number | undefined; readonly rank: number; readonly ranked: number; readonly tied: number } | undefined;
	/** Of who committed and was drawn. */
	readonly work: WorkShown | undefined;
	readonly signed: MinerRow;
	/** The earlier gradient that it shares most positions with, none when it shares none; undefined when the state file is not at hand. */
	readonly copy: { readonly overlap: Overlap | undefined; readonly tier: CopyTier } | undefined;
	readonly ordinalAfter: bigint;
	/** As core/gradient/weight.ts shares it out: of this miner, and of all; 0 without a score. */
	readonly rawWeight: bigint;
	readonly rawTotal: bigint;
	/** Whether the state file, whose digest is the header's `state_after`, is of the signed rows; undefined when it is not at hand. */
	readonly stateHolds: boolean | undefined;
	/** Undefined when the previous payload is not at hand. */
	readonly recomputed:
		| {
				readonly before: StateBefore;
				readonly row: MinerRow;
				/** Columns of this miner's row in which what was signed differs. */
				readonly differing: readonly (keyof MinerRow)[];
				/** Uids of all rows that differ anywhere. */
				readonly differingRows: readonly number[];
		  }
		| undefined;
}

/**
 * Derives a miner's row of a signed payload again. `previousRows`: of the payload that this one names as the previous, none at the first or after a reset;
 * undefined when it is not at hand. `state`: the bytes whose SHA-256 is the header's `state_after`, undefined when they are not at hand; without them a weight that was halved
 * comes out as whole. Undefined when the miner is not in the payload.
 */
export function deriveMinerRow(
	payload: Payload,
	uid: number,
	previousRows: readonly MinerRow[] | undefined,
	values: HparamValues,
	state?: Uint8Array,
): Derivation | undefined {
	const { miners } = payload;
	const stateFile = state === undefined ? undefined : decodeStateFile(state);
	const tiers = new Map(stateFile?.overlaps.map((overlap) => [overlap.uid, copyTier(overlap.ppm, values)]));
	const index = miners.findIndex((row) => row.uid === uid);
	const signed = miners[index];
	if (signed === undefined) return undefined;
	const outcomes = miners.map((row) => outcomeOf(row, tiers.get(row.uid)));
	const outcome = outcomes[index]!;
	const ranks = windowRanks(outcomes);
	const rank = ranks[index];
	const raw = miners.map((row) => rawWeight({ ...row, scored: row.code === MINER_CODE.scored, halved: tiers.get(row.uid) === 'halved' }, values));
	return {
		outcome,
		clipNorm: payload.header.medianNorm,
		ranking: rank === undefined ? undefined : rankingOf(outcome, rank, ranks),
		work: workOf(miners, outcomes, index, previousRows, values),
		signed,
		copy: stateFile === undefined ? undefined : { overlap: stateFile.overlaps.find((overlap) => overlap.uid === uid), tier: tiers.get(uid) ?? 'none' },
		stateHolds: stateFile === undefined ? undefined : equalBytes(stateFileDigest(rowsInto(stateFile, miners)), payload.header.stateAfter),
		ordinalAfter: ordinal(signed),
		rawWeight: raw[index]!,
		rawTotal: raw.reduce((sum, weight) => sum + weight, 0n),
		recomputed: previousRows === undefined ? undefined : recompute(payload, index, outcomes, previousRows, values),
	};
}

/** Without a tier at hand, proof of work of −1 after a copy says that it was excluded. */
function outcomeOf({ code, score, random, proofOfWork }: MinerRow, tier: CopyTier | undefined): MinerOutcome {
	if (code === MINER_CODE.scored) return { kind: 'scored', own: score ?? 0, random, isHalved: tier === 'halved' };
	if (code === MINER_CODE.not_committed) return { kind: 'absent' };
	if (code === MINER_CODE.not_drawn) return { kind: 'not_drawn' };
	return { kind: 'failed', code, isExcluded: code === MINER_CODE.copied && (tier === undefined ? proofOfWork === -1_000_000 : tier === 'excluded') };
}

/** As if the state had been made of these rows. */
function rowsInto({ resultsSha256: _, ...state }: StateFile, rows: readonly MinerRow[]): Uint8Array {
	return stateFileOf(rows, state);
}

function rankingOf(outcome: MinerOutcome, rank: number, ranks: readonly (number | undefined)[]): Derivation['ranking'] {
	return {
		key: outcome.kind === 'scored' ? rankingKey(outcome.own, outcome.random) : undefined,
		rank,
		ranked: ranks.filter((other) => other !== undefined).length,
		tied: ranks.filter((other) => other === rank).length,
	};
}

function workOf(
	miners: readonly MinerRow[],
	outcomes: readonly MinerOutcome[],
	index: number,
	previousRows: readonly MinerRow[] | undefined,
	values: HparamValues,
): WorkShown | undefined {
	const outcome = outcomes[index]!;
	switch (outcome.kind) {
		case 'scored': {
			const sign = workSign(outcome.own, outcome.random, values.proof_of_work_margin_ppm);
			if (previousRows === undefined) return { sign, comparison: undefined };
			const hadWeight = weightedIn(previousRows);
			const usual = usualWork(miners.map((row, at) => ({ outcome: outcomes[at]!, hadWeight: hadWeight(row) })))!;
			return { sign, comparison: { usual, signal: workSignal(outcome.own, outcome.random, usual, values.proof_of_work_margin_ppm) } };
		}
		case 'failed':
			return { sign: -1, comparison: undefined };
		case 'not_drawn':
		case 'absent':
			return undefined;
		default:
			return outcome satisfies never;
	}
}

function recompute(
	{ miners }: Payload,
	index: number,
	outcomes: readonly MinerOutcome[],
	previousRows: readonly MinerRow[],
	values: HparamValues,
): Derivation['recomputed'] {
	const { uid, generation } = miners[index]!;
	const rows = nextRows(
		miners.map((row, at) => ({ uid: row.uid, generation: row.generation, outcome: outcomes[at]! })),
		previousRows,
		values,
	);
	const earlier = previousRows.find((row) => row.uid === uid && row.generation === generation);
	const start = { mu: values.rating_mu_nano, sigma: values.rating_sigma_nano, proofOfWork: 0, missed: 0, isNew: true };
	const differing = rows.map((row, at) => (Object.keys(row) as (keyof MinerRow)[]).filter((column) => row[column] !== miners[at]![column]));
	return {
		before: earlier === undefined ? start : { mu: earlier.mu, sigma: earlier.sigma, proofOfWork: earlier.proofOfWork, missed: earlier.missed, isNew: false },
		row: rows[index]!,
		differing: differing[index]!,
		differingRows: miners.filter((_, at) => differing[at]!.length > 0).map((row) => row.uid),
	};
}
