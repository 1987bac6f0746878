import { VramhubError } from '#core/errors.ts';
import { accumulateCoefficients, chunkCodec, chunkCount, chunkSpans, gradientNorm } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, type GradientCodec, type SparseGradient } from '#core/gradient/layout.ts';
import { type ParameterSpec, parameterCount } from '#core/gradient/manifest.ts';
import { lowerMedian } from '#core/gradient/score.ts';

/**
 * The merge of an interval's selected gradients into the next checkpoint: everybody who has the same gradients gets the same bytes, because every sum is
 * taken in one order, in f64, with additions, multiplications and divisions only. It holds one accumulator of the model's coefficients for each codec that
 * the interval's windows have: the network may change its codec from one window to the next.
 *
 *   m_w = lower median of ‖g‖₂ over S_w        scale = min(1, m_w / ‖g‖₂)
 *   A_c = Σ_w Σ_{g ∈ S_w} scale · g            windows ascending, uids ascending, in the coefficient domain of codec c
 *   A   = Σ_c T_c⁻¹ A_c                        codecs ascending, one inverse transform each
 *   θ'  = fround(θ − (outer_lr · A) / N)       N = Σ |S_w|: one mean, one outer step
 *
 * Subtracted, because a gradient object holds θ before − θ after the miner's steps: the pseudo-gradient of DiLoCo (Douillard et al., arXiv:2311.08105).
 */
export interface Merge {
	/**
	 * The decoded gradients of S_w, in whichever order; none is fine. Windows are given ascending.
	 * Throws BAD_ARGUMENT when they are not of one window later than the last, of different miners and of this model.
	 */
	addWindow(gradients: readonly SparseGradient[]): void;
	/** N: gradients added so far. */
	readonly count: number;
	/**
	 * The next parameters in θ's layout; undefined when nothing was added (the outcome is KEEP). They may be other than finite when the gradients
	 * are huge: whoever evaluates the result sees it. They take the place of what was accumulated, in the first half of its buffer, so a merge is applied once.
	 * Throws BAD_ARGUMENT when a part of `theta` has not the length asked for, or the rate is no positive number.
	 */
	apply(theta: ThetaParts, outerLearningRate: number): Float32Array<ArrayBuffer> | undefined;
}

/** θ from `offset`, so many elements, asked for in order and each good until the next: it need not be in memory as a whole. */
export type ThetaParts = (offset: number, length: number) => Float32Array;

/** An empty merge of a model. Memory: 8 bytes a coefficient and codec, and nothing more that grows with the model. */
export function createMerge(parameters: readonly ParameterSpec[]): Merge {
	const chunks = chunkCount(parameters);
	const accumulators = new Map<GradientCodec, Float64Array<ArrayBuffer>>();
	let count = 0;
	let lastWindow: bigint | undefined;
	let applied = false;
	return {
		get count() {
			return count;
		},

		addWindow(gradients) {
			if (applied) throw new VramhubError('BAD_ARGUMENT', 'a merge is applied once');
			const ordered = inOrder(gradients, lastWindow, chunks);
			const norms = ordered.map(gradientNorm);
			const scales = clippingScales(norms);
			for (const [index, gradient] of ordered.entries()) {
				const { codec } = gradient.header;
				const accumulator = accumulators.get(codec) ?? new Float64Array(chunks * CHUNK_ELEMENTS);
				accumulators.set(codec, accumulator);
				accumulateCoefficients(gradient, accumulator, scales[index]!);
			}
			count += ordered.length;
			lastWindow = ordered[0]?.header.window ?? lastWindow;
		},

		apply(theta, outerLearningRate) {
			if (!(outerLearningRate > 0 && outerLearningRate < Number.POSITIVE_INFINITY)) {
				throw new VramhubError('BAD_ARGUMENT', `${outerLearningRate} is no learning rate`);
			}
			if (applied) throw new VramhubError('BAD_ARGUMENT', 'a merge is applied once');
			if (count === 0) return undefined;
			const terms = [...accumulators].sort(([a], [b]) => a - b).map(([codec, accumulator]) => ({ inverse: chunkCodec(codec).inverse, accumulator }));
			// An element takes half the bytes of a coefficient: what is written has been read.
			const next = new Float32Array(terms[0]!.accumulator.buffer, 0, parameterCount({ parameters }));
			const samples = new Float64Array(CHUNK_ELEMENTS);
			const sum = new Float64Array(CHUNK_ELEMENTS);
			for (const { chunk, offset, length } of chunkSpans(parameters)) {
				const part = theta(offset, length);
				if (part.length !== length) throw new VramhubError('BAD_ARGUMENT', `the model has ${length} parameters at ${offset}, not ${part.length}`);
				applied = true;
				for (const [term, { inverse, accumulator }] of terms.entries()) {
					inverse(accumulator.subarray(chunk * CHUNK_ELEMENTS, (chunk + 1) * CHUNK_ELEMENTS), samples, length);
					if (term === 0) sum.set(samples);
					else for (let i = 0; i < length; i++) sum[i]! += samples[i]!;
				}
				for (let i = 0; i < length; i++) next[offset + i] = part[i]! - (outerLearningRate * sum[i]!) / count;
			}
			accumulators.clear();
			return next;
		},
	};
}

/** θ that is in memory, for {@link Merge.apply}. Throws BAD_ARGUMENT when it is of another model. */
export function thetaParts(theta: Float32Array, parameters: readonly ParameterSpec[]): ThetaParts {
	const length = parameterCount({ parameters });
	if (theta.length !== length) throw new VramhubError('BAD_ARGUMENT', `the model has ${length} parameters, not ${theta.length}`);
	return (offset, count) => theta.subarray(offset, offset + count);
}

/** The outer learning rate as everybody computes it from the parameter of the network. */
export function outerLearningRate(values: { readonly outer_learning_rate_ppm: bigint }): number {
	return Number(values.outer_learning_rate_ppm) / 1_000_000;
}

/** What brings each norm down to the lower median where it is above it. */
function clippingScales(norms: readonly number[]): number[] {
	if (norms.length === 0) return [];
	const median = lowerMedian(norms);
	return norms.map((norm) => Math.min(1, median / norm));
}

/** Ascending by uid, after every check: a window is added as a whole or not at all. */
function inOrder(gradients: readonly SparseGradient[], lastWindow: bigint | undefined, chunks: number): SparseGradient[] {
	const ordered = gradients.toSorted((a, b) => a.header.uid - b.header.uid);
	for (const [index, { header, values }] of ordered.entries()) {
		const { uid, window, chunkCount } = header;
		if (chunkCount !== chunks) throw new VramhubError('BAD_ARGUMENT', `a gradient of ${chunkCount} chunks in a model of ${chunks}`);
		if (window !== ordered[0]!.header.window)
			throw new VramhubError('BAD_ARGUMENT', `gradients of the windows ${ordered[0]!.header.window} and ${window} at once`);
		if (lastWindow !== undefined && window <= lastWindow) throw new VramhubError('BAD_ARGUMENT', `window ${window} after window ${lastWindow}`);
		if (index > 0 && uid === ordered[index - 1]!.header.uid) throw new VramhubError('BAD_ARGUMENT', `two gradients of miner ${uid} in window ${window}`);
		if (values.length === 0) throw new VramhubError('BAD_ARGUMENT', `the gradient of miner ${uid} in window ${window} holds nothing`);
	}
	return ordered;
}
