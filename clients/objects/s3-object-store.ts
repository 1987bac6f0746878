import { createHash } from 'node:crypto';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { equalBytes } from '#core/bytes.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import { type AdmittedEndpoint, admitEndpoint, type EndpointPolicy } from './endpoint-policy.ts';

/** A place that anybody may read: requests to it carry no signature. */
export interface PublicPlace extends Pick<StorageCredentials, 'endpoint' | 'bucket' | 'prefix'> {
	readonly anonymous: true;
}

export interface GetObjectRequest {
	readonly credentials: StorageCredentials | PublicPlace;
	/** Name below the credentials' prefix: the object read is exactly `prefix + key`. */
	readonly key: string;
	/** Committed size; not one byte more is kept. */
	readonly maxBytes: number;
	/** Committed SHA-256. */
	readonly expectedSha256: Uint8Array;
	/** For everything: resolving, connecting, headers and the last byte of a slow body. */
	readonly timeBudgetMs: number;
	readonly policy: EndpointPolicy;
	/** The caller's own cancellation; its reason is thrown as it is. */
	readonly signal?: AbortSignal;
}

export interface FetchedObject {
	readonly bytes: Uint8Array;
	/** As the store says; undefined when it does not say or says nonsense. */
	readonly lastModified: Date | undefined;
}

export interface PutObjectRequest {
	/** The caller's own store: trusted, and not subject to a policy. */
	readonly credentials: StorageCredentials;
	readonly key: string;
	readonly bytes: Uint8Array;
	readonly timeBudgetMs: number;
	/** Fails with OBJECT_FORBIDDEN when the key exists already. */
	readonly onlyIfAbsent?: boolean;
	readonly signal?: AbortSignal;
}

export interface SizeOfRequest {
	/** The caller's own store: trusted, and not subject to a policy. */
	readonly credentials: StorageCredentials;
	readonly key: string;
	readonly timeBudgetMs: number;
	readonly signal?: AbortSignal;
}

/** Objects as the activities and the miner see them. */
export interface ObjectStore {
	/** @throws OBJECT_MISSING, OBJECT_FORBIDDEN, OBJECT_TOO_LARGE, OBJECT_DIGEST, OBJECT_UNAVAILABLE, ENDPOINT_REFUSED, CREDENTIALS_MALFORMED */
	getObjectLimited(request: GetObjectRequest): Promise<FetchedObject>;
	/** @throws OBJECT_MISSING (no such bucket), OBJECT_FORBIDDEN, OBJECT_UNAVAILABLE, CREDENTIALS_MALFORMED */
	putObject(request: PutObjectRequest): Promise<void>;
	/**
	 * Bytes of an object, which is not read.
	 * @throws OBJECT_MISSING, OBJECT_FORBIDDEN (also of a missing one, where the key may not list), OBJECT_UNAVAILABLE, CREDENTIALS_MALFORMED
	 */
	sizeOf(request: SizeOfRequest): Promise<number>;
}

/**
 * S3 over @aws-sdk/client-s3, which signs and speaks; what a hostile server may do to us is decided here. Errors never carry the
 * SDK's own as `cause`: those hold the request with its Authorization header.
 */
export function createS3ObjectStore(): ObjectStore & { close(): void } {
	const trustedAgents = createAgents(undefined);
	return {
		async getObjectLimited(request) {
			if (!Number.isSafeInteger(request.maxBytes) || request.maxBytes < 0) throw new VramhubError('BAD_ARGUMENT', `maxBytes: ${request.maxBytes}`);
			const endpoint = admitEndpoint(request.credentials.endpoint, request.policy);
			// Agents of a hostile endpoint live for one download, so that no socket of one miner outlasts it or serves another.
			const agents = endpoint.lookup === undefined ? trustedAgents : createAgents(endpoint.lookup);
			try {
				return await withTimeBudget(request, (signal) => download(request, endpoint, agents, signal));
			} finally {
				if (agents !== trustedAgents) closeAgents(agents);
			}
		},
		async putObject(request) {
			const endpoint = trusted(request.credentials);
			await withTimeBudget(request, (signal) => upload(request, endpoint, trustedAgents, signal));
		},
		async sizeOf(request) {
			const endpoint = trusted(request.credentials);
			return withTimeBudget(request, (signal) => size(request, endpoint, trustedAgents, signal));
		},
		close: () => closeAgents(trustedAgents),
	};
}

function trusted({ endpoint }: StorageCredentials): AdmittedEndpoint {
	const url = URL.parse(endpoint);
	if (url === null) throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: endpoint is not a URL');
	return { url, lookup: undefined };
}

