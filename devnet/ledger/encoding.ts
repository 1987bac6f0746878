/** BCS of Sui objects and the hashes that name things on chain (sui-types `object.rs`, `digests.rs`). */
import { toBase58 } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import type { Address, MoveType, Owner } from '#devnet/move/api.ts';
import { addressBytes, typeTagBytes, uleb128 } from '#devnet/move/types.ts';

/** A hash is blake2b256(`Name::` ‖ BCS), shown in base58. */
export function hashOf(name: 'Object' | 'TransactionData' | 'TransactionEffects' | 'TransactionEvents' | 'CheckpointSummary', bytes: Uint8Array): string {
	const domain = new TextEncoder().encode(`${name}::`);
	const input = new Uint8Array(domain.length + bytes.length);
	input.set(domain);
	input.set(bytes, domain.length);
	return toBase58(blake2b(input, { dkLen: 32 }));
}

/** Little-endian BCS writer. */
export class BcsWriter {
	readonly #parts: Uint8Array[] = [];

	raw(bytes: Uint8Array): this {
		this.#parts.push(bytes);
		return this;
	}
	u8(value: number): this {
		return this.raw(Uint8Array.of(value));
	}
	u64(value: bigint): this {
		return this.raw(u64Bytes(value));
	}
	length(value: number): this {
		const out: number[] = [];
		uleb128(out, value);
		return this.raw(Uint8Array.from(out));
	}
	bytes(value: Uint8Array): this {
		return this.length(value.length).raw(value);
	}
	text(value: string): this {
		return this.bytes(new TextEncoder().encode(value));
	}
	address(value: Address): this {
		return this.raw(addressBytes(value));
	}
	done(): Uint8Array {
		let size = 0;
		for (const part of this.#parts) size += part.length;
		const out = new Uint8Array(size);
		let at = 0;
		for (const part of this.#parts) {
			out.set(part, at);
			at += part.length;
		}
		return out;
	}
}

export function u64Bytes(value: bigint): Uint8Array {
	const out = new Uint8Array(8);
	new DataView(out.buffer).setBigUint64(0, value, true);
	return out;
}

export function readU64(bytes: Uint8Array, at: number): bigint {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true);
}

export function writeOwner(out: BcsWriter, owner: Owner): void {
	switch (owner.kind) {
		case 'address':
			out.u8(0).address(owner.address);
			return;
		case 'object':
			out.u8(1).address(owner.parent);
			return;
		case 'shared':
			out.u8(2).u64(owner.initialVersion);
			return;
		case 'immutable':
			out.u8(3);
			return;
		case 'consensusAddress':
			out.u8(4).u64(owner.startVersion).address(owner.address);
			return;
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}

const TYPE_TAG_OF_STRUCT = 7;

/** `MoveObjectType`: the common types of objects have short forms. */
export function moveObjectTypeBytes(type: MoveType): Uint8Array {
	const coin = coinTypeOf(type);
	if (coin !== undefined) return isSui(coin) ? Uint8Array.of(1) : Uint8Array.of(3, ...typeTagBytes(coin));
	if (isDatatype(type, SYSTEM_ADDRESS, 'staking_pool', 'StakedSui')) return Uint8Array.of(2);
	const tag = typeTagBytes(type);
	if (tag[0] !== TYPE_TAG_OF_STRUCT) throw new TypeError('the type of an object is a struct');
	tag[0] = 0; // `Other`, whose content is the struct tag without the TypeTag's own tag
	return tag;
}

const FRAMEWORK_ADDRESS = `0x${'0'.repeat(63)}2`;
const SYSTEM_ADDRESS = `0x${'0'.repeat(63)}3`;

export function isDatatype(type: MoveType, address: Address, module: string, name: string): boolean {
	return type.kind === 'datatype' && type.address === address && type.module === module && type.name === name;
}

export function isSui(type: MoveType): boolean {
	return isDatatype(type, FRAMEWORK_ADDRESS, 'sui', 'SUI');
}

/** `T` of `0x2::coin::Coin<T>`. */
export function coinTypeOf(type: MoveType): MoveType | undefined {
	return type.kind === 'datatype' && isDatatype(type, FRAMEWORK_ADDRESS, 'coin', 'Coin') ? type.typeArguments[0] : undefined;
}

export const SUI_TYPE: MoveType = { kind: 'datatype', address: FRAMEWORK_ADDRESS, module: 'sui', name: 'SUI', typeArguments: [] };

export function coinOf(type: MoveType): MoveType {
	return { kind: 'datatype', address: FRAMEWORK_ADDRESS, module: 'coin', name: 'Coin', typeArguments: [type] };
}

export const GAS_COIN_TYPE = coinOf(SUI_TYPE);

/** `0x2::coin::Coin` is `{ id: UID, balance: Balance { value: u64 } }`. */
export function coinContents(id: Address, balance: bigint): Uint8Array {
	return new BcsWriter().address(id).u64(balance).done();
}

export function coinBalance(contents: Uint8Array): bigint {
	return readU64(contents, 32);
}
