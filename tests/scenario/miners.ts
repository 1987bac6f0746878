import { createHash } from 'node:crypto';
import { SealClient } from '@mysten/seal';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { ChainWriter } from '#clients/chain/port.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { sealId, sealIdBytes } from '#clients/seal/encrypted-object.ts';
import { encodeCredentials, type StorageCredentials } from '#core/gradient/credentials.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import { generateKeyPair, type KeyPair, MINERS_BUCKET, minerIdentities, minerPrefix, type ObjectStoreIdentity } from '#devnet/object-store/identities.ts';
import type { TestSealServers } from '#tests/helpers/seal-servers.ts';
import type { TestChain } from '#tests/helpers/test-chain.ts';

/** What a miner registers instead of its own, sealed, read credentials. */
export interface CredentialChanges {
	readonly credentials?: Partial<StorageCredentials>;
	/** Seal for another miner. */
	readonly sealedFor?: number;
	/** Register these bytes as they are. */
	readonly raw?: Uint8Array;
}

export interface EquipOptions {
	/** By number of the miner, which is its uid. */
	readonly changes?: ReadonlyMap<number, CredentialChanges>;
}

export interface ScenarioMiner {
	readonly uid: number;
	readonly signer: Ed25519Keypair;
	readonly writer: ChainWriter;
	readonly keys: { readonly write: KeyPair; readonly read: KeyPair };
	commit(window: bigint, bytes: Uint8Array, size?: bigint): Promise<void>;
	put(window: bigint, bytes: Uint8Array): Promise<void>;
	/** Registers the next version of its credentials. */
	rotate(changes?: CredentialChanges): Promise<void>;
}

export interface EquipRequest {
	readonly chain: TestChain;
	readonly seal: TestSealServers;
	readonly endpoint: string;
	readonly count: number;
	readonly options: EquipOptions | undefined;
}

/** Registers miners with credentials sealed by the real client. They are in the roster from the next window on; a test makes their gradients. */
export async function equipMiners({ chain, seal, endpoint, count, options = {} }: EquipRequest): Promise<{
	readonly miners: ScenarioMiner[];
	readonly identities: ObjectStoreIdentity[];
}> {
	const serverConfigs = seal.keyServers.map((objectId) => ({ objectId, weight: 1 }));
	const client = new SealClient({ suiClient: chain.client, serverConfigs, verifyKeyServers: false });
	const objects = createS3ObjectStore();
	const encrypt = async (uid: number, generation: number, credVersion: number, credentials: StorageCredentials) => {
		const id = sealId({ network: chain.objects.network, kind: 'minerCredentials', uid, generation, credVersion });
		const data = encodeCredentials(credentials);
		return (await client.encrypt({ threshold: 2, packageId: chain.packageId, id, data, aad: sealIdBytes(id) })).encryptedObject;
	};
	const identities: ObjectStoreIdentity[] = [];
	const equipOne = async (): Promise<ScenarioMiner> => {
		const signer = await chain.fundedSigner();
		const writer = chain.writerOf(signer);
		const { uid, generation } = await writer.registerMiner({ stakeMist: chain.parameters.values.min_miner_stake_mist, operator: writer.address });
		const keys = { write: generateKeyPair(), read: generateKeyPair() };
		identities.push(...minerIdentities(uid, keys));
		const place = { endpoint, bucket: MINERS_BUCKET, prefix: minerPrefix(uid) };
		let credVersion = 0;
		const rotate = async ({ credentials, sealedFor = uid, raw }: CredentialChanges = {}) => {
			credVersion++;
			const ciphertext = raw ?? (await encrypt(sealedFor, generation, credVersion, { ...place, ...keys.read, ...credentials }));
			await writer.setCredentials({ uid, credVersion, ciphertext });
		};
		await rotate(options.changes?.get(uid));
		return {
			uid,
			signer,
			writer,
			keys,
			async commit(window, bytes, size = BigInt(bytes.length)) {
				const sha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
				await writer.commitGradient({ uid, window, sha256, size, credVersion });
			},
			put: (window, bytes) => objects.putObject({ credentials: { ...place, ...keys.write }, key: gradientObjectKey(window, uid), bytes, timeBudgetMs: 60_000 }),
			rotate,
		};
	};
	const miners: ScenarioMiner[] = [];
	// One after the other: the uids are then those that the test planned with.
	for (let i = 0; i < count; i++) miners.push(await equipOne());
	return { miners, identities };
}
