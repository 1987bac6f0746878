import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';

const id = (digit: string) => `0x${digit.repeat(64)}`;

test('a thread that dies fails what it was asked, without saying why in words that it was given, and another is started', async () => {
	const secretKey = 'no key at all';
	const decryptor = createCredentialsDecryptorInThread({
		rpcUrl: 'http://127.0.0.1:1',
		packageId: id('a'),
		objects: { network: id('b'), hparams: id('c'), peerRegistry: id('d'), validatorRegistry: id('e') },
		keyServers: [id('1'), id('2'), id('3')],
		threshold: 2,
		secretKey,
	});
	const ask = (uid: number) => decryptor.decrypt({ uid, generation: 1, credVersion: 1, ciphertext: new Uint8Array(10) });
	for (let round = 0; round < 2; round++) {
		for (const outcome of await Promise.allSettled([ask(0), ask(1)])) {
			assert.ok(outcome.status === 'rejected');
			const error = outcome.reason as { readonly code: string; readonly message: string };
			assert.equal(error.code, 'SEAL_UNAVAILABLE');
			assert.ok(!error.message.includes(secretKey));
		}
	}
});
