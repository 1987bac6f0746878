/** The chain: one transaction after another, each checked, executed, recorded and answered. */
import { fromBase64, toBase58 } from '@mysten/bcs';
import { VramhubError } from '#core/errors.ts';
import { ChainClock } from '#devnet/ledger/clock.ts';
import { FailedDryRuns } from '#devnet/ledger/dry-runs.ts';
import { type Effects, summarize } from '#devnet/ledger/effects.ts';
import { BcsWriter, coinContents, GAS_COIN_TYPE, hashOf } from '#devnet/ledger/encoding.ts';
import { type EngineOptions, type Outcome, runTransaction } from '#devnet/ledger/engine.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import type { Journal, TransactionHistory } from '#devnet/ledger/history.ts';
import { CLOCK_ID, loadInputs, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import { keysOf, signatureOf } from '#devnet/ledger/keys.ts';
import { type ChainObject, inLinkOrder, loadable, type MoveObject } from '#devnet/ledger/objects.ts';
import type { LogEntry, TransactionEntry, TransactionRecord } from '#devnet/ledger/record.ts';
import { checkSignatures } from '#devnet/ledger/signatures.ts';
import type { LedgerState } from '#devnet/ledger/snapshot.ts';
import { ObjectStore } from '#devnet/ledger/store.ts';
import { clockObject, GENESIS_VERSION, prologueDigest, randomObjects } from '#devnet/ledger/system.ts';
import type { TransactionTracer } from '#devnet/ledger/tracer.ts';
import { type ParsedTransaction, parseTransaction } from '#devnet/ledger/transaction.ts';
import { inputId } from '#devnet/ledger/transaction-parts.ts';
import type { Address, MoveVm } from '#devnet/move/api.ts';

export const EPOCH = 0n;

export interface Simulation {
	readonly parsed: ParsedTransaction;
	readonly outcome: Outcome;
	readonly effects: Effects;
}

export interface LedgerParts {
	readonly vm: MoveVm;
	/** 32 bytes for a round of randomness. */
	readonly randomBytes: (round: bigint) => Uint8Array;
	/** Where transactions are kept: `RecentHistory` in memory, `DiskJournal` in a folder. */
	readonly journal: Journal;
}

/** MIST that a simulation's made-up gas coin holds. */
const MOCK_BALANCE = 1_000_000_000_000_000n;
const MOCK_GAS_ID: Address = `0x${'f'.repeat(64)}`;

export class Ledger {
	readonly chainId: string;
	readonly genesisTimeMs: bigint;
	readonly vm: MoveVm;
	readonly store = new ObjectStore();
	/** For people who look for what went wrong; kept in memory alone. */
	readonly dryRuns = new FailedDryRuns();
	readonly #parts: LedgerParts;
	readonly #journal: Journal;
	readonly #clock: ChainClock;
	readonly #listeners = new Set<(record: TransactionRecord) => void>();
	/** System objects written since the last log entry. */
	#unlogged: ChainObject[] = [];
	#randomRound: bigint;
	#checkpointDigest: string;

	private constructor(parts: LedgerParts, state: LedgerState) {
		this.#parts = parts;
		this.#journal = parts.journal;
		this.vm = parts.vm;
		this.chainId = state.chainId;
		this.genesisTimeMs = state.genesisTimeMs;
		this.#clock = new ChainClock(state.clockOffsetMs, state.newestMs);
		this.#randomRound = state.randomRound;
		this.#checkpointDigest = state.checkpointDigest;
		this.#apply([...state.objects], []);
		this.store.bury(state.removed);
	}

	/** A new chain. `objects` are genesis' own; clock and randomness are added. */
	static create(parts: LedgerParts, genesisTimeMs: number, objects: readonly ChainObject[]): Ledger {
		const clock = ChainClock.startingAt(genesisTimeMs);
		const time = BigInt(genesisTimeMs);
		const digest = prologueDigest(0n, time);
		const system = [clockObject(GENESIS_VERSION, time, digest), ...randomObjects(GENESIS_VERSION, 0n, parts.randomBytes(0n), digest)];
		const chainId = toBase58(crypto.getRandomValues(new Uint8Array(32)));
		const genesis = { kind: 'genesis', chainId, genesisTimeMs: time, clockOffsetMs: clock.offsetMs, objects: [...objects, ...system] } as const;
		parts.journal.append(genesis);
		return new Ledger(parts, stateAtGenesis(genesis));
	}

	/** The chain that the journal holds, or undefined when it is empty. Throws LEDGER_CORRUPT. */
	static reopen(parts: LedgerParts): Ledger | undefined {
		const { journal } = parts;
		let ledger = journal.state === undefined ? undefined : new Ledger(parts, journal.state);
		for (const entry of journal.replay()) {
			if (entry.kind === 'genesis') ledger = new Ledger(parts, stateAtGenesis(entry));
			else if (ledger === undefined) throw new VramhubError('LEDGER_CORRUPT', 'the log does not begin with genesis');
			else if (entry.kind === 'clock') ledger.#clock.offsetMs = entry.clockOffsetMs;
			else ledger.#replay(entry);
		}
		return ledger;
	}

	#replay({ written, removed, record, randomRound }: TransactionEntry): void {
		this.#apply(written, removed);
		this.#randomRound = randomRound;
		this.#checkpointDigest = record.checkpointDigest;
		this.#clock.notBefore(record.timestampMs);
	}

	#state(): LedgerState {
		return {
			chainId: this.chainId,
			genesisTimeMs: this.genesisTimeMs,
			clockOffsetMs: this.#clock.offsetMs,
			newestMs: this.now(),
			randomRound: this.#randomRound,
			tip: this.#journal.tip,
			checkpointDigest: this.#checkpointDigest,
			objects: this.store.all(),
			removed: this.store.removed(),
		};
	}

	#apply(written: readonly ChainObject[], removed: readonly Address[]): void {
		this.store.apply({ written, removed });
		const packages = written.flatMap((object) => (object.kind === 'package' && !this.vm.isLoaded(object.id) ? [object] : []));
		for (const pkg of inLinkOrder(packages, (id) => this.vm.isLoaded(id))) this.vm.load({ ...loadable(pkg), wasChecked: true });
	}

	// ---- time ----------------------------------------------------------------------------------------------------

	/** Milliseconds since the Unix epoch, as the clock object shows them. */
	now(): bigint {
		return this.#clock.now();
	}

	advanceClock(ms: number): void {
		this.#clock.advance(ms);
		this.#journal.append({ kind: 'clock', clockOffsetMs: this.#clock.offsetMs });
	}

	/** Brings the clock object up to date. Its version is the time since genesis, so that it grows over restarts too. */
	tick(): void {
		const now = this.now();
		const version = GENESIS_VERSION + now - this.genesisTimeMs;
		const current = this.store.get(CLOCK_ID);
		if (current !== undefined && current.version >= version) return;
		this.#system([clockObject(version, now, prologueDigest(version, now))]);
	}

	#refreshRandomness(): void {
		this.#randomRound += 1n;
		const version = (this.store.get(RANDOM_ID)?.version ?? GENESIS_VERSION) + 1n;
		const now = this.now();
		this.#system(randomObjects(version, this.#randomRound, this.#parts.randomBytes(this.#randomRound), prologueDigest(this.#randomRound, now)));
	}

	#system(written: readonly ChainObject[]): void {
		this.store.apply({ written, removed: [] });
		const ids = new Set(written.map(({ id }) => id));
		this.#unlogged = [...this.#unlogged.filter(({ id }) => !ids.has(id)), ...written];
	}

	// ---- transactions --------------------------------------------------------------------------------------------

	/** Submits. `signatures` are serialised ones in base64. Throws {@link RejectedTransaction}. The same digest again gives the same record. */
	async execute(bytes: Uint8Array, signatures: readonly string[]): Promise<TransactionRecord> {
		const parsed = parseTransaction(bytes);
		const known = this.#journal.recentByDigest(parsed.digest);
		if (known !== undefined) return known;
		try {
			await checkSignatures(parsed, signatures);
			return this.#journal.recentByDigest(parsed.digest) ?? this.#commit(parsed, signatures);
		} catch (error) {
			// What was executed has used up its gas coin's version, so it is refused: only then all that there ever was is searched for it.
			const executed = error instanceof RejectedTransaction ? this.#journal.byDigest(parsed.digest) : undefined;
			if (executed === undefined) throw error;
			return executed;
		}
	}

	#commit(parsed: ParsedTransaction, signatures: readonly string[]): TransactionRecord {
		this.#checkExpiration(parsed);
		this.tick();
		const inputs = loadInputs(parsed, this.store, { checkOwners: true });
		if (usesRandom(parsed)) {
			this.#refreshRandomness();
			return this.#record(parsed, signatures, this.#run(parsed, loadInputs(parsed, this.store, { checkOwners: true })));
		}
		return this.#record(parsed, signatures, this.#run(parsed, inputs));
	}

	#run(parsed: ParsedTransaction, inputs: ReturnType<typeof loadInputs>, options: Partial<EngineOptions> = {}): Outcome {
		return runTransaction(this.vm, this.store, parsed, inputs, {
			epoch: EPOCH,
			epochTimestampMs: this.genesisTimeMs,
			unchecked: false,
			recordOutputs: false,
			...options,
		});
	}

	#record(parsed: ParsedTransaction, signatures: readonly string[], outcome: Outcome): TransactionRecord {
		const effects = summarize(outcome, parsed.digest, parsed.sender, this.store);
		const checkpoint = this.#journal.tip + 1n;
		const timestampMs = this.now();
		const record: TransactionRecord = {
			digest: parsed.digest,
			bytes: parsed.bytes,
			signatures: signatures.map((signature) => fromBase64(signature)),
			sender: parsed.sender,
			effects,
			timestampMs,
			checkpoint,
			checkpointDigest: checkpointDigest(this.#checkpointDigest, checkpoint, effects.digest, timestampMs),
		};
		const removed = outcome.removed.map(({ id }) => id);
		const written = [...this.#unlogged, ...outcome.written];
		const signature = signatureOf(keysOf(record, parsed, written));
		try {
			this.#journal.append({ kind: 'transaction', record, written, removed, randomRound: this.#randomRound, signature });
		} catch (error) {
			for (const id of outcome.published) this.vm.unload(id);
			throw error;
		}
		this.#unlogged = [];
		this.#apply(outcome.written, removed);
		this.#checkpointDigest = record.checkpointDigest;
		this.#journal.snapshotIfDue(() => this.#state());
		for (const listener of this.#listeners) listener(record);
		return record;
	}

	/** Runs without keeping anything. Throws {@link RejectedTransaction} as {@link execute} does, signatures apart. */
	simulate(bytes: Uint8Array, options: { readonly unchecked: boolean; readonly tracer?: TransactionTracer }): Simulation {
		const parsed = parseTransaction(bytes);
		this.#checkExpiration(parsed);
		this.tick();
		const inputs = loadInputs(parsed, this.store, { checkOwners: !options.unchecked, mockGas: this.#mockGas(parsed) });
		const outcome = this.#run(parsed, inputs, { ...options, recordOutputs: true });
		if (outcome.failure !== undefined) this.dryRuns.add({ digest: parsed.digest, bytes, unchecked: options.unchecked, timestampMs: this.now() });
		try {
			return { parsed, outcome, effects: summarize(outcome, parsed.digest, parsed.sender, this.store) };
		} finally {
			for (const id of outcome.published) this.vm.unload(id);
		}
	}

	#mockGas(parsed: ParsedTransaction): MoveObject {
		return {
			kind: 'move',
			id: MOCK_GAS_ID,
			version: GENESIS_VERSION,
			type: GAS_COIN_TYPE,
			owner: { kind: 'address', address: parsed.gasOwner },
			contents: coinContents(MOCK_GAS_ID, MOCK_BALANCE),
			hasPublicTransfer: true,
			previousTransaction: this.chainId,
			storageRebate: 0n,
		};
	}

	#checkExpiration(parsed: ParsedTransaction): void {
		const { expiration } = parsed.data;
		const validity = expiration.$kind === 'ValidDuring' ? expiration.ValidDuring : expiration.$kind === 'Validity' ? expiration.Validity : undefined;
		if (validity === undefined) return; // no epoch ends here, so none is over
		if (validity.chain !== this.chainId) throw new RejectedTransaction('invalid', `Transaction is for chain ${validity.chain}, this one is ${this.chainId}`);
		const tooEarly = validity.minEpoch !== null && BigInt(validity.minEpoch) > EPOCH;
		const early = validity.minTimestamp !== null && BigInt(validity.minTimestamp) > this.now();
		const late = validity.maxTimestamp !== null && BigInt(validity.maxTimestamp) < this.now();
		if (tooEarly || early || late) throw new RejectedTransaction('invalid', 'Transaction is expired or not valid yet');
	}

	// ---- queries -------------------------------------------------------------------------------------------------

	/** Newest, or as of a version. The clock object is brought up to date first. */
	object(id: Address, version?: bigint): ChainObject | undefined {
		if (id === CLOCK_ID) this.tick();
		return version === undefined ? this.store.get(id) : (this.store.atVersion(id, version) ?? this.#journal.objectAt(id, version));
	}

	transaction(digest: string): TransactionRecord | undefined {
		return this.#journal.byDigest(digest);
	}

	get history(): TransactionHistory {
		return this.#journal;
	}

	/** Calls back after each transaction until the result is called. */
	subscribe(listener: (record: TransactionRecord) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

function stateAtGenesis(genesis: LogEntry & { readonly kind: 'genesis' }): LedgerState {
	const { kind: _, ...facts } = genesis;
	return { ...facts, newestMs: genesis.genesisTimeMs, randomRound: 0n, tip: 0n, checkpointDigest: genesis.chainId, removed: [] };
}

function usesRandom(parsed: ParsedTransaction): boolean {
	return parsed.inputs.some((input) => inputId(input) === RANDOM_ID);
}

/** Not Sui's `CheckpointSummary`, which committees sign: a chain of hashes over what was executed. */
function checkpointDigest(previous: string, sequence: bigint, effectsDigest: string, timestampMs: bigint): string {
	return hashOf('CheckpointSummary', new BcsWriter().text(previous).u64(sequence).text(effectsDigest).u64(timestampMs).done());
}
