/** Part of what compression left out that goes into the next window's gradient; Templar's configurations use the same. */
export const ERROR_FEEDBACK_DECAY = 0.95;

/**
 * What compression leaves out of one gradient goes into the next (error feedback, Karimireddy et al., arXiv:1901.09847), so that small coefficients of one
 * direction add up until they are large enough to be kept. For windows a before b:
 *
 *   sent_b = C(g_b + decay^(b − a) · e_a)     e_b = g_b + decay^(b − a) · e_a − sent_b
 *
 * It is kept when the checkpoint changes: what was never sent is in no checkpoint, old or new, and the decay forgets what no longer fits. It is kept in memory
 * only: a miner that starts anew begins with nothing, which costs it nothing but this.
 */
export class ErrorFeedback {
	readonly #decay: number;
	#kept: { readonly window: bigint; readonly residual: Float32Array } | undefined;

	constructor(decay: number = ERROR_FEEDBACK_DECAY) {
		this.#decay = decay;
	}

	/** Adds what is left of an earlier window, in place. What was kept of this window itself, or a later one, is of an attempt that is made again: it is let go. */
	correct(window: bigint, dense: Float32Array): Float32Array {
		if (this.#kept === undefined || this.#kept.window >= window || this.#kept.residual.length !== dense.length) return dense;
		const factor = this.#decay ** Number(window - this.#kept.window);
		const { residual } = this.#kept;
		for (let i = 0; i < dense.length; i++) dense[i]! += factor * residual[i]!;
		return dense;
	}

	/** What the bytes of this window's gradient do not carry. */
	keep(window: bigint, residual: Float32Array): void {
		this.#kept = { window, residual };
	}
}
