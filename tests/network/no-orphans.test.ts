import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startDemo } from '#tests/network/demo.ts';
import { descendants, type ProcessIdentity, stillRunning } from '#tests/network/process-tree.ts';

/** The end of another's child is not an event of ours: asked for until the deadline. */
async function assertAllEnd(processes: readonly ProcessIdentity[], withinMs: number): Promise<void> {
	const deadline = performance.now() + withinMs;
	while (stillRunning(processes).length > 0 && performance.now() < deadline) await delay(50);
	assert.deepEqual(stillRunning(processes), []);
}

test('Ctrl-C ends every process, in good order', { timeout: 180_000 }, async () => {
	await using demo = await startDemo('--validators', '1', '--miners', '1', '--kinds', 'honest');
	await demo.line(/Network is ready/);
	const processes = descendants(demo.child.pid!);
	assert.ok(processes.length >= 8);
	demo.child.kill('SIGINT');
	const { code } = await demo.ended;
	assert.equal(code, 0, demo.log.join('\n'));
	assert.deepEqual(stillRunning(processes), []);
});

test('a supervisor that is killed leaves no process behind', { timeout: 180_000 }, async () => {
	await using demo = await startDemo('--validators', '1', '--miners', '1', '--kinds', 'honest');
	await demo.line(/Network is ready/);
	const processes = descendants(demo.child.pid!);
	assert.ok(processes.length >= 8);
	const exited = once(demo.child, 'exit');
	demo.child.kill('SIGKILL');
	assert.deepEqual(await exited, [null, 'SIGKILL']);
	await assertAllEnd(processes, 30_000);
});
