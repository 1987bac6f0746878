import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { VramhubError } from '#core/errors.ts';
import { createLogger, lineSplitter } from '#runtime/log.ts';
import { logFile } from '#runtime/state-folder.ts';
import { type ManagedProcess, type ProcessSpec, Supervisor } from '#runtime/supervisor.ts';

const fixture = join(import.meta.dirname, 'supervisor.fixture.ts');
const data = await mkdtemp(join(tmpdir(), 'vramhub-supervisor-'));
after(() => rm(data, { recursive: true, force: true }));

const quiet = createLogger({ target: 'test', write: () => {} });
const program = (mode: string, ...args: string[]): ProcessSpec['program'] => ({ kind: 'node', main: fixture, args: [mode, ...args] });

/** A zombie that nobody has reaped yet is dead. */
function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	try {
		return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return process.platform !== 'linux';
	}
}

/** Processes that are not our children end without telling us. */
async function gone(pids: readonly number[], withinMs = 8_000): Promise<boolean> {
	const end = performance.now() + withinMs;
	while (pids.some(alive)) {
		if (performance.now() > end) return false;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return true;
}

async function supervising(): Promise<{ supervisor: ReturnType<typeof spawn>; pids: number[] }> {
	const supervisor = spawn(process.execPath, [fixture, 'supervisor', data], { stdio: ['ignore', 'pipe', 'inherit'] });
	const pids = await new Promise<number[]>((resolve, reject) => {
		supervisor.stdout.pipe(lineSplitter((line) => resolve((JSON.parse(line) as { pids: number[] }).pids)));
		supervisor.once('exit', (code) => reject(new Error(`the supervisor ended with ${code}`)));
	});
	assert.equal(pids.length, 3);
	assert.ok(pids.every(alive), 'all run');
	return { supervisor, pids };
}

test('a supervisor that is killed with SIGKILL leaves nobody alive, neither Node programs nor binaries', async () => {
	const { supervisor, pids } = await supervising();
	supervisor.kill('SIGKILL');
	assert.ok(await gone(pids), `left behind: ${pids.filter(alive)}`);
});

test('Ctrl-C ends everything and the supervisor ends with 0', async () => {
	const { supervisor, pids } = await supervising();
	const exit = once(supervisor, 'exit');
	supervisor.kill('SIGINT');
	assert.deepEqual(await exit, [0, null]);
	assert.deepEqual(pids.filter(alive), []);
});

test('a wrapper that is killed takes its binary with it', async () => {
	const { supervisor, pids } = await supervising();
	const [, shim, binary] = pids as [number, number, number];
	process.kill(shim, 'SIGKILL');
	assert.ok(await gone([binary]), 'the binary outlived its wrapper');
	supervisor.kill('SIGKILL');
	assert.ok(await gone(pids));
});

test('a child that crashes is started again; facts follow the new one; stopping ends in reverse order', async () => {
	const supervisor = new Supervisor({ data, log: quiet });
	const readyAgain = Promise.withResolvers<number>();
	const ends: string[] = [];
	let lives = 0;
	const spec = (name: string): ProcessSpec => ({
		name,
		program: program('child', name),
		ready: 'line',
		restart: 'always',
		onLine: (line) => line.endsWith('ends') && ends.push(line),
		onReady: (_, pid) => name === 'a' && ++lives === 2 && readyAgain.resolve(pid),
	});
	const a = await supervisor.start(spec('a'));
	const b = await supervisor.start(spec('b'));
	const first = a.pid!;
	assert.equal(a.facts.pid, first);
	process.kill(first, 'SIGKILL');
	const second = await readyAgain.promise;
	assert.notEqual(second, first);
	assert.equal(a.restarts, 1);
	assert.equal(a.pid, second);
	const pids = [second, b.pid!];
	await supervisor.stop();
	assert.deepEqual(pids.filter(alive), []);
	assert.deepEqual(ends, ['child b ends', 'child a ends']);
	assert.match(await readFile(logFile(data, 'a'), 'utf8'), /signal SIGKILL/);
});

test('the end of a process that may not end is a failure that says which and why', async () => {
	const supervisor = new Supervisor({ data, log: quiet });
	const only = await supervisor.start({ name: 'only', program: program('child'), ready: 'line', restart: 'never' });
	const failed = once(supervisor.failure, 'abort');
	process.kill(only.pid!, 'SIGKILL');
	await failed;
	assert.ok(supervisor.failure.reason instanceof VramhubError);
	assert.match(supervisor.failure.reason.message, /only ended \(signal SIGKILL\); its log is .*only\.log/);
	await supervisor.stop();
});

async function startError(spec: ProcessSpec): Promise<{ message: string; processes: readonly ManagedProcess[] }> {
	const supervisor = new Supervisor({ data, log: quiet });
	const error = await supervisor.start(spec).then(
		() => assert.fail('it started'),
		(reason: unknown) => reason,
	);
	assert.ok(error instanceof VramhubError);
	return { message: error.message, processes: supervisor.processes };
}

test('a process that never gets ready is ended, and the error says what it printed', async () => {
	const { message, processes } = await startError({ name: 'mute', program: program('mute'), ready: 'line', readyTimeoutMs: 1_500, restart: 'always' });
	assert.match(message, /mute is not ready after 1\.5 s; its log is .*mute\.log/);
	assert.match(message, /still thinking/);
	assert.deepEqual(processes, []);
});

test('a process that ends before it is ready gives its last words; so does a command that does not exist', async () => {
	const dead = await startError({ name: 'dies', program: program('dies'), ready: 'line', restart: 'always' });
	assert.match(dead.message, /dies ended before it was ready \(exit code 3\)[\s\S]*cannot find my configuration/);
	const none = await startError({ name: 'none', program: { kind: 'binary', command: '/nonexistent/binary' }, ready: 'line', restart: 'always' });
	assert.match(none.message, /none ended before it was ready \(exit code 127\)[\s\S]*cannot run \/nonexistent\/binary/);
});

test('a process that ignores SIGTERM is ended after its grace', async () => {
	const supervisor = new Supervisor({ data, log: quiet });
	const stubborn = await supervisor.start({ name: 'stubborn', program: program('stubborn'), ready: 'line', restart: 'always', graceMs: 200 });
	const pid = stubborn.pid!;
	await supervisor.stop();
	assert.equal(alive(pid), false);
});
