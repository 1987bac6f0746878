import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { elementCount, parameterCount } from '#core/gradient/manifest.ts';
import { BYTE_GPT, type GptConfig, gptForwardGraph, gptParameters, gptTrainingGraph } from '#model/gpt.ts';
import { Xoshiro128 } from '#model/random.ts';
import { ModelSession } from '#model/session.ts';

/**
 * The oracle: the same model written a second time, in f64 and with plain loops, one sequence at a time, from the papers'
 * formulas. It shares no code with the graph, and its central differences know nothing of the graph's differentiation.
 */
function referenceLoss(config: GptConfig, theta: Float64Array, sequences: readonly Uint8Array[]): number {
	const { vocabulary, context, width, layers, heads } = config;
	let offset = 0;
	const tensors = new Map<string, Float64Array>();
	for (const spec of gptParameters(config)) {
		tensors.set(spec.name, theta.subarray(offset, offset + elementCount(spec)));
		offset += elementCount(spec);
	}
	const p = (name: string): Float64Array => tensors.get(name)!;

	const norm = (x: readonly number[], gain: Float64Array, bias: Float64Array): number[] => {
		const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
		const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
		return x.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * gain[i]! + bias[i]!);
	};
	const linear = (x: readonly number[], w: Float64Array, bias: Float64Array): number[] =>
		Array.from(bias, (b, column) => x.reduce((sum, v, row) => sum + v * w[row * bias.length + column]!, b));

	let total = 0;
	for (const sequence of sequences) {
		let x = Array.from({ length: context }, (_, t) => Array.from({ length: width }, (_, i) => p('wte')[sequence[t]! * width + i]! + p('wpe')[t * width + i]!));
		for (let layer = 0; layer < layers; layer++) {
			const q = (name: string): Float64Array => p(`h${layer}.${name}`);
			const qkv = x.map((row) => linear(norm(row, q('ln1.g'), q('ln1.b')), q('qkv.w'), q('qkv.b')));
			const depth = width / heads;
			const attended = qkv.map((row, t) =>
				Array.from({ length: width }, (_, i) => {
					const head = Math.floor(i / depth) * depth;
					const scores = Array.from({ length: t + 1 }, (_, s) => {
						let dot = 0;
						for (let j = head; j < head + depth; j++) dot += row[j]! * qkv[s]![width + j]!;
						return Math.exp(dot / Math.sqrt(depth));
					});
					const sum = scores.reduce((a, b) => a + b, 0);
					return scores.reduce((mixed, score, s) => mixed + (score / sum) * qkv[s]![2 * width + i]!, 0);
				}),
			);
			x = x.map((row, t) => linear(attended[t]!, q('out.w'), q('out.b')).map((v, i) => v + row[i]!));
			x = x.map((row) => {
				const hidden = linear(norm(row, q('ln2.g'), q('ln2.b')), q('up.w'), q('up.b')).map(tanhGelu);
				return linear(hidden, q('down.w'), q('down.b')).map((v, i) => v + row[i]!);
			});
		}
		for (const [t, row] of x.entries()) {
			const last = norm(row, p('lnf.g'), p('lnf.b'));
			const logits = Array.from({ length: vocabulary }, (_, token) => last.reduce((sum, v, i) => sum + v * p('wte')[token * width + i]!, 0));
			total += Math.log(logits.reduce((sum, v) => sum + Math.exp(v), 0)) - logits[sequence[t + 1]!]!;
		}
	}
	return total / (sequences.length * context);
}

/** As its authors write it: 0.5 x (1 + tanh[√(2/π) (x + 0.044715 x³)]). */
const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const CONFIGS: readonly GptConfig[] = [
	{ vocabulary: 11, context: 5, width: 8, layers: 2, heads: 2 },
	{ vocabulary: 256, context: 7, width: 12, layers: 1, heads: 3 },
];

function randomModel(config: GptConfig, seed: string): { theta: Float32Array; sequences: Uint8Array[] } {
	const random = Xoshiro128.seeded(seed);
	const theta = new Float32Array(parameterCount({ parameters: gptParameters(config) }));
	for (let i = 0; i < theta.length; i++) theta[i] = random.nearlyNormal() * 0.4;
	const sequences = Array.from({ length: 3 }, () => Uint8Array.from({ length: config.context + 1 }, () => random.below(config.vocabulary)));
	return { theta, sequences };
}

