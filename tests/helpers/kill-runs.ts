/** A devnet is killed at random moments while clients use it; what they were told must still be so. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { findFrame, readFrame } from '#devnet/ledger/frames.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { Xoshiro128 } from '#model/random.ts';
import { openChain, SUPPLY, spentSince, stateHash, suiInObjects } from '#tests/helpers/durable-chain.ts';

const FIXTURE = join(import.meta.dirname, 'durable-devnet.fixture.ts');
/** A snapshot every dozen transactions or so: a tenth of the kills come while one is written. */
const SEGMENT_BYTES = 48 * 1024;
const ACCOUNTS = 4;
/** A kill comes some milliseconds after some acknowledgement of a run; every fifth while the process still opens the folder. */
const MOST_ACKNOWLEDGED = 24;
const LONGEST_MS = 30;
const LONGEST_OPENING_MS = 900;

export interface KillFigures {
	readonly runs: number;
	/** Kills that came before the devnet served. */
	readonly whileOpening: number;
	/** Transactions that a client was told of. */
	readonly acknowledged: number;
	/** Transactions that are on the chain and whose client was not told: the kill came in between. */
	readonly unacknowledged: number;
	/** Runs after which part of an entry stood at the log's end: put there, for the operating system seldom lets a kill tear a write. */
	readonly tornTails: number;
	/** Kills that left part of a snapshot. */
	readonly unfinishedSnapshots: number;
	/** Kills that came after a segment had ended and before its index was written. */
	readonly missingIndexes: number;
	readonly segments: number;
}

interface Known {
	/** Digest of a transaction that a client was told of → BCS of its effects. */
	readonly effects: Map<string, Uint8Array>;
	/** The latest time that a client was told of. */
	clockMs: bigint;
}

