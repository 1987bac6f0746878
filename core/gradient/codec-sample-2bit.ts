import { type ChunkCodec, largestMagnitudes, SMALLEST_SCALE } from '#core/gradient/codec-chunk.ts';

/** count u16, and with any coefficient ‖ low f32 ‖ high f32 */
const EMPTY = 2;
const HEAD = 10;
/** 4096 = 2^12 indices. */
const INDEX_BITS = 12;

/**
 * Codec 2, a chunk: count u16, and unless it is 0 ‖ low f32 ‖ high f32 ‖ bits, of elements as they are. Bits, the highest of a byte first, with
 * k = 12 − ⌈log₂ count⌉:
 *
 *   2^(12−k) buckets: a 1 for each index with index >> k = bucket, then a 0      indices ascending: the code of Elias (1974) and Fano (1971)
 *   count × k bits: index mod 2^k
 *   count × 2 bits: negative, large
 *   zeros up to the byte
 *
 * The element is ±low, or ±high where it is large. low is finite and at least 2^−126. high is greater than low and there are both large and other elements,
 * or it is +0 and none is large. Indices are those of elements, not of padding.
 *
 * An encoder takes for low and high the means of the two classes of magnitudes with the least squared error; there are only as many ways to part them as magnitudes.
 */
export const sample2bit: ChunkCodec = {
	chunkLength: (count) => (count === 0 ? EMPTY : HEAD + Math.ceil(payloadBits(count) / 8)),
	forward: (samples, coefficients) => coefficients.set(samples),
	inverse: (coefficients, samples, length) => samples.set(coefficients.subarray(0, length)),
	inverseOf({ indices, values, from, to }, scale, _, { samples }) {
		samples.fill(0);
		for (let k = from; k < to; k++) samples[indices[k]!] = values[k]! * scale;
	},

	write(coefficients, topK, view, at) {
		const kept = largestMagnitudes(coefficients, topK).filter((index) => Math.abs(coefficients[index]!) >= SMALLEST_SCALE);
		const count = kept.length;
		view.setUint16(at, count);
		if (count === 0) {
			coefficients.fill(0);
			return EMPTY;
		}
		const { low, high, threshold } = twoLevels(Float64Array.from(kept, (index) => Math.abs(coefficients[index]!)).sort());
		view.setFloat32(at + 2, low);
		view.setFloat32(at + 6, high);
		const bits = new BitWriter(view, at + HEAD);
		const lower = lowerBits(count);
		let next = 0;
		for (let bucket = 0; bucket < 1 << (INDEX_BITS - lower); bucket++) {
			for (; next < count && kept[next]! >> lower === bucket; next++) bits.write(1, 1);
			bits.write(0, 1);
		}
		for (const index of kept) bits.write(index & ((1 << lower) - 1), lower);
		const decoded = kept.map((index) => {
			const coefficient = coefficients[index]!;
			const large = Math.abs(coefficient) >= threshold;
			bits.write(coefficient < 0 ? 1 : 0, 1);
			bits.write(large ? 1 : 0, 1);
			return Math.sign(coefficient) * (large ? high : low);
		});
		bits.end();
		coefficients.fill(0);
		for (const [k, index] of kept.entries()) coefficients[index] = decoded[k]!;
		return sample2bit.chunkLength(count);
	},

	read(view, at, length, { indices, values }, next) {
		const count = view.getUint16(at);
		if (count === 0) return undefined;
		const low = view.getFloat32(at + 2);
		const high = view.getFloat32(at + 6);
		if (!Number.isFinite(low) || !Number.isFinite(high)) return { code: 'not_finite', what: 'a level' };
		if (!(low >= SMALLEST_SCALE)) return { code: 'malformed', what: `the level ${low}` };
		if (!(Object.is(high, 0) || high > low)) return { code: 'malformed', what: `the level ${high}` };
		const lower = lowerBits(count);
		const buckets = 1 << (INDEX_BITS - lower);
		const bits = new BitReader(view, at + HEAD);
		let bucket = 0;
		let found = 0;
		for (let bit = 0; bit < count + buckets; bit++) {
			if (bits.read(1) === 0) bucket++;
			else if (found === count) return { code: 'malformed', what: 'the indices' };
			else indices[next + found++] = bucket << lower;
		}
		if (found !== count) return { code: 'malformed', what: 'the indices' };
		let previous = -1;
		for (let k = 0; k < count; k++) {
			// A 1 after the last bucket would be an index that u16 still holds.
			const index = indices[next + k]! | bits.read(lower);
			if (index <= previous || index >= length) return { code: 'malformed', what: 'an index' };
			indices[next + k] = index;
			previous = index;
		}
		let large = 0;
		for (let k = 0; k < count; k++) {
			const negative = bits.read(1);
			const isLarge = bits.read(1);
			large += isLarge;
			const level = isLarge === 1 ? high : low;
			values[next + k] = negative === 1 ? -level : level;
		}
		if (high === 0 ? large > 0 : large === 0 || large === count) return { code: 'malformed', what: 'a level that is not used,' };
		return bits.restIsZero() ? undefined : { code: 'malformed', what: 'the padding' };
	},
};

