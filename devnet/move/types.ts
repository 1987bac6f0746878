/** Move types: text, equality, substitution and the BCS of a `TypeTag` (sui-types `TypeTag`, move-core-types `language_storage`). */
import type { Address, IntegerKind, MoveType } from '#devnet/move/api.ts';

export const BOOL: MoveType = { kind: 'bool' };
export const U8: MoveType = { kind: 'u8' };
export const U16: MoveType = { kind: 'u16' };
export const U32: MoveType = { kind: 'u32' };
export const U64: MoveType = { kind: 'u64' };
export const U128: MoveType = { kind: 'u128' };
export const U256: MoveType = { kind: 'u256' };
export const ADDRESS: MoveType = { kind: 'address' };
export const SIGNER: MoveType = { kind: 'signer' };

const PRIMITIVES: Readonly<Record<string, MoveType>> = {
	bool: BOOL,
	u8: U8,
	u16: U16,
	u32: U32,
	u64: U64,
	u128: U128,
	u256: U256,
	address: ADDRESS,
	signer: SIGNER,
};

/** Bits of an integer type. */
export const INTEGER_BITS: Readonly<Record<IntegerKind, number>> = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, u256: 256 };

export function isIntegerKind(kind: MoveType['kind']): kind is IntegerKind {
	return Object.hasOwn(INTEGER_BITS, kind);
}

export function vectorOf(element: MoveType): MoveType {
	return { kind: 'vector', element };
}

export function datatype(address: Address, module: string, name: string, typeArguments: readonly MoveType[] = []): MoveType {
	return { kind: 'datatype', address, module, name, typeArguments };
}

const HEX = /^[0-9a-fA-F]{1,64}$/;

/** `0x2`, `2…` or a full address to `0x` and 64 lower-case digits. Throws `TypeError` on anything else. */
export function normalizeAddress(text: string): Address {
	const digits = text.startsWith('0x') || text.startsWith('0X') ? text.slice(2) : text;
	if (!HEX.test(digits)) throw new TypeError(`not an address: ${JSON.stringify(text.slice(0, 80))}`);
	return `0x${digits.toLowerCase().padStart(64, '0')}`;
}

const MAX_TYPE_DEPTH = 32;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Parses `0x2::coin::Coin<0x2::sui::SUI>`, `u64`, `vector<u8>`, `&mut T`-style references included. Throws `TypeError` with the offset. */
export function parseType(text: string): MoveType {
	let at = 0;
	const fail = (what: string): never => {
		throw new TypeError(`${what} at ${at} of type ${JSON.stringify(text.slice(0, 200))}`);
	};
	const skip = () => {
		while (text[at] === ' ') at++;
	};
	const word = (): string => {
		const from = at;
		while (at < text.length && /[A-Za-z0-9_]/.test(text[at] as string)) at++;
		return from === at ? fail('expected a name') : text.slice(from, at);
	};
	const expect = (token: string) => {
		skip();
		if (!text.startsWith(token, at)) fail(`expected ${token}`);
		at += token.length;
	};
	const list = (depth: number): MoveType[] => {
		const items: MoveType[] = [];
		expect('<');
		for (;;) {
			items.push(parse(depth));
			skip();
			if (text[at] === ',') at++;
			else break;
		}
		expect('>');
		return items;
	};
	const parse = (depth: number): MoveType => {
		if (depth > MAX_TYPE_DEPTH) fail('type too deep');
		skip();
		if (text[at] === '&') {
			at++;
			skip();
			const mutable = text.startsWith('mut ', at);
			if (mutable) at += 4;
			return { kind: 'reference', mutable, to: parse(depth + 1) };
		}
		const first = word();
		if (!text.startsWith('::', at)) {
			const primitive = PRIMITIVES[first];
			if (primitive !== undefined) return primitive;
			if (first !== 'vector') return fail(`unknown type ${first}`);
			const args = list(depth + 1);
			if (args.length !== 1) return fail('vector takes one type argument');
			return { kind: 'vector', element: args[0] as MoveType };
		}
		at += 2;
		const module = word();
		expect('::');
		const name = word();
		if (!IDENTIFIER.test(module) || !IDENTIFIER.test(name)) fail('bad identifier');
		skip();
		return { kind: 'datatype', address: normalizeAddress(first), module, name, typeArguments: text[at] === '<' ? list(depth + 1) : [] };
	};
	const type = parse(0);
	skip();
	return at === text.length ? type : fail('trailing text');
}

