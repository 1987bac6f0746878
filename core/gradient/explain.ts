import { equalBytes } from '#core/bytes.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow, Payload } from '#core/gradient/payload.ts';
import { ordinal, type Rating } from '#core/gradient/rating.ts';
import { rankingKey } from '#core/gradient/score.ts';
import { type MinerOutcome, nextRows, stateAfter, windowRanks, workSign } from '#core/gradient/state.ts';

/** What a miner's row was made from. */
export interface StateBefore extends Rating {
	readonly proofOfWork: number;
	readonly missed: number;
	/** Not in the previous payload with this generation: it starts from the parameters. */
	readonly isNew: boolean;
}

/** The way from what was measured of one miner to its weight, each number by the function that the enclave uses. */
export interface Derivation {
	readonly outcome: MinerOutcome;
	/** Of those who are ranked; undefined for an absent miner. `tied`: how many share the rank, itself included. */
	readonly ranking: { readonly key: number | undefined; readonly rank: number; readonly ranked: number; readonly tied: number } | undefined;
	/** Of a scored miner: 1, 0 or −1; of a failed one −1. */
	readonly sign: number | undefined;
	readonly signed: MinerRow;
	readonly ordinalAfter: bigint;
	/** max(0, ordinal − floor)² · max(0, proof of work) of this miner, and of all; 0 without a score. */
	readonly rawWeight: bigint;
	readonly rawTotal: bigint;
	/** Undefined when the previous payload is not at hand. */
	readonly recomputed:
		| {
				readonly before: StateBefore;
				readonly row: MinerRow;
				/** Columns of this miner's row in which what was signed differs. */
				readonly differing: readonly (keyof MinerRow)[];
				/** Uids of all rows that differ anywhere. */
				readonly differingRows: readonly number[];
				/** Whether the header's `state_after` is the digest of the signed rows. */
				readonly stateDigestHolds: boolean;
		  }
		| undefined;
}

/**
 * Derives a miner's row of a signed payload again. `previousRows`: of the payload that this one names as the previous, none at the first or after a reset;
 * undefined when it is not at hand. Undefined when the miner is not in the payload.
 */
export function deriveMinerRow(payload: Payload, uid: number, previousRows: readonly MinerRow[] | undefined, values: HparamValues): Derivation | undefined {
	const { miners } = payload;
	const index = miners.findIndex((row) => row.uid === uid);
	const signed = miners[index];
	if (signed === undefined) return undefined;
	const outcomes = miners.map(outcomeOf);
	const outcome = outcomes[index]!;
	const ranks = windowRanks(outcomes);
	const rank = ranks[index];
	const raw = miners.map((row) => rawWeight(row, values));
	return {
		outcome,
		ranking: rank === undefined ? undefined : rankingOf(outcome, rank, ranks),
		sign: signOf(outcome, values),
		signed,
		ordinalAfter: ordinal(signed),
		rawWeight: raw[index]!,
		rawTotal: raw.reduce((sum, weight) => sum + weight, 0n),
		recomputed: previousRows === undefined ? undefined : recompute(payload, index, outcomes, previousRows, values),
	};
}

function outcomeOf({ code, score, random }: MinerRow): MinerOutcome {
	if (code === MINER_CODE.scored) return { kind: 'scored', own: score ?? 0, random };
	return code === MINER_CODE.not_committed ? { kind: 'absent' } : { kind: 'failed', code };
}

function rankingOf(outcome: MinerOutcome, rank: number, ranks: readonly (number | undefined)[]): Derivation['ranking'] {
	return {
		key: outcome.kind === 'scored' ? rankingKey(outcome.own, outcome.random) : undefined,
		rank,
		ranked: ranks.filter((other) => other !== undefined).length,
		tied: ranks.filter((other) => other === rank).length,
	};
}

function signOf(outcome: MinerOutcome, { proof_of_work_margin_ppm }: HparamValues): number | undefined {
	switch (outcome.kind) {
		case 'scored':
			return workSign(outcome.own, outcome.random, proof_of_work_margin_ppm);
		case 'failed':
			return -1;
		case 'absent':
			return undefined;
		default:
			return outcome satisfies never;
	}
}

/** As core/gradient/weight.ts shares it out; the shares themselves are recomputed there. */
function rawWeight(row: MinerRow, { ordinal_floor_nano }: HparamValues): bigint {
	const excess = ordinal(row) - ordinal_floor_nano;
	return row.code === MINER_CODE.scored && excess > 0n && row.proofOfWork > 0 ? excess * excess * BigInt(row.proofOfWork) : 0n;
}

function recompute(
	{ header, miners }: Payload,
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
		stateDigestHolds: equalBytes(stateAfter(miners), header.stateAfter),
	};
}
