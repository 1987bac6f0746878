import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { VramhubError } from '#core/errors.ts';
import { SEARCH_ATTRIBUTES } from '#core/gradient/names.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';
import { loadTemporalSettings, parseTemporalSettings, workerLimits } from '#runtime/temporal-settings.ts';

test('the project’s own file is valid and declares every search attribute that the code sets', async () => {
	const settings = await loadTemporalSettings();
	assert.deepEqual(Object.keys(settings.searchAttributes).sort(), Object.values(SEARCH_ATTRIBUTES).sort());
	assert.equal(workerLimits(settings, 'validator').maxConcurrentActivityTaskExecutions, 24);
	for (const profile of ['chainWait', 'chainWrite', 'fetch', 'enclave'] as const)
		assert.ok(settings.activityProfiles[profile].heartbeatTimeout, `${profile} is long and needs heartbeats`);
});

test('what is wrong is named', async () => {
	const text = await readFile(join(checkoutRoot, 'temporal.yaml'), 'utf8');
	const refused = (change: (text: string) => string, message: RegExp) => {
		const changed = change(text);
		assert.notEqual(changed, text, 'the test changes something');
		assert.throws(
			() => parseTemporalSettings(changed),
			(error) => error instanceof VramhubError && error.code === 'BAD_CONFIGURATION' && message.test(error.message),
		);
	};
	refused((t) => t.replace('startToCloseTimeout: 20s', 'startToCloseTimeout: 20 parsecs'), /activityProfiles\.chainRead\.startToCloseTimeout/);
	refused((t) => t.replace('windowsPerRun: 100', 'windowsPerRunn: 100'), /windowsPerRunn/);
	refused((t) => t.replace('fetch:', 'fetsh:'), /fetsh/);
	refused((t) => `${t}\n  - [`, /not YAML/);
	await assert.rejects(loadTemporalSettings('/nonexistent/temporal.yaml'), { code: 'BAD_CONFIGURATION' });
	assert.throws(() => workerLimits(parseTemporalSettings(text), 'miner'), { code: 'BAD_CONFIGURATION' });
});
