import { toHex } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import { opensslAccepts } from '#devnet/ed25519.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import type { ParsedTransaction } from '#devnet/ledger/transaction.ts';

/** Intent of a transaction: scope TransactionData, version 0, app Sui. */
const TRANSACTION_INTENT = Uint8Array.of(0, 0, 0);
const ED25519_FLAG = 0;
const SIGNATURE_LENGTH = 64;
const PUBLIC_KEY_LENGTH = 32;

/** One valid signature of the sender, and one of the sponsor when another pays; nothing else. Throws {@link RejectedTransaction}. */
export async function checkSignatures(parsed: ParsedTransaction, signatures: readonly string[]): Promise<void> {
	const signers = [...new Set([parsed.sender, parsed.gasOwner])];
	if (signatures.length !== signers.length) {
		throw new RejectedTransaction('signature', `Expect ${signers.length} signer signatures but got ${signatures.length}`);
	}
	const missing = new Set(signers);
	for (const signature of signatures) {
		const address = ed25519Signer(parsed.bytes, signature) ?? (await signerOf(parsed.bytes, signature));
		if (!missing.delete(address)) throw new RejectedTransaction('signature', `Invalid user signature: ${address} is no signer of this transaction`);
	}
}

/** The address of the plain Ed25519 key that signed, as far as OpenSSL tells. Undefined when it is anything else. */
function ed25519Signer(transaction: Uint8Array, signature: string): string | undefined {
	const bytes = Buffer.from(signature, 'base64');
	if (bytes.length !== 1 + SIGNATURE_LENGTH + PUBLIC_KEY_LENGTH || bytes[0] !== ED25519_FLAG) return undefined;
	const publicKey = bytes.subarray(1 + SIGNATURE_LENGTH);
	const message = blake2b(Buffer.concat([TRANSACTION_INTENT, transaction]), { dkLen: 32 });
	if (!opensslAccepts(bytes.subarray(1, 1 + SIGNATURE_LENGTH), publicKey, message)) return undefined;
	return `0x${toHex(blake2b(Buffer.concat([Uint8Array.of(ED25519_FLAG), publicKey]), { dkLen: 32 }))}`;
}

async function signerOf(transaction: Uint8Array, signature: string): Promise<string> {
	// Loaded when it is needed: it brings all schemes of signature along, which a start would wait for.
	const { verifyTransactionSignature } = await import('@mysten/sui/verify');
	try {
		return (await verifyTransactionSignature(transaction, signature)).toSuiAddress();
	} catch (error) {
		throw new RejectedTransaction('signature', `Invalid user signature: ${error instanceof Error ? error.message : String(error)}`);
	}
}
