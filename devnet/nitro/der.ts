import { VramhubError } from '#core/errors.ts';

/** The little of DER (X.690) that certificates need: definite lengths, single-byte tags. */
export const TAG = {
	boolean: 0x01,
	integer: 0x02,
	bitString: 0x03,
	octetString: 0x04,
	objectIdentifier: 0x06,
	utf8String: 0x0c,
	utcTime: 0x17,
	generalizedTime: 0x18,
	sequence: 0x30,
	set: 0x31,
} as const;

/** Constructed context-specific tag `[n]`. */
export const contextTag = (n: number) => 0xa0 | n;

export interface DerNode {
	readonly tag: number;
	/** Header included. */
	readonly raw: Uint8Array;
	readonly content: Uint8Array;
}

/** The node that the bytes start with. @throws ATTESTATION_INVALID */
export function readDer(bytes: Uint8Array): DerNode {
	const tag = bytes[0];
	const first = bytes[1];
	if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed();
	let length = first;
	let start = 2;
	if (first >= 0x80) {
		const size = first & 0x7f;
		if (size === 0 || size > 3 || bytes.length < 2 + size) throw malformed();
		length = 0;
		for (let i = 0; i < size; i++) length = length * 256 + bytes[2 + i]!;
		start += size;
	}
	if (bytes.length - start < length) throw malformed();
	return { tag, raw: bytes.subarray(0, start + length), content: bytes.subarray(start, start + length) };
}

/** The nodes inside a constructed one. */
export function derChildren(node: DerNode): DerNode[] {
	const children: DerNode[] = [];
	for (let rest = node.content; rest.length > 0; ) {
		const child = readDer(rest);
		children.push(child);
		rest = rest.subarray(child.raw.length);
	}
	return children;
}

function malformed(): VramhubError {
	return new VramhubError('ATTESTATION_INVALID', 'a certificate is not DER');
}

export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
	const content = Buffer.concat(parts);
	const { length } = content;
	const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
	return new Uint8Array(Buffer.concat([Uint8Array.from(header), content]));
}

/** A non-negative integer from its big-endian bytes. */
export function derInteger(bytes: Uint8Array): Uint8Array {
	const first = bytes.findIndex((byte) => byte !== 0);
	const minimal = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
	return writeDer(TAG.integer, minimal[0]! >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), minimal);
}

/** From dotted form, for instance `2.5.29.15`. */
export function derObjectIdentifier(dotted: string): Uint8Array {
	const [first, second, ...rest] = dotted.split('.').map(Number);
	const base128 = (value: number): number[] => {
		const digits = [value & 0x7f];
		for (let high = value >>> 7; high > 0; high >>>= 7) digits.unshift((high & 0x7f) | 0x80);
		return digits;
	};
	return writeDer(TAG.objectIdentifier, Uint8Array.from([first! * 40 + second!, ...rest.flatMap(base128)]));
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function derTime(date: Date): Uint8Array {
	const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
	const utc = date.getUTCFullYear() < 2050;
	return writeDer(utc ? TAG.utcTime : TAG.generalizedTime, new TextEncoder().encode(utc ? digits.slice(2) : digits));
}
