import { Encoder } from 'cbor-x';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/**
 * Canonical CBOR: the core deterministic encoding of RFC 8949 §4.2.1, without floats, tags, undefined and indefinite lengths.
 * cbor-x does the encoding; by itself it is not canonical (a number ≥ 2^32 becomes a float, a bigint always takes nine bytes, maps
 * keep the order of insertion), so values are brought into the one form first, and what is decoded must encode back to the same bytes.
 */
export type CborValue = CborKey | boolean | null | Uint8Array | readonly CborValue[] | ReadonlyMap<CborKey, CborValue> | CborObject;
/** Integers from −2^63 to 2^64 − 1, or text. */
export type CborKey = number | bigint | string;
/** A map with text keys; decoded as a Map like every other. */
export interface CborObject {
	readonly [key: string]: CborValue;
}
/** Integers in [−2^32, 2^32) are numbers, the others bigints; maps are Maps; byte strings are copies. */
export type DecodedCbor = CborKey | boolean | null | Uint8Array | readonly DecodedCbor[] | ReadonlyMap<CborKey, DecodedCbor>;

export interface CborLimits {
	/** Longest encoding that is looked at, bytes. */
	readonly maxBytes: number;
	/** Arrays and maps inside each other. */
	readonly maxDepth: number;
}

export const DEFAULT_CBOR_LIMITS: CborLimits = { maxBytes: 1 << 24, maxDepth: 16 };

const codec = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
const LOWEST = -(1n << 63n);
const HIGHEST = (1n << 64n) - 1n;
const SMALL = 0x1_0000_0000;

/** Throws BAD_ARGUMENT on a value that has no canonical form here: a fraction, an unsafe number, an integer beyond 64 bits, a repeated key, broken UTF-16, undefined. */
export function encodeCanonical(value: CborValue): Uint8Array {
	return Uint8Array.from(codec.encode(canonicalForm(value, DEFAULT_CBOR_LIMITS.maxDepth)));
}

/**
 * Throws BAD_ARGUMENT unless the bytes are one canonical item within the limits. Lengths, depth and kinds are checked by a scan
 * that allocates nothing, before anything is decoded.
 */
export function decodeCanonical(bytes: Uint8Array, limits: CborLimits = DEFAULT_CBOR_LIMITS): DecodedCbor {
	if (bytes.length > limits.maxBytes) throw new VramhubError('BAD_ARGUMENT', `CBOR of ${bytes.length} bytes; at most ${limits.maxBytes}`);
	if (scanItem(bytes, 0, limits.maxDepth) !== bytes.length) throw refused('bytes after the item');
	let value: DecodedCbor;
	try {
		// A view of its own, because cbor-x leaves a property on what it reads.
		value = plainForm(codec.decode(bytes.subarray()));
	} catch (cause) {
		throw new VramhubError('BAD_ARGUMENT', 'not CBOR', { cause });
	}
	if (!equalBytes(encodeCanonical(value), bytes)) throw refused('not the canonical encoding');
	return value;
}

function refused(why: string): VramhubError {
	return new VramhubError('BAD_ARGUMENT', `CBOR: ${why}`);
}

function canonicalForm(value: CborValue, depth: number): unknown {
	switch (typeof value) {
		case 'number':
			if (!Number.isSafeInteger(value)) throw refused(`${value} is not an exact integer`);
			return canonicalInteger(BigInt(value));
		case 'bigint':
			return canonicalInteger(value);
		case 'string':
			if (!value.isWellFormed()) throw refused('text with a lone surrogate');
			return value;
		case 'boolean':
			return value;
		case 'object':
			break;
		default:
			throw refused(`a value of type ${typeof value}`);
	}
	if (value === null) return null;
	// A plain view: cbor-x would take a subclass such as Buffer for something else.
	if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	if (depth === 0) throw refused('nested too deeply');
	if (Array.isArray(value)) return Array.from(value, (item: CborValue) => canonicalForm(item, depth - 1));
	const prototype = Object.getPrototypeOf(value);
	if (!(value instanceof Map) && prototype !== Object.prototype && prototype !== null) throw refused('an object that is neither plain nor a Map');
	const entries = value instanceof Map ? [...value] : Object.entries(value);
	return sortedMap(entries.map(([key, item]) => [canonicalKey(key), canonicalForm(item, depth - 1)]));
}

function canonicalKey(key: unknown): unknown {
	if (typeof key !== 'number' && typeof key !== 'bigint' && typeof key !== 'string') throw refused('a map key that is neither an integer nor text');
	return canonicalForm(key, 0);
}

function sortedMap(entries: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
	const sorted = entries.map(([key, item]) => ({ encoded: Buffer.from(codec.encode(key)), key, item })).sort((a, b) => Buffer.compare(a.encoded, b.encoded));
	const map = new Map(sorted.map(({ key, item }) => [key, item]));
	if (map.size !== entries.length) throw refused('a repeated map key');
	return map;
}

function canonicalInteger(value: bigint): number | bigint {
	if (value < LOWEST || value > HIGHEST) throw refused(`${value} is beyond 64 bits`);
	return value >= -SMALL && value < SMALL ? Number(value) : value;
}

function plainForm(value: unknown): DecodedCbor {
	if (value instanceof Uint8Array) return Uint8Array.from(value);
	if (Array.isArray(value)) return value.map(plainForm);
	if (value instanceof Map) return new Map([...value].map(([key, item]) => [plainForm(key) as CborKey, plainForm(item)]));
	return value as DecodedCbor;
}

/** Offset after the item that starts at `start`. Refuses what the form above excludes and every length that the bytes do not hold. */
function scanItem(bytes: Uint8Array, start: number, depth: number): number {
	const initial = bytes[start];
	if (initial === undefined) throw refused('cut off');
	const major = initial >> 5;
	const additional = initial & 31;
	if (major === 7) {
		if (additional < 20 || additional > 22) throw refused('a float, undefined or unknown simple value');
		return start + 1;
	}
	if (major === 6) throw refused('a tag');
	if (additional > 27) throw refused('an indefinite or reserved length');
	const extra = additional < 24 ? 0 : 1 << (additional - 24);
	let offset = start + 1 + extra;
	if (offset > bytes.length) throw refused('cut off');
	if (major < 2) return offset;
	let length = additional;
	if (extra > 0) {
		length = 0;
		for (let i = start + 1; i < offset; i++) length = length * 256 + bytes[i]!;
	}
	// An item takes a byte at least, so that this bounds arrays and maps as well as strings.
	if (length > bytes.length - offset) throw refused('a length beyond the end');
	if (major < 4) return offset + length;
	if (depth === 0) throw refused('nested too deeply');
	for (let i = major === 4 ? length : length * 2; i > 0; i--) {
		const key = major === 5 && i % 2 === 0 ? bytes[offset]! >> 5 : undefined;
		if (key !== undefined && key > 1 && key !== 3) throw refused('a map key that is neither an integer nor text');
		offset = scanItem(bytes, offset, depth - 1);
	}
	return offset;
}
