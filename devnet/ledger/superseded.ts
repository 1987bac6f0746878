/** Versions of objects that are no longer the newest, as many as a budget allows, and the ids of what was removed. */
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';

/** Old versions that are kept at most, and what they may take, by estimate. */
const MOST_VERSIONS = 10_000;
const BUDGET_BYTES = 32 * 1024 * 1024;
/** Of an object besides its contents: ids, type, owner and the entry itself. */
const OVERHEAD_BYTES = 600;
/** Ids of deleted and wrapped objects that are known to have been there. */
const TOMBSTONES = 20_000;

export class SupersededVersions {
	/** In order of being superseded. */
	readonly #versions = new Map<string, ChainObject>();
	readonly #tombstones = new Set<Address>();
	#bytes = 0;

	/** `object` has been replaced or removed. */
	add(object: ChainObject): void {
		const key = keyOf(object.id, object.version);
		if (this.#versions.has(key)) return;
		this.#versions.set(key, object);
		this.#bytes += sizeOf(object);
		for (const [oldest, version] of this.#versions) {
			if (this.#bytes <= BUDGET_BYTES && this.#versions.size <= MOST_VERSIONS) break;
			this.#versions.delete(oldest);
			this.#bytes -= sizeOf(version);
		}
	}

	get(id: Address, version: bigint): ChainObject | undefined {
		return this.#versions.get(keyOf(id, version));
	}

	bury(id: Address): void {
		this.#tombstones.delete(id);
		this.#tombstones.add(id);
		if (this.#tombstones.size > TOMBSTONES) for (const oldest of this.#tombstones.keys()) return void this.#tombstones.delete(oldest);
	}

	buried(): Iterable<Address> {
		return this.#tombstones;
	}

	isBuried(id: Address): boolean {
		return this.#tombstones.has(id);
	}
}

const keyOf = (id: Address, version: bigint) => `${id}@${version}`;

function sizeOf(object: ChainObject): number {
	if (object.kind === 'move') return OVERHEAD_BYTES + object.contents.length;
	let bytes = OVERHEAD_BYTES;
	for (const module of object.modules.values()) bytes += module.length;
	return bytes;
}
