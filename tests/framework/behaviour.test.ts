import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { frameworkFolder, readFrameworkSources, readMovePackage, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';
import { realFramework, withoutRealFramework } from '#tests/framework/real-framework.ts';

const files = await readMovePackage(join(import.meta.dirname, 'subset'), { tests: true });

describe('the subset does what Sui’s framework does', () => {
	test('our text in our machine', async (t) => {
		const outcomes = await runMoveUnitTests({ packageFiles: files, framework: await readFrameworkSources(frameworkFolder) });
		assert.ok(outcomes.length > 80, `${outcomes.length} tests`);
		assert.deepEqual(
			outcomes.filter(({ passed }) => !passed),
			[],
		);
		t.diagnostic(`${outcomes.length} Move unit tests`);
	});

	test('Sui’s text in our machine', { skip: withoutRealFramework }, async () => {
		const outcomes = await runMoveUnitTests({ packageFiles: files, framework: await realFramework() });
		assert.deepEqual(
			outcomes.filter(({ passed }) => !passed),
			[],
		);
	});

	test('Sui’s text in the official machine', { skip: withoutRealFramework }, async () => {
		const { tests } = await runOfficialUnitTests(files, await realFramework());
		assert.ok(tests.length > 80, `${tests.length} tests`);
		assert.deepEqual(
			tests.filter(({ passed }) => !passed),
			[],
		);
	});
});
