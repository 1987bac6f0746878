/** Live objects with a short history, and the indexes that queries need. Holds no rules. */
import type { ChainObject, MoveObject } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';

/** Versions of an object that `GetObject` can still answer. */
const HISTORY = 16;

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
	readonly #history = new Map<Address, ChainObject[]>();
	readonly #byAddress = new Map<Address, Set<Address>>();
	readonly #byParent = new Map<Address, Set<Address>>();
	get(id: Address): ChainObject | undefined {
		return this.#live.get(id);
	}

	move(id: Address): MoveObject | undefined {
		const object = this.#live.get(id);
		return object?.kind === 'move' ? object : undefined;
	}

	atVersion(id: Address, version: bigint): ChainObject | undefined {
		return this.#history.get(id)?.find((object) => object.version === version);
	}

	/** True when the id was live once. */
	existed(id: Address): boolean {
		return this.#history.has(id);
	}

	apply(change: StoreChange): void {
		for (const id of change.removed) {
			const old = this.#live.get(id);
			if (old === undefined) continue;
			this.#index(old, false);
			this.#live.delete(id);
		}
		for (const object of change.written) {
			const old = this.#live.get(object.id);
			if (old !== undefined) this.#index(old, false);
			this.#live.set(object.id, object);
			this.#index(object, true);
			const versions = this.#history.get(object.id);
			if (versions === undefined) this.#history.set(object.id, [object]);
			else {
				versions.push(object);
				if (versions.length > HISTORY) versions.shift();
			}
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

	all(): IterableIterator<ChainObject> {
		return this.#live.values();
	}
}
