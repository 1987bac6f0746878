import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { clientOf, type Published, publishPlayground, run } from '#devnet/rpc/playground.fixture.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

interface Process {
	readonly url: string;
	readonly chainId: string;
	readonly elapsedMs: number;
	end(signal: NodeJS.Signals): Promise<number | null>;
}

async function start(...args: string[]): Promise<Process> {
	const from = performance.now();
	const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, VRAMHUB_LOG_LEVEL: 'error' } });
	const exited = once(child, 'exit');
	const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
	const { ready, url, chainId } = JSON.parse(line) as { ready: boolean; url: string; chainId: string };
	assert.equal(ready, true);
	const end = async (signal: NodeJS.Signals) => {
		child.kill(signal);
		const [code] = (await exited) as [number | null];
		return code;
	};
	return { url, chainId, elapsedMs: performance.now() - from, end };
}

describe('the devnet as a process', () => {
	let folder: string;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'vramhub-devnet-'));
	});
	after(() => rm(folder, { recursive: true, force: true }));

	it('keeps its chain over kill -9, and over a torn last write', async () => {
		const account = new Ed25519Keypair();
		const genesis = Date.parse('2026-01-02T03:04:05Z');
		let published: Published;
		let digest: string;

		const first = await start('--data', folder, '--genesis-time', '2026-01-02T03:04:05Z');
		try {
			const client = clientOf(first);
			await fetch(`${first.url}/gas`, { method: 'POST', body: JSON.stringify({ FixedAmountRequest: { recipient: account.toSuiAddress() } }) });
			published = await publishPlayground({ client, account, address: account.toSuiAddress() });
			({ digest } = await increment(first));
		} finally {
			assert.equal(await first.end('SIGKILL'), null);
		}
		await appendFile(join(folder, 'ledger-000000000000.log'), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5, 6]));

		const second = await start('--data', folder, '--genesis-time', '0');
		try {
			assert.equal(second.chainId, first.chainId);
			const client = clientOf(second);
			const found = await client.core.getTransaction({ digest, include: { effects: true, events: true } });
			assert.equal(found.Transaction?.status.success, true);
			assert.equal((found.Transaction?.events?.[0]?.json as { value: string } | undefined)?.value, '4');
			const { events } = await increment(second);
			assert.equal((events?.[0]?.json as { value: string } | undefined)?.value, '8');
			const { response } = await client.ledgerService.getServiceInfo({});
			assert.ok(Math.abs(Number(response.timestamp?.seconds) * 1000 - genesis) < 120_000, 'the chain keeps its own time');
		} finally {
			assert.equal(await second.end('SIGTERM'), 0);
		}

		function increment({ url }: { url: string }) {
			return run({ client: clientOf({ url }), account }, (transaction) => {
				transaction.moveCall({
					target: `${published.packageId}::playground::increment`,
					arguments: [transaction.object(published.counterId), transaction.pure.u64(4), transaction.pure.string('four')],
				});
			});
		}
	});

	it('refuses arguments that it does not know', async () => {
		const child = spawn(process.execPath, [MAIN, '--prot', '1'], { stdio: 'ignore' });
		const [code] = (await once(child, 'exit')) as [number];
		assert.equal(code, 2);
	});
});
