import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { ordinal, rateRanking } from '#core/gradient/rating.ts';
import { clipNorm, lossToMicroNats, rankingKey, toMicroNats } from '#core/gradient/score.ts';
import { type MinerOutcome, nextRows, type RosterOutcome } from '#core/gradient/state.ts';
import { shareWeights } from '#core/gradient/weight.ts';
import { usualWork, workSign, workSignal } from '#core/gradient/work.ts';

/** No floor: weight from the first window of work on. */
const hparams = defaultHparamValues({ proof_of_work_floor_ppm: 0n, rating_mu_nano: 25_000_000_000n });
const fresh = { mu: hparams.rating_mu_nano, sigma: hparams.rating_sigma_nano };
const scored = (own: number, random: number): MinerOutcome => ({ kind: 'scored', own, random });
const failed = (code: number): MinerOutcome => ({ kind: 'failed', code });
const absent: MinerOutcome = { kind: 'absent' };
const roster = (...outcomes: MinerOutcome[]): RosterOutcome[] => outcomes.map((outcome, uid) => ({ uid, generation: 1, outcome }));

test('micro-nats are rounded and saturated', () => {
	for (const [nats, expected] of [
		[0.0045, 4500],
		[-0.0000014, -1],
		[-1e-9, 0],
		[1e6, 2147483647],
		[-1e6, -2147483648],
		[Number.POSITIVE_INFINITY, 2147483647],
		[Number.NaN, -2147483648],
	] as const) {
		assert.ok(Object.is(toMicroNats(nats), expected), `${nats}: ${toMicroNats(nats)}`);
	}
	assert.equal(lossToMicroNats(2.5), 2_500_000n);
	assert.throws(() => lossToMicroNats(Number.NaN), { code: 'INVARIANT' });
});

test('the ranking key is the own score only for gradients that help others too', () => {
	assert.equal(rankingKey(100, 1), 100);
	assert.equal(rankingKey(100, 0), 0);
	assert.equal(rankingKey(100, -5), -5);
	assert.equal(rankingKey(-9, -5), -9);
});

test('the clip norm is a lower median of trusted miners, clamped', () => {
	const all = (...norms: number[]) => norms.map((norm) => ({ norm, hadWeight: false }));
	assert.equal(clipNorm(all(4, 1, 3, 2), 0, 10), 2);
	assert.equal(clipNorm(all(3, 1, 2), 0, 10), 2);
	assert.equal(clipNorm([...all(9, 9, 9), { norm: 1, hadWeight: true }], 0, 10), 1);
	assert.equal(clipNorm(all(9), 0, 5), 5);
	assert.equal(clipNorm(all(1), 2, 5), 2);
	assert.equal(clipNorm([], 0.5, 5), 0.5);
});

test('ratings are the reference values of openskill', () => {
	const parameters = { beta: hparams.rating_beta_nano, tau: hparams.rating_tau_nano };
	const close = (actual: bigint, expected: number) => assert.ok(Math.abs(Number(actual) / 1e9 - expected) < 5e-9, `${actual} against ${expected}`);
	const [winner, loser] = rateRanking([fresh, fresh], [1, 2], parameters);
	close(winner!.mu, 27.635389493140497);
	close(loser!.mu, 22.364610506859503);
	close(winner!.sigma, 8.06590141354368);
	close(loser!.sigma, 8.06590141354368);
	const [a, b, c] = rateRanking([fresh, fresh, fresh], [1, 1, 3], parameters);
	assert.deepEqual(a, b);
	assert.ok(Math.abs(Number(a!.mu) / 1e9 - 25.7173) < 5e-5 && Math.abs(Number(c!.mu) / 1e9 - 23.5655) < 5e-5);
	assert.deepEqual(rateRanking([fresh], [1], parameters), [fresh]);
});

