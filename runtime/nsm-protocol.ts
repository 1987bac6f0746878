import { connect } from 'node:net';
import { type DecodedCbor, decodeCanonical, encodeCanonical } from '#core/cbor.ts';
import { VramhubError } from '#core/errors.ts';

/**
 * How an enclave program asks a security module on a local socket for an attestation document: what `/dev/nsm` is on Nitro hardware,
 * with the same request and response (AWS's nitro-enclaves-nsm-api: externally tagged CBOR maps), framed for a stream.
 *
 * The program that the module starts finds the socket's path and a token in its environment. Each message is a frame: u32 length,
 * big-endian, then that many bytes. The first frame on a connection is the token, 32 bytes; then any number of times a request,
 * `{"Attestation": {"public_key", "user_data", "nonce"}}` with byte strings or null, and its answer, `{"Attestation": {"document"}}`
 * or `{"Error": "InvalidArgument" | "InputTooLarge" | "InvalidOperation" | "InternalError"}`, in order. A wrong token closes the connection.
 */
export const NSM_SOCKET_VARIABLE = 'VRAMHUB_NSM_SOCKET';
/** 64 hexadecimal digits. */
export const NSM_TOKEN_VARIABLE = 'VRAMHUB_NSM_TOKEN';

export const NSM_TOKEN_LENGTH = 32;
/** A document is at most 16 KiB. */
export const NSM_MAX_FRAME = 32_768;
/** What the module takes, bytes (the NSM's own limits). */
export const NSM_LIMITS = { publicKey: 1024, userData: 512, nonce: 512 } as const;

export interface AttestationFields {
	readonly publicKey?: Uint8Array | undefined;
	readonly userData?: Uint8Array | undefined;
	readonly nonce?: Uint8Array | undefined;
}

const NSM_ERRORS = ['InvalidArgument', 'InputTooLarge', 'InvalidOperation', 'InternalError'] as const;
export type NsmError = (typeof NSM_ERRORS)[number];
export type NsmResponse = { readonly kind: 'document'; readonly document: Uint8Array } | { readonly kind: 'error'; readonly error: NsmError };

export function encodeFrame(payload: Uint8Array): Uint8Array {
	const frame = new Uint8Array(4 + payload.length);
	new DataView(frame.buffer).setUint32(0, payload.length);
	frame.set(payload, 4);
	return frame;
}

/** Cuts a stream into frames. */
export class FrameReader {
	#pending = Buffer.alloc(0);

	/** The frames that are complete now. @throws BAD_ARGUMENT when one is announced that is too long */
	push(chunk: Uint8Array): Uint8Array[] {
		this.#pending = Buffer.concat([this.#pending, chunk]);
		const frames: Uint8Array[] = [];
		while (this.#pending.length >= 4) {
			const length = this.#pending.readUInt32BE();
			if (length > NSM_MAX_FRAME) throw new VramhubError('BAD_ARGUMENT', `a frame of ${length} bytes`);
			if (this.#pending.length < 4 + length) break;
			frames.push(Uint8Array.from(this.#pending.subarray(4, 4 + length)));
			this.#pending = this.#pending.subarray(4 + length);
		}
		return frames;
	}
}

export function encodeNsmRequest({ publicKey, userData, nonce }: AttestationFields): Uint8Array {
	return encodeCanonical({ Attestation: { public_key: publicKey ?? null, user_data: userData ?? null, nonce: nonce ?? null } });
}

/** @throws BAD_ARGUMENT */
export function decodeNsmRequest(bytes: Uint8Array): AttestationFields {
	const fields = member(decodeFrame(bytes), 'Attestation');
	return { publicKey: optionalBytes(fields, 'public_key'), userData: optionalBytes(fields, 'user_data'), nonce: optionalBytes(fields, 'nonce') };
}

export function encodeNsmResponse(response: NsmResponse): Uint8Array {
	switch (response.kind) {
		case 'document':
			return encodeCanonical({ Attestation: { document: response.document } });
		case 'error':
			return encodeCanonical({ Error: response.error });
		default:
			return response satisfies never;
	}
}

/** @throws BAD_ARGUMENT */
export function decodeNsmResponse(bytes: Uint8Array): NsmResponse {
	const map = decodeFrame(bytes);
	const error = NSM_ERRORS.find((name) => member(map, 'Error') === name);
	if (error !== undefined) return { kind: 'error', error };
	const document = member(member(map, 'Attestation'), 'document');
	if (!(document instanceof Uint8Array)) throw new VramhubError('BAD_ARGUMENT', 'not an answer of a security module');
	return { kind: 'document', document };
}

/**
 * Asks the module that started this process. @throws ENCLAVE_UNAVAILABLE when it cannot be reached in time, ENCLAVE_REFUSED when it refuses
 * @param address default: what the environment says
 */
export async function requestAttestation(
	fields: AttestationFields,
	address: { readonly socketPath: string; readonly token: string } = nsmAddress(process.env),
	timeoutMs = 10_000,
): Promise<Uint8Array> {
	const response = await new Promise<NsmResponse>((resolve, reject) => {
		const socket = connect(address.socketPath);
		const reader = new FrameReader();
		const fail = (reason: string) => {
			socket.destroy();
			reject(new VramhubError('ENCLAVE_UNAVAILABLE', `the security module ${reason}`));
		};
		socket.setTimeout(timeoutMs, () => fail(`did not answer within ${timeoutMs} ms`));
		socket.on('error', (error: NodeJS.ErrnoException) => fail(`cannot be reached (${error.code})`));
		socket.on('close', () => fail('closed the connection'));
		socket.on('data', (chunk) => {
			try {
				const [frame] = reader.push(chunk);
				if (frame === undefined) return;
				resolve(decodeNsmResponse(frame));
				socket.destroy();
			} catch {
				fail('answered nonsense');
			}
		});
		socket.write(encodeFrame(Buffer.from(address.token, 'hex')));
		socket.write(encodeFrame(encodeNsmRequest(fields)));
	});
	if (response.kind === 'error') throw new VramhubError('ENCLAVE_REFUSED', `the security module refused: ${response.error}`);
	return response.document;
}

/** @throws BAD_CONFIGURATION when this process was not started by a security module */
export function nsmAddress(environment: NodeJS.ProcessEnv): { readonly socketPath: string; readonly token: string } {
	const socketPath = environment[NSM_SOCKET_VARIABLE];
	const token = environment[NSM_TOKEN_VARIABLE];
	if (socketPath === undefined || token === undefined || !/^[0-9a-f]{64}$/.test(token))
		throw new VramhubError('BAD_CONFIGURATION', `${NSM_SOCKET_VARIABLE} and ${NSM_TOKEN_VARIABLE} are set by the security module that starts this program`);
	return { socketPath, token };
}

function decodeFrame(bytes: Uint8Array): DecodedCbor {
	return decodeCanonical(bytes, { maxBytes: NSM_MAX_FRAME, maxDepth: 3 });
}

function member(value: DecodedCbor | undefined, key: string): DecodedCbor | undefined {
	return value instanceof Map ? value.get(key) : undefined;
}

function optionalBytes(map: DecodedCbor | undefined, key: string): Uint8Array | undefined {
	const value = member(map, key);
	if (value instanceof Uint8Array) return value;
	if (value === null) return undefined;
	throw new VramhubError('BAD_ARGUMENT', `not a request to a security module: ${key}`);
}
