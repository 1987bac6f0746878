import { VramhubError } from '#core/errors.ts';
import { elementCount, type Graph, type Shape, type Value } from '#model/onnx/graph.ts';
import type { Attribute } from '#model/onnx/model-proto.ts';

/**
 * Differentiable operators. Each appends ONNX nodes to the graph and records its vector-Jacobian products; `d` is always the
 * cotangent of the result. Operators and their attributes are those of opset 20.
 */

const int = (value: number): Attribute => ({ type: 'int', value });
const float = (value: number): Attribute => ({ type: 'float', value });
const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });

/** y = a · w + bias. a: [N, K]; w: [K, M], or [M, K] with `transposed`; bias: [M]. → [N, M] */
export function gemm(graph: Graph, a: Value, w: Value, options: { bias?: Value; transposed?: boolean } = {}): Value {
	const [rows, inner] = matrix(a);
	const [first, second] = matrix(w);
	const { bias, transposed = false } = options;
	const columns = transposed ? first : second;
	if (inner !== (transposed ? second : first)) throw shapeError('Gemm', a, w);
	const inputs = bias === undefined ? [a, w] : [a, w, bias];
	const y = graph.apply('Gemm', inputs, [rows, columns], transposed ? { transB: int(1) } : {});
	graph.record({
		outputs: [y],
		inputs,
		pullbacks: [
			(d) => graph.apply('Gemm', [d, w], [rows, inner], transposed ? {} : { transB: int(1) }),
			(d) => graph.apply('Gemm', transposed ? [d, a] : [a, d], w.shape, { transA: int(1) }),
			(d) => sumTo(graph, d, [columns]),
		],
	});
	return y;
}

/** Batched product over the last two axes; leading axes must be equal. [..., M, K] · [..., K, N] → [..., M, N] */
export function matMul(graph: Graph, a: Value, b: Value): Value {
	const leading = a.shape.slice(0, -2);
	const [rows, inner] = a.shape.slice(-2) as [number, number];
	const [innerB, columns] = b.shape.slice(-2) as [number, number];
	if (inner !== innerB || String(leading) !== String(b.shape.slice(0, -2))) throw shapeError('MatMul', a, b);
	const y = graph.apply('MatMul', [a, b], [...leading, rows, columns]);
	graph.record({
		outputs: [y],
		inputs: [a, b],
		pullbacks: [(d) => graph.apply('MatMul', [d, swapLast(graph, b)], a.shape), (d) => graph.apply('MatMul', [swapLast(graph, a), d], b.shape)],
	});
	return y;
}

/** a + b, where b is a itself in shape or broadcasts to it. */
export function add(graph: Graph, a: Value, b: Value): Value {
	const y = graph.apply('Add', [a, b], a.shape);
	graph.record({ outputs: [y], inputs: [a, b], pullbacks: [(d) => d, (d) => sumTo(graph, d, b.shape)] });
	return y;
}

/** a · factor for a number known when the graph is built. */
export function scale(graph: Graph, a: Value, factor: number): Value {
	const times = (x: Value): Value => graph.apply('Mul', [x, graph.scalar(factor)], a.shape);
	const y = times(a);
	graph.record({ outputs: [y], inputs: [a], pullbacks: [times] });
	return y;
}

export function reshape(graph: Graph, a: Value, shape: Shape): Value {
	if (elementCount(shape) !== elementCount(a.shape)) throw new VramhubError('INVARIANT', `Reshape: [${a.shape}] to [${shape}]`);
	const y = graph.apply('Reshape', [a, graph.int64List(shape)], shape);
	graph.record({ outputs: [y], inputs: [a], pullbacks: [(d) => graph.apply('Reshape', [d, graph.int64List(a.shape)], a.shape)] });
	return y;
}

/** Axis i of the result is axis permutation[i] of a. */
export function transpose(graph: Graph, a: Value, permutation: readonly number[]): Value {
	const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
	const shape = permutation.map((axis) => a.shape[axis]!);
	const y = graph.apply('Transpose', [a], shape, { perm: ints(permutation) });
	graph.record({ outputs: [y], inputs: [a], pullbacks: [(d) => graph.apply('Transpose', [d], a.shape, { perm: ints(inverse) })] });
	return y;
}

/** Equal parts along the last axis. */
export function split(graph: Graph, a: Value, parts: number): readonly Value[] {
	const axis = a.shape.length - 1;
	const shape = [...a.shape.slice(0, -1), a.shape[axis]! / parts];
	const results = Array.from({ length: parts }, () => ({ type: 'float32', shape }) as const);
	const outputs = graph.applyMany('Split', [a], results, { axis: int(axis), num_outputs: int(parts) });
	graph.record({ outputs, inputs: [a], pullbacks: [(...ds) => graph.apply('Concat', ds, a.shape, { axis: int(axis) })] });
	return outputs;
}

