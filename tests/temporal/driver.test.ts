import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { aggregatorTaskQueue, checkpointWorkflowId, windowWorkflowId } from '#core/gradient/names.ts';
import { finalityWorkflowId } from '#workflows/gradient/finality.ts';
import type { gradientWindow } from '#workflows/gradient/window.ts';
import { queueFor, TemporalTest } from './environment.ts';
import { FakeWorld, VALIDATOR_UID } from './fake-world.ts';

const FIRST = 2_957_300n;
let temporal: TemporalTest;
before(async () => {
	temporal = await TemporalTest.start();
});
after(() => temporal.stop());

/** A network of its own for each test, so that workflow ids do not meet. */
const networkOf = (digit: string) => `0x${digit.repeat(64)}`;

/** The window's result, once the driver has started it. */
async function resultOf(network: string, window: bigint) {
	const handle = temporal.client.workflow.getHandle<typeof gradientWindow>(windowWorkflowId(network, window, VALIDATOR_UID));
	for (;;) {
		try {
			await handle.describe();
			return await handle.result();
		} catch (error) {
			if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}
}

test('each window is scored as the chain comes to it, across a continue-as-new, and the payloads form a chain', async () => {
	const network = networkOf('c');
	const taskQueue = queueFor('follow');
	const world = new FakeWorld({ window: FIRST, miners: 1 });
	await temporal.withWorker(world, taskQueue, async () => {
		const driver = await temporal.startDriver(network, taskQueue, FIRST, 2);
		for (const window of [FIRST, FIRST + 1n, FIRST + 2n]) {
			world.atWindow(window);
			assert.equal((await resultOf(network, window)).state, 'scored');
		}
		assert.notEqual((await driver.describe()).runId, driver.firstExecutionRunId, 'it continued as new');
		await assert.rejects(temporal.startDriver(network, taskQueue, FIRST, 2), WorkflowExecutionAlreadyStartedError);
		await temporal.client.workflow.getHandle(driver.workflowId).terminate();
	});
	assert.equal(world.count('submitScores'), 3);
});

test('a window is finalized whatever became of its scoring, and each boundary gets its checkpoint, on the aggregator’s queue', async () => {
	const network = networkOf('f');
	const taskQueue = queueFor('finality');
	const world = new FakeWorld({ window: FIRST, miners: 2 });
	world.checkpointFrequency = 3n;
	world.fail('freeze', { code: 'ENCLAVE_REFUSED', when: 'before' });
	const boundary = FIRST + 1n;
	assert.equal(boundary % 3n, 0n);
	await temporal.withWorker(world, taskQueue, async () => {
		const driver = await temporal.startDriver(network, taskQueue, FIRST, 2);
		await assert.rejects(resultOf(network, FIRST), { name: 'WorkflowFailedError' });
		// At its end: until then it would wait for the one before it.
		world.atWindow(boundary + 1n, 0n);
		assert.equal((await resultOf(network, boundary)).state, 'scored');
		const finality = (window: bigint) => temporal.client.workflow.getHandle(finalityWorkflowId(network, window, VALIDATOR_UID)).result();
		assert.deepEqual(await finality(boundary), { window: String(boundary), state: 'final' });
		world.atWindow(FIRST + 4n);
		assert.deepEqual(await finality(FIRST), { window: String(FIRST), state: 'unscored' });
		assert.equal((await resultOf(network, boundary + 3n)).state, 'scored');
		await driver.terminate();
		const { taskQueue: queue, status } = await temporal.client.workflow.getHandle(checkpointWorkflowId(network, boundary, VALIDATOR_UID)).describe();
		assert.deepEqual([queue, status.name], [aggregatorTaskQueue(network, VALIDATOR_UID), 'RUNNING']);
		const second = temporal.client.workflow.getHandle(checkpointWorkflowId(network, boundary + 3n, VALIDATOR_UID));
		assert.equal((await second.describe()).status.name, 'RUNNING', 'across a continue-as-new');
		const before = temporal.client.workflow.getHandle(checkpointWorkflowId(network, boundary - 3n, VALIDATOR_UID));
		await assert.rejects(before.describe(), { name: 'WorkflowNotFoundError' });
	});
});

test('a driver that begins again from an earlier window starts nothing twice', async () => {
	const network = networkOf('d');
	const taskQueue = queueFor('again');
	const world = new FakeWorld({ window: FIRST, miners: 1 });
	const runs: string[] = [];
	await temporal.withWorker(world, taskQueue, async () => {
		for (let life = 0; life < 2; life++) {
			const driver = await temporal.startDriver(network, taskQueue, FIRST, 100);
			world.atWindow(FIRST + BigInt(life));
			assert.equal((await resultOf(network, FIRST + BigInt(life))).state, 'scored');
			await driver.terminate();
			runs.push((await temporal.client.workflow.getHandle(windowWorkflowId(network, FIRST, VALIDATOR_UID)).describe()).runId);
		}
	});
	assert.equal(runs[1], runs[0], 'the first window has one run');
	assert.deepEqual(
		world.calls.filter((call) => call.startsWith('submitScores')),
		[`submitScores ${FIRST}`, `submitScores ${FIRST + 1n}`],
	);
});

test('after a long absence the driver goes on with the first window that scores are still accepted for', async () => {
	const network = networkOf('e');
	const taskQueue = queueFor('absence');
	const world = new FakeWorld({ window: FIRST + 50n, miners: 1 });
	await temporal.withWorker(world, taskQueue, async () => {
		const driver = await temporal.startDriver(network, taskQueue, FIRST, 100);
		const states = [];
		for (let window = FIRST + 47n; window <= FIRST + 50n; window++) states.push((await resultOf(network, window)).state);
		// Two are too old to be sealed.
		assert.deepEqual(states, ['void', 'void', 'scored', 'scored']);
		await driver.terminate();
	});
	assert.ok(world.logs.includes(`WARN vramhub_validator: Windows missed: scores are no longer accepted from=${FIRST} windows=47`));
});

test('a worker that goes away in the middle of a window is followed by another, which does the rest and nothing twice', async () => {
	const taskQueue = queueFor('handover');
	const world = new FakeWorld({ window: FIRST, miners: 2 });
	const reached = Promise.withResolvers<void>();
	const hanging = new FakeWorld({ window: FIRST, miners: 2 });
	const deps = world.deps();
	// The first worker lives in the same world, but its enclave does not answer when the second miner is evaluated.
	hanging.deps = () => ({
		...deps,
		enclave: {
			...deps.enclave,
			process: (request, signal) => {
				if (request.miner_uid === 0) return deps.enclave.process(request, signal);
				reached.resolve();
				return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
			},
		},
	});
	const first = await temporal.worker(hanging, taskQueue);
	const running = first.run();
	const handle = await temporal.startWindow(taskQueue, FIRST);
	await reached.promise;
	first.shutdown();
	await running;
	const result = await temporal.withWorker(world, taskQueue, () => handle.result());
	assert.equal(result.state, 'scored');
	assert.equal(result.miners.length, 2);
	for (const call of ['sealWindow', 'registerEnclave', 'submitScores', 'close']) assert.equal(world.count(call), 1, call);
	assert.equal(world.count('fetch'), 2);
});
