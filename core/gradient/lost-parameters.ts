import type { ChunkKernel } from '#core/gradient/chunk-kernel.ts';
import { CHUNK_ELEMENTS } from '#core/gradient/layout.ts';

/**
 * Parameters as they were before an update, those that it could not be taken back from: rounding swallowed bits of them. Memory that threads share, for one
 * range of chunks. It grows with what is lost, at most to four bytes a parameter and two a chunk, and is then used again.
 */
export interface LostMemory {
	/** How many parameters of each chunk are kept, u16. Where it is all of them they have no indices. */
	readonly counts: SharedArrayBuffer;
	/** Inside their chunk, ascending, u16. Chunk after chunk, as the values. */
	readonly indices: SharedArrayBuffer;
	/** f32. */
	readonly values: SharedArrayBuffer;
}

/** For as many chunks. */
export function createLostMemory(chunks: number): LostMemory {
	const growing = (maxByteLength: number) => new SharedArrayBuffer(0, { maxByteLength });
	return {
		counts: new SharedArrayBuffer(chunks * Uint16Array.BYTES_PER_ELEMENT),
		indices: growing(Math.floor(WORTH_LISTING * CHUNK_ELEMENTS) * chunks * Uint16Array.BYTES_PER_ELEMENT),
		values: growing(CHUNK_ELEMENTS * chunks * Float32Array.BYTES_PER_ELEMENT),
	};
}

/** Above this part of a chunk its parameters take less room than the indices and values of those that are lost: 4 bytes each, 2 + 4 bytes each. */
const WORTH_LISTING = 4 / 6;
/** Memory grows by so much at once. */
const STEP_BYTES = 1 << 16;

/** Writes or reads the memory from its beginning, chunk after chunk. */
export class LostList {
	readonly #memory: LostMemory;
	readonly #counts: Uint16Array;
	#nextIndex = 0;
	#nextValue = 0;

	constructor(memory: LostMemory) {
		this.#memory = memory;
		this.#counts = new Uint16Array(memory.counts);
	}

	/**
	 * `parameters` are those of the chunk as they were; the kernel says that it lost so many, perhaps some of them behind the chunk's end, which does not matter:
	 * they are put back there.
	 */
	add(chunk: number, parameters: Float32Array, lost: number, { lostIndices, lostValues }: ChunkKernel): void {
		const { length } = parameters;
		const whole = lost > Math.floor(WORTH_LISTING * length);
		const count = whole ? length : lost;
		if (!whole) {
			this.#indices(count).set(lostIndices.subarray(0, count));
			this.#nextIndex += count;
		}
		this.#values(count).set(whole ? parameters : lostValues.subarray(0, count));
		this.#nextValue += count;
		this.#counts[chunk] = count;
	}

	/** Whether all of the chunk was kept; it is then in `parameters` again. */
	takeWhole(chunk: number, parameters: Float32Array): boolean {
		const { length } = parameters;
		if (this.#counts[chunk] !== length) return false;
		parameters.set(this.#values(length));
		this.#nextValue += length;
		return true;
	}

	/** What was lost of the chunk is in `parameters` again. */
	take(chunk: number, parameters: Float32Array): void {
		const count = this.#counts[chunk]!;
		const indices = this.#indices(count);
		const values = this.#values(count);
		for (let i = 0; i < count; i++) parameters[indices[i]!] = values[i]!;
		this.#nextIndex += count;
		this.#nextValue += count;
	}

	#indices(count: number): Uint16Array {
		return new Uint16Array(withRoom(this.#memory.indices, 2 * (this.#nextIndex + count)), 2 * this.#nextIndex, count);
	}

	#values(count: number): Float32Array {
		return new Float32Array(withRoom(this.#memory.values, 4 * (this.#nextValue + count)), 4 * this.#nextValue, count);
	}
}

function withRoom(memory: SharedArrayBuffer, bytes: number): SharedArrayBuffer {
	if (bytes > memory.byteLength) memory.grow(Math.min(memory.maxByteLength, Math.ceil(bytes / STEP_BYTES) * STEP_BYTES));
	return memory;
}
