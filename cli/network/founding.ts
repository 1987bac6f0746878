import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Artefacts } from '#cli/network/artefacts.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { execute } from '#clients/chain/execute.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { auditPrefix } from '#clients/objects/audit.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { generateKeyPair, type KeyPair, MINERS_BUCKET, minerPrefix } from '#devnet/object-store/identities.ts';
import { devnetHparams } from '#devnet/publish/devnet-hparams.ts';
import { createNetwork, publishSealKeyServers, publishVramhub } from '#devnet/publish/publish.ts';
import { ensureMasterKey } from '#devnet/seal/master-key.ts';
import { measureProgram } from '#devnet/security-module/measure.ts';
import type { AddressBook, NetworkObjects } from '#runtime/address-book.ts';
import { writeMinerSecrets } from '#runtime/miner-secrets.ts';
import { secretFile } from '#runtime/state-folder.ts';
import { writeValidatorSecrets } from '#runtime/validator-secrets.ts';

export const ENCLAVE_PROGRAM = 'enclave/main.ts';
export const keyServerSecret = (data: string, index: number) => secretFile(data, `key-server-${index}`);

/**
 * Where a demo's network differs from other development networks: a checkpoint shows after three windows, all miners register at once, and there is
 * half of a window for training, because everybody shares one machine's cores.
 */
function demoHparams(windowDurationMs: bigint, miners: number): Partial<HparamValues> {
	return {
		top_k: 512n,
		evaluation_learning_rate_ppm: 500_000n,
		outer_learning_rate_ppm: 2_000_000n,
		// A third of what the miners of an interval hand in: where most cheat, the model stays as it is.
		min_merge_gradients: BigInt(Math.max(1, miners)),
		max_registrations_per_window: 512n,
		put_window_open_ms: (windowDurationMs * 50n) / 100n,
		put_window_close_ms: (windowDurationMs * 60n) / 100n,
	};
}

export interface FoundingOptions {
	readonly data: string;
	readonly rpcUrl: string;
	readonly faucetUrl: string;
	readonly windowSeconds: number;
	/** How many will register. */
	readonly miners: number;
	readonly artefacts: Pick<Artefacts, 'manifestHash' | 'datasetRoot' | 'genesis'>;
	readonly keyServerUrls: readonly string[];
	readonly enclaveUrls: readonly string[];
	/** Where checkpoints are published; one write key a validator. */
	readonly audit: { readonly endpoint: string; readonly bucket: string; readonly writers: readonly KeyPair[] };
}

export interface Founded {
	readonly packageId: string;
	readonly objects: NetworkObjects;
	readonly keyServers: AddressBook['seal']['keyServers'];
	readonly validators: AddressBook['validators'];
}

/**
 * Publishes the contracts, creates the network with the enclave image of this checkout in its allow-list, registers the key servers and the
 * validators (one for each enclave). Every key is made here and kept in `<data>/secrets`.
 */
export async function foundNetwork(options: FoundingOptions): Promise<Founded> {
	const { data, rpcUrl, faucetUrl, windowSeconds, artefacts, keyServerUrls, enclaveUrls, audit } = options;
	const client = connectChain(rpcUrl);
	const founder = await fundedKey(faucetUrl);
	const publisher = { client, signer: founder };
	const [measurement, published] = await Promise.all([measureProgram(ENCLAVE_PROGRAM), publishVramhub(publisher)]);
	const { packageId } = published;
	const { windowDurationMs, values: usual } = devnetHparams(windowSeconds);
	const values = { ...usual, ...demoHparams(windowDurationMs, options.miners) };
	const { objects } = await createNetwork(
		publisher,
		{
			packageId,
			windowDurationMs,
			values,
			modelManifestHash: artefacts.manifestHash,
			datasetRoot: artefacts.datasetRoot,
			genesisCheckpointHash: Buffer.from(artefacts.genesis.hash, 'hex'),
			pcrs: [measurement.pcr0, measurement.pcr1, measurement.pcr2],
		},
		published,
	);

	const masterKeys = await Promise.all(keyServerUrls.map((_, index) => ensureMasterKey(keyServerSecret(data, index))));
	const registrations = masterKeys.map(({ publicKey }, index) => ({ name: `key-server-${index}`, url: keyServerUrls[index]!, publicKey }));
	const { objectIds } = await publishSealKeyServers(publisher, registrations);
	const keyServers = registrations.map(({ url, publicKey }, index) => ({ objectId: objectIds[index]!, url, publicKey: toHex(publicKey) }));

	const validators: AddressBook['validators'] = [];
	// One after the other: the first gets uid 0, whose audit prefix the store knows already.
	for (const [index, enclaveUrl] of enclaveUrls.entries()) {
		const [operator, aggregator] = await Promise.all([fundedKey(faucetUrl), fundedKey(faucetUrl)]);
		const writer = createChainWriter({ client, packageId, objects, signer: operator });
		const { uid, generation } = await writer.registerValidator({ stakeMist: values.min_validator_stake_mist, operator: writer.address });
		if (uid !== index) throw new VramhubError('INVARIANT', `the validator ${index} of a new network has the uid ${uid}`);
		await execute({
			client,
			signer: operator,
			what: `adding a delegate of validator ${uid}`,
			build: (transaction) => {
				transaction.moveCall({
					target: `${packageId}::validator_registry::add_delegate`,
					arguments: [
						transaction.object(objects.validatorRegistry),
						transaction.object(objects.network),
						transaction.pure.u16(uid),
						transaction.pure.address(aggregator.toSuiAddress()),
					],
				});
			},
		});
		const { endpoint, bucket, writers } = audit;
		await writeValidatorSecrets(data, uid, {
			format: 1,
			secretKey: operator.getSecretKey(),
			aggregatorSecretKey: aggregator.getSecretKey(),
			auditStore: { endpoint, bucket, prefix: auditPrefix(uid), ...writers[index]! },
		});
		validators.push({ uid, generation, owner: writer.address, enclaveUrl });
	}
	return { packageId, objects, keyServers, validators };
}

export interface MinerKeys {
	readonly write: KeyPair;
	readonly read: KeyPair;
}

export const generateMinerKeys = (): MinerKeys => ({ write: generateKeyPair(), read: generateKeyPair() });

/** A funded key and the two storage keys of one miner, in `<data>/secrets`. It registers by itself when it is started. */
export async function equipMiner(data: string, number: number, faucetUrl: string, endpoint: string, keys: MinerKeys): Promise<void> {
	const place = { endpoint, bucket: MINERS_BUCKET, prefix: minerPrefix(number) };
	const key = await fundedKey(faucetUrl);
	await writeMinerSecrets(data, number, { format: 1, secretKey: key.getSecretKey(), write: { ...place, ...keys.write }, read: { ...place, ...keys.read } });
}

async function fundedKey(faucetUrl: string): Promise<Ed25519Keypair> {
	const key = Ed25519Keypair.generate();
	await requestSuiFromFaucetV2({ host: faucetUrl, recipient: key.toSuiAddress() });
	return key;
}
