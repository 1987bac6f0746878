/**
 * The inverse transform of core/gradient/dct.ts as WebAssembly, two f64 an instruction: the sums are those of scalar loops, each taken in the same order
 * with the same roundings, so the bits are the same on every machine.
 */
import { DCT_SIZE as SIZE } from '#core/gradient/dct-basis.ts';
import {
	add,
	addF64,
	and,
	both,
	type Code,
	constant,
	doWhile,
	equal,
	get,
	increase,
	type KernelFunction,
	lessThan,
	loadF64,
	loadI16,
	loadI32,
	loadSplat,
	loadVector,
	multiply,
	multiplyF64,
	or,
	set,
	shiftLeft,
	shiftRight,
	storeF64,
	storeI32,
	storeVector,
	subtract,
	subtractF64,
	swapF64,
	times,
	when,
	zeroVector,
} from '#core/gradient/wasm.ts';

const HALF = SIZE / 2;
const ROW_BYTES = SIZE * 8;
const BLOCK_BYTES = SIZE * ROW_BYTES;
/** Of a row that is transformed: the other half is its mirror image. */
const HALF_ROW_BYTES = HALF * 8;

/** Coefficients by the parities of their row and of their column: 2 · (row mod 2) + column mod 2. */
const CLASSES = 4;
const CLASS_ENTRIES = HALF * HALF;

// The memory, bytes.
export const MATRIX = 0;
export const SAMPLES = MATRIX + BLOCK_BYTES;
export const SCALE = SAMPLES + BLOCK_BYTES;
export const VALUES = SCALE + 8;
export const INDICES = VALUES + BLOCK_BYTES;
/** The same entries class by class, scaled, and how many each has. */
const CLASS_VALUES = INDICES + SIZE * SIZE * 2;
const CLASS_INDICES = CLASS_VALUES + BLOCK_BYTES;
const CLASS_COUNTS = CLASS_INDICES + SIZE * SIZE * 4;
/** Of each class the left halves of the transformed rows that hold an entry, one after the other. */
const TRANSFORMED = CLASS_COUNTS + CLASSES * 4;
const CLASS_BYTES = HALF * HALF_ROW_BYTES;
/** Of each class the addresses of those rows' frequencies in the matrix. */
const LISTS = TRANSFORMED + CLASSES * CLASS_BYTES;
const LIST_BYTES = HALF * 4;
/** Tiles of four rows and two pairs of columns. */
const TILE_BYTES = 4 * 2 * 16;
const FIRST_TILE = LISTS + CLASSES * LIST_BYTES;
const SECOND_TILE = FIRST_TILE + TILE_BYTES;
const THIRD_TILE = SECOND_TILE + TILE_BYTES;
/** Behind all of it. */
export const DCT_END = THIRD_TILE + TILE_BYTES;

// Locals: the two arguments first, numbers. Addresses unless said otherwise.
const COUNT = 0;
const ROWS = 1;
/** Of each class the number of its entries. */
const ENTRIES = 2;
/** Of each class the number of its transformed rows. */
const LISTED = ENTRIES + CLASSES;
/** First entry of a row, entry, entry after the row's last: numbers. */
const FIRST = LISTED + CLASSES;
const ENTRY = FIRST + 1;
const LAST = ENTRY + 1;
/** A number. */
const FREQUENCY = LAST + 1;
const TARGET = FREQUENCY + 1;
const BASIS = TARGET + 1;
const COLUMN = BASIS + 1;
/** Row of samples: a number. */
const I = COLUMN + 1;
const SOURCE = I + 1;
const SOURCE_END = SOURCE + 1;
const LIST = SOURCE_END + 1;
const SAMPLE = LIST + 1;
/** An index inside the block, and a class. */
const INDEX = SAMPLE + 1;
const CLASS = INDEX + 1;
const I32_LOCALS = CLASS + 1 - ENTRIES;
const SUMS = CLASS + 1;
const FACTOR = SUMS + 8;
const LEFT = FACTOR + 1;
const RIGHT = LEFT + 1;
const V128_LOCALS = RIGHT + 1 - SUMS;

