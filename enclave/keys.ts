import { getPublicKey, hashes, sign, utils } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

hashes.sha512 = sha512;

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
