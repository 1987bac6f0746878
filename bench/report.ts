/** One measurement: `ratio` compares two times of the same run, so that it means something on another machine; what is absolute is named with its unit. */
export interface Measurement {
	readonly bench: string;
	/** What `ratio` divides by what. */
	readonly of?: string;
	readonly ratio?: number;
	readonly [figure: string]: string | number | undefined;
}

/** One JSON object a line, on standard output. */
export function report(measurement: Measurement): void {
	const rounded = Object.entries(measurement).map(([name, value]) => [name, typeof value === 'number' ? Number(value.toPrecision(4)) : value]);
	process.stdout.write(`${JSON.stringify(Object.fromEntries(rounded))}\n`);
}

/** Milliseconds of the quickest of `rounds` runs, the first of which warms up and does not count: whatever else the machine did makes others slower. */
export async function quickest(rounds: number, run: () => unknown): Promise<number> {
	await run();
	let best = Number.POSITIVE_INFINITY;
	for (let round = 0; round < rounds; round++) {
		const started = performance.now();
		await run();
		best = Math.min(best, performance.now() - started);
	}
	return best;
}
