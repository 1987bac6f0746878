import type { PlayerHistory, RunResult } from '#lab/books.ts';
import { type AttackProfit, mean, profits } from '#lab/profit.ts';
import { LATE_WINDOW, SETTLING_WINDOWS } from '#lab/settings.ts';

/** SVG documents by file name: what each attack earns, and how rewards and ratings went in each population. */
export function plots(results: readonly RunResult[]): Record<string, string> {
	const byPopulation = [...Map.groupBy(results, ({ population }) => population)];
	return {
		'profit.svg': profitChart(profits(results)),
		...Object.fromEntries(byPopulation.map(([population, runs]) => [`population-${population}.svg`, populationChart(population, runs)])),
	};
}

/** Okabe and Ito's palette, which colour-blind readers can tell apart; honest miners are black. */
const COLOURS = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#d55e00', '#0072b2'];
const FONT = 'font-family="sans-serif" font-size="12"';

/** Of an honest miner's work, more than which is honest work. */
const HONEST_COMPUTE = 0.9;

function profitChart(all: readonly AttackProfit[]): string {
	const bars = all.filter(({ perStake }) => perStake !== undefined);
	const [left, rowHeight, width] = [130, 22, 560];
	const most = Math.max(1.25, ...bars.map(({ perStake }) => perStake!.max));
	const x = (share: number) => left + (share / most) * (width - left - 60);
	const height = 60 + bars.length * rowHeight;
	const rows = bars.map(({ attack, perStake, compute }, i) => {
		const y = 40 + i * rowHeight;
		const { mean: middle, min, max } = perStake!;
		return [
			`<text x="${left - 8}" y="${y + 12}" text-anchor="end">${attack}</text>`,
			`<rect x="${left}" y="${y + 2}" width="${fixed(x(middle) - left)}" height="13" fill="${compute >= HONEST_COMPUTE ? '#999' : middle > 0.1 ? '#d55e00' : '#009e73'}"/>`,
			`<path d="M${fixed(x(min))} ${y + 8.5}H${fixed(x(max))}M${fixed(x(min))} ${y + 5}v7M${fixed(x(max))} ${y + 5}v7" stroke="#000" fill="none"/>`,
			`<text x="${fixed(x(max) + 6)}" y="${y + 12}">${(100 * middle).toFixed(1)} %</text>`,
		].join('');
	});
	const lines = [0.1, 0.5, 1].map(
		(share) =>
			`<path d="M${fixed(x(share))} 34V${height - 20}" stroke="#888" stroke-dasharray="3 3"/><text x="${fixed(x(share))}" y="30" text-anchor="middle">${100 * share} %</text>`,
	);
	const title = `<text x="10" y="14" font-weight="bold">Reward per stake, an honest miner's = 100 %: mean and range over seeds</text>`;
	const legend = `<text x="10" y="${height - 4}">grey: at least the work of an honest miner; red: more than a tenth of its reward for less</text>`;
	return svg(width, height, [title, ...lines, ...rows, legend]);
}

/** Windows that a point of a curve is the mean of. */
const SMOOTHING = 5;

function populationChart(population: string, runs: readonly RunResult[]): string {
	const names = [...new Set(runs.flatMap(({ players }) => players.map(({ name }) => name)))];
	const [width, panel] = [720, 230];
	const windows = Math.max(...runs.flatMap(({ players }) => players.map(({ reward }) => reward.length)));
	const rewards = names.map((name) => smoothed(average(runs, name, windows, honestPart)));
	const ordinals = names.map((name) => average(runs, name, windows, (player) => player.ordinal));
	const legend = names.map((name, i) => `<path d="M${width - 130} ${44 + 18 * i}h18" ${stroke(i)}/><text x="${width - 106}" y="${48 + 18 * i}">${name}</text>`);
	const title = `<text x="10" y="16" font-weight="bold">${population}: reward per stake (honest mean of the window = 1, mean of ${SMOOTHING} windows), ordinal μ − 3σ</text>`;
	return svg(width, 2 * panel + 60, [
		title,
		...legend,
		axes(rewards, 30, panel, width - 150, windows),
		axes(ordinals, 40 + panel, panel, width - 150, windows),
	]);
}

/** Reward per stake over the honest mean of that window. */
function honestPart(player: PlayerHistory, { players }: RunResult): number[] {
	const honest = players.filter(({ name }) => name === 'honest');
	return player.reward.map((reward, window) => {
		const usual = mean(honest.map((other) => other.reward[window]!));
		return usual === 0 ? 0 : reward / player.uids.length / usual;
	});
}

/** Of a kind's players over all runs, by window; NaN where there is none. */
function average(runs: readonly RunResult[], name: string, windows: number, pick: (player: PlayerHistory, run: RunResult) => readonly number[]): number[] {
	const series = runs.flatMap((run) => run.players.filter((player) => player.name === name).map((player) => pick(player, run)));
	return Array.from({ length: windows }, (_, window) => mean(series.flatMap((values) => (values[window] === undefined ? [] : [values[window]]))));
}

function smoothed(values: readonly number[]): number[] {
	return values.map((_, window) => mean(values.slice(Math.max(0, window - SMOOTHING + 1), window + 1).filter(Number.isFinite)));
}

function axes(series: readonly (readonly number[])[], top: number, height: number, width: number, windows: number): string {
	const finite = series.flat().filter(Number.isFinite);
	const [low, high] = [Math.min(0, ...finite), Math.max(1, ...finite)];
	const [left, bottom] = [46, top + height - 24];
	const x = (window: number) => left + (window / Math.max(1, windows - 1)) * (width - left);
	const y = (value: number) => bottom - ((value - low) / (high - low)) * (height - 40);
	const ticks = tickValues(low, high).map(
		(value) =>
			`<path d="M${left} ${fixed(y(value))}H${width}" stroke="#ddd"/><text x="${left - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
	);
	const marks = [0, SETTLING_WINDOWS, LATE_WINDOW, windows - 1]
		.filter((window, i, all) => window < windows && all.indexOf(window) === i)
		.map((window) => `<text x="${fixed(x(window))}" y="${bottom + 16}" text-anchor="middle">${window}</text>`);
	const curves = series.map((values, i) => {
		const points = values.flatMap((value, window) => (Number.isFinite(value) ? [`${fixed(x(window))} ${fixed(y(value))}`] : []));
		return points.length === 0 ? '' : `<path d="M${points.join('L')}" fill="none" ${stroke(i)}/>`;
	});
	return [...ticks, ...marks, ...curves.toReversed()].join('');
}

/** About five round numbers. */
function tickValues(low: number, high: number): number[] {
	const rough = (high - low) / 5;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
	const first = Math.ceil(low / step);
	return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** The palette again, dashed, when it is used up. */
function stroke(index: number): string {
	const colour = index === 0 ? '#000' : COLOURS[(index - 1) % COLOURS.length]!;
	return `stroke="${colour}" stroke-width="${index === 0 ? 2.5 : 1.5}"${index > COLOURS.length ? ' stroke-dasharray="5 3"' : ''}`;
}

const fixed = (value: number) => value.toFixed(1);

function svg(width: number, height: number, parts: readonly string[]): string {
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${FONT}><rect width="100%" height="100%" fill="#fff"/>${parts.join('\n')}</svg>\n`;
}
