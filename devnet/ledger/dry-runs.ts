/** The last dry runs that failed. A client that builds a transaction gives up when its dry run fails: what is executed never comes. */

export interface FailedDryRun {
	/** Base58. */
	readonly digest: string;
	readonly bytes: Uint8Array;
	readonly unchecked: boolean;
	readonly timestampMs: bigint;
}

const REMEMBERED = 20;

export class FailedDryRuns {
	/** Oldest first; the digest's newest. */
	readonly #runs = new Map<string, FailedDryRun>();

	add(run: FailedDryRun): void {
		this.#runs.delete(run.digest);
		this.#runs.set(run.digest, run);
		if (this.#runs.size > REMEMBERED) for (const oldest of this.#runs.keys()) return void this.#runs.delete(oldest);
	}

	get(digest: string): FailedDryRun | undefined {
		return this.#runs.get(digest);
	}

	/** Newest first. */
	list(): readonly FailedDryRun[] {
		return [...this.#runs.values()].reverse();
	}
}
