import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { DevelopmentKey } from '#devnet/development-key.ts';

test('a development key is what @mysten/sui makes of the seed: address, secret key, signature', async () => {
	for (const seed of [new Uint8Array(32), new Uint8Array(32).fill(255), ...Array.from({ length: 20 }, () => randomBytes(32))]) {
		const [ours, theirs] = [new DevelopmentKey(seed), Ed25519Keypair.fromSecretKey(seed)];
		assert.equal(ours.address, theirs.toSuiAddress());
		assert.equal(ours.secretKey, theirs.getSecretKey());
		const transaction = randomBytes(100);
		assert.equal(ours.signTransaction(transaction), (await theirs.signTransaction(transaction)).signature);
	}
});

test('a seed of another length is refused', () => {
	assert.throws(() => new DevelopmentKey(new Uint8Array(31)), RangeError);
});
