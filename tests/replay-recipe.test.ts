import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { WorkflowFailedError } from '@temporalio/client';
import { temporalBinary } from '../scripts/python-tools.mjs';
import { queueFor, TemporalTest } from './temporal/environment.ts';
import { FakeWorld } from './temporal/fake-world.ts';

const WINDOW = 2_957_300n;
let temporal: TemporalTest;
before(async () => {
	temporal = await TemporalTest.start();
});
after(() => temporal?.stop());

/** The commands of docs/operations.md under this mark, as an operator would paste them. */
async function recipe(name: string): Promise<string> {
	const text = await readFile(join(import.meta.dirname, '../docs/operations.md'), 'utf8');
	const match = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`sh\n([\\s\\S]*?)\n\`\`\``).exec(text);
	assert.ok(match, `docs/operations.md has the recipe ${name}`);
	return match[1]!;
}

test('the documented commands let a failed window go on from the step that failed', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	const taskQueue = queueFor('replay');
	world.fail('submitScores', { code: 'CHAIN_REJECTED', when: 'before' });
	await temporal.withWorker(world, taskQueue, async () => {
		const handle = await temporal.startWindow(taskQueue, WINDOW);
		await assert.rejects(handle.result(), WorkflowFailedError);
		const before = ['sealWindow', 'fetch', 'process', 'close'].map((call) => world.count(call));
		const attempts = world.count('submitScores');

		const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', await recipe('replay-window')], {
			env: {
				PATH: [dirname(process.execPath), dirname(await temporalBinary()), process.env.PATH].join(delimiter),
				HOME: process.env.HOME,
				TEMPORAL_ADDRESS: temporal.env.address,
				TEMPORAL_NAMESPACE: temporal.env.namespace ?? 'default',
				WORKFLOW_ID: handle.workflowId,
			},
			timeout: 60_000,
		});
		assert.match(stdout, /scored/);

		const result = await temporal.client.workflow.getHandle(handle.workflowId).result();
		assert.equal((result as { state: string }).state, 'scored');
		assert.deepEqual(
			['sealWindow', 'fetch', 'process', 'close'].map((call) => world.count(call)),
			before,
			'what had succeeded was not done again',
		);
		assert.equal(world.count('submitScores'), attempts + 1);
	});
});
