import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { fromHex, toHex } from '#core/bytes.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from '#core/cbor.ts';
import { VramhubError } from '#core/errors.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../tests/vectors/payload.json'), 'utf8'));
const refuses = (action: () => unknown) => assert.throws(action, (error) => error instanceof VramhubError && error.code === 'BAD_ARGUMENT');
const reference = (value: unknown) => Uint8Array.from(encode(value, rfc8949EncodeOptions));

const integer = fc.oneof(
	fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
	// Around every boundary of a head's length.
	fc
		.tuple(fc.constantFrom(0n, 24n, 256n, 65536n, 1n << 32n, 1n << 53n, 1n << 63n), fc.bigInt({ min: -2n, max: 2n }), fc.boolean())
		.map(([edge, delta, negative]) => (negative && edge < 1n << 63n ? -edge - delta : edge + delta)),
);
const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4 },
		integer,
		fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed()),
		fc.boolean(),
		fc.constant(null),
		fc.uint8Array({ maxLength: 300 }),
		fc.array(tie('value'), { maxLength: 30 }),
		fc
			.uniqueArray(fc.tuple(fc.oneof(integer, fc.string()), tie('value')), { selector: ([key]) => String(key), maxLength: 30 })
			.map((entries) => new Map(entries)),
	),
})).value;

test('integers of the vectors', () => {
	for (const { value: text, cbor } of vectors.cborIntegers) {
		assert.equal(toHex(encodeCanonical(BigInt(text))), cbor);
		assert.equal(BigInt(decodeCanonical(fromHex(cbor)) as number | bigint), BigInt(text));
	}
});

test('agrees with an RFC 8949 encoder and decodes to what was encoded', () => {
	fc.assert(
		fc.property(integer, (n) => {
			assert.deepEqual(encodeCanonical(n), reference(n));
			const small = n >= -(2n ** 32n) && n < 2n ** 32n;
			assert.equal(decodeCanonical(encodeCanonical(n)), small ? Number(n) : n);
			if (n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER)) assert.deepEqual(encodeCanonical(Number(n)), reference(n));
		}),
		{ seed: 1, numRuns: 3000 },
	);
	fc.assert(
		fc.property(value, (v) => {
			const bytes = encodeCanonical(v);
			assert.deepEqual(bytes, reference(v));
			assert.deepEqual(encodeCanonical(decodeCanonical(bytes)), bytes);
		}),
		{ seed: 2, numRuns: 600 },
	);
});

test('objects are maps with text keys, in the order of their encodings', () => {
	assert.deepEqual(encodeCanonical({ bb: 1, a: 2, aaa: -0 }), encodeCanonical(new Map(Object.entries({ a: 2, bb: 1, aaa: 0 }))));
	assert.equal(toHex(encodeCanonical({ bb: 1, a: 2 })), 'a2616102626262' + '01');
	assert.deepEqual(decodeCanonical(encodeCanonical({ a: Buffer.of(1) })), new Map([['a', Uint8Array.of(1)]]));
});

test('refuses values without a canonical form', () => {
	for (const bad of [
		0.5,
		Number.NaN,
		Number.POSITIVE_INFINITY,
		2 ** 53,
		1n << 64n,
		-(1n << 63n) - 1n,
		'\ud800',
		undefined,
		new Date(0),
		new Map([[new Uint8Array(1), 1]]),
	]) {
		refuses(() => encodeCanonical(bad as CborValue));
		refuses(() => encodeCanonical([bad as CborValue]));
	}
	refuses(() => encodeCanonical(new Map<number | bigint, number>([[1, 1], [1n, 2]]))); // biome-ignore format: one map
	let deep: CborValue = 0;
	for (let i = 0; i < 100; i++) deep = [deep];
	refuses(() => encodeCanonical(deep));
});

test('refuses every other encoding', () => {
	const bad = {
		'nothing at all': '',
		'longer heads than needed': '1800 190018 1a00000100 1b00000000ffffffff 3800 5800 780161 980100',
		'below −2^63': '3b8000000000000000',
		floats: 'f90000 fa3f800000 fb3ff0000000000000',
		tags: 'c101 d82a4100 c249010000000000000000',
		'indefinite lengths': '9f01ff 5f4101ff bf0102ff 7f6161ff ff',
		'simple values': 'f7 f0 f8ff fc',
		'unsorted or repeated keys': 'a202010102 a201010102 a2626161016161' + '02',
		'keys of other kinds': 'a1410001 a1800001 a1f401',
		'bytes after it': '0000 8000',
		'cut off': '18 81 5affffffff00 9affffffff 9b00000001ffffffff01 baffffffff 62 6161' + '61',
		'broken UTF-8': '61ff 62c080 63eda080',
		'too deep': `${'81'.repeat(20)}00`,
	};
	for (const [why, list] of Object.entries(bad)) {
		for (const hex of list.split(' ')) assert.throws(() => decodeCanonical(fromHex(hex)), { code: 'BAD_ARGUMENT' }, `${why}: ${hex}`);
	}
	refuses(() => decodeCanonical(fromHex('81'.repeat(100_000))));
	refuses(() => decodeCanonical(new Uint8Array(11), { maxBytes: 10, maxDepth: 1 }));
});

test('any bytes are refused or are the canonical encoding of what they decode to', () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
			let decoded: ReturnType<typeof decodeCanonical>;
			try {
				decoded = decodeCanonical(bytes);
			} catch (error) {
				assert.ok(error instanceof VramhubError);
				return;
			}
			assert.deepEqual(encodeCanonical(decoded), bytes);
		}),
		{ seed: 3, numRuns: 5000 },
	);
});
