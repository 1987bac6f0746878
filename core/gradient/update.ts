import { VramhubError } from '#core/errors.ts';
import { chunkCodec } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { elementCount, type ParameterSpec } from '#core/gradient/manifest.ts';

/** Chunks `from` … `to` − 1 of a model. */
export interface ChunkRange {
	readonly from: number;
	readonly to: number;
}

/**
 * out = fround(base − fround(scale · g)) in θ's layout for the chunks of a range; the rest of `out` is left alone. Every chunk is computed by itself, so any
 * cut into ranges, on any number of threads, gives the same bits. Throws BAD_ARGUMENT when an argument is of another model.
 */
export type GradientUpdate = (gradient: SparseGradient, range: ChunkRange, scale: number, base: Float32Array, out: Float32Array) => void;

/** The update of one model. It holds where each chunk begins and no memory that grows with the gradients. */
export function createGradientUpdate(parameters: readonly ParameterSpec[]): GradientUpdate {
	const offsets = chunkOffsets(parameters);
	const chunks = offsets.length - 1;
	const count = offsets[chunks]!;
	return (gradient, range, scale, base, out) => {
		const { starts, indices, values, header } = gradient;
		if (header.chunkCount !== chunks || range.from < 0 || range.to > chunks) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
		if (base.length !== count || out.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters`);
		const { inverseOf } = chunkCodec(header.codec);
		for (let chunk = range.from; chunk < range.to; chunk++) {
			const [offset, end] = [offsets[chunk]!, offsets[chunk + 1]!];
			const [first, last] = [starts[chunk]!, starts[chunk + 1]!];
			if (first === last) {
				out.set(base.subarray(offset, end), offset);
				continue;
			}
			const samples = inverseOf({ indices, values, from: first, to: last }, scale, end - offset);
			for (let i = offset; i < end; i++) out[i] = base[i]! - Math.fround(samples[i - offset]!);
		}
	};
}

/** Where each chunk begins in θ, and at last θ's length. */
function chunkOffsets(parameters: readonly ParameterSpec[]): Float64Array {
	const offsets: number[] = [];
	let offset = 0;
	for (const parameter of parameters) {
		const end = offset + elementCount(parameter);
		for (; offset < end; offset = Math.min(end, offset + CHUNK_ELEMENTS)) offsets.push(offset);
	}
	return Float64Array.from([...offsets, offset]);
}
