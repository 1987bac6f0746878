import type { ParameterSpec } from '#core/gradient/manifest.ts';
import { vectorJacobianProduct } from '#model/onnx/autodiff.ts';
import { Graph, type Value } from '#model/onnx/graph.ts';
import { gather, gelu, gemm, targetLogProbabilities } from '#model/onnx/ops.ts';
import { Xoshiro128 } from '#model/random.ts';
import type { ForwardGraph, TrainingGraph } from '#model/session.ts';

const PARAMETERS: readonly ParameterSpec[] = [
	{ name: 'characters', shape: [256, 24] },
	{ name: 'hidden/weights', shape: [24, 65] },
	{ name: 'hidden/bias', shape: [65] },
	{ name: 'classes', shape: [65, 256] },
];
const DESCRIPTION = { parameters: PARAMETERS, tokensInput: 'previous characters', targetsInput: 'next', logProbsOutput: 'of the next' };

/** Another model than the built-in one, as a network may bring it: a perceptron that sees one byte and tells the next, with names and shapes of its own. */
export function mlpModel(batch: number, context: number): { graph: ForwardGraph; trainingGraph: TrainingGraph; theta: Float32Array } {
	const description = { ...DESCRIPTION, batch, context };
	const random = Xoshiro128.seeded('mlp');
	const theta = Float32Array.from({ length: 256 * 24 + 24 * 65 + 65 + 65 * 256 }, () => random.nearlyNormal() * 0.1);
	const forward = build(batch * context);
	const training = build(batch * context);
	const weights = training.graph.input('weights', 'float32', training.output.shape);
	const seed = training.graph.apply('Neg', [weights], weights.shape);
	const gradients = vectorJacobianProduct(training.graph, training.output, seed, training.parameters);
	for (const [i, { name }] of PARAMETERS.entries()) training.graph.output(`d ${name}`, gradients[i]!);
	return {
		graph: { ...description, bytes: forward.graph.encode('mlp') },
		trainingGraph: { ...description, bytes: training.graph.encode('mlp-training'), weightsInput: 'weights', gradientPrefix: 'd ' },
		theta,
	};
}

function build(count: number): { graph: Graph; output: Value; parameters: Value[] } {
	const graph = new Graph();
	// The inputs of a graph stand in no particular order: what counts is their names.
	const targets = graph.input(DESCRIPTION.targetsInput, 'int32', [count]);
	const parameters = PARAMETERS.map(({ name, shape }) => graph.input(name, 'float32', shape));
	const tokens = graph.input(DESCRIPTION.tokensInput, 'int32', [count]);
	const [characters, weights, bias, classes] = parameters as [Value, Value, Value, Value];
	const hidden = gelu(graph, gemm(graph, gather(graph, characters, tokens), weights, { bias }));
	const output = targetLogProbabilities(graph, gemm(graph, hidden, classes), targets);
	graph.output(DESCRIPTION.logProbsOutput, output);
	return { graph, output, parameters };
}
