import { VramhubError } from '#core/errors.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { type CopyTier, copyTier } from '#core/gradient/copies.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { clipNorm } from '#core/gradient/score.ts';
import type { MinerOutcome } from '#core/gradient/state.ts';
import type { Overlap } from '#core/gradient/state-file.ts';
import { weightedIn } from '#core/gradient/weight.ts';

const PPM = 1e6;

/** A gradient whose bytes are the committed ones. */
export interface MeasuredGradient {
	/** 0, or a proven code. */
	readonly code: number;
	/** ‖g‖₂ of one that decodes. */
	readonly norm: number;
}

/** Everything that a window's scores depend on besides the losses, fixed before the first of them is known. */
export interface FrozenSet {
	/** Of each roster miner that committed, ascending uid. */
	readonly codes: ReadonlyMap<number, number>;
	readonly tiers: ReadonlyMap<number, CopyTier>;
	/** What larger gradients are clipped to. */
	readonly clipNorm: number;
}

export interface FreezeInput {
	readonly roster: readonly RosterEntry[];
	/** Uids that committed. */
	readonly committed: { has(uid: number): boolean };
	/** Of these the ones that are evaluated. */
	readonly drawn: { has(uid: number): boolean };
	readonly measured: ReadonlyMap<number, MeasuredGradient>;
	/** Codes of the drawn miners that were not measured, all of them and no others. */
	readonly testimony: ReadonlyMap<number, number>;
	/** By uid at most one. */
	readonly overlaps: readonly Overlap[];
	/** Of the payload before. */
	readonly previousRows: readonly MinerRow[];
}

export type FreezeParameters = Pick<
	HparamValues,
	'norm_min_ppm' | 'norm_max_ppm' | 'norm_reject_ratio_ppm' | 'copy_halve_overlap_ppm' | 'copy_reject_overlap_ppm' | 'copy_exclude_overlap_ppm'
>;

/**
 * Codes and clip norm of a window. Copies get their code first: the later commitment pays. The clip norm is taken over what is left, and what is above it by more than
 * `norm_reject_ratio_ppm` is `norm_exceeded`: the clip would undo it, so nobody has an honest reason for it.
 * Throws ENCLAVE_REFUSED when testimony does not complete what was measured.
 */
export function freezeSet({ roster, committed, drawn, measured, testimony, overlaps, previousRows }: FreezeInput, parameters: FreezeParameters): FrozenSet {
	const tiers = new Map(overlaps.map(({ uid, ppm }) => [uid, copyTier(ppm, parameters)]));
	const codes = new Map<number, number>();
	for (const { uid } of roster) {
		if (!committed.has(uid)) continue;
		if (!drawn.has(uid)) {
			codes.set(uid, MINER_CODE.not_drawn);
			continue;
		}
		const code = measured.get(uid)?.code ?? testimony.get(uid);
		if (code === undefined) throw new VramhubError('ENCLAVE_REFUSED', `miner ${uid} is neither measured nor in the testimony`);
		codes.set(uid, isCopied(tiers.get(uid)) ? MINER_CODE.copied : code);
	}
	for (const uid of testimony.keys()) {
		if (!drawn.has(uid) || measured.has(uid)) throw new VramhubError('ENCLAVE_REFUSED', `testimony about miner ${uid}, which has nothing missing`);
	}
	const hadWeight = weightedIn(previousRows);
	const counted = roster.filter(({ uid }) => codes.get(uid) === MINER_CODE.scored);
	const norm = clipNorm(
		counted.map((miner) => ({ norm: measured.get(miner.uid)!.norm, hadWeight: hadWeight(miner) })),
		Number(parameters.norm_min_ppm) / PPM,
		Number(parameters.norm_max_ppm) / PPM,
	);
	const limit = normLimit(norm, parameters.norm_reject_ratio_ppm);
	for (const { uid } of counted) if (measured.get(uid)!.norm > limit) codes.set(uid, MINER_CODE.norm_exceeded);
	return { codes, tiers, clipNorm: norm };
}

/** The largest norm that is scored. */
export function normLimit(clip: number, ratioPpm: bigint): number {
	return (clip * Number(ratioPpm)) / PPM;
}

/** What the ratings are made from. `score`: micro-nats of a miner whose code is 0. */
export function outcomeOf(
	uid: number,
	{ codes, tiers }: Pick<FrozenSet, 'codes' | 'tiers'>,
	score: (uid: number) => { readonly own: number; readonly random: number },
): MinerOutcome {
	const code = codes.get(uid);
	const tier = tiers.get(uid);
	if (code === undefined) return { kind: 'absent' };
	if (code === MINER_CODE.not_drawn) return { kind: 'not_drawn' };
	if (code !== MINER_CODE.scored) return { kind: 'failed', code, isExcluded: tier === 'excluded' };
	return { kind: 'scored', ...score(uid), isHalved: tier === 'halved' };
}

function isCopied(tier: CopyTier | undefined): boolean {
	return tier === 'copied' || tier === 'excluded';
}
