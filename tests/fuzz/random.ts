/** A small generator of pseudo-random numbers that a seed repeats (mulberry32). */
export class Random {
	#state: number;

	constructor(...seeds: readonly number[]) {
		this.#state = seeds.reduce((state, seed) => Math.imul(state ^ (seed | 0), 0x9e3779b1) + 0x85ebca6b, 0x1234567);
	}

	/** 0 … 1, without 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	/** 0 … `below` − 1. */
	integer(below: number): number {
		return Math.floor(this.next() * below);
	}

	chance(probability: number): boolean {
		return this.next() < probability;
	}

	pick<T>(from: readonly T[]): T {
		const picked = from[this.integer(from.length)];
		if (picked === undefined) throw new RangeError('nothing to pick from');
		return picked;
	}
}
