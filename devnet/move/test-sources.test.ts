import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanSource, UNIT_TEST_MODE } from '#devnet/move/test-sources.ts';

const SOURCE = `/// #[test] in a comment is text
module a::m;
use b::other as o;
use c::{first, second as two};
use c::third::{Self, Type};

const ECode: u64 = 1_000; // ;
#[error]
const EText: vector<u8> = b"#[test] fun no() {}";

#[test]
fun plain() {}

#[
    test,
    allow(unused),
    expected_failure(abort_code = ::a::m::ECode, location = Self),
]
fun spread() {}

#[test_only, allow(unused)]
public fun helper() { /* #[test] /* nested */ */ }

#[test, expected_failure(vector_error, minor_status = 2, location = c::first)]
public(package) fun vectors() {}

#[test]
#[expected_failure]
fun any() {}

#[random_test]
fun random() {}
`;

test('finds tests with what they expect', () => {
	const { tests } = scanSource(SOURCE);
	assert.deepEqual(
		tests.map((it) => [
			it.module,
			it.name,
			it.expectedFailure?.abortCode,
			it.expectedFailure?.location,
			it.expectedFailure?.status,
			it.expectedFailure?.minorStatus,
		]),
		[
			['a::m', 'plain', undefined, undefined, undefined, undefined],
			['a::m', 'spread', '::a::m::ECode', 'Self', undefined, undefined],
			['a::m', 'vectors', undefined, 'c::first', 'VECTOR_OPERATION_ERROR', 2n],
			['a::m', 'any', undefined, undefined, undefined, undefined],
			['a::m', 'random', undefined, undefined, undefined, undefined],
		],
	);
	assert.equal(tests[0]?.expectedFailure, undefined);
	assert.notEqual(tests[3]?.expectedFailure, undefined);
	assert.equal(tests[4]?.expectedFailure?.unknown, 'random_test');
});

test('rewrites attributes and keeps lines', () => {
	const { text } = scanSource(SOURCE);
	assert.equal(text.split('\n').length, SOURCE.split('\n').length);
	const lines = text.split('\n');
	assert.equal(lines[10], `#[mode(test, ${UNIT_TEST_MODE})]`);
	assert.ok(lines[13]?.startsWith(`#[mode(test, ${UNIT_TEST_MODE}), allow(unused)]`));
	assert.equal(lines[18], 'fun spread() {}');
	assert.equal(lines[8], 'const EText: vector<u8> = b"#[test] fun no() {}";');
	assert.ok(!text.includes('expected_failure') && text.includes('/* #[test] /* nested */ */'));
});

test('reads constants and aliases', () => {
	const { constants, aliases } = scanSource(SOURCE);
	assert.deepEqual(constants.get('a::m::ECode'), { value: '1_000', isError: false });
	assert.equal(constants.get('a::m::EText')?.isError, true);
	assert.deepEqual(Object.fromEntries(aliases.get('a::m') ?? []), { o: 'b::other', first: 'c::first', two: 'c::second', third: 'c::third' });
});
