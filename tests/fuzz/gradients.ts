/** Mutated gradients for the decoder: whatever the bytes are, it answers with a gradient or with a code, and takes no more memory than the model says. */
import assert from 'node:assert/strict';
import { equalBytes } from '#core/bytes.ts';
import { chunkLength, decodeGradient, encodeGradient, type GradientContext, gradientNorm, maxEncodedLength, reconstruct } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, GRADIENT_CODEC, GRADIENT_HEADER_LENGTH, type SparseGradient } from '#core/gradient/layout.ts';
import { elementCount, type ParameterSpec, parameterCount } from '#core/gradient/manifest.ts';
import { allocatedBy } from '#tests/fuzz/helpers/allocations.ts';
import { Random } from '#tests/fuzz/random.ts';

export interface GradientFigures {
	cases: number;
	/** Whose header is the one that is expected. */
	pastHeader: number;
	decoded: number;
	/** Rejections by code. */
	rejected: Record<string, number>;
	/** Most memory that one decoding took, as a part of θ in f32 with its padding. */
	largestAllocation: number;
}

/** Shapes with padding, without, with tensors of one element and with many chunks. */
const SHAPES: readonly (readonly (readonly number[])[])[] = [
	[[1]],
	[[64, 64]],
	[[70, 60], [129], [1]],
	[
		[3, 50],
		[64, 65],
	],
	[[3, 4097]],
];
const TOP_K = [1, 6, 32, 64, 400];
/** Valid gradients of one model, codec and top-k. */
const SEEDS_A_FORM = 3;
const CODES = new Set(['malformed', 'wrong_shape', 'wrong_window', 'wrong_checkpoint', 'not_finite', 'zero_norm']);
/** What a field may be that stands for a number. */
const FLOATS = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -149, 2 ** -126, -1, 1, 3.4e38];

interface Seed {
	readonly context: GradientContext & { readonly maxBytes: number };
	readonly bytes: Uint8Array;
	/** Where each chunk begins. */
	readonly chunks: readonly number[];
	/** θ in f32, padded to whole chunks. */
	readonly modelBytes: number;
}

export class GradientFuzzer {
	readonly figures: GradientFigures = { cases: 0, pastHeader: 0, decoded: 0, rejected: {}, largestAllocation: 0 };
	readonly #seed: number;
	readonly #seeds: readonly Seed[];

	/** `shapes`: of models; by default some small ones. */
	constructor(seed: number, shapes: readonly (readonly (readonly number[])[])[] = SHAPES, topKs: readonly number[] = TOP_K) {
		this.#seed = seed;
		const random = new Random(seed);
		this.#seeds = shapes.flatMap((shape) =>
			topKs.flatMap((topK) =>
				Object.values(GRADIENT_CODEC).flatMap((codec) => Array.from({ length: SEEDS_A_FORM }, () => makeSeed(random, shape, { codec, topK }))),
			),
		);
	}

	run(from: number, to: number): void {
		for (let number = from; number < to; number++) {
			const random = new Random(this.#seed, number);
			const seed = random.pick(this.#seeds);
			try {
				this.#check(seed, mutated(random, seed, random.pick(this.#seeds).bytes));
			} catch (cause) {
				throw new Error(`seed ${this.#seed}, case ${number}`, { cause });
			}
		}
	}

	#check({ context, bytes: original, chunks, modelBytes }: Seed, bytes: Uint8Array): void {
		const { figures } = this;
		figures.cases++;
		if (bytes.length >= GRADIENT_HEADER_LENGTH && equalBytes(bytes.subarray(0, GRADIENT_HEADER_LENGTH), original.subarray(0, GRADIENT_HEADER_LENGTH))) {
			figures.pastHeader++;
		}
		const { result, allocated } = allocatedBy(() => decodeGradient(bytes, context));
		figures.largestAllocation = Math.max(figures.largestAllocation, allocated / modelBytes);
		// The two hashes of the header, a position for each chunk, and an index and a value for each coefficient that it may have.
		const most = 2 * 32 + chunks.length * (10 * context.topK + 4) + 4;
		assert.ok(allocated <= most, `${allocated} bytes, where ${chunks.length} chunks of at most ${context.topK} take ${most}`);
		if (result.kind === 'rejected') {
			assert.ok(CODES.has(result.code) && result.reason.length > 0, `code ${result.code}`);
			figures.rejected[result.code] = (figures.rejected[result.code] ?? 0) + 1;
			return;
		}
		figures.decoded++;
		checkDecoded(result.gradient, context);
		assert.deepEqual(encodedAgain(result.gradient, context), bytes.subarray(GRADIENT_HEADER_LENGTH), 'a second encoding of the same gradient');
	}
}

