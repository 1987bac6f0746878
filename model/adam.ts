/** Adam with decoupled weight decay left out. Kingma and Ba, arXiv:1412.6980, algorithm 1. */
export interface AdamOptions {
	readonly beta1?: number;
	readonly beta2?: number;
	readonly epsilon?: number;
}

/** State for one flat θ. Only +, −, ·, / and √, which IEEE 754 rounds the same everywhere; moments are f32, a step is computed in f64. */
export class Adam {
	readonly #beta1: number;
	readonly #beta2: number;
	readonly #epsilon: number;
	readonly #first: Float32Array;
	readonly #second: Float32Array;
	#beta1Power = 1;
	#beta2Power = 1;

	constructor(length: number, { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8 }: AdamOptions = {}) {
		this.#beta1 = beta1;
		this.#beta2 = beta2;
		this.#epsilon = epsilon;
		this.#first = new Float32Array(length);
		this.#second = new Float32Array(length);
	}

	/** Changes θ in place. */
	step(parameters: Float32Array, gradient: Float32Array, learningRate: number): void {
		const [beta1, beta2, first, second] = [this.#beta1, this.#beta2, this.#first, this.#second];
		this.#beta1Power *= beta1;
		this.#beta2Power *= beta2;
		const rate = learningRate / (1 - this.#beta1Power);
		const correction = 1 / (1 - this.#beta2Power);
		for (let i = 0; i < parameters.length; i++) {
			const g = gradient[i]!;
			const m = beta1 * first[i]! + (1 - beta1) * g;
			const v = beta2 * second[i]! + (1 - beta2) * g * g;
			first[i] = m;
			second[i] = v;
			parameters[i]! -= (rate * m) / (Math.sqrt(v * correction) + this.#epsilon);
		}
	}
}

/** Scales a gradient in place to an L2 norm of at most `limit`; gives the norm that it had (f64, in order). */
export function clipNorm(gradient: Float32Array, limit: number): number {
	let squares = 0;
	for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
	const norm = Math.sqrt(squares);
	if (norm > limit) {
		const factor = limit / norm;
		for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
	}
	return norm;
}
