/** Repeatable choices: the same seed, the same run. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** 32 bits (splitmix32). */
	next(): number {
		this.#state = (this.#state + 0x9e3779b9) >>> 0;
		let z = this.#state;
		z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
		z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
		return (z ^ (z >>> 15)) >>> 0;
	}

	/** From 0 to before `limit`. */
	below(limit: number): number {
		return limit <= 0 ? 0 : this.next() % limit;
	}

	chance(probability: number): boolean {
		return this.next() / 2 ** 32 < probability;
	}

	pick<T>(items: readonly T[]): T {
		return items[this.below(items.length)] as T;
	}

	list<T>(most: number, make: () => T): T[] {
		return Array.from({ length: this.below(most + 1) }, make);
	}

	bytes(length: number): Uint8Array {
		return Uint8Array.from({ length }, () => this.next() & 0xff);
	}

	/** Small ones, ones at the edges of widths, and any. */
	bigint(bits: number): bigint {
		const limit = 1n << BigInt(bits);
		switch (this.below(4)) {
			case 0:
				return BigInt(this.below(10)) % limit;
			case 1:
				return limit - 1n - BigInt(this.below(3));
			case 2:
				return (1n << BigInt(this.below(bits))) % limit;
			default:
				return BigInt(`0x${Buffer.from(this.bytes(bits / 8)).toString('hex')}`);
		}
	}

	/** Bytes with a few of them changed, inserted, removed or repeated. */
	mutate(bytes: Uint8Array): Uint8Array {
		let out = Buffer.from(bytes);
		for (let left = 1 + this.below(4); left > 0; left--) {
			const at = this.below(out.length + 1);
			const length = this.below(1 + Math.min(32, out.length - at));
			switch (this.below(7)) {
				case 0:
					if (at < out.length) out[at]! ^= 1 << this.below(8);
					break;
				case 1:
					if (at < out.length) out[at] = this.pick([0, 1, 2, 0x7f, 0x80, 0xff]);
					break;
				case 2:
					out = Buffer.concat([out.subarray(0, at), this.bytes(1 + this.below(8)), out.subarray(at)]);
					break;
				case 3:
					out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
					break;
				case 4:
					out = Buffer.concat([out.subarray(0, at + length), out.subarray(at)]);
					break;
				case 5:
					out = Buffer.from(out.subarray(0, this.chance(0.1) ? at : out.length));
					break;
				default:
					this.bytes(length).forEach((byte, i) => {
						out[at + i] = byte;
					});
			}
		}
		return new Uint8Array(out);
	}
}
