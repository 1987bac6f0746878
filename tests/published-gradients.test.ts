/** What validators of one window do for each other when a miner's store does not serve them all, over a real object store. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { blobFolder, sha256Hex } from '#activities/blobs.ts';
import { createGradientActivities, type GradientDeps } from '#activities/gradient/all.ts';
import { auditGradientKey, auditPrefix } from '#clients/objects/audit.ts';
import { createS3ObjectStore, type ObjectStore } from '#clients/objects/s3-object-store.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import type { FetchOutcome } from '#core/gradient/messages.ts';
import { adminIdentity, generateKeyPair, MINERS_BUCKET, minerIdentities, minerPrefix, type ObjectStoreIdentity } from '#devnet/object-store/identities.ts';
import { type ObjectStoreProcess, startObjectStore } from '#devnet/object-store/object-store.ts';
import { blobsFolder } from '#runtime/state-folder.ts';
import { auditStore, publishedGradients } from '#workers/audit.ts';
import { objectSource } from '#workers/object-source.ts';
import { weedBinary } from '../scripts/python-tools.mjs';
import { FakeWorld } from './temporal/fake-world.ts';

const WINDOW = 2_957_300n;
const window = WINDOW.toString();
const AUDIT_BUCKET = 'audit';
/** The fake world's windows last 600 s, 540 s of them until the end of the put phase. Others have a quarter of what is left. */
const PUT_CLOSE_MS = 540_000n;
const PEERS_MS = 15_000n;

const MINER = 0;
const minerKeys = { write: generateKeyPair(), read: generateKeyPair() };
const validatorKeys = [0, 1, 2].map(generateKeyPair);

let data: string;
let server: ObjectStoreProcess;
const store = createS3ObjectStore();

before(async () => {
	data = await mkdtemp(join(tmpdir(), 'vramhub-published-'));
	const audit = validatorKeys.map(
		(keys, uid): ObjectStoreIdentity => ({
			name: `validator-${uid}-audit`,
			keys,
			grant: { kind: 'prefix', bucket: AUDIT_BUCKET, prefix: auditPrefix(uid), write: true },
		}),
	);
	server = await startObjectStore({
		binary: await weedBinary(),
		dataDir: join(data, 'objects'),
		identities: [
			adminIdentity(generateKeyPair()),
			...minerIdentities(MINER, minerKeys),
			...audit,
			{ name: 'anonymous', keys: undefined, grant: { kind: 'anonymous-read', bucket: AUDIT_BUCKET, prefix: '' } },
		],
		buckets: [MINERS_BUCKET, AUDIT_BUCKET],
		logFile: join(data, 'object-store.log'),
	});
});
after(async () => {
	store.close();
	await server?.stop();
	await rm(data, { recursive: true, force: true });
});

/** A window of three validators and this miner, whose gradient nobody has seen before: nothing is left of the test before. */
let world: FakeWorld;
let gradient: Uint8Array;
let sha256: string;
let tests = 0;
beforeEach(async () => {
	gradient = new TextEncoder().encode(`the gradient of test ${++tests}`);
	sha256 = sha256Hex(gradient);
	world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.others.push({ uid: 1, stake: 10n }, { uid: 2, stake: 10n });
	await world.writer.sealWindow(WINDOW);
	world.atWindow(WINDOW, PUT_CLOSE_MS);
	const miners = { endpoint: server.endpoint, bucket: MINERS_BUCKET, prefix: minerPrefix(MINER), ...minerKeys.write };
	await store.putObject({ credentials: miners, key: gradientObjectKey(WINDOW, MINER), bytes: gradient, timeBudgetMs: 60_000 });
});

const own = (uid: number, keys = validatorKeys[uid]!): StorageCredentials => ({
	endpoint: server.endpoint,
	bucket: AUDIT_BUCKET,
	prefix: auditPrefix(uid),
	...keys,
});
const publish = (uid: number, bytes: Uint8Array) => store.putObject({ credentials: own(uid), key: auditGradientKey(sha256), bytes, timeBudgetMs: 60_000 });
const isPublishedBy = (uid: number) =>
	store.sizeOf({ credentials: own(uid), key: auditGradientKey(sha256), timeBudgetMs: 60_000 }).then(
		(size) => size === gradient.length,
		() => false,
	);

interface ValidatorOptions {
	/** What the miner's store does to this validator. */
	readonly miner?: 'serves' | 'refuses' | 'is away';
	readonly change?: (deps: GradientDeps) => Partial<GradientDeps>;
	readonly objects?: ObjectStore;
}