const index = (entry: Code, of: number): Code => loadI32(shiftLeft(entry, 2), CLASS_INDICES + of * CLASS_ENTRIES * 4);
const clearSums: Code = times(8, (s) => set(SUMS + s, zeroVector)).flat();

/** Into its class, at TARGET: a number. */
const classifyEntry: Code = [
	...set(INDEX, loadI16(shiftLeft(get(ENTRY), 1), INDICES)),
	...set(CLASS, or(and(shiftRight(get(INDEX), 5), constant(2)), and(get(INDEX), constant(1)))),
	...set(TARGET, loadI32(shiftLeft(get(CLASS), 2), CLASS_COUNTS)),
	...storeI32(shiftLeft(get(CLASS), 2), add(get(TARGET), constant(1)), CLASS_COUNTS),
	...set(TARGET, add(shiftLeft(get(CLASS), Math.log2(CLASS_ENTRIES)), get(TARGET))),
	...storeI32(shiftLeft(get(TARGET), 2), get(INDEX), CLASS_INDICES),
	...storeF64(shiftLeft(get(TARGET), 3), multiply(loadF64(shiftLeft(get(ENTRY), 3), VALUES), loadF64(constant(0), SCALE)), CLASS_VALUES),
];

const classify: Code = [
	...times(CLASSES, (of) => storeI32(constant(0), constant(0), CLASS_COUNTS + 4 * of)).flat(),
	...when(get(COUNT), doWhile(lessThan(get(ENTRY), get(COUNT)), classifyEntry, increase(ENTRY, 1))),
	...times(CLASSES, (of) => set(ENTRIES + of, loadI32(constant(0), CLASS_COUNTS + 4 * of))).flat(),
];

/** transformed[j] = Σ value · C[v][j], j < 32, over the entries of a row of the class, ascending: eight pairs of columns at a time. */
const transformRow = (of: number): Code => [
	...set(COLUMN, constant(0)),
	...doWhile(
		lessThan(get(COLUMN), constant(HALF_ROW_BYTES)),
		clearSums,
		set(ENTRY, get(FIRST)),
		doWhile(
			lessThan(get(ENTRY), get(LAST)),
			set(FACTOR, loadSplat(shiftLeft(get(ENTRY), 3), CLASS_VALUES + of * CLASS_ENTRIES * 8)),
			set(BASIS, add(shiftLeft(and(index(get(ENTRY), of), constant(SIZE - 1)), 9), get(COLUMN))),
			times(8, (s) => set(SUMS + s, addF64(get(SUMS + s), multiplyF64(get(FACTOR), loadVector(get(BASIS), MATRIX + 16 * s))))).flat(),
			increase(ENTRY, 1),
		),
		times(8, (s) => storeVector(add(get(TARGET), get(COLUMN)), get(SUMS + s), 16 * s)).flat(),
		increase(COLUMN, 128),
	),
];

/** The rows of a class that hold an entry, ascending. */
const transformRows = (of: number): Code =>
	when(
		get(ENTRIES + of),
		set(FIRST, constant(0)),
		doWhile(
			lessThan(get(FIRST), get(ENTRIES + of)),
			set(FREQUENCY, shiftRight(index(get(FIRST), of), 6)),
			set(LAST, get(FIRST)),
			doWhile(both(lessThan(get(LAST), get(ENTRIES + of)), equal(shiftRight(index(get(LAST), of), 6), get(FREQUENCY))), increase(LAST, 1)),
			set(TARGET, add(constant(TRANSFORMED + of * CLASS_BYTES), shiftLeft(get(LISTED + of), 8))),
			storeI32(shiftLeft(get(LISTED + of), 2), shiftLeft(get(FREQUENCY), 9), LISTS + of * LIST_BYTES),
			increase(LISTED + of, 1),
			transformRow(of),
			set(FIRST, get(LAST)),
		),
	);

