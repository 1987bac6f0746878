/** Move values as JSON, the way Sui's RPC shows them: wide integers as text, bytes as base64, ids as their address. */
import { toBase64 } from '@mysten/bcs';
import type { GrpcTypes } from '@mysten/sui/grpc';
import { isDatatype } from '#devnet/ledger/encoding.ts';
import { LayoutError, readLength, valueEnd } from '#devnet/ledger/layout.ts';
import type { MoveType, MoveVm } from '#devnet/move/api.ts';
import { addressFromBytes } from '#devnet/move/types.ts';

export type ProtoValue = NonNullable<GrpcTypes.Object['json']>;

const STD = `0x${'0'.repeat(63)}1`;
const SUI = `0x${'0'.repeat(63)}2`;

const text = (value: string): ProtoValue => ({ kind: { oneofKind: 'stringValue', stringValue: value } });
const number = (value: number): ProtoValue => ({ kind: { oneofKind: 'numberValue', numberValue: value } });
const list = (values: ProtoValue[]): ProtoValue => ({ kind: { oneofKind: 'listValue', listValue: { values } } });
const NOTHING: ProtoValue = { kind: { oneofKind: 'nullValue', nullValue: 0 } };

/** Undefined when a type has no layout here (enums). */
export function moveJson(vm: MoveVm, type: MoveType, bytes: Uint8Array): ProtoValue | undefined {
	try {
		return new JsonReader(vm, bytes).read(type);
	} catch (error) {
		if (error instanceof LayoutError) return undefined;
		throw error;
	}
}

class JsonReader {
	readonly #vm: MoveVm;
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(vm: MoveVm, bytes: Uint8Array) {
		this.#vm = vm;
		this.#bytes = bytes;
	}

	#integer(width: number): bigint {
		let value = 0n;
		for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[this.#at + i] ?? 0);
		this.#at += width;
		return value;
	}

	#take(type: MoveType): Uint8Array {
		const end = valueEnd(type, this.#bytes, this.#at, (it) => this.#vm.fields(it));
		const taken = this.#bytes.subarray(this.#at, end);
		this.#at = end;
		return taken;
	}

	#length(): number {
		const [length, next] = readLength(this.#bytes, this.#at);
		this.#at = next;
		return length;
	}

	read(type: MoveType): ProtoValue {
		switch (type.kind) {
			case 'bool':
				return { kind: { oneofKind: 'boolValue', boolValue: this.#integer(1) === 1n } };
			case 'u8':
				return number(Number(this.#integer(1)));
			case 'u16':
				return number(Number(this.#integer(2)));
			case 'u32':
				return number(Number(this.#integer(4)));
			case 'u64':
				return text(this.#integer(8).toString());
			case 'u128':
				return text(this.#integer(16).toString());
			case 'u256':
				return text(this.#integer(32).toString());
			case 'address':
			case 'signer':
				return text(addressFromBytes(this.#take(type)));
			case 'vector': {
				const length = this.#length();
				if (type.element.kind === 'u8') {
					const bytes = this.#bytes.subarray(this.#at, this.#at + length);
					this.#at += length;
					return text(toBase64(bytes));
				}
				return list(Array.from({ length }, () => this.read(type.element)));
			}
			case 'datatype':
				return this.#datatype(type);
			default:
				throw new LayoutError(`${type.kind} has no JSON`);
		}
	}

	#datatype(type: MoveType & { readonly kind: 'datatype' }): ProtoValue {
		if (isDatatype(type, STD, 'string', 'String') || isDatatype(type, STD, 'ascii', 'String')) {
			const length = this.#length();
			const bytes = this.#bytes.subarray(this.#at, this.#at + length);
			this.#at += length;
			return text(new TextDecoder().decode(bytes));
		}
		if (isDatatype(type, STD, 'option', 'Option')) {
			return this.#length() === 0 ? NOTHING : this.read(type.typeArguments[0] as MoveType);
		}
		if (isDatatype(type, SUI, 'object', 'ID') || isDatatype(type, SUI, 'object', 'UID')) return text(addressFromBytes(this.#take({ kind: 'address' })));
		if (isDatatype(type, SUI, 'balance', 'Balance')) return text(this.#integer(8).toString());
		const fields = this.#vm.fields(type);
		if (fields === undefined) throw new LayoutError(`${type.module}::${type.name} has no JSON`);
		return { kind: { oneofKind: 'structValue', structValue: { fields: Object.fromEntries(fields.map((field) => [field.name, this.read(field.type)])) } } };
	}
}