/** k = 12 − ⌈log₂ count⌉ for a count of 1 … 4096. */
function lowerBits(count: number): number {
	return Math.clz32(count - 1) - (32 - INDEX_BITS);
}

function payloadBits(count: number): number {
	const lower = lowerBits(count);
	return count + (1 << (INDEX_BITS - lower)) + count * lower + 2 * count;
}

/** `magnitudes` ascending, not empty. `threshold`: from which magnitude on an element is large; infinite, and `high` 0, when all are one class. */
function twoLevels(magnitudes: Float64Array): { readonly low: number; readonly high: number; readonly threshold: number } {
	const count = magnitudes.length;
	const total = magnitudes.reduce((sum, magnitude) => sum + magnitude, 0);
	// The squared error is Σm² less this.
	let best = (total * total) / count;
	let split = 0;
	let splitSum = 0;
	let sum = 0;
	for (let k = 1; k < count; k++) {
		sum += magnitudes[k - 1]!;
		if (magnitudes[k] === magnitudes[k - 1]) continue;
		const explained = (sum * sum) / k + ((total - sum) * (total - sum)) / (count - k);
		if (explained <= best) continue;
		best = explained;
		split = k;
		splitSum = sum;
	}
	// A mean of equal magnitudes may come out a rounding below the smallest of them.
	const low = Math.max(SMALLEST_SCALE, Math.fround(splitSum / split));
	const high = Math.fround((total - splitSum) / (count - split));
	// One class, or two that f32 cannot tell apart.
	if (split === 0 || !(high > low)) return { low: Math.max(SMALLEST_SCALE, Math.fround(total / count)), high: 0, threshold: Number.POSITIVE_INFINITY };
	return { low, high, threshold: magnitudes[split]! };
}

/** Bits of bytes, the highest of a byte first. The bytes that are written to are zero before. */
class BitWriter {
	readonly #view: DataView;
	#at: number;
	#free = 8;
	#byte = 0;

	constructor(view: DataView, at: number) {
		this.#view = view;
		this.#at = at;
	}

	write(value: number, bits: number): void {
		for (let bit = bits - 1; bit >= 0; bit--) {
			this.#byte = (this.#byte << 1) | ((value >> bit) & 1);
			if (--this.#free > 0) continue;
			this.#view.setUint8(this.#at++, this.#byte);
			this.#free = 8;
			this.#byte = 0;
		}
	}

	/** Fills the last byte with zeros. */
	end(): void {
		if (this.#free < 8) this.#view.setUint8(this.#at, this.#byte << this.#free);
	}
}

class BitReader {
	readonly #view: DataView;
	#at: number;
	/** Bits of the byte before #at that are not read yet, in its low places. */
	#left = 0;
	#byte = 0;

	constructor(view: DataView, at: number) {
		this.#view = view;
		this.#at = at;
	}

	read(bits: number): number {
		let value = 0;
		for (let wanted = bits; wanted > 0; ) {
			if (this.#left === 0) {
				this.#byte = this.#view.getUint8(this.#at++);
				this.#left = 8;
			}
			const taken = Math.min(wanted, this.#left);
			this.#left -= taken;
			value = (value << taken) | ((this.#byte >> this.#left) & ((1 << taken) - 1));
			wanted -= taken;
		}
		return value;
	}

	/** Whether what is left of the byte is zeros. */
	restIsZero(): boolean {
		return (this.#byte & ((1 << this.#left) - 1)) === 0;
	}
}
