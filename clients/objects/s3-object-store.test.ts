import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { PUBLIC_HTTPS } from './endpoint-policy.ts';
import { createS3ObjectStore, type GetObjectRequest, type PutObjectRequest } from './s3-object-store.ts';

const SECRET = 'very-secret-access-key-0123456789';
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const object = new Uint8Array(3000).fill(7);

/** A store that does with a request whatever the test says, and a request to it that would succeed. */
async function hostileStore(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
	const server = createServer(answer).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const store = createS3ObjectStore();
	t.after(() => store.close());
	const request: GetObjectRequest & Pick<PutObjectRequest, 'credentials'> = {
		credentials: { endpoint, bucket: 'miners', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, prefix: '7/' },
		key: 'gradient-1-7-v1',
		maxBytes: object.length,
		expectedSha256: sha256(object),
		timeBudgetMs: 20_000,
		policy: { kind: 'devnet', allowedOrigins: [endpoint] },
	};
	return { store, request };
}

/** Rejects with this code, and with nothing of the request in the error. */
async function refuses(promise: Promise<unknown>, code: string) {
	await assert.rejects(promise, (error: Error & { code?: string }) => {
		assert.equal(error.code, code, error.message);
		const shown = inspect(error, { depth: 10, showHidden: true });
		for (const secret of [SECRET, 'AKIDEXAMPLE', 'AWS4-HMAC']) assert.ok(!shown.includes(secret), `${secret} in ${shown}`);
		return true;
	});
}

test('reads exactly the committed object under the exact key', async (t) => {
	let path: string | undefined;
	const { store, request } = await hostileStore(t, (incoming, response) => {
		path = incoming.url;
		response.setHeader('last-modified', 'Wed, 21 Oct 2026 07:28:00 GMT').end(object);
	});
	const { bytes, lastModified } = await store.getObjectLimited(request);
	assert.deepEqual(new Uint8Array(bytes), object);
	assert.equal(lastModified?.toISOString(), '2026-10-21T07:28:00.000Z');
	assert.equal(path?.split('?')[0], '/miners/7/gradient-1-7-v1');
});

test('each failing status has its code, and a failure is never read to its end', async (t) => {
	let status = 0;
	const { store, request } = await hostileStore(t, (_, response) => {
		response.writeHead(status, { location: 'http://169.254.169.254/', 'x-amz-bucket-region': 'elsewhere' });
		// An endless error body: whoever waits for its end never returns.
		const more = () => response.write(Buffer.alloc(65_536), () => response.destroyed || setImmediate(more));
		more();
	});
	const expected: [number, string][] = [
		...[301, 302, 307, 308].map((code): [number, string] => [code, 'ENDPOINT_REFUSED']),
		...[400, 401, 403].map((code): [number, string] => [code, 'OBJECT_FORBIDDEN']),
		...[206, 429, 500, 503].map((code): [number, string] => [code, 'OBJECT_UNAVAILABLE']),
		[404, 'OBJECT_MISSING'],
	];
	for (const [code, name] of expected) {
		status = code;
		await refuses(store.getObjectLimited(request), name);
	}
});

test('too large by its header, and too large without one', async (t) => {
	let announce = true;
	let sent = 0;
	const { store, request } = await hostileStore(t, (_, response) => {
		if (announce) response.setHeader('content-length', 1 << 30);
		sent = 0;
		const more = () => {
			sent += 65_536;
			response.write(Buffer.alloc(65_536), () => response.destroyed || setImmediate(more));
		};
		more();
	});
	await refuses(store.getObjectLimited(request), 'OBJECT_TOO_LARGE');
	announce = false;
	await refuses(store.getObjectLimited({ ...request, maxBytes: 1_000_000 }), 'OBJECT_TOO_LARGE');
	assert.ok(sent < 100_000_000, `${sent} bytes sent`);
});

test('other bytes, fewer bytes and a cut connection', async (t) => {
	let answer = (response: ServerResponse) => void response.end(object);
	const { store, request } = await hostileStore(t, (_, response) => answer(response));
	await refuses(store.getObjectLimited({ ...request, expectedSha256: sha256(new Uint8Array(1)) }), 'OBJECT_DIGEST');
	answer = (response) => void response.end(object.subarray(1));
	await refuses(store.getObjectLimited(request), 'OBJECT_DIGEST');
	answer = (response) => {
		response.setHeader('content-length', object.length);
		response.write(object.subarray(0, 100), () => response.destroy());
	};
	await refuses(store.getObjectLimited(request), 'OBJECT_UNAVAILABLE');
});

