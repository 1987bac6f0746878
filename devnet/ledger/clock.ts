/** The chain's time: a fixed distance from this machine's wall clock, never going back, and steady against its corrections. */
export class ChainClock {
	/** Chain time minus wall time, milliseconds. */
	#offsetMs: number;
	readonly #wallAtStart = Date.now();
	readonly #monotonicAtStart = performance.now();
	#latest = 0n;

	/** `notBefore`: the last time that was seen on chain. */
	constructor(offsetMs: number, notBefore = 0n) {
		this.#offsetMs = offsetMs;
		this.#latest = notBefore;
	}

	/** A clock that shows `genesisTimeMs` now. */
	static startingAt(genesisTimeMs: number): ChainClock {
		return new ChainClock(genesisTimeMs - Date.now());
	}

	get offsetMs(): number {
		return this.#offsetMs;
	}

	/** Milliseconds since the Unix epoch. */
	now(): bigint {
		const wall = this.#wallAtStart + (performance.now() - this.#monotonicAtStart);
		const now = BigInt(Math.floor(wall + this.#offsetMs));
		if (now > this.#latest) this.#latest = now;
		return this.#latest;
	}

	/** Lets time jump ahead. */
	advance(ms: number): void {
		if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`cannot advance the clock by ${ms} ms`);
		this.#offsetMs += ms;
	}
}
