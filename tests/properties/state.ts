/** What a network's objects hold, decoded, and kept up to date with what each call wrote. */
import { coinBalance, coinTypeOf, isSui } from '#devnet/ledger/encoding.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';
import type { Executed } from './machine.ts';
import { type Decoded, decode } from './pure.ts';
import type { World } from './world.ts';

/** A root object or a table's entry that differs from before. */
export interface Change {
	/** `module` of a root, `module.table` of an entry. */
	readonly label: string;
	/** Empty for a root; fields joined by `/` for a key that is a struct. */
	readonly key: string;
	readonly before: Decoded;
	readonly after: Decoded;
}

export interface CoinState {
	readonly owner: Address;
	readonly isSui: boolean;
	readonly balance: bigint;
}

export interface Difference {
	readonly changes: readonly Change[];
	readonly strange: readonly string[];
	readonly coins: readonly (readonly [Address, CoinState | undefined])[];
}

interface Table {
	readonly label: string;
	readonly isOurs: boolean;
}

export class NetworkState {
	readonly #world: World;
	/** Of both networks: table id → what it is. */
	readonly #tables: Map<Address, Table>;
	readonly #rootOf: Map<Address, { readonly module: string; readonly isOurs: boolean }>;
	readonly #roots = new Map<string, Decoded>();
	readonly #entries = new Map<string, Map<string, Decoded>>();
	readonly coins = new Map<Address, CoinState>();

	/** Of a world as it was made, or of a network that goes on from `from`. */
	constructor(world: World, from?: NetworkState) {
		this.#world = world;
		this.#tables = from === undefined ? new Map() : from.#tables;
		this.#rootOf = from === undefined ? new Map() : from.#rootOf;
		if (from === undefined) this.#readAll(world);
		else {
			for (const [module, root] of from.#roots) this.#roots.set(module, root);
			for (const [label, entries] of from.#entries) this.#entries.set(label, new Map(entries));
			for (const [id, coin] of from.coins) this.coins.set(id, coin);
		}
	}

	#readAll(world: World): void {
		const networks = [
			{ roots: world.ours, isOurs: true },
			{ roots: world.others, isOurs: false },
		];
		for (const { roots, isOurs } of networks) {
			for (const [module, id] of roots) {
				this.#rootOf.set(id, { module, isOurs });
				const object = world.objects.get(id);
				if (object?.kind !== 'move') throw new TypeError(`${module} has no object`);
				const root = decode(world.vm, object.type, object.contents) as Readonly<Record<string, Decoded>>;
				if (isOurs) this.#roots.set(module, root);
				for (const [field, value] of Object.entries(root)) {
					if (isTable(value)) this.#tables.set(value.id, { label: `${module}.${field}`, isOurs });
				}
			}
		}
		for (const { label, isOurs } of this.#tables.values()) if (isOurs) this.#entries.set(label, new Map());
		for (const object of world.objects.values()) {
			if (object.kind !== 'move') continue;
			const coin = coinOf(object);
			if (coin !== undefined) this.coins.set(object.id, coin);
			const entry = this.#entryOf(object);
			if (entry?.table.isOurs) this.#entries.get(entry.table.label)!.set(entry.key, entry.value);
		}
	}

	/** Another one that goes on from here. */
	fork(): NetworkState {
		return new NetworkState(this.#world, this);
	}

	root<T = Decoded>(module: string): T {
		return this.#roots.get(module) as T;
	}

	/** `undefined` for a table that this version of the contracts does not have. */
	table<T = Decoded>(label: string): ReadonlyMap<string, T> {
		return (this.#entries.get(label) ?? new Map()) as ReadonlyMap<string, T>;
	}

	#entryOf(object: MoveObject): { readonly table: Table; readonly key: string; readonly value: Decoded } | undefined {
		if (object.owner.kind !== 'object') return undefined;
		const table = this.#tables.get(object.owner.parent);
		if (table === undefined) return undefined;
		const { name, value } = decode(this.#world.vm, object.type, object.contents) as { readonly name: Decoded; readonly value: Decoded };
		return { table, key: keyOf(name), value };
	}

	/** What a call did to the network, and which objects it touched that no call may touch. Changes nothing here: {@link commit} does. */
	read({ outcome, before }: Executed): Difference {
		const changes: Change[] = [];
		const strange: string[] = [];
		const coins: [Address, CoinState | undefined][] = [];
		if (outcome === undefined) return { changes, strange, coins };
		const note = (object: MoveObject, isThere: boolean) => {
			if (isThere) {
				const coin = coinOf(object);
				if (coin !== undefined) return void coins.push([object.id, coin]);
			} else if (this.coins.has(object.id)) return void coins.push([object.id, undefined]);
			const old = before.get(object.id);
			if (isThere && old !== undefined && Buffer.from(old.contents).equals(object.contents)) return;
			const root = this.#rootOf.get(object.id);
			if (root !== undefined) {
				if (!root.isOurs || !isThere)
					return void strange.push(`${root.module} of ${root.isOurs ? 'this' : 'the other'} network ${isThere ? 'was written' : 'is gone'}`);
				const after = decode(this.#world.vm, object.type, object.contents);
				return void changes.push({ label: root.module, key: '', before: this.#roots.get(root.module), after });
			}
			const entry = this.#entryOf(object);
			if (entry === undefined) return;
			const { table, key, value } = entry;
			if (!table.isOurs) return void strange.push(`${table.label} of the other network was written`);
			changes.push({ label: table.label, key, before: this.#entries.get(table.label)!.get(key), after: isThere ? value : undefined });
		};
		for (const { id } of outcome.removed) {
			const old = before.get(id);
			if (old !== undefined) note(old, false);
		}
		for (const object of outcome.written) if (object.kind === 'move') note(object, true);
		return { changes, strange, coins };
	}

	commit({ changes, coins }: Difference): void {
		for (const { label, key, after } of changes) {
			const entries = this.#entries.get(label);
			if (entries === undefined) this.#roots.set(label, after);
			else if (after === undefined) entries.delete(key);
			else entries.set(key, after);
		}
		for (const [id, coin] of coins) {
			if (coin === undefined) this.coins.delete(id);
			else this.coins.set(id, coin);
		}
	}

	/** Names of all tables and roots. */
	labels(): string[] {
		return [...this.#roots.keys(), ...this.#entries.keys()];
	}
}

function isTable(value: Decoded): value is { readonly id: string; readonly size: bigint } {
	return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).join() === 'id,size';
}

function keyOf(name: Decoded): string {
	return typeof name === 'object' ? Object.values(name).join('/') : String(name);
}

function coinOf(object: MoveObject): CoinState | undefined {
	const type = coinTypeOf(object.type);
	if (type === undefined || object.owner.kind !== 'address') return undefined;
	return { owner: object.owner.address, isSui: isSui(type), balance: coinBalance(object.contents) };
}
