import { VramhubError } from '#core/errors.ts';
import { chunkKernel } from '#core/gradient/chunk-kernel.ts';
import { chunkCodec } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { LostList, type LostMemory } from '#core/gradient/lost-parameters.ts';
import { elementCount, type ParameterSpec } from '#core/gradient/manifest.ts';

/** Chunks `from` … `to` − 1 of a model. */
export interface ChunkRange {
	readonly from: number;
	readonly to: number;
}

/** θ − scale · gradient in the place of θ, in a range of its chunks. θ is in θ's layout and finite. */
export interface Change {
	readonly theta: Float32Array;
	readonly gradient: SparseGradient;
	readonly scale: number;
	readonly range: ChunkRange;
	/** Of this range alone, from `apply` to `revert`. */
	readonly lost: LostMemory;
}

/**
 * Moves θ by a gradient, in place, and takes that back. Every chunk is computed by itself, so any cut into ranges, on any number of threads, gives the same bits.
 * Both throw BAD_ARGUMENT when an argument is of another model; θ is then as it was.
 */
export interface GradientUpdate {
	/** θ ← fround(θ − fround(scale · g)), element by element. */
	apply(change: Change): void;
	/** θ as it was before `apply`, to the bit: from what it lost and fround(θ + fround(scale · g)). */
	revert(change: Change): void;
}

/** The update of one model. It holds where each chunk begins and no memory that grows with the gradients. */
export function createGradientUpdate(parameters: readonly ParameterSpec[]): GradientUpdate {
	const offsets = chunkOffsets(parameters);
	const chunks = offsets.length - 1;
	const count = offsets[chunks]!;

	/** For each chunk that the gradient moves, with its number in the range, its part of θ, and a way to have the kernel load that and its samples. */
	function forEachChunk({ theta, gradient, scale, range }: Change, work: (chunk: number, part: Float32Array, load: () => void) => void): void {
		const { starts, indices, values, header } = gradient;
		if (header.chunkCount !== chunks || range.from < 0 || range.to > chunks) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
		if (theta.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters`);
		const kernel = chunkKernel();
		const { inverseOf } = chunkCodec(header.codec);
		for (let chunk = range.from; chunk < range.to; chunk++) {
			const [from, to] = [starts[chunk]!, starts[chunk + 1]!];
			if (from === to) continue;
			const part = theta.subarray(offsets[chunk]!, offsets[chunk + 1]!);
			work(chunk - range.from, part, () => {
				inverseOf({ indices, values, from, to }, scale, part.length, kernel);
				kernel.parameters.set(part);
			});
		}
	}

	return {
		apply(change) {
			const kernel = chunkKernel();
			const lost = new LostList(change.lost);
			forEachChunk(change, (chunk, part, load) => {
				load();
				lost.add(chunk, part, kernel.subtract(part.length), kernel);
				part.set(kernel.parameters.subarray(0, part.length));
			});
		},

		revert(change) {
			const kernel = chunkKernel();
			const lost = new LostList(change.lost);
			forEachChunk(change, (chunk, part, load) => {
				if (lost.takeWhole(chunk, part)) return;
				load();
				kernel.add(part.length);
				lost.take(chunk, kernel.parameters);
				part.set(kernel.parameters.subarray(0, part.length));
			});
		},
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
