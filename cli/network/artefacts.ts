import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex } from '#core/bytes.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { fetchCorpus } from '#devnet/corpus.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { type Genesis, trainGenesis } from '#model/genesis.ts';
import { BYTE_GPT, BYTE_GPT_BATCH, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { describeModel } from '#model/manifest.ts';
import type { AddressBook } from '#runtime/address-book.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { modelFolder } from '#runtime/state-folder.ts';

/**
 * Fewer than usual: a demo lasts minutes, and shall show a model that improves by some percent in two checkpoints, which from 200 steps takes dozens. Fewer
 * still, and any gradient lowers any loss, so that copies look like work. Measured with what a miner does in a window (see miner/train.ts).
 */
const GENESIS_STEPS = 30;
/** The seed of every development network's first weights: one checkpoint, trained once a machine. */
const GENESIS_SEED = 'vramhub-genesis-1';

export interface Artefacts {
	/** Paths relative to the data folder, for the address book. */
	readonly files: AddressBook['model'];
	readonly manifestHash: Uint8Array;
	readonly datasetRoot: Uint8Array;
	readonly genesis: Genesis;
	readonly dataset: ShardedDataset;
}

export interface ArtefactOptions {
	readonly data: string;
	readonly cacheDir: string;
	/** Steps of genesis training done, of all; called only when there is something to train. */
	readonly onProgress: (step: number, steps: number) => void;
	readonly signal: AbortSignal;
}

/** Brings the model's files into the data folder: corpus and genesis checkpoint from the cache or made now, graphs and manifest always. */
export async function prepareArtefacts({ data, cacheDir, onProgress, signal }: ArtefactOptions): Promise<Artefacts> {
	const corpus = await fetchCorpus(cacheDir);
	const dataset = new ShardedDataset(corpus.text, { context: BYTE_GPT.context });
	const graph = gptForwardGraph(BYTE_GPT, BYTE_GPT_BATCH);
	const manifest = encodeManifest(describeModel('byte-gpt-0.84M', graph, dataset.dataset));
	const genesis = await trainGenesis({
		dataset,
		config: BYTE_GPT,
		seed: GENESIS_SEED,
		steps: GENESIS_STEPS,
		cacheDir,
		onProgress: ({ step, steps }) => onProgress(step, steps),
		signal,
	});
	const folder = modelFolder(data);
	const names = {
		manifest: 'manifest.cbor',
		graph: 'forward.onnx',
		trainingGraph: 'training.onnx',
		genesisCheckpoint: 'checkpoint-0-v1.safetensors',
		corpus: 'corpus.txt',
	};
	await writeFileAtomic(join(folder, names.manifest), manifest);
	await writeFileAtomic(join(folder, names.graph), graph.bytes);
	await writeFileAtomic(join(folder, names.trainingGraph), gptTrainingGraph(BYTE_GPT, BYTE_GPT_BATCH).bytes);
	await copyFile(genesis.file, join(folder, names.genesisCheckpoint));
	await copyFile(corpus.file, join(folder, names.corpus));
	return {
		files: Object.fromEntries(Object.entries(names).map(([part, name]) => [part, join('model', name)])) as AddressBook['model'],
		manifestHash: manifestHash(manifest),
		datasetRoot: fromHex(dataset.dataset.root),
		genesis,
		dataset,
	};
}
