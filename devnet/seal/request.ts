import type { BcsType } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { isValidSuiAddress } from '@mysten/sui/utils';
import { verifyPersonalMessageSignature } from '@mysten/sui/verify';
import { ed25519 } from '@noble/curves/ed25519.js';
import { z } from 'zod';
import { equalBytes } from '#core/bytes.ts';

/** Every answer of a key server that is not a key; the names are Seal's, clients switch on them. */
const STATUS = {
	InvalidPTB: 403,
	InvalidPackage: 403,
	NoAccess: 403,
	InvalidSignature: 403,
	InvalidSessionSignature: 403,
	InvalidCertificate: 403,
	InvalidParameter: 403,
	InvalidServiceId: 400,
	InvalidSDKVersion: 400,
	MissingRequiredHeader: 400,
	DeprecatedSDKVersion: 426,
	Failure: 503,
} as const;

export type SealErrorName = keyof typeof STATUS;

export class SealError extends Error {
	readonly error: SealErrorName;
	readonly status: (typeof STATUS)[SealErrorName];
	constructor(error: SealErrorName, message: string) {
		super(message);
		this.error = error;
		this.status = STATUS[error];
	}
}

const Base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const Base64Of = (length: number) => Base64.refine((bytes) => bytes.length === length, `${length} bytes are expected`);

export const FetchKeyRequestSchema = z.object({
	/** BCS of a ProgrammableTransaction. */
	ptb: Base64,
	enc_key: Base64Of(48),
	enc_verification_key: Base64Of(96),
	request_signature: Base64Of(64),
	certificate: z.object({
		user: z.string().refine(isValidSuiAddress),
		session_vk: Base64Of(32),
		creation_time: z.int().min(0),
		ttl_min: z.int().min(0).max(65_535),
		signature: z.string().max(8_192),
		mvr_name: z.string().nullish(),
	}),
});
export type FetchKeyRequest = z.output<typeof FetchKeyRequestSchema>;

export interface Policy {
	readonly transaction: ReturnType<typeof bcs.ProgrammableTransaction.parse>;
	readonly packageId: string;
	/** One a command. */
	readonly ids: readonly Uint8Array[];
}

const MAX_COMMANDS = 100;
const MAX_SESSION_MINUTES = 30;

/** A transaction that only asks policies: calls of `seal_approve*` of one package, whose first argument is the identity. @throws SealError InvalidPTB */
export function parsePolicy(bytes: Uint8Array): Policy {
	const transaction = parseExactly(bcs.ProgrammableTransaction, bytes, 'the transaction');
	const { inputs, commands } = transaction;
	if (commands.length === 0 || inputs.length === 0) throw new SealError('InvalidPTB', 'no commands or no inputs');
	if (commands.length > MAX_COMMANDS) throw new SealError('InvalidPTB', `more than ${MAX_COMMANDS} commands`);
	const calls = commands.map((command) => {
		if (command.$kind !== 'MoveCall') throw new SealError('InvalidPTB', 'a command is not a MoveCall');
		return command.MoveCall;
	});
	const packageId = calls[0]!.package;
	const ids = calls.map((call) => {
		if (call.package !== packageId) throw new SealError('InvalidPTB', 'calls of more than one package');
		if (!call.function.startsWith('seal_approve')) throw new SealError('InvalidPTB', 'a function that is not seal_approve*');
		if (!call.arguments.every(({ $kind }) => $kind === 'Input')) throw new SealError('InvalidPTB', 'an argument that is not an input');
		const [first] = call.arguments;
		const input = first?.$kind === 'Input' ? inputs[first.Input] : undefined;
		if (input?.$kind !== 'Pure') throw new SealError('InvalidPTB', 'the first argument is not pure');
		return Uint8Array.from(parseExactly(bcs.byteVector(), new Uint8Array(Buffer.from(input.Pure.bytes, 'base64')), 'the first argument'));
	});
	return { transaction, packageId, ids };
}

/** BCS has one encoding a value; bytes that are left over, or another spelling, would be signed by the user and not read by us. */
function parseExactly<Output extends Input, Input>(type: BcsType<Output, Input>, bytes: Uint8Array, what: string): Output {
	let value: Output;
	let again: Uint8Array;
	try {
		value = type.parse(bytes);
		again = type.serialize(value).toBytes();
	} catch {
		throw new SealError('InvalidPTB', `${what} is not BCS`);
	}
	if (!equalBytes(again, bytes)) throw new SealError('InvalidPTB', `${what} is not canonical BCS`);
	return value;
}

const RequestFormat = bcs.struct('RequestFormat', { ptb: bcs.byteVector(), enc_key: bcs.byteVector(), enc_verification_key: bcs.byteVector() });

/**
 * The certificate (the user's wallet vouches for a session key for some minutes, for this package) and the session's signature over this request.
 * @param packageId first version of the package, long form
 * @param nowMs this machine's clock, as the client's creation time is
 */
export async function checkSignatures(request: FetchKeyRequest, packageId: string, nowMs: number): Promise<void> {
	const { certificate, ptb, enc_key, enc_verification_key, request_signature } = request;
	const ttlMs = certificate.ttl_min * 60_000;
	if (certificate.ttl_min > MAX_SESSION_MINUTES) throw new SealError('InvalidCertificate', `a session lives for at most ${MAX_SESSION_MINUTES} minutes`);
	if (certificate.creation_time > nowMs) throw new SealError('InvalidCertificate', 'the session begins in the future');
	if (nowMs - certificate.creation_time > ttlMs) throw new SealError('InvalidCertificate', 'the session has expired');

	const sessionKey = Buffer.from(certificate.session_vk).toString('base64');
	const begin = new Date(certificate.creation_time).toISOString().slice(0, 19).replace('T', ' ');
	const message = `Accessing keys of package ${packageId} for ${certificate.ttl_min} mins from ${begin} UTC, session key ${sessionKey}`;
	try {
		await verifyPersonalMessageSignature(new TextEncoder().encode(message), certificate.signature, { address: certificate.user });
	} catch {
		throw new SealError('InvalidSignature', 'the wallet did not sign the session');
	}
	const signed = RequestFormat.serialize({ ptb, enc_key, enc_verification_key }).toBytes();
	if (!isSignedBy(certificate.session_vk, signed, request_signature)) throw new SealError('InvalidSessionSignature', 'the session did not sign this request');
}

function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
	try {
		return ed25519.verify(signature, message, publicKey);
	} catch {
		return false;
	}
}
