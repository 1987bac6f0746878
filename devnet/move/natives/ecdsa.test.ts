import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { NativeAbort } from '#devnet/move/errors.ts';
import { ECDSA_NATIVES } from '#devnet/move/natives/ecdsa.ts';
import type { NativeCall } from '#devnet/move/natives/native.ts';
import { bytesOf, byteVector, type Value } from '#devnet/move/values.ts';

const [KECCAK256, SHA256] = [0, 1] as const;
let charged = 0;
const context = {
	charge: (units: number) => {
		charged += units;
	},
} as unknown as NativeCall;

function run(name: string, ...args: (number | Uint8Array)[]): Value {
	const native = ECDSA_NATIVES[name];
	assert.ok(native !== undefined, name);
	charged = 0;
	return native(
		context,
		args.map((argument): Value => (typeof argument === 'number' ? argument : byteVector(argument))),
	)[0];
}

const aborts = (code: number) => (error: unknown) => error instanceof NativeAbort && error.code === BigInt(code);
const bytesFrom = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const message = Buffer.from('the same message for all');

for (const { curve, name, openssl, verify, recover, verifyCost, recoverCost } of [
	{
		curve: secp256k1,
		name: 'secp256k1',
		openssl: 'secp256k1',
		verify: 'ecdsa_k1::secp256k1_verify',
		recover: 'ecdsa_k1::secp256k1_ecrecover',
		verifyCost: 1470,
		recoverCost: 500,
	},
	{
		curve: p256,
		name: 'P-256',
		openssl: 'prime256v1',
		verify: 'ecdsa_r1::secp256r1_verify',
		recover: 'ecdsa_r1::secp256r1_ecrecover',
		verifyCost: 4225,
		recoverCost: 1173,
	},
]) {
	describe(`ECDSA over ${name}`, () => {
		const order = curve.Point.Fn.ORDER;
		const ecdh = createECDH(openssl);
		ecdh.setPrivateKey(Buffer.alloc(32, 7));
		const compressed = ecdh.getPublicKey(null, 'compressed');
		const whole = ecdh.getPublicKey(null, 'uncompressed');
		const point = { x: whole.subarray(1, 33).toString('base64url'), y: whole.subarray(33).toString('base64url') };
		const key = createPrivateKey({
			format: 'jwk',
			key: { kty: 'EC', crv: openssl === 'secp256k1' ? 'secp256k1' : 'P-256', d: Buffer.alloc(32, 7).toString('base64url'), ...point },
		});
		const made = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
		const s = BigInt(`0x${made.subarray(32).toString('hex')}`);
		const withS = (value: bigint) => Buffer.concat([made.subarray(0, 32), bytesFrom(value)]);
		const low = withS(s > order / 2n ? order - s : s);
		const high = withS(s > order / 2n ? s : order - s);

		test('OpenSSL’s signatures verify when s is low', () => {
			assert.equal(run(verify, low, compressed, message, SHA256), true);
			assert.equal(charged, verifyCost + 2 * message.length + 2);
			assert.equal(run(verify, low, whole, message, SHA256), true);
			assert.equal(run(verify, high, compressed, message, SHA256), false);
			assert.equal(run(verify, low, compressed, message, KECCAK256), false);
			assert.equal(run(verify, low, compressed, Buffer.from('another'), SHA256), false);
		});

		test('whatever is malformed is false', () => {
			assert.equal(run(verify, low, compressed, message, 2), false);
			assert.equal(charged, 100);
			for (const signature of [low.subarray(1), Buffer.alloc(64), withS(order), withS(0n), Buffer.concat([low, Buffer.alloc(1)])]) {
				assert.equal(run(verify, signature, compressed, message, SHA256), false);
			}
			for (const publicKey of [
				compressed.subarray(1),
				Buffer.alloc(33),
				Buffer.alloc(33, 0xff),
				Buffer.alloc(0),
				Buffer.concat([Buffer.of(4), Buffer.alloc(64)]),
			]) {
				assert.equal(run(verify, low, publicKey, message, SHA256), false);
			}
		});

		test('a signature gives its key back', () => {
			const recovered = [0, 1].map((id) => bytesOf(run(recover, Buffer.concat([low, Buffer.of(id)]), message, SHA256)));
			assert.equal(charged, recoverCost + 2 * message.length + 2);
			assert.equal(recovered.filter((found) => Buffer.compare(found, compressed) === 0).length, 1);
			for (const found of recovered) assert.equal(run(verify, low, found, message, SHA256), true, 'either key fits the signature');
			const other = [0, 1].map((id) => bytesOf(run(recover, Buffer.concat([high, Buffer.of(id)]), message, SHA256)));
			assert.deepEqual(other, [...recovered].reverse());
		});

		test('what gives none aborts', () => {
			assert.throws(() => run(recover, low, message, SHA256), aborts(1));
			assert.throws(() => run(recover, Buffer.concat([low, Buffer.of(4)]), message, SHA256), aborts(1));
			assert.throws(() => run(recover, Buffer.concat([withS(order), Buffer.of(0)]), message, SHA256), aborts(1));
			assert.throws(() => run(recover, Buffer.concat([low, Buffer.of(0)]), message, 2), aborts(0));
			// r + order is no coordinate for all but a few r
			assert.throws(() => run(recover, Buffer.concat([low, Buffer.of(2)]), message, SHA256), aborts(0));
		});
	});
}

test('keys of secp256k1 are decompressed', () => {
	const { BASE } = secp256k1.Point;
	assert.deepEqual(bytesOf(run('ecdsa_k1::decompress_pubkey', BASE.toBytes(true))), BASE.toBytes(false));
	assert.deepEqual(bytesOf(run('ecdsa_k1::decompress_pubkey', BASE.toBytes(false))), BASE.toBytes(false));
	assert.throws(() => run('ecdsa_k1::decompress_pubkey', Buffer.alloc(33, 0xff)), aborts(2));
});