/** Throws when anything that a client was told is not so after a kill, or SUI came or went. */
export async function killRuns({ runs, seed }: { readonly runs: number; readonly seed: number }): Promise<KillFigures> {
	const folder = mkdtempSync(join(tmpdir(), 'vramhub-kill-'));
	const random = Xoshiro128.seeded(`kill runs ${seed}`);
	const accounts = Array.from({ length: ACCOUNTS }, () => Ed25519Keypair.generate());
	const known: Known = { effects: new Map(), clockMs: 0n };
	let whileOpening = 0;
	let tornTails = 0;
	let unfinishedSnapshots = 0;
	let missingIndexes = 0;
	let checked = { checkpoint: 0n, spent: 0n };
	try {
		for (let run = 0; run < runs; run++) {
			const before = known.effects.size;
			const served = await untilKilled(folder, accounts, known, random, run % 5 === 4);
			if (!served) whileOpening++;
			if (readdirSync(folder).some((name) => name.endsWith('.tmp'))) unfinishedSnapshots++;
			const torn = random.below(3) === 0 && tear(folder, random);
			using chain = openChain(folder);
			const cut = chain.notices.filter(({ kind }) => kind === 'tailCut').length;
			const rebuilt = chain.notices.filter(({ kind }) => kind === 'indexRebuilt').map(({ file }) => file);
			assert.ok(cut + rebuilt.length === chain.notices.length && (cut === 1 || !torn), JSON.stringify(chain.notices));
			assert.ok(rebuilt.length === 0 || (rebuilt.length === 1 && rebuilt[0] === latestIndex(folder)), JSON.stringify(chain.notices));
			tornTails += cut;
			missingIndexes += rebuilt.length;
			if (chain.ledger === undefined) {
				assert.equal(known.effects.size, 0, 'there was a chain');
				continue;
			}
			const last = run === runs - 1;
			checkAcknowledged(chain.ledger, known, last ? 0 : before);
			checked = checkSui(chain.ledger, checked);
			if (last || run % 20 === 19) checkAgainstGenesis(folder, chain.ledger);
		}
		const segments = readdirSync(folder).filter((name) => name.endsWith('.log')).length;
		const acknowledged = known.effects.size;
		return {
			runs,
			whileOpening,
			acknowledged,
			unacknowledged: Number(checked.checkpoint) - acknowledged,
			tornTails,
			unfinishedSnapshots,
			missingIndexes,
			segments,
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Of the last segment that has ended. */
function latestIndex(folder: string): string {
	const names = readdirSync(folder)
		.filter((name) => name.endsWith('.index'))
		.sort();
	return join(folder, names.at(-1) ?? '');
}

/** Leaves what a write that was not finished leaves: the first bytes, however many, of an entry. False when there is no entry yet to take them from. */
function tear(folder: string, random: Xoshiro128): boolean {
	const segments = readdirSync(folder)
		.filter((name) => name.endsWith('.log'))
		.sort();
	const file = join(folder, segments.at(-1) ?? '');
	const bytes = segments.length === 0 ? Buffer.alloc(0) : readFileSync(file);
	const at = findFrame(bytes, 0)?.at;
	const frame = at === undefined ? undefined : readFrame(bytes, at);
	if (at === undefined || frame === undefined) return false;
	appendFileSync(file, bytes.subarray(at, at + 1 + random.below(frame.end - at - 1)));
	return true;
}

// ---- what must hold ----------------------------------------------------------------------------------------------

/** Those from number `from` on, in the order in which they were acknowledged. */
function checkAcknowledged(ledger: Ledger, known: Known, from: number): void {
	for (const [digest, effects] of [...known.effects].slice(from)) {
		const record = ledger.history.byDigest(digest);
		assert.ok(record !== undefined, `${digest} was acknowledged and is lost`);
		assert.deepEqual(Buffer.from(record.effects.bytes), Buffer.from(effects));
	}
	assert.ok(ledger.now() >= known.clockMs, `the clock shows ${ledger.now()}, and a client was told ${known.clockMs}`);
}

function checkSui(ledger: Ledger, checked: { readonly checkpoint: bigint; readonly spent: bigint }) {
	const { tip } = ledger.history;
	assert.ok(tip >= checked.checkpoint, 'checkpoints are gone');
	const spent = checked.spent + spentSince(ledger, checked.checkpoint + 1n);
	assert.equal(suiInObjects(ledger) + spent, SUPPLY);
	return { checkpoint: tip, spent };
}

/** The log alone, from its first entry on, gives the state that snapshot and log give. */
function checkAgainstGenesis(folder: string, ledger: Ledger): void {
	const bare = mkdtempSync(join(tmpdir(), 'vramhub-kill-'));
	try {
		for (const name of readdirSync(folder)) if (name.endsWith('.log')) cpSync(join(folder, name), join(bare, name));
		using replayed = openChain(bare);
		assert.ok(replayed.ledger !== undefined);
		assert.equal(stateHash(replayed.ledger), stateHash(ledger));
	} finally {
		rmSync(bare, { recursive: true, force: true });
	}
}

// ---- a run -------------------------------------------------------------------------------------------------------

/** Starts the devnet, uses it and kills it. True when it came to serve. */
async function untilKilled(folder: string, accounts: readonly Ed25519Keypair[], known: Known, random: Xoshiro128, whileOpening: boolean): Promise<boolean> {
	const child = spawn(process.execPath, [FIXTURE, folder, String(SEGMENT_BYTES)], { stdio: ['pipe', 'pipe', 'inherit'] });
	const exited = once(child, 'exit');
	const ended = new AbortController();
	const lines = createInterface(child.stdout);
	const ready = once(lines, 'line', { signal: ended.signal }).then(
		([line]) => line as string,
		() => undefined,
	);
	exited.then(() => ended.abort());
	try {
		if (whileOpening) {
			await delay(random.below(LONGEST_OPENING_MS));
			return false;
		}
		const url = await ready;
		assert.ok(url !== undefined, 'the devnet ended by itself');
		const moment = { acknowledged: known.effects.size + random.below(MOST_ACKNOWLEDGED), ms: random.below(LONGEST_MS) };
		const told = () => {
			if (known.effects.size >= moment.acknowledged) setTimeout(() => child.kill('SIGKILL'), moment.ms);
		};
		told();
		await Promise.all(accounts.map((account) => useDevnet(url, account, known, told, random, ended.signal)));
		return true;
	} finally {
		child.kill('SIGKILL');
		await exited;
	}
}

/** Transactions and jumps of the clock, one after the other, until the devnet is gone. Any other end is an error. */
async function useDevnet(url: string, account: Ed25519Keypair, known: Known, told: () => void, random: Xoshiro128, killed: AbortSignal): Promise<void> {
	const client = new SuiGrpcClient({ network: 'custom', baseUrl: url });
	const owner = account.toSuiAddress();
	try {
		for (;;) {
			const { objects: coins } = await client.listCoins({ owner });
			if (coins.length === 0) {
				await requestSuiFromFaucetV2({ host: url, recipient: owner });
				continue;
			}
			if (random.below(8) === 0) {
				const response = await fetch(new URL('/advance-clock', url), { method: 'POST', body: JSON.stringify({ ms: random.below(100_000) }) });
				const { clockMs } = (await response.json()) as { readonly clockMs: string };
				if (BigInt(clockMs) > known.clockMs) known.clockMs = BigInt(clockMs);
			}
			const { bytes, signature } = await signedTransaction(account, coins, random);
			const result = await client.core.executeTransaction({ transaction: bytes, signatures: [signature], include: { effects: true } });
			const executed = result.$kind === 'Transaction' ? result.Transaction : result.FailedTransaction;
			const { bcs } = executed.effects;
			assert.ok(bcs !== null);
			known.effects.set(executed.digest, bcs);
			told();
		}
	} catch (error) {
		if (error instanceof assert.AssertionError) throw error;
		// A connection that breaks is how a client learns of the kill, maybe before the process's end is known here.
		if (!killed.aborted) await once(killed, 'abort', { signal: AbortSignal.timeout(10_000) }).catch(() => Promise.reject(error));
	}
}

type Coin = { readonly objectId: string; readonly version: string; readonly digest: string; readonly balance: string };

/** Sends the largest coin to its owner, with one split off, or all others merged into it. */
function signedTransaction(account: Ed25519Keypair, coins: readonly Coin[], random: Xoshiro128) {
	const [largest, ...others] = [...coins].sort((a, b) => (BigInt(b.balance) > BigInt(a.balance) ? 1 : -1));
	const transaction = new Transaction();
	const owner = account.toSuiAddress();
	transaction.setSender(owner);
	transaction.setGasBudget(10_000_000);
	transaction.setGasPrice(1_000);
	transaction.setGasPayment([largest!].map(({ objectId, version, digest }) => ({ objectId, version, digest })));
	const kind = random.below(3);
	if (kind === 0) transaction.transferObjects([transaction.splitCoins(transaction.gas, [1_000 + random.below(1_000)])], owner);
	else if (kind === 1 && others.length > 0) {
		const merged = others.map(({ objectId, version, digest }) => transaction.objectRef({ objectId, version, digest }));
		transaction.mergeCoins(transaction.gas, merged);
	} else transaction.transferObjects([transaction.gas], owner);
	return transaction
		.build()
		.then((bytes) => account.signTransaction(bytes))
		.then(({ bytes, signature }) => ({ bytes: Buffer.from(bytes, 'base64'), signature }));
}