test('the first window of a network', () => {
	const rows = nextRows(roster(scored(5000, 2000), scored(3000, 3500), failed(64), failed(1), absent), [], hparams);
	assert.deepEqual(
		rows.map(({ code, score, random, proofOfWork, missed }) => ({ code, score, random, proofOfWork, missed })),
		[
			{ code: 0, score: 5000, random: 2000, proofOfWork: 50_000, missed: 0 },
			{ code: 0, score: 3000, random: 3500, proofOfWork: -50_000, missed: 0 },
			{ code: 64, score: null, random: 0, proofOfWork: -50_000, missed: 1 },
			{ code: 1, score: null, random: 0, proofOfWork: -50_000, missed: 1 },
			{ code: 16, score: null, random: 0, proofOfWork: 0, missed: 1 },
		],
	);
	const [first, second, third, fourth, last] = rows;
	assert.ok(first!.mu > second!.mu && second!.mu > third!.mu);
	assert.deepEqual([third!.mu, third!.sigma], [fourth!.mu, fourth!.sigma]);
	assert.deepEqual([last!.mu, last!.sigma], [(fresh.mu * 99n) / 100n, fresh.sigma]);
	assert.deepEqual(
		rows.map(({ weight }) => weight),
		[65535, 0, 0, 0, 0],
	);
});

test('a lone miner keeps its rating and gets the whole weight when its ordinal is above the floor', () => {
	const [row] = nextRows(roster(scored(100, 50)), [], hparams);
	assert.deepEqual([row!.mu, row!.sigma, row!.weight], [fresh.mu, fresh.sigma, ordinal(fresh) > 0n ? 65535 : 0]);
	assert.equal(row!.score, 100);
	assert.equal(nextRows(roster(scored(100, 50)), [], { ...hparams, ordinal_floor_nano: 1n })[0]!.weight, 0);
});

test('state goes on for the same generation alone', () => {
	const previous: MinerRow[] = [0, 1].map((uid) => ({
		uid,
		generation: 1,
		code: 0,
		score: 1,
		random: 0,
		proofOfWork: 500_000,
		mu: 40_000_000_000n,
		sigma: 2_000_000_000n,
		weight: 9,
		missed: 254,
	}));
	const [same, other] = nextRows(
		[
			{ uid: 0, generation: 1, outcome: absent },
			{ uid: 1, generation: 2, outcome: absent },
		],
		previous,
		hparams,
	);
	assert.deepEqual([same!.mu, same!.sigma, same!.proofOfWork, same!.missed], [39_600_000_000n, 2_000_000_000n, 495_000, 255]);
	assert.deepEqual([other!.mu, other!.sigma, other!.proofOfWork, other!.missed], [24_750_000_000n, fresh.sigma, 0, 1]);
	const bad = previous.map((row) => ({ ...row, mu: -5n, proofOfWork: -10 }));
	const [unchanged] = nextRows([{ uid: 0, generation: 1, outcome: absent }], bad, hparams);
	assert.deepEqual([unchanged!.mu, unchanged!.proofOfWork], [-5n, -10]);
});

test('proof of work stays within one and forgets', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: -1_000_000, max: 1_000_000 }),
			fc.integer(),
			fc.integer(),
			fc.integer({ min: 1, max: 1_000_000 }),
			(current, own, random, alpha) => {
				const i32 = (value: number) => value | 0;
				const previous: MinerRow[] = [{ uid: 0, generation: 1, code: 0, score: 0, random: 0, proofOfWork: current, ...fresh, weight: 0, missed: 0 }];
				const [row] = nextRows(roster(scored(i32(own), i32(random))), previous, { ...hparams, proof_of_work_alpha_ppm: BigInt(alpha) });
				const sign = workSign(i32(own), i32(random), hparams.proof_of_work_margin_ppm);
				assert.ok(Math.abs(row!.proofOfWork) <= 1_000_000 && Number.isInteger(row!.proofOfWork));
				assert.ok(Math.abs(row!.proofOfWork - (current + (alpha * (sign * 1e6 - current)) / 1e6)) <= 1);
			},
		),
		{ seed: 1 },
	);
});

