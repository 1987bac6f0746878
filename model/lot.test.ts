import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { claim, claimedBy, createLot, noteEnd, waitFor } from '#model/lot.ts';

test('each job of a lot is taken once, by whoever asks first, and only when asked for', () => {
	const lot = createLot(1, ['a', 'b', 'c', 'd']);
	const [one, two] = [claim(lot, 1), claim(lot, 2)];
	assert.deepEqual(claimedBy(lot, 0), [0, 1, 2, 3]);
	assert.deepEqual(one.next().value, [0, 'a']);
	assert.deepEqual(two.next().value, [1, 'b']);
	assert.deepEqual(two.next().value, [2, 'c']);
	assert.deepEqual([claimedBy(lot, 0), claimedBy(lot, 1), claimedBy(lot, 2)], [[3], [0], [1, 2]]);
	assert.deepEqual([...one], [[3, 'd']]);
	assert.equal(two.next().done, true);
	// Another thread sees the same through its copy of the lot.
	assert.deepEqual([...claim(structuredClone(lot), 3)], []);
	assert.deepEqual([claimedBy(lot, 0), claimedBy(lot, 1), claimedBy(lot, 2)], [[], [0, 3], [1, 2]]);
});

const ORDER = { needed: 2, dependent: 3 };

test('what depends on other jobs is begun when those are done, and never when one of them failed', async () => {
	const lot = createLot(1, [0, 1, 2, 3], ORDER);
	assert.deepEqual([waitFor(lot, 0), waitFor(lot, 2)], [true, true]);
	// Says what is in a job's place of the claims as soon as it may begin the dependent one.
	const code = `const { parentPort, workerData } = require('node:worker_threads');
	import(workerData.module).then(({ waitFor }) => {
		parentPort.postMessage('waiting');
		const may = waitFor(workerData.lot, 3);
		parentPort.postMessage([may, Atomics.load(workerData.lot.claims, 3)]);
	});`;
	const worker = new Worker(code, { eval: true, workerData: { lot, module: new URL('./lot.ts', import.meta.url).href } });
	assert.deepEqual(await once(worker, 'message'), ['waiting']);
	const answer = once(worker, 'message');
	noteEnd(lot, 1, false);
	noteEnd(lot, 2, false);
	Atomics.store(lot.claims, 3, 7);
	noteEnd(lot, 0, false);
	assert.deepEqual(await answer, [[true, 7]]);
	assert.equal(waitFor(lot, 3), true);

	for (const failed of [0, 1]) {
		const other = createLot(2, [0, 1, 2, 3], ORDER);
		noteEnd(other, failed, true);
		assert.equal(waitFor(other, 3), false);
		noteEnd(other, 1 - failed, false);
		// Reported by the thread, and again when that thread was lost.
		noteEnd(other, failed, true);
		assert.deepEqual([waitFor(other, 3), waitFor(other, 2)], [false, true]);
	}
});
