import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Commitment } from '#core/gradient/records.ts';
import { mineWindow, type WindowDependencies } from '#miner/window.ts';

const phases = { windowDurationMs: 1000n, putOpenMs: 400n, putCloseMs: 600n };
const miner = { uid: 3, generation: 1, credVersion: 1 };
const gradient = Uint8Array.of(1, 2, 3);
const never = new AbortController().signal;

/** A chain whose clock moves only when it is read, by `step`, and a store; both write down what happened. */
async function world(t: TestContext, { nowMs, step = 0n, commitments = [] as Commitment[] }: { nowMs: bigint; step?: bigint; commitments?: Commitment[] }) {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-miner-'));
	t.after(() => rm(folder, { recursive: true }));
	const log: string[] = [];
	let clock = nowMs - step;
	const dependencies: WindowDependencies = {
		chain: {
			clockMs: async () => {
				clock += step;
				return clock;
			},
			commitments: async () => commitments,
		},
		writer: {
			commitGradient: async ({ uid, window, sha256: digest, size, credVersion }) => {
				log.push(`commit at ${clock}`);
				commitments.push({ seq: 0, uid, generation: 1, sha256: digest, size, credVersion, ms: clock });
				assert.equal(window, 5n);
				return { digest: 'd', gasUsedMist: 0n };
			},
		},
		putObject: async (key, bytes) => void log.push(`put ${key} ${bytes.length} at ${clock}`),
		makeGradient: async () => {
			log.push('train');
			return gradient;
		},
		folder,
		phases,
	};
	return { dependencies, log, commitments, folder };
}

test('commits before the put interval and puts inside it', async (t) => {
	const { dependencies, log, commitments } = await world(t, { nowMs: 5_100n, step: 50n });
	const outcome = await mineWindow(dependencies, miner, 5n, never);
	assert.equal(outcome.kind, 'put');
	assert.deepEqual(log, ['train', 'commit at 5150', 'put gradient-5-3-v1 3 at 5400']);
	assert.deepEqual(commitments[0]?.sha256, sha256(gradient));
	assert.equal(commitments[0]?.size, 3n);
});

test('a second life goes on with the bytes on disk: no training, no second commitment', async (t) => {
	const { dependencies, log } = await world(t, { nowMs: 5_100n, step: 50n });
	await mineWindow(dependencies, miner, 5n, never);
	log.length = 0;
	const outcome = await mineWindow(dependencies, miner, 5n, never);
	assert.equal(outcome.kind, 'put');
	assert.deepEqual(log.length, 1);
});

test('bytes on disk that were never committed are committed as they are', async (t) => {
	const { dependencies, log, folder, commitments } = await world(t, { nowMs: 5_100n, step: 50n });
	await writeFile(join(folder, 'gradient-5-3-v1'), Uint8Array.of(9, 9));
	await mineWindow(dependencies, miner, 5n, never);
	assert.ok(!log.includes('train'));
	assert.deepEqual(commitments[0]?.sha256, sha256(Uint8Array.of(9, 9)));
});

test('what cannot be done any more is said, not tried', async (t) => {
	const late = await world(t, { nowMs: 5_450n });
	assert.equal((await mineWindow(late.dependencies, miner, 5n, never)).kind, 'commit-missed');
	assert.deepEqual(late.log, []);

	const slow = await world(t, { nowMs: 5_100n, step: 350n });
	assert.equal((await mineWindow(slow.dependencies, miner, 5n, never)).kind, 'commit-missed');
	assert.deepEqual(slow.log, ['train']);

	const other: Commitment = { seq: 0, uid: 3, generation: 1, sha256: sha256(Uint8Array.of(7)), size: 1n, credVersion: 1, ms: 5_010n };
	const lost = await world(t, { nowMs: 5_100n, commitments: [other] });
	assert.equal((await mineWindow(lost.dependencies, miner, 5n, never)).kind, 'bytes-lost');

	const missed = await world(t, { nowMs: 5_700n, commitments: [{ ...other, sha256: sha256(gradient), size: 3n }] });
	await writeFile(join(missed.folder, 'gradient-5-3-v1'), gradient);
	assert.equal((await mineWindow(missed.dependencies, miner, 5n, never)).kind, 'put-missed');
	assert.deepEqual(missed.log, []);
});

test('a commitment of an earlier generation of the uid is not ours', async (t) => {
	const old: Commitment = { seq: 0, uid: 3, generation: 0, sha256: sha256(Uint8Array.of(7)), size: 1n, credVersion: 1, ms: 5_010n };
	const { dependencies, log } = await world(t, { nowMs: 5_100n, step: 50n, commitments: [old] });
	assert.equal((await mineWindow(dependencies, miner, 5n, never)).kind, 'put');
	assert.equal(log[0], 'train');
});

test('stops when it is told to', async (t) => {
	const { dependencies } = await world(t, { nowMs: 5_100n });
	const controller = new AbortController();
	const running = mineWindow(dependencies, miner, 5n, controller.signal);
	setImmediate(() => controller.abort());
	await assert.rejects(running, { code: 'INTERRUPTED' });
});
