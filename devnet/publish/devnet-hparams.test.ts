import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hparamsFromList, hparamsToList } from '#core/gradient/hparams.ts';
import { devnetHparams, SHORTEST_WINDOW_SECONDS } from '#devnet/publish/devnet-hparams.ts';

test('every window length gives values inside the bounds and phases in order', () => {
	for (const seconds of [SHORTEST_WINDOW_SECONDS, 10, 30, 600]) {
		const { windowDurationMs, values } = devnetHparams(seconds);
		assert.deepEqual(hparamsFromList(hparamsToList(values)), values);
		assert.ok(values.put_window_open_ms < values.put_window_close_ms);
		assert.ok(values.put_window_close_ms < windowDurationMs);
		assert.ok(values.unbond_delay_windows >= values.evidence_windows + 2n * values.checkpoint_frequency + 4n);
	}
	const thirty = devnetHparams(30);
	assert.deepEqual([thirty.windowDurationMs, thirty.values.put_window_open_ms, thirty.values.put_window_close_ms], [30_000n, 12_000n, 16_000n]);
	assert.throws(() => devnetHparams(1), { code: 'BAD_ARGUMENT' });
	assert.throws(() => devnetHparams(Number.NaN), { code: 'BAD_ARGUMENT' });
});
