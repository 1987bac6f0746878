import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1';
import { checkSignatures } from '#devnet/ledger/signatures.ts';
import type { ParsedTransaction } from '#devnet/ledger/transaction.ts';

const bytes = new TextEncoder().encode('as if it were a transaction');
const by = (sender: string, gasOwner = sender) => ({ bytes, sender, gasOwner }) as ParsedTransaction;

test('every scheme of a key pair signs for its own address alone', async () => {
	for (const pair of [Ed25519Keypair.generate(), Secp256k1Keypair.generate(), Secp256r1Keypair.generate()]) {
		const { signature } = await pair.signTransaction(bytes);
		await checkSignatures(by(pair.toSuiAddress()), [signature]);
		await assert.rejects(checkSignatures(by(Ed25519Keypair.generate().toSuiAddress()), [signature]), /is no signer/);
		await assert.rejects(checkSignatures(by(pair.toSuiAddress()), [signature, signature]), /Expect 1 signer signatures but got 2/);
	}
});

test('a sponsor signs beside the sender, in any order', async () => {
	const [sender, sponsor] = [Ed25519Keypair.generate(), Secp256k1Keypair.generate()];
	const both = by(sender.toSuiAddress(), sponsor.toSuiAddress());
	const signatures = await Promise.all([sender, sponsor].map(async (pair) => (await pair.signTransaction(bytes)).signature));
	await checkSignatures(both, signatures);
	await checkSignatures(both, signatures.toReversed());
	await assert.rejects(checkSignatures(both, [signatures[0]!, signatures[0]!]), /is no signer/);
});

test('every changed byte of a signature is refused, and so is what is none', async () => {
	const pair = Ed25519Keypair.generate();
	const { signature } = await pair.signTransaction(bytes);
	const raw = Buffer.from(signature, 'base64');
	for (let at = 0; at < raw.length; at++) {
		const changed = Buffer.from(raw);
		changed[at]! ^= 1;
		await assert.rejects(checkSignatures(by(pair.toSuiAddress()), [changed.toString('base64')]), { name: 'RejectedTransaction' }, `byte ${at}`);
	}
	for (const none of ['', 'AA==', raw.subarray(1).toString('base64')]) await assert.rejects(checkSignatures(by(pair.toSuiAddress()), [none]));
	// A personal message of the same bytes is not a transaction.
	const message = await pair.signPersonalMessage(bytes);
	await assert.rejects(checkSignatures(by(pair.toSuiAddress()), [message.signature]), { name: 'RejectedTransaction' });
});
