import { createPrivateKey, sign } from 'node:crypto';
import { getPublicKey, hashes, utils } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

hashes.sha512 = sha512;

/** Signs, and shows its public key; nothing gives the secret away. */
export interface SigningKey {
	/** Ed25519, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** RFC 8032, deterministic, 64 bytes. */
	sign(message: Uint8Array): Uint8Array;
}

/**
 * A key that is born here and dies with the process: nobody else ever has it, so its signature says that this code ran. OpenSSL signs, in a time that does not
 * depend on the secret, which JavaScript's large integers cannot promise.
 */
export function createSigningKey(): SigningKey {
	const secret = utils.randomSecretKey();
	const publicKey = getPublicKey(secret);
	const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
	// RFC 8037, §2
	const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d: encoded(secret), x: encoded(publicKey) }, format: 'jwk' });
	return { publicKey, sign: (message) => Uint8Array.from(sign(null, message, key)) };
}
