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

/** θ − scale · gradient in a range of θ's chunks. θ is in θ's layout and finite. */
export interface Step {
	readonly theta: Float32Array;
	readonly gradient: SparseGradient;
	readonly scale: number;
	readonly range: ChunkRange;
}

/** A step in the place of θ. */
export interface Change extends Step {
	/** Of this range alone, from `apply` to `revert`. */
	readonly lost: LostMemory;
}

/**
 * Moves θ by a gradient, beside it or in its place, and takes the latter back. Every chunk is computed by itself, so any cut into ranges, on any number of
 * threads, gives the same bits. All throw BAD_ARGUMENT when an argument is of another model; nothing is written then.
 */
export interface GradientUpdate {
	/** moved ← fround(θ − fround(scale · g)), element by element of the range; θ stays. */
	moveBeside(step: Step, moved: Float32Array): void;
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

	const partOf = (all: Float32Array, chunk: number): Float32Array => all.subarray(offsets[chunk]!, offsets[chunk + 1]!);

	function requireLength(all: Float32Array): void {
		if (all.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters`);
	}

	/** For each chunk its number, its part of θ, and a way to have the kernel load that and its samples unless the gradient does not move it. */
	function forEachChunk({ theta, gradient, scale, range }: Step, work: (chunk: number, part: Float32Array, load: (() => void) | undefined) => void): void {
		const { starts, indices, values, header } = gradient;
		if (header.chunkCount !== chunks || range.from < 0 || range.to > chunks) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
		requireLength(theta);
		const kernel = chunkKernel();
		const { inverseOf } = chunkCodec(header.codec);
		for (let chunk = range.from; chunk < range.to; chunk++) {
			const [from, to] = [starts[chunk]!, starts[chunk + 1]!];
			const part = partOf(theta, chunk);
			const load = (): void => {
				inverseOf({ indices, values, from, to }, scale, part.length, kernel);
				kernel.parameters.set(part);
			};
			work(chunk, part, from === to ? undefined : load);
		}
	}

	return {
		moveBeside(step, moved) {
			requireLength(moved);
			const kernel = chunkKernel();
			forEachChunk(step, (chunk, part, load) => {
				const target = partOf(moved, chunk);
				if (load === undefined) return target.set(part);
				load();
				kernel.subtract(part.length);
				target.set(kernel.parameters.subarray(0, part.length));
			});
		},

		apply(change) {
			const kernel = chunkKernel();
			const lost = new LostList(change.lost);
			forEachChunk(change, (chunk, part, load) => {
				if (load === undefined) return;
				load();
				lost.add(chunk - change.range.from, part, kernel.subtract(part.length), kernel);
				part.set(kernel.parameters.subarray(0, part.length));
			});
		},

		revert(change) {
			const kernel = chunkKernel();
			const lost = new LostList(change.lost);
			forEachChunk(change, (chunk, part, load) => {
				if (load === undefined || lost.takeWhole(chunk - change.range.from, part)) return;
				load();
				kernel.add(part.length);
				lost.take(chunk - change.range.from, kernel.parameters);
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
