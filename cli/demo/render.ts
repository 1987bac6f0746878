import { styleText } from 'node:util';
import type { ObservedCheckpoint, ObservedWindow, ValidatorWindow } from '#cli/demo/observe.ts';
import type { SettledMiner } from '#clients/chain/port.ts';
import type { MinerKind } from '#runtime/miner-kind.ts';

/** A window's scores as a table: own and random in micro-nats, proof of work in parts of one, rating as μ − 3σ, weight in parts of one. */
export function windowTable({ window, validators, state }: ObservedWindow, colour: boolean): string {
	return validators.map((validator) => validatorTable(window, state, validator, colour)).join('\n');
}

const HEADINGS = ['miner', 'own', 'random', 'proof of work', 'rating', 'weight', 'code'] as const;

function validatorTable(window: bigint, state: string, { uid, transaction, miners, ratings, failure }: ValidatorWindow, colour: boolean): string {
	const title = `window ${window} · validator ${uid} · ${transaction === null ? (failure ?? 'no transaction') : `tx ${transaction}`} · ${state}`;
	if (miners.length === 0) return `${bold(title, colour)}\n`;
	const rows = miners.map((miner) => {
		const rating = ratings.get(miner.uid);
		return [
			String(miner.uid),
			miner.code === 0 ? String(miner.score) : '-',
			miner.code === 0 ? String(miner.random) : '-',
			rating === undefined ? '-' : (rating.proofOfWork / 1e6).toFixed(3),
			rating === undefined ? '-' : ordinalOf(rating).toFixed(3),
			shareOf(miner).toFixed(4),
			miner.codeName ?? String(miner.code),
		];
	});
	return `${bold(title, colour)}\n${table(HEADINGS, rows, colour)}`;
}

/** Numbers to the right, the last column to the left. */
function table(headings: readonly string[], rows: readonly (readonly string[])[], colour: boolean): string {
	const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
	const line = (cells: readonly string[]) => cells.map((cell, column) => (column === headings.length - 1 ? cell : cell.padStart(widths[column]!))).join('  ');
	return `${bold(line(headings), colour)}\n${rows.map((row) => `${line(row)}\n`).join('')}`;
}

const bold = (text: string, colour: boolean) => (colour ? styleText('bold', text, { validateStream: false }) : text);
const ordinalOf = ({ mu, sigma }: { readonly mu: bigint; readonly sigma: bigint }) => Number(mu - 3n * sigma) / 1e9;
const shareOf = ({ weight }: Pick<SettledMiner, 'weight'>) => weight / 65_535;

/** What came of a boundary, and what it did to the held-out loss. */
export function checkpointLine({ boundary, outcome, hash, heldOutLoss }: ObservedCheckpoint, genesisLoss: number): string {
	const what = `checkpoint ${boundary} · ${outcome}${hash === null ? '' : ` · sha256 ${hash}`}`;
	if (heldOutLoss === null) return `${what}\n`;
	const change = (heldOutLoss / genesisLoss - 1) * 100;
	return `${what} · held-out loss ${genesisLoss.toFixed(4)} at genesis, now ${heldOutLoss.toFixed(4)} (${change > 0 ? '+' : '−'}${Math.abs(change).toFixed(2)} %)\n`;
}

export interface DemoReport {
	readonly genesis: { readonly heldOutLoss: number };
	readonly windows: readonly ObservedWindow[];
	readonly checkpoints: readonly ObservedCheckpoint[];
	readonly kinds: ReadonlyMap<number, MinerKind>;
	readonly uiUrl: string;
}

/** Who was what: the only place where kinds are told. One row a miner, the ratings of each validator side by side. */
export function finalReport({ windows, kinds }: DemoReport, colour: boolean): string {
	const validators = windows.at(-1)?.validators ?? [];
	const headings = ['miner', ...validators.flatMap(({ uid }) => [`rating by ${uid}`, `weight by ${uid}`]), 'kind'];
	const rows = [...kinds]
		.sort(([a], [b]) => a - b)
		.map(([uid, kind]) => {
			const cells = validators.flatMap(({ miners, ratings }) => {
				const [rating, miner] = [ratings.get(uid), miners.find((miner) => miner.uid === uid)];
				return [rating === undefined ? '-' : ordinalOf(rating).toFixed(3), miner === undefined ? '-' : shareOf(miner).toFixed(4)];
			});
			return [String(uid), ...cells, kind];
		});
	return `${bold('miners, and what they were', colour)}\n${table(headings, rows, colour)}`;
}

interface RatingJson {
	readonly mu: number;
	readonly sigma: number;
	readonly proofOfWork: number;
	readonly weight: number;
	readonly kind: MinerKind | null;
}

/** The one line of `--json`. Maps by uid; ratings are those after the last window. */
export function reportJson({ genesis, windows, checkpoints, kinds, uiUrl }: DemoReport): string {
	const ratings: Record<string, Record<string, RatingJson>> = {};
	for (const { uid, miners, ratings: after } of windows.at(-1)?.validators ?? []) {
		ratings[uid] = {};
		for (const miner of miners) {
			const row = after.get(miner.uid);
			if (row === undefined) continue;
			ratings[uid][miner.uid] = {
				mu: Number(row.mu) / 1e9,
				sigma: Number(row.sigma) / 1e9,
				proofOfWork: row.proofOfWork / 1e6,
				weight: shareOf(miner),
				kind: kinds.get(miner.uid) ?? null,
			};
		}
	}
	return JSON.stringify({
		genesis,
		windows: windows.map(({ window, state, validators }) => ({
			window: Number(window),
			state,
			validators: validators.map(({ uid, transaction, miners }) => ({
				uid,
				tx: transaction,
				scores: Object.fromEntries(miners.filter(({ code }) => code === 0).map((miner) => [miner.uid, miner.score])),
				codes: Object.fromEntries(miners.map((miner) => [miner.uid, miner.code])),
			})),
		})),
		checkpoints: checkpoints.map(({ boundary, outcome, hash, heldOutLoss }) => ({ window: Number(boundary), outcome, hash, heldOutLoss })),
		ratings,
		webUi: uiUrl,
	});
}
