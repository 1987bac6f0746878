import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import type { TransactionTrace } from '#devnet/trace/trace.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'cli/main.ts');
const EXAMPLE = join(ROOT, 'devnet/example');

interface Ready {
	readonly url: string;
	readonly faucetUrl: string;
	readonly chainId: string;
	readonly accounts: readonly { readonly address: string; readonly secretKey: string }[];
}

let child: ChildProcess;
let ready: Ready;
let folder: string;

before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'vramhub-devnet-use-'));
	// The first argument is no command: starting is what `vramhub devnet` does.
	child = spawn(process.execPath, [MAIN, 'devnet', '--port', '0', '--accounts', '2', '--seed', 'test', '--genesis-time', '2026-01-02T03:04:05Z', '--json'], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`vramhub devnet ended with ${code}`)));
	ended.catch(() => {});
	const [line] = (await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), ended])) as [string];
	ready = JSON.parse(line) as Ready;
});
after(async () => {
	if (child.exitCode === null) {
		child.kill('SIGKILL');
		await once(child, 'exit');
	}
	await rm(folder, { recursive: true, force: true });
});

interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

async function devnet(...args: string[]): Promise<Ran> {
	const running = spawn(process.execPath, [MAIN, 'devnet', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
	let stdout = '';
	let stderr = '';
	running.stdout.on('data', (chunk) => {
		stdout += chunk;
	});
	running.stderr.on('data', (chunk) => {
		stderr += chunk;
	});
	const [code] = (await once(running, 'close')) as [number | null];
	return { code, stdout, stderr };
}

async function asked<T>(...args: string[]): Promise<T> {
	const { code, stdout, stderr } = await devnet(...args, '--url', ready.url, '--json');
	assert.equal(code, 0, stderr);
	return JSON.parse(stdout) as T;
}

async function failure(...args: string[]): Promise<{ code: number | null; error: string }> {
	const { code, stdout } = await devnet(...args, '--json');
	return { code, error: (JSON.parse(stdout) as { error: { code: string } }).error.code };
}

/** The commands of the page under this mark, as a reader would paste them; `npx vramhub` is this checkout's. */
async function recipe(name: string, environment: Record<string, string>): Promise<string> {
	const page = await readFile(join(ROOT, 'docs/devnet/README.md'), 'utf8');
	const commands = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`sh\n([\\s\\S]*?)\n\`\`\``).exec(page)?.[1];
	assert.ok(commands, `docs/devnet/README.md has the recipe ${name}`);
	const npx = join(folder, 'npx');
	await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
	await chmod(npx, 0o755);
	const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], {
		cwd: ROOT,
		env: { PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter), HOME: process.env.HOME, ...environment },
	});
	return stdout;
}

describe('vramhub devnet', () => {
	it('serves with funded accounts whose keys follow from the seed, at the time asked', async () => {
		assert.deepEqual(
			ready.accounts.map(({ address }) => address),
			['0x3e997fcb1811086ad450ef63adde92c5b7a155d6e9c6796a5412e47026012f49', '0x0e99a952ace02763d0cd67397279978727c06e1719b3535ed8d484a9af2d64e2'],
		);
		const client = new SuiGrpcClient({ network: 'custom', baseUrl: ready.url });
		const { balance } = await client.getBalance({ owner: ready.accounts[1]!.address });
		assert.equal(BigInt(balance.balance), 1000n * 1_000_000_000n);
		assert.match(await (await fetch(ready.url)).text(), /Latest transactions/);
	});

	it('is documented by commands that work', async () => {
		const published = await recipe('publish', { URL: ready.url });
		const [, packageId, counter] = /^(0x[0-9a-f]{64})\n(0x[0-9a-f]{64})\n$/.exec(published) ?? [];
		assert.ok(packageId && counter, published);
		const names = { URL: ready.url, PACKAGE: packageId, COUNTER: counter };
		const raised = await recipe('raise', names);
		const trace = await recipe('trace', names);
		assert.match(raised, /^[1-9A-HJ-NP-Za-km-z]{43,44}\n$/);
		assert.match(trace, /^dry run .*: failure\n0 {2}MoveCall 0x[0-9a-f]{6}…[0-9a-f]{4}::counter::raise/);
		assert.match(trace, /✗ abort ETooEarly: the counter was raised less than an hour ago \(source line 23\)\n +at 0x.*::counter::raise:\d+ Abort\n$/);
		assert.match(await recipe('time', names), /^2026-01-02T04:0.*\n[1-9A-HJ-NP-Za-km-z]{43,44}\n/);
		const looked = await recipe('look', { ...names, DIGEST: raised.trim() });
		assert.match(looked, /value +2\n/);
		assert.match(looked, /status +success\n/);
	});

	it('publishes from a folder; traces what was executed, call by call', async () => {
		const { packageId, created, digest } = await asked<{ packageId: string; created: { type: string }[]; digest: string }>(
			'publish',
			EXAMPLE,
			'--account',
			'1',
		);
		assert.deepEqual(
			created.map(({ type }) => type),
			[`${packageId}::counter::Counter`],
		);
		const { events, success } = await asked<TransactionTrace>('trace', digest);
		assert.ok(success && events.some((event) => event.kind === 'call' && event.function === `${packageId}::counter::init`));
	});

	it('says what is wrong', async () => {
		assert.deepEqual(await failure('publish', join(folder, 'absent'), '--url', ready.url), { code: 2, error: 'BAD_ARGUMENT' });
		assert.deepEqual(await failure('object', `0x${'9'.repeat(64)}`, '--url', ready.url), { code: 3, error: 'CHAIN_OBJECT_MISSING' });
		assert.deepEqual(await failure('transaction', 'x', '--url', 'http://127.0.0.1:1'), { code: 5, error: 'CHAIN_UNAVAILABLE' });
		assert.deepEqual(await failure('--genesis-time', 'noon'), { code: 2, error: 'BAD_ARGUMENT' });
		assert.deepEqual(await failure('--port', new URL(ready.url).port), { code: 2, error: 'BAD_ARGUMENT' });
	});

	it('explains itself without loading anything', async () => {
		const loaded = join(folder, 'loaded');
		const preload = `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
			registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`;
		for (const args of [['--help'], ['trace', '--help']]) {
			const { stdout } = await promisify(execFile)(process.execPath, [`--import=data:text/javascript,${encodeURIComponent(preload)}`, MAIN, 'devnet', ...args]);
			assert.match(stdout, /USAGE/);
		}
		const modules = (await readFile(loaded, 'utf8'))
			.split('\n')
			.filter((url) => url.startsWith('file:') && !url.includes('/@stricli/') && !url.includes('/cli/routes/'));
		assert.deepEqual([...new Set(modules.map((url) => url.split('/').slice(-2).join('/')))].sort(), [
			'cli/main.ts',
			'core/errors.ts',
			'runtime/state-folder.ts',
		]);
	});

	it('ends with 0 on Ctrl-C', async () => {
		child.kill('SIGINT');
		assert.deepEqual(await once(child, 'exit'), [0, null]);
	});
});
