/** Move values as TypeScript has them: into BCS for arguments, and out of it for objects. */
import { bcs } from '@mysten/sui/bcs';
import { readLength } from '#devnet/ledger/layout.ts';
import type { MoveType, MoveVm } from '#devnet/move/api.ts';

/** Of an argument: u8 to u32 are numbers, greater integers bigints, addresses text; a missing option is undefined. */
export type Pure = boolean | number | bigint | string | undefined | Uint8Array | readonly Pure[];

export function encodePure(type: MoveType, value: Pure): Uint8Array {
	switch (type.kind) {
		case 'bool':
			return Uint8Array.of(value === true ? 1 : 0);
		case 'u8':
		case 'u16':
		case 'u32':
		case 'u64':
		case 'u128':
		case 'u256':
			return littleEndian(BigInt(value as number | bigint), Number(type.kind.slice(1)) / 8);
		case 'address':
			return bcs.Address.serialize(value as string).toBytes();
		case 'vector': {
			const items = value instanceof Uint8Array ? [...value] : (value as readonly Pure[]);
			if (type.element.kind === 'u8')
				return bcs
					.byteVector()
					.serialize(items as number[])
					.toBytes();
			const parts = items.map((item) => encodePure(type.element, item));
			return Uint8Array.from([...bcs.ULEB128.serialize(items.length).toBytes(), ...parts.flatMap((part) => [...part])]);
		}
		case 'datatype':
			if (type.name === 'Option') return value === undefined ? Uint8Array.of(0) : Uint8Array.of(1, ...encodePure(type.typeArguments[0]!, value));
			return encodePure({ kind: 'address' }, value);
		default:
			throw new TypeError(`no argument is a ${type.kind}`);
	}
}

function littleEndian(value: bigint, width: number): Uint8Array {
	const out = new Uint8Array(width);
	for (let i = 0; i < width; i++) out[i] = Number((value >> BigInt(8 * i)) & 0xffn);
	return out;
}

/** A struct is an object of its fields, `vector<u8>` and addresses are hexadecimal text: comparable, and readable in a failure. */
export type Decoded = boolean | number | bigint | string | undefined | readonly Decoded[] | { readonly [field: string]: Decoded };

/** One value of a type out of its BCS. */
export function decode(vm: MoveVm, type: MoveType, bytes: Uint8Array): Decoded {
	return new Decoder(vm, bytes).value(type);
}

class Decoder {
	readonly #vm: MoveVm;
	readonly #bytes: Buffer;
	#at = 0;

	constructor(vm: MoveVm, bytes: Uint8Array) {
		this.#vm = vm;
		this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	#take(length: number): Buffer {
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	#length(): number {
		const [length, next] = readLength(this.#bytes, this.#at);
		this.#at = next;
		return length;
	}

	value(type: MoveType): Decoded {
		switch (type.kind) {
			case 'bool':
				return this.#take(1)[0] === 1;
			case 'u8':
				return this.#take(1)[0]!;
			case 'u16':
				return this.#take(2).readUInt16LE();
			case 'u32':
				return this.#take(4).readUInt32LE();
			case 'u64':
				return this.#take(8).readBigUInt64LE();
			case 'u128':
				return this.#wide(16);
			case 'u256':
				return this.#wide(32);
			case 'address':
				return `0x${this.#take(32).toString('hex')}`;
			case 'vector': {
				const length = this.#length();
				if (type.element.kind === 'u8') return this.#take(length).toString('hex');
				return Array.from({ length }, () => this.value(type.element));
			}
			case 'datatype': {
				if (type.module === 'object' && (type.name === 'ID' || type.name === 'UID')) return this.value({ kind: 'address' });
				if (type.module === 'option' && type.name === 'Option') return this.#take(1)[0] === 0 ? undefined : this.value(type.typeArguments[0]!);
				const fields = this.#vm.fields(type);
				if (fields === undefined) throw new TypeError(`no layout of ${type.module}::${type.name}`);
				const struct: Record<string, Decoded> = {};
				for (const field of fields) struct[field.name] = this.value(field.type);
				return struct;
			}
			default:
				throw new TypeError(`no value of kind ${type.kind}`);
		}
	}

	#wide(length: number): bigint {
		return this.#take(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
	}
}
