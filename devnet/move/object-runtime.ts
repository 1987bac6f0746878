/**
 * What one transaction does to objects through Move: ids made and deleted, transfers, events, and children reached through
 * dynamic fields (sui-move-natives `object_runtime`). Versions, owners' rights and effects are the ledger's.
 */
import { blake2b } from '@noble/hashes/blake2.js';
import {
	type Address,
	type ChildObjectResolver,
	type MoveEvent,
	MoveFailure,
	type MoveType,
	type MoveValue,
	type ObjectRuntime,
	type ObjectRuntimeResults,
	type Owner,
	type StoredObject,
	type TransactionContext,
} from '#devnet/move/api.ts';
import { BcsError, deserializeValue, serializeValue } from '#devnet/move/bcs.ts';
import { RuntimeError } from '#devnet/move/errors.ts';
import type { Loader } from '#devnet/move/loader.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';
import { addressBytes, addressFromBytes, formatType, typesEqual, typeTagBytes } from '#devnet/move/types.ts';
import { objectId, type Value } from '#devnet/move/values.ts';

/** Sui's protocol limits a transaction. */
const MAX_EVENTS = 1024;
const MAX_EVENT_BYTES = 256_000;
const MAX_NEW_IDS = 2048;
const MAX_CHILDREN = 1000;
const MAX_DELETED_IDS = 2048;
const MAX_TRANSFERS = 2048;

/** Hashing domains of sui-types `base_types.rs` (`HashingIntentScope`). */
const REGULAR_OBJECT_ID = 0xf1;
const CHILD_OBJECT_ID = 0xf0;

/** blake2b256(0xf1 ‖ digest ‖ u64le counter). */
export function deriveObjectId(digest: Uint8Array, counter: bigint): Address {
	const input = new Uint8Array(1 + digest.length + 8);
	input[0] = REGULAR_OBJECT_ID;
	input.set(digest, 1);
	new DataView(input.buffer).setBigUint64(1 + digest.length, counter, true);
	return addressFromBytes(blake2b(input, { dkLen: 32 }));
}

/** blake2b256(0xf0 ‖ parent ‖ u64le key length ‖ key ‖ BCS of the key's type tag). `key` is the BCS of the key. */
export function deriveDynamicFieldId(parent: Address, keyType: MoveType, key: Uint8Array): Address {
	const tag = typeTagBytes(keyType);
	const input = new Uint8Array(1 + 32 + 8 + key.length + tag.length);
	input[0] = CHILD_OBJECT_ID;
	input.set(addressBytes(parent), 1);
	new DataView(input.buffer).setBigUint64(33, BigInt(key.length), true);
	input.set(key, 41);
	input.set(tag, 41 + key.length);
	return addressFromBytes(blake2b(input, { dkLen: 32 }));
}

/** A child under a dynamic field as this transaction sees it: `slot` is empty after its removal. */
interface Child {
	parent: Address;
	type: MoveType;
	readonly slot: Value[];
	/** As it was before this transaction; undefined when it was no child then. */
	readonly original: StoredObject | undefined;
}

export type ChildLookup =
	| { readonly kind: 'missing' }
	| { readonly kind: 'otherType' }
	| { readonly kind: 'found'; readonly slot: Value[]; readonly loadedBytes: number };

interface Transfer {
	readonly type: MoveType;
	readonly owner: Owner;
	readonly contents: Uint8Array;
}

export class TransactionObjectRuntime implements ObjectRuntime {
	context: TransactionContext;
	/** Told of what the transaction executes. */
	readonly tracer: ExecutionTracer | undefined;
	idsCreated = 0n;
	readonly #loader: Loader;
	readonly #resolver: ChildObjectResolver;
	readonly #inputs = new Map<Address, StoredObject>();
	readonly #newIds = new Set<Address>();
	readonly #deletedIds = new Set<Address>();
	readonly #transfers = new Map<Address, Transfer>();
	readonly #children = new Map<Address, Child>();
	/** What the resolver answered, so that a child is read once and its version counts once. */
	readonly #read = new Map<Address, StoredObject | undefined>();
	readonly #received = new Map<Address, StoredObject>();
	readonly events: MoveEvent[] = [];

	constructor(loader: Loader, context: TransactionContext, resolver: ChildObjectResolver, tracer?: ExecutionTracer) {
		this.#loader = loader;
		this.context = context;
		this.#resolver = resolver;
		this.tracer = tracer;
	}

	freshId(): Address {
		const id = deriveObjectId(this.context.digest, this.idsCreated);
		this.idsCreated += 1n;
		this.recordNewId(id);
		return id;
	}

	lastCreatedId(): Address | undefined {
		return this.idsCreated === 0n ? undefined : deriveObjectId(this.context.digest, this.idsCreated - 1n);
	}

