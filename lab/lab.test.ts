import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PlayerHistory, RunResult } from '#lab/books.ts';
import { jitter, relocate } from '#lab/coefficients.ts';
import { LabModel } from '#lab/model.ts';
import { COLLUSIONS, colludedRewards, minerRewards } from '#lab/payout.ts';
import { plots } from '#lab/plots.ts';
import { mean, profits } from '#lab/profit.ts';
import { replay } from '#lab/replay.ts';
import { reportLines, reportText } from '#lab/report.ts';
import { LAB_MODEL, labHparams } from '#lab/settings.ts';
import { simulate } from '#lab/simulation.ts';
import { gptParameters } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { Xoshiro128 } from '#model/random.ts';
import { encodeCheckpoint } from '#model/safetensors.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';

test('a seed decides everything, and honest work is told from noise at once', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-lab-'));
	t.after(() => rm(folder, { recursive: true }));
	const files = { corpus: join(folder, 'corpus'), genesis: join(folder, 'genesis') };
	// English of two shards and more; the model begins at random weights, which is enough to tell work from noise.
	const documents = await Promise.all(
		['protocol', 'security', 'operations', 'errors'].map((name) => readFile(join(checkoutRoot, 'docs', `${name}.md`), 'utf8')),
	);
	await writeFile(files.corpus, documents.join('').repeat(3));
	await writeFile(files.genesis, encodeCheckpoint({ parameters: gptParameters(LAB_MODEL) }, initialWeights(LAB_MODEL, 'test')));
	await using model = await LabModel.open(files);
	const population = { name: 'small', honest: 2, attacks: ['noise'] } as const;
	const run = (seed: number) => simulate(model, { population, seed, windows: 3, values: labHparams() }, () => undefined);
	const [one, same, other] = [await run(1), await run(1), await run(2)];
	const told = (result: RunResult) => JSON.stringify(reportLines([result]));
	assert.equal(told(same), told(one));
	assert.notEqual(told(other), told(one));
	const recorded: RunResult = JSON.parse(JSON.stringify(one));
	assert.equal(told(replay(recorded, labHparams())), told(one), 'a replay by the same parameters is the run itself');
	const started = replay(recorded, { ...labHparams(), rating_mu_nano: 100_000_000_000n });
	for (const [i, { ordinal }] of started.players.entries()) assert.ok(Math.abs(ordinal.at(-1)! - one.players[i]!.ordinal.at(-1)! - 25) < 0.01);
	for (const { players } of [one, other]) {
		const noise = players.find(({ name }) => name === 'noise')!;
		for (const honest of players.filter(({ name }) => name === 'honest')) {
			assert.ok(mean(honest.own) > mean(noise.own) + 0.01, `${mean(honest.own)} against ${mean(noise.own)}`);
			assert.ok(honest.ordinal.at(-1)! > noise.ordinal.at(-1)!);
		}
		assert.ok(noise.reward.every((reward) => reward === 0));
	}
});

test('moved coefficients stay in their chunk and keep their values; jitter stays within its bounds', () => {
	const coefficients = new Float64Array(2 * 4096);
	for (let i = 0; i < 400; i++) coefficients[i * 20] = i + 1;
	const before = coefficients.slice();
	relocate(coefficients, (position) => position % 40 === 0, Xoshiro128.seeded('move'));
	for (const chunk of [0, 1]) {
		const values = (all: Float64Array) => [...all.subarray(chunk * 4096, (chunk + 1) * 4096)].filter((value) => value !== 0).sort((a, b) => a - b);
		assert.deepEqual(values(coefficients), values(before));
	}
	const kept = before.filter((value, i) => value !== 0 && coefficients[i] === value).length;
	assert.ok(kept >= 200 && kept < 215, `${kept} are where they were`);
	const jittered = before.slice();
	jitter(jittered, 0.2, Xoshiro128.seeded('jitter'));
	assert.ok(jittered.every((value, i) => Math.abs(value - before[i]!) <= 0.2 * before[i]!));
	assert.ok(jittered.some((value, i) => Math.abs(value - before[i]!) > 0.15 * before[i]!));
});

test('a minority moves rewards only as far as honest validators differ', () => {
	const values = { emission_per_window: 1_000n, emission_miner_bps: 7_200n };
	const columns = (uid: number, weights: readonly number[]) => ({ uid, stake: 1n, rows: weights.map((weight) => ({ code: 0, score: 1, random: 1, weight })) });
	const alike = [0, 1, 2].map((uid) => columns(uid, [40_000, 20_000, 0]));
	const differing = [columns(0, [40_000, 20_000, 0]), columns(1, [42_000, 18_000, 0]), columns(2, [41_000, 19_000, 0])];
	for (const collusion of COLLUSIONS) {
		const { honest, colluded } = colludedRewards(alike, 2, collusion, values);
		assert.deepEqual(honest, [480, 240, 0]);
		assert.deepEqual(colluded, honest);
		assert.deepEqual(colludedRewards(differing, 1, collusion, values).colluded, minerRewards([40_000, 20_000, 0], values));
	}
	// With more than half it is all theirs.
	assert.deepEqual(colludedRewards(alike, 2, { name: 'most', colluders: 3n, honest: [1n, 1n] }, values).colluded, [0, 0, 720]);
});

test('profit is per stake and per unit of compute, after the settling windows', () => {
	const windows = 40;
	const player = (name: PlayerHistory['name'], identities: number, reward: number, compute: number): PlayerHistory => {
		const every = (value: number) => Array.from({ length: windows }, (_, window) => (window < 30 ? 1_000 : value));
		return {
			name,
			uids: Array.from({ length: identities }, (_, i) => i),
			joins: 0,
			reward: every(reward),
			compute: every(compute),
			ordinal: [1],
			proofOfWork: [1],
			own: [],
			random: [],
			overlap: [],
			codes: {},
		};
	};
	const result: RunResult = {
		population: 'registrations',
		seed: 1,
		players: [player('honest', 1, 100, 80), player('honest', 1, 140, 80), player('sybil-2', 2, 60, 40)],
		collusions: [],
		heldOut: [3, 2.5],
		refused: 0,
		windows: [],
	};
	const [sybil] = profits([result]);
	assert.deepEqual(sybil!.perStake, { mean: 0.25, min: 0.25, max: 0.25 });
	assert.deepEqual(sybil!.perCompute, { mean: 1, min: 1, max: 1 });
	assert.match(reportText([result]), /sybil-2 +25\.0 %/);
	assert.ok(reportLines([result]).some((line) => 'attack' in line && line.attack === 'sybil-2'));
	assert.match(plots([result])['profit.svg']!, /^<svg[\s\S]*sybil-2[\s\S]*25\.0 %[\s\S]*<\/svg>\n$/);
});
