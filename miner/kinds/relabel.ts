import { VramhubError } from '#core/errors.ts';
import { CHUNK_HEADER_LENGTH, COEFFICIENT_LENGTH, GRADIENT_HEADER_LENGTH } from '#core/gradient/layout.ts';
import type { WindowTask } from '#miner/workbench.ts';

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
 * Changes the last value of `count` chunks by a single step away from zero, in place, where that value is not ±127 already: the object stays
 * well-formed and is no longer the same bytes.
 */
export function nudge(bytes: Uint8Array, count: number): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = GRADIENT_HEADER_LENGTH;
	for (let changed = 0; changed < count && at < bytes.length; ) {
		const size = view.getUint16(at);
		at += CHUNK_HEADER_LENGTH + size * COEFFICIENT_LENGTH;
		if (size === 0) continue;
		const value = view.getInt8(at - 1);
		if (Math.abs(value) === 127) continue;
		view.setInt8(at - 1, value + Math.sign(value));
		changed++;
	}
}
