import type { Availability, Explained, ExplainedValidator } from '#cli/commands/explain.ts';
import { MINER_CODE, type MinerCodeName, minerCodeName } from '#core/gradient/codes.ts';
import type { CopyTier } from '#core/gradient/copies.ts';
import type { Derivation, WorkShown } from '#core/gradient/explain.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';

/** What each code means for the miner. */
const CONSEQUENCE: Readonly<Record<MinerCodeName, string>> = {
	scored: 'its gradient was decoded and evaluated',
	malformed: 'the committed bytes are no gradient: it ties for last and counts −1 as work',
	wrong_shape: 'the committed gradient is of another model or top_k: it ties for last and counts −1 as work',
	wrong_window: 'the committed gradient is of another window or uid: it ties for last and counts −1 as work',
	wrong_checkpoint: 'the committed gradient was made from another checkpoint: it ties for last and counts −1 as work',
	not_finite: 'the committed gradient holds a number that is not finite: it ties for last and counts −1 as work',
	zero_norm: 'the committed gradient is empty: it ties for last and counts −1 as work',
	copied: 'its gradient has the positions of one that another miner committed earlier: it ties for last and counts −1 as work',
	norm_exceeded: 'its norm is above norm_reject_ratio_ppm times the clip norm: it ties for last and counts −1 as work',
	not_committed: 'it committed nothing: it is not ranked, and what is positive decays by gauntlet_gamma_ppm',
	not_drawn: 'more miners committed than max_evaluations, and the draw left it out: its rating and proof of work stay as they were',
	missing: 'this validator found no object: it ties for last and counts −1 as work',
	forbidden: 'this validator was not let in with its credentials: it ties for last and counts −1 as work',
	too_large: 'the object is larger than committed: it ties for last and counts −1 as work',
	late: 'the object was put outside the put interval: it ties for last and counts −1 as work',
	digest_mismatch: 'the object is not what was committed: it ties for last and counts −1 as work',
	undecryptable: 'its credentials cannot be opened or read: it ties for last and counts −1 as work',
	endpoint_refused: 'its endpoint is not one that validators connect to: it ties for last and counts −1 as work',
	unavailable: 'this validator could not fetch in time: it ties for last and counts −1 as work',
};

const nano = (value: bigint) => (Number(value) / 1e9).toFixed(6);
const ppm = (value: number | bigint) => (Number(value) / 1e6).toFixed(6);
const share = (weight: number) => `${weight} of 65535 (${((100 * weight) / 65_535).toFixed(2)} %)`;
const signed = (value: number) => (value > 0 ? `+${value}` : String(value));

/** The derivation in words and numbers; scores are micro-nats. */
export function explainedText(explained: Explained): string {
	const { window, minerUid, generation, record, values, validators } = explained;
	const lines = [`miner ${minerUid} (generation ${generation}) in window ${window}: ${record.status}`];
	for (const validator of validators) lines.push('', ...validatorLines(validator, values));
	lines.push('', ...networkLines(explained));
	return `${lines.join('\n')}\n`;
}

function validatorLines({ uid, stake, settled, payload, previous, derivation, chainDiffers }: ExplainedValidator, values: HparamValues): string[] {
	const lines = [`validator ${uid}, stake ${Number(stake) / 1e9} SUI`];
	if (derivation === undefined) {
		if (payload.kind === 'unavailable') lines.push(`  its payload is unavailable: ${payload.why}`);
		if (settled !== undefined) {
			lines.push(`  the chain has of it: ${codeText(settled.code)}; own ${settled.score}, random ${settled.random}, weight ${share(settled.weight)}`);
			lines.push('  rating and proof of work are in payloads only');
		}
		return lines;
	}
	lines.push(
		...[...outcomeLines(derivation, values), ...ratingLines(derivation, previous, values), ...workLines(derivation, values)].map((line) => `  ${line}`),
	);
	lines.push(...weightLines(derivation, values).map((line) => `  ${line}`));
	lines.push(...checkLines(derivation, chainDiffers).map((line) => `  ${line}`));
	return lines;
}

function codeText(code: number): string {
	const name = minerCodeName(code);
	return name === undefined ? `code ${code}` : `code ${code} (${name}): ${CONSEQUENCE[name]}`;
}

