import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRuns } from '#tests/helpers/kill-runs.ts';

test('200 kills at random moments lose nothing that was acknowledged', { timeout: 1_800_000 }, async (context) => {
	const figures = await killRuns({ runs: 200, seed: 2 });
	context.diagnostic(JSON.stringify(figures));
	assert.ok(figures.acknowledged > 1_000 && figures.whileOpening > 20 && figures.segments > 20, JSON.stringify(figures));
});
