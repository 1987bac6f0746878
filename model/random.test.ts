import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Xoshiro128 } from '#model/random.ts';

test('xoshiro128** gives the published numbers for the state 1, 2, 3, 4', () => {
	const random = new Xoshiro128([1, 2, 3, 4]);
	const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
	assert.deepEqual(
		expected.map(() => random.next()),
		expected,
	);
});

test('a seed is a stream; below() stays in its bounds and reaches both', () => {
	const numbers = (seed: string): number[] => {
		const random = Xoshiro128.seeded(seed);
		return Array.from({ length: 200 }, () => random.below(7));
	};
	assert.deepEqual(numbers('a'), numbers('a'));
	assert.notDeepEqual(numbers('a'), numbers('b'));
	assert.deepEqual(new Set(numbers('a')), new Set([0, 1, 2, 3, 4, 5, 6]));
});

test('nearlyNormal has mean 0, deviation 1 and the kurtosis of twelve uniform numbers', () => {
	const random = Xoshiro128.seeded('normal');
	const values = Array.from({ length: 20_000 }, () => random.nearlyNormal());
	const moment = (k: number): number => values.reduce((sum, v) => sum + v ** k, 0) / values.length;
	assert.ok(Math.abs(moment(1)) < 0.03);
	assert.ok(Math.abs(moment(2) - 1) < 0.04);
	assert.ok(Math.abs(moment(4) - 2.9) < 0.2, `fourth moment ${moment(4)}, 3 − 1.2 / 12 expected`);
});