function outcomeLines({ signed: row, clipNorm, ranking, copy }: Derivation, values: HparamValues): string[] {
	const { proof_of_work_margin_ppm, norm_reject_ratio_ppm } = values;
	const lines = [codeText(row.code), ...copyLines(row, copy, values)];
	if (row.code === MINER_CODE.scored || row.code === MINER_CODE.norm_exceeded)
		lines.push(`clip norm of the window: ${clipNorm.toPrecision(7)}; above ${ppm(norm_reject_ratio_ppm)} times that there is no score (norm_reject_ratio_ppm)`);
	if (row.code === 0) {
		lines.push(`losses: own batch improved by ${row.score}, random batch by ${row.random} micro-nats; own − random = ${row.score! - row.random}`);
		const why = row.random > 0 ? 'own, for random > 0' : 'min(own, random), for random ≤ 0';
		lines.push(`ranking key: ${ranking!.key} (${why})`);
	}
	if (ranking !== undefined) {
		const tied = ranking.tied > 1 ? `, tied with ${ranking.tied - 1}` : '';
		lines.push(`rank: ${ranking.rank} of ${ranking.ranked} who committed${tied}`);
	}
	if (row.code === 0) lines.push(`margin: own must exceed random by ${ppm(proof_of_work_margin_ppm)} · |random| (proof_of_work_margin_ppm)`);
	return lines;
}

const TIER: Readonly<Record<CopyTier, (values: HparamValues) => string>> = {
	none: ({ copy_halve_overlap_ppm }) => `below ${ppm(copy_halve_overlap_ppm)} (copy_halve_overlap_ppm): nothing follows`,
	halved: ({ copy_halve_overlap_ppm }) => `at least ${ppm(copy_halve_overlap_ppm)} (copy_halve_overlap_ppm): half of its weight in this window`,
	copied: ({ copy_reject_overlap_ppm }) => `at least ${ppm(copy_reject_overlap_ppm)} (copy_reject_overlap_ppm): copied`,
	excluded: ({ copy_exclude_overlap_ppm }) =>
		`at least ${ppm(copy_exclude_overlap_ppm)} (copy_exclude_overlap_ppm): copied, and its proof of work is −1 at once`,
};

/** Nothing to compare for who brought no gradient. */
function copyLines({ code }: MinerRow, copy: Derivation['copy'], values: HparamValues): string[] {
	if (code !== MINER_CODE.scored && code !== MINER_CODE.copied) return [];
	if (copy === undefined) return ['overlap with earlier gradients: unavailable (the state file of this window is not in this data folder)'];
	const { overlap, tier } = copy;
	if (overlap === undefined) return ['overlap with earlier gradients: none'];
	const { uid, window } = overlap.other;
	return [`largest overlap with an earlier gradient: ${ppm(overlap.ppm)} of the positions, with miner ${uid} in window ${window}; ${TIER[tier](values)}`];
}

function ratingLines({ signed: row, recomputed, ranking, ordinalAfter }: Derivation, previous: Availability<unknown>, values: HparamValues): string[] {
	const after = `μ ${nano(row.mu)}, σ ${nano(row.sigma)}`;
	const ordinal = `ordinal: μ − 3σ = ${nano(ordinalAfter)}`;
	if (recomputed === undefined) {
		const why = previous.kind === 'unavailable' ? previous.why : 'the previous payload is not at hand';
		return [`rating: ${after} after; before: unavailable (${why})`, ordinal];
	}
	const { before } = recomputed;
	const start = before.isNew ? 'new, from rating_mu_nano and rating_sigma_nano' : 'from the previous payload';
	const how =
		row.code === MINER_CODE.not_drawn
			? 'not drawn: unchanged'
			: ranking === undefined
				? `absent: μ, where positive, times ${ppm(values.gauntlet_gamma_ppm)} (gauntlet_gamma_ppm)`
				: ranking.ranked < 2
					? 'nobody to compare with: unchanged'
					: `Plackett-Luce, β ${nano(values.rating_beta_nano)} (rating_beta_nano), τ ${nano(values.rating_tau_nano)} (rating_tau_nano)`;
	return [`rating: μ ${nano(before.mu)}, σ ${nano(before.sigma)} (${start}) → ${after} (${how})`, ordinal];
}

function workLines({ signed: row, work, recomputed }: Derivation, values: HparamValues): string[] {
	const before = recomputed === undefined ? 'unavailable' : ppm(recomputed.before.proofOfWork);
	const step =
		row.code === MINER_CODE.not_drawn
			? 'not drawn: unchanged'
			: work === undefined
				? `absent: where positive, times ${ppm(values.gauntlet_gamma_ppm)} (gauntlet_gamma_ppm)`
				: `${signalText(work)}, α ${ppm(values.proof_of_work_alpha_ppm)} (proof_of_work_alpha_ppm)`;
	return [`proof of work: ${before} → ${ppm(row.proofOfWork)} (${step})`, `windows without a score in a row: ${row.missed}`];
}

