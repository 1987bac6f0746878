import type { SparseGradient } from '#core/gradient/layout.ts';

/** Memory that threads share, for one gradient at a time: taken once, and again only for a larger one. */
export class SharedGradient {
	#starts = new Uint32Array(new SharedArrayBuffer(0));
	#indices = new Uint16Array(new SharedArrayBuffer(0));
	#values = new Float64Array(new SharedArrayBuffer(0));

	/** A copy of the gradient, good until the next call. */
	hold(gradient: SparseGradient): SparseGradient {
		const { header, starts, indices, values } = gradient;
		if (starts.length > this.#starts.length) this.#starts = new Uint32Array(new SharedArrayBuffer(starts.byteLength));
		if (values.length > this.#values.length) {
			this.#indices = new Uint16Array(new SharedArrayBuffer(indices.byteLength));
			this.#values = new Float64Array(new SharedArrayBuffer(values.byteLength));
		}
		const held = {
			header,
			starts: this.#starts.subarray(0, starts.length),
			indices: this.#indices.subarray(0, indices.length),
			values: this.#values.subarray(0, values.length),
		};
		held.starts.set(starts);
		held.indices.set(indices);
		held.values.set(values);
		return held;
	}
}
