/** BCS of Move values, led by the type (https://docs.rs/bcs). Layouts are made once a type and kept with the loader that knows the structs. */
import type { MoveType } from '#devnet/move/api.ts';
import { addressBytes, addressFromBytes, formatType } from '#devnet/move/types.ts';
import { deref, elementWidth, MoveVariant, MoveVector, type Value } from '#devnet/move/values.ts';

/** A type without names: what is needed to read and write its values. */
export type Layout =
	| { readonly kind: 'bool' | 'u8' | 'u16' | 'u32' | 'address' }
	| { readonly kind: 'big'; readonly bytes: number }
	| { readonly kind: 'vector'; readonly element: Layout; readonly width: MoveVector['width'] }
	| { readonly kind: 'struct'; readonly fields: readonly Layout[] }
	| { readonly kind: 'enum'; readonly variants: readonly (readonly Layout[])[] };

/** Fields of a struct, or the fields of each variant of an enum, instantiated. */
export type DatatypeShape =
	| { readonly kind: 'struct'; readonly fields: readonly MoveType[] }
	| { readonly kind: 'enum'; readonly variants: readonly (readonly MoveType[])[] };

export interface ShapeSource {
	/** Throws when the type is unknown. */
	shape(type: MoveType & { readonly kind: 'datatype' }): DatatypeShape;
	/** Kept layouts by type text. */
	readonly layouts: Map<string, Layout>;
}

/** As in Sui's `max_move_value_depth`. */
const MAX_VALUE_DEPTH = 128;

export class BcsError extends Error {}

export function layoutOf(type: MoveType, shapes: ShapeSource | undefined, depth = 0): Layout {
	if (depth > MAX_VALUE_DEPTH) throw new BcsError('type is too deep');
	switch (type.kind) {
		case 'bool':
		case 'u8':
		case 'u16':
		case 'u32':
		case 'address':
			return { kind: type.kind };
		case 'signer':
			return { kind: 'address' };
		case 'u64':
			return { kind: 'big', bytes: 8 };
		case 'u128':
			return { kind: 'big', bytes: 16 };
		case 'u256':
			return { kind: 'big', bytes: 32 };
		case 'vector':
			return { kind: 'vector', element: layoutOf(type.element, shapes, depth + 1), width: elementWidth(type.element) };
		case 'datatype': {
			if (shapes === undefined) throw new BcsError(`${formatType(type)} has no layout here`);
			const key = formatType(type);
			const known = shapes.layouts.get(key);
			if (known !== undefined) return known;
			const shape = shapes.shape(type);
			const each = (types: readonly MoveType[]) => types.map((field) => layoutOf(field, shapes, depth + 1));
			const layout: Layout = shape.kind === 'struct' ? { kind: 'struct', fields: each(shape.fields) } : { kind: 'enum', variants: shape.variants.map(each) };
			shapes.layouts.set(key, layout);
			return layout;
		}
		case 'reference':
		case 'typeParameter':
			throw new BcsError(`${type.kind} has no layout`);
		default:
			throw new BcsError(`unknown type ${JSON.stringify(type satisfies never)}`);
	}
}

/** Throws {@link BcsError} when the bytes are not exactly one value of the type. */
export function deserializeValue(type: MoveType, bytes: Uint8Array, shapes: ShapeSource | undefined): Value {
	const reader = new Reader(bytes);
	const value = reader.read(layoutOf(type, shapes), 0);
	if (reader.at !== bytes.length) throw new BcsError(`${bytes.length - reader.at} bytes left over`);
	return value;
}

/** A reference serialises as what it points to. */
export function serializeValue(type: MoveType, value: Value, shapes: ShapeSource | undefined): Uint8Array {
	const writer = new Writer();
	writer.write(layoutOf(type, shapes), deref(value));
	return writer.finish();
}

