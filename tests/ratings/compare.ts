import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { plackettLuce } from '#core/gradient/rating.ts';
import { rankingKey } from '#core/gradient/score.ts';
import type { Game, Library } from '#tests/ratings/libraries.ts';
import { type GeneratedWindow, generatedWindows } from '#tests/ratings/windows.ts';

/** Largest difference of two f64 ratings, μ or σ, before they are rounded to 1e-9; for values above 1, of the value. */
const TOLERANCE = 1e-12;

interface Counts {
	windows: number;
	games: number;
	ratings: number;
	tied: number;
	newcomers: number;
	absences: number;
	largestGame: number;
	/** Ratings whose rounding to 1e-9 falls on the other side of a half. */
	roundedApart: number;
	largestDifference: number;
}

/**
 * Rates generated windows with the library and holds {@link plackettLuce} to it, and the signed rows to what the library says of their ranking. Who is
 * ranked, from which rating and with what parameters is worked out here by the protocol's words, apart from the code of the state.
 */
export async function compareWithLibrary(test: TestContext, library: Library, seed: number, windows: number): Promise<void> {
	const counts: Counts = {
		windows: 0,
		games: 0,
		ratings: 0,
		tied: 0,
		newcomers: 0,
		absences: 0,
		largestGame: 0,
		roundedApart: 0,
		largestDifference: 0,
	};
	for (const window of generatedWindows(seed, windows)) await compareWindow(library, window, counts);
	test.diagnostic(`${library.name}, seed ${seed}: ${JSON.stringify(counts)}`);
	assert.equal(counts.windows, windows);
	// What was generated has in it what it is for.
	for (const some of ['tied', 'newcomers', 'absences'] as const) assert.ok(counts[some] > windows, `only ${counts[some]} ${some}`);
	assert.ok(counts.games > windows / 2 && counts.largestGame > 50);
}

async function compareWindow(library: Library, { parameters, previous, miners, rows }: GeneratedWindow, counts: Counts): Promise<void> {
	const before = miners.map(({ uid, generation }) => {
		const row = previous.find((entry) => entry.uid === uid && entry.generation === generation);
		if (row === undefined) counts.newcomers++;
		return { mu: row?.mu ?? parameters.rating_mu_nano, sigma: row?.sigma ?? parameters.rating_sigma_nano };
	});
	const keys = miners.map(({ outcome }) => {
		if (outcome.kind === 'absent' || outcome.kind === 'not_drawn') return undefined;
		return outcome.kind === 'failed' ? Number.NEGATIVE_INFINITY : rankingKey(outcome.own, outcome.random);
	});
	const places = [...new Set(keys.filter((key) => key !== undefined))].sort((a, b) => b - a);
	const ranked = keys.flatMap((key, row) => (key === undefined ? [] : [{ row, rank: places.indexOf(key) + 1 }]));
	const game: Game = {
		players: ranked.map(({ row }) => ({ mu: Number(before[row]!.mu) / 1e9, sigma: Number(before[row]!.sigma) / 1e9 })),
		ranks: ranked.map(({ rank }) => rank),
		beta: Number(parameters.rating_beta_nano) / 1e9,
		tau: Number(parameters.rating_tau_nano) / 1e9,
	};
	counts.windows++;
	counts.absences += miners.length - ranked.length;
	counts.tied += ranked.length - places.length;
	for (const [row, key] of keys.entries()) {
		if (key !== undefined) continue;
		// Not ranked: neither τ nor the ranking touches it; what is positive decays.
		assert.equal(rows[row]!.sigma, before[row]!.sigma);
		assert.equal(rows[row]!.mu, before[row]!.mu > 0n ? (before[row]!.mu * parameters.gauntlet_gamma_ppm) / 1_000_000n : before[row]!.mu);
	}
	if (ranked.length < 2) {
		for (const { row } of ranked) assert.deepEqual({ mu: rows[row]!.mu, sigma: rows[row]!.sigma }, before[row]);
		return;
	}
	counts.games++;
	counts.largestGame = Math.max(counts.largestGame, ranked.length);
	const ours = plackettLuce(game.players, game.ranks, game.beta, game.tau);
	for (const [player, theirs] of (await library.rate(game)).entries()) {
		const { row } = ranked[player]!;
		for (const name of ['mu', 'sigma'] as const) {
			counts.ratings++;
			const difference = Math.abs(ours[player]![name] - theirs[name]) / Math.max(1, Math.abs(theirs[name]));
			counts.largestDifference = Math.max(counts.largestDifference, difference);
			assert.ok(difference <= TOLERANCE, `${name} of player ${player}: ${ours[player]![name]} for ${theirs[name]} in ${JSON.stringify(game)}`);
			const apart = rows[row]![name] - BigInt(Math.round(theirs[name] * 1e9));
			if (apart !== 0n) counts.roundedApart++;
			assert.ok(apart >= -1n && apart <= 1n, `${name} of player ${player}: ${rows[row]![name]} for ${theirs[name]}`);
		}
	}
}
