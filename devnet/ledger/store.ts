/** Live objects, what is remembered of older versions, and the indexes that queries need. Holds no rules. */
import type { ChainObject, MoveObject } from '#devnet/ledger/objects.ts';
import { SupersededVersions } from '#devnet/ledger/superseded.ts';
import type { Address } from '#devnet/move/api.ts';

export interface StoreChange {
	readonly written: readonly ChainObject[];
	/** Deleted or wrapped. */
	readonly removed: readonly Address[];
}

/** Objects as of one moment: all that executing a transaction asks for. */
export interface ObjectReader {
	get(id: Address): ChainObject | undefined;
	move(id: Address): MoveObject | undefined;
	/** True when the id is live or was. */
	existed(id: Address): boolean;
}

export class ObjectStore implements ObjectReader {
	readonly #live = new Map<Address, ChainObject>();
	readonly #superseded = new SupersededVersions();
	readonly #byAddress = new Map<Address, Set<Address>>();
	readonly #byParent = new Map<Address, Set<Address>>();

	get(id: Address): ChainObject | undefined {
		return this.#live.get(id);
	}

	move(id: Address): MoveObject | undefined {
		const object = this.#live.get(id);
		return object?.kind === 'move' ? object : undefined;
	}

	/** The newest or an older version, as long as that one is remembered. */
	atVersion(id: Address, version: bigint): ChainObject | undefined {
		const live = this.#live.get(id);
		return live?.version === version ? live : this.#superseded.get(id, version);
	}

	/** True when the id is live or was lately. */
	existed(id: Address): boolean {
		return this.#live.has(id) || this.#superseded.isBuried(id);
	}

	apply(change: StoreChange): void {
		for (const id of change.removed) {
			const old = this.#live.get(id);
			if (old === undefined) continue;
			this.#index(old, false);
			this.#live.delete(id);
			this.#superseded.add(old);
			this.#superseded.bury(id);
		}
		for (const object of change.written) {
			const old = this.#live.get(object.id);
			if (old !== undefined) {
				this.#index(old, false);
				this.#superseded.add(old);
			}
			this.#live.set(object.id, object);
			this.#index(object, true);
		}
	}

	#index(object: ChainObject, present: boolean): void {
		const { owner } = object;
		const [index, key] =
			owner.kind === 'address' || owner.kind === 'consensusAddress'
				? [this.#byAddress, owner.address]
				: owner.kind === 'object'
					? [this.#byParent, owner.parent]
					: [undefined, ''];
		if (index === undefined) return;
		const ids = index.get(key);
		if (present) {
			if (ids === undefined) index.set(key, new Set([object.id]));
			else ids.add(object.id);
		} else if (ids !== undefined) {
			ids.delete(object.id);
			if (ids.size === 0) index.delete(key);
		}
	}

	/** Objects of an address in order of ids. */
	ownedBy(owner: Address): MoveObject[] {
		return this.#sorted(this.#byAddress.get(owner));
	}

	/** Objects whose parent is another object (dynamic fields), in order of ids. */
	childrenOf(parent: Address): MoveObject[] {
		return this.#sorted(this.#byParent.get(parent));
	}

	#sorted(ids: ReadonlySet<Address> | undefined): MoveObject[] {
		if (ids === undefined) return [];
		return [...ids].sort().flatMap((id) => this.move(id) ?? []);
	}

	/** Ids that were live lately and are no more. */
	removed(): Iterable<Address> {
		return this.#superseded.buried();
	}

	/** Lets {@link existed} know of ids from before. */
	bury(ids: Iterable<Address>): void {
		for (const id of ids) this.#superseded.bury(id);
	}

	all(): IterableIterator<ChainObject> {
		return this.#live.values();
	}
}