	/** An id deleted earlier in the transaction comes back (a dynamic field removed and added again): it is then neither new nor deleted. */
	recordNewId(id: Address): void {
		if (this.#deletedIds.delete(id)) return;
		if (this.#newIds.size >= MAX_NEW_IDS) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_NEW_IDS} new ids`);
		this.#newIds.add(id);
	}

	deleteId(id: Address): void {
		if (this.#deletedIds.size >= MAX_DELETED_IDS) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_DELETED_IDS} deleted ids`);
		if (!this.#newIds.delete(id)) this.#deletedIds.add(id);
	}

	addInput(object: StoredObject): void {
		this.#inputs.set(object.id, object);
	}

	/** Objects of a fixed id that the framework makes once, such as the clock, are new when they are first transferred. */
	isNew(id: Address): boolean {
		return this.#newIds.has(id);
	}

	inputOwner(id: Address): Owner | undefined {
		return this.#inputs.get(id)?.owner;
	}

	transfer(value: MoveValue, type: MoveType, owner: Owner): void {
		const id = objectId(value as Value);
		if (this.#transfers.size >= MAX_TRANSFERS) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_TRANSFERS} transferred ids`);
		this.#transfers.delete(id); // keeps the order of last transfers
		this.#transfers.set(id, { type, owner, contents: serializeValue(type, value as Value, this.#loader) });
	}

	emit(type: MoveType & { readonly kind: 'datatype' }, contents: Uint8Array): void {
		if (this.events.length >= MAX_EVENTS) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_EVENTS} events`);
		if (contents.length > MAX_EVENT_BYTES) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `an event of ${contents.length} bytes`);
		this.events.push({ packageId: type.address, module: type.module, type, contents });
	}

	// ---- dynamic fields ------------------------------------------------------------------------------------------

	addChild(parent: Address, type: MoveType, value: Value): void {
		const id = objectId(value);
		const known = this.#children.get(id);
		if (known === undefined) {
			this.#limitChildren();
			this.#children.set(id, { parent, type, slot: [value], original: undefined });
			return;
		}
		if (known.slot[0] !== undefined) throw new MoveFailure({ kind: 'invariant', message: `child ${id} is added twice` });
		this.#children.set(id, { parent, type, slot: [value], original: known.original });
	}

	/** The child's slot, for a borrow. */
	child(parent: Address, id: Address, type: MoveType): ChildLookup {
		const known = this.#children.get(id);
		if (known !== undefined) {
			if (known.slot[0] === undefined) return { kind: 'missing' };
			return typesEqual(known.type, type) ? { kind: 'found', slot: known.slot, loadedBytes: 0 } : { kind: 'otherType' };
		}
		const original = this.#readChild(parent, id);
		if (original === undefined) return { kind: 'missing' };
		if (!typesEqual(original.type, type)) return { kind: 'otherType' };
		this.#limitChildren();
		const slot = [this.#decode(original)];
		this.#children.set(id, { parent, type: original.type, slot, original });
		return { kind: 'found', slot, loadedBytes: original.contents.length };
	}

	hasChild(parent: Address, id: Address, type: MoveType | undefined): boolean {
		const known = this.#children.get(id);
		if (known !== undefined) return known.slot[0] !== undefined && (type === undefined || typesEqual(known.type, type));
		const original = this.#readChild(parent, id);
		return original !== undefined && (type === undefined || typesEqual(original.type, type));
	}

	/** An object sent to another object's address, taken by it. Undefined when there is none at that version. */
	receive(
		parent: Address,
		id: Address,
		version: bigint,
		type: MoveType,
	): { readonly kind: 'found'; readonly value: Value } | { readonly kind: 'otherType' } | undefined {
		if (this.#received.has(id) || this.#transfers.has(id)) return undefined;
		const object = this.#inputs.get(id) ?? this.#resolver.read(id);
		if (object === undefined || object.version !== version || object.owner.kind !== 'address' || object.owner.address !== parent) return undefined;
		if (!typesEqual(object.type, type)) return { kind: 'otherType' };
		this.#received.set(id, object);
		return { kind: 'found', value: this.#decode(object) };
	}

	#limitChildren(): void {
		if (this.#children.size >= MAX_CHILDREN) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_CHILDREN} dynamic fields in a transaction`);
	}

	#readChild(parent: Address, id: Address): StoredObject | undefined {
		if (!this.#read.has(id)) {
			if (this.#read.size >= MAX_CHILDREN) throw new RuntimeError('MEMORY_LIMIT_EXCEEDED', `more than ${MAX_CHILDREN} dynamic fields in a transaction`);
			this.#read.set(id, this.#resolver.read(id));
		}
		const object = this.#read.get(id);
		return object?.owner.kind === 'object' && object.owner.parent === parent ? object : undefined;
	}

	#decode(object: StoredObject): Value {
		try {
			return deserializeValue(object.type, object.contents, this.#loader);
		} catch (error) {
			if (!(error instanceof BcsError)) throw error;
			throw new MoveFailure({ kind: 'invariant', message: `object ${object.id} is no ${formatType(object.type)}: ${error.message}` });
		}
	}

	// ---- the end -------------------------------------------------------------------------------------------------

	finish(): ObjectRuntimeResults {
		const writes = [...this.#transfers].map(([id, transfer]) => ({ id, ...transfer }));
		const loaded = new Map<Address, StoredObject>();
		for (const [id, object] of this.#read) if (object?.owner.kind === 'object') loaded.set(id, object);
		for (const [id, object] of this.#received) loaded.set(id, object);
		for (const [id, child] of this.#children) {
			const value = child.slot[0];
			if (value === undefined) continue; // moved elsewhere: transferred, wrapped or deleted
			const contents = serializeValue(child.type, value, this.#loader);
			if (child.original !== undefined && sameChild(child, child.original, contents)) continue;
			writes.push({ id, type: child.type, owner: { kind: 'object', parent: child.parent }, contents });
		}
		return { writes, createdIds: new Set(this.#newIds), deletedIds: new Set(this.#deletedIds), loadedChildren: loaded, events: [...this.events] };
	}
}

function sameChild(child: Child, original: StoredObject, contents: Uint8Array): boolean {
	return (
		original.owner.kind === 'object' &&
		original.owner.parent === child.parent &&
		typesEqual(original.type, child.type) &&
		Buffer.compare(original.contents, contents) === 0
	);
}
