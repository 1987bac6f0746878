import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { randomBytes } from '@noble/hashes/utils.js';
import { DevelopmentKey } from '#devnet/development-key.ts';

/** The same keypair, whose signatures OpenSSL makes: the same bytes in a thirtieth of the time, of which a test with hundreds of transactions has much. */
export class QuickKeypair extends Ed25519Keypair {
	readonly #key: DevelopmentKey;

	constructor(secretKey: Uint8Array = randomBytes(32)) {
		const key = new DevelopmentKey(secretKey);
		super({ publicKey: key.publicKey, secretKey });
		this.#key = key;
	}

	override async sign(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
		return new Uint8Array(this.#key.sign(bytes));
	}
}
