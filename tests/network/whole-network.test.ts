import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { networkFolder, startDemo } from '#tests/network/demo.ts';
import { descendants, type ProcessIdentity, stillRunning } from '#tests/network/process-tree.ts';

// One network, which is founded, scores a window, and is continued twice.
const folder = await networkFolder();
after(() => folder[Symbol.asyncDispose]());
const SMALLEST = ['--validators', '1', '--miners', '1', '--kinds', 'honest'];

interface Report {
	readonly genesis: { readonly heldOutLoss: number };
	readonly windows: readonly {
		readonly window: number;
		readonly state: string;
		readonly validators: readonly {
			readonly uid: number;
			readonly tx: string;
			readonly scores: Record<string, number>;
			readonly codes: Record<string, number>;
		}[];
	}[];
	readonly webUi: string;
}

/** What the Web UI's own server answers to its page's question for workflows. */
async function workflowsInWebUi(webUi: string): Promise<{ id: string; type: string; status: string }[]> {
	const url = new URL(webUi);
	const [, , namespace] = url.pathname.split('/');
	const response = await fetch(new URL(`/api/v1/namespaces/${namespace}/workflows`, url));
	assert.equal(response.status, 200);
	const { executions } = (await response.json()) as { executions: { execution: { workflowId: string }; type: { name: string }; status: string }[] };
	return executions.map(({ execution, type, status }) => ({ id: execution.workflowId, type: type.name, status }));
}

test('one window, end to end: the honest miner is scored on chain, the Web UI lists the window, nothing is left', { timeout: 300_000 }, async () => {
	await using demo = startDemo(folder.data, ...SMALLEST, '--windows', '1', '--json');
	const webUiLine = await demo.line(/Temporal Web UI: http/);
	const processes = descendants(demo.child.pid!);
	assert.ok(processes.length >= 9, `the parts run as processes of their own: ${processes.map(({ command }) => command).join('\n')}`);
	const webUi = /http\S+/.exec(webUiLine)![0];
	await demo.line(/Starting window window=\d+/);
	const listed = await workflowsInWebUi(webUi);

	const { code, stdout } = await demo.ended;
	assert.equal(code, 0, demo.log.join('\n'));
	const lines = stdout.trimEnd().split('\n');
	assert.equal(lines.length, 1, 'standard output is one line of JSON');
	const report = JSON.parse(lines[0]!) as Report;
	assert.equal(report.windows.length, 1);
	const [{ window, state, validators }] = report.windows as [Report['windows'][0]];
	assert.equal(state, 'final');
	for (const { tx, scores, codes } of validators) {
		assert.match(tx, /^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
		assert.deepEqual(codes, { 0: 0 });
		assert.ok(scores['0']! > 0, `score ${scores['0']}`);
	}
	assert.ok(report.genesis.heldOutLoss > 1 && report.genesis.heldOutLoss < Math.log(256), 'the genesis checkpoint was trained on text');
	assert.ok(
		listed.some(({ id, type }) => type === 'gradientWindow' && id.includes(`/window/${window}/validator/0`)),
		`${window} in ${JSON.stringify(listed)}`,
	);
	for (const documented of [
		/^INFO vramhub_validator: Validator starting uid=0$/,
		/^INFO vramhub_validator: Starting window window=\d+$/,
		/^INFO vramhub_validator: Decrypting credentials for 1 miners$/,
		/^INFO vramhub_validator::evaluator: Sending gradient to enclave miner_uid=0 window=\d+$/,
		/^INFO vramhub_validator::evaluator: Enclave score miner_uid=0 score=\d+ window=\d+$/,
		/^INFO vramhub_validator: Submitting 1 scores to chain window=\d+$/,
		/^INFO vramhub_validator: Scores submitted window=\d+ tx=\w+$/,
	]) {
		assert.ok(
			demo.log.some((line) => documented.test(line)),
			`${documented} in\n${demo.log.join('\n')}`,
		);
	}
	assert.deepEqual(
		demo.log.filter((line) => /not published/.test(line)),
		[],
		'a validator of a local network has its audit prefix',
	);
	assert.deepEqual(stillRunning(processes), []);
});

/** The end of another's child is not an event of ours: asked for until the deadline. */
async function assertAllEnd(processes: readonly ProcessIdentity[], withinMs: number): Promise<void> {
	const deadline = performance.now() + withinMs;
	while (stillRunning(processes).length > 0 && performance.now() < deadline) await delay(50);
	assert.deepEqual(stillRunning(processes), []);
}

test('a network that is continued: Ctrl-C ends every process, in good order', { timeout: 180_000 }, async () => {
	await using demo = startDemo(folder.data, ...SMALLEST);
	await demo.line(/Network is ready/);
	const processes = descendants(demo.child.pid!);
	assert.ok(processes.length >= 8);
	demo.child.kill('SIGINT');
	const { code } = await demo.ended;
	assert.equal(code, 0, demo.log.join('\n'));
	assert.deepEqual(stillRunning(processes), []);
});

test('continued again: a supervisor that is killed leaves no process behind', { timeout: 180_000 }, async () => {
	await using demo = startDemo(folder.data, ...SMALLEST);
	await demo.line(/Network is ready/);
	const processes = descendants(demo.child.pid!);
	assert.ok(processes.length >= 8);
	const exited = once(demo.child, 'exit');
	demo.child.kill('SIGKILL');
	assert.deepEqual(await exited, [null, 'SIGKILL']);
	await assertAllEnd(processes, 30_000);
});
