/**
 * The same Move tests on the official unit-test machine and on ours: every test must end alike, by name. The official one proves
 * nothing about bls12381, nitro and poseidon, so those stay out of the packages here.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameworkFolder, readContracts, readMovePackage, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import type { FrameworkSources } from '#devnet/move/test-compiler.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';
import { CoverageTracer } from '#tests/move-conformance/coverage.ts';
import { officialEndings, ourEnding } from '#tests/move-conformance/official.ts';

const packageFolder = join(import.meta.dirname, 'move-conformance');

async function readFrameworkSources(): Promise<FrameworkSources> {
	const [moveStdlib, suiFramework] = await Promise.all(['move-stdlib', 'sui-framework'].map((name) => readMovePackage(join(frameworkFolder, name))));
	return { moveStdlib: moveStdlib ?? {}, suiFramework: suiFramework ?? {} };
}

test('every Move test ends on this machine as on the official one: status, code, place and stack', { timeout: 180_000 }, async () => {
	const packageFiles = await readMovePackage(packageFolder);
	const theirs = await officialEndings(packageFiles);
	const tracer = new CoverageTracer();
	const outcomes = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources(), tracer });
	const ours = new Map(outcomes.map((outcome) => [outcome.name, ourEnding(outcome.failure, tracer.callers(outcome.failure))]));

	assert.ok(theirs.size >= 460, `only ${theirs.size} tests were found in the official output`);
	assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
	assert.deepEqual(
		[...ours].filter(([name, ending]) => ending !== theirs.get(name)).map(([name, ending]) => ({ name, ours: ending, official: theirs.get(name) })),
		[],
	);
	assert.deepEqual(
		outcomes.filter((outcome) => !outcome.passed).map((outcome) => `${outcome.name}: ${outcome.detail}`),
		[],
	);
	assert.ok([...theirs.values()].filter((ending) => ending !== 'passes').length >= 250);
});

test('every form of expected_failure is judged as by the official runner', { timeout: 180_000 }, async () => {
	const packageFiles = await readMovePackage(join(packageFolder, 'forms'));
	const theirs = (await runOfficialUnitTests(packageFiles)).tests;
	const ours = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources() });
	assert.deepEqual(passedByName(ours), passedByName(theirs));
	assert.ok(theirs.filter((it) => it.passed).length >= 15 && theirs.filter((it) => !it.passed).length >= 15);
});

test("the contracts' own tests end on this machine as on the official one", { timeout: 180_000 }, async () => {
	const packageFiles = await readContracts({ tests: true });
	const theirs = (await runOfficialUnitTests(packageFiles)).tests;
	const ours = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources() });
	assert.ok(theirs.length > 0);
	assert.deepEqual(passedByName(ours), passedByName(theirs));
});

function passedByName(outcomes: readonly { readonly name: string; readonly passed: boolean }[]): Readonly<Record<string, boolean>> {
	return Object.fromEntries(outcomes.map(({ name, passed }) => [name, passed]));
}
