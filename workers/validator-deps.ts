import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blobFolder } from '#activities/blobs.ts';
import type { GradientDeps } from '#activities/gradient/all.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';
import { VramhubError } from '#core/errors.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import type { NetworkView } from '#runtime/deployment.ts';
import type { Logger } from '#runtime/log.ts';
import { auditStore, publishedGradients } from '#workers/audit.ts';
import { anchoredCheckpoints, auditPlace, storePolicy } from '#workers/checkpoints.ts';
import { modelFiles } from '#workers/model-files.ts';
import { objectSource } from '#workers/object-source.ts';

export interface ValidatorDepsOptions {
	/** Folder of what the validator keeps; in a network of this machine its data folder. */
	readonly data: string;
	readonly book: NetworkView;
	/** What the paths in `book.model` are relative to. Default: `data`. */
	readonly modelRoot?: string;
	/** Object stores that may be reached though they are not public https. Default: that of the address book. */
	readonly objectOrigins?: readonly string[];
	readonly validatorUid: number;
	/** `suiprivkey1…` of the validator's operator. */
	readonly secretKey: string;
	/** Write access to this validator's prefix of the audit bucket; undefined: it publishes no gradients. */
	readonly auditStore?: StorageCredentials | undefined;
	/** The first payload from this window on starts anew. */
	readonly resetWindow?: bigint | undefined;
	readonly log: Logger;
}

/** The world of one validator, as its activities see it. Throws BAD_CONFIGURATION when a local network's address book does not know the validator. */
export async function validatorDeps(options: ValidatorDepsOptions): Promise<GradientDeps> {
	const { data, book, modelRoot = data, validatorUid, secretKey, log } = options;
	const validator = book.validators.find(({ uid }) => uid === validatorUid);
	if (validator === undefined) throw new VramhubError('BAD_CONFIGURATION', `the address book has no validator ${validatorUid}`);
	const client = connectChain(book.chain.rpcUrl);
	const signer = Ed25519Keypair.fromSecretKey(secretKey);
	const { packageId, objects } = book;
	const chain = createChainReader({ client, packageId, objects });
	const place = auditPlace(options);
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
		published: place && publishedGradients(store, place),
		audit: options.auditStore && auditStore(store, options.auditStore),
		enclave: new EnclaveClient({ url: validator.enclaveUrl }),
		files: await modelFiles(modelRoot, book, anchoredCheckpoints(place, data, validatorUid, chain)),
		blobs: blobFolder(data, validatorUid),
		validatorUid,
		resetWindow: options.resetWindow,
		log,
	};
}
