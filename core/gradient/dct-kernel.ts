/**
 * The inverse transform of core/gradient/dct.ts as WebAssembly, two f64 an instruction: the sums are those of the scalar loops, each taken in the same order
 * with the same roundings (WebAssembly has no fused multiply-add outside of its relaxed extension), so the bits are the same on every machine. Two to six
 * times as fast as the loops in JavaScript. The module is put together here, instruction by instruction: about a hundred of them, no toolchain, nothing to trust.
 *
 * WebAssembly Core Specification 2.0, §5 (binary format).
 */
const SIZE = 64;
const ROW_BYTES = SIZE * 8;
const BLOCK_BYTES = SIZE * ROW_BYTES;

// The memory, bytes.
const MATRIX = 0;
const SAMPLES = MATRIX + BLOCK_BYTES;
const VALUES = SAMPLES + BLOCK_BYTES;
/** Transformed rows of even and of odd frequency, those that hold a coefficient, one after the other. */
const EVEN_ROWS = VALUES + BLOCK_BYTES;
const ODD_ROWS = EVEN_ROWS + BLOCK_BYTES / 2;
const INDICES = ODD_ROWS + BLOCK_BYTES / 2;
/** For each of those rows the address of its frequency's row of the matrix. */
const EVEN_LIST = INDICES + SIZE * SIZE * 4;
const ODD_LIST = EVEN_LIST + (SIZE / 2) * 4;
const PAGE_BYTES = 65_536;
const PAGES = Math.ceil((ODD_LIST + (SIZE / 2) * 4) / PAGE_BYTES);

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;

const op = {
	loop: 0x03,
	if: 0x04,
	else: 0x05,
	end: 0x0b,
	brIf: 0x0d,
	i32Eq: 0x46,
	i32LtU: 0x49,
	i32Add: 0x6a,
	i32Sub: 0x6b,
	i32And: 0x71,
	i32Shl: 0x74,
	i32ShrU: 0x76,
} as const;

type Code = readonly number[];

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	while (rest > 0x7f) {
		bytes.push((rest & 0x7f) | 0x80);
		rest >>>= 7;
	}
	return [...bytes, rest];
}

/** Signed LEB128 of what is not negative. */
function constant(value: number): number[] {
	const bytes = unsigned(value);
	// The sign is bit 6 of the last byte.
	if ((bytes.at(-1)! & 0x40) === 0) return [0x41, ...bytes];
	return [0x41, ...bytes.slice(0, -1), bytes.at(-1)! | 0x80, 0];
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, ...value: Code[]): Code => [...value.flat(), 0x21, ...unsigned(local)];
const binary = (opcode: number, left: Code, right: Code): Code => [...left, ...right, opcode];
const add = (left: Code, right: Code): Code => binary(op.i32Add, left, right);
const shiftLeft = (left: Code, bits: number): Code => binary(op.i32Shl, left, constant(bits));
const increase = (local: number, by: number): Code => set(local, add(get(local), constant(by)));
const loadI32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
const storeI32 = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const loadPair = (address: Code, offset = 0): Code => [...address, ...simd(0x00), 4, ...unsigned(offset)];
/** One f64 in both lanes. */
const loadSplat = (address: Code, offset = 0): Code => [...address, ...simd(0x0a), 3, ...unsigned(offset)];
const storePair = (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), 4, ...unsigned(offset)];
const zeroPair: Code = [...simd(0x0c), ...new Array<number>(16).fill(0)];
const addPair = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xf0)];
const subPair = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xf1)];
const mulPair = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xf2)];
/** The body at least once, and again while the condition holds. */
const doWhile = (condition: Code, ...body: Code[]): Code => [op.loop, VOID, ...body.flat(), ...condition, op.brIf, 0, op.end];
const when = (condition: Code, ...body: Code[]): Code => [...condition, op.if, VOID, ...body.flat(), op.end];
const whenElse = (condition: Code, yes: Code, no: Code): Code => [...condition, op.if, VOID, ...yes, op.else, ...no, op.end];
const lessThan = (left: Code, right: Code): Code => binary(op.i32LtU, left, right);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