class Reader {
	at = 0;
	readonly #bytes: Uint8Array;
	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	read(layout: Layout, depth: number): Value {
		if (depth > MAX_VALUE_DEPTH) throw new BcsError('value is too deep');
		switch (layout.kind) {
			case 'bool': {
				const byte = this.#byte();
				if (byte > 1) throw new BcsError(`byte ${byte} is no bool`);
				return byte === 1;
			}
			case 'u8':
				return this.#byte();
			case 'u16':
				return this.#byte() + this.#byte() * 0x100;
			case 'u32':
				return this.#byte() + this.#byte() * 0x100 + this.#byte() * 0x10000 + this.#byte() * 0x1000000;
			case 'address': {
				this.#need(32);
				this.at += 32;
				return addressFromBytes(this.#bytes, this.at - 32);
			}
			case 'big':
				return this.#big(layout.bytes);
			case 'vector': {
				const length = this.#length();
				if (length > this.#bytes.length - this.at) throw new BcsError(`vector of ${length} exceeds its bytes`);
				if (layout.element.kind === 'u8') {
					this.at += length;
					return new MoveVector(1, Array.from(this.#bytes.subarray(this.at - length, this.at)));
				}
				const items: Value[] = [];
				for (let i = 0; i < length; i++) items.push(this.read(layout.element, depth + 1));
				return new MoveVector(layout.width, items);
			}
			case 'struct':
				return layout.fields.map((field) => this.read(field, depth + 1));
			case 'enum': {
				const tag = this.#length();
				const fields = layout.variants[tag];
				if (fields === undefined) throw new BcsError(`no variant ${tag}`);
				return new MoveVariant(
					tag,
					fields.map((field) => this.read(field, depth + 1)),
				);
			}
			default:
				throw new BcsError(`unknown layout ${JSON.stringify(layout satisfies never)}`);
		}
	}

	#need(count: number): void {
		if (this.at + count > this.#bytes.length) throw new BcsError('bytes end too early');
	}

	#byte(): number {
		const byte = this.#bytes[this.at];
		if (byte === undefined) throw new BcsError('bytes end too early');
		this.at++;
		return byte;
	}

	#big(count: number): bigint {
		this.#need(count);
		const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.at, count);
		let value = 0n;
		for (let i = count - 8; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(i, true);
		this.at += count;
		return value;
	}

	#length(): number {
		let value = 0;
		for (let shift = 0; shift < 5; shift++) {
			const byte = this.#byte();
			value += (byte & 0x7f) * 2 ** (7 * shift);
			if (byte < 0x80) {
				if (shift > 0 && byte === 0) throw new BcsError('length is not in its shortest form');
				if (value > 0x7fffffff) break;
				return value;
			}
		}
		throw new BcsError('length is too large');
	}
}

class Writer {
	#bytes = new Uint8Array(256);
	#at = 0;

	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}

	write(layout: Layout, value: Value): void {
		switch (layout.kind) {
			case 'bool':
				this.#byte(value === true ? 1 : 0);
				return;
			case 'u8':
				this.#byte(value as number);
				return;
			case 'u16':
				this.#byte((value as number) & 0xff);
				this.#byte((value as number) >>> 8);
				return;
			case 'u32':
				for (let shift = 0; shift < 32; shift += 8) this.#byte(((value as number) >>> shift) & 0xff);
				return;
			case 'address':
				this.#raw(addressBytes(value as string));
				return;
			case 'big': {
				let rest = value as bigint;
				this.#grow(layout.bytes);
				const view = new DataView(this.#bytes.buffer, this.#at, layout.bytes);
				for (let i = 0; i < layout.bytes; i += 8) {
					view.setBigUint64(i, rest & 0xffffffffffffffffn, true);
					rest >>= 64n;
				}
				this.#at += layout.bytes;
				return;
			}
			case 'vector': {
				const { items } = value as MoveVector;
				this.#length(items.length);
				if (layout.element.kind === 'u8') this.#raw(items as number[]);
				else for (const item of items) this.write(layout.element, item);
				return;
			}
			case 'struct': {
				if (!Array.isArray(value) || value.length !== layout.fields.length) throw new BcsError('value is not a struct of its type');
				for (let i = 0; i < value.length; i++) this.write(layout.fields[i] as Layout, value[i]);
				return;
			}
			case 'enum': {
				const { tag, fields } = value as MoveVariant;
				this.#length(tag);
				const layouts = layout.variants[tag] as readonly Layout[];
				for (let i = 0; i < fields.length; i++) this.write(layouts[i] as Layout, fields[i]);
				return;
			}
			default:
				throw new BcsError(`unknown layout ${JSON.stringify(layout satisfies never)}`);
		}
	}

	#grow(count: number): void {
		if (this.#at + count <= this.#bytes.length) return;
		const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
		larger.set(this.#bytes);
		this.#bytes = larger;
	}

	#byte(byte: number): void {
		this.#grow(1);
		this.#bytes[this.#at++] = byte;
	}

	#raw(bytes: ArrayLike<number>): void {
		this.#grow(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	#length(value: number): void {
		let rest = value;
		while (rest >= 0x80) {
			this.#byte((rest & 0x7f) | 0x80);
			rest >>>= 7;
		}
		this.#byte(rest);
	}
}
