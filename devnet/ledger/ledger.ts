/** The chain: one transaction after another, each checked, executed, recorded and answered. */
import { fromBase64, toBase58 } from '@mysten/bcs';
import { ChainClock } from '#devnet/ledger/clock.ts';
import { type Effects, summarize } from '#devnet/ledger/effects.ts';
import { BcsWriter, coinContents, hashOf } from '#devnet/ledger/encoding.ts';
import { type EngineOptions, type Outcome, runTransaction } from '#devnet/ledger/engine.ts';
import { GAS_COIN_TYPE } from '#devnet/ledger/executor.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { CLOCK_ID, loadInputs, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import type { LedgerLog } from '#devnet/ledger/log.ts';
import type { ChainObject, MoveObject } from '#devnet/ledger/objects.ts';
import type { LogEntry, TransactionRecord } from '#devnet/ledger/record.ts';
import { checkSignatures } from '#devnet/ledger/signatures.ts';
import { ObjectStore } from '#devnet/ledger/store.ts';
import { clockObject, GENESIS_VERSION, prologueDigest, randomObjects } from '#devnet/ledger/system.ts';
import type { TransactionTracer } from '#devnet/ledger/tracer.ts';
import { inputId, type ParsedTransaction, parseTransaction } from '#devnet/ledger/transaction.ts';
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
	/** Absent: everything is forgotten at the end. */
	readonly log: LedgerLog | undefined;
}

/** MIST that a simulation's made-up gas coin holds. */
const MOCK_BALANCE = 1_000_000_000_000_000n;
const MOCK_GAS_ID: Address = `0x${'f'.repeat(64)}`;

export class Ledger {
	readonly chainId: string;
	readonly genesisTimeMs: bigint;
	readonly vm: MoveVm;
	readonly store = new ObjectStore();
	readonly #parts: LedgerParts;
	readonly #clock: ChainClock;
	readonly #records: TransactionRecord[] = [];
	readonly #byDigest = new Map<string, TransactionRecord>();
	readonly #listeners = new Set<(record: TransactionRecord) => void>();
	/** System objects written since the last log entry. */
	#unlogged: ChainObject[] = [];
	#randomRound = 0n;
	#checkpointDigest: string;

	private constructor(parts: LedgerParts, genesis: LogEntry & { readonly kind: 'genesis' }, later: readonly LogEntry[]) {
		this.#parts = parts;
		this.vm = parts.vm;
		this.chainId = genesis.chainId;
		this.genesisTimeMs = genesis.genesisTimeMs;
		this.#checkpointDigest = genesis.chainId;
		let offset = genesis.clockOffsetMs;
		let newest = genesis.genesisTimeMs;
		this.#apply(genesis.objects, []);
		for (const entry of later) {
			if (entry.kind === 'clock') offset = entry.clockOffsetMs;
			if (entry.kind !== 'transaction') continue;
			this.#apply(entry.written, entry.removed);
			this.#remember(entry.record);
			this.#randomRound = entry.randomRound;
			newest = entry.record.timestampMs;
		}
		this.#clock = new ChainClock(offset, newest);
	}

	/** A new chain. `objects` are genesis' own; clock and randomness are added. */
	static create(parts: LedgerParts, genesisTimeMs: number, objects: readonly ChainObject[]): Ledger {
		const clock = ChainClock.startingAt(genesisTimeMs);
		const time = BigInt(genesisTimeMs);
		const digest = prologueDigest(0n, time);
		const system = [clockObject(GENESIS_VERSION, time, digest), ...randomObjects(GENESIS_VERSION, 0n, parts.randomBytes(0n), digest)];
		const chainId = toBase58(crypto.getRandomValues(new Uint8Array(32)));
		const genesis: LogEntry = { kind: 'genesis', chainId, genesisTimeMs: time, clockOffsetMs: clock.offsetMs, objects: [...objects, ...system] };
		parts.log?.append(genesis);
		return new Ledger(parts, genesis, []);
	}

	/** The chain that the log holds, or undefined when it is empty. */
	static reopen(parts: LedgerParts): Ledger | undefined {
		const [genesis, ...later] = parts.log?.entries ?? [];
		return genesis?.kind === 'genesis' ? new Ledger(parts, genesis, later) : undefined;
	}

	#apply(written: readonly ChainObject[], removed: readonly Address[]): void {
		this.store.apply({ written, removed });
		for (const object of written) if (object.kind === 'package' && !this.vm.isLoaded(object.id)) this.vm.load({ id: object.id, modules: object.modules });
	}

	#remember(record: TransactionRecord): void {
		this.#records.push(record);
		this.#byDigest.set(record.digest, record);
		this.#checkpointDigest = record.checkpointDigest;
	}

	// ---- time ----------------------------------------------------------------------------------------------------

	/** Milliseconds since the Unix epoch, as the clock object shows them. */
	now(): bigint {
		return this.#clock.now();
	}

	advanceClock(ms: number): void {
		this.#clock.advance(ms);
		this.#parts.log?.append({ kind: 'clock', clockOffsetMs: this.#clock.offsetMs });
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
		const known = this.#byDigest.get(parsed.digest);
		if (known !== undefined) return known;
		await checkSignatures(parsed, signatures);
		return this.#byDigest.get(parsed.digest) ?? this.#commit(parsed, signatures);
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
		const checkpoint = BigInt(this.#records.length + 1);
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
		this.#parts.log?.append({
			kind: 'transaction',
			record,
			written: [...this.#unlogged, ...outcome.written],
			removed,
			randomRound: this.#randomRound,
		});
		this.#unlogged = [];
		this.#apply(outcome.written, removed);
		this.#remember(record);
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
		return version === undefined ? this.store.get(id) : this.store.atVersion(id, version);
	}

	transaction(digest: string): TransactionRecord | undefined {
		return this.#byDigest.get(digest);
	}

	/** In order of execution; checkpoint `n` is item `n - 1`. */
	get records(): readonly TransactionRecord[] {
		return this.#records;
	}

	/** Calls back after each transaction until the result is called. */
	subscribe(listener: (record: TransactionRecord) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

function usesRandom(parsed: ParsedTransaction): boolean {
	return parsed.inputs.some((input) => inputId(input) === RANDOM_ID);
}

/** Not Sui's `CheckpointSummary`, which committees sign: a chain of hashes over what was executed. */
function checkpointDigest(previous: string, sequence: bigint, effectsDigest: string, timestampMs: bigint): string {
	return hashOf('CheckpointSummary', new BcsWriter().text(previous).u64(sequence).text(effectsDigest).u64(timestampMs).done());
}
