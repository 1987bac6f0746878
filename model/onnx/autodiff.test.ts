import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { vectorJacobianProduct } from '#model/onnx/autodiff.ts';
import { Graph } from '#model/onnx/graph.ts';
import { add, floorBelowFirst, gemm, scale, softmax, split } from '#model/onnx/ops.ts';

async function run(graph: Graph, feeds: Record<string, ort.Tensor>): Promise<Record<string, number[]>> {
	const session = await ort.InferenceSession.create(graph.encode('test'), { intraOpNumThreads: 1, logSeverityLevel: 3 });
	try {
		const results = await session.run(feeds);
		return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, Array.from(tensor.data as Float32Array)]));
	} finally {
		await session.release();
	}
}

test('asking twice for the same value neither computes nor differentiates it twice', async () => {
	const graph = new Graph();
	const x = graph.input('x', 'float32', [1, 2]);
	const w = graph.input('w', 'float32', [2, 2]);
	const y = add(graph, gemm(graph, x, w), gemm(graph, x, w));
	assert.equal(graph.nodeCount, 2);
	const seed = graph.float32(Float32Array.of(1, 10), [1, 2]);
	graph.output('dw', vectorJacobianProduct(graph, y, seed, [w])[0]!);
	const { dw } = await run(graph, { x: new ort.Tensor('float32', [3, 5], [1, 2]), w: new ort.Tensor('float32', [1, 2, 3, 4], [2, 2]) });
	// y = 2 · x · w, so dw = 2 · xᵀ · seed.
	assert.deepEqual(dw, [6, 60, 10, 100]);
});

test('a part of a split that nothing uses contributes zeros; a value used in three places gets the sum', async () => {
	const graph = new Graph();
	const x = graph.input('x', 'float32', [2, 3]);
	const [first, , third] = split(graph, x, 3);
	const y = add(graph, add(graph, first!, scale(graph, third!, 4)), scale(graph, first!, 0.5));
	const seed = graph.float32(Float32Array.of(1, 2), [2, 1]);
	graph.output('dx', vectorJacobianProduct(graph, y, seed, [x])[0]!);
	const { dx } = await run(graph, { x: new ort.Tensor('float32', new Float32Array(6), [2, 3]) });
	assert.deepEqual(dx, [1.5, 0, 4, 3, 0, 8]);
});

test('what lies far below the first of its row is raised to the floor, and differentiated as if it were not', async () => {
	const graph = new Graph();
	const x = graph.input('x', 'float32', [1, 2, 3]);
	const y = floorBelowFirst(graph, x, 10);
	graph.output('y', y);
	graph.output('dx', vectorJacobianProduct(graph, y, graph.float32(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]), [x])[0]!);
	const { y: raised, dx } = await run(graph, { x: new ort.Tensor('float32', [1, 30, -1e9, -50, -59, -61], [1, 2, 3]) });
	assert.deepEqual(raised, [1, 30, -9, -50, -59, -60]);
	assert.deepEqual(dx, [1, 2, 3, 4, 5, 6]);
});

test('only paths from the asked-for parameters are emitted, and a parameter without a path is an error', () => {
	const graph = new Graph();
	const x = graph.input('x', 'float32', [4, 4]);
	const w = graph.input('w', 'float32', [4, 4]);
	const unused = graph.input('unused', 'float32', [4, 4]);
	const y = gemm(graph, softmax(graph, x), w);
	const before = graph.nodeCount;
	vectorJacobianProduct(graph, y, x, [w]);
	assert.equal(graph.nodeCount, before + 1, 'one Gemm; nothing for the softmax');
	assert.throws(() => vectorJacobianProduct(graph, y, x, [unused]), { code: 'BAD_ARGUMENT' });
});

test('shapes that do not fit are refused when the graph is built', () => {
	const graph = new Graph();
	const x = graph.input('x', 'float32', [2, 3]);
	assert.throws(() => gemm(graph, x, x), { code: 'INVARIANT', message: /Gemm/ });
	assert.throws(() => graph.float32(new Float32Array(5), [2, 3]), { code: 'INVARIANT' });
});
