import type { CredentialsDecryptor, ObjectSource } from '#activities/gradient/ports.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import type { CommittedMiner } from '#core/gradient/messages.ts';

/**
 * A miner's committed object out of its own store. Credentials live between the decryption and the download, in memory only.
 * Throws what {@link CredentialsDecryptor} and {@link ObjectSource} do, CREDENTIALS_MALFORMED when it registered none.
 */
export async function readMinerObject(
	deps: { readonly chain: Pick<ChainReader, 'miner'>; readonly decryptor: CredentialsDecryptor; readonly objects: ObjectSource },
	window: string,
	miner: CommittedMiner,
	signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly lastModifiedMs: number | undefined }> {
	const registered = await deps.chain.miner(miner.uid);
	if (registered?.generation !== miner.generation || registered.credVersion === 0) {
		throw new VramhubError('CREDENTIALS_MALFORMED', `miner ${miner.uid} has no credentials of the generation that committed`);
	}
	const credentials = await deps.decryptor.decrypt({
		uid: miner.uid,
		generation: miner.generation,
		credVersion: registered.credVersion,
		ciphertext: registered.credentials,
	});
	return deps.objects.fetch({
		credentials,
		key: gradientObjectKey(BigInt(window), miner.uid),
		maxBytes: miner.size,
		sha256: miner.sha256,
		signal,
	});
}
