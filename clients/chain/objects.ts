import { BcsReader } from '@mysten/bcs';
import { TypeTagSerializer } from '@mysten/sui/bcs';
import { type ClientWithCoreApi, ObjectError } from '@mysten/sui/client';
import { deriveDynamicFieldID } from '@mysten/sui/utils';
import { translateChainError } from '#clients/chain/errors.ts';
import { VramhubError } from '#core/errors.ts';

const ADDRESS_LENGTH = 32;

/** What is needed of a `BcsType` to read, and to write: the whole type would tie what is read to what may be written. */
export interface Layout<T> {
	read(reader: BcsReader): T;
}

interface KeyLayout<K> {
	serialize(value: K): { toBytes(): Uint8Array };
}

/** Content of an object that has to exist. Throws CHAIN_OBJECT_MISSING, CHAIN_UNAVAILABLE, or INVARIANT when the bytes are of another layout. */
export async function readObject<T>(client: ClientWithCoreApi, objectId: string, layout: Layout<T>, what: string): Promise<T> {
	let content: Uint8Array;
	try {
		({
			object: { content },
		} = await client.core.getObject({ objectId, include: { content: true } }));
	} catch (error) {
		throw translateChainError(error, `reading ${what}`);
	}
	return parse(layout, content, what);
}

/** A `sui::table::Table<K, V>`: its entries are dynamic fields of the table's id. */
export interface TableLayout<K, V> {
	/** Move type of K, packages in full. */
	readonly keyType: string;
	readonly key: KeyLayout<K>;
	readonly value: Layout<V>;
	readonly what: string;
}

/** The values of these keys in order, undefined where the table has none. One request for each 50 keys. */
export async function readTable<K, V>(client: ClientWithCoreApi, tableId: string, layout: TableLayout<K, V>, keys: readonly K[]): Promise<(V | undefined)[]> {
	if (keys.length === 0) return [];
	const typeTag = TypeTagSerializer.parseFromStr(layout.keyType);
	const encoded = keys.map((key) => layout.key.serialize(key).toBytes());
	const objectIds = encoded.map((key) => deriveDynamicFieldID(tableId, typeTag, key));
	try {
		const { objects } = await client.core.getObjects({ objectIds, include: { content: true } });
		return objects.map((object, i) => {
			if (object instanceof ObjectError && object.reason !== 'unknown') return undefined;
			if (object instanceof Error) throw object;
			// Field<K, V> { id: UID, name: K, value: V }
			return parse(layout.value, object.content.subarray(ADDRESS_LENGTH + encoded[i]!.length), layout.what);
		});
	} catch (error) {
		throw translateChainError(error, `reading ${layout.what}`);
	}
}

/** One entry of a table, or undefined. */
export async function readTableEntry<K, V>(client: ClientWithCoreApi, tableId: string, layout: TableLayout<K, V>, key: K): Promise<V | undefined> {
	return (await readTable(client, tableId, layout, [key]))[0];
}

/** Throws INVARIANT unless the bytes are exactly one value: a layout that leaves some over is not the contract's. */
export function parse<T>(layout: Layout<T>, bytes: Uint8Array, what: string): T {
	const reader = new BcsReader(bytes);
	try {
		const value = layout.read(reader);
		if (isAtEnd(reader)) return value;
	} catch (cause) {
		throw new VramhubError('INVARIANT', `${what} does not have the layout that this program knows`, { cause });
	}
	throw new VramhubError('INVARIANT', `${what} has more fields than this program knows`);
}

/** The reader keeps its position to itself, but refuses to read beyond the end. */
function isAtEnd(reader: BcsReader): boolean {
	try {
		reader.read8();
		return false;
	} catch (error) {
		if (error instanceof RangeError) return true;
		throw error;
	}
}
