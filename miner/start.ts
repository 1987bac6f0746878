import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { sha256 } from '@noble/hashes/sha2.js';
import { connectChain } from '#clients/chain/connect.ts';
import type { ChainReader, Miner } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { createCheckpointSource } from '#clients/objects/checkpoint-source.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { equalBytes, fromHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { ModelManifest } from '#core/gradient/manifest.ts';
import { decodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { windowStartMs } from '#core/window.ts';
import type { Accomplice } from '#miner/kinds/copycat.ts';
import { gradientMaker } from '#miner/kinds/makers.ts';
import { phasesOf, runMiner } from '#miner/miner.ts';
import { ensureRegistered } from '#miner/registration.ts';
import { createWorkbench, type TrainingTools } from '#miner/workbench.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import type { TrainingGraph } from '#model/session.ts';
import { type AddressBook, readAddressBook } from '#runtime/address-book.ts';
import type { Logger } from '#runtime/log.ts';
import type { MinerKind } from '#runtime/miner-kind.ts';
import { readMinerSecrets } from '#runtime/miner-secrets.ts';
import { addressBookFile } from '#runtime/state-folder.ts';

/** Time that one upload may take. */
const PUT_BUDGET_MS = 30_000;

export interface MinerOptions {
	readonly data: string;
	/** Which miner of this data folder: names its secrets and its folder. The chain gives the uid, mostly the same number. */
	readonly number: number;
	readonly kind: MinerKind;
	/** Whose gradients a copycat hands in: a number as `number`. */
	readonly victimNumber: number | undefined;
	/** Of whatever is random in what this miner makes. */
	readonly seed: string;
	/** Works in no window before this one, which may be one to come. */
	readonly fromWindow: bigint | undefined;
	readonly log: Logger;
	/** Once it is registered and about to follow the windows. */
	readonly onReady: (miner: Miner, address: string) => void;
}

/** A whole miner from a network's data folder, until the signal fires. */
export async function startMiner({ data, number, kind, victimNumber, seed, fromWindow, log, onReady }: MinerOptions, signal: AbortSignal): Promise<void> {
	const [book, secrets] = await Promise.all([readAddressBook(addressBookFile(data)), readMinerSecrets(data, number)]);
	const folder = minerFolder(data, number);
	await mkdir(folder, { recursive: true });

	const client = connectChain(book.chain.rpcUrl);
	const target = { client, packageId: book.packageId, objects: book.objects };
	const chain = createChainReader(target);
	const writer = createChainWriter({ ...target, signer: Ed25519Keypair.fromSecretKey(secrets.secretKey) });
	await using cleanup = new AsyncDisposableStack();
	const store = createS3ObjectStore();
	cleanup.defer(() => store.close());
	const checkpoints = createCheckpointSource({
		endpoint: book.objectStore.endpoint,
		bucket: book.objectStore.auditBucket,
		validatorUids: book.validators.map(({ uid }) => uid),
		policy: { kind: 'devnet', allowedOrigins: [new URL(book.objectStore.endpoint).origin] },
		folder,
	});
	cleanup.defer(() => checkpoints.close());
	const manifestBytes = await readFile(join(data, book.model.manifest));
	const manifest = decodeManifest(manifestBytes);

	const keyServers = book.seal.keyServers.map(({ objectId }) => objectId);
	const trustedKeys = new Map(book.seal.keyServers.flatMap(({ objectId, publicKey }) => (publicKey === undefined ? [] : [[objectId, fromHex(publicKey)]])));
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
				trustedKeys,
			}),
		credentials: secrets.read,
		stateFile: join(folder, 'registration.json'),
	});
	log.info('Miner is registered', { miner_uid: miner.uid, generation: miner.generation, cred_version: miner.credVersion });
	const workbench = createWorkbench({
		chain,
		manifest,
		manifestHash: manifestHash(manifestBytes),
		tools: async () => {
			const tools = await openTools(data, book.model, manifest);
			cleanup.use(tools.pool);
			return tools;
		},
		readCheckpoint: async (boundary, sha256, stop) => {
			if (boundary === 0n) return readFile(join(data, book.model.genesisCheckpoint));
			const bytes = await checkpoints.fetch(boundary, sha256, stop);
			await forgetCheckpointsBefore(folder, boundary);
			return bytes;
		},
		commitMsLeft: (window) => commitMsLeft(chain, window),
		onEncoded: (window, { ratio, error }) =>
			log.info('Gradient is encoded', { window, compression_ratio: Number(ratio.toFixed(1)), reconstruction_error: Number(error.toFixed(4)) }),
		onTrained: (window, losses) => log.info('Trained', { window, steps: losses.length, loss: losses[0]?.toFixed(4), last_loss: losses.at(-1)?.toFixed(4) }),
	});
	const makeGradient = gradientMaker(kind, {
		workbench,
		folder,
		seed,
		accomplice: victimNumber === undefined ? undefined : accomplice(data, victimNumber, chain),
	});
	onReady(miner, writer.address);
	await runMiner(
		{
			chain,
			uid: miner.uid,
			fromWindow,
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
}

/** Where a miner keeps what it committed, and the checkpoints that it fetched. */
const minerFolder = (data: string, number: number) => join(data, `miner-${number}`);

type CommitClock = Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt'>;
type Commitments = Pick<ChainReader, 'commitments'>;

/** At most 0 when the window takes no commitments any more. */
async function commitMsLeft(chain: CommitClock, window: bigint): Promise<number> {
	const { windowDurationMs } = await chain.network();
	const { putOpenMs } = await phasesOf(chain, window, windowDurationMs);
	return Number(windowStartMs(window, windowDurationMs) + putOpenMs - (await chain.clockMs()));
}

const accomplice = (data: string, victim: number, chain: CommitClock & Commitments): Accomplice => ({
	folder: minerFolder(data, victim),
	commitOpen: async (window) => (await commitMsLeft(chain, window)) > 0,
	isCommitted: async (window, gradient) => (await chain.commitments(window)).some(({ sha256: committed }) => equalBytes(committed, sha256(gradient))),
});

/** One that is replaced is not asked for again. */
async function forgetCheckpointsBefore(folder: string, boundary: bigint): Promise<void> {
	for (const name of await readdir(folder)) {
		const [, of] = /^checkpoint-(\d+)-/.exec(name) ?? [];
		if (of !== undefined && BigInt(of) < boundary) await rm(join(folder, name), { force: true });
	}
}

/** Graphs and corpus, and one thread: on one machine there are more miners than cores. */
async function openTools(data: string, files: AddressBook['model'], manifest: ModelManifest): Promise<TrainingTools> {
	const [graphBytes, trainingBytes, text] = await Promise.all([files.graph, files.trainingGraph, files.corpus].map((file) => readFile(join(data, file))));
	const graph = forwardGraphOf(manifest, graphBytes!);
	const trainingGraph: TrainingGraph = { ...graph, bytes: trainingBytes!, weightsInput: 'weights', gradientPrefix: 'gradient.' };
	const { shardBytes, heldOutShards, root } = manifest.dataset;
	const shards = new ShardedDataset(text!, { context: manifest.context, shardBytes, heldOutShards });
	if (shards.dataset.root !== root) throw new VramhubError('BAD_CONFIGURATION', 'the corpus is not the dataset of the model manifest');
	return { pool: new ModelPool({ graph, trainingGraph, threads: 1 }), shards };
}
