/** Random choices that a seed repeats. */
import type { IntegerKind } from '#devnet/move/api.ts';
import { Xoshiro128 } from '#model/random.ts';

export const INTEGER_BITS: Readonly<Record<IntegerKind, number>> = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, u256: 256 };
export const INTEGER_KINDS = Object.keys(INTEGER_BITS) as readonly IntegerKind[];

export const maximum = (kind: IntegerKind): bigint => (1n << BigInt(INTEGER_BITS[kind])) - 1n;

export class Choices {
	readonly #random: Xoshiro128;

	constructor(seed: string) {
		this.#random = Xoshiro128.seeded(seed);
	}

	below(bound: number): number {
		return this.#random.below(bound);
	}

	/** Both ends included. */
	between(from: number, to: number): number {
		return from + this.below(to - from + 1);
	}

	/** True so many times of a hundred. */
	chance(percent: number): boolean {
		return this.below(100) < percent;
	}

	pick<T>(items: readonly T[]): T {
		if (items.length === 0) throw new RangeError('nothing to pick from');
		return items[this.below(items.length)] as T;
	}

	/** By weight. */
	weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
		let at = this.below(items.reduce((sum, [weight]) => sum + weight, 0));
		for (const [weight, item] of items) {
			at -= weight;
			if (at < 0) return item;
		}
		throw new RangeError('nothing to choose from');
	}

	times<T>(count: number, make: (index: number) => T): T[] {
		return Array.from({ length: count }, (_, index) => make(index));
	}

	/** Small ones, the edges of the type and of narrower types, and any. */
	integer(kind: IntegerKind): bigint {
		const most = maximum(kind);
		switch (this.below(6)) {
			case 0:
			case 1:
				return BigInt(this.below(20));
			case 2:
				return most - BigInt(this.below(3));
			case 3: {
				const edge = (1n << BigInt(this.below(INTEGER_BITS[kind]))) + BigInt(this.below(3)) - 1n;
				return edge > most ? most : edge;
			}
			default: {
				let value = 0n;
				for (let bits = 0; bits < INTEGER_BITS[kind]; bits += 32) value = (value << 32n) | BigInt(this.#random.next());
				return value & most;
			}
		}
	}

	address(): string {
		return `0x${this.between(1, 0xffff).toString(16)}`;
	}
}
