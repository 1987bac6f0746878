import { VramhubError } from '#core/errors.ts';

/**
 * Reads well-formed CBOR that need not be canonical: AWS orders the keys of a document as it likes, so `core/cbor.ts` would refuse it.
 * Maps keep their entries as a list, so that repeated keys can be seen. Floats and split strings do not occur and are refused.
 */
export type CborItem =
	| { readonly kind: 'integer'; readonly value: bigint }
	| { readonly kind: 'bytes'; readonly value: Uint8Array }
	| { readonly kind: 'text'; readonly value: string }
	| { readonly kind: 'array'; readonly items: readonly CborItem[] }
	| { readonly kind: 'map'; readonly entries: readonly (readonly [CborItem, CborItem])[] }
	| { readonly kind: 'tag'; readonly tag: bigint; readonly item: CborItem }
	| { readonly kind: 'simple'; readonly value: number };

const MAX_DEPTH = 16;
const BREAK = 0xff;

/** The item that the bytes start with; like the native, it does not look at what follows. @throws ATTESTATION_INVALID */
export function readCbor(bytes: Uint8Array): CborItem {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let offset = 0;

	const take = (length: number): number => {
		if (length > bytes.length - offset) throw malformed();
		offset += length;
		return offset - length;
	};
	const argument = (additional: number): bigint => {
		if (additional < 24) return BigInt(additional);
		if (additional === 24) return BigInt(view.getUint8(take(1)));
		if (additional === 25) return BigInt(view.getUint16(take(2)));
		if (additional === 26) return BigInt(view.getUint32(take(4)));
		if (additional === 27) return view.getBigUint64(take(8));
		throw malformed();
	};
	const length = (additional: number): number => {
		const value = argument(additional);
		if (value > BigInt(bytes.length)) throw malformed();
		return Number(value);
	};
	/** Calls `one` for each element, counted or up to the break. */
	const repeat = (additional: number, one: () => void): void => {
		if (additional === 31) {
			while (bytes[offset] !== BREAK) one();
			offset++;
		} else for (let left = length(additional); left > 0; left--) one();
	};
	const item = (depth: number): CborItem => {
		if (depth > MAX_DEPTH) throw malformed();
		const initial = view.getUint8(take(1));
		const additional = initial & 31;
		switch (initial >> 5) {
			case 0:
				return { kind: 'integer', value: argument(additional) };
			case 1:
				return { kind: 'integer', value: -1n - argument(additional) };
			case 2: {
				const size = length(additional);
				const start = take(size);
				return { kind: 'bytes', value: bytes.slice(start, start + size) };
			}
			case 3: {
				const size = length(additional);
				const start = take(size);
				return { kind: 'text', value: decodeText(bytes.subarray(start, start + size)) };
			}
			case 4: {
				const items: CborItem[] = [];
				repeat(additional, () => items.push(item(depth + 1)));
				return { kind: 'array', items };
			}
			case 5: {
				const entries: [CborItem, CborItem][] = [];
				repeat(additional, () => entries.push([item(depth + 1), item(depth + 1)]));
				return { kind: 'map', entries };
			}
			case 6:
				return { kind: 'tag', tag: argument(additional), item: item(depth + 1) };
			default:
				if (additional > 23) throw malformed();
				return { kind: 'simple', value: additional };
		}
	};
	return item(0);
}

function decodeText(bytes: Uint8Array): string {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw malformed();
	}
}

function malformed(): VramhubError {
	return new VramhubError('ATTESTATION_INVALID', 'the document is not CBOR');
}
