import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { test } from 'node:test';
import { CRYPTO_NATIVES } from '#devnet/move/natives/crypto.ts';
import type { NativeCall } from '#devnet/move/natives/native.ts';
import { byteVector } from '#devnet/move/values.ts';

const context = { charge: () => {} } as unknown as NativeCall;
const verify = (signature: Uint8Array, key: Uint8Array, message: Uint8Array) =>
	CRYPTO_NATIVES['ed25519::ed25519_verify']?.(context, [signature, key, message].map(byteVector))[0];

const privateKey = createPrivateKey({
	format: 'der',
	type: 'pkcs8',
	key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 3)]),
});
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
const message = Buffer.from('a message');

test('OpenSSL’s signatures verify, and no changed bit does', () => {
	const signature = sign(null, message, privateKey);
	assert.equal(verify(signature, publicKey, message), true);
	assert.equal(verify(signature, publicKey, Buffer.from('another')), false);
	for (const at of [0, 31, 32, 63]) {
		const changed = Buffer.from(signature);
		changed[at]! ^= 1;
		assert.equal(verify(changed, publicKey, message), false, `byte ${at}`);
	}
});

test('what has a wrong length is false', () => {
	const signature = sign(null, message, privateKey);
	assert.equal(verify(signature.subarray(1), publicKey, message), false);
	assert.equal(verify(signature, publicKey.subarray(1), message), false);
	assert.equal(verify(Buffer.alloc(0), Buffer.alloc(0), message), false);
});

test('ZIP-215 decides the edge cases: points of small order and encodings that are not canonical pass, a large s does not', () => {
	const identity = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
	const zero = Buffer.alloc(32);
	assert.equal(verify(Buffer.concat([identity, zero]), identity, message), true, 'the identity signs everything');
	// y = p + 1: the identity again, not reduced
	const unreduced = Buffer.concat([Buffer.of(0xee), Buffer.alloc(30, 0xff), Buffer.of(0x7f)]);
	assert.equal(verify(Buffer.concat([unreduced, zero]), unreduced, message), true);
	const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');
	assert.equal(verify(Buffer.concat([identity, order]), identity, message), false);
});
