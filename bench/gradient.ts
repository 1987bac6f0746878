import { decodeGradient, encodeGradient, reconstruct } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { createMerge, thetaParts } from '#core/gradient/merge.ts';
import { BYTE_GPT, BYTE_GPT_BATCH, gptForwardGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { ModelPool } from '#model/pool.ts';
import { Xoshiro128 } from '#model/random.ts';
import { quickest, report } from './report.ts';

const SEQUENCES = 32;
const TOP_K = 512;
const ROUNDS = 5;

/** What a validator does with a gradient besides the forward passes, as parts of them: 32 sequences, the demo's model and top-k. */
export async function run(): Promise<void> {
	const graph = gptForwardGraph(BYTE_GPT, BYTE_GPT_BATCH);
	const { parameters } = graph;
	const theta = initialWeights(BYTE_GPT, 'bench');
	const random = Xoshiro128.seeded('bench');
	const dense = Float32Array.from({ length: parameterCount(graph) }, () => (random.next() - 2 ** 31) / 2 ** 41);
	const context = {
		uid: 0,
		window: 1n,
		checkpointHash: new Uint8Array(32),
		manifestHash: new Uint8Array(32),
		parameters,
		codec: GRADIENT_CODEC.dct64TopkInt8,
		topK: TOP_K,
	};
	const { bytes } = encodeGradient({ ...context, dense });
	const decode = () => {
		const decoded = decodeGradient(bytes, { ...context, maxBytes: bytes.length });
		if (decoded.kind !== 'decoded') throw new Error(decoded.reason);
		return decoded.gradient;
	};
	const gradient = decode();
	const moved = new Float32Array(dense.length);

	await using pool = new ModelPool({ graph, threads: 1 });
	const sequences = Array.from({ length: SEQUENCES }, () => Uint8Array.from({ length: BYTE_GPT.context + 1 }, () => random.below(256)));
	const forwardMs = await quickest(ROUNDS, () => pool.evaluateLoss(theta, sequences));
	const of = (part: string) => `${part} / forward passes of ${SEQUENCES} sequences`;
	report({ bench: 'gradient/decode', of: of('decoding'), ratio: (await quickest(ROUNDS, decode)) / forwardMs, bytes: bytes.length, forward_ms: forwardMs });
	report({
		bench: 'gradient/reconstruct',
		of: of('inverse transform'),
		ratio: (await quickest(ROUNDS, () => reconstruct(gradient, parameters, moved))) / forwardMs,
	});
	report({ bench: 'gradient/encode', of: of('encoding'), ratio: (await quickest(ROUNDS, () => encodeGradient({ ...context, dense }))) / forwardMs });
	const mergeMs = await quickest(ROUNDS, () => {
		const merge = createMerge(parameters);
		merge.addWindow([gradient]);
		merge.apply(thetaParts(theta, parameters), 1);
	});
	report({ bench: 'gradient/merge', of: of('merging one gradient'), ratio: mergeMs / forwardMs });
}
