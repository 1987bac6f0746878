/** `std` at 0x1: bcs, hash, string, type_name, vector, debug, unit_test. */
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import type { MoveType } from '#devnet/move/api.ts';
import { BcsError, serializeValue } from '#devnet/move/bcs.ts';
import { NativeAbort, RuntimeError, VECTOR_INDEX_OUT_OF_BOUNDS, VECTOR_POP_EMPTY, VECTOR_UNPACK_PARITY } from '#devnet/move/errors.ts';
import { COST } from '#devnet/move/natives/costs.ts';
import { type NativeCall, type NativeTable, typeArgument } from '#devnet/move/natives/native.ts';
import { formatType } from '#devnet/move/types.ts';
import { bytesOf, byteVector, deref, elementWidth, MoveVector, Reference, type Value } from '#devnet/move/values.ts';

const BCS_SERIALIZATION_FAILURE = 453;
const E_NON_MODULE_TYPE = 0;

export const STD_NATIVES: NativeTable = {
	'bcs::to_bytes': (call, [value]) => {
		try {
			const bytes = serializeValue(typeArgument(call, 0), value, call.loader);
			call.charge(COST.simple + COST.perByte * bytes.length);
			return [byteVector(bytes)];
		} catch (error) {
			if (error instanceof BcsError) throw new NativeAbort(BCS_SERIALIZATION_FAILURE);
			throw error;
		}
	},
	'hash::sha2_256': (call, [data]) => hashed(call, data, sha256),
	'hash::sha3_256': (call, [data]) => hashed(call, data, sha3_256),

	'string::internal_check_utf8': (call, [bytes]) => {
		const text = bytesOf(bytes);
		call.charge(COST.simple + COST.perByte * text.length);
		return [isUtf8(text)];
	},
	'string::internal_is_char_boundary': (call, [bytes, at]) => {
		call.charge(COST.simple);
		return [isBoundary(bytesOf(bytes), at as bigint)];
	},
	'string::internal_sub_string': (call, [bytes, from, to]) => {
		const text = bytesOf(bytes);
		if ((to as bigint) < (from as bigint)) throw new NativeAbort(1);
		const part = text.subarray(Number(from), Number(to));
		call.charge(COST.simple + COST.perByte * part.length);
		return [byteVector(part)];
	},
	'string::internal_index_of': (call, [bytes, pattern]) => {
		const text = Buffer.from(bytesOf(bytes));
		const wanted = Buffer.from(bytesOf(pattern));
		call.charge(COST.simple + COST.perByte * (text.length + wanted.length));
		const at = text.indexOf(wanted);
		return [BigInt(at < 0 ? text.length : at)];
	},

	'type_name::get': (call) => typeName(call, typeArgument(call, 0)),
	'type_name::with_defining_ids': (call) => typeName(call, typeArgument(call, 0)),
	'type_name::get_with_original_ids': (call) => typeName(call, call.loader.originalType(typeArgument(call, 0))),
	'type_name::with_original_ids': (call) => typeName(call, call.loader.originalType(typeArgument(call, 0))),
	'type_name::defining_id': (call) => typeAddress(call, typeArgument(call, 0)),
	'type_name::original_id': (call) => typeAddress(call, call.loader.originalType(typeArgument(call, 0))),

	'debug::print': () => [],
	'debug::print_stack_trace': () => [],
	'unit_test::poison': () => [],
	'unit_test::destroy': () => [],

	// Calls to these compile to instructions; they are reached only when one is called from outside.
	'vector::empty': (call) => [new MoveVector(elementWidth(typeArgument(call, 0)), [])],
	'vector::length': (_call, [vector]) => [BigInt((deref(vector) as MoveVector).items.length)],
	'vector::borrow': (_call, [vector, at]) => [element(vector, at)],
	'vector::borrow_mut': (_call, [vector, at]) => [element(vector, at)],
	'vector::push_back': (_call, [vector, value]) => {
		(deref(vector) as MoveVector).items.push(value);
		return [];
	},
	'vector::pop_back': (_call, [vector]) => {
		const { items } = deref(vector) as MoveVector;
		if (items.length === 0) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'pop of an empty vector', VECTOR_POP_EMPTY);
		return [items.pop()];
	},
	'vector::destroy_empty': (_call, [vector]) => {
		if ((vector as MoveVector).items.length !== 0) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'vector is not empty', VECTOR_UNPACK_PARITY);
		return [];
	},
	'vector::swap': (_call, [vector, left, right]) => {
		const a = element(vector, left);
		const b = element(vector, right);
		[a.container[a.key], b.container[b.key]] = [b.container[b.key], a.container[a.key]];
		return [];
	},
};

function element(vector: Value, at: Value): Reference {
	const { items } = deref(vector) as MoveVector;
	if ((at as bigint) >= BigInt(items.length)) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'index out of bounds', VECTOR_INDEX_OUT_OF_BOUNDS);
	return new Reference(items, Number(at));
}

function hashed(call: NativeCall, data: Value, hash: (bytes: Uint8Array) => Uint8Array): Value[] {
	const bytes = bytesOf(data);
	call.charge(COST.simple + COST.perByte * bytes.length);
	return [byteVector(hash(bytes))];
}

function isUtf8(bytes: Uint8Array): boolean {
	try {
		new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
		return true;
	} catch {
		return false;
	}
}

function isBoundary(bytes: Uint8Array, at: bigint): boolean {
	if (at === 0n || at === BigInt(bytes.length)) return true;
	const byte = at < BigInt(bytes.length) ? bytes[Number(at)] : undefined;
	return byte !== undefined && (byte & 0xc0) !== 0x80;
}

/** `TypeName { name: ascii::String { bytes } }`: the type's text, its addresses of 64 digits without 0x. */
function typeName(call: NativeCall, type: MoveType): Value[] {
	const text = formatType(type).replaceAll('0x', '');
	call.charge(COST.simple + COST.perByte * text.length);
	return [[[byteVector(new TextEncoder().encode(text))]]];
}

function typeAddress(call: NativeCall, type: MoveType): Value[] {
	call.charge(COST.simple);
	if (type.kind !== 'datatype') throw new NativeAbort(E_NON_MODULE_TYPE);
	return [type.address];
}
