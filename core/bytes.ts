import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { VramhubError } from '#core/errors.ts';

/** Big-endian writer of fixed-width fields. The integers of the wire formats are big-endian unless they are BCS. */
export class ByteWriter {
	readonly #parts: Uint8Array[] = [];

	#push(size: number, set: (view: DataView) => void): this {
		const part = new Uint8Array(size);
		set(new DataView(part.buffer));
		this.#parts.push(part);
		return this;
	}
	u8(value: number): this {
		assertInteger(value, 0, 0xff);
		return this.#push(1, (v) => v.setUint8(0, value));
	}
	u16(value: number): this {
		assertInteger(value, 0, 0xffff);
		return this.#push(2, (v) => v.setUint16(0, value));
	}
	u32(value: number): this {
		assertInteger(value, 0, 0xffff_ffff);
		return this.#push(4, (v) => v.setUint32(0, value));
	}
	i32(value: number): this {
		assertInteger(value, -0x8000_0000, 0x7fff_ffff);
		return this.#push(4, (v) => v.setInt32(0, value));
	}
	u64(value: bigint): this {
		if (value < 0n || value >= 1n << 64n) throw new VramhubError('BAD_ARGUMENT', `u64 out of range: ${value}`);
		return this.#push(8, (v) => v.setBigUint64(0, value));
	}
	i64(value: bigint): this {
		if (value < -(1n << 63n) || value >= 1n << 63n) throw new VramhubError('BAD_ARGUMENT', `i64 out of range: ${value}`);
		return this.#push(8, (v) => v.setBigInt64(0, value));
	}
	f64(value: number): this {
		return this.#push(8, (v) => v.setFloat64(0, value));
	}
	/** Exactly `length` bytes. */
	fixed(value: Uint8Array, length: number): this {
		if (value.length !== length) throw new VramhubError('BAD_ARGUMENT', `expected ${length} bytes, got ${value.length}`);
		this.#parts.push(value);
		return this;
	}
	bytes(value: Uint8Array): this {
		this.#parts.push(value);
		return this;
	}
	done(): Uint8Array {
		return concatBytes(...this.#parts);
	}
}

function assertInteger(value: number, min: number, max: number): void {
	if (!Number.isInteger(value) || value < min || value > max) throw new VramhubError('BAD_ARGUMENT', `integer out of range [${min}, ${max}]: ${value}`);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
	return difference === 0;
}

/** Lower-case hexadecimal without a prefix. */
export const toHex = bytesToHex;

/** Accepts an optional `0x`. Throws BAD_ARGUMENT on anything that is not an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
	const digits = text.startsWith('0x') ? text.slice(2) : text;
	if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new VramhubError('BAD_ARGUMENT', 'not hexadecimal');
	return hexToBytes(digits);
}

/** A Sui address or object id as 32 bytes. */
export function addressBytes(address: string): Uint8Array {
	const bytes = fromHex(`${'0'.repeat(Math.max(0, 64 - (address.length - 2)))}${address.slice(2)}`);
	if (!address.startsWith('0x') || bytes.length !== 32) throw new VramhubError('BAD_ARGUMENT', `not a Sui address: ${address}`);
	return bytes;
}
