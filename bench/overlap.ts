import { readFile } from 'node:fs/promises';
import { decodeGradient, encodeGradient } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import {
	INTERVAL_SKETCH_HASHES,
	intervalSketchSeed,
	overlapPpm,
	type Sketch,
	sketchOf,
	WINDOW_SKETCH_HASHES,
	windowSketchSeed,
} from '#core/gradient/overlap.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { fetchCorpus } from '#devnet/corpus.ts';
import { ErrorFeedback } from '#miner/error-feedback.ts';
import { trainLocally } from '#miner/train.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { trainGenesis } from '#model/genesis.ts';
import { BYTE_GPT, BYTE_GPT_BATCH, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { ModelPool } from '#model/pool.ts';
import { decodeCheckpoint } from '#model/safetensors.ts';
import { cacheFolder } from '#runtime/state-folder.ts';
import { FORMS } from './gradient-forms.ts';
import { quickest, report } from './report.ts';

const MINERS = 3;
const WINDOWS = 4;
const OWN_SEQUENCES = 16;
const NETWORK = `0x${'0a'.repeat(32)}`;

/**
 * How far the positions of honest gradients coincide by themselves, at the demo's model: of miners in one window, of different miners in different windows, and of one
 * miner's own in consecutive windows (error feedback on, as the reference miner does); beyond chance, exactly and as the sketches of either size find it. All train from one checkpoint.
 */
export async function run({ quick }: { readonly quick: boolean }): Promise<void> {
	const cacheDir = cacheFolder();
	const corpus = await fetchCorpus(cacheDir);
	const dataset = new ShardedDataset(corpus.text, { context: BYTE_GPT.context });
	const graph = gptForwardGraph(BYTE_GPT, BYTE_GPT_BATCH);
	const { parameters } = graph;
	const genesis = await trainGenesis({ dataset, config: BYTE_GPT, seed: 'vramhub-genesis-1', steps: 30, cacheDir });
	const theta = decodeCheckpoint(graph, await readFile(genesis.file));
	await using pool = new ModelPool({ graph, trainingGraph: gptTrainingGraph(BYTE_GPT, BYTE_GPT_BATCH) });
	const work = new Map<string, Float32Array>();
	for (let uid = 1; uid <= MINERS; uid++) {
		for (let window = 0; window < (quick ? 2 : WINDOWS); window++) {
			const batch = dataset.sequences(ownBatch(uid, BigInt(window), OWN_SEQUENCES, dataset.assignable));
			work.set(`${uid}/${window}`, (await trainLocally(pool, theta, batch)).pseudoGradient);
		}
	}
	for (const [name, codec, topK] of FORMS) {
		const feedback = new Map<number, ErrorFeedback>();
		const gradients = [...work].map(([key, dense]) => {
			const [uid, window] = key.split('/').map(Number) as [number, number];
			if (!feedback.has(uid)) feedback.set(uid, new ErrorFeedback());
			const corrected = feedback.get(uid)!.correct(BigInt(window), Float32Array.from(dense));
			const context = { uid, window: BigInt(window), checkpointHash: new Uint8Array(32), manifestHash: new Uint8Array(32), parameters, codec, topK };
			const { bytes, residual } = encodeGradient({ ...context, dense: corrected });
			feedback.get(uid)!.keep(BigInt(window), residual);
			const decoded = decodeGradient(bytes, { ...context, maxBytes: bytes.length });
			if (decoded.kind !== 'decoded') throw new Error(decoded.reason);
			return sketched(uid, window, decoded.gradient);
		});
		const pairs = gradients.flatMap((a, i) => gradients.slice(i + 1).map((b) => ({ a, b })));
		const { count, positions } = gradients[0]!;
		for (const [relation, is] of Object.entries(RELATIONS)) {
			const of = pairs.filter(is);
			const exact = of.map(({ a, b }) => overlapPpm(a.whole, b.whole, positions) / 1e6);
			const most = (kind: 'inWindow' | 'inInterval') => Math.max(...of.map(({ a, b }) => overlapPpm(a[kind], b[kind], positions))) / 1e6;
			report({
				bench: `overlap/${name}`,
				top_k: topK,
				density: count / positions,
				relation,
				pairs: of.length,
				least: Math.min(...exact),
				mean: exact.reduce((sum, value) => sum + value, 0) / exact.length,
				most: Math.max(...exact),
				most_by_window_sketch: most('inWindow'),
				most_by_interval_sketch: most('inInterval'),
			});
		}
	}
	await speed();
}

interface Sketched {
	readonly uid: number;
	readonly window: number;
	readonly count: number;
	readonly positions: number;
	readonly whole: Sketch;
	readonly inWindow: Sketch;
	readonly inInterval: Sketch;
}

const RELATIONS: Readonly<Record<string, (pair: { readonly a: Sketched; readonly b: Sketched }) => boolean>> = {
	'others in the same window': ({ a, b }) => a.window === b.window,
	'others in another window': ({ a, b }) => a.window !== b.window && a.uid !== b.uid,
	'own of the window before': ({ a, b }) => a.uid === b.uid && b.window - a.window === 1,
	'own of earlier windows': ({ a, b }) => a.uid === b.uid && b.window - a.window > 1,
};

function sketched(uid: number, window: number, gradient: SparseGradient): Sketched {
	const seed = windowSketchSeed(NETWORK, BigInt(window), new Uint8Array(32));
	// One seed for all, so that pairs of different windows can be compared too.
	const common = windowSketchSeed(NETWORK, 0n, new Uint8Array(32));
	return {
		uid,
		window,
		count: gradient.indices.length,
		positions: gradient.header.chunkCount * CHUNK_ELEMENTS,
		whole: sketchOf(gradient, seed.fill(1), gradient.indices.length),
		inWindow: sketchOf(gradient, common, WINDOW_SKETCH_HASHES),
		inInterval: sketchOf(gradient, intervalSketchSeed(NETWORK, new Uint8Array(32)), INTERVAL_SKETCH_HASHES),
	};
}

/** A gradient of a million coefficients, as a model of 124 million parameters has at the default form. */
async function speed(): Promise<void> {
	const chunkCount = 30_270;
	const topK = 32;
	const starts = Uint32Array.from({ length: chunkCount + 1 }, (_, chunk) => chunk * topK);
	const indices = Uint16Array.from({ length: chunkCount * topK }, (_, k) => (k % topK) * 128 + (k % 127));
	const gradient = { header: { chunkCount } as SparseGradient['header'], starts, indices };
	const sketch = (size: number) => sketchOf(gradient, intervalSketchSeed(NETWORK, new Uint8Array(32)), size);
	const [a, b] = [sketch(INTERVAL_SKETCH_HASHES), sketch(INTERVAL_SKETCH_HASHES)];
	report({
		bench: 'overlap/speed',
		coefficients: indices.length,
		window_sketch_ms: await quickest(3, () => sketch(WINDOW_SKETCH_HASHES)),
		interval_sketch_ms: await quickest(3, () => sketch(INTERVAL_SKETCH_HASHES)),
		compare_us: await quickest(3, () => {
			for (let i = 0; i < 1_000; i++) overlapPpm(a, b, chunkCount * CHUNK_ELEMENTS);
		}),
	});
}
