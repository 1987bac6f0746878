import { VramhubError } from '#core/errors.ts';

/** A Gaussian belief of skill in units of 1e-9. */
export interface Rating {
	readonly mu: bigint;
	readonly sigma: bigint;
}

export interface RatingParameters {
	/** Units of 1e-9 (hparams `rating_beta_nano`, `rating_tau_nano`). */
	readonly beta: bigint;
	readonly tau: bigint;
}

/** The same in f64, where the update is computed. */
export interface Belief {
	readonly mu: number;
	readonly sigma: number;
}

const NANO = 1e9;
const LOWEST_MU = -(1n << 63n);
const HIGHEST_MU = (1n << 63n) - 1n;
const HIGHEST_SIGMA = (1n << 64n) - 1n;
/** The least share of its variance that one update leaves a player (κ). */
const KAPPA = 1e-4;

/**
 * One update of the ratings, f64 inside ({@link plackettLuce}), rounded to 1e-9 outside: the chain of payloads carries the rounded values.
 * With fewer than two players nothing was compared and nothing changes, not even by τ; likewise for a player whose result is not finite.
 */
export function rateRanking(players: readonly Rating[], ranks: readonly number[], parameters: RatingParameters): readonly Rating[] {
	if (players.length !== ranks.length) throw new VramhubError('BAD_ARGUMENT', `${players.length} players with ${ranks.length} ranks`);
	if (players.length < 2) return players;
	const beliefs = players.map(({ mu, sigma }) => ({ mu: toFloat(mu), sigma: toFloat(sigma) }));
	return plackettLuce(beliefs, ranks, toFloat(parameters.beta), toFloat(parameters.tau)).map(({ mu, sigma }, index) => {
		if (!Number.isFinite(mu) || !Number.isFinite(sigma)) return players[index]!;
		return { mu: clamp(toNano(mu), LOWEST_MU, HIGHEST_MU), sigma: clamp(toNano(sigma), 1n, HIGHEST_SIGMA) };
	});
}

/**
 * The Plackett-Luce model of Weng and Lin, "A Bayesian Approximation Method for Online Ranking" (JMLR 12, 2011, algorithm 4), players of
 * one each; equal ranks are ties, a lower rank is better.
 *
 *   σ² ← σ² + τ²                             before each update
 *   c  = √Σ(σ² + β²)     e_i = exp(μ_i / c)    S_r = Σ e over the players of rank r and worse
 *   Ω_i = 1 / |ties of i| − Σ_r e_i / S_r      Δ_i = Σ_r (e_i / S_r)(1 − e_i / S_r)      r: each rank at most i's
 *   μ_i ← μ_i + σ_i² Ω_i / c                  σ_i ← σ_i √max(1 − (σ_i / c)³ Δ_i, κ)
 *
 * Algorithm 4 sums over players and divides by how many tie with each; here each rank is summed once. γ = σ / c as Weng and Lin suggest.
 */
export function plackettLuce(players: readonly Belief[], ranks: readonly number[], beta: number, tau: number): Belief[] {
	const variances = players.map(({ sigma }) => sigma * sigma + tau * tau);
	const c = Math.sqrt(variances.reduce((sum, variance) => sum + variance + beta * beta, 0));
	// The same factor in every e and S: without it a large μ would overflow.
	const highest = players.reduce((most, { mu }) => Math.max(most, mu), Number.NEGATIVE_INFINITY);
	const strengths = players.map(({ mu }) => Math.exp((mu - highest) / c));
	const groups = [...Map.groupBy(players.keys(), (index) => ranks[index]!)].sort(([a], [b]) => a - b).map(([, members]) => members);
	const remaining = new Float64Array(groups.length);
	let worse = 0;
	for (let group = groups.length - 1; group >= 0; group--) {
		for (const index of groups[group]!) worse += strengths[index]!;
		remaining[group] = worse;
	}
	const rated: Belief[] = new Array(players.length);
	for (const [group, members] of groups.entries()) {
		for (const index of members) {
			let omega = 1 / members.length;
			let delta = 0;
			for (let better = 0; better <= group; better++) {
				const chance = strengths[index]! / remaining[better]!;
				omega -= chance;
				delta += chance * (1 - chance);
			}
			const variance = variances[index]!;
			const sigma = Math.sqrt(variance);
			rated[index] = {
				mu: players[index]!.mu + (variance / c) * omega,
				sigma: sigma * Math.sqrt(Math.max(1 - (variance / c ** 2) * (sigma / c) * delta, KAPPA)),
			};
		}
	}
	return rated;
}

/** μ − 3σ, units of 1e-9: a skill that the miner has with near certainty. */
export function ordinal({ mu, sigma }: Rating): bigint {
	return mu - 3n * sigma;
}

function toFloat(nano: bigint): number {
	return Number(nano) / NANO;
}

function toNano(value: number): bigint {
	return BigInt(Math.round(value * NANO));
}

function clamp(value: bigint, lowest: bigint, highest: bigint): bigint {
	if (value < lowest) return lowest;
	return value > highest ? highest : value;
}
