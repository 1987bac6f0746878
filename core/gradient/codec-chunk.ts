import { VramhubError } from '#core/errors.ts';
import type { ChunkKernel } from '#core/gradient/chunk-kernel.ts';
import type { MinerCodeName } from '#core/gradient/codes.ts';

/** Of a scale or level: the smallest normal f32. Below it there are too few bits for a value to have one encoding. */
export const SMALLEST_SCALE = 2 ** -126;

export interface ChunkFault {
	readonly code: Extract<MinerCodeName, 'malformed' | 'not_finite'>;
	/** What is wrong, to be followed by "of chunk n". */
	readonly what: string;
}

/** Where the coefficients of a whole gradient are collected; {@link ChunkCodec.read} writes `count` entries from `next` on. */
export interface CoefficientSink {
	readonly indices: Uint16Array;
	readonly values: Float64Array;
}

/** Those of one chunk: `from` … `to` − 1, indices ascending. */
export interface ChunkEntries extends CoefficientSink {
	readonly from: number;
	readonly to: number;
}

/** What one codec version does with a chunk of 4096 elements. Every chunk begins with its count, u16. */
export interface ChunkCodec {
	/** Bytes of a chunk with so many coefficients, the count included; grows with the count. */
	chunkLength(count: number): number;
	/** Elements, padded with zeros, into coefficients. */
	forward(samples: Float64Array, coefficients: Float64Array): void;
	/** Coefficients into at least the first `length` elements. */
	inverse(coefficients: Float64Array, samples: Float64Array, length: number): void;
	/** The same of the coefficients `scale` · entries, into the kernel's samples. */
	inverseOf(entries: ChunkEntries, scale: number, length: number, kernel: ChunkKernel): void;
	/**
	 * Writes the chunk of at most `topK` of these coefficients at `at` and leaves in `coefficients` what the bytes decode to. Returns their number.
	 * Throws GRADIENT_NOT_FINITE.
	 */
	write(coefficients: Float64Array, topK: number, view: DataView, at: number): number;
	/** Reads the chunk at `at`, all of whose bytes are there; `length` is how many of its elements are no padding. */
	read(view: DataView, at: number, length: number, sink: CoefficientSink, next: number): ChunkFault | undefined;
}

/** Indices of the `count` coefficients of largest magnitude, ascending; of equal ones the lower index. Throws GRADIENT_NOT_FINITE. */
export function largestMagnitudes(coefficients: Float64Array, count: number): number[] {
	for (const coefficient of coefficients) {
		if (!Number.isFinite(coefficient)) throw new VramhubError('GRADIENT_NOT_FINITE', 'the gradient holds a value that is not finite');
	}
	const threshold = nthLargestMagnitude(coefficients, Math.min(count, coefficients.length));
	let ties = count;
	for (let index = 0; index < coefficients.length; index++) if (Math.abs(coefficients[index]!) > threshold) ties--;
	const chosen: number[] = [];
	for (let index = 0; index < coefficients.length; index++) {
		const magnitude = Math.abs(coefficients[index]!);
		if (magnitude > threshold || (magnitude === threshold && ties-- > 0)) chosen.push(index);
	}
	return chosen;
}

/** The smallest of the `count` largest magnitudes: a heap of that many, smallest on top, is cheaper than sorting all. */
function nthLargestMagnitude(coefficients: Float64Array, count: number): number {
	const heap = new Float64Array(count);
	for (let index = 0; index < coefficients.length; index++) {
		const magnitude = Math.abs(coefficients[index]!);
		// The heap starts as zeros, which are in order and below everything.
		if (magnitude <= heap[0]!) continue;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= count) break;
			if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
			if (heap[child]! >= magnitude) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = magnitude;
	}
	return heap[0]!;
}