function signalText({ sign, comparison }: WorkShown): string {
	if (sign <= 0 || comparison === undefined) return `sign ${signed(sign)}`;
	const { usual, signal } = comparison;
	return `${ppm(signal)} of the usual own − random, which is ${usual}; 1 at most`;
}

function weightLines({ signed: row, ordinalAfter, rawWeight, rawTotal }: Derivation, values: HparamValues): string[] {
	const { ordinal_floor_nano, proof_of_work_floor_ppm, proof_of_work_exponent } = values;
	const names = 'ordinal_floor_nano, proof_of_work_exponent, proof_of_work_floor_ppm';
	const formula = `max(0, ordinal − ${nano(ordinal_floor_nano)})² · (proof of work)^${proof_of_work_exponent} above ${ppm(proof_of_work_floor_ppm)} (${names})`;
	if (row.code !== 0) return [`weight: ${share(row.weight)}: there is none without a score in the window`];
	if (rawWeight > 0n) return [`weight: ${formula}, a part ${(Number(rawWeight) / Number(rawTotal)).toFixed(6)} of all = ${share(row.weight)}`];
	const why = ordinalAfter <= ordinal_floor_nano ? 'the ordinal is not above its floor' : 'the proof of work is not above its floor';
	return [`weight: ${formula} is 0, for ${why}: ${share(row.weight)}`];
}

function checkLines({ recomputed, signed: row, stateHolds }: Derivation, chainDiffers: readonly string[]): string[] {
	const lines = chainDiffers.length === 0 ? [] : [`THE PAYLOAD DIFFERS FROM THE CHAIN in ${chainDiffers.join(', ')}`];
	if (recomputed === undefined) return [...lines, 'not recomputed: the previous payload is unavailable'];
	const { differing, differingRows } = recomputed;
	for (const column of differing) lines.push(`RECOMPUTING DIFFERS: ${column} comes out as ${recomputed.row[column]}, signed is ${row[column]}`);
	const others = differingRows.filter((uid) => uid !== row.uid);
	if (others.length > 0) lines.push(`RECOMPUTING DIFFERS in the rows of the miners ${others.join(', ')}`);
	if (stateHolds === false) lines.push('THE STATE in the header is not that of the signed rows');
	if (differingRows.length === 0) lines.push('recomputed from the signed losses and the previous payload: every row is what was signed');
	return lines;
}

function networkLines({ record, medians, chainMedians, values, distribution, reward }: Explained): string[] {
	if (medians === undefined) return ['no validator has a settled payload: there are no medians'];
	const { row, of, submittedStake, totalWeight } = medians;
	const lines = [
		`median by stake over ${of} ${of === 1 ? 'validator' : 'validators'} with ${Number(submittedStake) / 1e9} SUI: own ${row.own}, random ${row.random}, weight ${share(row.weight)}; ${
			row.accepted ? 'accepted' : 'not accepted'
		} by more than half`,
	];
	if (chainMedians === undefined) lines.push('the chain has no medians of it yet');
	else if (chainMedians.own !== row.own || chainMedians.random !== row.random || chainMedians.weight !== row.weight)
		lines.push(`THE CHAIN'S MEDIANS DIFFER: own ${chainMedians.own}, random ${chainMedians.random}, weight ${chainMedians.weight}`);
	else lines.push('the medians on the chain are the same');
	const part = totalWeight === 0 ? 'nobody has any: no miner is paid' : `${row.weight} of ${totalWeight} (${((100 * row.weight) / totalWeight).toFixed(2)} %)`;
	lines.push(`share of the miners' part: ${part}`);
	if (reward === undefined) return lines;
	if (distribution !== undefined) lines.push(`reward: ${reward} of ${distribution.miners} that went to miners, of ${distribution.minted} minted`);
	else if (record.status === 'unscored') lines.push('reward: none, the window is unscored');
	else
		lines.push(
			`reward: not distributed; at most ${reward} of an emission of ${record.emission} (emission_per_window as of the window, ${Number(values.emission_miner_bps) / 100} % to miners by emission_miner_bps)`,
		);
	return lines;
}
