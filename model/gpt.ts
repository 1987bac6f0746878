import { VramhubError } from '#core/errors.ts';
import type { ParameterSpec } from '#core/gradient/manifest.ts';
import { vectorJacobianProduct } from '#model/onnx/autodiff.ts';
import { Graph, type Value } from '#model/onnx/graph.ts';
import {
	add,
	concat,
	floorBelowFirst,
	gather,
	gelu,
	gemm,
	layerNormalization,
	matMul,
	reshape,
	scale,
	softmax,
	split,
	targetLogProbabilities,
	transpose,
} from '#model/onnx/ops.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';

/**
 * A decoder-only transformer over bytes: pre-norm blocks, learned positions, GELU in its tanh form, output tied to the embedding.
 * Radford et al., Language Models are Unsupervised Multitask Learners (2019).
 */
export interface GptConfig {
	/** Classes a token can take; 256 for bytes. */
	readonly vocabulary: number;
	/** Tokens a sequence, T. */
	readonly context: number;
	/** Width of the residual stream, a multiple of `heads`. */
	readonly width: number;
	readonly layers: number;
	readonly heads: number;
}

/** The devnet's model: 842 496 parameters. */
export const BYTE_GPT: GptConfig = { vocabulary: 256, context: 128, width: 128, layers: 4, heads: 4 };

/** Sequences a run of the devnet's graphs takes: half a batch of 16, so that two threads share one. */
export const BYTE_GPT_BATCH = 8;

const TOKENS = 'tokens';
const TARGETS = 'targets';
const WEIGHTS = 'weights';
const LOG_PROBABILITIES = 'log_probabilities';
const GRADIENT_PREFIX = 'gradient.';

/** Names and shapes in manifest order, which is θ's layout. */
export function gptParameters(config: GptConfig): readonly ParameterSpec[] {
	const { vocabulary, context, width, layers } = config;
	const block = (layer: number): ParameterSpec[] => [
		{ name: `h${layer}.ln1.g`, shape: [width] },
		{ name: `h${layer}.ln1.b`, shape: [width] },
		{ name: `h${layer}.qkv.w`, shape: [width, 3 * width] },
		{ name: `h${layer}.qkv.b`, shape: [3 * width] },
		{ name: `h${layer}.out.w`, shape: [width, width] },
		{ name: `h${layer}.out.b`, shape: [width] },
		{ name: `h${layer}.ln2.g`, shape: [width] },
		{ name: `h${layer}.ln2.b`, shape: [width] },
		{ name: `h${layer}.up.w`, shape: [width, 4 * width] },
		{ name: `h${layer}.up.b`, shape: [4 * width] },
		{ name: `h${layer}.down.w`, shape: [4 * width, width] },
		{ name: `h${layer}.down.b`, shape: [width] },
	];
	return [
		{ name: 'wte', shape: [vocabulary, width] },
		{ name: 'wpe', shape: [context, width] },
		...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
		{ name: 'lnf.g', shape: [width] },
		{ name: 'lnf.b', shape: [width] },
	];
}

/** Graph of `batch` sequences: tokens and targets (int32 [batch · T]) → log-probability of each target, nats (f32 [batch · T]). */
export function gptForwardGraph(config: GptConfig, batch: number): ForwardGraph {
	const { graph, description } = forward(config, batch);
	return { ...description, bytes: graph.encode('gpt-forward') };
}

/**
 * The same computation, and for each parameter the gradient of the loss −Σ weightᵢ · log-probabilityᵢ.
 * `weights` is f32 [batch · T]: 1/(n · T) everywhere makes the mean of n sequences, 0 leaves a padded one out.
 */
export function gptTrainingGraph(config: GptConfig, batch: number): TrainingGraph {
	const { graph, description, parameters, logProbabilities } = forward(config, batch);
	const weights = graph.input(WEIGHTS, 'float32', logProbabilities.shape);
	const seed = graph.apply('Neg', [weights], weights.shape);
	const gradients = vectorJacobianProduct(graph, logProbabilities, seed, parameters);
	for (const [i, parameter] of parameters.entries()) graph.output(GRADIENT_PREFIX + parameter.name, gradients[i]!);
	return { ...description, bytes: graph.encode('gpt-training'), weightsInput: WEIGHTS, gradientPrefix: GRADIENT_PREFIX };
}

