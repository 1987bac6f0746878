/**
 * Runtime values.
 *
 *   bool → boolean · u8, u16, u32 → number · u64, u128, u256 → bigint · address, signer → string (`0x` and 64 digits)
 *   struct → array of its fields · vector → {@link MoveVector} · enum → {@link MoveVariant} · reference → {@link Reference}
 *
 * A reference is a slot: the array that holds the value (a frame's locals, a struct's fields, a vector's items, a cell)
 * and the index in it. Values are copied deeply when Move copies, so two slots never share an array.
 */
import type { MoveType } from '#devnet/move/api.ts';

export type Value = boolean | number | bigint | string | Value[] | MoveVector | MoveVariant | Reference | undefined;

/** Bytes of an element of a specialised vector, 0 for a vector of anything else (gas only: the abstract size of a value). */
export type ElementWidth = 0 | 1 | 2 | 4 | 8 | 16 | 32;

export class MoveVector {
	readonly width: ElementWidth;
	readonly items: Value[];
	constructor(width: ElementWidth, items: Value[]) {
		this.width = width;
		this.items = items;
	}
}

export class MoveVariant {
	readonly tag: number;
	readonly fields: Value[];
	constructor(tag: number, fields: Value[]) {
		this.tag = tag;
		this.fields = fields;
	}
}

export class Reference {
	readonly container: Value[];
	readonly key: number;
	constructor(container: Value[], key: number) {
		this.container = container;
		this.key = key;
	}
}

export function elementWidth(type: MoveType): ElementWidth {
	switch (type.kind) {
		case 'bool':
		case 'u8':
			return 1;
		case 'u16':
			return 2;
		case 'u32':
			return 4;
		case 'u64':
			return 8;
		case 'u128':
			return 16;
		case 'u256':
		case 'address':
			return 32;
		default:
			return 0;
	}
}

export function copyValue(value: Value): Value {
	if (typeof value !== 'object') return value;
	if (Array.isArray(value)) return copyItems(value);
	if (value instanceof MoveVector) return new MoveVector(value.width, value.width === 0 ? copyItems(value.items) : value.items.slice());
	if (value instanceof MoveVariant) return new MoveVariant(value.tag, copyItems(value.fields));
	return value; // a copied reference is the same slot
}

function copyItems(items: readonly Value[]): Value[] {
	const copy = new Array<Value>(items.length);
	for (let i = 0; i < items.length; i++) copy[i] = copyValue(items[i]);
	return copy;
}

/** Equality of Move: structural; of references, that of what they point to. */
export function valuesEqual(left: Value, right: Value): boolean {
	if (typeof left !== 'object') return left === right;
	if (Array.isArray(left)) return Array.isArray(right) && itemsEqual(left, right);
	if (left instanceof MoveVector) return right instanceof MoveVector && itemsEqual(left.items, right.items);
	if (left instanceof MoveVariant) return right instanceof MoveVariant && left.tag === right.tag && itemsEqual(left.fields, right.fields);
	return right instanceof Reference && valuesEqual(left.container[left.key], right.container[right.key]);
}

function itemsEqual(left: readonly Value[], right: readonly Value[]): boolean {
	if (left.length !== right.length) return false;
	for (let i = 0; i < left.length; i++) if (!valuesEqual(left[i], right[i])) return false;
	return true;
}

const PRIMITIVE_SIZE = 16;
const ADDRESS_SIZE = 32;
const CONTAINER_SIZE = 2;
const REFERENCE_SIZE = 16;
const TWO_128 = 1n << 128n;

/**
 * The abstract memory size that the gas meter counts for a value on the stack (rules of move-vm-types `views.rs`, sizes of
 * `gas.ts`). A lone u256 that would fit a u128 counts as one: values here do not carry their width.
 */
export function abstractSize(value: Value, throughReferences: boolean): number {
	switch (typeof value) {
		case 'bigint':
			return value < TWO_128 ? PRIMITIVE_SIZE : 32;
		case 'string':
			return ADDRESS_SIZE;
		case 'object':
			break;
		default:
			return PRIMITIVE_SIZE;
	}
	if (value instanceof Reference) return throughReferences ? REFERENCE_SIZE + abstractSize(value.container[value.key], true) : REFERENCE_SIZE;
	if (value instanceof MoveVector && value.width !== 0) return CONTAINER_SIZE + value.items.length * value.width;
	const items = Array.isArray(value) ? value : value instanceof MoveVector ? value.items : value.fields;
	let size = CONTAINER_SIZE;
	for (let i = 0; i < items.length; i++) size += abstractSize(items[i], throughReferences);
	return size;
}

// ---- What natives use -------------------------------------------------------------------------------------------

export function byteVector(bytes: Iterable<number>): MoveVector {
	return new MoveVector(1, Array.from(bytes));
}

/** The bytes of a `vector<u8>`, or of a reference to one. Throws when it is something else: the bytecode was not verified. */
export function bytesOf(value: Value): Uint8Array {
	const target = deref(value);
	if (!(target instanceof MoveVector)) throw new TypeError('expected a vector<u8>');
	return Uint8Array.from(target.items as number[]);
}

/** What a reference points to; any other value itself. */
export function deref(value: Value): Value {
	return value instanceof Reference ? value.container[value.key] : value;
}

/** `std::option::Option`: a struct of one vector. */
export function optionValue(element: MoveType, value: Value): Value {
	return [new MoveVector(elementWidth(element), value === undefined ? [] : [value])];
}

/** The id of an object value: its first field is a UID, whose ID holds the address. */
export function objectId(value: Value): string {
	const id = (((deref(value) as Value[])[0] as Value[])[0] as Value[])[0];
	if (typeof id !== 'string') throw new TypeError('expected an object whose first field is a UID');
	return id;
}
