/**
 * The same Move tests on the official unit-test machine and on ours: every test must end alike, by name.
 * The official one proves nothing about bls12381, nitro and poseidon, so those stay out of this package.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { initMovePackageBuilder, testMovePackage } from '@zktx.io/sui-move-builder/full';
import { type FrameworkSources, type SourceFiles, TextFetcher } from '#devnet/move/test-compiler.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';

function sourcesOf(folder: URL): SourceFiles {
	const files: Record<string, string> = {};
	for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
		if (entry.endsWith('.move') || entry.endsWith('.toml')) files[entry.replaceAll('\\', '/')] = readFileSync(new URL(entry, folder), 'utf8');
	}
	return files;
}

const framework: FrameworkSources = {
	moveStdlib: sourcesOf(new URL('../devnet/framework/move-stdlib/', import.meta.url)),
	suiFramework: sourcesOf(new URL('../devnet/framework/sui-framework/', import.meta.url)),
};
const packageFiles = sourcesOf(new URL('./move-conformance/', import.meta.url));

async function official(): Promise<ReadonlyMap<string, boolean>> {
	await initMovePackageBuilder();
	const result = await testMovePackage({ files: { ...packageFiles }, network: 'testnet', silenceWarnings: true, fetcher: new TextFetcher(framework) });
	if ('error' in result) throw new Error(result.error);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the runner colours its output
	const plain = result.output.replace(/\u001b\[[0-9;]*m/g, '');
	return new Map([...plain.matchAll(/^\[ (PASS|FAIL|TIMEOUT)\s*\] (\S+)/gm)].map((line) => [line[2] as string, line[1] === 'PASS']));
}

test('every Move test ends on this machine as on the official one', { timeout: 180_000 }, async () => {
	const theirs = await official();
	const ours = await runMoveUnitTests({ packageFiles, framework });
	assert.ok(theirs.size >= 60, `only ${theirs.size} tests were found in the official output`);
	assert.deepEqual(ours.map((outcome) => outcome.name).sort(), [...theirs.keys()].sort());
	const differences = ours
		.filter((outcome) => outcome.passed !== theirs.get(outcome.name))
		.map((outcome) => `${outcome.name}: ${outcome.detail ?? 'passes here only'}`);
	assert.deepEqual(differences, []);
	const failed = ours.filter((outcome) => !outcome.passed);
	assert.ok(
		failed.length > 0 && failed.every((outcome) => outcome.name.startsWith('conformance::deliberate::')),
		JSON.stringify(failed.map((it) => [it.name, it.detail])),
	);
	assert.equal(failed.length, [...theirs.keys()].filter((name) => name.startsWith('conformance::deliberate::')).length, 'every deliberate failure is seen');
});