/** One validator of the window, with a folder of its own; `fetch` is one attempt of its activity. */
async function validator(uid: number, { miner = 'serves', change = () => ({}), objects = store }: ValidatorOptions = {}) {
	const keys = miner === 'refuses' ? generateKeyPair() : minerKeys.read;
	// Port 9 is that of discard: nobody listens.
	const endpoint = miner === 'is away' ? 'http://127.0.0.1:9' : server.endpoint;
	const policy = { kind: 'devnet', allowedOrigins: [server.endpoint, endpoint] } as const;
	const folder = await mkdtemp(join(data, `validator-${uid}-`));
	const place = { endpoint: server.endpoint, bucket: AUDIT_BUCKET, validatorUids: [], policy };
	const deps: GradientDeps = {
		...world.deps(),
		decryptor: { decrypt: async () => ({ endpoint, bucket: MINERS_BUCKET, prefix: minerPrefix(MINER), ...keys }) },
		objects: objectSource(policy),
		published: publishedGradients(objects, place),
		audit: auditStore(objects, own(uid)),
		blobs: blobFolder(folder, uid),
		validatorUid: uid,
	};
	const { fetchGradients } = createGradientActivities({ ...deps, ...change(deps) });
	const committed = { uid: MINER, generation: 1, credVersion: 1, sha256, size: gradient.length };
	const request = { window, miners: [committed], putCloseMs: (WINDOW * 600_000n + PUT_CLOSE_MS).toString() };
	return {
		blobs: () => readdir(blobsFolder(folder, uid)).catch(() => []),
		fetch: (environment = attempt(1), changes: Partial<typeof request> = {}): Promise<FetchOutcome[]> =>
			environment.run(fetchGradients, { ...request, ...changes }),
	};
}

/** One of four attempts. */
const attempt = (number: number) =>
	new MockActivityEnvironment({ attempt: number, retryPolicy: { maximumAttempts: 4 } }, { logger: new DefaultLogger('ERROR') });
const codesOf = (outcomes: FetchOutcome[]) => outcomes.map((outcome) => (outcome.kind === 'testimony' ? outcome.code : outcome.kind));
const logged = (text: string) => world.logs.filter((line) => line.includes(text));

test('a miner whose store refuses one validator alone: what another one read and published is taken, and there is no testimony', async () => {
	const [a, b] = [await validator(0, { miner: 'refuses' }), await validator(1)];
	assert.deepEqual(codesOf(await b.fetch()), ['stored']);
	assert.ok(await isPublishedBy(1));
	assert.deepEqual(codesOf(await a.fetch()), ['stored']);
	assert.deepEqual(await a.blobs(), [sha256]);
	assert.equal(logged('Gradient taken from another validator').length, 1);
	assert.match(logged('Gradient taken from another validator')[0]!, /^INFO .*miner_uid=0 .*code=OBJECT_FORBIDDEN/);
	assert.equal(await isPublishedBy(0), false, 'whoever took it leaves the serving to who read it');
});

test('nobody published it: testimony as it was, for each reason', async () => {
	world.atWindow(WINDOW, PUT_CLOSE_MS + PEERS_MS);
	assert.deepEqual(codesOf(await (await validator(0, { miner: 'refuses' })).fetch()), [MINER_CODE.forbidden]);
	const away = await validator(0, { miner: 'is away' });
	await assert.rejects(away.fetch(), (error) => error instanceof ApplicationFailure && error.type === 'OBJECT_UNAVAILABLE' && !error.nonRetryable);
	assert.deepEqual(codesOf(await away.fetch(attempt(4))), [MINER_CODE.unavailable]);
	assert.deepEqual(await away.blobs(), []);
});

test('other bytes under the digest are not taken, and do not hide the right ones', async () => {
	world.atWindow(WINDOW, PUT_CLOSE_MS + PEERS_MS);
	const a = await validator(0, { miner: 'refuses' });
	await publish(1, Buffer.concat([gradient, gradient]));
	assert.deepEqual(codesOf(await a.fetch()), [MINER_CODE.forbidden], 'larger than committed');
	const other = gradient.map((byte) => byte ^ 1);
	await publish(1, other);
	assert.deepEqual(codesOf(await a.fetch()), [MINER_CODE.forbidden], 'as large as committed');
	assert.deepEqual(await a.blobs(), []);
	await publish(2, gradient);
	assert.deepEqual(codesOf(await a.fetch()), ['stored']);
});

