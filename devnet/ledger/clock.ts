/** The chain's time: a fixed distance from this machine's wall clock, never going back, and steady against its corrections. */
export class ChainClock {
	/** Chain time minus wall time, milliseconds. */
	offsetMs: number;
	readonly #wallAtStart = Date.now();
	readonly #monotonicAtStart = performance.now();
	#latest = 0n;

	/** `seenMs`: the last time that was seen on chain. */
	constructor(offsetMs: number, seenMs = 0n) {
		this.offsetMs = offsetMs;
		this.#latest = seenMs;
	}

	/** A clock that shows `genesisTimeMs` now. */
	static startingAt(genesisTimeMs: number): ChainClock {
		return new ChainClock(genesisTimeMs - Date.now());
	}

	/** Milliseconds since the Unix epoch. */
	now(): bigint {
		const wall = this.#wallAtStart + (performance.now() - this.#monotonicAtStart);
		const now = BigInt(Math.floor(wall + this.offsetMs));
		if (now > this.#latest) this.#latest = now;
		return this.#latest;
	}

	/** This time was seen on chain: none before it follows. */
	notBefore(ms: bigint): void {
		if (ms > this.#latest) this.#latest = ms;
	}

	/** Lets time jump ahead. */
	advance(ms: number): void {
		if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`cannot advance the clock by ${ms} ms`);
		this.offsetMs += ms;
	}
}
