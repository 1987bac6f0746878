/** Repeatable choices: the same seed makes the same ones on every machine. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
		for (let i = 0; i < 4; i++) this.below(2);
	}

	/** An integer from 0 to `n - 1`. */
	below(n: number): number {
		// Mulberry32.
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * n);
	}

	chance(percent: number): boolean {
		return this.below(100) < percent;
	}

	/** Undefined when there is nothing to choose from. */
	of<T>(items: readonly T[]): T | undefined {
		return items[this.below(Math.max(1, items.length))];
	}

	/** By weights. */
	weighted<T>(items: readonly (readonly [number, T])[]): T {
		let left = this.below(items.reduce((sum, [weight]) => sum + weight, 0));
		for (const [weight, item] of items) {
			if (left < weight) return item;
			left -= weight;
		}
		throw new TypeError('no weights');
	}
}
