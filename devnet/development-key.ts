/**
 * Ed25519 keys that a devnet itself signs with or gives away. As `Ed25519Keypair` of `@mysten/sui` makes them, but by OpenSSL: that class brings all of
 * Sui's schemes of signature along, which every start would wait for.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { toHex } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import { bech32 } from '@scure/base';
import type { Address } from '#devnet/move/api.ts';

/** PrivateKeyInfo of an Ed25519 key up to its seed (RFC 8410, section 7). */
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20);
const SPKI_HEAD_LENGTH = 12;
const SEED_LENGTH = 32;
const ED25519_FLAG = 0;
/** Intent of a transaction: scope TransactionData, version 0, app Sui. */
const TRANSACTION_INTENT = Uint8Array.of(0, 0, 0);

export class DevelopmentKey {
	readonly address: Address;
	readonly publicKey: Uint8Array<ArrayBuffer>;
	readonly #seed: Uint8Array;
	readonly #privateKey: KeyObject;

	/** @param seed 32 bytes */
	constructor(seed: Uint8Array) {
		if (seed.length !== SEED_LENGTH) throw new RangeError(`a seed has ${SEED_LENGTH} bytes, not ${seed.length}`);
		this.#seed = seed;
		this.#privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
		this.publicKey = new Uint8Array(createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD_LENGTH));
		this.address = `0x${toHex(blake2b(Buffer.concat([Uint8Array.of(ED25519_FLAG), this.publicKey]), { dkLen: 32 }))}`;
	}

	/** `suiprivkey1…`, as wallets and Sui's own tools import it (SIP-15). */
	get secretKey(): string {
		return bech32.encode('suiprivkey', bech32.toWords(Uint8Array.of(ED25519_FLAG, ...this.#seed)));
	}

	/** 64 bytes. */
	sign(message: Uint8Array): Uint8Array {
		return sign(null, message, this.#privateKey);
	}

	/** The serialised signature over a transaction, in base64. */
	signTransaction(transaction: Uint8Array): string {
		const message = blake2b(Buffer.concat([TRANSACTION_INTENT, transaction]), { dkLen: 32 });
		return Buffer.concat([Uint8Array.of(ED25519_FLAG), this.sign(message), this.publicKey]).toString('base64');
	}
}
