/** The Move types of generated programs, all with `copy` and `drop`. */
import { bcs } from '@mysten/sui/bcs';
import type { IntegerKind } from '#devnet/move/api.ts';
import { type Choices, INTEGER_BITS, INTEGER_KINDS } from './choices.ts';

export type GeneratedType =
	| { readonly kind: 'integer'; readonly width: IntegerKind }
	| { readonly kind: 'bool' | 'address' }
	| { readonly kind: 'vector'; readonly element: GeneratedType }
	| { readonly kind: 'struct'; readonly name: string; readonly fields: readonly (readonly [name: string, type: GeneratedType])[] }
	| { readonly kind: 'enum'; readonly name: string; readonly variants: readonly (readonly [name: string, fields: readonly GeneratedType[]])[] };

export type Integer = GeneratedType & { readonly kind: 'integer' };
export type StructType = GeneratedType & { readonly kind: 'struct' };
export type EnumType = GeneratedType & { readonly kind: 'enum' };

export const integer = (width: IntegerKind): Integer => ({ kind: 'integer', width });
export const BOOL: GeneratedType = { kind: 'bool' };
export const vectorOf = (element: GeneratedType): GeneratedType & { readonly kind: 'vector' } => ({ kind: 'vector', element });

/** As Move writes it. */
export function typeText(type: GeneratedType): string {
	switch (type.kind) {
		case 'integer':
			return type.width;
		case 'bool':
		case 'address':
			return type.kind;
		case 'vector':
			return `vector<${typeText(type.element)}>`;
		case 'struct':
		case 'enum':
			return type.name;
		default:
			throw new TypeError(`unknown type ${JSON.stringify(type satisfies never)}`);
	}
}

export const sameType = (left: GeneratedType, right: GeneratedType): boolean => typeText(left) === typeText(right);

/** What a transaction can give as bytes. */
export function randomPureType(choices: Choices): GeneratedType {
	const kind = choices.below(10);
	if (kind < 6) return integer(choices.pick(INTEGER_KINDS));
	if (kind < 7) return BOOL;
	if (kind < 8) return { kind: 'address' };
	return vectorOf(choices.chance(20) ? vectorOf(integer('u8')) : integer(choices.pick(INTEGER_KINDS)));
}

export function integerBytes(value: bigint, width: IntegerKind): Uint8Array {
	return Uint8Array.from({ length: INTEGER_BITS[width] / 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

/** BCS of a random value of a pure type. */
export function randomPure(choices: Choices, type: GeneratedType): Uint8Array {
	switch (type.kind) {
		case 'integer':
			return integerBytes(choices.integer(type.width), type.width);
		case 'bool':
			return Uint8Array.of(choices.below(2));
		case 'address':
			return bcs.Address.serialize(choices.address()).toBytes();
		case 'vector': {
			const items = choices.times(choices.below(7), () => randomPure(choices, type.element));
			return Uint8Array.from([items.length, ...items.flatMap((item) => [...item])]);
		}
		case 'struct':
		case 'enum':
			throw new TypeError(`${type.name} is not pure`);
		default:
			throw new TypeError(`unknown type ${JSON.stringify(type satisfies never)}`);
	}
}

/** The structs and enums of a module; each may hold those before it. */
export function randomDatatypes(choices: Choices): { readonly structs: readonly StructType[]; readonly enums: readonly EnumType[] } {
	const structs: StructType[] = [];
	const enums: EnumType[] = [];
	const field = (): GeneratedType => (structs.length > 0 && choices.chance(20) ? choices.pick(structs) : randomPureType(choices));
	for (let i = 0; i < 3; i++) {
		structs.push({ kind: 'struct', name: `Record${i}`, fields: choices.times(choices.between(1, 5), (at) => [`f${at}`, field()] as const) });
	}
	for (let i = 0; i < 2; i++) {
		const variants = choices.times(choices.between(2, 4), (at) => [`Case${at}`, choices.times(choices.below(3), field)] as const);
		enums.push({ kind: 'enum', name: `Choice${i}`, variants });
	}
	return { structs, enums };
}

export function datatypeText(type: StructType | EnumType): string {
	if (type.kind === 'struct') {
		return `public struct ${type.name} has copy, drop, store { ${type.fields.map(([name, field]) => `${name}: ${typeText(field)}`).join(', ')} }`;
	}
	const variants = type.variants.map(([name, fields]) => (fields.length === 0 ? name : `${name}(${fields.map(typeText).join(', ')})`));
	return `public enum ${type.name} has copy, drop, store { ${variants.join(', ')} }`;
}