// Locals: the two arguments first. Addresses unless said otherwise.
const COUNT = 0;
const ROWS = 1;
const EVENS = 2;
const ODDS = 3;
/** First entry of the row, entry, entry after the row's last: numbers. */
const FIRST = 4;
const ENTRY = 5;
const LAST = 6;
const FREQUENCY = 7;
const TARGET = 8;
const BASIS = 9;
const COLUMN = 10;
const I = 11;
const SOURCE = 12;
const LIST = 13;
const SOURCE_END = 14;
const SAMPLE = 15;
const MIRROR = 16;
const I32_LOCALS = 17 - 2;
const SUMS = 17;
const FACTOR = SUMS + 8;
const LEFT = FACTOR + 1;
const RIGHT = LEFT + 1;
const V128_LOCALS = 11;

const index = (entry: Code): Code => loadI32(shiftLeft(entry, 2), INDICES);
const clearSums: Code = times(8, (s) => set(SUMS + s, zeroPair)).flat();

/**
 * target[j] = Σ value · C[v][j] over the row's entries, ascending: eight pairs of columns at a time.
 * Leaves ENTRY behind the row.
 */
const transformRow: Code = [
	...set(COLUMN, constant(0)),
	...doWhile(
		lessThan(get(COLUMN), constant(ROW_BYTES)),
		clearSums,
		set(ENTRY, get(FIRST)),
		doWhile(
			lessThan(get(ENTRY), get(LAST)),
			set(FACTOR, loadSplat(shiftLeft(get(ENTRY), 3), VALUES)),
			set(BASIS, add(shiftLeft(binary(op.i32And, index(get(ENTRY)), constant(SIZE - 1)), 9), get(COLUMN))),
			times(8, (s) => set(SUMS + s, addPair(get(SUMS + s), mulPair(get(FACTOR), loadPair(get(BASIS), MATRIX + 16 * s))))).flat(),
			increase(ENTRY, 1),
		),
		times(8, (s) => storePair(add(get(TARGET), get(COLUMN)), get(SUMS + s), 16 * s)).flat(),
		increase(COLUMN, 128),
	),
];

/** SUMS[4 rows × 2 pairs] = Σ C[u][i + r] · rows[u][columns] over the rows of one parity, ascending. */
const transformColumns = (rows: number, list: number, count: number): Code => [
	...clearSums,
	...when(
		get(count),
		set(SOURCE, add(constant(rows), get(COLUMN))),
		set(SOURCE_END, add(get(SOURCE), shiftLeft(get(count), 9))),
		set(LIST, constant(list)),
		doWhile(
			lessThan(get(SOURCE), get(SOURCE_END)),
			set(BASIS, add(loadI32(get(LIST)), shiftLeft(get(I), 3))),
			set(LEFT, loadPair(get(SOURCE))),
			set(RIGHT, loadPair(get(SOURCE), 16)),
			times(4, (r) => [
				...set(FACTOR, loadSplat(get(BASIS), 8 * r)),
				...set(SUMS + 2 * r, addPair(get(SUMS + 2 * r), mulPair(get(FACTOR), get(LEFT)))),
				...set(SUMS + 2 * r + 1, addPair(get(SUMS + 2 * r + 1), mulPair(get(FACTOR), get(RIGHT)))),
			]).flat(),
			increase(SOURCE, ROW_BYTES),
			increase(LIST, 4),
		),
	),
];

const listRow = (rows: number, list: number, count: number): Code => [
	...set(TARGET, add(constant(rows), shiftLeft(get(count), 9))),
	...storeI32(shiftLeft(get(count), 2), shiftLeft(get(FREQUENCY), 9), list),
	...increase(count, 1),
];

