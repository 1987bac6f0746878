import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bcs, TypeTagSerializer } from '@mysten/sui/bcs';
import { deriveDynamicFieldID } from '@mysten/sui/utils';
import fc from 'fast-check';
import type { MoveType } from '#devnet/move/api.ts';
import { deriveDynamicFieldId, deriveObjectId } from '#devnet/move/object-runtime.ts';
import { addressBytes, addressFromBytes, formatType, normalizeAddress, parseType, substitute, typesEqual, typeTagBytes } from '#devnet/move/types.ts';

const address = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => addressFromBytes(bytes));
const identifier = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,12}$/);
const { type: anyType } = fc.letrec<{ type: MoveType }>((tie) => ({
	type: fc.oneof(
		{ depthSize: 'small' },
		fc.constantFrom('bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address').map((kind): MoveType => ({ kind })),
		tie('type').map((element): MoveType => ({ kind: 'vector', element })),
		fc
			.record({ address, module: identifier, name: identifier, typeArguments: fc.array(tie('type'), { maxLength: 3 }) })
			.map((parts): MoveType => ({ kind: 'datatype', ...parts })),
	),
}));

test('a type survives its text', () => {
	fc.assert(
		fc.property(anyType, (type) => {
			assert.deepEqual(parseType(formatType(type)), type);
			assert.ok(typesEqual(parseType(formatType(type).replaceAll(',', ' , ')), type));
		}),
		{ seed: 1 },
	);
});

test('type tags serialise as the Sui SDK does', () => {
	fc.assert(
		fc.property(anyType, (type) => {
			const expected = bcs.TypeTag.serialize(TypeTagSerializer.parseFromStr(formatType(type), true)).toBytes();
			assert.deepEqual(typeTagBytes(type), expected);
		}),
		{ seed: 2 },
	);
});

test('dynamic field ids are those that the Sui SDK derives', () => {
	fc.assert(
		fc.property(address, anyType, fc.uint8Array({ maxLength: 300 }), (parent, type, key) => {
			assert.equal(deriveDynamicFieldId(parent, type, key), deriveDynamicFieldID(parent, formatType(type), key));
		}),
		{ seed: 3, numRuns: 50 },
	);
});

test('object ids hash the digest and the counter', () => {
	// blake2b-256 of f1, 32 bytes of zero and a counter, by Python's hashlib
	assert.equal(deriveObjectId(new Uint8Array(32), 0n), '0x034401905bebdf8c04f3cd5f04f442a39372c8dc321c29edfb4f9cb30b23ab96');
	assert.notEqual(deriveObjectId(new Uint8Array(32), 1n), deriveObjectId(new Uint8Array(32), 0n));
});

test('short and upper-case addresses become the long form', () => {
	assert.equal(normalizeAddress('0x2'), `0x${'0'.repeat(63)}2`);
	assert.equal(normalizeAddress('0xAB'), `0x${'0'.repeat(62)}ab`);
	assert.equal(addressFromBytes(addressBytes(normalizeAddress('0xabc'))), normalizeAddress('0xabc'));
	for (const bad of ['', '0x', '0xg', `0x${'1'.repeat(65)}`]) assert.throws(() => normalizeAddress(bad), TypeError);
});

test('what is no type is refused', () => {
	for (const bad of [
		'',
		'u65',
		'vector',
		'vector<u8',
		'vector<u8,u8>',
		'0x2::coin',
		'0x2::coin::Coin<',
		'u8 u8',
		`${'vector<'.repeat(40)}u8${'>'.repeat(40)}`,
	]) {
		assert.throws(() => parseType(bad), TypeError, bad);
	}
	assert.throws(() => typeTagBytes(parseType('&u8')), TypeError);
});

test('substitution fills every depth and keeps what is concrete', () => {
	const generic: MoveType = {
		kind: 'vector',
		element: { kind: 'datatype', address: normalizeAddress('0x2'), module: 'm', name: 'T', typeArguments: [{ kind: 'typeParameter', index: 0 }] },
	};
	assert.equal(formatType(substitute(generic, [parseType('u8')])), `vector<${normalizeAddress('0x2')}::m::T<u8>>`);
	const concrete = parseType('vector<0x2::coin::Coin<0x2::sui::SUI>>');
	assert.equal(substitute(concrete, []), concrete);
	assert.throws(() => substitute(generic, []), RangeError);
});
