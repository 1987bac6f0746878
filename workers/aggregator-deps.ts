import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blobFolder } from '#activities/blobs.ts';
import type { CheckpointDeps } from '#activities/checkpoint/all.ts';
import type { CheckpointFolder, HeldOutLoss } from '#activities/checkpoint/ports.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { checkpointFile, readCheckpointFile } from '#clients/objects/checkpoint-source.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';
import { fromHex } from '#core/bytes.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import type { Logger } from '#runtime/log.ts';
import { checkpointsFolder } from '#runtime/state-folder.ts';
import { auditStore, localSecrets, publishedGradients, requireAuditAccess } from '#workers/audit.ts';
import { anchoredCheckpoints, auditPlace, type StoreOptions, storePolicy } from '#workers/checkpoints.ts';
import { type LocalModel, modelFiles } from '#workers/model-files.ts';
import { objectSource } from '#workers/object-source.ts';
import type { DaemonOperator } from '#workers/operator.ts';

export interface AggregatorAccess {
	/** `suiprivkey1…` of the validator's operator, or a delegate of it. */
	readonly secretKey: string;
	/** Write access to this validator's prefix of the audit bucket. */
	readonly auditStore: StorageCredentials;
}

/** Keys of a validator's aggregator: in a local network's folder, elsewhere the wallet and VRAMHUB_R2_…. Throws BAD_CONFIGURATION. */
export async function aggregatorAccess(operator: DaemonOperator): Promise<AggregatorAccess> {
	const secrets = await localSecrets(operator);
	return { secretKey: secrets?.aggregatorSecretKey ?? operator.secretKey, auditStore: await requireAuditAccess(operator) };
}

export interface AggregatorDepsOptions extends AggregatorAccess, StoreOptions {
	/** Folder that the validator of the same uid uses too; in a network of this machine its data folder. */
	readonly data: string;
	/** What the paths in `book.model` are relative to. Default: `data`. */
	readonly modelRoot?: string;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** The world of one validator's aggregator. */
export async function aggregatorDeps(options: AggregatorDepsOptions): Promise<CheckpointDeps> {
	const { data, modelRoot = data, book, validatorUid, secretKey, log } = options;
	const client = connectChain(book.chain.rpcUrl);
	const signer = Ed25519Keypair.fromSecretKey(secretKey);
	const { packageId, objects } = book;
	const chain = createChainReader({ client, packageId, objects });
	const place = auditPlace(options);
	const files = await modelFiles(modelRoot, book, anchoredCheckpoints(place, data, validatorUid, chain));
	const store = createS3ObjectStore();
	return {
		chain,
		writer: createChainWriter({ client, packageId, objects, signer }),
		decryptor: createCredentialsDecryptorInThread({
			rpcUrl: book.chain.rpcUrl,
			packageId,
			objects,
			keyServers: book.seal.keyServers.map(({ objectId }) => objectId),
			threshold: book.seal.threshold,
			secretKey,
		}),
		objects: objectSource(storePolicy(options)),
		published: publishedGradients(store, place),
		audit: auditStore(store, options.auditStore),
		files,
		blobs: blobFolder(data, validatorUid),
		checkpoints: checkpointFolder(checkpointsFolder(data, validatorUid)),
		heldOutLoss: heldOutLoss(files),
		validatorUid,
		log,
	};
}

function checkpointFolder(folder: string): CheckpointFolder {
	return {
		read: (boundary, sha256) => readCheckpointFile(folder, boundary, fromHex(sha256)),
		write: (boundary, bytes) => writeFileAtomic(checkpointFile(folder, boundary), bytes),
	};
}

/** As many as the genesis checkpoint was judged by, so that its loss and later ones compare. */
const HELD_OUT_SEQUENCES = 64;

/** Threads and their memory exist during an evaluation only: there are two in an interval. One thread: validator and miners use the cores meanwhile. */
function heldOutLoss({ described, dataset, read }: Pick<LocalModel, 'described' | 'dataset' | 'read'>): HeldOutLoss {
	const sequences = dataset.sequences(dataset.heldOutIndices(HELD_OUT_SEQUENCES));
	return async (parameters) => {
		await using pool = new ModelPool({ graph: forwardGraphOf(described, await read(described.graphSha256)), threads: 1 });
		return await pool.evaluateLoss(parameters, sequences);
	};
}
