import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Connection } from '@temporalio/client';
import { driverWorkflowId, windowWorkflowId } from '#core/gradient/names.ts';
import { runValidatorWorker } from '#workers/validator.ts';
import type { gradientDriver } from '#workflows/gradient/driver.ts';
import type { gradientWindow } from '#workflows/gradient/window.ts';
import { TemporalTest } from './environment.ts';
import { FakeWorld, NETWORK, VALIDATOR_UID } from './fake-world.ts';

const FIRST = 2_957_300n;
let temporal: TemporalTest;
before(async () => {
	temporal = await TemporalTest.start();
});
after(() => temporal.stop());

test('a validator starts its driver from the chain’s window; one that is started again goes on with the driver that runs, and its own settings', async () => {
	const world = new FakeWorld({ window: FIRST, miners: 1 });
	const driver = temporal.client.workflow.getHandle<typeof gradientDriver>(driverWorkflowId(NETWORK, VALIDATOR_UID));
	const live = async (windowsPerRun: number, sessionAttempts: number, during: () => Promise<void>) => {
		const started = Promise.withResolvers<void>();
		const stop = new AbortController();
		const { settings, env } = temporal;
		const running = runValidatorWorker({
			temporal: { client: env.connection as Connection, worker: env.nativeConnection, namespace: env.namespace ?? 'default' },
			settings: { ...settings, driver: { windowsPerRun }, fanOut: { ...settings.fanOut, sessionAttempts } },
			network: NETWORK,
			deps: world.deps(),
			onStarted: started.resolve,
			signal: stop.signal,
		});
		await Promise.race([started.promise, running]);
		await during();
		stop.abort();
		await running;
	};
	const result = (window: bigint) => temporal.client.workflow.getHandle<typeof gradientWindow>(windowWorkflowId(NETWORK, window, VALIDATOR_UID)).result();
	const nextIs = async (window: bigint) => {
		while ((await driver.query<string, []>('nextWindow')) !== window.toString()) await new Promise((resolve) => setTimeout(resolve, 50));
	};

	let runId = '';
	await live(100, 5, async () => {
		await nextIs(FIRST + 1n);
		assert.equal((await result(FIRST)).state, 'scored');
		runId = (await driver.describe()).runId;
	});
	assert.equal((await driver.describe()).status.name, 'RUNNING', 'the driver outlives its worker');

	world.atWindow(FIRST + 1n);
	await live(100, 2, async () => {
		await nextIs(FIRST + 2n);
		assert.equal((await result(FIRST + 1n)).state, 'scored');
		assert.equal((await driver.describe()).runId, runId, 'the same driver');
	});
	const window = await temporal.client.workflow.getHandle(windowWorkflowId(NETWORK, FIRST + 1n, VALIDATOR_UID)).fetchHistory();
	const input = Buffer.from(window.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads![0]!.data!).toString();
	assert.match(input, /"sessionAttempts":2/, 'the settings of the validator that runs now');
	await driver.terminate();
});
