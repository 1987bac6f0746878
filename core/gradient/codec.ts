import { ByteWriter, equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { chunkKernel } from '#core/gradient/chunk-kernel.ts';
import type { ChunkCodec } from '#core/gradient/codec-chunk.ts';
import { dctInt8 } from '#core/gradient/codec-dct-int8.ts';
import { sample2bit } from '#core/gradient/codec-sample-2bit.ts';
import type { MinerCodeName } from '#core/gradient/codes.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import {
	CHUNK_ELEMENTS,
	GRADIENT_CODEC,
	GRADIENT_FORMAT,
	GRADIENT_HEADER_LENGTH,
	GRADIENT_MAGIC,
	type GradientCodec,
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
	/** The one codec that the network takes in this window (hparams `gradient_codec`): a copy cannot hide in another. */
	readonly codec: GradientCodec;
	/** Most coefficients a chunk may carry (hparams `top_k`). */
	readonly topK: number;
}

export type RejectedCode = Extract<MinerCodeName, 'malformed' | 'wrong_shape' | 'wrong_window' | 'wrong_checkpoint' | 'not_finite' | 'zero_norm'>;

export type DecodedGradient =
	| { readonly kind: 'decoded'; readonly gradient: SparseGradient }
	| { readonly kind: 'rejected'; readonly code: RejectedCode; readonly reason: string };

/** What a network says about its gradients in a window. Throws BAD_ARGUMENT on a codec that this software does not know. */
export function gradientForm(values: Pick<HparamValues, 'gradient_codec' | 'top_k'>): Pick<GradientContext, 'codec' | 'topK'> {
	const codec = Object.values(GRADIENT_CODEC).find((known) => BigInt(known) === values.gradient_codec);
	if (codec === undefined) throw new VramhubError('BAD_ARGUMENT', `gradient_codec ${values.gradient_codec} is unknown to this version`);
	return { codec, topK: Number(values.top_k) };
}

/** What the codec does with a chunk. */
export function chunkCodec(codec: GradientCodec): ChunkCodec {
	switch (codec) {
		case GRADIENT_CODEC.dct64TopkInt8:
			return dctInt8;
		case GRADIENT_CODEC.sampleTopk2bit:
			return sample2bit;
		default:
			return codec satisfies never;
	}
}

/** Chunks of one tensor: ceil(elements / 4096). */
function chunksOf(parameter: ParameterSpec): number {
	return Math.ceil(elementCount(parameter) / CHUNK_ELEMENTS);
}

/** Chunks of all tensors; a tensor's last one is padded. */
export function chunkCount(parameters: readonly ParameterSpec[]): number {
	return parameters.reduce((sum, parameter) => sum + chunksOf(parameter), 0);
}

/** Bytes of a chunk with so many coefficients. */
export function chunkLength(codec: GradientCodec, count: number): number {
	return chunkCodec(codec).chunkLength(count);
}

/** Longest gradient that the layout allows, bytes. */
export function maxEncodedLength(parameters: readonly ParameterSpec[], { codec, topK }: Pick<GradientContext, 'codec' | 'topK'>): number {
	return GRADIENT_HEADER_LENGTH + chunkCount(parameters) * chunkLength(codec, Math.min(topK, CHUNK_ELEMENTS));
}

export interface ChunkSpan {
	readonly chunk: number;
	/** The part of θ that it covers. */
	readonly offset: number;
	readonly length: number;
}

/** The chunks of all tensors, in order. */
export function* chunkSpans(parameters: readonly ParameterSpec[]): Generator<ChunkSpan> {
	let chunk = 0;
	let offset = 0;
	for (const parameter of parameters) {
		const end = offset + elementCount(parameter);
		while (offset < end) {
			const length = Math.min(CHUNK_ELEMENTS, end - offset);
			yield { chunk: chunk++, offset, length };
			offset += length;
		}
	}
}

export interface EncodedGradient {
	readonly bytes: Uint8Array;
	/** dense − what the bytes decode to, f32, in θ's layout: what a miner may add to its next gradient (error feedback, Karimireddy et al., arXiv:1901.09847). */
	readonly residual: Float32Array;
}

/**
 * Encodes a dense gradient (θ's layout): of each chunk the `topK` coefficients of largest magnitude (of equal ones the lower index), quantised as the codec does.
 * Throws GRADIENT_NOT_FINITE, and BAD_ARGUMENT when `dense` has another length than the parameters.
 */
