/** gRPC-web over HTTP/1.1, unary and server streaming. Messages and services are those that `@mysten/sui/grpc` itself is made of. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GrpcStatusCode, GrpcTypes } from '@mysten/sui/grpc';
import { readArgument } from '#devnet/rpc/arguments.ts';
import { type Encoding, encodeFrame, encodeTrailers, encodingOf, firstMessage, MAX_MESSAGE_BYTES, MESSAGE, TRAILERS, tooLarge } from '#devnet/rpc/grpc-web.ts';
import { RpcFailure, toRpcFailure, unimplemented } from '#devnet/rpc/rpc-error.ts';

/** The request is the decoded message of the method; the response a partial one. */
export type Handler =
	| { readonly kind: 'unary'; run(request: never): object | Promise<object> }
	| { readonly kind: 'stream'; run(request: never, signal: AbortSignal): AsyncIterable<object> };

/** `sui.rpc.v2.LedgerService/GetObject` → handler. */
export type Handlers = Readonly<Record<string, Handler>>;

export function unary<Request>(run: (request: Request) => object | Promise<object>): Handler {
	return { kind: 'unary', run };
}

export function stream<Request>(run: (request: Request, signal: AbortSignal) => AsyncIterable<object>): Handler {
	return { kind: 'stream', run };
}

interface MessageCodec {
	fromBinary(bytes: Uint8Array): object;
	create(partial: object): object;
	toBinary(message: object): Uint8Array;
}

interface Method {
	readonly I: MessageCodec;
	readonly O: MessageCodec;
	readonly serverStreaming: boolean;
}

/** Base64 of a message of the greatest length, with its head and some white space. */
const MAX_BODY_BYTES = Math.ceil(MAX_MESSAGE_BYTES / 3) * 4 + 1024;

/** Every method of every service that the client has, by path. */
export function methodsByPath(): ReadonlyMap<string, Method> {
	const methods = new Map<string, Method>();
	for (const exported of Object.values(GrpcTypes) as unknown[]) {
		if (!isService(exported)) continue;
		for (const method of exported.methods) methods.set(`${exported.typeName}/${method.name}`, method);
	}
	return methods;
}

function isService(value: unknown): value is { typeName: string; methods: (Method & { name: string })[] } {
	return typeof value === 'object' && value !== null && 'typeName' in value && 'methods' in value && Array.isArray(value.methods);
}

/** Answers plain HTTP (the faucet, health) when it returns true. */
export type PlainHandler = (request: IncomingMessage, response: ServerResponse, body: () => Promise<Buffer>) => Promise<boolean>;

export function createRpcServer(handlers: Handlers, plain: PlainHandler, report: (error: unknown) => void): Server {
	const methods = methodsByPath();
	return createServer((request, response) => {
		const encoding = encodingOf(request.headers['content-type']);
		const answer = async () => {
			if (encoding !== undefined) await answerRpc(methods, handlers, encoding, request, response, report);
			else if (!(await plain(request, response, () => readBody(request)))) {
				response.writeHead(404, { 'content-type': 'text/plain' }).end(`no such path: ${request.method} ${request.url}\n`);
			}
		};
		answer().catch((error: unknown) => {
			// A client that went away while it was sending or reading is no defect.
			if (request.errored !== null || response.errored !== null || response.destroyed) return;
			const ours = !(error instanceof RpcFailure);
			if (ours) report(error);
			if (!response.headersSent) response.writeHead(ours ? 500 : 413, { 'content-type': 'text/plain', connection: 'close' });
			response.end(error instanceof Error ? error.message : String(error));
		});
	});
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > MAX_BODY_BYTES) {
			request.resume();
			throw tooLarge(size);
		}
		parts.push(part);
	}
	return Buffer.concat(parts);
}

async function answerRpc(
	methods: ReadonlyMap<string, Method>,
	handlers: Handlers,
	encoding: Encoding,
	request: IncomingMessage,
	response: ServerResponse,
	report: (error: unknown) => void,
): Promise<void> {
	const closed = new AbortController();
	response.on('close', () => {
		if (!response.writableFinished) closed.abort();
	});
	/** Waits until the client has read: what it does not read is kept once, not once a frame. */
	const send = async (kind: number, payload: Uint8Array) => {
		if (response.write(encodeFrame(kind, payload, encoding)) || closed.signal.aborted) return;
		await once(response, 'drain', { signal: closed.signal }).catch(() => {});
	};
	const body = await readBody(request).catch((error: unknown) => {
		if (!(error instanceof RpcFailure)) throw error;
		response.setHeader('connection', 'close'); // the rest of the body is not read
		return error;
	});
	response.writeHead(200, { 'content-type': encoding === 'text' ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto' });
	try {
		if (body instanceof RpcFailure) throw body;
		const path = (request.url ?? '').slice(1);
		const method = methods.get(path);
		const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
		if (request.method !== 'POST' || method === undefined || handler === undefined) {
			throw unimplemented(`${request.method} ${path.slice(0, 200)} is not implemented by this devnet`);
		}
		const bytes = firstMessage(body, encoding);
		const message = readArgument('request', () => method.I.fromBinary(bytes)) as never;
		if (handler.kind === 'unary') {
			const answer = method.O.toBinary(method.O.create(await handler.run(message)));
			const whole = [encodeFrame(MESSAGE, answer, encoding), encodeFrame(TRAILERS, encodeTrailers(undefined), encoding)];
			// At once and with its length, not in chunks.
			response.end(Buffer.concat(whole.map((part) => Buffer.from(part))));
			return;
		} else {
			response.flushHeaders();
			for await (const item of handler.run(message, closed.signal)) {
				await send(MESSAGE, method.O.toBinary(method.O.create(item)));
				if (closed.signal.aborted) return;
			}
		}
		await send(TRAILERS, encodeTrailers(undefined));
	} catch (error) {
		const failure = toRpcFailure(error);
		if (failure.code === GrpcStatusCode.INTERNAL) report(error);
		await send(TRAILERS, encodeTrailers(failure));
	}
	response.end();
}
