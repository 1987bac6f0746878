import { minerCodeName } from '#core/gradient/codes.ts';
import type { RunResult } from '#lab/books.ts';
import { type AttackProfit, collusionEffects, honestSpread, newcomerPaths, profits, type Spread } from '#lab/profit.ts';
import { SETTLING_WINDOWS } from '#lab/settings.ts';

/** What is told of a lab, each line an object of its own. */
export function reportLines(results: readonly RunResult[]): object[] {
	return [
		...profits(results).map(({ perStake, perCompute, codes, proofOfWork, ...rest }) => ({
			kind: 'attack',
			...rest,
			proof_of_work: proofOfWork,
			reward_per_stake: perStake ?? null,
			reward_per_compute: perCompute ?? null,
			codes: Object.fromEntries(Object.entries(codes).map(([code, count]) => [minerCodeName(Number(code)) ?? code, count])),
		})),
		{ kind: 'honest', reward_per_stake: honestSpread(results) ?? null },
		...newcomerPaths(results).map(({ seed, half, ninety }) => ({
			kind: 'newcomer',
			seed,
			windows_to_half: half ?? null,
			windows_to_ninety_percent: ninety ?? null,
		})),
		...collusionEffects(results).map(({ name, failures, friend, others, points }) => ({
			kind: 'collusion',
			stake: name,
			failed_downloads: failures,
			most_gained: friend,
			most_lost: others,
			points,
		})),
		...results.map(({ population, seed, heldOut, refused }) => ({ kind: 'model', population, seed, held_out_loss: heldOut, merges_refused: refused })),
	].map((line) => JSON.parse(JSON.stringify(line, rounded)) as object);
}

const rounded = (_: string, value: unknown) => (typeof value === 'number' ? (Number.isFinite(value) ? Number(value.toPrecision(6)) : null) : value);

/** The tables, for people. */
export function reportText(results: readonly RunResult[]): string {
	const windows = Math.max(...results.flatMap(({ players }) => players.map(({ reward }) => reward.length)));
	const seeds = new Set(results.map(({ seed }) => seed)).size;
	const honest = Math.min(...results.map(({ players }) => players.filter(({ name }) => name === 'honest').length));
	const lines = [
		`${windows} windows, ${seeds} seeds, ${honest} honest miners in each population; rewards from window ${SETTLING_WINDOWS + 1} on, honest = 100 %`,
		'',
	];
	lines.push(row('attack', 'per stake', '(least … most)', 'per compute', 'compute', 'own', 'random', 'work', 'ordinal', 'what'));
	for (const profit of profits(results)) lines.push(attackRow(profit));
	const luck = honestSpread(results);
	if (luck !== undefined) lines.push(row('honest, each', '100 %', range(luck), '100 %', '100 %', '', '', '', '', 'the reference miner'));
	for (const { seed, half, ninety } of newcomerPaths(results))
		lines.push(`newcomer, seed ${seed}: half of a veteran's reward after ${half ?? 'more'} windows, 90 % after ${ninety ?? 'more'}`);
	for (const { name, failures, friend, others, points } of collusionEffects(results)) {
		if (friend === undefined || others === undefined) continue;
		lines.push(
			`colluding validators with ${name} of the stake, ${percent(failures)} of downloads failing, of copies too: at most ${percent(friend.max)} gained, ${percent(others.min)} lost of a share; ${points.toFixed(2)} points of all rewards`,
		);
	}
	for (const { population, seed, heldOut, refused } of results)
		lines.push(
			`model, ${population}, seed ${seed}: held-out loss ${heldOut[0]!.toFixed(4)} → ${heldOut.at(-1)!.toFixed(4)}${refused > 0 ? `, ${refused} merges refused` : ''}`,
		);
	return `${lines.join('\n')}\n`;
}

function attackRow({ attack, what, perStake, perCompute, compute, own, random, proofOfWork, ordinal }: AttackProfit): string {
	const nats = (value: number) => (Number.isFinite(value) ? (1_000 * value).toFixed(1) : '');
	const number = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '');
	const share = (spread: Spread | undefined) => (spread === undefined ? '' : percent(spread.mean));
	return row(
		attack,
		share(perStake),
		perStake === undefined ? '' : range(perStake),
		share(perCompute),
		percent(compute),
		nats(own),
		nats(random),
		number(proofOfWork),
		number(ordinal),
		what,
	);
}

const WIDTHS = [14, 10, 16, 12, 8, 7, 7, 6, 8];

function row(...cells: readonly string[]): string {
	return cells.map((cell, column) => (column === 0 ? cell.padEnd(WIDTHS[0]!) : cell.padStart(WIDTHS[column] ?? 0))).join('  ');
}

const range = ({ min, max }: Spread) => `(${percent(min)} … ${percent(max)})`;
const percent = (part: number) => (Number.isFinite(part) ? `${(100 * part).toFixed(1)} %` : '');
