/** Frames of gRPC-web (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md), binary and base64. */
import { GrpcStatusCode } from '@mysten/sui/grpc';
import { invalidArgument, RpcFailure, unimplemented } from '#devnet/rpc/rpc-error.ts';

export const MESSAGE = 0x00;
export const TRAILERS = 0x80;
const COMPRESSED = 0x01;
const HEAD_BYTES = 5;
/** Of a message: what tonic, and so Sui's node, takes by default. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

export type Encoding = 'binary' | 'text';

/** Undefined: the request is not gRPC-web. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
	const [type = ''] = (contentType ?? '').toLowerCase().split(';');
	const match = /^application\/grpc-web(-text)?(\+proto)?$/.exec(type.trim());
	if (match === null) return undefined;
	return match[1] === undefined ? 'binary' : 'text';
}

export function encodeFrame(kind: number, payload: Uint8Array, encoding: Encoding): Buffer | string {
	const frame = Buffer.alloc(HEAD_BYTES + payload.length);
	frame[0] = kind;
	frame.writeUInt32BE(payload.length, 1);
	frame.set(payload, HEAD_BYTES);
	return encoding === 'text' ? frame.toString('base64') : frame;
}

export function encodeTrailers(failure: RpcFailure | undefined): Uint8Array {
	if (failure === undefined) return Buffer.from('grpc-status: 0\r\n');
	return Buffer.from(`grpc-status: ${failure.code}\r\ngrpc-message: ${encodeURIComponent(failure.message.toWellFormed())}\r\n`);
}

/** The one message of a request. Throws {@link RpcFailure}. */
export function firstMessage(body: Buffer, encoding: Encoding): Uint8Array {
	const bytes = encoding === 'text' ? decodeText(body) : body;
	if (bytes.length < HEAD_BYTES) throw invalidArgument('the request is no gRPC-web message');
	if (bytes[0] === COMPRESSED) throw unimplemented('compressed messages are not supported');
	if (bytes[0] !== MESSAGE) throw invalidArgument('the request does not begin with a message');
	const length = bytes.readUInt32BE(1);
	if (length > MAX_MESSAGE_BYTES) throw tooLarge(length);
	if (bytes.length < HEAD_BYTES + length) throw invalidArgument(`the request is shorter than it says: ${bytes.length - HEAD_BYTES} of ${length} bytes`);
	return bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
}

export function tooLarge(length: number): RpcFailure {
	return new RpcFailure(GrpcStatusCode.OUT_OF_RANGE, `decoded message length too large: found ${length} bytes, the limit is: ${MAX_MESSAGE_BYTES} bytes`);
}

/** Base64, in as many padded pieces as the sender flushed. */
function decodeText(body: Buffer): Buffer {
	const text = body.toString('latin1');
	if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw invalidArgument('the request is not base64');
	const pieces = text.match(/[^=]+=*/g) ?? [];
	return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}
