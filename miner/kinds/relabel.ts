import { VramhubError } from '#core/errors.ts';
import { chunkLength } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC, GRADIENT_HEADER_LENGTH, type GradientCodec } from '#core/gradient/layout.ts';
import type { WindowTask } from '#miner/workbench.ts';

/** Of the f32 above all finite ones. */
const INFINITY_BITS = 0x7f80_0000;

/** A copy of a gradient object under another uid, window and checkpoint, as core/gradient/layout.ts places them. Its coefficients are untouched. */
export function relabelled(bytes: Uint8Array, { uid, window, checkpoint }: Pick<WindowTask, 'uid' | 'window' | 'checkpoint'>): Uint8Array {
	if (bytes.length < GRADIENT_HEADER_LENGTH) throw new VramhubError('GRADIENT_MALFORMED', `a gradient of ${bytes.length} bytes has no header`);
	const copy = Uint8Array.from(bytes);
	const view = new DataView(copy.buffer);
	view.setUint16(6, uid);
	view.setBigUint64(8, window);
	copy.set(checkpoint.hash, 16);
	return copy;
}

/**
 * Changes a little of `count` chunks, in place, where there is room for it: by codec 1 the last value, a single step away from zero; by codec 2 the lower of
 * the two levels, to the next f32. The object stays well-formed and is no longer the same bytes.
 */
export function nudge(bytes: Uint8Array, codec: GradientCodec, count: number): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = GRADIENT_HEADER_LENGTH;
	for (let changed = 0; changed < count && at < bytes.length; ) {
		const size = view.getUint16(at);
		const length = chunkLength(codec, size);
		if (size > 0 && nudgeChunk(view, codec, at, length)) changed++;
		at += length;
	}
}

function nudgeChunk(view: DataView, codec: GradientCodec, at: number, length: number): boolean {
	switch (codec) {
		case GRADIENT_CODEC.dct64TopkInt8: {
			const last = at + length - 1;
			const value = view.getInt8(last);
			if (Math.abs(value) === 127) return false;
			view.setInt8(last, value + Math.sign(value));
			return true;
		}
		case GRADIENT_CODEC.sampleTopk2bit: {
			// Positive floats are ordered as their bits are. The higher level is 0 where it is not used.
			const [low, high] = [view.getUint32(at + 2), view.getUint32(at + 6)];
			if (low + 1 === high || low + 1 >= INFINITY_BITS) return false;
			view.setUint32(at + 2, low + 1);
			return true;
		}
		default:
			return codec satisfies never;
	}
}