/** Next to each other along the last axis, all of one shape. */
export function concat(graph: Graph, parts: readonly Value[]): Value {
	const [first] = parts as [Value];
	const axis = first.shape.length - 1;
	if (parts.some((part) => String(part.shape) !== String(first.shape))) throw new VramhubError('INVARIANT', 'Concat: the parts have different shapes');
	const y = graph.apply('Concat', parts, [...first.shape.slice(0, -1), first.shape[axis]! * parts.length], { axis: int(axis) });
	const results = parts.map(() => ({ type: 'float32', shape: first.shape }) as const);
	const pullback = (index: number) => (d: Value) => graph.applyMany('Split', [d], results, { axis: int(axis), num_outputs: int(parts.length) })[index]!;
	graph.record({ outputs: [y], inputs: parts, pullbacks: parts.map((_, index) => pullback(index)) });
	return y;
}

/** Rows of a table [V, D] by index [N] → [N, D]. The pullback is a product with one-hot columns: faster here than a scatter, and of fixed order. */
export function gather(graph: Graph, table: Value, indices: Value): Value {
	const [rows, columns] = matrix(table);
	const y = graph.apply('Gather', [table, indices], [...indices.shape, columns], { axis: int(0) });
	const pullback = (d: Value): Value => graph.apply('MatMul', [oneHot(graph, indices, rows, 0), d], [rows, columns]);
	graph.record({ outputs: [y], inputs: [table, indices], pullbacks: [pullback, undefined] });
	return y;
}

/** Over the last axis of [N, D]: (x − mean) / √(variance + ε) · gain + bias. Ba, Kiros and Hinton, arXiv:1607.06450. */
export function layerNormalization(graph: Graph, x: Value, gain: Value, bias: Value, epsilon = 1e-5): Value {
	const [rows] = matrix(x);
	const result = (shape: Shape) => ({ type: 'float32', shape }) as const;
	const [y, mean, inverseDeviation] = graph.applyMany('LayerNormalization', [x, gain, bias], [result(x.shape), result([rows, 1]), result([rows, 1])], {
		axis: int(-1),
		epsilon: float(epsilon),
	}) as [Value, Value, Value];
	const mul = (a: Value, b: Value): Value => graph.apply('Mul', [a, b], x.shape);
	const sub = (a: Value, b: Value): Value => graph.apply('Sub', [a, b], x.shape);
	const rowMean = (a: Value): Value => graph.apply('ReduceMean', [a, graph.int64List([-1])], [rows, 1], { keepdims: int(1) });
	const normalized = (): Value => mul(sub(x, mean), inverseDeviation);
	graph.record({
		outputs: [y],
		inputs: [x, gain, bias],
		pullbacks: [
			(d) => {
				const scaled = mul(d, gain);
				const projection = mul(normalized(), rowMean(mul(scaled, normalized())));
				return mul(inverseDeviation, sub(sub(scaled, rowMean(scaled)), projection));
			},
			(d) => sumTo(graph, mul(d, normalized()), gain.shape),
			(d) => sumTo(graph, d, bias.shape),
		],
	});
	return y;
}

/**
 * x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), which is x · σ of twice that argument: GELU as GPT-2 has it, the approximation of x · Φ(x) in Hendrycks and Gimpel,
 * arXiv:1606.08415, §2.
 */
export function gelu(graph: Graph, x: Value): Value {
	const y = graph.apply('Gelu', [x], x.shape, { approximate: { type: 'string', value: 'tanh' } });
	const slope = Math.sqrt(8 / Math.PI);
	const pullback = (d: Value): Value => {
		const mul = (a: Value, b: Value): Value => graph.apply('Mul', [a, b], x.shape);
		const times = (a: Value, factor: number): Value => mul(a, graph.scalar(factor));
		const plus = (a: Value, term: number): Value => graph.apply('Add', [a, graph.scalar(term)], x.shape);
		const squared = mul(x, x);
		const sigmoid = graph.apply('Sigmoid', [mul(x, plus(times(squared, 0.044715 * slope), slope))], x.shape);
		const other = graph.apply('Sub', [graph.scalar(1), sigmoid], x.shape);
		// σ + x · σ (1 − σ) · the argument's derivative
		const inner = mul(mul(x, other), plus(times(squared, 3 * 0.044715 * slope), slope));
		return mul(d, mul(sigmoid, plus(inner, 1)));
	};
	graph.record({ outputs: [y], inputs: [x], pullbacks: [pullback] });
	return y;
}

/**
 * What lies more than `depth` below the first of its row (the last axis) is raised to that, for a softmax to come: its exponential is then no number that
 * the processor takes a hundred times as long for (below 2⁻¹²⁶, from 87 below the largest on). The first must not be masked: what is raised is then at most
 * e^−depth of the softmax's largest, and differentiated as if nothing were raised, since nobody sees that.
 */
