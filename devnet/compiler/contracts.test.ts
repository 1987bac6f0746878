import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { HPARAM_SPECS } from '#core/gradient/hparams.ts';
import { compilePackage, frameworkFolder, readContracts, readMovePackage, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';

const official = await runOfficialUnitTests(await readContracts({ tests: true }));

describe('the contracts in the official machine', () => {
	for (const { name, passed, reason } of official.tests) test(name, () => assert.ok(passed, reason));
	test('there are tests, and the run as a whole passed', () => {
		assert.ok(official.tests.length > 200, `only ${official.tests.length} tests`);
		assert.ok(official.passed, official.output.slice(-2_000));
	});
});

describe('the contracts in the devnet’s machine', async () => {
	const own = await runMoveUnitTests({
		packageFiles: await readContracts({ tests: true }),
		framework: {
			moveStdlib: await readMovePackage(join(frameworkFolder, 'move-stdlib')),
			suiFramework: await readMovePackage(join(frameworkFolder, 'sui-framework')),
		},
	});
	for (const { name, passed, detail } of own) test(name, () => assert.ok(passed, detail));
	test('forty rows of two validators settle within the cheapest computation bucket', () => {
		const instructions = (name: string) => own.find((it) => it.name === `vramhub::consensus_tests::${name}`)!.instructions;
		const spent = instructions('forty_rows_settled') - instructions('forty_rows_before');
		assert.ok(spent > 0n && spent < 45_000n, `${spent} instructions`);
	});
	test('it finds the same tests', () => {
		assert.deepEqual(own.map(({ name }) => name).sort(), official.tests.map(({ name }) => name).sort());
	});
});

describe('the contracts as published', () => {
	let modules: ReadonlyMap<string, Uint8Array>;
	before(async () => {
		({ modules } = await compilePackage({ files: await readContracts() }));
	});

	test('fit into a publish transaction', async () => {
		assert.equal(modules.size, Object.keys(await readContracts()).filter((path) => path.startsWith('sources/')).length);
		const total = [...modules.values()].reduce((sum, bytes) => sum + bytes.length, 0);
		// A transaction has at most 128 KiB, a package object 100 KiB.
		assert.ok(total < 100 * 1024, `${total} bytes`);
	});

	test('have the parameters of core/gradient/hparams.ts, in its order and with its bounds', async () => {
		const text = (await readContracts())['sources/hparams.move']!;
		const getters = [...text.matchAll(/^public fun (\w+)\(self: &Params\): u64 \{ self\.values\[(\d+)\] \}$/gm)];
		assert.deepEqual(
			getters.map(([, name, index]) => [name, Number(index)]),
			HPARAM_SPECS.map(([name], index) => [name, index]),
		);
		const table = (name: string) => {
			const body = new RegExp(`const ${name}: vector<u64> = vector\\[\\n([^\\]]*)\\];`).exec(text)![1]!;
			return [...body.matchAll(/^ {4}([\d_]+), \/\/ (\w+)$/gm)].map(([, value, parameter]) => [parameter, BigInt(value!.replaceAll('_', ''))]);
		};
		assert.deepEqual(
			table('LOWEST'),
			HPARAM_SPECS.map(([name, , lowest]) => [name, lowest]),
		);
		assert.deepEqual(
			table('HIGHEST'),
			HPARAM_SPECS.map(([name, , , highest]) => [name, highest]),
		);
	});
});
