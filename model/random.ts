import { createHash } from 'node:crypto';

/**
 * xoshiro128** 1.1 (Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators, arXiv:1805.01407): integers only, so
 * that a seed gives the same numbers on every platform. Not for secrets. State: the first 16 bytes of SHA-256(seed text), little-endian.
 */
export class Xoshiro128 {
	readonly #state: Uint32Array;

	/** Four words, not all zero. */
	constructor(state: ArrayLike<number>) {
		this.#state = Uint32Array.from(state);
	}

	/** The state is the first 16 bytes of SHA-256(seed), read as little-endian words. */
	static seeded(seed: string): Xoshiro128 {
		const digest = createHash('sha256').update(seed).digest();
		return new Xoshiro128([0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)));
	}

	/** Uniform in [0, 2^32). */
	next(): number {
		const s = this.#state;
		const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
		const shifted = s[1]! << 9;
		s[2]! ^= s[0]!;
		s[3]! ^= s[1]!;
		s[1]! ^= s[2]!;
		s[0]! ^= s[3]!;
		s[2]! ^= shifted;
		s[3] = rotateLeft(s[3]!, 11);
		return result;
	}

	/** Uniform integer in [0, bound), bound ≤ 2^32; values that would favour the low ones are drawn again. */
	below(bound: number): number {
		const limit = 2 ** 32 - (2 ** 32 % bound);
		let value = this.next();
		while (value >= limit) value = this.next();
		return value % bound;
	}

	/**
	 * About normal, mean 0, deviation 1, within ±6: the sum of twelve uniform numbers, less 6 (Irwin-Hall). Exact in f64, where
	 * the logarithm and cosine of Box-Muller may differ in the last bit between platforms.
	 */
	nearlyNormal(): number {
		let sum = 0;
		for (let i = 0; i < 12; i++) sum += this.next();
		return sum / 2 ** 32 - 6;
	}
}

function rotateLeft(value: number, bits: number): number {
	return (value << bits) | (value >>> (32 - bits));
}
