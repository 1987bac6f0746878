/**
 * gRPC-web over HTTP/1.1 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md), binary and base64, unary and server
 * streaming. Messages and services are those that `@mysten/sui/grpc` itself is made of.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GrpcStatusCode, GrpcTypes } from '@mysten/sui/grpc';
import { toRpcFailure, unimplemented } from '#devnet/rpc/rpc-error.ts';

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

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MESSAGE = 0x00;
const TRAILERS = 0x80;
const HEAD_BYTES = 5;

function methodsByPath(): ReadonlyMap<string, Method> {
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
		const body = () => readBody(request);
		const answer = async () => {
			if (await plain(request, response, body)) return;
			await answerRpc(methods, handlers, request, response, await body(), report);
		};
		answer().catch((error: unknown) => {
			report(error);
			if (!response.headersSent) response.writeHead(error instanceof TypeError ? 400 : 500, { 'content-type': 'text/plain' });
			response.end(error instanceof Error ? error.message : String(error));
		});
	});
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of request as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > MAX_BODY_BYTES) throw new TypeError(`request body is larger than ${MAX_BODY_BYTES} bytes`);
		parts.push(part);
	}
	return Buffer.concat(parts);
}

async function answerRpc(
	methods: ReadonlyMap<string, Method>,
	handlers: Handlers,
	request: IncomingMessage,
	response: ServerResponse,
	body: Buffer,
	report: (error: unknown) => void,
): Promise<void> {
	const contentType = request.headers['content-type'] ?? '';
	if (!contentType.startsWith('application/grpc-web')) {
		response.writeHead(404, { 'content-type': 'text/plain' }).end(`no such path: ${request.method} ${request.url}\n`);
		return;
	}
	const text = contentType.startsWith('application/grpc-web-text');
	response.writeHead(200, { 'content-type': text ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto' });
	const send = (kind: number, payload: Uint8Array) => {
		const frame = Buffer.alloc(HEAD_BYTES + payload.length);
		frame[0] = kind;
		frame.writeUInt32BE(payload.length, 1);
		frame.set(payload, HEAD_BYTES);
		response.write(text ? frame.toString('base64') : frame);
	};
	try {
		const path = (request.url ?? '').slice(1);
		const method = methods.get(path);
		const handler = handlers[path];
		if (method === undefined || handler === undefined) throw unimplemented(`${path} is not implemented by this devnet`);
		const message = method.I.fromBinary(firstMessage(text ? Buffer.from(body.toString('latin1'), 'base64') : body)) as never;
		if (handler.kind === 'unary') {
			send(MESSAGE, method.O.toBinary(method.O.create(await handler.run(message))));
		} else {
			const closed = new AbortController();
			response.on('close', () => closed.abort());
			response.flushHeaders();
			for await (const item of handler.run(message, closed.signal)) {
				if (closed.signal.aborted) return;
				send(MESSAGE, method.O.toBinary(method.O.create(item)));
			}
		}
		send(TRAILERS, Buffer.from('grpc-status: 0\r\n'));
	} catch (error) {
		const failure = toRpcFailure(error);
		if (failure.code === GrpcStatusCode.INTERNAL) report(error);
		send(TRAILERS, Buffer.from(`grpc-status: ${failure.code}\r\ngrpc-message: ${encodeURIComponent(failure.message)}\r\n`));
	}
	response.end();
}

function firstMessage(body: Buffer): Uint8Array {
	if (body.length < HEAD_BYTES || body[0] !== MESSAGE) throw new TypeError('the request is no gRPC-web message');
	const length = body.readUInt32BE(1);
	if (body.length < HEAD_BYTES + length) throw new TypeError('the request is shorter than it says');
	return body.subarray(HEAD_BYTES, HEAD_BYTES + length);
}