function forward(config: GptConfig, batch: number) {
	const { context, width, layers, heads } = config;
	if (width % heads !== 0) throw new VramhubError('BAD_ARGUMENT', `width ${width} is not a multiple of ${heads} heads`);
	const graph = new Graph();
	const count = batch * context;
	const tokens = graph.input(TOKENS, 'int32', [count]);
	const targets = graph.input(TARGETS, 'int32', [count]);
	const specs = gptParameters(config);
	const byName = new Map(specs.map((spec) => [spec.name, graph.input(spec.name, 'float32', spec.shape)]));
	const parameter = (name: string): Value => byName.get(name)!;

	const mask = causalMask(graph, context);
	const embedded = reshape(graph, gather(graph, parameter('wte'), tokens), [batch, context, width]);
	let x = reshape(graph, add(graph, embedded, parameter('wpe')), [count, width]);
	for (let layer = 0; layer < layers; layer++) {
		const p = (name: string): Value => parameter(`h${layer}.${name}`);
		const attended = attention(graph, layerNormalization(graph, x, p('ln1.g'), p('ln1.b')), p('qkv.w'), p('qkv.b'), mask, batch, heads);
		x = add(graph, x, gemm(graph, attended, p('out.w'), { bias: p('out.b') }));
		const hidden = gelu(graph, gemm(graph, layerNormalization(graph, x, p('ln2.g'), p('ln2.b')), p('up.w'), { bias: p('up.b') }));
		x = add(graph, x, gemm(graph, hidden, p('down.w'), { bias: p('down.b') }));
	}
	const logits = gemm(graph, layerNormalization(graph, x, parameter('lnf.g'), parameter('lnf.b')), parameter('wte'), { transposed: true });
	const logProbabilities = targetLogProbabilities(graph, logits, targets);
	graph.output(LOG_PROBABILITIES, logProbabilities);

	const description = { parameters: specs, tokensInput: TOKENS, targetsInput: TARGETS, logProbsOutput: LOG_PROBABILITIES, batch, context };
	return { graph, description, parameters: specs.map((spec) => parameter(spec.name)), logProbabilities };
}

/**
 * softmax(q · kᵀ / √d + mask) · v for each head. x: [B · T, width] → [B · T, width]. Vaswani et al., arXiv:1706.03762, §3.2.
 *
 * One product gives q of all heads, then k, then v, side by side in the columns; cut by head, each part [B, T, d] is in the layout that the next product
 * reads. What is cut are activations: the runtime may cut weights long before it needs them, and would hold a second copy of them in every thread.
 */
function attention(graph: Graph, x: Value, w: Value, bias: Value, mask: Value, batch: number, heads: number): Value {
	const [count, width] = x.shape as [number, number];
	const [context, depth] = [count / batch, width / heads];
	const parts = split(graph, reshape(graph, gemm(graph, x, w, { bias }), [batch, context, 3 * width]), 3 * heads);
	const mixed = Array.from({ length: heads }, (_, head) => {
		const [queries, keys, values] = [parts[head]!, parts[heads + head]!, parts[2 * heads + head]!];
		// The factor goes on q, [B, T, d], which is smaller than the scores, [B, T, T].
		const scores = matMul(graph, scale(graph, queries, 1 / Math.sqrt(depth)), transpose(graph, keys, [0, 2, 1]));
		return matMul(graph, softmax(graph, floorBelowFirst(graph, add(graph, scores, mask), MASKED_DEPTH)), values);
	});
	return reshape(graph, concat(graph, mixed), [count, width]);
}

/** e^−48 = 1.4e-21, of all masked positions together far below the last bit of an f32 sum. Every position may look at the first. */
const MASKED_DEPTH = 48;

/** 0 where a position may look, −1e9 at later ones. */
function causalMask(graph: Graph, context: number): Value {
	const mask = new Float32Array(context * context);
	for (let row = 0; row < context; row++) mask.fill(-1e9, row * context + row + 1, (row + 1) * context);
	return graph.float32(mask, [context, context]);
}
