/** Where BCS values end, by type: checks pure arguments, and splits a dynamic field into its name and value. */
import { isDatatype } from '#devnet/ledger/encoding.ts';
import type { FieldLayout, MoveType } from '#devnet/move/api.ts';

const STD = `0x${'0'.repeat(63)}1`;
const SUI = `0x${'0'.repeat(63)}2`;

const FIXED: Readonly<Partial<Record<MoveType['kind'], number>>> = { u8: 1, u16: 2, u32: 4, u64: 8, u128: 16, u256: 32, address: 32, signer: 32 };

export class LayoutError extends Error {}

/** Whether a value of the type may be given as bytes: primitives, `ID`, strings, and vectors and options of those. */
export function isPureType(type: MoveType): boolean {
	switch (type.kind) {
		case 'vector':
			return isPureType(type.element);
		case 'datatype':
			if (isString(type) || isAscii(type) || isDatatype(type, SUI, 'object', 'ID')) return true;
			return isOption(type) && isPureType(type.typeArguments[0] as MoveType);
		case 'signer':
		case 'reference':
		case 'typeParameter':
			return false;
		default:
			return true;
	}
}

const isString = (type: MoveType) => isDatatype(type, STD, 'string', 'String');
const isAscii = (type: MoveType) => isDatatype(type, STD, 'ascii', 'String');
const isOption = (type: MoveType) => isDatatype(type, STD, 'option', 'Option');

/** Throws {@link LayoutError} unless the bytes are exactly one value of a pure type, strings being valid ones. */
export function checkPure(type: MoveType, bytes: Uint8Array): void {
	const end = valueEnd(type, bytes, 0, () => undefined);
	if (end !== bytes.length) throw new LayoutError(`${bytes.length - end} bytes left over`);
}

/** Offset after the value that starts at `at`. `fields` gives a struct's fields, instantiated. */
export function valueEnd(type: MoveType, bytes: Uint8Array, at: number, fields: (type: MoveType) => readonly FieldLayout[] | undefined): number {
	const fixed = FIXED[type.kind];
	if (fixed !== undefined) return within(bytes, at + fixed);
	switch (type.kind) {
		case 'bool':
			if ((bytes[at] ?? 2) > 1) throw new LayoutError('a boolean is 0 or 1');
			return at + 1;
		case 'vector': {
			const [length, start] = readLength(bytes, at);
			const width = FIXED[type.element.kind];
			if (width !== undefined) return within(bytes, start + length * width);
			let end = start;
			for (let i = 0; i < length; i++) end = valueEnd(type.element, bytes, end, fields);
			return end;
		}
		case 'datatype': {
			if (isString(type) || isAscii(type)) {
				const [length, start] = readLength(bytes, at);
				const end = within(bytes, start + length);
				checkText(bytes.subarray(start, end), isAscii(type));
				return end;
			}
			if (isOption(type)) {
				if ((bytes[at] ?? 2) > 1) throw new LayoutError('an option holds nothing or one value');
				return bytes[at] === 0 ? at + 1 : valueEnd(type.typeArguments[0] as MoveType, bytes, at + 1, fields);
			}
			if (isDatatype(type, SUI, 'object', 'ID')) return within(bytes, at + 32);
			const parts = fields(type);
			if (parts === undefined) throw new LayoutError(`${type.module}::${type.name} has no layout here`);
			let end = at;
			for (const part of parts) end = valueEnd(part.type, bytes, end, fields);
			return end;
		}
		default:
			throw new LayoutError(`${type.kind} has no layout`);
	}
}

function within(bytes: Uint8Array, end: number): number {
	if (end > bytes.length) throw new LayoutError('unexpected end');
	return end;
}

/** ULEB128, canonical, at most a u32. */
export function readLength(bytes: Uint8Array, at: number): [length: number, next: number] {
	let length = 0;
	for (let i = 0; i < 5; i++) {
		const byte = bytes[at + i];
		if (byte === undefined) throw new LayoutError('unexpected end');
		length += (byte & 0x7f) * 2 ** (7 * i);
		if ((byte & 0x80) === 0) {
			if ((i > 0 && byte === 0) || length > 0xffff_ffff) throw new LayoutError('length is not canonical');
			return [length, at + i + 1];
		}
	}
	throw new LayoutError('length is too long');
}

function checkText(bytes: Uint8Array, ascii: boolean): void {
	if (ascii) {
		if (bytes.some((byte) => byte > 0x7f)) throw new LayoutError('not ASCII');
		return;
	}
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		throw new LayoutError('not UTF-8');
	}
}
