import { sha256 } from '@noble/hashes/sha2.js';
import { addressBytes, ByteWriter, equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { INTERVAL_SKETCH_HASHES, type overlapPpm, type Sketch } from '#core/gradient/overlap.ts';
import type { RosterEntry } from '#core/gradient/records.ts';

/** A gradient of this window and the earlier one that it shares most positions with. */
export interface Overlap {
	readonly uid: number;
	/** Of the smaller set, beyond chance and doubt ({@link overlapPpm}). */
	readonly ppm: number;
	readonly other: RosterEntry & { readonly window: bigint };
}

/** Of a gradient that was scored. */
export interface StoredSketch extends RosterEntry {
	readonly window: bigint;
	/** Under the interval's seed, of {@link INTERVAL_SKETCH_HASHES}. */
	readonly sketch: Sketch;
}

/**
 * What a validator's enclave knows after a window beside the rows of its payload. Its SHA-256 is `state_after` of the payload's header, so the file is found by
 * the header alone and need not travel with it. Big-endian:
 *
 *   'vramhub/state' (13 bytes) ‖ format u8 = 1 ‖ results_sha256[32] ‖ network[32] ‖ window u64 ‖ checkpoint_hash[32]
 *   ‖ overlaps u16 ‖ { uid u16 ‖ ppm u32 ‖ other uid u16 ‖ other generation u32 ‖ other window u64 } … ascending uid
 *   ‖ sketches u32 ‖ { window u64 ‖ uid u16 ‖ generation u32 ‖ count u32 ‖ min(256, count) × hash u32 } … ascending (window, uid), hashes ascending
 */
export interface StateFile {
	/** SHA-256 of the payload's `results`. */
	readonly resultsSha256: Uint8Array;
	readonly network: string;
	readonly window: bigint;
	readonly checkpointHash: Uint8Array;
	readonly overlaps: readonly Overlap[];
	readonly sketches: readonly StoredSketch[];
}

const DOMAIN = new TextEncoder().encode('vramhub/state');
const FORMAT = 1;
const MAX_OVERLAPS = 256;
/** 256 miners in 256 windows. */
export const MAX_SKETCHES = 65_536;
const PPM = 1_000_000;
const HEAD_BYTES = DOMAIN.length + 1 + 3 * 32 + 8;
const OVERLAP_BYTES = 20;
const SKETCH_HEAD_BYTES = 18;
export const MAX_STATE_FILE_BYTES = HEAD_BYTES + 2 + MAX_OVERLAPS * OVERLAP_BYTES + 4 + MAX_SKETCHES * (SKETCH_HEAD_BYTES + 4 * INTERVAL_SKETCH_HASHES);

export function encodeStateFile({ resultsSha256, network, window, checkpointHash, overlaps, sketches }: StateFile): Uint8Array {
	const writer = new ByteWriter()
		.bytes(DOMAIN)
		.u8(FORMAT)
		.fixed(resultsSha256, 32)
		.fixed(addressBytes(network), 32)
		.u64(window)
		.fixed(checkpointHash, 32)
		.u16(overlaps.length);
	for (const { uid, ppm, other } of overlaps) writer.u16(uid).u32(ppm).u16(other.uid).u32(other.generation).u64(other.window);
	writer.u32(sketches.length);
	for (const { window: of, uid, generation, sketch } of sketches) writer.u64(of).u16(uid).u32(generation).u32(sketch.count).bytes(hashBytes(sketch));
	return writer.done();
}

function hashBytes({ hashes }: Sketch): Uint8Array {
	const bytes = new Uint8Array(4 * hashes.length);
	const view = new DataView(bytes.buffer);
	for (const [index, hash] of hashes.entries()) view.setUint32(4 * index, hash);
	return bytes;
}

/** SHA-256 of a state file: `state_after`. */
export function stateFileDigest(bytes: Uint8Array): Uint8Array {
	return sha256(bytes);
}

/** Throws PAYLOAD_MALFORMED unless the bytes are exactly what {@link encodeStateFile} gives for some state in its bounds. */
export function decodeStateFile(bytes: Uint8Array): StateFile {
	if (bytes.length > MAX_STATE_FILE_BYTES) throw malformed(`${bytes.length} bytes`);
	const reader = new Reader(bytes);
	if (!equalBytes(reader.take(DOMAIN.length), DOMAIN) || reader.u8() !== FORMAT) throw malformed('it does not begin as one');
	const head = { resultsSha256: reader.take(32), network: `0x${toHex(reader.take(32))}`, window: reader.u64(), checkpointHash: reader.take(32) };
	const overlaps = decodeOverlaps(reader, head.window);
	const sketches = decodeSketches(reader, head.window);
	if (!reader.isAtEnd) throw malformed('something follows its end');
	return { ...head, overlaps, sketches };
}

function decodeOverlaps(reader: Reader, window: bigint): Overlap[] {
	const length = reader.u16();
	if (length > MAX_OVERLAPS) throw malformed(`${length} overlaps`);
	let last = -1;
	return Array.from({ length }, () => {
		const overlap = { uid: reader.u16(), ppm: reader.u32(), other: { uid: reader.u16(), generation: reader.u32(), window: reader.u64() } };
		if (overlap.uid <= last || overlap.ppm === 0 || overlap.ppm > PPM || overlap.other.window > window) throw malformed('an overlap out of order or bounds');
		last = overlap.uid;
		return overlap;
	});
}

function decodeSketches(reader: Reader, window: bigint): StoredSketch[] {
	const length = reader.u32();
	if (length > MAX_SKETCHES || length * SKETCH_HEAD_BYTES > reader.left) throw malformed(`${length} sketches`);
	let last: StoredSketch | undefined;
	return Array.from({ length }, () => {
		const [of, uid, generation, count] = [reader.u64(), reader.u16(), reader.u32(), reader.u32()];
		const stored = { window: of, uid, generation, sketch: { count, hashes: reader.ascending(Math.min(INTERVAL_SKETCH_HASHES, count)) } };
		const follows = last === undefined || of > last.window || (of === last.window && uid > last.uid);
		if (!follows || of > window) throw malformed('a sketch out of order');
		last = stored;
		return stored;
	});
}

class Reader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}
	get left(): number {
		return this.#bytes.length - this.#at;
	}
	get isAtEnd(): boolean {
		return this.left === 0;
	}
	#next(length: number): number {
		if (length > this.left) throw malformed('it is cut short');
		const at = this.#at;
		this.#at += length;
		return at;
	}
	/** A copy. */
	take(length: number): Uint8Array {
		const at = this.#next(length);
		return Uint8Array.from(this.#bytes.subarray(at, at + length));
	}
	u8(): number {
		return this.#view.getUint8(this.#next(1));
	}
	u16(): number {
		return this.#view.getUint16(this.#next(2));
	}
	u32(): number {
		return this.#view.getUint32(this.#next(4));
	}
	u64(): bigint {
		return this.#view.getBigUint64(this.#next(8));
	}
	ascending(length: number): Uint32Array {
		const at = this.#next(4 * length);
		const values = new Uint32Array(length);
		for (let i = 0; i < length; i++) {
			values[i] = this.#view.getUint32(at + 4 * i);
			if (i > 0 && values[i]! <= values[i - 1]!) throw malformed('hashes that do not ascend');
		}
		return values;
	}
}

function malformed(why: string): VramhubError {
	return new VramhubError('PAYLOAD_MALFORMED', `the state file is malformed: ${why}`);
}