test('nonsense headers are ignored', async (t) => {
	const { store, request } = await hostileStore(t, (_, response) => {
		response
			.writeHead(200, { 'last-modified': 'yesterday', 'x-amz-checksum-crc32': 'AAAA', 'x-amz-missing-meta': 'NaN', 'content-length': '3000' })
			.end(object);
	});
	assert.equal((await store.getObjectLimited(request)).lastModified, undefined);
});

test('the time budget covers silence and a slow body', async (t) => {
	let slow = false;
	const { store, request } = await hostileStore(t, (_, response) => {
		if (slow) response.write(object.subarray(0, 1));
	});
	await refuses(store.getObjectLimited({ ...request, timeBudgetMs: 150 }), 'OBJECT_UNAVAILABLE');
	slow = true;
	await refuses(store.getObjectLimited({ ...request, timeBudgetMs: 150 }), 'OBJECT_UNAVAILABLE');
});

test("the caller's cancellation is thrown as it is", async (t) => {
	const controller = new AbortController();
	const reason = new Error('activity cancelled');
	const { store, request } = await hostileStore(t, (_, response) => {
		response.write(object.subarray(0, 1), () => controller.abort(reason));
	});
	await assert.rejects(store.getObjectLimited({ ...request, signal: controller.signal }), (error) => error === reason);
});

test('a refused connection, and endpoints that the policy refuses', async (t) => {
	const { store, request } = await hostileStore(t, (_, response) => void response.end(object));
	const at = (endpoint: string, policy = request.policy) => store.getObjectLimited({ ...request, policy, credentials: { ...request.credentials, endpoint } });
	await refuses(at('http://127.0.0.1:1', { kind: 'devnet', allowedOrigins: ['http://127.0.0.1:1'] }), 'OBJECT_UNAVAILABLE');
	await refuses(at(request.credentials.endpoint, PUBLIC_HTTPS), 'ENDPOINT_REFUSED');
	// Goes through the socket's own lookup, where the address is pinned.
	await refuses(at('https://localhost:1'), 'ENDPOINT_REFUSED');
});

test('credentials that the SDK would interpret are refused', async (t) => {
	let called = false;
	const { store, request } = await hostileStore(t, (_, response) => {
		called = true;
		response.end(object);
	});
	const wrong = [
		{ bucket: 'arn:aws:s3:us-east-1:123456789012:accesspoint/mine' },
		{ bucket: '..' },
		{ bucket: '' },
		{ accessKeyId: 'a\r\nx: y' },
		{ secretAccessKey: '' },
		{ prefix: '../' },
		{ prefix: 'a?b/' },
	];
	for (const part of wrong) await refuses(store.getObjectLimited({ ...request, credentials: { ...request.credentials, ...part } }), 'CREDENTIALS_MALFORMED');
	assert.equal(called, false);
});

test('puts an object, and says why it could not', async (t) => {
	let status = 200;
	let received: Uint8Array | undefined;
	let condition: string | undefined;
	const { store, request } = await hostileStore(t, (incoming, response) => {
		condition = incoming.headers['if-none-match'];
		void incoming.toArray().then((chunks) => {
			received = Buffer.concat(chunks);
			response.writeHead(status).end();
		});
	});
	const put = { credentials: request.credentials, key: 'k', bytes: object, timeBudgetMs: 20_000 };
	await store.putObject(put);
	assert.deepEqual(received && new Uint8Array(received), object);
	assert.equal(condition, undefined);
	status = 412;
	await refuses(store.putObject({ ...put, onlyIfAbsent: true }), 'OBJECT_FORBIDDEN');
	assert.equal(condition, '*');
});

test('the size of an object in our own store is known without reading it', async (t) => {
	let asked: string | undefined;
	let status = 200;
	const { store, request } = await hostileStore(t, ({ method, url }, response) => {
		asked = `${method} ${url!.split('?')[0]}`;
		response.writeHead(status, { 'content-length': status === 200 ? 3000 : 0, 'last-modified': 'nonsense' }).end();
	});
	assert.equal(await store.sizeOf(request), 3000);
	assert.equal(asked, 'HEAD /miners/7/gradient-1-7-v1');
	for (const [code, name] of [
		[404, 'OBJECT_MISSING'],
		[403, 'OBJECT_FORBIDDEN'],
		[503, 'OBJECT_UNAVAILABLE'],
	] as const) {
		status = code;
		await refuses(store.sizeOf(request), name);
	}
});
