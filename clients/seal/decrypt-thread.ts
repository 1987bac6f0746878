import { parentPort, workerData } from 'node:worker_threads';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { connectChain } from '#clients/chain/connect.ts';
import { servingPackage } from '#clients/chain/serving.ts';
import { createCredentialsDecryptor } from '#clients/seal/decrypt-credentials.ts';
import type { DecryptionJob, DecryptionReply, DecryptionThreadData } from '#clients/seal/decrypt-in-thread.ts';
import { translateSealError } from '#clients/seal/errors.ts';
import { VramhubError } from '#core/errors.ts';

/** Entry of the thread that decrypts credentials. */
const port = parentPort;
if (port === null) throw new VramhubError('INVARIANT', 'decrypt-thread.ts runs as a worker thread');

const { rpcUrl, secretKey, ...settings } = workerData as DecryptionThreadData;
const suiClient = connectChain(rpcUrl);
const policyPackage = () => servingPackage(suiClient, settings.packageId, settings.objects.network);
const decryptor = createCredentialsDecryptor({ suiClient, signer: Ed25519Keypair.fromSecretKey(secretKey), policyPackage, ...settings });

port.on('message', ({ id, registered }: DecryptionJob) => {
	const answer = (reply: DecryptionReply) => port.postMessage(reply);
	decryptor.decrypt(registered).then(
		(credentials) => answer({ id, credentials }),
		(error: unknown) => {
			const { code, message } = translateSealError(error);
			answer({ id, error: { code, message } });
		},
	);
});
