/** What a client wrote, read; whatever is wrong with it is INVALID_ARGUMENT. */
import { fromBase58 } from '@mysten/bcs';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { formatType, normalizeAddress, parseType } from '#devnet/move/types.ts';
import { invalidArgument, RpcFailure } from '#devnet/rpc/rpc-error.ts';

const DIGEST_BYTES = 32;
const MAX_DIGEST_TEXT = 64;

/** Runs a decoder of what a client sent: whatever it throws is the client's mistake. */
export function readArgument<T>(field: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof RpcFailure) throw error;
		throw invalidArgument(`invalid ${field}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

export function addressOf(text: string | undefined, field: string): Address {
	if (text === undefined) throw invalidArgument(`missing ${field}`);
	return readArgument(field, () => normalizeAddress(text));
}

/** Base58 of 32 bytes. */
export function digestOf(text: string | undefined, field: string): string {
	if (text === undefined) throw invalidArgument(`missing ${field}`);
	const length = text.length > MAX_DIGEST_TEXT ? 0 : readArgument(field, () => fromBase58(text)).length;
	if (length !== DIGEST_BYTES) throw invalidArgument(`invalid ${field}: ${text.slice(0, 80)}`);
	return text;
}

/** A struct's or an enum's, as a type of objects or coins is. */
export function structTypeOf(text: string | undefined, field: string): MoveType & { readonly kind: 'datatype' } {
	if (text === undefined) throw invalidArgument(`missing ${field}`);
	const type = readArgument(field, () => parseType(text));
	if (type.kind !== 'datatype') throw invalidArgument(`invalid ${field}: ${formatType(type)} is no struct`);
	return type;
}
