import { elementCount, parameterCount } from '#core/gradient/manifest.ts';
import { type GptConfig, gptParameters } from '#model/gpt.ts';
import { Xoshiro128 } from '#model/random.ts';

const DEVIATION = 0.02;

/**
 * θ before training: gains 1, biases 0, the rest about normal with deviation 0.02, divided by √(2 · layers) in the two matrices
 * of a block that write to the residual stream (Radford et al. 2019, §2.3). Each tensor has a stream of its own, named after it.
 */
export function initialWeights(config: GptConfig, seed: string): Float32Array {
	const parameters = gptParameters(config);
	const theta = new Float32Array(parameterCount({ parameters }));
	let offset = 0;
	for (const parameter of parameters) {
		const tensor = theta.subarray(offset, offset + elementCount(parameter));
		offset += tensor.length;
		if (parameter.name.endsWith('.g')) tensor.fill(1);
		if (parameter.name.endsWith('.g') || parameter.name.endsWith('.b')) continue;
		const residual = parameter.name.endsWith('.out.w') || parameter.name.endsWith('.down.w');
		const deviation = residual ? DEVIATION / Math.sqrt(2 * config.layers) : DEVIATION;
		const random = Xoshiro128.seeded(`${seed}/${parameter.name}`);
		for (let i = 0; i < tensor.length; i++) tensor[i] = random.nearlyNormal() * deviation;
	}
	return theta;
}
