/**
 * The same Move tests on the official unit-test machine and on ours: every test must end alike, by name. The official one proves
 * nothing about bls12381, nitro and poseidon, so those stay out of the packages here.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameworkFolder, readContracts, readMovePackage, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import type { FrameworkSources } from '#devnet/move/test-compiler.ts';
import { runMoveUnitTests, type UnitTestOutcome } from '#devnet/move/unit-tests.ts';
import { CoverageTracer } from '#tests/move-conformance/coverage.ts';
import { ELSEWHERE } from '#tests/move-conformance/elsewhere.ts';
import { officialEndings, ourEnding } from '#tests/move-conformance/official.ts';
import { withRareInstructions } from '#tests/move-conformance/rewrite.ts';
import { coverageReport } from '#tests/move-conformance/table.ts';

const packageFolder = join(import.meta.dirname, 'move-conformance');

async function readFrameworkSources(): Promise<FrameworkSources> {
	const [moveStdlib, suiFramework] = await Promise.all(['move-stdlib', 'sui-framework'].map((name) => readMovePackage(join(frameworkFolder, name))));
	return { moveStdlib: moveStdlib ?? {}, suiFramework: suiFramework ?? {} };
}

test('every Move test ends on this machine as on the official one: status, code, place and stack', { timeout: 600_000 }, async (t) => {
	const packageFiles = await readMovePackage(packageFolder);
	const framework = await readFrameworkSources();
	const theirs = await officialEndings(packageFiles);
	assert.ok(theirs.size >= 500, `only ${theirs.size} tests were found in the official output`);
	assert.ok([...theirs.values()].filter((ending) => ending !== 'passes').length >= 250);
	const tracer = new CoverageTracer();
	const differences = (outcomes: readonly UnitTestOutcome[]) =>
		outcomes
			.map(({ name, failure }) => ({ name, ours: ourEnding(failure, tracer.callers(failure)), official: theirs.get(name) }))
			.filter(({ ours, official }) => ours !== official);

	const outcomes = await runMoveUnitTests({ packageFiles, framework, tracer });
	assert.deepEqual(outcomes.map(({ name }) => name).sort(), [...theirs.keys()].sort());
	assert.deepEqual(differences(outcomes), []);
	assert.deepEqual(
		outcomes.filter(({ passed }) => !passed).map(({ name, detail }) => `${name}: ${detail}`),
		[],
		'what is meant to fail says how',
	);

	await t.test('and does so in instructions that the compiler never emits', async () => {
		assert.deepEqual(differences(await runMoveUnitTests({ packageFiles, framework, tracer, rewrite: withRareInstructions })), []);
	});

	await t.test('no cell of the coverage tables is empty', async (t) => {
		const { text, empty, wrong, filled } = coverageReport(tracer, framework);
		for (const line of text.split('\n')) t.diagnostic(line);
		assert.deepEqual({ empty, wrong }, { empty: [], wrong: [] });
		assert.ok(filled >= 850);
		for (const other of ELSEWHERE.values()) {
			if ('unreachable' in other) continue;
			const source = await readFile(join(import.meta.dirname, '..', other.in), 'utf8');
			assert.ok(source.includes(`'${other.test}'`), `${other.in} has no test ${other.test}`);
		}
	});
});

test('every form of expected_failure is judged as by the official runner', { timeout: 600_000 }, async () => {
	const packageFiles = await readMovePackage(join(packageFolder, 'forms'));
	const theirs = (await runOfficialUnitTests(packageFiles)).tests;
	const ours = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources() });
	assert.deepEqual(passedByName(ours), passedByName(theirs));
	assert.ok(theirs.filter((it) => it.passed).length >= 15 && theirs.filter((it) => !it.passed).length >= 15);
});

test("the contracts' own tests end on this machine as on the official one", { timeout: 600_000 }, async () => {
	const packageFiles = await readContracts({ tests: true });
	const theirs = (await runOfficialUnitTests(packageFiles)).tests;
	const ours = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources() });
	assert.ok(theirs.length > 0);
	assert.deepEqual(passedByName(ours), passedByName(theirs));
});

function passedByName(outcomes: readonly { readonly name: string; readonly passed: boolean }[]): Readonly<Record<string, boolean>> {
	return Object.fromEntries(outcomes.map(({ name, passed }) => [name, passed]));
}
