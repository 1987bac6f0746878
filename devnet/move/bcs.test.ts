import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import fc from 'fast-check';
import { BcsError, deserializeValue, type ShapeSource, serializeValue } from '#devnet/move/bcs.ts';
import { addressFromBytes, parseType } from '#devnet/move/types.ts';
import { MoveVariant, type Value } from '#devnet/move/values.ts';

const shapes: ShapeSource = {
	layouts: new Map(),
	shape: (type) =>
		type.name === 'Choice'
			? { kind: 'enum', variants: [[], [parseType('u16'), parseType('vector<bool>')]] }
			: { kind: 'struct', fields: [parseType('u8'), parseType('vector<u64>'), parseType('address')] },
};
const encode = (type: string, value: Value) => serializeValue(parseType(type), value, shapes);
const decode = (type: string, bytes: Iterable<number>) => deserializeValue(parseType(type), Uint8Array.from(bytes), shapes);

test('integers are those of the Sui SDK, both ways', () => {
	const big = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
	const cases = [
		['u64', bcs.u64(), big(64)],
		['u128', bcs.u128(), big(128)],
		['u256', bcs.u256(), big(256)],
	] as const;
	for (const [name, codec, values] of cases) {
		fc.assert(
			fc.property(values, (value) => {
				const bytes = codec.serialize(value).toBytes();
				assert.deepEqual(encode(name, value), bytes);
				assert.equal(decode(name, bytes), value);
			}),
			{ seed: 4 },
		);
	}
	for (const [name, codec, max] of [['u8', bcs.u8(), 0xff] as const, ['u16', bcs.u16(), 0xffff] as const, ['u32', bcs.u32(), 0xffffffff] as const]) {
		fc.assert(
			fc.property(fc.integer({ min: 0, max }), (value) => {
				assert.deepEqual(encode(name, value), codec.serialize(value).toBytes());
				assert.equal(decode(name, encode(name, value)), value);
			}),
			{ seed: 5 },
		);
	}
});

test('vectors, structs and enums survive', () => {
	const nested = fc.array(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }), { maxLength: 5 });
	fc.assert(
		fc.property(nested, (value) => {
			const bytes = bcs.vector(bcs.vector(bcs.u16())).serialize(value).toBytes();
			assert.deepEqual(encode('vector<vector<u16>>', decode('vector<vector<u16>>', bytes)), bytes);
		}),
		{ seed: 6 },
	);
	const struct = [7, 1, 1, 0, 0, 0, 0, 0, 0, 0, ...new Array(32).fill(9)];
	const value = decode('0x1::m::S', struct);
	assert.deepEqual((value as Value[])[2], addressFromBytes(new Array(32).fill(9)));
	assert.deepEqual([...encode('0x1::m::S', value)], struct);
	const choice = decode('0x1::m::Choice', [1, 2, 1, 2, 0, 1]);
	assert.ok(choice instanceof MoveVariant && choice.tag === 1 && choice.fields[0] === 258);
	assert.deepEqual([...encode('0x1::m::Choice', choice)], [1, 2, 1, 2, 0, 1]);
});

test('bytes that are not exactly one value are refused', () => {
	const bad: readonly (readonly [string, readonly number[]])[] = [
		['bool', [2]],
		['u64', [1, 2, 3]],
		['u8', [1, 2]],
		['vector<u8>', [5, 1]],
		['vector<u8>', [0x80, 0x00]],
		['vector<u8>', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
		['vector<vector<u8>>', [0xff, 0xff, 0xff, 0x7f]],
		['address', [1]],
		['0x1::m::Choice', [2]],
		['&u8', [1]],
	];
	for (const [type, bytes] of bad) assert.throws(() => decode(type, bytes), BcsError, `${type} ${bytes}`);
});
