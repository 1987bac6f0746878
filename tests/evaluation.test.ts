import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { gptForwardGraph } from '#model/gpt.ts';
import { ModelPool } from '#model/pool.ts';
import { createTestNetwork, TEST_MODEL } from '#tests/enclave-network.ts';
import { mlpModel } from '#tests/helpers/mlp-model.ts';
import { type ScoredWindow, scoreWindow, type WindowToScore } from '#tests/helpers/score-window.ts';

const WINDOW = 9n;
const UIDS = [1, 2, 5, 8];

async function inAnotherProcess(window: WindowToScore): Promise<ScoredWindow> {
	const child = fork(join(import.meta.dirname, 'helpers/score-window.ts'), { serialization: 'advanced' });
	const answered = once(child, 'message');
	const exited = once(child, 'exit');
	child.send(window);
	const [scored] = (await answered) as [ScoredWindow];
	await exited;
	return scored;
}

for (const [name, model] of [
	['the built-in model', undefined],
	['a model that a network brings', mlpModel(4, TEST_MODEL.context)],
] as const) {
	test(`${name}: a window's scores are the same bits on any number of threads, in any order and process`, async () => {
		await using network = await createTestNetwork({}, model);
		const gradients = await Promise.all(UIDS.map(async (uid) => ({ uid, bytes: await network.honest(uid, WINDOW) })));
		const window = { request: network.request(WINDOW, UIDS, gradients), files: network.files, gradients, threads: 1 };
		const scored = await scoreWindow(window);
		assert.ok(
			scored.scores.every(([, own, random]) => own > 0 && own > random),
			JSON.stringify(scored.scores),
		);
		assert.deepEqual(await scoreWindow({ ...window, threads: 3 }), scored);
		assert.deepEqual(await scoreWindow({ ...window, threads: 2, gradients: gradients.toReversed() }), scored);
		assert.deepEqual(await inAnotherProcess({ ...window, threads: 2 }), scored);
	});
}

test('losses are the same bits whatever the shape of the runs', async () => {
	await using network = await createTestNetwork();
	const sequences = network.dataset.sequences(Array.from({ length: 13 }, (_, i) => i * 7));
	const losses = [];
	for (const batch of [1, 3, 8, 16]) {
		await using pool = new ModelPool({ graph: gptForwardGraph(TEST_MODEL, batch), threads: 2 });
		losses.push(await pool.sequenceLosses(network.theta, sequences));
	}
	for (const other of losses.slice(1)) assert.deepEqual(other, losses[0]);
});
