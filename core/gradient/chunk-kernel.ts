import { BLOCK_ELEMENTS, DCT_MATRIX } from '#core/gradient/dct-basis.ts';
import { INDICES, INVERSE, MATRIX, SAMPLES, SCALE, VALUES } from '#core/gradient/dct-kernel.ts';
import { CHUNK_ELEMENTS } from '#core/gradient/layout.ts';
import { ADD, LOST_INDICES, LOST_VALUES, PARAMETERS, SUBTRACT, UPDATE_END } from '#core/gradient/update-kernel.ts';
import { createKernel } from '#core/gradient/wasm.ts';

interface ChunkFunctions {
	/** `samples` becomes the inverse DCT of scale · the first `count` entries; of it the first `rows` rows of 64 mean something. */
	inverse(count: number, rows: number): void;
	/**
	 * The first `count` parameters, finite, become fround(parameter − fround(sample)). Answers how many of them {@link add} will not bring back bit for bit, which
	 * are at the beginning of the lists of the lost, ascending. Up to the next multiple of four, what is behind the count takes part and may be listed.
	 */
	subtract(count: number): number;
	/** The first `count` parameters become fround(parameter + fround(sample)). */
	add(count: number): void;
}

/** The memory of the work on one chunk, to be filled and read in place. */
export interface ChunkKernel extends ChunkFunctions {
	/** Entries of a block: index inside it, ascending, and coefficient. */
	readonly indices: Uint16Array;
	readonly values: Float64Array;
	/** Of one element. */
	readonly scale: Float64Array;
	/** Elements of the chunk, of a block in row-major order. */
	readonly samples: Float64Array;
	readonly parameters: Float32Array;
	readonly lostIndices: Uint16Array;
	/** The parameters as they were. */
	readonly lostValues: Float32Array;
}

let shared: ChunkKernel | undefined;

/** One for the process: whoever uses it does not wait in between. */
export function chunkKernel(): ChunkKernel {
	shared ??= createChunkKernel();
	return shared;
}

function createChunkKernel(): ChunkKernel {
	const { memory, ...functions } = createKernel<ChunkFunctions>(UPDATE_END, { inverse: INVERSE, subtract: SUBTRACT, add: ADD });
	new Float64Array(memory, MATRIX, BLOCK_ELEMENTS).set(DCT_MATRIX);
	return {
		...functions,
		indices: new Uint16Array(memory, INDICES, BLOCK_ELEMENTS),
		values: new Float64Array(memory, VALUES, BLOCK_ELEMENTS),
		scale: new Float64Array(memory, SCALE, 1),
		samples: new Float64Array(memory, SAMPLES, CHUNK_ELEMENTS),
		parameters: new Float32Array(memory, PARAMETERS, CHUNK_ELEMENTS),
		lostIndices: new Uint16Array(memory, LOST_INDICES, CHUNK_ELEMENTS),
		lostValues: new Float32Array(memory, LOST_VALUES, CHUNK_ELEMENTS),
	};
}
