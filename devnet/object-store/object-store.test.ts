import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { adminIdentity, generateKeyPair, type KeyPair, MINERS_BUCKET, minerIdentities, minerPrefix, s3Configuration } from './identities.ts';
import { startObjectStore } from './object-store.ts';

const bytes = new TextEncoder().encode('a gradient');
const expectedSha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
const timeBudgetMs = 20_000;

test('the configuration confines each key to its prefix', () => {
	const keys = { write: generateKeyPair(), read: generateKeyPair() };
	const { identities } = JSON.parse(s3Configuration([adminIdentity(generateKeyPair()), ...minerIdentities(7, keys)]));
	assert.deepEqual(
		identities.map(({ name, actions }: { name: string; actions: string[] }) => [name, ...actions]),
		[
			['admin', 'Admin', 'Read', 'Write', 'List', 'Tagging'],
			['miner-7-write', 'Read:miners/7/*', 'Write:miners/7/*', 'List:miners/7/*'],
			['miner-7-read', 'Read:miners/7/*', 'List:miners/7/*'],
		],
	);
});

test('a real store: keys of one miner, a miner added while it runs, a restart', { timeout: 180_000 }, async (t) => {
	const binary = execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/python-tools.mjs'), 'weed'], { encoding: 'utf8' }).trim();
	const dataDir = await mkdtemp(join(tmpdir(), 'vramhub-objects-'));
	const miners = [7, 71].map((uid) => ({ uid, write: generateKeyPair(), read: generateKeyPair() }));
	const [first, second] = miners as [(typeof miners)[0], (typeof miners)[0]];
	const identities = [adminIdentity(generateKeyPair()), ...minerIdentities(first.uid, first)];
	const options = { binary, dataDir, identities, buckets: [MINERS_BUCKET] };
	let server = await startObjectStore(options);
	const client = createS3ObjectStore();
	t.after(async () => {
		client.close();
		await server.stop();
		await rm(dataDir, { recursive: true, force: true });
	});
	const endpoint = server.endpoint;
	const policy = { kind: 'devnet', allowedOrigins: [endpoint] } as const;
	const as = (keys: KeyPair, uid: number) => ({ endpoint, bucket: MINERS_BUCKET, ...keys, prefix: minerPrefix(uid) });
	const put = (keys: KeyPair, uid: number, key = 'k') => client.putObject({ credentials: as(keys, uid), key, bytes, timeBudgetMs });
	const get = (keys: KeyPair, uid: number, key = 'k') =>
		client.getObjectLimited({ credentials: as(keys, uid), key, maxBytes: bytes.length, expectedSha256, timeBudgetMs, policy });

	await put(first.write, 7);
	assert.deepEqual(new Uint8Array((await get(first.read, 7)).bytes), bytes);
	await assert.rejects(put(first.read, 7), { code: 'OBJECT_FORBIDDEN' });
	await assert.rejects(put(first.write, 71), { code: 'OBJECT_FORBIDDEN' });
	await assert.rejects(get(first.read, 7, 'other'), { code: 'OBJECT_MISSING' });
	await assert.rejects(get(second.read, 71), { code: 'OBJECT_FORBIDDEN' });

	await server.addIdentities(minerIdentities(second.uid, second));
	await put(second.write, 71);
	await get(second.read, 71);
	await get(first.read, 7);
	await assert.rejects(get(second.read, 7), { code: 'OBJECT_FORBIDDEN' });
	await client.putObject({ credentials: as(second.write, 71), key: 'once', bytes, timeBudgetMs, onlyIfAbsent: true });
	await assert.rejects(client.putObject({ credentials: as(second.write, 71), key: 'once', bytes, timeBudgetMs, onlyIfAbsent: true }), {
		code: 'OBJECT_FORBIDDEN',
	});
	assert.equal((await stat(join(dataDir, 's3.json'))).mode & 0o077, 0);

	await server.stop();
	await assert.rejects(get(first.read, 7), { code: 'OBJECT_UNAVAILABLE' });
	server = await startObjectStore(options);
	assert.equal(server.endpoint, endpoint, 'the same ports after a restart');
	assert.deepEqual(new Uint8Array((await get(first.read, 7)).bytes), bytes);
});

test('a server that cannot run is an error, not a wait', async (t) => {
	const dataDir = await mkdtemp(join(tmpdir(), 'vramhub-objects-'));
	t.after(() => rm(dataDir, { recursive: true, force: true }));
	await assert.rejects(startObjectStore({ binary: '/bin/false', dataDir, identities: [] }), { code: 'OBJECT_UNAVAILABLE' });
});
