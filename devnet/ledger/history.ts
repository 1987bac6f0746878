/** What was executed, for readers: one checkpoint a transaction, in order. */
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { LogEntry, TransactionRecord } from '#devnet/ledger/record.ts';
import type { LedgerState } from '#devnet/ledger/snapshot.ts';
import type { Address } from '#devnet/move/api.ts';

/** Checkpoints from `from` to before `end`; all that there are when absent. */
export interface HistoryRange {
	readonly from?: bigint;
	readonly end?: bigint;
	/** Newest first. */
	readonly descending?: boolean;
	/** What is looked for, as `keys.ts` names it: the result may leave out records that have none of these. A hint: it may also give others. */
	readonly wanted?: WantedKeys;
}

/** Any of these lists, all keys of a list. */
export type WantedKeys = readonly (readonly string[])[];

export interface TransactionHistory {
	/** Newest checkpoint; 0 is genesis, which has no record. */
	readonly tip: bigint;
	/** Oldest checkpoint that can still be read: what came before was pruned. */
	readonly lowest: bigint;
	at(checkpoint: bigint): TransactionRecord | undefined;
	byDigest(digest: string): TransactionRecord | undefined;
	byCheckpointDigest(digest: string): TransactionRecord | undefined;
	/** Lazily: a record is read when it is asked for. */
	range(range?: HistoryRange): Iterable<TransactionRecord>;
}

/** Where the ledger keeps what it does. */
export interface Journal extends TransactionHistory {
	/** The state that the chain goes on from, when there is one from before. */
	readonly state: LedgerState | undefined;
	/** What was appended after {@link state}, in order. Must run to its end before anything is appended. Throws LEDGER_CORRUPT. */
	replay(): Iterable<LogEntry>;
	/** Returns when the entry is as safe as it will be. When it throws, nothing was kept. */
	append(entry: LogEntry): void;
	/** Of what was executed last: at once, whatever there was before. */
	recentByDigest(digest: string): TransactionRecord | undefined;
	/** A version of an object that the ledger itself no longer has. */
	objectAt(id: Address, version: bigint): ChainObject | undefined;
	/** To be called when `state` contains all that was appended. */
	snapshotIfDue(state: () => LedgerState): void;
}

/** Transactions that a chain in memory remembers when nothing else is said. */
export const RETAINED_TRANSACTIONS = 10_000;

/** The newest transactions, in memory: an older one is forgotten for each new one, as by a full node that prunes. */
export class RecentHistory implements Journal {
	readonly #limit: number;
	/** Checkpoint `n` is at `(n - 1) % limit`. */
	readonly #ring: TransactionRecord[] = [];
	readonly #byDigest = new Map<string, TransactionRecord>();
	#tip = 0n;
	readonly #before: readonly LogEntry[];
	readonly state = undefined;

	/** `before`: the log, from genesis on, of a chain that is gone on from. */
	constructor(limit = RETAINED_TRANSACTIONS, before: readonly LogEntry[] = []) {
		this.#before = before;
		if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`cannot retain ${limit} transactions`);
		this.#limit = limit;
	}

	*replay(): Generator<LogEntry> {
		for (const entry of this.#before) {
			this.append(entry);
			yield entry;
		}
	}

	get tip(): bigint {
		return this.#tip;
	}

	get lowest(): bigint {
		const pruned = this.#tip - BigInt(this.#limit);
		return pruned > 0n ? pruned + 1n : 0n;
	}

	append(entry: LogEntry): void {
		if (entry.kind !== 'transaction') return;
		const { record } = entry;
		const place = Number(this.#tip % BigInt(this.#limit));
		const forgotten = this.#ring[place];
		if (forgotten !== undefined) this.#byDigest.delete(forgotten.digest);
		this.#ring[place] = record;
		this.#byDigest.set(record.digest, record);
		this.#tip = record.checkpoint;
	}

	/** None: what the ledger has forgotten is forgotten. */
	objectAt(): undefined {}

	/** Nothing outlives the process. */
	snapshotIfDue(): void {}

	at(checkpoint: bigint): TransactionRecord | undefined {
		if (checkpoint < 1n || checkpoint < this.lowest || checkpoint > this.#tip) return undefined;
		return this.#ring[Number((checkpoint - 1n) % BigInt(this.#limit))];
	}

	byDigest(digest: string): TransactionRecord | undefined {
		return this.#byDigest.get(digest);
	}

	recentByDigest(digest: string): TransactionRecord | undefined {
		return this.#byDigest.get(digest);
	}

	byCheckpointDigest(digest: string): TransactionRecord | undefined {
		return this.#ring.find(({ checkpointDigest }) => checkpointDigest === digest);
	}

	*range({ from = 0n, end = this.#tip + 1n, descending = false }: HistoryRange = {}): Generator<TransactionRecord> {
		for (const checkpoint of checkpointsBetween(this, from, end, descending)) {
			const record = this.at(checkpoint);
			if (record !== undefined) yield record;
		}
	}
}

/** Those that have a record. */
export function* checkpointsBetween(history: Pick<TransactionHistory, 'tip' | 'lowest'>, from: bigint, end: bigint, descending: boolean): Generator<bigint> {
	const oldest = history.lowest > 1n ? history.lowest : 1n;
	const first = from > oldest ? from : oldest;
	const last = end - 1n < history.tip ? end - 1n : history.tip;
	if (descending) for (let checkpoint = last; checkpoint >= first; checkpoint--) yield checkpoint;
	else for (let checkpoint = first; checkpoint <= last; checkpoint++) yield checkpoint;
}
