import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '#workers/bundle.ts';
import { onlyErrors, queueFor, TemporalTest } from './environment.ts';
import { BOUNDARY, FakeInterval } from './fake-interval.ts';
import { FakeWorld } from './fake-world.ts';

/**
 * Recorded histories that today's workflow code must still be able to continue: a validator that is updated in the middle of a window. When a change
 * is meant, guard it with `patched()`; only when no such history can be running any more are they recorded anew, with
 * VRAMHUB_RECORD_HISTORIES=1.
 */
const folder = join(import.meta.dirname, '..', 'histories');
const { History } = proto.temporal.api.history.v1;
const RECORD = process.env.VRAMHUB_RECORD_HISTORIES === '1';
const WINDOW = 2_957_300n;

function historyIn(text: string) {
	return History.fromObject(JSON.parse(text) as Record<string, unknown>);
}

async function record(): Promise<void> {
	await mkdir(folder, { recursive: true });
	const temporal = await TemporalTest.start();
	const save = async (name: string, world: FakeWorld) => {
		const taskQueue = queueFor(name);
		await temporal.withWorker(world, taskQueue, async () => write(name, await temporal.startWindow(taskQueue, WINDOW)));
	};
	const saveCheckpoint = async (name: string, world: FakeInterval) => {
		const taskQueue = queueFor(name);
		await world.finalize();
		await temporal.withAggregator(world.deps(), taskQueue, async () => write(name, await temporal.startCheckpoint(taskQueue, BOUNDARY)));
	};
	const write = async (name: string, handle: Pick<WorkflowHandle, 'result' | 'fetchHistory'>) => {
		await handle.result();
		const history = await handle.fetchHistory();
		const readable = JSON.stringify(History.toObject(History.create(history), { enums: String, longs: String, bytes: String }), null, '\t');
		await writeFile(
			join(folder, `${name}.json`),
			`${readable.replace(/("identity": ?)"[^"]*"/g, '$1"worker"').replace(/("stackTrace": ?)"(?:[^"\\]|\\.)*"/g, '$1""')}\n`,
		);
	};
	await save('gradient-window-scored', new FakeWorld({ window: WINDOW, miners: 2 }));
	const restarts = new FakeWorld({ window: WINDOW, miners: 1 });
	restarts.fail('process', { code: 'ENCLAVE_SESSION_LOST', when: 'before', also: () => restarts.restartEnclave() });
	await save('gradient-window-enclave-restart', restarts);
	const late = new FakeWorld({ window: WINDOW, miners: 1 });
	late.atWindow(WINDOW + 2n, 0n);
	await save('gradient-window-void', late);
	await saveCheckpoint('gradient-checkpoint-new', new FakeInterval());
	await saveCheckpoint('gradient-checkpoint-keep', new FakeInterval({ direction: -1 }));
	const over = new FakeInterval();
	over.atWindow(BOUNDARY + 3n);
	await saveCheckpoint('gradient-checkpoint-expired', over);
	await temporal.stop();
}

test('today’s workflows continue every recorded history', async () => {
	if (RECORD) await record();
	else onlyErrors();
	const bundle = await workflowBundle();
	const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
	assert.ok(files.length >= 6);
	for (const file of files) {
		const history = historyIn(await readFile(join(folder, file), 'utf8'));
		await Worker.runReplayHistory({ workflowBundle: bundle }, history, file);
	}
});

test('a history that does not fit is refused', async () => {
	const bundle = await workflowBundle();
	const text = await readFile(join(folder, 'gradient-window-scored.json'), 'utf8');
	const changed = text.replaceAll('"awaitTurn"', '"awaitNothing"');
	assert.notEqual(changed, text);
	await assert.rejects(Worker.runReplayHistory({ workflowBundle: bundle }, historyIn(changed), 'changed'), { name: 'DeterminismViolationError' });
});
