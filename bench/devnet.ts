import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { startDevnet } from '#devnet/start-devnet.ts';
import { benchSubmitScores } from './devnet-scores.ts';
import { startServer } from './devnet-server.ts';
import { quickest, report } from './report.ts';

const TRANSFERS = 1_000;
/** Not counted: the machine's code is compiled while they run. */
const WARM_UP = 400;
const PARALLEL = 16;
const GAS_BUDGET = 10_000_000n;
const VERIFICATIONS = 200;

/** How long a chain takes to start, how many coin transfers a second go through HTTP, in memory and with a log, and what a window's scores cost. */
export async function run(): Promise<void> {
	report({ bench: 'devnet/start', of: 'an empty chain, in a process that runs', ms: await quickest(3, async () => (await startDevnet()).stop()) });
	const processes: number[] = [];
	for (let i = 0; i < 3; i++) {
		await using server = await startServer();
		processes.push(server.startedMs);
	}
	report({ bench: 'devnet/start-process', of: 'an empty chain, from the start of its process', ms: Math.min(...processes) });

	const verifyMs = await verification();
	await transfers('devnet/transfer', verifyMs);
	const dataDir = await mkdtemp(join(tmpdir(), 'vramhub-bench-'));
	try {
		await transfers('devnet/transfer-durable', verifyMs, dataDir);
	} finally {
		await rm(dataDir, { recursive: true, force: true });
	}
	await benchSubmitScores();
}

async function transfers(bench: string, verifyMs: number, dataDir?: string): Promise<void> {
	await using server = await startServer(dataDir === undefined ? {} : { dataDir });
	const signed = await signedTransfers(server.url, WARM_UP + TRANSFERS);
	const client = new SuiGrpcClient({ network: 'custom', baseUrl: server.url });
	const send = (transactions: readonly Signed[]) =>
		inParallel(transactions, async ({ bytes, signature }) => {
			const result = await client.core.executeTransaction({ transaction: bytes, signatures: [signature] });
			if (result.$kind !== 'Transaction') throw new Error(`a transfer failed: ${JSON.stringify(result)}`);
		});
	await send(signed.slice(0, WARM_UP));
	const before = await server.cpuMs();
	const started = performance.now();
	await send(signed.slice(WARM_UP));
	const elapsedMs = performance.now() - started;
	const serverMs = ((await server.cpuMs()) - before) / TRANSFERS;
	report({
		bench,
		of: "the server's processor time of one coin transfer through HTTP / one Ed25519 verification in JavaScript",
		ratio: serverMs / verifyMs,
		transfers_per_second: (1000 * TRANSFERS) / elapsedMs,
		transfers_per_server_core_second: 1000 / serverMs,
	});
}

interface Signed {
	readonly bytes: Uint8Array;
	readonly signature: string;
}

/** Each from an account of its own, so that none waits for another. */
async function signedTransfers(url: string, count: number): Promise<Signed[]> {
	const client = new SuiGrpcClient({ network: 'custom', baseUrl: url });
	const signed: Signed[] = [];
	const accounts = Array.from({ length: count }, () => Ed25519Keypair.generate());
	await inParallel(accounts, async (account) => {
		const sender = account.toSuiAddress();
		await requestSuiFromFaucetV2({ host: url, recipient: sender });
		const { objects } = await client.listCoins({ owner: sender });
		const transaction = new Transaction();
		transaction.setSender(sender);
		transaction.setGasBudget(GAS_BUDGET);
		transaction.setGasPrice(1_000);
		transaction.setGasPayment(objects.map(({ objectId, version, digest }) => ({ objectId, version, digest })));
		const [coin] = transaction.splitCoins(transaction.gas, [1_000n]);
		transaction.transferObjects([coin], '0x2');
		const { bytes, signature } = await account.signTransaction(await transaction.build());
		signed.push({ bytes: Buffer.from(bytes, 'base64'), signature });
	});
	return signed;
}

/** Milliseconds of one. */
async function verification(): Promise<number> {
	const account = Ed25519Keypair.generate();
	const message = new Uint8Array(32).fill(1);
	const signature = await account.sign(message);
	const key = account.getPublicKey();
	const allMs = await quickest(2, async () => {
		for (let i = 0; i < VERIFICATIONS; i++) await key.verify(message, signature);
	});
	return allMs / VERIFICATIONS;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const waiting = [...items];
	const next = async () => {
		for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
	};
	await Promise.all(Array.from({ length: PARALLEL }, next));
}
