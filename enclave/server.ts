import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { toHex } from '#core/bytes.ts';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import type { AttestationAnswer } from '#core/gradient/enclave-api.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import type { Attester } from '#enclave/attestation.ts';
import { FileStore } from '#enclave/files.ts';
import type { SigningKey } from '#enclave/keys.ts';
import { MAX_SESSION_REQUEST_BYTES, parseAttestationQuery, parseFreezeRequest, parseProcessRequest } from '#enclave/request.ts';
import { Sessions } from '#enclave/sessions.ts';
import type { Logger } from '#runtime/log.ts';

export interface EnclaveServerOptions {
	readonly key: SigningKey;
	readonly attester: Attester;
	/** CPU_CLASS of this machine. */
	readonly cpuClass: number;
	readonly log: Logger;
	readonly host?: string;
	/** 0: any free one. */
	readonly port: number;
	/** Bound on all model files together, bytes. */
	readonly maxFileBytes?: number;
	readonly maxSessions?: number;
}

export interface EnclaveServer extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
}

/** Longest gradient that any network allows: the upper bound of hparams `max_gradient_bytes`. */
const MAX_GRADIENT_BYTES = 52_428_800;
const MAX_PROCESS_REQUEST_BYTES = 2 * MAX_GRADIENT_BYTES + 4_096;
const MAX_SMALL_REQUEST_BYTES = 64 << 10;
const DEFAULT_MAX_FILE_BYTES = 2 ** 30;
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than a host is busy between two calls: a connection closed while a call is on its way looks like an enclave that died. */
const KEEP_ALIVE_MS = 60_000;

/** Serves core/gradient/enclave-api.ts. Bodies are read only as far as their bound; calls that hold a gradient or evaluate run one at a time. */
export async function startEnclaveServer(options: EnclaveServerOptions): Promise<EnclaveServer> {
	const files = new FileStore(options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES);
	const sessions = new Sessions({
		key: options.key,
		files,
		cpuClass: options.cpuClass,
		limit: options.maxSessions,
		onCheckpointLost: (sha256, why) => options.log.error('Checkpoint given up, to be brought again', { checkpoint_hash: sha256, error: why }),
	});
	const app = routes(options, files, sessions);
	const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
	// The one gradient that is read at a time must not wait for a sender that never ends.
	server.requestTimeout = REQUEST_TIMEOUT_MS;
	server.keepAliveTimeout = KEEP_ALIVE_MS;
	const host = options.host ?? '127.0.0.1';
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port, host, resolve);
	});
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://${host}:${port}`,
		port,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			await sessions[Symbol.asyncDispose]();
		},
	};
}

