/** The chain's objects as they were before a past transaction, found from what the transactions since have changed. */
import { VramhubError } from '#core/errors.ts';
import type { ChangedObject } from '#devnet/ledger/effects.ts';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { ChainObject, MoveObject } from '#devnet/ledger/objects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import { clockAtVersion, isSystemState } from '#devnet/ledger/system.ts';
import type { Address } from '#devnet/move/api.ts';

export class PastObjects implements ObjectReader {
	readonly #ledger: Ledger;
	readonly #record: TransactionRecord;
	/** Each object that was changed since, as of its first change. */
	#changes: ReadonlyMap<Address, ChangedObject> | undefined;

	/** As of before `record`. */
	constructor(ledger: Ledger, record: TransactionRecord) {
		this.#ledger = ledger;
		this.#record = record;
	}

	/** Throws CHAIN_OBJECT_MISSING when the version is no longer kept. */
	get(id: Address): ChainObject | undefined {
		if (isSystemState(id)) return this.#systemObject(id);
		const own = this.#record.effects.changed.find((change) => change.id === id);
		if (own === undefined) {
			const live = this.#ledger.store.get(id);
			if (live !== undefined && this.#isOlder(live)) return live;
		}
		const change = own ?? this.#laterChanges().get(id);
		return change?.input === undefined ? undefined : this.#atVersion(id, change.input.version);
	}

	/** Written before the transaction. What is written by no transaction that is remembered is older than all of them. */
	#isOlder(object: ChainObject): boolean {
		const written = this.#ledger.transaction(object.previousTransaction);
		return written === undefined || written.checkpoint < this.#record.checkpoint;
	}

	move(id: Address): MoveObject | undefined {
		const object = this.get(id);
		return object?.kind === 'move' ? object : undefined;
	}

	existed(id: Address): boolean {
		return this.get(id) !== undefined || this.#ledger.store.existed(id);
	}

	/** The packages that the transaction published: before it they were not there. */
	ownPackages(): Address[] {
		return this.#record.effects.changed.filter(({ input, output }) => input === undefined && output?.isPackage === true).map(({ id }) => id);
	}

	/** Clock and randomness change beside transactions: what the transaction read stands in its effects. */
	#systemObject(id: Address): ChainObject | undefined {
		const { unchangedShared } = this.#record.effects;
		const read = unchangedShared.find((object) => object.id === id) ?? unchangedShared.find((object) => object.id !== CLOCK_ID && isSystemState(object.id));
		if (read === undefined) return this.#ledger.store.get(id);
		return id === CLOCK_ID ? clockAtVersion(read.version, this.#ledger.genesisTimeMs) : this.#atVersion(id, read.version);
	}

	#atVersion(id: Address, version: bigint): ChainObject {
		const object = this.#ledger.object(id, version);
		if (object !== undefined) return object;
		throw new VramhubError('CHAIN_OBJECT_MISSING', `version ${version} of object ${id} is no longer kept: the transaction cannot be executed again`);
	}

	/** Reads all of the history since: asked for only when an object changed after the transaction, which had read it and left it alone. */
	#laterChanges(): ReadonlyMap<Address, ChangedObject> {
		if (this.#changes === undefined) {
			const changes = new Map<Address, ChangedObject>();
			for (const { effects } of this.#ledger.history.range({ from: this.#record.checkpoint + 1n })) {
				for (const change of effects.changed) if (!changes.has(change.id)) changes.set(change.id, change);
			}
			this.#changes = changes;
		}
		return this.#changes;
	}
}
