/** What a differential run counted and found, for its assertions and its printed figures. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Disagreement, type GasComparison, GasStatistics } from './compare.ts';

export interface ProgramOutcome {
	readonly name: string;
	readonly objects: boolean;
	/** Status of our failure. */
	readonly failure: string | undefined;
	readonly found: readonly Disagreement[];
}

const MOST_UNCOMPILED = 800;

export class Report {
	readonly gas = new GasStatistics();
	readonly disagreements: (Disagreement & { readonly program: string })[] = [];
	/** Calls whose computation falls in another bucket than the sandbox's. */
	readonly otherBuckets: (GasComparison & { readonly program: string })[] = [];
	programs = 0;
	#uncompiled = 0;
	withObjects = 0;
	readonly #failures = new Map<string, number>();
	readonly #times = new Map<string, number>();

	/** Programs that the compiler panicked on: others take their place. Throws when it does not stop doing so. */
	uncompiled(count: number): void {
		this.#uncompiled += count;
		if (this.#uncompiled > MOST_UNCOMPILED) throw new Error(`the compiler panics: ${this.#uncompiled} programs could not be compiled`);
	}

	program({ name, objects, failure, found }: ProgramOutcome): void {
		this.programs++;
		if (objects) this.withObjects++;
		if (failure !== undefined) this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
		for (const disagreement of found) this.disagreements.push({ ...disagreement, program: name });
	}

	otherBucket(program: string, comparison: GasComparison): void {
		this.otherBuckets.push({ ...comparison, program });
	}

	get failed(): number {
		return [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
	}

	async timed<T>(name: string, run: () => Promise<T>): Promise<T> {
		const started = performance.now();
		try {
			return await run();
		} finally {
			this.#times.set(name, (this.#times.get(name) ?? 0) + performance.now() - started);
		}
	}

	lines(): string[] {
		const share = (part: number) => `${part} (${((100 * part) / Math.max(1, this.programs)).toFixed(1)} %)`;
		const failures = [...this.#failures].sort(([, a], [, b]) => b - a).map(([status, count]) => `${status} ${count}`);
		const times = [...this.#times].map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`);
		return [
			`programs ${this.programs}, with objects ${share(this.withObjects)}, failing ${share(this.failed)}: ${failures.join(', ')}`,
			`disagreements ${this.disagreements.length}${this.#uncompiled === 0 ? '' : `; the compiler panicked on batches of ${this.#uncompiled} other programs`}`,
			this.gas.toString(),
			`time: ${times.join(', ')}`,
		];
	}
}

/** Prints the figures; every difference that is not the sandbox's own (`docs/devnet/differential.md`) fails the test. */
export function assertAgreement(test: TestContext, report: Report): void {
	for (const line of report.lines()) test.diagnostic(line);
	assert.deepEqual(report.disagreements, []);
	const lower = report.otherBuckets.filter(({ ours, theirs }) => ours < theirs);
	assert.deepEqual(lower, [], 'what runs out of gas there must run out here');
	assert.ok(report.otherBuckets.length <= report.gas.compared * MOST_IN_OTHER_BUCKETS, report.gas.toString());
}

/** Ours charges by the larger of two rules (`devnet/move/gas.ts`): near the edge of a bucket a call falls into the next. */
const MOST_IN_OTHER_BUCKETS = 0.03;