function makeSeed(random: Random, shape: readonly (readonly number[])[], form: Pick<GradientContext, 'codec' | 'topK'>): Seed {
	const parameters = shape.map((dimensions, index): ParameterSpec => ({ name: `p${index}`, shape: dimensions }));
	const hash = () => Uint8Array.from({ length: 32 }, () => random.integer(256));
	const context = {
		uid: random.integer(1024),
		window: BigInt(random.integer(2 ** 31)),
		checkpointHash: hash(),
		manifestHash: hash(),
		parameters,
		...form,
		maxBytes: maxEncodedLength(parameters, form) + 1_000,
	};
	const scale = random.pick([1e-30, 1e-4, 1, 1e20]);
	const sparse = random.pick([1, 0.1, 0.002]);
	const dense = Float32Array.from({ length: parameterCount({ parameters }) }, () => (random.chance(sparse) ? (random.next() - 0.5) ** 3 * scale : 0));
	dense[0] = scale;
	const { bytes } = encodeGradient({ ...context, dense });
	const chunks: number[] = [];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (let at = GRADIENT_HEADER_LENGTH; at < bytes.length; at += chunkLength(form.codec, view.getUint16(at))) chunks.push(at);
	return { context, bytes, chunks, modelBytes: chunks.length * CHUNK_ELEMENTS * 4 };
}

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

type Mutation = (random: Random, bytes: Uint8Array, seed: Seed, other: Uint8Array) => Uint8Array;

const inBody = (random: Random, bytes: Uint8Array) => {
	const body = bytes.length - GRADIENT_HEADER_LENGTH;
	return body > 0 ? GRADIENT_HEADER_LENGTH + random.integer(body) : random.integer(bytes.length);
};
/** Writes what fits. */
const put = (bytes: Uint8Array, at: number, values: ArrayLike<number>) => {
	for (let i = 0; i < values.length && at + i < bytes.length; i++) bytes[at + i] = values[i]!;
	return bytes;
};
const bigEndian = (size: number, write: (view: DataView) => void) => {
	const view = new DataView(new ArrayBuffer(size));
	write(view);
	return new Uint8Array(view.buffer);
};

const bitFlip: Mutation = (random, bytes) => {
	if (bytes.length === 0) return bytes;
	const at = inBody(random, bytes);
	return put(bytes, at, [bytes[at]! ^ (1 << random.integer(8))]);
};
const MUTATIONS: readonly Mutation[] = [
	// What changes little is often well-formed, and reaches furthest: twice as often as the others each.
	...Array.from({ length: 5 }, () => bitFlip),
	(random, bytes) => (bytes.length === 0 ? bytes : put(bytes, inBody(random, bytes), [random.pick([0, 1, 0x7f, 0x80, 0x81, 0xff])])),
	(random, bytes) => (bytes.length === 0 ? bytes : put(bytes, random.integer(Math.min(bytes.length, GRADIENT_HEADER_LENGTH)), [random.integer(256)])),
	// A count, and a scale or level.
	(random, bytes, { chunks, context }) => {
		const count = random.pick([0, 1, context.topK, context.topK + 1, 4096, 0xffff, random.integer(64)]);
		return put(
			bytes,
			random.pick(chunks),
			bigEndian(2, (view) => view.setUint16(0, count)),
		);
	},
	(random, bytes, { chunks }) =>
		put(
			bytes,
			random.pick(chunks) + random.pick([2, 6]),
			bigEndian(4, (view) => view.setFloat32(0, random.pick(FLOATS))),
		),
	// Lengths: cut, grown, a part left out or repeated, whole chunks exchanged, a part of another gradient.
	(random, bytes) => bytes.slice(0, random.integer(bytes.length + 1)),
	(random, bytes) =>
		joined(
			bytes,
			Uint8Array.from({ length: 1 + random.integer(12) }, () => random.integer(256)),
		),
	(random, bytes, { chunks }) => {
		const [from, to] = [random.pick(chunks), random.pick(chunks)];
		const end = chunks[chunks.indexOf(to) + 1] ?? bytes.length;
		return joined(bytes.subarray(0, from), bytes.subarray(to, end), bytes.subarray(chunks[chunks.indexOf(from) + 1] ?? bytes.length));
	},
	(random, bytes, _, other) => joined(bytes.subarray(0, GRADIENT_HEADER_LENGTH), other.subarray(inBody(random, other))),
	(random, bytes) =>
		put(
			bytes,
			GRADIENT_HEADER_LENGTH,
			Uint8Array.from({ length: bytes.length }, () => random.integer(256)),
		),
];

