import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { MINER_CODE } from '#core/gradient/codes.ts';
import {
	mergeDigest,
	type RowConsensus,
	rowConsensus,
	selectGradients,
	selectionHash,
	type ValidatorColumns,
	weightedLowerMedian,
} from '#core/gradient/consensus.ts';

const stake = fc.bigInt({ min: 1n, max: 5n });
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

test('the median is the greatest value that more than half of the stake reaches', () => {
	const arbitrary = fc.array(fc.record({ value: fc.integer({ min: -3, max: 3 }), stake }), { minLength: 1, maxLength: 6 });
	fc.assert(
		fc.property(arbitrary, (values) => {
			const total = sum(values.map((entry) => entry.stake));
			// By the definition, over every integer there is.
			let expected: number | undefined;
			for (let c = -3; c <= 3; c++) {
				const reaching = sum(values.filter(({ value }) => value >= c).map((entry) => entry.stake));
				if (2n * reaching > total) expected = c;
			}
			assert.equal(weightedLowerMedian(values), expected);
		}),
		{ seed: 31, numRuns: 2_000 },
	);
});

test('a minority moves no median beyond what the majority gives; of two equal validators one alone cannot lift', () => {
	const honest = { value: 10, stake: 6n };
	for (const value of [-1_000, 0, 1_000]) assert.equal(weightedLowerMedian([honest, { value, stake: 5n }]), 10);
	const equal = (value: number) =>
		weightedLowerMedian([
			{ value: 10, stake: 5n },
			{ value, stake: 5n },
		]);
	assert.deepEqual([equal(1_000), equal(10), equal(3)], [10, 10, 3]);
	assert.equal(weightedLowerMedian([]), 0);
	// Stakes in MIST are beyond what a number holds exactly.
	const large = 2n ** 62n;
	assert.equal(
		weightedLowerMedian([
			{ value: 7, stake: large },
			{ value: 1, stake: large + 1n },
		]),
		1,
	);
});

const row = fc.record({
	code: fc.constantFrom<number>(MINER_CODE.scored, MINER_CODE.scored, MINER_CODE.not_committed, MINER_CODE.missing),
	score: fc.integer({ min: -2, max: 3 }),
	random: fc.integer({ min: -2, max: 3 }),
	weight: fc.nat({ max: 2 }),
});
const window = fc.integer({ min: 0, max: 6 }).chain((rows) =>
	fc.record({
		roster: fc
			.uniqueArray(fc.nat({ max: 300 }), { minLength: rows, maxLength: rows })
			.map((uids) => uids.sort((a, b) => a - b).map((uid) => ({ uid, generation: 1 + (uid % 3) }))),
		validators: fc
			.array(fc.record({ stake, rows: fc.array(row, { minLength: rows, maxLength: rows }) }), { minLength: 1, maxLength: 4 })
			.map((validators): ValidatorColumns[] => validators.map((validator, uid) => ({ uid, ...validator }))),
		topG: fc.integer({ min: 1, max: 7 }),
	}),
);

test('S_w is what the definition says', () => {
	fc.assert(
		fc.property(window, ({ roster, validators, topG }) => {
			const rows = rowConsensus(validators, roster.length);
			const submitted = sum(validators.map((validator) => validator.stake));
			const more = (holds: (validator: ValidatorColumns) => boolean) => 2n * sum(validators.filter(holds).map((validator) => validator.stake)) > submitted;
			for (const [index, { own, random, weight, accepted }] of rows.entries()) {
				assert.equal(
					accepted,
					more((validator) => validator.rows[index]!.code === 0),
				);
				// The value itself is reached by more than half, the next one is not.
				for (const [column, median] of [
					['score', own],
					['random', random],
					['weight', weight],
				] as const) {
					assert.deepEqual([more((v) => v.rows[index]![column] >= median), more((v) => v.rows[index]![column] > median)], [true, false]);
				}
			}
			const expected = selectionByDefinition(roster, rows, topG);
			assert.deepEqual(selectGradients(roster, rows, topG), expected);
		}),
		{ seed: 32, numRuns: 2_000 },
	);
});

/** Takes the best that is left, `topG` times. */
function selectionByDefinition(roster: readonly { readonly uid: number; readonly generation: number }[], rows: readonly RowConsensus[], topG: number) {
	const passes = (index: number) => rows[index]!.accepted && rows[index]!.own > 0 && rows[index]!.random > 0 && rows[index]!.weight > 0;
	const left = new Set([...roster.keys()].filter(passes));
	const selected = [];
	while (selected.length < topG && left.size > 0) {
		const beats = (a: number, b: number) => {
			if (rows[a]!.weight !== rows[b]!.weight) return rows[a]!.weight > rows[b]!.weight;
			if (rows[a]!.random !== rows[b]!.random) return rows[a]!.random > rows[b]!.random;
			return roster[a]!.uid < roster[b]!.uid;
		};
		const best = [...left].find((index) => [...left].every((other) => other === index || beats(index, other)))!;
		left.delete(best);
		selected.push(roster[best]!);
	}
	return selected;
}

test('a high rating does not carry a gradient that harms', () => {
	const roster = [0, 1, 2, 3].map((uid) => ({ uid, generation: 1 }));
	const good = { own: 10, random: 5, weight: 100, accepted: true };
	const rows = [{ ...good, random: 0, weight: 65_535 }, { ...good, own: -1, weight: 65_535 }, { ...good, accepted: false }, good];
	assert.deepEqual(selectGradients(roster, rows, 15), [roster[3]]);
	const unvouched = rows.map(() => ({ ...good, weight: 0 }));
	assert.deepEqual(selectGradients(roster, unvouched, 15), []);
});

test('the selection hash binds window, commitments and order; digests join the windows', () => {
	const commitmentsHash = new Uint8Array(32).fill(7);
	const selected = [
		{ uid: 300, generation: 2 },
		{ uid: 1, generation: 70_000 },
	];
	// BCS by hand: u64 little-endian, length and 32 bytes, length and entries of u16 and u32.
	const expected = Uint8Array.of(0x39, 0x30, 0, 0, 0, 0, 0, 0, 32, ...commitmentsHash, 2, 0x2c, 0x01, 2, 0, 0, 0, 0x01, 0x00, 0x70, 0x11, 0x01, 0);
	assert.deepEqual(selectionHash(12_345n, commitmentsHash, selected), blake2b(expected, { dkLen: 32 }));
	const hashes = [selectionHash(1n, commitmentsHash, []), selectionHash(2n, commitmentsHash, []), selectionHash(1n, commitmentsHash, selected)];
	assert.equal(new Set(hashes.map(String)).size, 3);
	assert.notDeepEqual(selectionHash(1n, commitmentsHash, selected), selectionHash(1n, commitmentsHash, selected.toReversed()));
	assert.deepEqual(mergeDigest(hashes), blake2b(Uint8Array.of(...hashes[0]!, ...hashes[1]!, ...hashes[2]!), { dkLen: 32 }));
	assert.deepEqual(mergeDigest([]), blake2b(new Uint8Array(0), { dkLen: 32 }));
});