test('who was faster than the others’ uploads looks once more, and finds them', async () => {
	let looks = 0;
	const late = ({ published }: GradientDeps): Partial<GradientDeps> => ({
		published: {
			async fetch(of) {
				try {
					return await published!.fetch(of);
				} finally {
					if (++looks === 1) await publish(2, gradient);
				}
			},
		},
	});
	// What cannot pass is looked for again at the moment by which others have published.
	world.atWindow(WINDOW, PUT_CLOSE_MS + PEERS_MS - 50n);
	assert.deepEqual(codesOf(await (await validator(0, { miner: 'refuses', change: late })).fetch()), ['stored']);
	assert.equal(looks, 2);
});

test('what may pass is looked for at each attempt', async () => {
	const a = await validator(0, { miner: 'is away' });
	await assert.rejects(a.fetch(attempt(1)));
	await publish(1, gradient);
	assert.deepEqual(codesOf(await a.fetch(attempt(2))), ['stored']);
});

test('waiting for others ends with the activity', { timeout: 10_000 }, async () => {
	const environment = attempt(1);
	const { fetch } = await validator(0, {
		miner: 'refuses',
		change: ({ published }) => ({
			published: {
				fetch: (of) =>
					published!.fetch(of).finally(() => {
						// After the look, in the wait that follows.
						setImmediate(() => environment.cancel());
					}),
			},
		}),
	});
	await assert.rejects(fetch(environment), (error) => error instanceof CancelledFailure);
	assert.deepEqual(logged('Gradient not brought'), []);
});

test('an object that was put too late is late, whoever publishes it, and is not published', async () => {
	await publish(1, gradient);
	world.atWindow(WINDOW, PUT_CLOSE_MS + 10_000n);
	const a = await validator(0);
	assert.deepEqual(codesOf(await a.fetch()), [MINER_CODE.late]);
	assert.deepEqual(await a.blobs(), []);
	assert.equal(await isPublishedBy(0), false);
});

test('nothing is published before the put phase is over by the chain’s clock', async () => {
	world.atWindow(WINDOW, PUT_CLOSE_MS - 40n);
	let looks = 0;
	const clockMs = async () => {
		// The first look and the wait after it are before the end.
		if (++looks > 1) world.atWindow(WINDOW, PUT_CLOSE_MS);
		return world.nowMs;
	};
	const early = await validator(0, {
		change: ({ chain, audit }) => ({
			chain: { ...chain, clockMs },
			audit: {
				putGradient: (...of) => {
					assert.ok(world.nowMs >= WINDOW * 600_000n + PUT_CLOSE_MS);
					return audit!.putGradient(...of);
				},
			},
		}),
	});
	assert.deepEqual(codesOf(await early.fetch()), ['stored']);
	assert.ok(await isPublishedBy(0));
	assert.deepEqual(logged('Gradient not published'), []);
});

test('a gradient is uploaded once, however often it is published', async () => {
	let uploads = 0;
	const putObject: ObjectStore['putObject'] = (request) => {
		uploads++;
		return store.putObject(request);
	};
	const objects = { ...store, putObject };
	const a = await validator(0, { objects });
	assert.deepEqual(codesOf(await a.fetch()), ['stored']);
	assert.deepEqual(codesOf(await a.fetch()), ['stored']);
	// As the aggregator does, once the gradient was selected.
	await auditStore(objects, own(0)).putGradient(sha256, gradient, AbortSignal.timeout(60_000));
	assert.equal(uploads, 1);
});

test('publishing that fails, or that never ends, changes no outcome', { timeout: 60_000 }, async () => {
	const refused = await validator(0, { change: () => ({ audit: auditStore(store, own(0, generateKeyPair())) }) });
	assert.deepEqual(codesOf(await refused.fetch()), ['stored']);
	assert.match(logged('Gradient not published')[0]!, /^WARN .*miner_uid=0 .*code=OBJECT_FORBIDDEN/);

	let uploads = 0;
	const deaf = await validator(0, { change: () => ({ audit: { putGradient: () => new Promise(() => uploads++) } }) });
	// Of a window of which 4 s are left an upload has the least that it can have, 2 s.
	world.atWindow(WINDOW, 596_000n);
	const short = { putCloseMs: world.nowMs.toString() };
	assert.deepEqual(codesOf(await deaf.fetch(attempt(1), short)), ['stored']);
	assert.deepEqual(codesOf(await deaf.fetch(attempt(2), short)), ['stored']);
	assert.equal(uploads, 1, 'and is not waited for again in this window');
	assert.match(logged('Gradient not published')[1]!, /code=OBJECT_UNAVAILABLE/);
});
