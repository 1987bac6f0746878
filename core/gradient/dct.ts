import { type ChunkKernel, chunkKernel } from '#core/gradient/chunk-kernel.ts';
import type { ChunkEntries } from '#core/gradient/codec-chunk.ts';
import { BLOCK_ELEMENTS, DCT_MATRIX, DCT_SIZE } from '#core/gradient/dct-basis.ts';

/**
 * The 64×64 orthonormal DCT-II and its inverse, f64, the same bits on every machine: additions and multiplications in a fixed
 * order over constants that are written here, no Math.cos.
 *
 *   X[u] = a(u) · Σ_n x[n] · cos(π (2n + 1) u / 128),  a(0) = 1/8, a(u > 0) = √(1/32)
 *
 * Ahmed, Natarajan and Rao, "Discrete Cosine Transform" (IEEE Trans. Computers C-23, 1974), in the orthonormal scaling.
 */
const HALF = DCT_SIZE / 2;

// Scratch of the calls below, which never wait.
const partial = new Float64Array(BLOCK_ELEMENTS);
const evenSums = new Float64Array(DCT_SIZE);
const oddSums = new Float64Array(DCT_SIZE);

/**
 * Inverse transform of one row-major block of coefficients into `samples`, of which the first `rows` rows of 64 are computed.
 * Zero coefficients and empty rows are passed over, which changes no bit of the result and makes sparse blocks cheap.
 *
 * The basis is symmetric, C[u][63 − i] = (−1)^u · C[u][i]. So coefficients are summed in four classes by the parities of u and v, over i, j < 32 alone, each sum ascending:
 *
 *   R[u][j] = Σ_v X[u][v] · C[v][j]        S[i][j] = Σ_u C[u][i] · R[u][j]
 *   a = S_even,even + S_odd,even           b = S_even,even − S_odd,even
 *   c = S_even,odd + S_odd,odd             d = S_even,odd − S_odd,odd
 *   x[i][j] = a + c        x[i][63 − j] = a − c        x[63 − i][j] = b + d        x[63 − i][63 − j] = b − d
 */
export function inverseDct(coefficients: Float64Array, samples: Float64Array, rows: number = DCT_SIZE): void {
	const kernel = chunkKernel();
	let count = 0;
	for (let index = 0; index < BLOCK_ELEMENTS; index++) {
		const coefficient = coefficients[index]!;
		if (coefficient === 0) continue;
		kernel.indices[count] = index;
		kernel.values[count++] = coefficient;
	}
	kernel.scale[0] = 1;
	kernel.inverse(count, rows);
	samples.set(kernel.samples.subarray(0, rows * DCT_SIZE));
}

/** The same of the coefficients `scale` · entries, into the kernel's samples. */
export function inverseDctOf({ indices, values, from, to }: ChunkEntries, scale: number, rows: number, kernel: ChunkKernel): void {
	kernel.indices.set(indices.subarray(from, to));
	kernel.values.set(values.subarray(from, to));
	kernel.scale[0] = scale;
	kernel.inverse(to - from, rows);
}

/** Forward transform of one row-major block: rows, then columns. */
export function forwardDct(samples: Float64Array, coefficients: Float64Array): void {
	forwardRows(samples, partial);
	forwardRows(partial, coefficients);
}

/**
 * target[v][i] = Σ_j C[v][j] · source[i][j]: transforms every row and transposes, so that applying it twice is the whole transform.
 * By the symmetry of the basis even frequencies see x[j] + x[63 − j] only, odd ones x[j] − x[63 − j]. Four sums of one parity at a time: each is still
 * added up in ascending j, and they do not wait for each other.
 */
function forwardRows(source: Float64Array, target: Float64Array): void {
	for (let i = 0; i < DCT_SIZE; i++) {
		const row = i * DCT_SIZE;
		for (let j = 0; j < HALF; j++) {
			const left = source[row + j]!;
			const right = source[row + DCT_SIZE - 1 - j]!;
			evenSums[j] = left + right;
			oddSums[j] = left - right;
		}
		for (let v = 0; v < DCT_SIZE; v += 8) {
			foldedSums(evenSums, v, target, i);
			foldedSums(oddSums, v + 1, target, i);
		}
	}
}

/** The sums of the frequencies v, v + 2, v + 4 and v + 6, which see the same folded row. */
function foldedSums(folded: Float64Array, v: number, target: Float64Array, column: number): void {
	const first = v * DCT_SIZE;
	const step = 2 * DCT_SIZE;
	let a = 0;
	let b = 0;
	let c = 0;
	let d = 0;
	for (let j = 0; j < HALF; j++) {
		const x = folded[j]!;
		a += DCT_MATRIX[first + j]! * x;
		b += DCT_MATRIX[first + step + j]! * x;
		c += DCT_MATRIX[first + 2 * step + j]! * x;
		d += DCT_MATRIX[first + 3 * step + j]! * x;
	}
	target[first + column] = a;
	target[first + step + column] = b;
	target[first + 2 * step + column] = c;
	target[first + 3 * step + column] = d;
}
