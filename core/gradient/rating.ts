import { rate } from 'openskill';
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

const NANO = 1e9;
const LOWEST_MU = -(1n << 63n);
const HIGHEST_MU = (1n << 63n) - 1n;
const HIGHEST_SIGMA = (1n << 64n) - 1n;

/**
 * One update of the Plackett-Luce model of Weng and Lin, "A Bayesian Approximation Method for Online Ranking" (JMLR 12, 2011,
 * algorithm 4), by openskill: σ² grows by τ², then every player moves by how its rank differs from what was expected. Equal ranks
 * are ties; a lower rank is better. With fewer than two players nothing was compared and nothing changes.
 * f64 inside, rounded to 1e-9 outside: the chain of payloads carries the rounded values.
 */
export function rateRanking(players: readonly Rating[], ranks: readonly number[], parameters: RatingParameters): readonly Rating[] {
	if (players.length !== ranks.length) throw new VramhubError('BAD_ARGUMENT', `${players.length} players with ${ranks.length} ranks`);
	if (players.length < 2) return players;
	const teams = players.map(({ mu, sigma }) => [{ mu: toFloat(mu), sigma: toFloat(sigma) }]);
	const rated = rate(teams, { rank: [...ranks], beta: toFloat(parameters.beta), tau: toFloat(parameters.tau) });
	return rated.map(([team], index) => {
		if (team === undefined || !Number.isFinite(team.mu) || !Number.isFinite(team.sigma)) return players[index]!;
		return { mu: clamp(toNano(team.mu), LOWEST_MU, HIGHEST_MU), sigma: clamp(toNano(team.sigma), 1n, HIGHEST_SIGMA) };
	});
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
