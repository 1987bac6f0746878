/**
 * How entries lie in a file: `mark ‖ u32le CRC-32 ‖ u32le length ‖ u64le number ‖ body`. The checksum is of all that follows it. Numbers
 * count up, so that a missing frame shows; the mark lets a reader find the next frame behind damage.
 */
import { crc32 } from 'node:zlib';

const MARK = Buffer.from([0x9c, 0xd2, 0x6b, 0xf5]);
export const FRAME_HEAD_BYTES = 20;
const CHECKED_FROM = 8;

export interface Frame {
	readonly number: number;
	readonly body: Buffer;
	/** Where the next one begins. */
	readonly end: number;
}

export function encodeFrame(number: number, body: Uint8Array): Buffer {
	const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length);
	MARK.copy(frame);
	frame.writeUInt32LE(body.length, 8);
	frame.writeBigUInt64LE(BigInt(number), 12);
	frame.set(body, FRAME_HEAD_BYTES);
	frame.writeUInt32LE(crc32(frame.subarray(CHECKED_FROM)), 4);
	return frame;
}

/** Bytes of the whole frame that begins with `head`, or undefined when none does. */
export function frameLength(head: Buffer): number | undefined {
	return head.length >= FRAME_HEAD_BYTES && head.subarray(0, MARK.length).equals(MARK) ? FRAME_HEAD_BYTES + head.readUInt32LE(8) : undefined;
}

/** The frame at `at`, or undefined when the bytes there are no whole and sound one. */
export function readFrame(bytes: Buffer, at: number): Frame | undefined {
	const length = frameLength(bytes.subarray(at, at + FRAME_HEAD_BYTES));
	if (length === undefined || at + length > bytes.length) return undefined;
	const frame = bytes.subarray(at, at + length);
	if (crc32(frame.subarray(CHECKED_FROM)) !== frame.readUInt32LE(4)) return undefined;
	return { number: Number(frame.readBigUInt64LE(12)), body: frame.subarray(FRAME_HEAD_BYTES), end: at + length };
}

/** The first sound frame that begins at `from` or behind it. */
export function findFrame(bytes: Buffer, from: number): { readonly at: number; readonly frame: Frame } | undefined {
	for (let at = bytes.indexOf(MARK, from); at !== -1; at = bytes.indexOf(MARK, at + 1)) {
		const frame = readFrame(bytes, at);
		if (frame !== undefined) return { at, frame };
	}
	return undefined;
}
