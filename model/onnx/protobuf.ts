/**
 * Writer of the Protocol Buffers wire format, for messages that are written and never read here.
 * Source: Protocol Buffers, "Encoding": tag = (field number << 3) | wire type; wire types 0 varint, 2 length-delimited, 5 fixed 32 bits.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const utf8 = new TextEncoder();

export class ProtobufWriter {
	readonly #parts: Uint8Array[] = [];
	#length = 0;

	#append(bytes: Uint8Array): this {
		this.#parts.push(bytes);
		this.#length += bytes.length;
		return this;
	}

	#tag(field: number, wireType: number): this {
		return this.#append(encodeVarint(BigInt(field * 8 + wireType)));
	}

	/** int32, int64 and enum fields; a negative value takes ten bytes, as two's complement of 64 bits. */
	integer(field: number, value: number | bigint): this {
		return this.#tag(field, VARINT).#append(encodeVarint(BigInt(value)));
	}

	/** A `float` field: IEEE 754 single precision, little-endian. */
	float(field: number, value: number): this {
		const bytes = new Uint8Array(4);
		new DataView(bytes.buffer).setFloat32(0, value, true);
		return this.#tag(field, FIXED32).#append(bytes);
	}

	bytes(field: number, value: Uint8Array): this {
		return this.#tag(field, LENGTH_DELIMITED)
			.#append(encodeVarint(BigInt(value.length)))
			.#append(value);
	}

	string(field: number, value: string): this {
		return this.bytes(field, utf8.encode(value));
	}

	message(field: number, value: ProtobufWriter): this {
		return this.bytes(field, value.finish());
	}

	finish(): Uint8Array<ArrayBuffer> {
		const all = new Uint8Array(this.#length);
		let offset = 0;
		for (const part of this.#parts) {
			all.set(part, offset);
			offset += part.length;
		}
		return all;
	}
}

/** Base 128, least significant group first, the top bit set on all but the last byte. */
function encodeVarint(value: bigint): Uint8Array {
	let rest = BigInt.asUintN(64, value);
	const bytes: number[] = [];
	do {
		const group = Number(rest & 0x7fn);
		rest >>= 7n;
		bytes.push(rest === 0n ? group : group | 0x80);
	} while (rest !== 0n);
	return Uint8Array.from(bytes);
}