test('work beats the random batch by the margin', () => {
	const quarter = 250_000n;
	for (const [own, random, sign] of [
		[126, 100, 1],
		[125, 100, 0],
		[124, 100, -1],
		[-74, -100, 1],
		[-76, -100, -1],
		[1, 0, 1],
		[0, 0, 0],
		[-1, 0, -1],
		[2 ** 31 - 1, -(2 ** 31), 1],
		[-(2 ** 31), 2 ** 31 - 1, -1],
	] as const) {
		assert.equal(workSign(own, random, quarter), sign, `${own} against ${random}`);
	}
	assert.equal(workSign(101, 100, 0n), 1);
});

test('work counts as a part of the usual, at most as the usual', () => {
	for (const [own, random, usual, signal] of [
		[3000, 2000, 1000, 1_000_000],
		[2600, 2000, 1000, 600_000],
		// Below the margin it is no work, however much is usual.
		[2400, 2000, 1000, -1_000_000],
		[2500, 2000, 1000, 0],
		[9000, 2000, 1000, 1_000_000],
		[3, 1, 3, 666_666],
		// Who is usual shows no work: no comparison.
		[9000, 2000, 0, 1_000_000],
		[9000, 2000, -5, 1_000_000],
		[2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 1_000_000],
		[2 ** 30, 0, 2 ** 31, 500_000],
	] as const) {
		assert.equal(workSignal(own, random, usual, 250_000n), signal, `${own} against ${random}, usual ${usual}`);
	}
	const miners = (...all: (readonly [MinerOutcome, boolean])[]) => all.map(([outcome, hadWeight]) => ({ outcome, hadWeight }));
	assert.equal(usualWork(miners([scored(9, 1), true], [scored(5, 1), true], [scored(1, 1), false], [failed(64), true])), 4, 'the lower of those with weight');
	assert.equal(usualWork(miners([scored(9, 1), false], [scored(1, 1), false], [scored(3, 1), false])), 2, 'of all where nobody has any');
	assert.equal(usualWork(miners([absent, true])), undefined);
});

test('what is usual is said by who had weight in the payload before, with this generation', () => {
	const work = (own: number) => scored(own + 1000, 1000);
	const before = (uid: number, weight: number, generation = 1): MinerRow => ({
		uid,
		generation,
		code: 0,
		score: 1,
		random: 0,
		proofOfWork: 0,
		...fresh,
		weight,
		missed: 0,
	});
	const works = (previous: readonly MinerRow[]) =>
		nextRows(roster(work(1000), work(2000), work(4000)), previous, hparams).map(({ proofOfWork }) => proofOfWork);
	assert.deepEqual(works([before(0, 0), before(1, 0), before(2, 5)]), [12_500, 25_000, 50_000]);
	assert.deepEqual(works([before(0, 5), before(1, 0), before(2, 5, 2)]), [50_000, 50_000, 50_000]);
	assert.deepEqual(works([]), [25_000, 50_000, 50_000]);
});

test('half of the usual work is worth two to the exponent less', () => {
	const parameters = defaultHparamValues({ proof_of_work_exponent: 5n });
	const rating = { mu: 30_000_000_000n, sigma: 1_000_000_000n, scored: true, halved: false };
	const [full, half] = shareWeights(
		[1_000_000, 500_000].map((proofOfWork) => ({ ...rating, proofOfWork })),
		parameters,
	);
	assert.ok(Math.abs(full! / half! - 32) < 0.1, `${full} and ${half}`);
});

