import { VramhubError } from '#core/errors.ts';
import type { Graph, Value } from '#model/onnx/graph.ts';

/**
 * Reverse-mode differentiation: appends to the graph the vector-Jacobian product of `output` with the cotangent `seed`
 * (for a loss −Σ w·y, `seed` is −w), one value for each of `parameters`, in their order and shapes.
 * The tape is walked backwards once; only the parts on a path from a parameter to the output are emitted.
 *
 * Source: Griewank and Walther, Evaluating Derivatives (2008), §3.2: the incremental adjoint recursion.
 * Throws BAD_ARGUMENT when the output does not depend on a parameter.
 */
export function vectorJacobianProduct(graph: Graph, output: Value, seed: Value, parameters: readonly Value[]): readonly Value[] {
	const tape = [...graph.tape];
	const varied = new Set(parameters.map((parameter) => parameter.name));
	for (const entry of tape) {
		if (!entry.inputs.some((input, i) => entry.pullbacks[i] !== undefined && varied.has(input.name))) continue;
		for (const result of entry.outputs) varied.add(result.name);
	}

	const cotangents = new Map<string, Value>([[output.name, seed]]);
	const accumulate = (target: Value, cotangent: Value): void => {
		const earlier = cotangents.get(target.name);
		cotangents.set(target.name, earlier === undefined ? cotangent : graph.apply('Add', [earlier, cotangent], target.shape));
	};
	for (const entry of tape.reverse()) {
		if (!entry.outputs.some((result) => cotangents.has(result.name))) continue;
		const incoming = entry.outputs.map((result) => cotangents.get(result.name) ?? zeros(graph, result));
		for (const [i, input] of entry.inputs.entries()) {
			const pullback = entry.pullbacks[i];
			if (pullback !== undefined && varied.has(input.name)) accumulate(input, pullback(...incoming));
		}
	}

	return parameters.map((parameter) => {
		const gradient = cotangents.get(parameter.name);
		if (gradient === undefined) throw new VramhubError('BAD_ARGUMENT', `${output.name} does not depend on ${parameter.name}`);
		return gradient;
	});
}

/** Cotangent of an output that nothing used. ConstantOfShape's default value is one float32 zero. */
function zeros(graph: Graph, like: Value): Value {
	return graph.apply('ConstantOfShape', [graph.int64List(like.shape)], like.shape);
}
