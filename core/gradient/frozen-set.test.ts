import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { type FreezeInput, freezeSet, type MeasuredGradient, outcomeOf } from '#core/gradient/frozen-set.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';

const values = defaultHparamValues({ norm_reject_ratio_ppm: 2_500_000n });
const decoded = (norm: number): MeasuredGradient => ({ code: MINER_CODE.scored, norm });
const row = (uid: number, weight: number, generation = 1): MinerRow => ({
	uid,
	generation,
	code: 0,
	score: 1,
	random: 0,
	proofOfWork: 0,
	mu: 0n,
	sigma: 1n,
	weight,
	missed: 0,
});

/** All miners of the roster committed and are drawn unless said otherwise. */
function input(measured: readonly (readonly [number, MeasuredGradient])[], rest: Partial<FreezeInput> = {}): FreezeInput {
	const uids = new Set([...measured.map(([uid]) => uid), ...(rest.testimony?.keys() ?? [])]);
	const roster = [...uids].sort((a, b) => a - b).map((uid) => ({ uid, generation: 1 }));
	return { roster, committed: uids, drawn: uids, measured: new Map(measured), testimony: new Map(), overlaps: [], previousRows: [], ...rest };
}

const codesOf = (...args: Parameters<typeof input>) => Object.fromEntries(freezeSet(input(...args), values).codes);

test('a norm above the ratio has no score, at the ratio it has', () => {
	const { codes, clipNorm } = freezeSet(
		input([
			[0, decoded(2)],
			[1, decoded(1.9)],
			[2, decoded(5.0001)],
			[3, decoded(5)],
			[4, decoded(0.01)],
		]),
		values,
	);
	assert.equal(clipNorm, 2);
	assert.deepEqual(Object.fromEntries(codes), { 0: 0, 1: 0, 2: MINER_CODE.norm_exceeded, 3: 0, 4: 0 });
	const outcome = (uid: number) => outcomeOf(uid, { codes, tiers: new Map() }, () => ({ own: 7, random: 3 }));
	assert.deepEqual(outcome(2), { kind: 'failed', code: MINER_CODE.norm_exceeded, isExcluded: false });
	assert.deepEqual(outcome(3), { kind: 'scored', own: 7, random: 3, isHalved: false });
	assert.deepEqual(outcome(9), { kind: 'absent' });
});

test('who had weight says what is usual: newcomers that are loud together change nothing, and a reused uid is a newcomer', () => {
	const loud = [1, 2, 3, 4].map((uid) => [uid, decoded(100)] as const);
	assert.deepEqual(codesOf([[0, decoded(1)], ...loud], { previousRows: [row(0, 9), row(1, 9, 0), row(2, 0), row(3, 0)] }), { 0: 0, 1: 8, 2: 8, 3: 8, 4: 8 });
	assert.deepEqual(codesOf([[0, decoded(1)], ...loud]), { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
});

test('copies count neither towards the norm nor as scored, and carry their tier on', () => {
	const overlap = (uid: number, ppm: number) => ({ uid, ppm, other: { uid: 0, generation: 1, window: 1n } });
	const frozen = freezeSet(
		input(
			[
				[0, decoded(4)],
				[1, decoded(1)],
				[2, decoded(1)],
				[3, decoded(4)],
			],
			{ overlaps: [overlap(1, 500_000), overlap(2, 600_000), overlap(3, 400_000)] },
		),
		values,
	);
	assert.equal(frozen.clipNorm, 4);
	assert.deepEqual(Object.fromEntries(frozen.codes), { 0: 0, 1: 7, 2: 7, 3: 0 });
	const kinds = [1, 2, 3].map((uid) => outcomeOf(uid, frozen, () => ({ own: 1, random: 0 })));
	assert.deepEqual(kinds, [
		{ kind: 'failed', code: 7, isExcluded: false },
		{ kind: 'failed', code: 7, isExcluded: true },
		{ kind: 'scored', own: 1, random: 0, isHalved: true },
	]);
});

test('testimony completes what was measured, no less and no more', () => {
	const measured = [[0, decoded(1)]] as const;
	assert.deepEqual(codesOf(measured, { testimony: new Map([[5, MINER_CODE.missing]]) }), { 0: 0, 5: MINER_CODE.missing });
	const roster = [0, 1].map((uid) => ({ uid, generation: 1 }));
	const both = new Set([0, 1]);
	assert.throws(() => codesOf(measured, { roster, committed: both, drawn: both }), { code: 'ENCLAVE_REFUSED' });
	assert.throws(() => codesOf(measured, { testimony: new Map([[0, MINER_CODE.missing]]) }), { code: 'ENCLAVE_REFUSED' });
	assert.deepEqual(codesOf(measured, { roster, committed: both, drawn: new Set([0]) }), { 0: 0, 1: MINER_CODE.not_drawn });
	assert.throws(() => codesOf(measured, { roster, committed: both, drawn: new Set([0]), testimony: new Map([[1, MINER_CODE.missing]]) }), {
		code: 'ENCLAVE_REFUSED',
	});
});