function mutated(random: Random, seed: Seed, other: Uint8Array): Uint8Array {
	let bytes: Uint8Array = Uint8Array.from(seed.bytes);
	for (let changes = 1 + random.integer(3); changes > 0; changes--) bytes = random.pick(MUTATIONS)(random, bytes, seed, other);
	return bytes;
}

function checkDecoded({ header, starts, indices, values }: SparseGradient, context: GradientContext): void {
	assert.deepEqual([header.uid, header.window, header.codec, header.topK], [context.uid, context.window, context.codec, context.topK]);
	const lengths = context.parameters.flatMap((parameter) => {
		const elements = elementCount(parameter);
		return Array.from({ length: Math.ceil(elements / CHUNK_ELEMENTS) }, (_, chunk) => Math.min(CHUNK_ELEMENTS, elements - chunk * CHUNK_ELEMENTS));
	});
	assert.deepEqual([starts.length, starts[0], starts.at(-1), indices.length], [lengths.length + 1, 0, values.length, values.length]);
	for (const [chunk, length] of lengths.entries()) {
		const count = starts[chunk + 1]! - starts[chunk]!;
		assert.ok(count >= 0 && count <= context.topK);
		const end = context.codec === GRADIENT_CODEC.dct64TopkInt8 ? CHUNK_ELEMENTS : length;
		for (let k = starts[chunk]!; k < starts[chunk + 1]!; k++) {
			assert.ok(indices[k]! < end && (k === starts[chunk] || indices[k]! > indices[k - 1]!));
			assert.ok(Number.isFinite(values[k]) && values[k] !== 0);
		}
	}
	assert.ok(gradientNorm({ header, starts, indices, values }) > 0);
}

/** The chunks as the layout's words have them, out of what was decoded alone. */
function encodedAgain(gradient: SparseGradient, context: GradientContext): Uint8Array {
	if (context.codec === GRADIENT_CODEC.sampleTopk2bit) {
		// Two magnitudes a chunk lose nothing, so that the encoder gives the bytes.
		const dense = new Float32Array(parameterCount(context));
		reconstruct(gradient, context.parameters, dense);
		return encodeGradient({ ...context, dense }).bytes.subarray(GRADIENT_HEADER_LENGTH);
	}
	const { starts, indices, values, header } = gradient;
	const out = Buffer.alloc(6 * header.chunkCount + 3 * values.length);
	let at = 0;
	for (let chunk = 0; chunk < header.chunkCount; chunk++) {
		const [from, to] = [starts[chunk]!, starts[chunk + 1]!];
		// The largest is 127 scales, and 31 bits are exact.
		const scale = values.subarray(from, to).reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
		at = out.writeUInt16BE(to - from, at);
		at = out.writeFloatBE(scale, at);
		for (let k = from; k < to; k++) at = out.writeUInt16BE(indices[k]! - (k === from ? 0 : indices[k - 1]!), at);
		for (let k = from; k < to; k++) at = out.writeInt8(values[k]! / scale, at);
	}
	return Uint8Array.from(out);
}

export function describeFigures({ cases, pastHeader, decoded, rejected, largestAllocation }: GradientFigures): string {
	const share = (part: number) => `${((100 * part) / cases).toFixed(1)} %`;
	const codes = Object.entries(rejected).map(([code, times]) => `${code} ${share(times)}`);
	const memory = `at most ${largestAllocation.toFixed(2)} θ a decoding, peak of the process ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`;
	return `${cases} gradients: past the header ${share(pastHeader)}, decoded ${share(decoded)}; ${codes.join(', ')}; ${memory}`;
}

/** That what was generated reached what it is for. */
export function checkReach({ cases, pastHeader, decoded, rejected }: GradientFigures): void {
	assert.ok(pastHeader > 0.6 * cases && decoded > 0.1 * cases, `${pastHeader} past the header, ${decoded} decoded of ${cases}`);
	assert.deepEqual(new Set(Object.keys(rejected)), CODES);
}