function routes({ key, attester, log }: EnclaveServerOptions, files: FileStore, sessions: Sessions): Hono {
	const app = new Hono();
	const exclusive = createTurn();
	const oneFile = createTurn();

	app.get('/health_check', (c) => c.text('ok'));

	app.get('/get_attestation', async (c) => {
		const query = c.req.query();
		let userData: Uint8Array | undefined;
		if (Object.keys(query).length > 0) {
			const { network, validator_uid, validator_generation, owner } = parseAttestationQuery(query);
			userData = enclaveUserData({ network, validatorUid: validator_uid, validatorGeneration: validator_generation, owner });
		}
		const document = await attester.attest({ publicKey: key.publicKey, userData });
		return c.json({ attestation_document: toHex(document), public_key: toHex(key.publicKey) } satisfies AttestationAnswer);
	});

	app.put('/models/:sha256{[0-9a-f]{64}}', (c) =>
		oneFile(async () => {
			await files.put(c.req.param('sha256'), bounded(c, files.maxBytes));
			return c.body(null, 204);
		}),
	);

	app.post('/sessions', async (c) => {
		const request = await readJson(c, MAX_SESSION_REQUEST_BYTES);
		return exclusive(async () => c.json(await sessions.open(request)));
	});

	app.put('/sessions/:id{[0-9a-f]{64}}/gradients/:uid{(0|[1-9][0-9]{0,4})}', (c) =>
		exclusive(async () => {
			const session = sessions.get(c.req.param('id'));
			const uid = Number(c.req.param('uid'));
			return c.json(session.measure(uid, await readBytes(c, session.gradientLimit(uid))));
		}),
	);

	app.post('/sessions/:id{[0-9a-f]{64}}/freeze', async (c) => {
		const testimony = parseFreezeRequest(await readJson(c, MAX_SMALL_REQUEST_BYTES));
		return exclusive(async () => c.json(await sessions.get(c.req.param('id')).freeze(testimony)));
	});

	app.post('/process_data', (c) =>
		exclusive(async () => {
			const request = parseProcessRequest(await readJson(c, MAX_PROCESS_REQUEST_BYTES));
			return c.json(await sessions.find(request).process(request.uid, request.gradient));
		}),
	);

	app.post('/sessions/:id{[0-9a-f]{64}}/close', async (c) => {
		await readJson(c, MAX_SMALL_REQUEST_BYTES);
		return exclusive(async () => {
			const session = sessions.get(c.req.param('id'));
			const answer = await session.close();
			log.info('Window signed', { window: session.facts.window, validator_uid: session.facts.validatorUid, miners: session.facts.roster.length });
			return c.json(answer);
		});
	});

	app.get('/sessions/:id{[0-9a-f]{64}}/state', (c) => {
		const { stateFile } = sessions.get(c.req.param('id'));
		return c.body(Buffer.from(stateFile), 200, { 'content-type': 'application/octet-stream' });
	});

	app.notFound((c) => c.json(errorBody('BAD_ARGUMENT', 'no such path'), 404));
	app.onError((error, c) => {
		if (error instanceof TooLarge) return c.json(errorBody('OBJECT_TOO_LARGE', error.message), 413, { connection: 'close' });
		if (!(error instanceof VramhubError)) {
			log.error('A request failed', { path: c.req.path, error: error.message });
			return c.json(errorBody('INVARIANT', 'the enclave failed at this request'), 500);
		}
		return c.json(errorBody(error.code, error.message), statusOf(error.code));
	});
	return app;
}

function errorBody(code: ErrorCode, message: string) {
	return { error: { code, message } };
}

function statusOf(code: ErrorCode): 400 | 404 | 409 | 500 | 503 {
	switch (code) {
		case 'ENCLAVE_SESSION_LOST':
			return 404;
		case 'ENCLAVE_REFUSED':
			return 409;
		case 'ENCLAVE_UNAVAILABLE':
			return 503;
		case 'INVARIANT':
			return 500;
		default:
			return 400;
	}
}

class TooLarge extends Error {}

/** The parts of a request's body, never more than `limit` bytes in all. */
async function* bounded(c: Context, limit: number): AsyncGenerator<Uint8Array> {
	const refuse = () => new TooLarge(`at most ${limit} bytes are taken here`);
	if (Number(c.req.header('content-length') ?? 0) > limit) throw refuse();
	let length = 0;
	for await (const part of c.req.raw.body ?? []) {
		length += part.length;
		if (length > limit) throw refuse();
		yield part;
	}
}

async function readBytes(c: Context, limit: number): Promise<Uint8Array> {
	const parts: Uint8Array[] = [];
	for await (const part of bounded(c, limit)) parts.push(part);
	return Buffer.concat(parts);
}

async function readJson(c: Context, limit: number): Promise<unknown> {
	const bytes = await readBytes(c, limit);
	try {
		return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch {
		throw new VramhubError('BAD_ARGUMENT', 'the body is not JSON');
	}
}

/** Runs what it is given one after the other. */
function createTurn(): <T>(work: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const result = last.then(work);
		last = result.catch(() => undefined);
		return result;
	};
}
