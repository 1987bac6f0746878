import { createDctKernel, type DctKernel } from '#core/gradient/dct-kernel.ts';

/**
 * The 64×64 orthonormal DCT-II and its inverse, f64, the same bits on every machine: additions and multiplications in a fixed
 * order over constants that are written here, no Math.cos.
 *
 *   X[u] = a(u) · Σ_n x[n] · cos(π (2n + 1) u / 128),  a(0) = 1/8, a(u > 0) = √(1/32)
 *
 * Ahmed, Natarajan and Rao, "Discrete Cosine Transform" (IEEE Trans. Computers C-23, 1974), in the orthonormal scaling.
 */
export const DCT_SIZE = 64;
export const BLOCK_ELEMENTS = DCT_SIZE * DCT_SIZE;

const HALF = DCT_SIZE / 2;

/** cos(π k / 128), k = 0 … 64, rounded to the nearest f64 (computed with 60 decimal digits). */
// biome-ignore-start format: a table
// biome-ignore-start lint/suspicious/noApproximativeNumericConstant: one table, one notation
const COSINES = [
	1.0, 0.9996988186962042, 0.9987954562051724, 0.9972904566786902, 0.9951847266721969, 0.99247953459871, 0.989176509964781, 0.9852776423889412,
	0.9807852804032304, 0.9757021300385286, 0.970031253194544, 0.9637760657954398, 0.9569403357322088, 0.9495281805930367, 0.9415440651830208, 0.9329927988347388,
	0.9238795325112867, 0.9142097557035307, 0.9039892931234433, 0.8932243011955153, 0.881921264348355, 0.8700869911087115, 0.8577286100002721, 0.8448535652497071,
	0.8314696123025452, 0.8175848131515837, 0.8032075314806449, 0.7883464276266062, 0.773010453362737, 0.7572088465064846, 0.7409511253549591, 0.7242470829514669,
	0.7071067811865476, 0.6895405447370669, 0.6715589548470184, 0.6531728429537768, 0.6343932841636455, 0.6152315905806268, 0.5956993044924334,
	0.5758081914178453, 0.5555702330196022, 0.5349976198870973, 0.5141027441932218, 0.49289819222978404, 0.47139673682599764, 0.4496113296546066,
	0.4275550934302821, 0.40524131400498986, 0.3826834323650898, 0.35989503653498817, 0.33688985339222005, 0.31368174039889146, 0.2902846772544624,
	0.26671275747489837, 0.2429801799032639, 0.2191012401568698, 0.19509032201612828, 0.17096188876030122, 0.14673047445536175, 0.1224106751992162,
	0.0980171403295606, 0.07356456359966743, 0.049067674327418015, 0.024541228522912288, 0.0,
];

// biome-ignore-end lint/suspicious/noApproximativeNumericConstant: one table, one notation
// biome-ignore-end format: a table

/** a(0) and a(u > 0). */
const FIRST_SCALE = 0.125;
const SCALE = 0.1767766952966369;

/** cos(π k / 128) for any k ≥ 0, out of the first quadrant. */
function cosine(k: number): number {
	const turn = k % 256;
	const half = turn > 128 ? 256 - turn : turn;
	return half > 64 ? -COSINES[128 - half]! : COSINES[half]!;
}

/** MATRIX[u · 64 + n] = a(u) · cos(π (2n + 1) u / 128): row u is the basis function of frequency u. */
const MATRIX = Float64Array.from({ length: BLOCK_ELEMENTS }, (_, index) => {
	const u = Math.floor(index / DCT_SIZE);
	const n = index % DCT_SIZE;
	return (u === 0 ? FIRST_SCALE : SCALE) * cosine((2 * n + 1) * u);
});

// Scratch of the calls below, which never wait.
const partial = new Float64Array(BLOCK_ELEMENTS);
const evenSums = new Float64Array(DCT_SIZE);
const oddSums = new Float64Array(DCT_SIZE);

let shared: DctKernel | undefined;

/** The inverse transform's own memory, to be filled and read in place. One for the process: whoever uses it does not wait in between. */
export function dctKernel(): DctKernel {
	shared ??= createDctKernel(MATRIX);
	return shared;
}

/**
 * Inverse transform of one row-major block of coefficients into `samples`, of which the first `rows` rows of 64 are computed.
 * Zero coefficients and empty rows are passed over, which changes no bit of the result and makes sparse blocks cheap.
 * The basis is symmetric, C[u][63 − i] = (−1)^u · C[u][i], so even and odd frequencies are summed apart, ascending.
 */
export function inverseDct(coefficients: Float64Array, samples: Float64Array, rows: number = DCT_SIZE): void {
	const kernel = dctKernel();
	let count = 0;
	for (let index = 0; index < BLOCK_ELEMENTS; index++) {
		const coefficient = coefficients[index]!;
		if (coefficient === 0) continue;
		kernel.indices[count] = index;
		kernel.values[count++] = coefficient;
	}
	kernel.inverse(count, rows);
	samples.set(kernel.samples.subarray(0, rows * DCT_SIZE));
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
		a += MATRIX[first + j]! * x;
		b += MATRIX[first + step + j]! * x;
		c += MATRIX[first + 2 * step + j]! * x;
		d += MATRIX[first + 3 * step + j]! * x;
	}
	target[first + column] = a;
	target[first + step + column] = b;
	target[first + 2 * step + column] = c;
	target[first + 3 * step + column] = d;
}
