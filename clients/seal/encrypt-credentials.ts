import { SealClient } from '@mysten/seal';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { encodeCredentials, MAX_CIPHERTEXT_LENGTH, type StorageCredentials } from '#core/gradient/credentials.ts';
import { checkCiphertext, type SealSettings, sealId, sealIdBytes } from './encrypted-object.ts';
import { translateSealError } from './errors.ts';

export interface EncryptCredentialsRequest extends SealSettings {
	readonly suiClient: ClientWithCoreApi;
	readonly network: string;
	readonly uid: number;
	readonly generation: number;
	/** The version that these credentials will be registered as: the current one plus 1. */
	readonly credVersion: number;
	readonly credentials: StorageCredentials;
	/** Public keys of key servers that are known to hold them, by object id: those need not prove it again. Default: none. */
	readonly trustedKeys?: ReadonlyMap<string, Uint8Array>;
	readonly timeoutMs?: number;
}

/**
 * The ciphertext that a miner registers on chain. Unless the chain has exactly the trusted keys, all key servers must answer, because each proves that it
 * holds its key before a share is entrusted to it. @throws SEAL_UNAVAILABLE, BAD_ARGUMENT
 */
export async function encryptCredentials(request: EncryptCredentialsRequest): Promise<Uint8Array> {
	const { suiClient, packageId, network, uid, generation, credVersion, threshold, keyServers, credentials, timeoutMs = 20_000 } = request;
	const identity = { network, kind: 'minerCredentials', uid, generation, credVersion } as const;
	const id = sealId(identity);
	const data = encodeCredentials(credentials);
	const serverConfigs = keyServers.map((objectId) => ({ objectId, weight: 1 }));
	const open = (verifyKeyServers: boolean) => new SealClient({ suiClient, serverConfigs, verifyKeyServers, timeout: timeoutMs });
	let ciphertext: Uint8Array;
	try {
		const unproven = open(false);
		const client = (await hasKeys(unproven, keyServers, request.trustedKeys)) ? unproven : open(true);
		({ encryptedObject: ciphertext } = await client.encrypt({ threshold, packageId, id, data, aad: sealIdBytes(id) }));
	} catch (error) {
		throw translateSealError(error);
	}
	if (ciphertext.length > MAX_CIPHERTEXT_LENGTH)
		throw new VramhubError('BAD_ARGUMENT', `the ciphertext has ${ciphertext.length} bytes; at most ${MAX_CIPHERTEXT_LENGTH}`);
	checkCiphertext(ciphertext, identity, request);
	return ciphertext;
}

async function hasKeys(client: SealClient, keyServers: readonly string[], trusted: EncryptCredentialsRequest['trustedKeys']): Promise<boolean> {
	if (trusted === undefined) return false;
	const found = await client.getKeyServers();
	return keyServers.every((objectId) => {
		const key = found.get(objectId)?.pk;
		const expected = trusted.get(objectId);
		return key !== undefined && expected !== undefined && equalBytes(key, expected);
	});
}
