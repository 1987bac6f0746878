import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blobFolder } from '#activities/blobs.ts';
import type { CheckpointDeps } from '#activities/checkpoint/all.ts';
import type { AuditStore, CheckpointFolder, HeldOutLoss, PublishedGradients } from '#activities/checkpoint/ports.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { type AuditPlace, auditGradientKey, auditPrefix, readPublished } from '#clients/objects/audit.ts';
import { checkpointFile, readCheckpointFile } from '#clients/objects/checkpoint-source.ts';
import { createS3ObjectStore, type ObjectStore } from '#clients/objects/s3-object-store.ts';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';
import { fromHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import { checkpointObjectKey } from '#core/gradient/layout.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import type { Logger } from '#runtime/log.ts';
import { checkpointsFolder } from '#runtime/state-folder.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';
import { anchoredCheckpoints, auditPlace, type StoreOptions, storePolicy } from '#workers/checkpoints.ts';
import { type LocalModel, modelFiles } from '#workers/model-files.ts';
import { objectSource, TRANSFER_BUDGET_MS } from '#workers/object-source.ts';
import type { DaemonOperator } from '#workers/operator.ts';

export interface AggregatorAccess {
	/** `suiprivkey1…` of the validator's operator, or a delegate of it. */
	readonly secretKey: string;
	/** Write access to this validator's prefix of the audit bucket. */
	readonly auditStore: StorageCredentials;
}

/** Keys of a validator's aggregator: in a local network's folder, elsewhere the wallet and VRAMHUB_R2_…. Throws BAD_CONFIGURATION. */
export async function aggregatorAccess({ configuration, deployment, validatorUid, secretKey }: DaemonOperator): Promise<AggregatorAccess> {
	if (deployment.kind === 'local' && deployment.book.validators.some(({ uid }) => uid === validatorUid)) {
		const { aggregatorSecretKey = secretKey, auditStore } = await readValidatorSecrets(deployment.data, validatorUid);
		if (auditStore !== undefined) return { secretKey: aggregatorSecretKey, auditStore };
	}
	const auditStore = {
		endpoint: configuration.require('VRAMHUB_R2_ENDPOINT'),
		bucket: configuration.require('VRAMHUB_R2_BUCKET'),
		accessKeyId: configuration.require('VRAMHUB_R2_ACCESS_KEY_ID'),
		secretAccessKey: configuration.require('VRAMHUB_R2_SECRET_ACCESS_KEY'),
		// Where others look for it.
		prefix: auditPrefix(validatorUid),
	};
	return { secretKey, auditStore };
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
	const { data, modelRoot = data, book, validatorUid, secretKey, auditStore, log } = options;
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
		audit: audit(store, auditStore),
		files,
		blobs: blobFolder(data, validatorUid),
		checkpoints: checkpointFolder(checkpointsFolder(data, validatorUid)),
		heldOutLoss: heldOutLoss(files),
		validatorUid,
		log,
	};
}

function publishedGradients(store: ObjectStore, place: AuditPlace | undefined): PublishedGradients {
	return {
		async fetch({ sha256, size, signal }) {
			if (place === undefined) throw new VramhubError('OBJECT_UNAVAILABLE', 'the settings do not say where validators publish');
			return readPublished(store, place, { key: auditGradientKey(sha256), sha256: fromHex(sha256), maxBytes: size, signal });
		},
	};
}

function audit(store: ObjectStore, credentials: StorageCredentials): AuditStore {
	const put = (key: string, bytes: Uint8Array, signal: AbortSignal) => store.putObject({ credentials, key, bytes, timeBudgetMs: TRANSFER_BUDGET_MS, signal });
	return {
		putCheckpoint: (boundary, bytes, signal) => put(checkpointObjectKey(boundary), bytes, signal),
		putGradient: (sha256, bytes, signal) => put(auditGradientKey(sha256), bytes, signal),
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
