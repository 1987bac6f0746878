import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { QuickKeypair } from '#tests/helpers/quick-keypair.ts';

test('a quick keypair is the keypair of its secret key', async () => {
	const quick = new QuickKeypair();
	const slow = Ed25519Keypair.fromSecretKey(quick.getSecretKey());
	assert.equal(quick.toSuiAddress(), slow.toSuiAddress());
	const bytes = randomBytes(99);
	assert.deepEqual(await quick.signTransaction(bytes), await slow.signTransaction(bytes));
	assert.deepEqual(await quick.signPersonalMessage(bytes), await slow.signPersonalMessage(bytes));
	assert.notEqual(quick.toSuiAddress(), new QuickKeypair().toSuiAddress());
});
