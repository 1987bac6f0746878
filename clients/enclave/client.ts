import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ERRORS, type ErrorCode, VramhubError } from '#core/errors.ts';
import type {
	AttestationAnswer,
	AttestationQuery,
	CloseAnswer,
	FreezeAnswer,
	FreezeRequest,
	MeasureAnswer,
	ProcessDataAnswer,
	ProcessDataRequest,
	SessionAnswer,
	SessionRequest,
} from '#core/gradient/enclave-api.ts';
import { MAX_STATE_FILE_BYTES } from '#core/gradient/state-file.ts';

export interface EnclaveClientOptions {
	/** `http://127.0.0.1:3000` */
	readonly url: string;
	/** For one call; evaluation takes the longest (hparams `enclave_timeout_ms`). Default: 120 s. */
	readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const HEALTH_TIMEOUT_MS = 5_000;

const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const i32 = z.int().min(-0x8000_0000).max(0x7fff_ffff);
const uid = z.int().min(0).max(0xffff);
const code = z.int().min(0).max(255);
const norm = z.number().min(0);

const answers = {
	attestation: z.object({ attestation_document: hex, public_key: hex.length(64) }) satisfies z.ZodType<AttestationAnswer>,
	session: z.object({ session: hex.length(64), missing: z.array(hex.length(64)), drawn: z.array(uid) }) satisfies z.ZodType<SessionAnswer>,
	measure: z.object({ uid, code, norm }) satisfies z.ZodType<MeasureAnswer>,
	freeze: z.object({
		median_norm: norm,
		uids: z.array(uid),
		rejected: z.array(z.object({ uid, code })),
		baseline_loss: z.string().regex(/^-?[0-9]{1,19}$/),
	}) satisfies z.ZodType<FreezeAnswer>,
	process: z.object({ score: i32, random: i32, signed_payload: hex, signature: hex.length(128) }) satisfies z.ZodType<ProcessDataAnswer>,
	close: z.object({ payload: hex, signature: hex.length(128), public_key: hex.length(64) }) satisfies z.ZodType<CloseAnswer>,
	error: z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
};

/**
 * The enclave's HTTP interface (core/gradient/enclave-api.ts), typed. Errors are VramhubErrors: the code that the enclave named;
 * ENCLAVE_UNAVAILABLE when nothing answers in time or what answers is no enclave; ENCLAVE_SESSION_LOST when it does not know the
 * session. A signal that fires throws its reason.
 */
export class EnclaveClient {
	readonly #url: string;
	readonly #timeoutMs: number;

	constructor({ url, timeoutMs = DEFAULT_TIMEOUT_MS }: EnclaveClientOptions) {
		this.#url = url.replace(/\/+$/, '');
		this.#timeoutMs = timeoutMs;
	}

	/** Throws ENCLAVE_UNAVAILABLE unless the enclave answers `ok`. */
	async health(signal?: AbortSignal): Promise<void> {
		const response = await this.#fetch('GET', '/health_check', { signal, timeoutMs: HEALTH_TIMEOUT_MS });
		if ((await response.text()) !== 'ok') throw new VramhubError('ENCLAVE_UNAVAILABLE', `${this.#url} is not an enclave`);
	}

