import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkpointFile, createCheckpointSource } from './checkpoint-source.ts';

const checkpoint = new TextEncoder().encode('the checkpoint');
const sha256 = new Uint8Array(createHash('sha256').update(checkpoint).digest());

/** A public bucket that serves these objects, by path, and a source over it. */
async function published(t: TestContext, objects: Record<string, Uint8Array>) {
	const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
	const server = createServer(({ url, headers }, response) => {
		const path = url!.split('?')[0]!;
		requests.push({ path, headers });
		const object = objects[path];
		if (object === undefined) response.writeHead(404).end();
		else response.end(object);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-checkpoints-'));
	const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const policy = { kind: 'devnet', allowedOrigins: [endpoint] } as const;
	const source = createCheckpointSource({ endpoint, bucket: 'audit', validatorUids: [0, 1, 2], policy, folder, maxBytes: 100 });
	t.after(async () => {
		source.close();
		server.closeAllConnections();
		server.close();
		await rm(folder, { recursive: true, force: true });
	});
	return { source, folder, requests };
}

test('the first validator that serves the anchored bytes is believed, without any signature, and they are kept', async (t) => {
	const { source, folder, requests } = await published(t, {
		'/audit/validator-0/checkpoint-6-v1': new TextEncoder().encode('another one'),
		'/audit/validator-2/checkpoint-6-v1': checkpoint,
	});
	assert.deepEqual(new Uint8Array(await source.fetch(6n, sha256)), checkpoint);
	assert.deepEqual(
		requests.map(({ path }) => path),
		[0, 1, 2].map((uid) => `/audit/validator-${uid}/checkpoint-6-v1`),
	);
	assert.ok(requests.every(({ headers }) => headers.authorization === undefined));
	assert.deepEqual(new Uint8Array(await readFile(checkpointFile(folder, 6n))), checkpoint);
	await source.fetch(6n, sha256);
	assert.equal(requests.length, 3, 'the second time from the folder');
});

test('a kept file that is another one is replaced', async (t) => {
	const { source, folder } = await published(t, { '/audit/validator-1/checkpoint-6-v1': checkpoint });
	await writeFile(checkpointFile(folder, 6n), 'what we merged ourselves');
	assert.deepEqual(new Uint8Array(await source.fetch(6n, sha256)), checkpoint);
	assert.deepEqual(new Uint8Array(await readFile(checkpointFile(folder, 6n))), checkpoint);
});

test('while nobody serves it, it may still come; what is too large is not taken', async (t) => {
	const { source } = await published(t, { '/audit/validator-0/checkpoint-6-v1': new Uint8Array(101) });
	await assert.rejects(source.fetch(6n, sha256), { code: 'OBJECT_UNAVAILABLE', message: /validator 0: OBJECT_TOO_LARGE, validator 1: OBJECT_MISSING/ });
});
