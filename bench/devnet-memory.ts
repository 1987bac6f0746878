import { fork } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fromBase58, toBase64 } from '@mysten/bcs';
import { decodeSuiPrivateKey } from '@mysten/sui/cryptography';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { blake2b } from '@noble/hashes/blake2.js';
import { Faucet } from '#devnet/faucet.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { startServer } from './devnet-server.ts';
import { report } from './report.ts';

const FEW = 10_000;
const MANY = 100_000;
const ACCOUNTS = 16;
const GAS_BUDGET = 10_000_000;
/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const TRANSACTION_INTENT = Uint8Array.of(0, 0, 0);

interface Memory {
	readonly transactions: number;
	/** Heap and buffers after a collection. */
	readonly bytes: number;
	readonly liveObjects: number;
	/** Of the transactions since the last figure. */
	readonly perSecond: number;
}

/**
 * What a chain takes in memory after few and after many transactions that leave the same objects, in memory and with a folder; and how long a folder
 * with many takes to open. Takes minutes.
 */
export async function run(): Promise<void> {
	await grow('memory');
	const dataDir = mkdtempSync(join(tmpdir(), 'vramhub-bench-'));
	try {
		await grow('folder', dataDir);
		const emptyMs = await startOf();
		const fullMs = await startOf(dataDir);
		const files = readdirSync(dataDir);
		report({
			bench: 'devnet/open',
			of: `the start of a process with ${MANY} transactions in its folder / with an empty chain`,
			ratio: fullMs / emptyMs,
			ms: fullMs,
			disk_mb: files.reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0) / 1e6,
			segments: files.filter((name) => name.endsWith('.log')).length,
		});
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
	}
}

async function startOf(dataDir?: string): Promise<number> {
	const times: number[] = [];
	for (let i = 0; i < 3; i++) {
		await using server = await startServer(dataDir === undefined ? {} : { dataDir });
		times.push(server.startedMs);
	}
	return Math.min(...times);
}

async function grow(mode: string, dataDir?: string): Promise<void> {
	const child = fork(import.meta.filename, dataDir === undefined ? [] : [dataDir], { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] });
	const exited = once(child, 'exit');
	const figures: Memory[] = [];
	child.on('message', (message: Memory) => figures.push(message));
	const [code] = (await exited) as [number];
	const [few, many] = figures;
	if (code !== 0 || few === undefined || many === undefined) throw new Error(`the chain ended with code ${code}`);
	report({
		bench: `devnet/memory-${mode}`,
		of: `heap and buffers after ${MANY} transactions / after ${FEW}, with the same objects alive`,
		ratio: many.bytes / few.bytes,
		few_mb: few.bytes / 1e6,
		many_mb: many.bytes / 1e6,
		bytes_per_further_transaction: (many.bytes - few.bytes) / (many.transactions - few.transactions),
		live_objects: many.liveObjects,
		transactions_per_second: many.perSecond,
	});
}

// ---- in the child ------------------------------------------------------------------------------------------------

interface Account {
	readonly coin: string;
	readonly key: ReturnType<typeof createPrivateKey>;
	readonly publicKey: Uint8Array;
	/** BCS of a transfer of the coin to its owner; the coin's version and digest are written into it. */
	readonly template: Uint8Array;
	readonly referenceAt: number;
}

async function openAccount(ledger: Ledger): Promise<Account> {
	const keypair = Ed25519Keypair.generate();
	const owner = keypair.toSuiAddress();
	const { id: coin } = await new Faucet(ledger).give(owner);
	const transaction = new Transaction();
	transaction.setSender(owner);
	transaction.setGasBudget(GAS_BUDGET);
	transaction.setGasPrice(1_000);
	const marker = new Uint8Array(8).fill(0xee);
	const version = new DataView(marker.buffer).getBigUint64(0, true).toString();
	transaction.setGasPayment([{ objectId: coin, version, digest: ledger.history.at(ledger.history.tip)!.digest }]);
	transaction.transferObjects([transaction.gas], owner);
	const template = await transaction.build();
	const seed = decodeSuiPrivateKey(keypair.getSecretKey()).secretKey;
	const key = createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
	return { coin, key, publicKey: keypair.getPublicKey().toRawBytes(), template, referenceAt: Buffer.from(template).indexOf(marker) };
}

/** Signed by OpenSSL, in a twentieth of the time that the client library takes. */
async function transferToSelf(ledger: Ledger, { coin, key, publicKey, template, referenceAt }: Account, digest: string): Promise<string> {
	const bytes = Uint8Array.from(template);
	new DataView(bytes.buffer).setBigUint64(referenceAt, ledger.store.move(coin)!.version, true);
	bytes.set(fromBase58(digest), referenceAt + 9);
	const signature = sign(null, blake2b(Buffer.concat([TRANSACTION_INTENT, bytes]), { dkLen: 32 }), key);
	const { effects } = await ledger.execute(bytes, [toBase64(Buffer.concat([Uint8Array.of(0), signature, publicKey]))]);
	if (effects.outcome.failure !== undefined) throw new Error(effects.outcome.failure.failure.message);
	return effects.changed.find(({ id }) => id === coin)!.output!.digest;
}

async function fill(dataDir: string | undefined): Promise<void> {
	const devnet = await startDevnet(dataDir === undefined ? {} : { dataDir });
	const { ledger } = devnet;
	const accounts: { readonly account: Account; digest: string }[] = [];
	for (let i = 0; i < ACCOUNTS; i++) {
		const account = await openAccount(ledger);
		const digest = ledger.history.at(ledger.history.tip)!.effects.changed.find(({ id }) => id === account.coin)!.output!.digest;
		accounts.push({ account, digest });
	}
	let started = performance.now();
	let done = 0;
	for (const transactions of [FEW, MANY]) {
		const before = done;
		for (; done < transactions; done++) {
			const one = accounts[done % ACCOUNTS]!;
			one.digest = await transferToSelf(ledger, one.account, one.digest);
		}
		const perSecond = (1000 * (done - before)) / (performance.now() - started);
		globalThis.gc?.();
		// What the first collection ended is given back in the event loop: buffers, mostly.
		await setTimeout(20);
		globalThis.gc?.();
		const { heapUsed, external } = process.memoryUsage();
		process.send?.({ transactions, bytes: heapUsed + external, liveObjects: [...ledger.store.all()].length, perSecond } satisfies Memory);
		started = performance.now();
	}
	await devnet.stop();
	process.disconnect();
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) await fill(process.argv[2]);
