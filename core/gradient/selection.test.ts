import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex } from '#core/bytes.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { drawEvaluated } from '#core/gradient/selection.ts';
import { type MinerOutcome, nextRows } from '#core/gradient/state.ts';

const vectors = join(import.meta.dirname, '../../tests/vectors');
const vector = JSON.parse(readFileSync(join(vectors, 'selection.json'), 'utf8'));
const { network } = vector;
const rowOf = (row: { uid: number; generation: number; mu: bigint; sigma: bigint; missed: number }): MinerRow => ({
	...row,
	code: 0,
	score: 1,
	random: 1,
	proofOfWork: 0,
	weight: 0,
});

test('the vector is what the independent generator writes, and what is drawn', () => {
	execFileSync('python3', [join(vectors, 'make_selection.py'), '--check']);
	for (const { name, committed, previous, maxEvaluations, drawn } of vector.cases) {
		const rows = previous.map((row: { uid: number; generation: number; mu: string; sigma: string; missed: number }) =>
			rowOf({ ...row, mu: BigInt(row.mu), sigma: BigInt(row.sigma) }),
		);
		const draw = { network, window: BigInt(vector.window), randomness: fromHex(vector.randomness), previous: rows };
		const entries = committed.map(([uid, generation]: [number, number]) => ({ uid, generation }));
		// The vector's newcomers begin where openskill's do.
		const parameters = defaultHparamValues({ max_evaluations: BigInt(maxEvaluations), rating_mu_nano: 25_000_000_000n });
		assert.deepEqual(drawEvaluated({ ...draw, committed: entries }, parameters), drawn, name);
	}
});

const scored = (skill: number): MinerOutcome => ({ kind: 'scored', own: 1_000 + skill, random: 500 });

/** A network in which all commit in each window, half as many as can be evaluated; rows after each window. */
function* windows(count: number, outcomeOf: (uid: number, window: number) => MinerOutcome, parameters: ReturnType<typeof defaultHparamValues>, miners = 40) {
	const roster = Array.from({ length: miners }, (_, uid) => ({ uid, generation: 1 }));
	let rows: MinerRow[] = [];
	for (let window = 0; window < count; window++) {
		const draw = { network, window: BigInt(window), randomness: sha256(Uint8Array.of(window & 255, window >> 8)), committed: roster, previous: rows };
		const drawn = drawEvaluated(draw, parameters);
		rows = nextRows(
			roster.map((entry) => ({ ...entry, outcome: drawn.includes(entry.uid) ? outcomeOf(entry.uid, window) : { kind: 'not_drawn' } })),
			rows,
			parameters,
		);
		yield { drawn, rows };
	}
}

test('everybody is evaluated about equally often, whatever its rating, and nobody waits long', () => {
	const parameters = defaultHparamValues({ max_evaluations: 10n });
	const times = new Array<number>(40).fill(0);
	let longest = 0;
	for (const { drawn, rows } of windows(400, (uid) => scored(uid), parameters)) {
		assert.equal(drawn.length, 10);
		for (const uid of drawn) times[uid]!++;
		longest = Math.max(longest, ...rows.map(({ missed }) => missed));
	}
	// A quarter of 400 windows. Drawn evenly the standard deviation would be 8.7; tickets of those who wait make it less.
	for (const [uid, drawn] of times.entries()) assert.ok(Math.abs(drawn - 100) < 30, `miner ${uid}: ${drawn}`);
	// Drawn evenly, one of 40 would wait for 30 windows now and then.
	assert.ok(longest < 20, `${longest} windows`);
});

test('who was not drawn keeps what it had, and has no weight', () => {
	const parameters = defaultHparamValues({ max_evaluations: 10n });
	let before: readonly MinerRow[] = [];
	for (const { drawn, rows } of windows(30, (uid) => scored(uid), parameters)) {
		for (const row of rows) {
			if (drawn.includes(row.uid)) continue;
			const { mu, sigma, proofOfWork, missed } = before[row.uid] ?? {
				mu: parameters.rating_mu_nano,
				sigma: parameters.rating_sigma_nano,
				proofOfWork: 0,
				missed: 0,
			};
			assert.deepEqual(row, { uid: row.uid, generation: 1, code: 17, score: null, random: 0, proofOfWork, mu, sigma, weight: 0, missed: missed + 1 });
		}
		before = rows;
	}
});

test('committing garbage in the hope of not being drawn loses: no weight while not drawn, the place and the work of a failure when drawn', () => {
	const parameters = defaultHparamValues({ max_evaluations: 10n, proof_of_work_floor_ppm: 0n });
	const GAMBLER = 7;
	// Works well for a while, then commits garbage.
	const turns = 60;
	let earned = 0;
	let last: readonly MinerRow[] = [];
	let atTurn: MinerRow | undefined;
	const outcome = (uid: number, window: number) =>
		uid === GAMBLER && window >= turns ? ({ kind: 'failed', code: 1 } as const) : scored(uid === GAMBLER ? 100 : uid);
	for (const [window, { rows }] of [...windows(140, outcome, parameters)].entries()) {
		if (window === turns - 1) atTurn = rows[GAMBLER];
		if (window >= turns) earned += rows[GAMBLER]!.weight;
		last = rows;
	}
	assert.ok(atTurn!.proofOfWork > 0 && atTurn!.mu > parameters.rating_mu_nano);
	assert.equal(earned, 0);
	assert.ok(last[GAMBLER]!.mu < atTurn!.mu && last[GAMBLER]!.proofOfWork < 0);
});

test('the randomness decides, and validators whose payloads differ little draw nearly the same', () => {
	const parameters = defaultHparamValues({ max_evaluations: 64n });
	const committed = Array.from({ length: 256 }, (_, uid) => ({ uid, generation: 1 }));
	const previous = committed.map((entry) => rowOf({ ...entry, mu: BigInt(entry.uid) * 100_000_000n, sigma: 1_000_000_000n, missed: entry.uid % 7 }));
	const draw = { network, window: 3n, randomness: sha256(Uint8Array.of(1)), committed, previous };
	const drawn = drawEvaluated(draw, parameters);
	const common = (other: readonly number[]) => other.filter((uid) => drawn.includes(uid)).length;
	const nudged = previous.map((row) => ({ ...row, mu: row.mu + BigInt((row.uid * 7) % 3) * 100_000_000n }));
	assert.ok(common(drawEvaluated({ ...draw, previous: nudged }, parameters)) >= 60);
	assert.ok(common(drawEvaluated({ ...draw, randomness: sha256(Uint8Array.of(2)) }, parameters)) < 32);
});
