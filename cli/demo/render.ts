import { styleText } from 'node:util';
import type { ObservedWindow, ValidatorWindow } from '#cli/demo/observe.ts';

/** A window's scores as a table: own and random in micro-nats, proof of work in parts of one, rating as μ − 3σ, weight in parts of one. */
export function windowTable({ window, validators, state }: ObservedWindow, colour: boolean): string {
	const parts = validators.map((validator) => validatorTable(window, validator, colour));
	return state === 'void' ? `window ${window}: not scored\n` : parts.join('\n');
}

const HEADINGS = ['miner', 'own', 'random', 'proof of work', 'rating', 'weight', 'code'] as const;

function validatorTable(window: bigint, { uid, transaction, miners, ratings }: ValidatorWindow, colour: boolean): string {
	const rows = miners.map((miner) => {
		const rating = ratings.get(miner.uid);
		return [
			String(miner.uid),
			miner.code === 0 ? String(miner.score) : '-',
			miner.code === 0 ? String(miner.random) : '-',
			rating === undefined ? '-' : (rating.proofOfWork / 1e6).toFixed(3),
			rating === undefined ? '-' : (Number(rating.mu - 3n * rating.sigma) / 1e9).toFixed(3),
			(miner.weight / 65_535).toFixed(4),
			miner.codeName ?? String(miner.code),
		];
	});
	const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
	const line = (cells: readonly string[]) => cells.map((cell, column) => (column === HEADINGS.length - 1 ? cell : cell.padStart(widths[column]!))).join('  ');
	const bold = (text: string) => (colour ? styleText('bold', text, { validateStream: false }) : text);
	return `${bold(`window ${window} · validator ${uid} · tx ${transaction ?? '-'}`)}\n${bold(line(HEADINGS))}\n${rows.map((row) => `${line(row)}\n`).join('')}`;
}

export interface DemoReport {
	readonly genesis: { readonly heldOutLoss: number };
	readonly windows: readonly ObservedWindow[];
	readonly uiUrl: string;
}

/** The one line of `--json`. Maps by uid; ratings are those after the last window. */
export function reportJson({ genesis, windows, uiUrl }: DemoReport): string {
	const ratings: Record<string, Record<string, { mu: number; sigma: number; proofOfWork: number; weight: number }>> = {};
	for (const { uid, miners, ratings: after } of windows.at(-1)?.validators ?? []) {
		ratings[uid] = {};
		for (const { uid: miner, weight } of miners) {
			const row = after.get(miner);
			if (row !== undefined)
				ratings[uid][miner] = { mu: Number(row.mu) / 1e9, sigma: Number(row.sigma) / 1e9, proofOfWork: row.proofOfWork / 1e6, weight: weight / 65_535 };
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
		checkpoints: [],
		ratings,
		webUi: uiUrl,
	});
}
