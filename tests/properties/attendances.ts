/** How often each validator came, kept as lists of windows where the contracts keep bits. */
import type { WindowConsensus } from './layouts.ts';
import type { Asked } from './rule.ts';

interface Expected {
	readonly window: bigint;
	readonly came: boolean;
}

const COUNTED = 100;
const REMEMBERED = 256n;

export class Attendances {
	readonly #histories = new Map<string, readonly Expected[]>();

	fork(): Attendances {
		const other = new Attendances();
		for (const [key, history] of this.#histories) other.#histories.set(key, history);
		return other;
	}

	/** Of a window that just ended: says whose completeness is another one than its history gives. */
	note({ call, view, changes }: Asked): string[] {
		if (call.target !== 'consensus::finalize_window') return [];
		const ended = changes.find(({ label }) => label === 'consensus.windows')?.after as unknown as WindowConsensus;
		return view.entry(ended.window)!.record.validators.flatMap(({ uid, generation }) => {
			const key = `${uid}/${generation}`;
			const counted = ended.validators.find((validator) => validator.uid === uid);
			const history = [...(this.#histories.get(key) ?? []), { window: ended.window, came: counted !== undefined }].sort((a, b) => Number(a.window - b.window));
			const newest = history.at(-1)!.window;
			const kept = history.filter(({ window }) => newest - window < REMEMBERED).slice(-COUNTED);
			this.#histories.set(key, kept);
			const expected = BigInt(Math.floor((10_000 * kept.filter(({ came }) => came).length) / kept.length));
			return counted === undefined || counted.completeness_bps === expected
				? []
				: [`validator ${key} came to ${counted.completeness_bps} bps, expected ${expected}`];
		});
	}
}