export function encodeGradient(context: GradientContext & { readonly dense: Float32Array }): EncodedGradient {
	const { parameters, codec, topK, dense } = context;
	const count = parameterCount({ parameters });
	if (dense.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters, not ${dense.length}`);
	const buffer = new Uint8Array(maxEncodedLength(parameters, context));
	buffer.set(encodeHeader(context));
	const view = new DataView(buffer.buffer);
	const residual = new Float32Array(count);
	const samples = new Float64Array(CHUNK_ELEMENTS);
	const coefficients = new Float64Array(CHUNK_ELEMENTS);
	const { forward, inverse, write } = chunkCodec(codec);
	let at = GRADIENT_HEADER_LENGTH;
	for (const { offset, length } of chunkSpans(parameters)) {
		samples.fill(0);
		for (let i = 0; i < length; i++) samples[i] = dense[offset + i]!;
		forward(samples, coefficients);
		at += write(coefficients, topK, view, at);
		inverse(coefficients, samples, length);
		for (let i = 0; i < length; i++) residual[offset + i] = dense[offset + i]! - samples[i]!;
	}
	return { bytes: buffer.slice(0, at), residual };
}

/** What encoding took from a gradient: dense f32 bytes / encoded bytes, and ‖residual‖₂ / ‖dense‖₂ (0 of a gradient that is 0). */
export interface Compression {
	readonly ratio: number;
	readonly error: number;
}

export function compressionOf(dense: Float32Array, { bytes, residual }: EncodedGradient): Compression {
	const norm = l2Norm(dense);
	return { ratio: dense.byteLength / bytes.length, error: norm === 0 ? 0 : l2Norm(residual) / norm };
}

function l2Norm(values: Float32Array | Float64Array): number {
	let sum = 0;
	for (const value of values) sum += value * value;
	return Math.sqrt(sum);
}

function encodeHeader(context: GradientContext): Uint8Array {
	return new ByteWriter()
		.bytes(GRADIENT_MAGIC)
		.u8(GRADIENT_FORMAT)
		.u8(context.codec)
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

/**
 * Decodes a gradient, or says what is proven wrong with it. The order of the checks decides the code, so that everybody gives the
 * same one: length, magic, format, another codec than the network's (malformed); uid and window (wrong_window); checkpoint (wrong_checkpoint); manifest, tensors,
 * chunks, top_k (wrong_shape); then the chunks from first to last, every count and length before any memory is taken (malformed), each
 * chunk's scale or levels (not_finite when one is no number, malformed when it is negative or does not fit the rest), indices and values
 * (malformed); at last a gradient without coefficients (zero_norm).
 */
export function decodeGradient(bytes: Uint8Array, expected: GradientContext & { readonly maxBytes: number }): DecodedGradient {
	if (bytes.length < GRADIENT_HEADER_LENGTH || bytes.length > expected.maxBytes) return rejected('malformed', `${bytes.length} bytes`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (!equalBytes(bytes.subarray(0, 4), GRADIENT_MAGIC)) return rejected('malformed', 'not a gradient');
	if (view.getUint8(4) !== GRADIENT_FORMAT) return rejected('malformed', 'unknown format');
	if (view.getUint8(5) !== expected.codec) return rejected('malformed', `codec ${view.getUint8(5)}, where the network takes ${expected.codec}`);
	const header: GradientHeader = {
		codec: expected.codec,
		uid: view.getUint16(6),
		window: view.getBigUint64(8),
		checkpointHash: copyOf(bytes, 16, 48),
		manifestHash: copyOf(bytes, 48, 80),
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
	return decodeChunks(view, header, expected.parameters, total);
}

function rejected(code: RejectedCode, reason: string): DecodedGradient {
	return { kind: 'rejected', code, reason };
}

/** Coefficients of all chunks; undefined when a count is above `topK` or the chunks do not end exactly where the bytes do. */
function countCoefficients(view: DataView, { codec, topK, chunkCount }: GradientHeader): number | undefined {
	let at = GRADIENT_HEADER_LENGTH;
	let total = 0;
	for (let chunk = 0; chunk < chunkCount; chunk++) {
		if (at + 2 > view.byteLength) return undefined;
		const count = view.getUint16(at);
		if (count > topK) return undefined;
		at += chunkLength(codec, count);
		total += count;
	}
	return at === view.byteLength ? total : undefined;
}

/** After {@link countCoefficients}: every read is inside. */
function decodeChunks(view: DataView, header: GradientHeader, parameters: readonly ParameterSpec[], total: number): DecodedGradient {
	const { read } = chunkCodec(header.codec);
	const starts = new Uint32Array(header.chunkCount + 1);
	const indices = new Uint16Array(total);
	const values = new Float64Array(total);
	const sink = { indices, values };
	let at = GRADIENT_HEADER_LENGTH;
	for (const { chunk, length } of chunkSpans(parameters)) {
		const fault = read(view, at, length, sink, starts[chunk]!);
		if (fault !== undefined) return rejected(fault.code, `${fault.what} of chunk ${chunk}`);
		const count = view.getUint16(at);
		starts[chunk + 1] = starts[chunk]! + count;
		at += chunkLength(header.codec, count);
	}
	if (total === 0) return rejected('zero_norm', 'no coefficients');
	return { kind: 'decoded', gradient: { header, starts, indices, values } };
}

/** A Buffer's own `slice` is a view: it would keep all bytes of the object in memory, and take them along to every thread that it is sent to. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
	return Uint8Array.from(bytes.subarray(from, to));
}

/** L2 norm, f64, of the coefficients in order, which is that of the gradient and what codec 1 leaves in its padding: the transform is orthonormal. */
export function gradientNorm(gradient: SparseGradient): number {
	return l2Norm(gradient.values);
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

/** out = scale · gradient in θ's layout, the same bits as accumulating it alone and transforming, with one chunk of memory. */
export function reconstruct(gradient: SparseGradient, parameters: readonly ParameterSpec[], out: Float32Array | Float64Array, scale = 1): void {
	const { starts, indices, values, header } = gradient;
	if (header.chunkCount !== chunkCount(parameters)) throw new VramhubError('BAD_ARGUMENT', 'a gradient of another model');
	assertLength(out, parameters);
	const { inverseOf } = chunkCodec(header.codec);
	const kernel = chunkKernel();
	for (const { chunk, offset, length } of chunkSpans(parameters)) {
		inverseOf({ indices, values, from: starts[chunk]!, to: starts[chunk + 1]! }, scale, length, kernel);
		for (let i = 0; i < length; i++) out[offset + i] = kernel.samples[i]!;
	}
}

function assertLength(out: Float32Array | Float64Array, parameters: readonly ParameterSpec[]): void {
	const count = parameterCount({ parameters });
	if (out.length !== count) throw new VramhubError('BAD_ARGUMENT', `the model has ${count} parameters, not ${out.length}`);
}
