import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { VramhubError } from '#core/errors.ts';

/** The Ed25519 key of BIP-39 words (m/44'/784'/0'/0'/0', as Sui's wallets derive it) or of `suiprivkey1…`. Throws BAD_CONFIGURATION that repeats nothing of it. */
export function walletOf(secret: string): Ed25519Keypair {
	const text = secret.trim();
	try {
		return text.startsWith('suiprivkey') ? Ed25519Keypair.fromSecretKey(text) : Ed25519Keypair.deriveKeypair(text.replaceAll(/\s+/g, ' '));
	} catch {
		throw new VramhubError('BAD_CONFIGURATION', 'VRAMHUB_WALLET_MNEMONIC is neither a valid BIP-39 mnemonic nor an Ed25519 key suiprivkey1…');
	}
}