interface Agents {
	readonly httpAgent: HttpAgent;
	readonly httpsAgent: HttpsAgent;
}

function createAgents(lookup: AdmittedEndpoint['lookup']): Agents {
	const options = { keepAlive: lookup === undefined, maxSockets: 64, ...(lookup === undefined ? {} : { lookup }) };
	return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent({ ...options, rejectUnauthorized: true }) };
}

function closeAgents({ httpAgent, httpsAgent }: Agents): void {
	httpAgent.destroy();
	httpsAgent.destroy();
}

/** Runs one exchange, and makes of whatever it throws one of our errors. */
async function withTimeBudget<T>(request: { readonly timeBudgetMs: number; readonly signal?: AbortSignal }, exchange: (signal: AbortSignal) => Promise<T>) {
	request.signal?.throwIfAborted();
	const budget = AbortSignal.timeout(request.timeBudgetMs);
	const signal = request.signal === undefined ? budget : AbortSignal.any([request.signal, budget]);
	try {
		return await exchange(signal);
	} catch (error) {
		request.signal?.throwIfAborted();
		if (budget.aborted) throw new VramhubError('OBJECT_UNAVAILABLE', `the object store took longer than ${request.timeBudgetMs} ms`);
		const own = ownErrorIn(error);
		if (own !== undefined) throw new VramhubError(own.code, own.message, { details: own.details });
		throw new VramhubError('OBJECT_UNAVAILABLE', `the object store did not answer (${errorLabel(error)})`);
	}
}

/** Node wraps a lookup's error in an AggregateError when it tries several addresses. */
function ownErrorIn(error: unknown): VramhubError | undefined {
	if (isVramhubError(error)) return error;
	if (error instanceof AggregateError) return error.errors.find(isVramhubError);
	return undefined;
}

/** A system error's code (`ECONNREFUSED`) or an error's class: never its message, which may quote a header. */
function errorLabel(error: unknown): string {
	if (!(error instanceof Error)) return 'unknown error';
	const code = (error as NodeJS.ErrnoException).code;
	return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : /^\w{1,40}$/.test(error.name) ? error.name : 'unknown error';
}

interface RawResponse {
	readonly statusCode: number;
	headers: Record<string, string>;
	readonly body: IncomingMessage;
}

/** A client for one exchange. `onResponse` sees the raw answer before the SDK reads any of it. */
function createClient(
	place: StorageCredentials | PublicPlace,
	{ url }: AdmittedEndpoint,
	agents: Agents,
	onResponse: (response: RawResponse) => Promise<void>,
): S3Client {
	checkPlace(place);
	if (!('anonymous' in place)) checkKeys(place);
	const client = new S3Client({
		endpoint: url.origin,
		region: 'auto',
		forcePathStyle: true,
		// R2, SeaweedFS and presigned requests do not take the newer default checksums.
		requestChecksumCalculation: 'WHEN_REQUIRED',
		responseChecksumValidation: 'WHEN_REQUIRED',
		// Temporal retries; a second layer would hide a store's state and multiply its load.
		maxAttempts: 1,
		followRegionRedirects: false,
		...('anonymous' in place
			? { credentials: { accessKeyId: '', secretAccessKey: '' }, signer: { sign: async (request) => request } }
			: { credentials: { accessKeyId: place.accessKeyId, secretAccessKey: place.secretAccessKey } }),
		requestHandler: { ...agents, connectionTimeout: 10_000 },
	});
	client.middlewareStack.add(
		(next) => async (args) => {
			const result = await next(args);
			await onResponse(result.response as RawResponse);
			return result;
		},
		{ step: 'deserialize', priority: 'low', name: 'vramhubRawResponse' },
	);
	return client;
}

/**
 * What the SDK would interpret (a bucket may be an ARN that names another host) or put into a header.
 * The message names the field, never its value.
 */
