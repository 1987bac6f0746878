import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Artefacts } from '#cli/network/artefacts.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
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

export interface FoundingOptions {
	readonly data: string;
	readonly rpcUrl: string;
	readonly faucetUrl: string;
	readonly windowSeconds: number;
	readonly artefacts: Pick<Artefacts, 'manifestHash' | 'datasetRoot' | 'genesis'>;
	readonly keyServerUrls: readonly string[];
	readonly enclaveUrls: readonly string[];
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
	const { data, rpcUrl, faucetUrl, windowSeconds, artefacts, keyServerUrls, enclaveUrls } = options;
	const client = connectChain(rpcUrl);
	const founder = await fundedKey(faucetUrl);
	const publisher = { client, signer: founder };
	const [measurement, { packageId, treasuryCap }] = await Promise.all([measureProgram(ENCLAVE_PROGRAM), publishVramhub(publisher)]);
	const { windowDurationMs, values } = devnetHparams(windowSeconds);
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
		treasuryCap,
	);

	const masterKeys = await Promise.all(keyServerUrls.map((_, index) => ensureMasterKey(keyServerSecret(data, index))));
	const registrations = masterKeys.map(({ publicKey }, index) => ({ name: `key-server-${index}`, url: keyServerUrls[index]!, publicKey }));
	const { objectIds } = await publishSealKeyServers(publisher, registrations);

	const validators: AddressBook['validators'] = [];
	for (const enclaveUrl of enclaveUrls) {
		const operator = await fundedKey(faucetUrl);
		const writer = createChainWriter({ client, packageId, objects, signer: operator });
		const { uid, generation } = await writer.registerValidator({ stakeMist: values.min_validator_stake_mist, operator: writer.address });
		await writeValidatorSecrets(data, uid, { format: 1, secretKey: operator.getSecretKey() });
		validators.push({ uid, generation, owner: writer.address, enclaveUrl });
	}
	return { packageId, objects, keyServers: objectIds.map((objectId, index) => ({ objectId, url: keyServerUrls[index]! })), validators };
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
