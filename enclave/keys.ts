import { createHash } from 'node:crypto';
import { getPublicKey, hashes, sign, utils } from '@noble/ed25519';

hashes.sha512 = (message) => Uint8Array.from(createHash('sha512').update(message).digest());

/** Signs, and shows its public key; nothing gives the secret away. */
export interface SigningKey {
	/** Ed25519, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** RFC 8032, deterministic, 64 bytes. */
	sign(message: Uint8Array): Uint8Array;
}

/** A key that is born here and dies with the process: nobody else ever has it, so its signature says that this code ran. */
export function createSigningKey(): SigningKey {
	const secret = utils.randomSecretKey();
	return { publicKey: getPublicKey(secret), sign: (message) => sign(message, secret) };
}
