import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { normalizeSuiAddress } from '@mysten/sui/utils';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { addressBytes } from '#core/bytes.ts';
import { isVramhubError } from '#core/errors.ts';
import type { PolicyChain } from './chain.ts';
import { encryptedUserKey, type MasterKey, parseEncryptionKey, proofOfPossession } from './master-key.ts';
import { checkSignatures, type FetchKeyRequest, FetchKeyRequestSchema, parsePolicy, SealError } from './request.ts';

/**
 * A Seal key server in open mode: whoever a package's `seal_approve*` approves gets the keys of that package's identities.
 * HTTP interface and order of checks are Seal's, so that the unmodified client talks to it. Left out, because the devnet has none:
 * permissioned and committee modes, name service, address aliases, and the check that the full node is not stale
 * (the devnet's clock is not this machine's).
 */
export interface KeyServerOptions {
	readonly key: MasterKey;
	/** Of the server's object on chain. */
	readonly objectId: string;
	readonly chain: PolicyChain;
}

/** What clients are told; they ask for at least 0.4.1. */
const KEY_SERVER_VERSION = '0.6.10';
const OLDEST_SDK = [0, 4, 5] as const;
/** A transaction of 128 KiB in base64, and the rest. */
const MAX_REQUEST_BYTES = 180 * 1024;

export function createKeyServer({ key, objectId, chain }: KeyServerOptions): Hono {
	const serviceId = normalizeSuiAddress(objectId);
	const possession = Buffer.from(proofOfPossession(key, addressBytes(serviceId))).toString('base64');
	const app = new Hono();
	app.use(async (context, next) => {
		await next();
		context.header('X-KeyServer-Version', KEY_SERVER_VERSION);
	});
	app.use(
		bodyLimit({ maxSize: MAX_REQUEST_BYTES, onError: (context) => context.json({ error: 'InvalidParameter', message: 'the request is too large' }, 413) }),
	);
	app.get('/health', (context) => context.text('OK'));
	app.get('/v1/service', (context) => {
		const asked = context.req.query('service_id') ?? '';
		if (asked === '' || normalizeSuiAddress(asked) !== serviceId) throw new SealError('InvalidServiceId', 'this server has another object');
		return context.json({ service_id: serviceId, pop: possession });
	});
	app.post('/v1/fetch_key', async (context) => {
		checkSdkVersion(context.req.header('Client-Sdk-Version'));
		const parsed = FetchKeyRequestSchema.safeParse(await context.req.json().catch(() => undefined));
		if (!parsed.success) return context.json({ error: 'InvalidParameter', message: 'the request is not that of fetch_key' }, 400);
		return context.json({ decryption_keys: await fetchKeys(parsed.data, key, chain) });
	});
	app.onError((error, context) => {
		// Never more than a name and our own sentence: other errors may quote the request.
		const known = error instanceof SealError ? error : new SealError('Failure', 'Internal server error, please try again later');
		return context.json({ error: known.error, message: known.message }, known.status);
	});
	return app;
}

function checkSdkVersion(version: string | undefined): void {
	if (version === undefined) throw new SealError('MissingRequiredHeader', 'Missing required header: Client-Sdk-Version');
	const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
	if (parts === undefined) throw new SealError('InvalidSDKVersion', 'Invalid SDK version');
	const position = OLDEST_SDK.findIndex((least, i) => parts[i] !== least);
	if (position !== -1 && parts[position]! < OLDEST_SDK[position]!) throw new SealError('DeprecatedSDKVersion', 'Deprecated SDK version');
}

interface DecryptionKey {
	readonly id: readonly number[];
	readonly encrypted_key: readonly [string, string];
}

async function fetchKeys(request: FetchKeyRequest, key: MasterKey, chain: PolicyChain): Promise<DecryptionKey[]> {
	const policy = parsePolicy(request.ptb);
	const packageId = await chain.firstVersionOf(policy.packageId);
	if (packageId === undefined) throw new SealError('InvalidPackage', 'Invalid package ID');
	await checkSignatures(request, packageId, Date.now());
	const encryptionKey = encryptionKeyOf(request);
	const outcome = await chain.simulate(policy, request.certificate.user);
	switch (outcome.kind) {
		case 'approved':
			break;
		case 'denied':
			throw new SealError('NoAccess', `Access denied: ${outcome.message}`);
		case 'no-such-function':
			throw new SealError('InvalidPTB', 'Invalid PTB: the seal_approve function was not found on the module');
		case 'invalid-parameter':
			throw new SealError('InvalidParameter', `Invalid parameter to PTB: ${outcome.message}`);
		default:
			outcome satisfies never;
	}
	const keys: DecryptionKey[] = [];
	for (const id of policy.ids) {
		const fullId = Buffer.concat([addressBytes(packageId), id]);
		const [c0, c1] = encryptedUserKey(key, fullId, encryptionKey);
		keys.push({ id: [...fullId], encrypted_key: [Buffer.from(c0).toString('base64'), Buffer.from(c1).toString('base64')] });
		// About 40 ms of curve arithmetic each: others get their turn in between.
		await setImmediate();
	}
	return keys;
}

function encryptionKeyOf(request: FetchKeyRequest): ReturnType<typeof parseEncryptionKey> {
	try {
		return parseEncryptionKey(request.enc_key);
	} catch (error) {
		throw new SealError('InvalidParameter', isVramhubError(error) ? error.message : 'enc_key');
	}
}

export interface RunningKeyServer {
	readonly url: string;
	readonly port: number;
	close(): Promise<void>;
}

/** Idle connections stay longer than a client computes between two questions: one closed while a request is on its way looks like a server that is down. */
const KEEP_ALIVE_MS = 60_000;

/** Listens on 127.0.0.1. @param port 0: any free one */
export async function listenKeyServer(options: KeyServerOptions, port: number): Promise<RunningKeyServer> {
	const server = createAdaptorServer({ fetch: createKeyServer(options).fetch }) as Server;
	server.requestTimeout = 15_000;
	server.headersTimeout = 10_000;
	server.keepAliveTimeout = KEEP_ALIVE_MS;
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const { port: bound } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${bound}`,
		port: bound,
		async close() {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		},
	};
}