/** SUMS[4 rows × 2 pairs] = Σ C[u][i + r] · transformed[u][columns] over the transformed rows of a class, ascending. */
const transformColumns = (of: number): Code => [
	...clearSums,
	...when(
		get(LISTED + of),
		set(SOURCE, add(constant(TRANSFORMED + of * CLASS_BYTES), get(COLUMN))),
		set(SOURCE_END, add(get(SOURCE), shiftLeft(get(LISTED + of), 8))),
		set(LIST, constant(LISTS + of * LIST_BYTES)),
		doWhile(
			lessThan(get(SOURCE), get(SOURCE_END)),
			set(BASIS, add(loadI32(get(LIST)), shiftLeft(get(I), 3))),
			set(LEFT, loadVector(get(SOURCE))),
			set(RIGHT, loadVector(get(SOURCE), 16)),
			times(4, (r) => [
				...set(FACTOR, loadSplat(get(BASIS), 8 * r)),
				...set(SUMS + 2 * r, addF64(get(SUMS + 2 * r), multiplyF64(get(FACTOR), get(LEFT)))),
				...set(SUMS + 2 * r + 1, addF64(get(SUMS + 2 * r + 1), multiplyF64(get(FACTOR), get(RIGHT)))),
			]).flat(),
			increase(SOURCE, HALF_ROW_BYTES),
			increase(LIST, 4),
		),
	),
];

/** For each of the tile's eight vectors, SUMS + s. */
const eachVector = (make: (s: number) => Code): Code => times(8, make).flat();
const tile = (at: number, s: number): Code => loadVector(constant(0), at + 16 * s);
const storeTile = (at: number, s: number, value: Code): Code => storeVector(constant(0), value, at + 16 * s);

/** left + right to the columns of vector s, left − right to their mirror images, in the tile's rows or, with `below`, in theirs. */
const storeMirrored = (s: number, left: Code, right: Code, below: boolean): Code => {
	const [row, pair] = [s >> 1, s & 1];
	// Offsets are not negative: the mirrored row of the tile's last, and the mirrored pair of its second, come first.
	const rows = below ? subtract(constant((SIZE - 4) * ROW_BYTES), shiftLeft(get(I), 9)) : shiftLeft(get(I), 9);
	const offset = SAMPLES + (below ? 3 - row : row) * ROW_BYTES;
	return [
		...set(LEFT, left),
		...set(RIGHT, right),
		...set(SAMPLE, rows),
		...storeVector(add(get(SAMPLE), get(COLUMN)), addF64(get(LEFT), get(RIGHT)), offset + pair * 16),
		...storeVector(add(get(SAMPLE), subtract(constant(ROW_BYTES - 32), get(COLUMN))), swapF64(subtractF64(get(LEFT), get(RIGHT))), offset + (1 - pair) * 16),
	];
};

const [EVEN_EVEN, EVEN_ODD, ODD_EVEN, ODD_ODD] = [0, 1, 2, 3] as const;

const transformTile: Code = [
	...transformColumns(EVEN_EVEN),
	...eachVector((s) => storeTile(FIRST_TILE, s, get(SUMS + s))),
	...transformColumns(ODD_EVEN),
	...eachVector((s) => [
		...set(LEFT, tile(FIRST_TILE, s)),
		...storeTile(FIRST_TILE, s, addF64(get(LEFT), get(SUMS + s))),
		...storeTile(SECOND_TILE, s, subtractF64(get(LEFT), get(SUMS + s))),
	]),
	...transformColumns(EVEN_ODD),
	...eachVector((s) => storeTile(THIRD_TILE, s, get(SUMS + s))),
	...transformColumns(ODD_ODD),
	...eachVector((s) => [
		...storeMirrored(s, tile(FIRST_TILE, s), addF64(tile(THIRD_TILE, s), get(SUMS + s)), false),
		...storeMirrored(s, tile(SECOND_TILE, s), subtractF64(tile(THIRD_TILE, s), get(SUMS + s)), true),
	]),
];

/** Arguments: how many entries there are, and how many rows of samples are asked for. */
export const INVERSE: KernelFunction = {
	parameters: 2,
	answers: false,
	i32Locals: I32_LOCALS,
	v128Locals: V128_LOCALS,
	code: [
		...classify,
		...times(CLASSES, transformRows).flat(),
		...doWhile(
			and(lessThan(get(I), constant(HALF)), lessThan(get(I), get(ROWS))),
			set(COLUMN, constant(0)),
			doWhile(lessThan(get(COLUMN), constant(HALF_ROW_BYTES)), transformTile, increase(COLUMN, 32)),
			increase(I, 4),
		),
	],
};
