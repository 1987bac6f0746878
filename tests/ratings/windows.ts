import { MINER_CODE } from '#core/gradient/codes.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { nextRows, type RosterOutcome, type StateParameters } from '#core/gradient/state.ts';
import { Random } from '#tests/fuzz/random.ts';

/** One window of a generated network, as the state went into it and as it came out. */
export interface GeneratedWindow {
	readonly parameters: StateParameters;
	readonly previous: readonly MinerRow[];
	readonly miners: readonly RosterOutcome[];
	readonly rows: readonly MinerRow[];
}

/** Most windows of one network: long enough for σ to settle, short enough for many networks. */
const LIFE = 40;
const LARGEST = 256;

/** Windows of one network after the other, each going on from the rows of the window before. */
export function* generatedWindows(seed: number, count: number): Generator<GeneratedWindow> {
	const random = new Random(seed);
	for (let made = 0; made < count; ) {
		const parameters = randomParameters(random);
		// Mostly small ones: the libraries take the square of the size.
		const size = Math.max(1, Math.round(LARGEST ** (random.chance(0.02) ? 1 : random.next() * 0.75)));
		const churn = random.pick([0, 0.02, 0.2]);
		const levels = random.pick([2, 5, 1_000, 1_000_000]);
		let roster = Array.from({ length: size }, (_, uid) => ({ uid, generation: 1, skill: random.next() }));
		let previous: readonly MinerRow[] = [];
		for (let window = 0; window < 1 + random.integer(LIFE) && made < count; window++, made++) {
			roster = roster.map((miner) => (random.chance(churn) ? { ...miner, generation: miner.generation + 1, skill: random.next() } : miner));
			if (random.chance(churn) && roster.length < LARGEST) roster.push({ uid: roster.at(-1)!.uid + 1, generation: 1, skill: random.next() });
			if (random.chance(churn) && roster.length > 1) roster.splice(random.integer(roster.length), 1);
			const miners = roster.map(({ uid, generation, skill }) => ({ uid, generation, outcome: randomOutcome(random, skill, levels) }));
			const rows = nextRows(miners, previous, parameters);
			yield { parameters, previous, miners, rows };
			previous = rows;
		}
	}
}

function randomParameters(random: Random): StateParameters {
	if (random.chance(0.5)) return defaultHparamValues();
	const between = (low: number, high: number) => BigInt(Math.round((low + random.next() * (high - low)) * 1e9));
	return defaultHparamValues({
		rating_mu_nano: between(0, 100),
		rating_sigma_nano: between(0.5, 20),
		rating_beta_nano: between(0.5, 10),
		rating_tau_nano: random.chance(0.2) ? 0n : between(0, 0.5),
		gauntlet_gamma_ppm: BigInt(random.pick([0, 750_000, 990_000, 1_000_000])),
	});
}

/** `levels`: how many different scores there are; few make ties. */
function randomOutcome(random: Random, skill: number, levels: number): RosterOutcome['outcome'] {
	if (random.chance(0.1)) return { kind: 'absent' };
	if (random.chance(0.1)) return { kind: 'failed', code: random.pick([MINER_CODE.malformed, MINER_CODE.missing]) };
	const score = () => Math.round((skill + random.next() - 0.7) * levels);
	return { kind: 'scored', own: score(), random: score() };
}
