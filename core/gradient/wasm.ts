/**
 * What the kernels of this folder are put together with: WebAssembly instruction by instruction, no toolchain, nothing to trust. An expression is the code that
 * leaves its value on the stack, a statement leaves nothing.
 *
 * WebAssembly Core Specification 2.0, §5 (binary format). It has no fused multiply-add outside of its relaxed extension, hence the same bits on every machine.
 */
export type Code = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;
const VOID = 0x40;
const PAGE_BYTES = 65_536;

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
export function constant(value: number): Code {
	const bytes = unsigned(value);
	// The sign is bit 6 of the last byte.
	if ((bytes.at(-1)! & 0x40) === 0) return [0x41, ...bytes];
	return [0x41, ...bytes.slice(0, -1), bytes.at(-1)! | 0x80, 0];
}

const binary =
	(...opcode: number[]) =>
	(left: Code, right: Code): Code => [...left, ...right, ...opcode];
const unary =
	(...opcode: number[]) =>
	(value: Code): Code => [...value, ...opcode];
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, ...value: Code[]): Code => [...value.flat(), 0x21, ...unsigned(local)];
export const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

// i32, and addresses.
export const equal = binary(0x46);
export const lessThan = binary(0x49);
export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const and = binary(0x71);
export const or = binary(0x72);
export const shiftLeft = (value: Code, bits: number): Code => binary(0x74)(value, constant(bits));
export const shiftRight = (value: Code, bits: number): Code => binary(0x76)(value, constant(bits));
export const increase = (local: number, by: number): Code => set(local, add(get(local), constant(by)));
export const loadI32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const storeI32 = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)];
export const loadI16 = (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)];
export const storeI16 = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x3b, 1, ...unsigned(offset)];

// f64.
export const loadF64 = (address: Code, offset = 0): Code => [...address, 0x2b, 3, ...unsigned(offset)];
export const storeF64 = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x39, 3, ...unsigned(offset)];
export const multiply = binary(0xa2);

// v128: two f64 or four f32.
export const loadVector = (address: Code, offset = 0): Code => [...address, ...simd(0x00), 2, ...unsigned(offset)];
export const storeVector = (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), 2, ...unsigned(offset)];
/** One f64 in both lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, ...simd(0x0a), 3, ...unsigned(offset)];
export const zeroVector: Code = [...simd(0x0c), ...new Array<number>(16).fill(0)];
export const addF64 = binary(...simd(0xf0));
export const subtractF64 = binary(...simd(0xf1));
export const multiplyF64 = binary(...simd(0xf2));
export const addF32 = binary(...simd(0xe4));
export const subtractF32 = binary(...simd(0xe5));
export const differentI32 = binary(...simd(0x38));
export const anyTrue = unary(...simd(0x53));
export const laneI32 = (value: Code, lane: number): Code => [...value, ...simd(0x1b), lane];
/** Two f64 to two f32, to nearest, and the same of two more behind them. */
export const demote = (first: Code, second: Code): Code => [
	...unary(...simd(0x5e))(first),
	...unary(...simd(0x5e))(second),
	// Bytes 0 … 7 of either.
	...simd(0x0d),
	...times(8, (i) => i),
	...times(8, (i) => 16 + i),
];

/** The second f64 before the first. */
export const swapF64 = (value: Code): Code => [...value, ...zeroVector, ...simd(0x0d), ...times(8, (i) => 8 + i), ...times(8, (i) => i)];

/** The body at least once, and again while the condition holds. */
export const doWhile = (condition: Code, ...body: Code[]): Code => [0x03, VOID, ...body.flat(), ...condition, 0x0d, 0, 0x0b];
export const when = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, VOID, ...body.flat(), 0x0b];
/** Both hold; the second is not looked at unless the first does. */
export const both = (first: Code, second: Code): Code => [...first, 0x04, I32, ...second, 0x05, ...constant(0), 0x0b];

export interface KernelFunction {
	/** i32 arguments, the first locals. */
	readonly parameters: number;
	/** Whether the code leaves an i32. */
	readonly answers: boolean;
	/** Locals behind the arguments, all i32 before all v128. */
	readonly i32Locals: number;
	readonly v128Locals: number;
	readonly code: Code;
}

function section(id: number, ...content: Code[]): Code {
	const bytes = content.flat();
	return [id, ...unsigned(bytes.length), ...bytes];
}

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);

function moduleBytes(memoryBytes: number, functions: ReadonlyMap<string, KernelFunction>): Uint8Array<ArrayBuffer> {
	const all = [...functions.values()];
	const type = ({ parameters, answers }: KernelFunction): Code => [0x60, parameters, ...times(parameters, () => I32), ...(answers ? [1, I32] : [0])];
	const body = ({ i32Locals, v128Locals, code }: KernelFunction): Code => sized([2, ...unsigned(i32Locals), I32, ...unsigned(v128Locals), V128, ...code, 0x0b]);
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
		...section(1, [all.length], ...all.map(type)),
		...section(
			3,
			[all.length],
			times(all.length, (i) => i),
		),
		...section(5, [1, 0x00, ...unsigned(Math.ceil(memoryBytes / PAGE_BYTES))]),
		...section(7, [1 + all.length], name('memory'), [0x02, 0], ...[...functions.keys()].map((key, i) => [...name(key), 0x00, i])),
		...section(10, [all.length], ...all.map(body)),
	]);
}

/** What is used of the engine's global, whose types come with those of a browser only. */
declare const WebAssembly: {
	readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
	readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** A kernel with memory of its own, zeros. `F` are its functions as {@link KernelFunction} declares them. */
export function createKernel<F>(memoryBytes: number, functions: Readonly<Record<keyof F & string, KernelFunction>>): { readonly memory: ArrayBuffer } & F {
	const bytes = moduleBytes(memoryBytes, new Map(Object.entries<KernelFunction>(functions)));
	const { memory, ...exported } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { memory: { buffer: ArrayBuffer } } & F;
	return { ...(exported as F), memory: memory.buffer };
}