for (const config of CONFIGS) {
	test(`loss and gradient agree with an f64 implementation: ${JSON.stringify(config)}`, async () => {
		const { theta, sequences } = randomModel(config, 'gpt.test');
		const session = await ModelSession.open(gptTrainingGraph(config, 4));
		try {
			const tokens = sequences.length * config.context;
			const { logLikelihoods, gradient } = await session.gradient(theta, sequences, 1 / tokens);
			const wide = Float64Array.from(theta);
			const loss = -logLikelihoods.reduce((sum, v) => sum + v, 0) / tokens;
			assert.ok(Math.abs(loss - referenceLoss(config, wide, sequences)) < 2e-6, 'loss');

			// Every tensor is probed at both ends and in random places.
			const random = Xoshiro128.seeded('probes');
			let offset = 0;
			for (const spec of gptParameters(config)) {
				const length = elementCount(spec);
				for (const at of [0, length - 1, ...Array.from({ length: 6 }, () => random.below(length))]) {
					const index = offset + at;
					const original = wide[index]!;
					const step = 1e-5;
					wide[index] = original + step;
					const above = referenceLoss(config, wide, sequences);
					wide[index] = original - step;
					const below = referenceLoss(config, wide, sequences);
					wide[index] = original;
					const expected = (above - below) / (2 * step);
					assert.ok(Math.abs(gradient[index]! - expected) < 2e-6 + 2e-5 * Math.abs(expected), `${spec.name}[${at}]: ${gradient[index]} instead of ${expected}`);
				}
				offset += length;
			}
			// What is left of the batch is filled up and must not count: the same sequences alone give the same gradient.
			const alone = await ModelSession.open(gptTrainingGraph(config, 3));
			const exact = await alone.gradient(theta, sequences, 1 / tokens);
			for (const [i, value] of exact.gradient.entries()) assert.ok(Math.abs(value - gradient[i]!) < 1e-6, `padding changes gradient[${i}]`);
			await alone.close();
		} finally {
			await session.close();
		}
	});
}

test('a sequence has the same log-likelihood, bit for bit, in every place of every batch', async () => {
	const config = CONFIGS[0]!;
	const { theta, sequences } = randomModel(config, 'places');
	const [a, b] = [await ModelSession.open(gptForwardGraph(config, 3)), await ModelSession.open(gptForwardGraph(config, 8))];
	const expected = await a.logLikelihoods(theta, sequences);
	assert.deepEqual(await b.logLikelihoods(theta, sequences), expected);
	assert.deepEqual(
		await b.logLikelihoods(theta, [sequences[2]!, sequences[2]!, sequences[0]!, sequences[1]!]),
		Float64Array.of(...[2, 2, 0, 1].map((i) => expected[i]!)),
	);
	await a.close();
	await b.close();
});

test('nothing of a later token reaches an earlier position, bit for bit, however far the scores of masked positions lie above the others', async () => {
	const config = CONFIGS[0]!;
	const graph = gptForwardGraph(config, 1);
	const session = await ort.InferenceSession.create(graph.bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
	for (const size of [1, 30, 1000]) {
		const { theta } = randomModel(config, 'causal');
		let offset = 0;
		const parameters = graph.parameters.map((spec) => {
			const part = theta.subarray(offset, offset + elementCount(spec));
			offset += part.length;
			return [spec.name, new ort.Tensor('float32', spec.name.endsWith('qkv.w') ? part.map((v) => v * size) : part, spec.shape)] as const;
		});
		const tensor = (tokens: readonly number[]) => new ort.Tensor('int32', Int32Array.from(tokens), [config.context]);
		const logProbabilities = async (tokens: readonly number[]) => {
			const feeds = { ...Object.fromEntries(parameters), [graph.tokensInput]: tensor(tokens), [graph.targetsInput]: tensor([1, 2, 3, 4, 5]) };
			return (await session.run(feeds))[graph.logProbsOutput]!.data as Float32Array;
		};
		const all = await logProbabilities([3, 1, 4, 1, 5]);
		assert.ok(all.every(Number.isFinite));
		for (let position = 1; position < config.context; position++) {
			for (const token of [0, 7, 10]) {
				const changed = await logProbabilities([3, 1, 4, 1, 5].map((same, i) => (i < position ? same : token)));
				assert.deepEqual(changed.subarray(0, position), all.subarray(0, position));
			}
		}
	}
	await session.release();
});

test('the same config gives the same graph bytes, and the devnet model has 842 496 parameters', () => {
	const config = CONFIGS[0]!;
	assert.deepEqual(gptTrainingGraph(config, 4).bytes, gptTrainingGraph(config, 4).bytes);
	assert.notDeepEqual(gptForwardGraph(config, 4).bytes, gptForwardGraph(config, 5).bytes);
	assert.equal(parameterCount({ parameters: gptParameters(BYTE_GPT) }), 842_496);
});

test('bad configurations, graphs and sequences are refused', async () => {
	const config = CONFIGS[0]!;
	assert.throws(() => gptForwardGraph({ ...config, heads: 3 }, 1), { code: 'BAD_ARGUMENT' });
	await assert.rejects(ModelSession.open({ ...gptForwardGraph(config, 1), bytes: Uint8Array.of(1, 2, 3) }), { code: 'BAD_ARGUMENT' });
	const session = await ModelSession.open(gptForwardGraph(config, 1));
	const { theta, sequences } = randomModel(config, 'refused');
	await assert.rejects(session.logLikelihoods(new Float32Array(3), sequences.slice(0, 1)), { code: 'BAD_ARGUMENT' });
	await assert.rejects(session.logLikelihoods(theta, [new Uint8Array(config.context)]), { code: 'BAD_ARGUMENT' });
	await assert.rejects(session.logLikelihoods(theta, []), { code: 'BAD_ARGUMENT' });
	await session.close();
});
