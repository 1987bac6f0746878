import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { isVramhubError } from '#core/errors.ts';
import { Faucet } from '#devnet/faucet.ts';
import { FRAME_HEAD_BYTES, readFrame } from '#devnet/ledger/frames.ts';
import { noticeText } from '#devnet/ledger/journal.ts';
import { KEY } from '#devnet/ledger/keys.ts';
import { readSnapshot, snapshotsIn } from '#devnet/ledger/snapshot.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { openChain, SUPPLY, spentSince, stateHash, suiInObjects } from '#tests/helpers/durable-chain.ts';
import { killRuns } from '#tests/helpers/kill-runs.ts';

const MAGIC_BYTES = 17;
/** A snapshot every few transactions. */
const SEGMENT_BYTES = 24 * 1024;
const GIFTS = 40;

interface Files {
	readonly segments: readonly string[];
	readonly snapshots: readonly string[];
	readonly indexes: readonly string[];
}

function filesOf(folder: string): Files {
	const names = readdirSync(folder).sort();
	const ending = (start: string, end: string) => names.filter((name) => name.startsWith(start) && name.endsWith(end)).map((name) => join(folder, name));
	return { segments: ending('ledger-', '.log'), snapshots: ending('snapshot-', '.bin'), indexes: ending('ledger-', '.index') };
}

/** Where the frames of a segment begin, and where the last one ends. */
function framesOf(file: string): number[] {
	const bytes = readFileSync(file);
	const starts: number[] = [];
	let at = MAGIC_BYTES;
	for (let frame = readFrame(bytes, at); frame !== undefined; frame = readFrame(bytes, at)) {
		starts.push(at);
		at = frame.end;
	}
	return [...starts, at];
}

function flip(file: string, at: number): void {
	const bytes = readFileSync(file);
	bytes[at]! ^= 0x10;
	writeFileSync(file, bytes);
}

const corrupt = (error: unknown) => isVramhubError(error) && error.code === 'LEDGER_CORRUPT';

