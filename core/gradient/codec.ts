import { ByteWriter, equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { MinerCodeName } from '#core/gradient/codes.ts';
import { DCT_SIZE, forwardDct, inverseDct } from '#core/gradient/dct.ts';
import {
	CHUNK_ELEMENTS,
	CHUNK_HEADER_LENGTH,
	COEFFICIENT_LENGTH,
	GRADIENT_CODEC,
	GRADIENT_FORMAT,
	GRADIENT_HEADER_LENGTH,
	GRADIENT_MAGIC,
	type GradientHeader,
	type SparseGradient,
} from '#core/gradient/layout.ts';
import { elementCount, type ParameterSpec, parameterCount } from '#core/gradient/manifest.ts';

/** What a gradient must have been made for. */
export interface GradientContext {
	readonly uid: number;
	readonly window: bigint;
	readonly checkpointHash: Uint8Array;
	readonly manifestHash: Uint8Array;
	readonly parameters: readonly ParameterSpec[];
	/** Most coefficients a chunk may carry (hparams `top_k`). */
	readonly topK: number;
}

export type RejectedCode = Extract<MinerCodeName, 'malformed' | 'wrong_shape' | 'wrong_window' | 'wrong_checkpoint' | 'not_finite' | 'zero_norm'>;

export type DecodedGradient =
	| { readonly kind: 'decoded'; readonly gradient: SparseGradient }
	| { readonly kind: 'rejected'; readonly code: RejectedCode; readonly reason: string };

const LARGEST_VALUE = 127;
/** Of a scale: the smallest normal f32. Below it a scale has too few bits for the largest value to be 127. */
const SMALLEST_SCALE = 2 ** -126;

/** Chunks of one tensor: ceil(elements / 4096). */
function chunksOf(parameter: ParameterSpec): number {
	return Math.ceil(elementCount(parameter) / CHUNK_ELEMENTS);
}

/** Chunks of all tensors; a tensor's last one is padded. */
export function chunkCount(parameters: readonly ParameterSpec[]): number {
	return parameters.reduce((sum, parameter) => sum + chunksOf(parameter), 0);
}

/** Longest gradient that the layout allows, bytes. */
export function maxEncodedLength(parameters: readonly ParameterSpec[], topK: number): number {
	return GRADIENT_HEADER_LENGTH + chunkCount(parameters) * (CHUNK_HEADER_LENGTH + Math.min(topK, CHUNK_ELEMENTS) * COEFFICIENT_LENGTH);
}

/** Calls `visit` for each chunk in order with the part of θ that it covers. */
function eachChunk(parameters: readonly ParameterSpec[], visit: (chunk: number, offset: number, length: number) => void): void {
	let chunk = 0;
	let offset = 0;
	for (const parameter of parameters) {
		const end = offset + elementCount(parameter);
		while (offset < end) {
			const length = Math.min(CHUNK_ELEMENTS, end - offset);
			visit(chunk++, offset, length);
			offset += length;
		}
	}
}

/**
 * Encodes a dense gradient (θ's layout) with codec 1: DCT of each chunk, the `topK` coefficients of largest magnitude (of equal ones
 * the lower index), scale = fround(largest / 127), value = the nearest of −127…127 with zeros left out.
 * `residual` = dense − what the bytes decode to, f32: what a miner may add to its next gradient (error feedback, Karimireddy et al., arXiv:1901.09847).
 * Throws GRADIENT_NOT_FINITE, and BAD_ARGUMENT when `dense` has another length than the parameters.
 */
export function encodeGradient(context: GradientContext & { readonly dense: Float32Array }): { readonly bytes: Uint8Array; readonly residual: Float32Array } {
	const { parameters, topK, dense } = context;
	const count = parameterCount({ parameters });
	if (dense.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters, not ${dense.length}`);
	const buffer = new Uint8Array(maxEncodedLength(parameters, topK));
	buffer.set(encodeHeader(context));
	const view = new DataView(buffer.buffer);
	const residual = new Float32Array(count);
	const samples = new Float64Array(CHUNK_ELEMENTS);
	const coefficients = new Float64Array(CHUNK_ELEMENTS);
	let at = GRADIENT_HEADER_LENGTH;
	eachChunk(parameters, (_, offset, length) => {
		samples.fill(0);
		for (let i = 0; i < length; i++) samples[i] = dense[offset + i]!;
		forwardDct(samples, coefficients);
		const kept = quantise(coefficients, topK);
		const size = kept.indices.length;
		view.setUint16(at, size);
		view.setFloat32(at + 2, kept.scale);
		at += CHUNK_HEADER_LENGTH;
		coefficients.fill(0);
		for (let k = 0; k < size; k++) {
			const index = kept.indices[k]!;
			view.setUint16(at + 2 * k, k === 0 ? index : index - kept.indices[k - 1]!);
			view.setInt8(at + 2 * size + k, kept.values[k]!);
			coefficients[index] = kept.scale * kept.values[k]!;
		}
		at += size * COEFFICIENT_LENGTH;
		inverseDct(coefficients, samples, Math.ceil(length / DCT_SIZE));
		for (let i = 0; i < length; i++) residual[offset + i] = dense[offset + i]! - samples[i]!;
	});
	return { bytes: buffer.slice(0, at), residual };
}

function encodeHeader(context: GradientContext): Uint8Array {
	return new ByteWriter()
		.bytes(GRADIENT_MAGIC)
		.u8(GRADIENT_FORMAT)
		.u8(GRADIENT_CODEC.dct64TopkInt8)
		.u16(context.uid)
		.u64(context.window)
		.fixed(context.checkpointHash, 32)
		.fixed(context.manifestHash, 32)
		.u32(context.parameters.length)
		.u32(CHUNK_ELEMENTS)
		.u32(context.topK)
		.u32(chunkCount(context.parameters))
		.done();
}

interface QuantisedChunk {
	readonly scale: number;
	readonly indices: readonly number[];
	readonly values: readonly number[];
}

function quantise(coefficients: Float64Array, topK: number): QuantisedChunk {
	let largest = 0;
	for (const coefficient of coefficients) {
		if (!Number.isFinite(coefficient)) throw new VramhubError('GRADIENT_NOT_FINITE', 'the gradient holds a value that is not finite');
		largest = Math.max(largest, Math.abs(coefficient));
	}
	const scale = Math.fround(largest / LARGEST_VALUE);
	if (scale < SMALLEST_SCALE) return { scale: 0, indices: [], values: [] };
	const indices: number[] = [];
	const values: number[] = [];
	for (const index of largestMagnitudes(coefficients, topK)) {
		const value = Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, Math.round(coefficients[index]! / scale)));
		if (value === 0) continue;
		indices.push(index);
		values.push(value);
	}
	return { scale, indices, values };
}

/** Indices of the `count` coefficients of largest magnitude, ascending; of equal ones the lower index. */
function largestMagnitudes(coefficients: Float64Array, count: number): number[] {
	const threshold = nthLargestMagnitude(coefficients, Math.min(count, coefficients.length));
	let ties = count;
	for (let index = 0; index < coefficients.length; index++) if (Math.abs(coefficients[index]!) > threshold) ties--;
	const chosen: number[] = [];
	for (let index = 0; index < coefficients.length; index++) {
		const magnitude = Math.abs(coefficients[index]!);
		if (magnitude > threshold || (magnitude === threshold && ties-- > 0)) chosen.push(index);
	}
	return chosen;
}

/** The smallest of the `count` largest magnitudes: a heap of that many, smallest on top, is cheaper than sorting all. */
function nthLargestMagnitude(coefficients: Float64Array, count: number): number {
	const heap = new Float64Array(count);
	for (let index = 0; index < coefficients.length; index++) {
		const magnitude = Math.abs(coefficients[index]!);
		// The heap starts as zeros, which are in order and below everything.
		if (magnitude <= heap[0]!) continue;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= count) break;
			if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
			if (heap[child]! >= magnitude) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = magnitude;
	}
	return heap[0]!;
}

/**
 * Decodes a gradient, or says what is proven wrong with it. The order of the checks decides the code, so that everybody gives the
 * same one: length, magic, format and codec (malformed); uid and window (wrong_window); checkpoint (wrong_checkpoint); manifest, tensors,
 * chunks, top_k (wrong_shape); then the chunks from first to last, every count and length before any memory is taken (malformed), each
 * chunk's scale (not_finite when it is no number, malformed when it is negative or does not fit the count), indices and values
 * (malformed); at last a gradient without coefficients (zero_norm).
 */
export function decodeGradient(bytes: Uint8Array, expected: GradientContext & { readonly maxBytes: number }): DecodedGradient {
	if (bytes.length < GRADIENT_HEADER_LENGTH || bytes.length > expected.maxBytes) return rejected('malformed', `${bytes.length} bytes`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (!equalBytes(bytes.subarray(0, 4), GRADIENT_MAGIC)) return rejected('malformed', 'not a gradient');
	if (view.getUint8(4) !== GRADIENT_FORMAT || view.getUint8(5) !== GRADIENT_CODEC.dct64TopkInt8) return rejected('malformed', 'unknown format or codec');
	const header: GradientHeader = {
		codec: view.getUint8(5),
		uid: view.getUint16(6),
		window: view.getBigUint64(8),
		checkpointHash: bytes.slice(16, 48),
		manifestHash: bytes.slice(48, 80),
		tensorCount: view.getUint32(80),
		chunkElements: view.getUint32(84),
		topK: view.getUint32(88),
		chunkCount: view.getUint32(92),
	};
	if (header.uid !== expected.uid || header.window !== expected.window) return rejected('wrong_window', `made by ${header.uid} for window ${header.window}`);
	if (!equalBytes(header.checkpointHash, expected.checkpointHash)) return rejected('wrong_checkpoint', 'made from another checkpoint');
	if (
		!equalBytes(header.manifestHash, expected.manifestHash) ||
		header.tensorCount !== expected.parameters.length ||
		header.chunkElements !== CHUNK_ELEMENTS ||
		header.topK !== expected.topK ||
		header.chunkCount !== chunkCount(expected.parameters)
	) {
		return rejected('wrong_shape', 'made for another model');
	}
	const total = countCoefficients(view, header);
	if (total === undefined) return rejected('malformed', 'the chunks do not fill the object');
	return decodeChunks(view, header, total);
}

function rejected(code: RejectedCode, reason: string): DecodedGradient {
	return { kind: 'rejected', code, reason };
}

/** Coefficients of all chunks; undefined when a count is above `topK` or the chunks do not end exactly where the bytes do. */
function countCoefficients(view: DataView, header: GradientHeader): number | undefined {
	let at = GRADIENT_HEADER_LENGTH;
	let total = 0;
	for (let chunk = 0; chunk < header.chunkCount; chunk++) {
		if (at + CHUNK_HEADER_LENGTH > view.byteLength) return undefined;
		const count = view.getUint16(at);
		if (count > header.topK) return undefined;
		at += CHUNK_HEADER_LENGTH + count * COEFFICIENT_LENGTH;
		total += count;
	}
	return at === view.byteLength ? total : undefined;
}

/** After {@link countCoefficients}: every read is inside. */
function decodeChunks(view: DataView, header: GradientHeader, total: number): DecodedGradient {
	const starts = new Uint32Array(header.chunkCount + 1);
	const indices = new Uint16Array(total);
	const values = new Float64Array(total);
	let at = GRADIENT_HEADER_LENGTH;
	let next = 0;
	for (let chunk = 0; chunk < header.chunkCount; chunk++) {
		const count = view.getUint16(at);
		const scale = view.getFloat32(at + 2);
		if (!Number.isFinite(scale)) return rejected('not_finite', `the scale of chunk ${chunk} is not finite`);
		if (count === 0 ? !Object.is(scale, 0) : !(scale >= SMALLEST_SCALE)) return rejected('malformed', `scale ${scale} of chunk ${chunk}`);
		at += CHUNK_HEADER_LENGTH;
		let index = -1;
		let largest = 0;
		for (let k = 0; k < count; k++) {
			const delta = view.getUint16(at + 2 * k);
			index = k === 0 ? delta : index + delta;
			if ((k > 0 && delta === 0) || index >= CHUNK_ELEMENTS) return rejected('malformed', `an index of chunk ${chunk}`);
			const value = view.getInt8(at + 2 * count + k);
			if (value === 0 || value === -128) return rejected('malformed', `a value of chunk ${chunk}`);
			indices[next] = index;
			values[next++] = scale * value;
			largest = Math.max(largest, Math.abs(value));
		}
		if (count > 0 && largest !== LARGEST_VALUE) return rejected('malformed', `the largest value of chunk ${chunk} is not ±127`);
		starts[chunk + 1] = next;
		at += count * COEFFICIENT_LENGTH;
	}
	if (total === 0) return rejected('zero_norm', 'no coefficients');
	return { kind: 'decoded', gradient: { header, starts, indices, values } };
}

/** L2 norm, f64, of the coefficients in order, which is that of the gradient: the transform is orthonormal. */
export function gradientNorm(gradient: SparseGradient): number {
	let sum = 0;
	for (const value of gradient.values) sum += value * value;
	return Math.sqrt(sum);
}

/** Adds scale · value to `accumulator` (chunkCount · 4096, coefficient domain), in order. How gradients are merged before one inverse transform. */
export function accumulateCoefficients(gradient: SparseGradient, accumulator: Float64Array, scale: number): void {
	const { starts, indices, values, header } = gradient;
	if (accumulator.length !== header.chunkCount * CHUNK_ELEMENTS) {
		throw new VramhubError('BAD_ARGUMENT', `an accumulator of ${accumulator.length} for ${header.chunkCount} chunks`);
	}
	for (let chunk = 0; chunk < header.chunkCount; chunk++) {
		for (let k = starts[chunk]!; k < starts[chunk + 1]!; k++) accumulator[chunk * CHUNK_ELEMENTS + indices[k]!]! += values[k]! * scale;
	}
}

/** Inverse transform of accumulated coefficients into θ's layout, padding left out. */
export function inverseTransform(accumulator: Float64Array, parameters: readonly ParameterSpec[], out: Float32Array | Float64Array): void {
	if (accumulator.length !== chunkCount(parameters) * CHUNK_ELEMENTS) throw new VramhubError('BAD_ARGUMENT', 'an accumulator of another model');
	assertLength(out, parameters);
	const samples = new Float64Array(CHUNK_ELEMENTS);
	eachChunk(parameters, (chunk, offset, length) => {
		inverseDct(accumulator.subarray(chunk * CHUNK_ELEMENTS, (chunk + 1) * CHUNK_ELEMENTS), samples, Math.ceil(length / DCT_SIZE));
		for (let i = 0; i < length; i++) out[offset + i] = samples[i]!;
	});
}

/** out = scale · gradient in θ's layout, the same bits as accumulating it alone and transforming, with one chunk of memory. */
export function reconstruct(gradient: SparseGradient, parameters: readonly ParameterSpec[], out: Float32Array | Float64Array, scale = 1): void {
	const { starts, indices, values, header } = gradient;
	if (header.chunkCount !== chunkCount(parameters)) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
	assertLength(out, parameters);
	const coefficients = new Float64Array(CHUNK_ELEMENTS);
	const samples = new Float64Array(CHUNK_ELEMENTS);
	eachChunk(parameters, (chunk, offset, length) => {
		const [from, to] = [starts[chunk]!, starts[chunk + 1]!];
		for (let k = from; k < to; k++) coefficients[indices[k]!] = values[k]! * scale;
		inverseDct(coefficients, samples, Math.ceil(length / DCT_SIZE));
		for (let k = from; k < to; k++) coefficients[indices[k]!] = 0;
		for (let i = 0; i < length; i++) out[offset + i] = samples[i]!;
	});
}

function assertLength(out: Float32Array | Float64Array, parameters: readonly ParameterSpec[]): void {
	const count = parameterCount({ parameters });
	if (out.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters, not ${out.length}`);
}