function checkPlace({ bucket, prefix }: Pick<StorageCredentials, 'bucket' | 'prefix'>): void {
	if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: bucket is not a bucket name');
	if (!/^[\w.\-/]{0,256}$/.test(prefix) || /(^|\/)\.{1,2}\//.test(prefix))
		throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: prefix is not a key prefix');
}

function checkKeys({ accessKeyId, secretAccessKey }: Pick<StorageCredentials, 'accessKeyId' | 'secretAccessKey'>): void {
	if (!/^[A-Za-z0-9+=_.@-]{1,128}$/.test(accessKeyId)) throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: accessKeyId is not a key id');
	if (!/^[\x21-\x7e]{1,256}$/.test(secretAccessKey)) throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: secretAccessKey is not a key');
}

async function download(request: GetObjectRequest, endpoint: AdmittedEndpoint, agents: Agents, signal: AbortSignal): Promise<FetchedObject> {
	const { credentials, key, maxBytes, expectedSha256 } = request;
	let lastModified: Date | undefined;
	let body: IncomingMessage | undefined;
	const client = createClient(credentials, endpoint, agents, async (response) => {
		body = response.body;
		await refuseFailure(response);
		const announced = response.headers['content-length'];
		if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge(maxBytes);
		const date = new Date(response.headers['last-modified'] ?? '');
		lastModified = Number.isNaN(date.getTime()) ? undefined : date;
		// The SDK parses dates, numbers and checksums of headers, and throws over nonsense: it gets none.
		response.headers = {};
	});
	try {
		await client.send(new GetObjectCommand({ Bucket: credentials.bucket, Key: credentials.prefix + key }), { abortSignal: signal });
		const { bytes, sha256 } = await readLimited(body!, maxBytes, signal);
		if (!equalBytes(sha256, expectedSha256)) throw new VramhubError('OBJECT_DIGEST', 'the object is not the one that was committed');
		return { bytes, lastModified };
	} finally {
		body?.destroy();
	}
}

async function upload(request: PutObjectRequest, endpoint: AdmittedEndpoint, agents: Agents, signal: AbortSignal): Promise<void> {
	const { credentials, key, bytes, onlyIfAbsent } = request;
	const client = createClient(credentials, endpoint, agents, refuseFailure);
	const condition = onlyIfAbsent === true ? { IfNoneMatch: '*' } : {};
	await client.send(
		new PutObjectCommand({ Bucket: credentials.bucket, Key: credentials.prefix + key, Body: bytes, ContentLength: bytes.length, ...condition }),
		{
			abortSignal: signal,
		},
	);
}

async function size({ credentials, key }: SizeOfRequest, endpoint: AdmittedEndpoint, agents: Agents, signal: AbortSignal): Promise<number> {
	let bytes = Number.NaN;
	const client = createClient(credentials, endpoint, agents, async (response) => {
		await refuseFailure(response);
		bytes = Number(response.headers['content-length']);
		response.headers = {};
	});
	await client.send(new HeadObjectCommand({ Bucket: credentials.bucket, Key: credentials.prefix + key }), { abortSignal: signal });
	return bytes;
}

/** Decides by status alone: the body of a failure is never read, since nothing bounds it. */
async function refuseFailure({ statusCode, body }: RawResponse): Promise<void> {
	if (statusCode === 200) return;
	body.destroy();
	const details = { status: statusCode };
	if (statusCode >= 300 && statusCode < 400) throw new VramhubError('ENDPOINT_REFUSED', 'the object store answered with a redirect', { details });
	if (statusCode === 404) throw new VramhubError('OBJECT_MISSING', 'there is no such object', { details });
	if (statusCode === 408 || statusCode === 429 || statusCode >= 500 || statusCode < 300)
		throw new VramhubError('OBJECT_UNAVAILABLE', `the object store answered ${statusCode}`, { details });
	throw new VramhubError('OBJECT_FORBIDDEN', `the object store refused (${statusCode})`, { details });
}

async function readLimited(
	body: AsyncIterable<Uint8Array> & { destroy(): void },
	maxBytes: number,
	signal: AbortSignal,
): Promise<{ bytes: Uint8Array; sha256: Uint8Array }> {
	const stop = () => body.destroy();
	signal.addEventListener('abort', stop, { once: true });
	const hash = createHash('sha256');
	// Grows with what arrives, not with what was announced: 256 miners that promise much and send nothing cost nothing.
	const chunks: Uint8Array[] = [];
	let length = 0;
	try {
		signal.throwIfAborted();
		for await (const chunk of body) {
			length += chunk.length;
			if (length > maxBytes) throw tooLarge(maxBytes);
			hash.update(chunk);
			chunks.push(chunk);
		}
		signal.throwIfAborted();
	} finally {
		signal.removeEventListener('abort', stop);
	}
	return { bytes: Buffer.concat(chunks, length), sha256: hash.digest() };
}

function tooLarge(maxBytes: number): VramhubError {
	return new VramhubError('OBJECT_TOO_LARGE', `the object is larger than the ${maxBytes} bytes that were committed`);
}
