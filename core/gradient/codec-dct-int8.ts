import { type ChunkCodec, largestMagnitudes, SMALLEST_SCALE } from '#core/gradient/codec-chunk.ts';
import { forwardDct, inverseDct, inverseDctOf } from '#core/gradient/dct.ts';
import { DCT_SIZE } from '#core/gradient/dct-basis.ts';
import { CHUNK_ELEMENTS } from '#core/gradient/layout.ts';

/** count u16 ‖ scale f32 */
const HEAD = 6;
/** delta u16 ‖ value i8 */
const COEFFICIENT = 3;
const LARGEST_VALUE = 127;

/**
 * Codec 1, a chunk: count u16 ‖ scale f32 ‖ count × delta u16 ‖ count × value i8, of DCT coefficients.
 *
 * The first delta is the first index; each later one is the distance to the index before it and at least 1; indices stay below 4096. value is in −127…127 and
 * never 0; the largest |value| of a chunk is 127; the coefficient is f64(scale) · value. scale is finite and at least 2^−126, or +0 when count is 0.
 *
 * An encoder takes scale = fround(largest / 127) and the nearest value, and leaves zeros out.
 */
export const dctInt8: ChunkCodec = {
	chunkLength: (count) => HEAD + count * COEFFICIENT,
	forward: forwardDct,
	inverse: (coefficients, samples, length) => inverseDct(coefficients, samples, Math.ceil(length / DCT_SIZE)),
	inverseOf: (entries, scale, length, kernel) => inverseDctOf(entries, scale, Math.ceil(length / DCT_SIZE), kernel),

	write(coefficients, topK, view, at) {
		const chosen = largestMagnitudes(coefficients, topK);
		const largest = chosen.reduce((most, index) => Math.max(most, Math.abs(coefficients[index]!)), 0);
		const scale = Math.fround(largest / LARGEST_VALUE);
		const kept = scale < SMALLEST_SCALE ? [] : chosen.filter((index) => quantised(coefficients[index]!, scale) !== 0);
		const values = kept.map((index) => quantised(coefficients[index]!, scale));
		coefficients.fill(0);
		view.setUint16(at, kept.length);
		view.setFloat32(at + 2, kept.length === 0 ? 0 : scale);
		for (const [k, index] of kept.entries()) {
			view.setUint16(at + HEAD + 2 * k, k === 0 ? index : index - kept[k - 1]!);
			view.setInt8(at + HEAD + 2 * kept.length + k, values[k]!);
			coefficients[index] = scale * values[k]!;
		}
		return HEAD + kept.length * COEFFICIENT;
	},

	read(view, at, _, { indices, values }, next) {
		const count = view.getUint16(at);
		const scale = view.getFloat32(at + 2);
		if (!Number.isFinite(scale)) return { code: 'not_finite', what: 'the scale' };
		if (count === 0 ? !Object.is(scale, 0) : !(scale >= SMALLEST_SCALE)) return { code: 'malformed', what: `the scale ${scale}` };
		const deltas = at + HEAD;
		let index = -1;
		let largest = 0;
		for (let k = 0; k < count; k++) {
			const delta = view.getUint16(deltas + 2 * k);
			index = k === 0 ? delta : index + delta;
			if ((k > 0 && delta === 0) || index >= CHUNK_ELEMENTS) return { code: 'malformed', what: 'an index' };
			const value = view.getInt8(deltas + 2 * count + k);
			if (value === 0 || value === -128) return { code: 'malformed', what: 'a value' };
			indices[next + k] = index;
			values[next + k] = scale * value;
			largest = Math.max(largest, Math.abs(value));
		}
		return count > 0 && largest !== LARGEST_VALUE ? { code: 'malformed', what: 'the largest value, which is not ±127,' } : undefined;
	},
};

function quantised(coefficient: number, scale: number): number {
	return Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, Math.round(coefficient / scale)));
}
