import { type AttackName, attackSpec } from '#lab/attacks.ts';
import type { PlayerHistory, RunResult } from '#lab/books.ts';
import { FULL_WORK, LATE_WINDOW, SETTLING_WINDOWS } from '#lab/settings.ts';

/** Mean, least and greatest over seeds. */
export interface Spread {
	readonly mean: number;
	readonly min: number;
	readonly max: number;
}

export interface AttackProfit {
	readonly attack: AttackName;
	readonly what: string;
	readonly population: string;
	/** Reward of one registration's stake / an honest miner's in the same windows, which is 1; undefined when no window counts. */
	readonly perStake: Spread | undefined;
	/** Reward of a sequence forward and backward / an honest miner's; undefined without compute. */
	readonly perCompute: Spread | undefined;
	/** Compute / an honest miner's. */
	readonly compute: number;
	/** At the end: μ − 3σ and proof of work. */
	readonly ordinal: number;
	readonly proofOfWork: number;
	/** Means over scored windows, nats. */
	readonly own: number;
	readonly random: number;
	readonly codes: Record<number, number>;
}

export function profits(results: readonly RunResult[]): AttackProfit[] {
	const byAttack = Map.groupBy(
		results.flatMap((run) => run.players.filter(({ name }) => name !== 'honest').map((player) => ({ run, player }))),
		({ player }) => player.name as AttackName,
	);
	return [...byAttack].map(([attack, entries]) => {
		const measured = entries.map(({ run, player }) => ({ player, ...relative(player, run) }));
		const codes: Record<number, number> = {};
		for (const { player } of measured) for (const [code, count] of Object.entries(player.codes)) codes[Number(code)] = (codes[Number(code)] ?? 0) + count;
		const all = (pick: (player: PlayerHistory) => readonly number[]) => mean(measured.flatMap(({ player }) => pick(player)));
		return {
			attack,
			what: attackSpec(attack).what,
			population: entries[0]!.run.population,
			perStake: spread(measured.map(({ perStake }) => perStake)),
			perCompute: spread(measured.map(({ perCompute }) => perCompute)),
			compute: mean(measured.map(({ compute }) => compute)),
			ordinal: mean(measured.map(({ player }) => player.ordinal.at(-1) ?? Number.NaN)),
			proofOfWork: mean(measured.map(({ player }) => player.proofOfWork.at(-1) ?? Number.NaN)),
			own: all(({ own }) => own),
			random: all(({ random }) => random),
			codes,
		};
	});
}

/** Against the honest miners of its run, over the windows that count for it. */
function relative(player: PlayerHistory, { players }: RunResult): { perStake: number; perCompute: number; compute: number } {
	const from = Math.max(SETTLING_WINDOWS, player.joins + (player.joins > 0 ? SETTLING_WINDOWS : 0));
	const honest = players.filter(({ name }) => name === 'honest');
	const reward = total(player.reward, from);
	const compute = total(player.compute, from);
	const honestReward = mean(honest.map((other) => total(other.reward, from)));
	const honestCompute = mean(honest.map((other) => total(other.compute, from)));
	return {
		perStake: reward / player.uids.length / honestReward,
		perCompute: compute === 0 ? Number.NaN : reward / compute / (honestReward / honestCompute),
		compute: compute / honestCompute,
	};
}

/** How honest miners fare among each other: the spread of what they earn is what luck does. */
export function honestSpread(results: readonly RunResult[]): Spread | undefined {
	const shares = results.flatMap(({ players }) => {
		const rewards = players.filter(({ name }) => name === 'honest').map(({ reward }) => total(reward, SETTLING_WINDOWS));
		return rewards.map((reward) => reward / mean(rewards));
	});
	return spread(shares);
}

export interface NewcomerPath {
	readonly seed: number;
	/** Windows after registration until its mean reward of ten windows is this part of a veteran's; undefined when it does not come so far. */
	readonly half: number | undefined;
	readonly ninety: number | undefined;
}

const PATH_WINDOWS = 10;

export function newcomerPaths(results: readonly RunResult[]): NewcomerPath[] {
	return results.flatMap(({ seed, players }) => {
		const late = players.find(({ name, joins }) => name === 'late' && joins === LATE_WINDOW);
		if (late === undefined || late.reward.length < LATE_WINDOW + PATH_WINDOWS) return [];
		const honest = players.filter(({ name }) => name === 'honest');
		const reaches = (part: number): number | undefined => {
			for (let end = LATE_WINDOW + PATH_WINDOWS; end <= late.reward.length; end++) {
				const sum = (player: PlayerHistory) => total(player.reward.slice(0, end), end - PATH_WINDOWS);
				if (sum(late) >= part * mean(honest.map(sum))) return end - LATE_WINDOW;
			}
			return undefined;
		};
		return [{ seed, half: reaches(0.5), ninety: reaches(0.9) }];
	});
}

export interface CollusionEffect {
	readonly name: string;
	readonly failures: number;
	/** Greatest change of a miner's share of all rewards, as a part of that share: of the friend, and downwards of anybody else. */
	readonly friend: Spread | undefined;
	readonly others: Spread | undefined;
	/** The greatest of any miner in hundredths of all rewards. */
	readonly points: number;
}

export function collusionEffects(results: readonly RunResult[]): CollusionEffect[] {
	const byKind = Map.groupBy(
		results.flatMap(({ collusions }) => collusions),
		({ name, failures }) => `${name}/${failures}`,
	);
	return [...byKind.values()].flatMap((histories) => {
		const { name, failures } = histories[0]!;
		const moves = histories.flatMap(({ honest, colluded }) => {
			const before = shares(honest);
			const after = shares(colluded);
			return before.some((share) => share > 0) ? [before.map((share, uid) => ({ share, moved: after[uid]! - share }))] : [];
		});
		// A simulation that ends before rewards count says nothing.
		if (moves.length === 0) return [];
		const noticeable = moves.map((miners) => miners.filter(({ share }) => share > LEAST_SHARE).map(({ share, moved }) => moved / share));
		const effect = {
			name,
			failures,
			friend: spread(noticeable.map((changes) => Math.max(...changes))),
			others: spread(noticeable.map((changes) => Math.min(...changes))),
			points: 100 * Math.max(...moves.flat().map(({ moved }) => Math.abs(moved))),
		};
		return [effect];
	});
}

/** A change of next to nothing is no measure: miners with less than this of all rewards count in points alone. */
const LEAST_SHARE = 0.005;

function shares(rewards: readonly number[]): number[] {
	const sum = rewards.reduce((all, reward) => all + reward, 0);
	return rewards.map((reward) => (sum === 0 ? 0 : reward / sum));
}

/** The work of a full window, sequences. */
export const FULL_COMPUTE = FULL_WORK.steps * FULL_WORK.stepSequences;

/** Σ from a window on; windows before a registration count nothing. */
export function total(values: readonly (number | undefined)[], from: number): number {
	return values.slice(from).reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

export function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values: readonly number[]): Spread | undefined {
	const finite = values.filter(Number.isFinite);
	return finite.length === 0 ? undefined : { mean: mean(finite), min: Math.min(...finite), max: Math.max(...finite) };
}