const inverseBody: Code = [
	...when(
		get(COUNT),
		doWhile(
			lessThan(get(FIRST), get(COUNT)),
			set(FREQUENCY, binary(op.i32ShrU, index(get(FIRST)), constant(6))),
			set(LAST, get(FIRST)),
			doWhile(
				[
					...lessThan(get(LAST), get(COUNT)),
					op.if,
					I32,
					...binary(op.i32Eq, binary(op.i32ShrU, index(get(LAST)), constant(6)), get(FREQUENCY)),
					op.else,
					...constant(0),
					op.end,
				],
				increase(LAST, 1),
			),
			whenElse(binary(op.i32And, get(FREQUENCY), constant(1)), listRow(ODD_ROWS, ODD_LIST, ODDS), listRow(EVEN_ROWS, EVEN_LIST, EVENS)),
			transformRow,
			set(FIRST, get(LAST)),
		),
	),
	...doWhile(
		binary(op.i32And, lessThan(get(I), constant(SIZE / 2)), lessThan(get(I), get(ROWS))),
		set(COLUMN, constant(0)),
		doWhile(
			lessThan(get(COLUMN), constant(ROW_BYTES)),
			set(SAMPLE, add(shiftLeft(get(I), 9), get(COLUMN))),
			set(MIRROR, binary(op.i32Sub, add(get(COLUMN), constant((SIZE - 1) * ROW_BYTES)), shiftLeft(get(I), 9))),
			transformColumns(EVEN_ROWS, EVEN_LIST, EVENS),
			times(8, (s) => storePair(get(SAMPLE), get(SUMS + s), SAMPLES + (s >> 1) * ROW_BYTES + (s & 1) * 16)).flat(),
			transformColumns(ODD_ROWS, ODD_LIST, ODDS),
			times(8, (s) => {
				const at = SAMPLES + (s >> 1) * ROW_BYTES + (s & 1) * 16;
				return [
					...set(LEFT, loadPair(get(SAMPLE), at)),
					...storePair(get(SAMPLE), addPair(get(LEFT), get(SUMS + s)), at),
					// Offsets are not negative: three rows down for the first, none for the last.
					...storePair(
						binary(op.i32Sub, get(MIRROR), constant(3 * ROW_BYTES)),
						subPair(get(LEFT), get(SUMS + s)),
						SAMPLES + (3 - (s >> 1)) * ROW_BYTES + (s & 1) * 16,
					),
				];
			}).flat(),
			increase(COLUMN, 32),
		),
		increase(I, 4),
	),
];

function section(id: number, ...content: Code[]): Code {
	const bytes = content.flat();
	return [id, ...unsigned(bytes.length), ...bytes];
}

const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)];

function moduleBytes(): Uint8Array<ArrayBuffer> {
	const locals = [2, ...unsigned(I32_LOCALS), I32, ...unsigned(V128_LOCALS), V128];
	const body = [...locals, ...inverseBody, op.end];
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
		...section(1, [1, 0x60, 2, I32, I32, 0]),
		...section(3, [1, 0]),
		...section(5, [1, 0x00, PAGES]),
		...section(7, [2, ...name('memory'), 0x02, 0, ...name('inverse'), 0x00, 0]),
		...section(10, [1, ...unsigned(body.length), ...body]),
	]);
}

/** What is used of the engine's global, whose types come with those of a browser only. */
declare const WebAssembly: {
	readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
	readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
	readonly memory: { readonly buffer: ArrayBuffer };
	readonly inverse: DctKernel['inverse'];
}

export interface DctKernel {
	/** Entries of a block: index inside it, ascending, and coefficient. */
	readonly indices: Int32Array;
	readonly values: Float64Array;
	/** The block in row-major order; of it the first `rows` rows of 64 mean something after {@link inverse}. */
	readonly samples: Float64Array;
	/** Inverse transform of the first `count` entries. */
	inverse(count: number, rows: number): void;
}

/** A kernel with memory of its own. `matrix[u · 64 + n]` is the basis. */
export function createDctKernel(matrix: Float64Array): DctKernel {
	const { memory, inverse } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports as Exports;
	new Float64Array(memory.buffer, MATRIX, SIZE * SIZE).set(matrix);
	return {
		indices: new Int32Array(memory.buffer, INDICES, SIZE * SIZE),
		values: new Float64Array(memory.buffer, VALUES, SIZE * SIZE),
		samples: new Float64Array(memory.buffer, SAMPLES, SIZE * SIZE),
		inverse,
	};
}
