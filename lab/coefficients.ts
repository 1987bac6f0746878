import { accumulateCoefficients, chunkCodec, maxEncodedLength } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, GRADIENT_HEADER_LENGTH, type SparseGradient } from '#core/gradient/layout.ts';
import type { ParameterSpec } from '#core/gradient/manifest.ts';
import type { Xoshiro128 } from '#model/random.ts';

/** Dense coefficients, chunkCount · 4096: the mean of one gradient or of several of one form. */
export function meanCoefficients(gradients: readonly SparseGradient[]): Float64Array {
	const coefficients = new Float64Array(gradients[0]!.header.chunkCount * CHUNK_ELEMENTS);
	for (const gradient of gradients) accumulateCoefficients(gradient, coefficients, 1 / gradients.length);
	return coefficients;
}

/** A gradient object of exactly these coefficients, as far as there is room in a chunk, behind the header of another object. */
export function objectOf(
	header: Uint8Array,
	coefficients: Float64Array,
	{ codec, topK }: SparseGradient['header'],
	parameters: readonly ParameterSpec[],
): Uint8Array {
	const buffer = new Uint8Array(maxEncodedLength(parameters, { codec, topK }));
	buffer.set(header.subarray(0, GRADIENT_HEADER_LENGTH));
	const view = new DataView(buffer.buffer);
	const { write } = chunkCodec(codec);
	let at = GRADIENT_HEADER_LENGTH;
	for (let from = 0; from < coefficients.length; from += CHUNK_ELEMENTS) at += write(coefficients.slice(from, from + CHUNK_ELEMENTS), topK, view, at);
	return buffer.slice(0, at);
}

/** Each coefficient times a number in 1 ± `spread`, in place. */
export function jitter(coefficients: Float64Array, spread: number, random: Xoshiro128): void {
	for (let i = 0; i < coefficients.length; i++) if (coefficients[i] !== 0) coefficients[i]! *= 1 + spread * (random.next() / 2 ** 31 - 1);
}

/** Moves the coefficients whose place is chosen to places of the same chunk that are empty, in place. */
export function relocate(coefficients: Float64Array, isChosen: (position: number) => boolean, random: Xoshiro128): void {
	for (let from = 0; from < coefficients.length; from += CHUNK_ELEMENTS) {
		const chosen: number[] = [];
		const empty: number[] = [];
		for (let at = from; at < from + CHUNK_ELEMENTS; at++) {
			if (coefficients[at] === 0) empty.push(at);
			else if (isChosen(at)) chosen.push(at);
		}
		for (const at of chosen) {
			if (empty.length === 0) break;
			const place = random.below(empty.length);
			coefficients[empty[place]!] = coefficients[at]!;
			coefficients[at] = 0;
			empty[place] = empty.at(-1)!;
			empty.pop();
		}
	}
}