test('weights are shares of 65535 and a weak miner lifts nobody', () => {
	const miner = fc.record({
		mu: fc.bigInt({ min: 0n, max: 10n ** 11n }),
		sigma: fc.bigInt({ min: 1n, max: 10n ** 10n }),
		proofOfWork: fc.integer({ min: -1_000_000, max: 1_000_000 }),
		scored: fc.boolean(),
		halved: fc.boolean(),
	});
	fc.assert(
		fc.property(fc.array(miner, { maxLength: 40 }), fc.constantFrom(0n, 100_000n), (miners, proof_of_work_floor_ppm) => {
			const floors = { ordinal_floor_nano: 0n, proof_of_work_floor_ppm, proof_of_work_exponent: 3n };
			const weights = shareWeights(miners, floors);
			const total = weights.reduce((sum, weight) => sum + weight, 0);
			assert.ok(total === 0 || (total <= 65535 && total > 65535 - miners.length));
			for (const [i, { proofOfWork, scored: hasScore }] of miners.entries())
				if (BigInt(proofOfWork) <= proof_of_work_floor_ppm || !hasScore) assert.equal(weights[i], 0);
			const sybil = { mu: -(10n ** 12n), sigma: 1n, proofOfWork: 1_000_000, scored: true, halved: false };
			assert.deepEqual(shareWeights([...miners, sybil], floors), [...weights, 0]);
		}),
		{ seed: 2 },
	);
	assert.deepEqual(
		shareWeights(
			[1n, 2n].map((mu) => ({ mu: mu + 3n, sigma: 1n, proofOfWork: 10, scored: true, halved: false })),
			{ ordinal_floor_nano: 0n, proof_of_work_floor_ppm: 0n, proof_of_work_exponent: 1n },
		),
		[13107, 52428],
	);
	const atFloor = [10, 11].map((proofOfWork) => ({ mu: 4n, sigma: 1n, proofOfWork, scored: true, halved: false }));
	assert.deepEqual(shareWeights(atFloor, { ordinal_floor_nano: 0n, proof_of_work_floor_ppm: 10n, proof_of_work_exponent: 1n }), [0, 65_535]);
});

test('a newcomer works through the floor before it has weight, and who hovers about 0 has none', () => {
	const parameters = defaultHparamValues();
	assert.equal(parameters.proof_of_work_floor_ppm, 100_000n);
	let rows: MinerRow[] = [];
	const works: number[] = [];
	const weights: number[] = [];
	for (let window = 0; window < 40; window++) {
		// The second one's gradient is another batch's: it beats the random batch every second time.
		rows = nextRows(roster(scored(3000, 2000), window % 2 === 0 ? scored(3000, 2000) : scored(2000, 2000)), rows, parameters);
		works.push(rows[1]!.proofOfWork);
		weights.push(rows[1]!.weight);
		const warm = Math.floor(Math.log(1 - 0.1) / Math.log(1 - 0.05));
		assert.equal(rows[0]!.weight > 0, window >= warm, `window ${window}`);
	}
	assert.ok(
		works.some((work) => work > 0),
		'a floor of 0 would let it pass',
	);
	assert.deepEqual(new Set(weights), new Set([0]));
});

test('the tiers of a copy: half the weight of the window, the place of those who failed, or fifteen good windows without weight', () => {
	const parameters = defaultHparamValues();
	const work = scored(3000, 2000);
	const miners = (first: MinerOutcome) => roster(first, work, work);
	let rows: MinerRow[] = [];
	for (let window = 0; window < 20; window++) rows = nextRows(miners(work), rows, parameters);
	const [alike] = nextRows(miners(work), rows, parameters);
	const [halved, other] = nextRows(miners({ kind: 'scored', own: 3000, random: 2000, isHalved: true }), rows, parameters);
	// Of raw weights 1 : 2 : 2 and not 2 : 2 : 2.
	assert.ok(Math.abs(halved!.weight - 65_535 / 5) < 2 && Math.abs(other!.weight - (2 * 65_535) / 5) < 2);
	assert.deepEqual({ ...halved, weight: 0 }, { ...alike, weight: 0 }, 'ratings and proof of work are as ever');
	const [copied] = nextRows(miners(failed(7)), rows, parameters);
	const [excluded] = nextRows(miners({ kind: 'failed', code: 7, isExcluded: true }), rows, parameters);
	assert.deepEqual([copied!.weight, excluded!.weight, excluded!.code, excluded!.proofOfWork], [0, 0, 7, -1_000_000]);
	assert.ok(copied!.proofOfWork > 500_000);
	assert.equal(copied!.mu, excluded!.mu);
	let again = nextRows(miners({ kind: 'failed', code: 7, isExcluded: true }), rows, parameters);
	let without = 0;
	for (; BigInt(again[0]!.proofOfWork) <= parameters.proof_of_work_floor_ppm; without++) again = nextRows(miners(work), again, parameters);
	// −1 + 2 (1 − 0.95ⁿ) above 0.1 takes 16 good windows, the last of which has weight again.
	assert.equal(without - 1, 15);
});
