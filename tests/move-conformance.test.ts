/**
 * The same Move tests on the official unit-test machine and on ours: every test must end alike, by name.
 * The official one proves nothing about bls12381, nitro and poseidon, so those stay out of this package.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameworkFolder, readContracts, readMovePackage, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import type { FrameworkSources } from '#devnet/move/test-compiler.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';

const DELIBERATE = 'conformance::deliberate::';

async function readFrameworkSources(): Promise<FrameworkSources> {
	const [moveStdlib, suiFramework] = await Promise.all(['move-stdlib', 'sui-framework'].map((name) => readMovePackage(join(frameworkFolder, name))));
	return { moveStdlib: moveStdlib ?? {}, suiFramework: suiFramework ?? {} };
}

test('every Move test ends on this machine as on the official one', { timeout: 180_000 }, async () => {
	const packageFiles = await readMovePackage(join(import.meta.dirname, 'move-conformance'));
	const framework = await readFrameworkSources();
	const theirs = new Map((await runOfficialUnitTests(packageFiles)).tests.map((outcome) => [outcome.name, outcome.passed]));
	const ours = await runMoveUnitTests({ packageFiles, framework });

	assert.ok(theirs.size >= 150, `only ${theirs.size} tests were found in the official output`);
	assert.deepEqual(ours.map((outcome) => outcome.name).sort(), [...theirs.keys()].sort());
	const differences = ours.filter((outcome) => outcome.passed !== theirs.get(outcome.name));
	assert.deepEqual(
		differences.map((outcome) => `${outcome.name}: ${outcome.detail ?? 'passes here only'}`),
		[],
	);

	const deliberate = ours.filter((outcome) => outcome.name.startsWith(DELIBERATE));
	assert.ok(deliberate.length >= 7);
	assert.deepEqual(
		ours.filter((outcome) => !outcome.passed),
		deliberate,
		'what is meant to fail fails, and nothing else',
	);
});

test("the contracts' own tests end on this machine as on the official one", { timeout: 180_000 }, async () => {
	const packageFiles = await readContracts({ tests: true });
	const theirs = (await runOfficialUnitTests(packageFiles)).tests;
	const ours = await runMoveUnitTests({ packageFiles, framework: await readFrameworkSources() });
	const plain = (outcomes: readonly { readonly name: string; readonly passed: boolean }[]) => Object.fromEntries(outcomes.map((it) => [it.name, it.passed]));
	assert.ok(theirs.length > 0);
	assert.deepEqual(plain(ours), plain(theirs));
});