describe('a folder with segments and snapshots', () => {
	let original: string;
	let hash: string;
	let tip: bigint;
	let digests: string[];
	let recipients: string[];
	const folders: string[] = [];

	before(async () => {
		original = mkdtempSync(join(tmpdir(), 'vramhub-durable-'));
		const devnet = await startDevnet({ dataDir: original, log: { segmentBytes: SEGMENT_BYTES }, randomSeed: 'durability' });
		const faucet = new Faucet(devnet.ledger);
		recipients = Array.from({ length: GIFTS }, () => Ed25519Keypair.generate().toSuiAddress());
		for (const recipient of recipients) await faucet.give(recipient);
		devnet.advanceClock(123_456_789);
		// The last segment has several entries, the last of them a transaction.
		for (let last = 0; last < 4; ) {
			await faucet.give(recipients[0]!);
			last = framesOf(filesOf(original).segments.at(-1)!).length - 1;
		}
		hash = stateHash(devnet.ledger);
		({ tip } = devnet.ledger.history);
		digests = [...devnet.ledger.history.range()].map(({ digest }) => digest);
		await devnet.stop();
		const { segments, snapshots } = filesOf(original);
		assert.ok(segments.length >= 4, 'segments');
		assert.equal(snapshots.length, 2, 'the two newest snapshots are kept');
	});
	after(() => {
		for (const folder of [original, ...folders]) rmSync(folder, { recursive: true, force: true });
	});

	const copy = () => {
		const folder = mkdtempSync(join(tmpdir(), 'vramhub-durable-'));
		folders.push(folder);
		cpSync(original, folder, { recursive: true });
		return folder;
	};
	/** Opens, expects the whole chain, and a transaction after it. */
	const expectWhole = (folder: string) => {
		using chain = openChain(folder, { segmentBytes: SEGMENT_BYTES });
		const { ledger } = chain;
		assert.ok(ledger !== undefined);
		assert.equal(stateHash(ledger), hash);
		assert.deepEqual(
			[...ledger.history.range()].map(({ digest }) => digest),
			digests,
		);
		return chain.notices;
	};
	const goesOn = async (folder: string) => {
		using chain = openChain(folder, { segmentBytes: SEGMENT_BYTES });
		const { ledger } = chain;
		assert.ok(ledger !== undefined);
		const before = ledger.history.tip;
		const { transferTxDigest } = await new Faucet(ledger).give(recipients[1]!);
		assert.equal(ledger.history.byDigest(transferTxDigest)?.checkpoint, before + 1n);
		assert.equal(suiInObjects(ledger) + spentSince(ledger, 1n), SUPPLY);
	};

	it('opens with the state that it had, whether from the newest snapshot, an older one, or none', async () => {
		const folder = copy();
		assert.deepEqual(expectWhole(folder), []);
		const [, newest] = filesOf(folder).snapshots;
		flip(newest!, 5_000);
		assert.deepEqual(
			expectWhole(folder).map(({ kind }) => kind),
			['snapshotSkipped'],
		);
		for (const file of filesOf(folder).snapshots) rmSync(file);
		assert.deepEqual(expectWhole(folder), []);
		await goesOn(folder);
	});

	it('history is found on disk: by digest, by checkpoint, by what it touched, and objects by version', () => {
		using chain = openChain(copy());
		const { ledger } = chain;
		assert.ok(ledger !== undefined);
		for (const [i, digest] of digests.entries()) {
			const record = ledger.history.byDigest(digest);
			assert.equal(record?.checkpoint, BigInt(i + 1));
			assert.equal(ledger.history.at(BigInt(i + 1))?.digest, digest);
			assert.equal(ledger.history.byCheckpointDigest(record.checkpointDigest)?.digest, digest);
			for (const { id, output } of record.effects.changed) {
				const object = ledger.object(id, output?.version);
				assert.ok(object !== undefined && object.version === output?.version, `${id} at ${output?.version}`);
			}
		}
		assert.equal(ledger.history.byDigest('1'.repeat(44)), undefined);
		for (const address of [recipients[7]!, recipients[31]!]) {
			const found = [...ledger.history.range({ wanted: [[KEY.affectedAddress(address)]] })];
			assert.ok(found.length >= 1 && found.length < digests.length / 2, `${found.length} read`);
			assert.ok(found.some(({ effects }) => effects.balanceChanges.some((change) => change.address === address)));
		}
	});

	it('a torn end is cut, wherever it is torn, and the message says what and where', async () => {
		const { segments } = filesOf(original);
		const last = segments.at(-1)!;
		const starts = framesOf(last);
		const end = starts.at(-1)!;
		const beginning = starts.at(-2)!;
		// Inside mark, checksum, length, number and body of the last frame; one byte in, one byte short.
		for (const at of [1, 3, 6, 10, 15, FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + 1, FRAME_HEAD_BYTES + 700, end - beginning - 1]) {
			const folder = copy();
			const file = filesOf(folder).segments.at(-1)!;
			truncateSync(file, beginning + at);
			{
				using chain = openChain(folder);
				assert.equal(chain.ledger?.history.tip, tip - 1n);
				assert.deepEqual(chain.notices, [{ kind: 'tailCut', file, at: beginning, bytes: at }]);
				assert.match(noticeText(chain.notices[0]!), new RegExp(`${at} bytes from byte ${beginning} on`));
				assert.equal(statSync(file).size, beginning);
			}
			if (at === 10) await goesOn(folder);
		}
	});

	it('a damaged last entry, and rubbish behind it, are cut', async () => {
		const starts = framesOf(filesOf(original).segments.at(-1)!);
		const beginning = starts.at(-2)!;
		for (const at of [beginning, beginning + 5, beginning + 9, beginning + 13, beginning + 400]) {
			const folder = copy();
			flip(filesOf(folder).segments.at(-1)!, at);
			using chain = openChain(folder);
			assert.equal(chain.ledger?.history.tip, tip - 1n);
			assert.deepEqual(
				chain.notices.map((notice) => notice.kind === 'tailCut' && notice.at),
				[beginning],
			);
		}
		for (const rubbish of [Buffer.alloc(1), Buffer.alloc(4096), readFileSync(filesOf(original).segments[0]!).subarray(MAGIC_BYTES, MAGIC_BYTES + 60)]) {
			const folder = copy();
			appendFileSync(filesOf(folder).segments.at(-1)!, rubbish);
			assert.deepEqual(
				expectWhole(folder).map((notice) => notice.kind === 'tailCut' && notice.bytes),
				[rubbish.length],
			);
			await goesOn(folder);
		}
	});

	it('damage before the end is refused, and nothing is changed', () => {
		const starts = framesOf(filesOf(original).segments.at(-1)!);
		for (const at of [0, MAGIC_BYTES, MAGIC_BYTES + 9, starts[1]! + 1, starts[1]! + 10, starts[1]! + 30]) {
			const folder = copy();
			const file = filesOf(folder).segments.at(-1)!;
			flip(file, at);
			const damaged = readFileSync(file);
			assert.throws(() => openChain(folder), corrupt, `byte ${at}`);
			assert.deepEqual(readFileSync(file), damaged);
		}
		const missing = copy();
		for (const file of filesOf(missing).segments.slice(-2)) rmSync(file);
		assert.throws(() => openChain(missing), corrupt, 'the end before the snapshot');
		const gap = copy();
		for (const file of filesOf(gap).snapshots) rmSync(file);
		rmSync(filesOf(gap).segments[1]!);
		assert.throws(() => openChain(gap), corrupt, 'a missing segment');
	});

	it('an older segment is not needed to open; damage in it shows when it is read, and without it history begins later', () => {
		const folder = copy();
		const [first, second] = filesOf(folder).segments;
		flip(second!, framesOf(second!)[0]! + 200);
		const damaged = BigInt(framesOf(first!).length - 1); // genesis is the first entry, and no checkpoint
		{
			using chain = openChain(folder);
			assert.ok(chain.ledger !== undefined);
			assert.equal(stateHash(chain.ledger), hash);
			const { history } = chain.ledger;
			assert.equal(history.at(1n)?.digest, digests[0]);
			assert.throws(() => history.at(damaged), corrupt);
			assert.equal(history.at(damaged + 1n)?.digest, digests[Number(damaged)]);
		}
		rmSync(first!);
		using chain = openChain(folder);
		assert.ok(chain.ledger !== undefined);
		assert.equal(stateHash(chain.ledger), hash);
		const { history } = chain.ledger;
		assert.ok(history.lowest > 1n && history.lowest < tip);
		assert.equal(history.at(history.lowest - 1n), undefined);
		assert.equal(history.byDigest(digests[0]!), undefined);
		assert.equal(history.lowest, damaged);
		assert.equal(history.byDigest(digests[Number(damaged)]!)?.checkpoint, damaged + 1n);
	});

	it('an index that is missing or damaged is made again', () => {
		const folder = copy();
		const [first, second] = filesOf(folder).indexes;
		rmSync(first!);
		flip(second!, statSync(second!).size - 3);
		assert.deepEqual(
			expectWhole(folder).map(({ kind }) => kind),
			['indexRebuilt', 'indexRebuilt'],
		);
		assert.deepEqual(expectWhole(folder), []);
	});

	it('a process may end at any step of writing a snapshot', async () => {
		// As it is left: before the rename; after it and before the next segment; with the next segment's first line in part.
		const part = copy();
		renameSync(filesOf(part).snapshots[1]!, `${filesOf(part).snapshots[1]}.tmp`);
		truncateSync(join(part, readdirSync(part).find((name) => name.endsWith('.tmp'))!), 3_000);
		assert.deepEqual(expectWhole(part), []);
		assert.ok(!readdirSync(part).some((name) => name.endsWith('.tmp')));
		await goesOn(part);

		const entry = snapshotsIn(original)[0]!;
		const before = readSnapshot(original, entry)!.state.tip;
		assert.ok(before < tip);
		for (const left of [undefined, 0, 1, 16, MAGIC_BYTES]) {
			const folder = copy();
			const file = filesOf(folder).segments.at(-1)!;
			if (left === undefined) rmSync(file);
			else truncateSync(file, left);
			{
				using chain = openChain(folder);
				assert.equal(chain.ledger?.history.tip, before, `${left} bytes of the last segment`);
			}
			await goesOn(folder);
			using again = openChain(folder);
			assert.equal(again.ledger?.history.tip, before + 1n);
		}
	});

	it('a second devnet on the same folder is noticed before it harms', async () => {
		const folder = copy();
		using first = openChain(folder);
		using second = openChain(folder);
		await new Faucet(first.ledger!).give(recipients[2]!);
		await assert.rejects(new Faucet(second.ledger!).give(recipients[3]!), { code: 'BAD_CONFIGURATION' });
		await new Faucet(first.ledger!).give(recipients[4]!);
		using third = openChain(folder);
		assert.equal(third.ledger?.history.tip, tip + 2n);
	});
});

it('kill -9 at random moments loses nothing that was acknowledged', { timeout: 120_000 }, async (context) => {
	const figures = await killRuns({ runs: 5, seed: 1 });
	context.diagnostic(JSON.stringify(figures));
	assert.ok(figures.acknowledged > 0, JSON.stringify(figures));
});
