import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blobFolder } from '#activities/blobs.ts';
import type { GradientDeps } from '#activities/gradient/all.ts';
import type { ObjectSource } from '#activities/gradient/ports.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { type EndpointPolicy, PUBLIC_HTTPS } from '#clients/objects/endpoint-policy.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { createCredentialsDecryptor } from '#clients/seal/decrypt-credentials.ts';
import { fromHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { NetworkView } from '#runtime/deployment.ts';
import type { Logger } from '#runtime/log.ts';
import { registerSecret } from '#runtime/redact.ts';
import { modelFiles } from '#workers/model-files.ts';

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
	readonly log: Logger;
}

/** The world of one validator, as its activities see it. Throws BAD_CONFIGURATION when a local network's address book does not know the validator. */
export async function validatorDeps(options: ValidatorDepsOptions): Promise<GradientDeps> {
	const { data, book, modelRoot = data, validatorUid, secretKey, log } = options;
	const objectOrigins = options.objectOrigins ?? (book.objectStore === undefined ? [] : [new URL(book.objectStore.endpoint).origin]);
	const validator = book.validators.find(({ uid }) => uid === validatorUid);
	if (validator === undefined) throw new VramhubError('BAD_CONFIGURATION', `the address book has no validator ${validatorUid}`);
	const client = connectChain(book.chain.rpcUrl);
	const signer = Ed25519Keypair.fromSecretKey(secretKey);
	const { packageId, objects } = book;
	return {
		chain: createChainReader({ client, packageId, objects }),
		writer: createChainWriter({ client, packageId, objects, signer }),
		decryptor: createCredentialsDecryptor({
			suiClient: client,
			packageId,
			objects,
			keyServers: book.seal.keyServers.map(({ objectId }) => objectId),
			threshold: book.seal.threshold,
			signer,
		}),
		// The store of a network of this machine listens on loopback without TLS; any other endpoint meets the public rules.
		objects: objectSource(objectOrigins.length === 0 ? PUBLIC_HTTPS : { kind: 'devnet', allowedOrigins: objectOrigins }),
		enclave: new EnclaveClient({ url: validator.enclaveUrl }),
		files: await modelFiles(modelRoot, book),
		blobs: blobFolder(data, validatorUid),
		validatorUid,
		log,
	};
}

/** For one download, first byte to last; the activity's startToClose is longer. */
const DOWNLOAD_BUDGET_MS = 60_000;

function objectSource(policy: EndpointPolicy): ObjectSource {
	const store = createS3ObjectStore();
	return {
		async fetch({ credentials, key, maxBytes, sha256, signal }) {
			registerSecret(credentials.secretAccessKey);
			const { bytes, lastModified } = await store.getObjectLimited({
				credentials,
				key,
				maxBytes,
				expectedSha256: fromHex(sha256),
				timeBudgetMs: DOWNLOAD_BUDGET_MS,
				policy,
				signal,
			});
			return { bytes, lastModifiedMs: lastModified?.getTime() };
		},
	};
}