	/** A fresh document and the key that it attests; with a query the document is bound to a validator and can be registered. */
	attestation(query?: AttestationQuery, signal?: AbortSignal): Promise<AttestationAnswer> {
		const search = query === undefined ? '' : `?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;
		return this.#json('GET', `/get_attestation${search}`, answers.attestation, { signal });
	}

	/** Put the files that it answers are `missing`, then open again; the same request is the same session. */
	openSession(request: SessionRequest, signal?: AbortSignal): Promise<SessionAnswer> {
		return this.#json('POST', '/sessions', answers.session, { json: request, signal });
	}

	/** `file`: the bytes, or the path of a file that is streamed. Its SHA-256 is checked by the enclave. */
	async putModelFile(sha256: string, file: Uint8Array | string, signal?: AbortSignal): Promise<void> {
		const body = typeof file === 'string' ? await fileBody(file) : { body: file };
		await (await this.#fetch('PUT', `/models/${sha256}`, { ...body, signal })).body?.cancel();
	}

	measure(session: string, minerUid: number, gradient: Uint8Array, signal?: AbortSignal): Promise<MeasureAnswer> {
		return this.#json('PUT', `/sessions/${session}/gradients/${minerUid}`, answers.measure, { body: gradient, signal });
	}

	freeze(session: string, request: FreezeRequest, signal?: AbortSignal): Promise<FreezeAnswer> {
		return this.#json('POST', `/sessions/${session}/freeze`, answers.freeze, { json: request, signal });
	}

	process(request: ProcessDataRequest, signal?: AbortSignal): Promise<ProcessDataAnswer> {
		return this.#json('POST', '/process_data', answers.process, { json: request, signal });
	}

	close(session: string, signal?: AbortSignal): Promise<CloseAnswer> {
		return this.#json('POST', `/sessions/${session}/close`, answers.close, { json: {}, signal });
	}

	/** The state file of a closed session. Throws ENCLAVE_UNAVAILABLE when it is longer than any is. */
	async state(session: string, signal?: AbortSignal): Promise<Uint8Array> {
		const path = `/sessions/${session}/state`;
		const response = await this.#fetch('GET', path, { signal });
		const bytes = await response.bytes();
		if (bytes.length > MAX_STATE_FILE_BYTES) throw new VramhubError('ENCLAVE_UNAVAILABLE', `GET ${path}: not an enclave's answer`);
		return bytes;
	}

	async #json<T>(method: string, path: string, schema: z.ZodType<T>, options: CallOptions): Promise<T> {
		const response = await this.#fetch(method, path, options);
		const result = schema.safeParse(await response.json().catch(() => undefined));
		options.signal?.throwIfAborted();
		if (!result.success) throw new VramhubError('ENCLAVE_UNAVAILABLE', `${method} ${path}: not an enclave's answer`, { cause: result.error });
		return result.data;
	}

	async #fetch(method: string, path: string, options: CallOptions): Promise<Response> {
		const { signal, json, body, length, timeoutMs = this.#timeoutMs } = options;
		const timeout = AbortSignal.timeout(timeoutMs);
		let response: Response;
		try {
			response = await fetch(this.#url + path, {
				method,
				headers: {
					...(json !== undefined && { 'content-type': 'application/json' }),
					...(body !== undefined && { 'content-type': 'application/octet-stream' }),
					...(length !== undefined && { 'content-length': String(length) }),
				},
				body: json === undefined ? (body as NonNullable<Parameters<typeof fetch>[1]>['body']) : JSON.stringify(json),
				// Needed for a stream as a body (Fetch standard, "half duplex").
				...(body instanceof ReadableStream && { duplex: 'half' }),
				redirect: 'error',
				signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
			});
		} catch (cause) {
			signal?.throwIfAborted();
			const why = timeout.aborted ? `no answer in ${timeoutMs} ms` : reasonOf(cause);
			throw new VramhubError('ENCLAVE_UNAVAILABLE', `${method} ${path}: ${why}`, { cause });
		}
		if (response.ok) return response;
		throw await failureOf(response, `${method} ${path}`);
	}
}

interface CallOptions {
	readonly signal?: AbortSignal;
	readonly json?: unknown;
	readonly body?: Uint8Array | ReadableStream;
	readonly length?: number;
	readonly timeoutMs?: number;
}

async function fileBody(path: string): Promise<{ readonly body: ReadableStream; readonly length: number }> {
	const { size } = await stat(path);
	return { body: Readable.toWeb(createReadStream(path)) as ReadableStream, length: size };
}

function reasonOf(cause: unknown): string {
	const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
	return inner instanceof Error ? inner.message || String((inner as { code?: string }).code) : String(inner);
}

async function failureOf(response: Response, call: string): Promise<VramhubError> {
	const result = answers.error.safeParse(await response.json().catch(() => undefined));
	if (result.success && result.data.error.code in ERRORS) {
		const { code, message } = result.data.error;
		return new VramhubError(code as ErrorCode, `${call}: ${message}`, { details: { status: response.status } });
	}
	return new VramhubError('ENCLAVE_UNAVAILABLE', `${call}: status ${response.status} from something that is no enclave`, {
		details: { status: response.status },
	});
}
