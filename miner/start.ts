import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { connectChain } from '#clients/chain/connect.ts';
import type { Miner } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { VramhubError } from '#core/errors.ts';
import { decodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { createGradientMaker } from '#miner/gradient.ts';
import { runMiner } from '#miner/miner.ts';
import { ensureRegistered } from '#miner/registration.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import type { TrainingGraph } from '#model/session.ts';
import { readAddressBook } from '#runtime/address-book.ts';
import type { Logger } from '#runtime/log.ts';
import { readMinerSecrets } from '#runtime/miner-secrets.ts';
import { addressBookFile } from '#runtime/state-folder.ts';

/** Time that one upload may take. */
const PUT_BUDGET_MS = 30_000;

export interface MinerOptions {
	readonly data: string;
	/** Which miner of this data folder: names its secrets and its folder. The chain gives the uid, mostly the same number. */
	readonly number: number;
	readonly log: Logger;
	/** Once it is registered and about to follow the windows. */
	readonly onReady: (miner: Miner, address: string) => void;
}

/** A whole miner from a network's data folder, until the signal fires. */
export async function startMiner({ data, number, log, onReady }: MinerOptions, signal: AbortSignal): Promise<void> {
	const [book, secrets] = await Promise.all([readAddressBook(addressBookFile(data)), readMinerSecrets(data, number)]);
	const folder = join(data, `miner-${number}`);
	await mkdir(folder, { recursive: true });

	const client = connectChain(book.chain.rpcUrl);
	const target = { client, packageId: book.packageId, objects: book.objects };
	const chain = createChainReader(target);
	const writer = createChainWriter({ ...target, signer: Ed25519Keypair.fromSecretKey(secrets.secretKey) });
	const store = createS3ObjectStore();
	const model = await readModel(data, book.model);
	// One thread a miner: on one machine there are as many miners as cores, or more.
	await using pool = new ModelPool({ graph: model.graph, trainingGraph: model.trainingGraph, threads: 1 });

	const keyServers = book.seal.keyServers.map(({ objectId }) => objectId);
	const miner = await ensureRegistered({
		chain,
		writer,
		encrypt: ({ uid, generation, credVersion }, credentials) =>
			encryptCredentials({
				suiClient: client,
				packageId: book.packageId,
				threshold: book.seal.threshold,
				keyServers,
				network: book.objects.network,
				uid,
				generation,
				credVersion,
				credentials,
			}),
		credentials: secrets.read,
		stateFile: join(folder, 'registration.json'),
	});
	log.info('Miner is registered', { miner_uid: miner.uid, generation: miner.generation, cred_version: miner.credVersion });
	const makeGradient = createGradientMaker({
		chain,
		manifest: model.manifest,
		manifestHash: model.manifestHash,
		pool,
		shards: model.dataset,
		readCheckpoint: async (boundary) => {
			if (boundary === 0n) return readFile(join(data, book.model.genesisCheckpoint));
			throw new VramhubError('UNSUPPORTED', `checkpoint ${boundary}: this miner trains from the genesis checkpoint only`);
		},
		onTrained: (window, losses) => log.info('Trained', { window, steps: losses.length, loss: losses[0]?.toFixed(4), last_loss: losses.at(-1)?.toFixed(4) }),
	});
	onReady(miner, writer.address);
	try {
		await runMiner(
			{
				chain,
				uid: miner.uid,
				dependencies: {
					writer,
					putObject: (key, bytes) => store.putObject({ credentials: secrets.write, key, bytes, timeBudgetMs: PUT_BUDGET_MS, signal }),
					makeGradient: (window, stop) => makeGradient(miner.uid, window, stop),
					folder,
				},
				onWindow: (window, outcome) => {
					if (outcome.kind === 'put') log.info('Gradient is put', { window, miner_uid: miner.uid, bytes: outcome.size });
					else log.warn('Window was missed', { window, miner_uid: miner.uid, reason: outcome.kind });
				},
				onError: (window, error) => log.error(error instanceof Error ? error.message : String(error), { window, miner_uid: miner.uid }),
			},
			signal,
		);
	} finally {
		store.close();
	}
}

interface ModelFiles {
	readonly manifest: string;
	readonly graph: string;
	readonly trainingGraph: string;
	readonly corpus: string;
}

async function readModel(data: string, files: ModelFiles) {
	const [manifestBytes, graphBytes, trainingBytes, text] = await Promise.all(
		[files.manifest, files.graph, files.trainingGraph, files.corpus].map((file) => readFile(join(data, file))),
	);
	const manifest = decodeManifest(manifestBytes!);
	const graph = forwardGraphOf(manifest, graphBytes!);
	const trainingGraph: TrainingGraph = { ...graph, bytes: trainingBytes!, weightsInput: 'weights', gradientPrefix: 'gradient.' };
	const { shardBytes, heldOutShards, root } = manifest.dataset;
	const dataset = new ShardedDataset(text!, { context: manifest.context, shardBytes, heldOutShards });
	if (dataset.dataset.root !== root) throw new VramhubError('BAD_CONFIGURATION', 'the corpus is not the dataset of the model manifest');
	return { manifest, manifestHash: manifestHash(manifestBytes!), graph, trainingGraph, dataset };
}