export function floorBelowFirst(graph: Graph, a: Value, depth: number): Value {
	const column = [...a.shape.slice(0, -1), 1];
	const axis = a.shape.length - 1;
	const first = graph.apply('Slice', [a, graph.int64List([0]), graph.int64List([1]), graph.int64List([axis])], column);
	// A term a row: with a single number for all of them the runtime takes its slow way.
	const below = graph.float32(new Float32Array(elementCount(column.slice(-2))).fill(-depth), column.slice(-2));
	const y = graph.apply('Max', [a, graph.apply('Add', [first, below], column)], a.shape);
	graph.record({ outputs: [y], inputs: [a], pullbacks: [(d) => d] });
	return y;
}

/** Over the last axis. */
export function softmax(graph: Graph, a: Value): Value {
	const y = graph.apply('Softmax', [a], a.shape, { axis: int(-1) });
	const pullback = (d: Value): Value => {
		const mul = (u: Value, v: Value): Value => graph.apply('Mul', [u, v], a.shape);
		const inner = graph.apply('ReduceSum', [mul(d, y), graph.int64List([-1])], [...a.shape.slice(0, -1), 1], { keepdims: int(1) });
		return mul(y, graph.apply('Sub', [d, inner], a.shape));
	};
	graph.record({ outputs: [y], inputs: [a], pullbacks: [pullback] });
	return y;
}

/**
 * log softmax(logits)[target] for each row: [N, V], [N] → [N], in nats, ≤ 0.
 * The two steps are differentiated as one, (one-hot − softmax) · d, which needs no scatter.
 */
export function targetLogProbabilities(graph: Graph, logits: Value, targets: Value): Value {
	const [rows, classes] = matrix(logits);
	const logProbabilities = graph.apply('LogSoftmax', [logits], logits.shape, { axis: int(-1) });
	const column = (a: Value): Value => graph.apply('Reshape', [a, graph.int64List([rows, 1])], [rows, 1], {}, a.type);
	const picked = graph.apply('GatherElements', [logProbabilities, column(targets)], [rows, 1], { axis: int(1) });
	const y = graph.apply('Reshape', [picked, graph.int64List([rows])], [rows]);
	const pullback = (d: Value): Value => {
		const probabilities = graph.apply('Exp', [logProbabilities], logits.shape);
		const difference = graph.apply('Sub', [oneHot(graph, targets, classes, -1), probabilities], logits.shape);
		return graph.apply('Mul', [difference, column(d)], logits.shape);
	};
	graph.record({ outputs: [y], inputs: [logits, targets], pullbacks: [pullback, undefined] });
	return y;
}

/** Indices [N] as ones in zeros: [N, depth] with axis −1, [depth, N] with axis 0. */
function oneHot(graph: Graph, indices: Value, depth: number, axis: 0 | -1): Value {
	const count = elementCount(indices.shape);
	const shape = axis === 0 ? [depth, count] : [count, depth];
	// The CPU kernel for int32 indices wants an int32 depth.
	const inputs = [indices, graph.int32(Int32Array.of(depth), [1]), graph.float32(Float32Array.of(0, 1), [2])];
	return graph.apply('OneHot', inputs, shape, { axis: int(axis) });
}

/** The adjoint of broadcasting `shape` to d's shape: the sum over the added leading axes and the stretched ones. */
function sumTo(graph: Graph, d: Value, shape: Shape): Value {
	const added = d.shape.length - shape.length;
	const axes = d.shape.flatMap((dimension, axis) => (axis < added || shape[axis - added] !== dimension ? [axis] : []));
	if (axes.length === 0) return d;
	const reduced = d.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
	const keep = axes.some((axis) => axis >= added);
	const sum = graph.apply('ReduceSum', [d, graph.int64List(axes)], keep ? reduced : shape, { keepdims: int(keep ? 1 : 0) });
	return keep && added > 0 ? graph.apply('Reshape', [sum, graph.int64List(shape)], shape) : sum;
}

function swapLast(graph: Graph, a: Value): Value {
	const axes = a.shape.map((_, axis) => axis);
	const permutation = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
	return graph.apply(
		'Transpose',
		[a],
		permutation.map((axis) => a.shape[axis]!),
		{ perm: ints(permutation) },
	);
}

function matrix(value: Value): readonly [number, number] {
	const [rows, columns] = value.shape;
	if (value.shape.length !== 2) throw new VramhubError('INVARIANT', `${value.name}: a matrix is needed, not [${value.shape}]`);
	return [rows!, columns!];
}

function shapeError(operator: string, a: Value, b: Value): VramhubError {
	return new VramhubError('INVARIANT', `${operator}: [${a.shape}] and [${b.shape}] do not fit`);
}