const formatted = new WeakMap<MoveType, string>();

/** Canonical text with long addresses and no spaces: `0x00…02::coin::Coin<0x00…02::sui::SUI>`. */
export function formatType(type: MoveType): string {
	const known = formatted.get(type);
	if (known !== undefined) return known;
	const text = write(type);
	formatted.set(type, text);
	return text;
}

function write(type: MoveType): string {
	switch (type.kind) {
		case 'vector':
			return `vector<${formatType(type.element)}>`;
		case 'datatype': {
			const args = type.typeArguments.length === 0 ? '' : `<${type.typeArguments.map(formatType).join(',')}>`;
			return `${type.address}::${type.module}::${type.name}${args}`;
		}
		case 'reference':
			return `&${type.mutable ? 'mut ' : ''}${formatType(type.to)}`;
		case 'typeParameter':
			return `$${type.index}`;
		default:
			return type.kind;
	}
}

export function typesEqual(left: MoveType, right: MoveType): boolean {
	return left === right || formatType(left) === formatType(right);
}

/** Replaces type parameters; keeps the identity of what has none. */
export function substitute(type: MoveType, args: readonly MoveType[]): MoveType {
	switch (type.kind) {
		case 'typeParameter': {
			const found = args[type.index];
			if (found === undefined) throw new RangeError(`no type argument ${type.index}`);
			return found;
		}
		case 'vector': {
			const element = substitute(type.element, args);
			return element === type.element ? type : { kind: 'vector', element };
		}
		case 'reference': {
			const to = substitute(type.to, args);
			return to === type.to ? type : { kind: 'reference', mutable: type.mutable, to };
		}
		case 'datatype': {
			if (type.typeArguments.length === 0) return type;
			let changed = false;
			const typeArguments = type.typeArguments.map((argument) => {
				const replaced = substitute(argument, args);
				if (replaced !== argument) changed = true;
				return replaced;
			});
			return changed ? { ...type, typeArguments } : type;
		}
		default:
			return type;
	}
}

const TAG_OF: Readonly<Record<string, number>> = { bool: 0, u8: 1, u64: 2, u128: 3, address: 4, signer: 5, vector: 6, datatype: 7, u16: 8, u32: 9, u256: 10 };

/** BCS of the `TypeTag`: what dynamic-field ids hash. Throws `TypeError` for references and type parameters, which have no tag. */
export function typeTagBytes(type: MoveType): Uint8Array {
	const out: number[] = [];
	const identifier = (text: string) => {
		const bytes = new TextEncoder().encode(text);
		uleb128(out, bytes.length);
		out.push(...bytes);
	};
	const walk = (at: MoveType) => {
		const tag = TAG_OF[at.kind];
		if (tag === undefined) throw new TypeError(`${at.kind} has no type tag`);
		out.push(tag);
		if (at.kind === 'vector') walk(at.element);
		if (at.kind === 'datatype') {
			out.push(...addressBytes(at.address));
			identifier(at.module);
			identifier(at.name);
			uleb128(out, at.typeArguments.length);
			for (const argument of at.typeArguments) walk(argument);
		}
	};
	walk(type);
	return Uint8Array.from(out);
}

export function uleb128(out: number[], value: number): void {
	let rest = value;
	while (rest >= 0x80) {
		out.push((rest & 0x7f) | 0x80);
		rest = Math.floor(rest / 128);
	}
	out.push(rest);
}

export function addressBytes(address: Address): Uint8Array {
	const bytes = new Uint8Array(32);
	for (let i = 0; i < 32; i++) bytes[i] = (nibble(address.charCodeAt(2 + i * 2)) << 4) | nibble(address.charCodeAt(3 + i * 2));
	return bytes;
}

/** Of a hexadecimal digit. Called so often that text is not cut for it. */
const nibble = (code: number) => (code < 0x40 ? code - 0x30 : (code & 0x5f) - 0x37);

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 32 bytes from `offset` as an address. */
export function addressFromBytes(bytes: ArrayLike<number>, offset = 0): Address {
	let text = '0x';
	for (let i = 0; i < 32; i++) text += HEX_BYTES[bytes[offset + i] as number];
	return text;
}
