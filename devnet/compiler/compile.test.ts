import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFramework, compilePackage, parseTestOutput, readSealPackage, runOfficialUnitTests } from './compile.ts';

const manifest = '[package]\nname = "sample"\nedition = "2024"\n\n[addresses]\nsample = "0x0"\n';
const counter = (step: number) =>
	`module sample::counter;
public struct Counter has key { id: UID, value: u64 }
public fun create(ctx: &mut TxContext) { transfer::share_object(Counter { id: object::new(ctx), value: 0 }) }
public fun increment(self: &mut Counter) { self.value = self.value + ${step} }
#[test_only] public fun new_for_testing(ctx: &mut TxContext): Counter { Counter { id: object::new(ctx), value: 0 } }
#[test_only] public fun value(self: &Counter): u64 { self.value }
`;
const tests = `#[test_only] module sample::counter_tests;
use sample::counter;
use std::unit_test::{assert_eq, destroy};
#[error] const EWrong: vector<u8> = b"wrong";
#[test] fun counts() { let mut ctx = tx_context::dummy(); let mut c = counter::new_for_testing(&mut ctx); c.increment(); assert_eq!(c.value(), 2); destroy(c) }
#[test] fun fails() { assert!(false, EWrong) }
#[test, expected_failure(abort_code = EWrong)] fun aborts() { assert!(false, EWrong) }
`;

test('the framework compiles to 0x1 and 0x2', async () => {
	const { packages } = await compileFramework();
	assert.deepEqual(
		packages.map(({ name, address }) => [name, address]),
		[
			['MoveStdlib', `0x${'1'.padStart(64, '0')}`],
			['Sui', `0x${'2'.padStart(64, '0')}`],
		],
	);
	assert.ok(packages[0]!.modules.has('vector'));
	for (const name of ['object', 'dynamic_field', 'random', 'nitro_attestation']) assert.ok(packages[1]!.modules.has(name), name);
	assert.ok(!packages[1]!.modules.has('test_utils'), 'what is for tests only is not published');
});

test('the same text gives the same bytes, another text others', async () => {
	const files = { 'Move.toml': manifest, 'sources/counter.move': counter(1) };
	const first = await compilePackage({ files });
	const again = await compilePackage({ files: { ...files } });
	const other = await compilePackage({ files: { ...files, 'sources/counter.move': counter(2) } });
	assert.deepEqual([...first.modules.keys()], ['counter']);
	assert.deepEqual(again, first);
	assert.notDeepEqual(other.modules.get('counter'), first.modules.get('counter'));
	assert.notEqual(other.digest, first.digest);
	assert.equal(first.dependencies.length, 2);
});

test('a wrong text is refused with the compiler’s message', async () => {
	const files = { 'Move.toml': manifest, 'sources/counter.move': counter(1).replace('self.value +', 'self.nothing +') };
	await assert.rejects(compilePackage({ files }), { code: 'BAD_ARGUMENT', message: /nothing/ });
});

test('the key server package of Seal compiles', async () => {
	assert.deepEqual([...(await compilePackage({ files: await readSealPackage() })).modules.keys()], ['key_server']);
});

test('the official machine reports each unit test', async () => {
	const result = await runOfficialUnitTests({ 'Move.toml': manifest, 'sources/counter.move': counter(2), 'tests/counter_tests.move': tests });
	assert.equal(result.passed, false);
	assert.deepEqual(
		result.tests.map(({ name, passed }) => [name, passed]),
		[
			['sample::counter_tests::aborts', true],
			['sample::counter_tests::counts', true],
			['sample::counter_tests::fails', false],
		],
	);
	assert.match(result.tests[2]!.reason!, /EWrong/);
});

test('nothing is read out of an empty report', () => {
	assert.deepEqual(parseTestOutput('Running Move unit tests\n'), []);
});
