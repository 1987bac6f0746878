import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { NativeAbort } from '#devnet/move/errors.ts';
import { GROUP_NATIVES, msmAdditions } from '#devnet/move/natives/group.ts';
import type { NativeCall } from '#devnet/move/natives/native.ts';
import { bytesOf, byteVector, MoveVector, type Value } from '#devnet/move/values.ts';

const [SCALAR, G1, G2, GT, UNCOMPRESSED] = [0, 1, 2, 3, 4] as const;
const context = { charge: () => {} } as unknown as NativeCall;

/** Numbers go as they are, bytes as `vector<u8>`. */
function run(name: string, ...args: (number | Uint8Array)[]): Value {
	const native = GROUP_NATIVES[`group_ops::internal_${name}`];
	assert.ok(native !== undefined, name);
	return native(
		context,
		args.map((argument): Value => (typeof argument === 'number' ? argument : byteVector(argument))),
	)[0];
}
const bytes = (name: string, ...args: (number | Uint8Array)[]) => bytesOf(run(name, ...args));
const scalar = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const g1 = bls12_381.G1.Point.BASE.toBytes();
const g2 = bls12_381.G2.Point.BASE.toBytes();
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

test('GT elements have the byte order of sui::bls12381', () => {
	// sha256 of GT_GENERATOR_BYTES and GT_IDENTITY_BYTES of the framework's source
	const generator = bytes('pairing', G1, g1, g2);
	assert.equal(sha256(generator), '4bb3f049849e856bd6879346f3978c28b031a407701c01ebb19d74a35c645520');
	assert.equal(sha256(bytes('mul', GT, scalar(0n), generator)), '3914fce22889dd4e9aedb69a01d925fcd27a236b92f143ec976ba73208bbe1c3');
	assert.deepEqual(bytes('add', GT, generator, generator), bytes('mul', GT, scalar(2n), generator));
});

test('pairings are bilinear', () => {
	const left = bytes('pairing', G1, bytes('mul', G1, scalar(6n), g1), bytes('mul', G2, scalar(7n), g2));
	assert.deepEqual(left, bytes('mul', GT, scalar(42n), bytes('pairing', G1, g1, g2)));
});

test('groups add, subtract, multiply and divide', () => {
	for (const [group, base] of [[G1, g1] as const, [G2, g2] as const]) {
		const three = bytes('add', group, base, bytes('add', group, base, base));
		assert.deepEqual(three, bytes('mul', group, scalar(3n), base));
		assert.deepEqual(bytes('div', group, scalar(3n), three), base);
		const zero = bytes('sub', group, three, three);
		assert.deepEqual(zero, bytes('mul', group, scalar(0n), base));
		assert.deepEqual(bytes('add', group, zero, base), base);
		assert.equal(run('validate', group, zero), true);
	}
	assert.deepEqual(bytes('sub', SCALAR, scalar(1n), scalar(2n)), scalar(bls12_381.fields.Fr.ORDER - 1n));
	assert.deepEqual(bytes('div', SCALAR, scalar(2n), scalar(8n)), scalar(4n));
	const points = new Uint8Array([...g1, ...g1]);
	assert.deepEqual(bytes('multi_scalar_mul', G1, new Uint8Array([...scalar(2n), ...scalar(5n)]), points), bytes('mul', G1, scalar(7n), g1));
});

test('only canonical elements of the right subgroup are valid', () => {
	assert.equal(run('validate', G1, g1), true);
	assert.equal(run('validate', G2, g2), true);
	assert.equal(run('validate', SCALAR, scalar(bls12_381.fields.Fr.ORDER - 1n)), true);
	assert.equal(run('validate', SCALAR, scalar(bls12_381.fields.Fr.ORDER)), false);
	assert.equal(run('validate', G1, g1.slice(1)), false);
	assert.equal(run('validate', G1, g2), false);
	assert.equal(
		run(
			'validate',
			G2,
			Uint8Array.from(g2, (byte) => byte ^ 1),
		),
		false,
	);
	// On the curve and outside the subgroup: the smallest such x.
	const outside = new Uint8Array(48);
	outside[0] = 0x80;
	outside[47] = 4;
	assert.equal(run('validate', G1, outside), false);
	assert.equal(run('validate', GT, bytes('pairing', G1, g1, g2)), false, 'GT elements come from pairings only');
});

test('hashing to the curve gives valid points and refuses nothing', () => {
	const message = new TextEncoder().encode('message');
	assert.deepEqual(bytes('hash_to', G1, message), bls12_381.G1.hashToCurve(message).toBytes());
	assert.equal(run('validate', G2, bytes('hash_to', G2, message)), true);
	assert.throws(() => run('hash_to', G1, new Uint8Array()), NativeAbort);
	assert.throws(() => run('hash_to', SCALAR, message), NativeAbort);
	assert.throws(() => run('div', G1, scalar(0n), g1), NativeAbort);
	assert.throws(() => run('mul', 9, scalar(1n), g1), NativeAbort);
});

test('G1 goes to its uncompressed form and back, and sums there', () => {
	const uncompressed = bytes('convert', G1, UNCOMPRESSED, g1);
	assert.deepEqual(uncompressed, bls12_381.G1.Point.BASE.toBytes(false));
	assert.deepEqual(bytes('convert', UNCOMPRESSED, G1, uncompressed), g1);
	const sum = (...terms: Uint8Array[]) => {
		const native = GROUP_NATIVES['group_ops::internal_sum'];
		assert.ok(native !== undefined);
		return bytesOf(native(context, [UNCOMPRESSED, new MoveVector(0, terms.map(byteVector))])[0] as Value);
	};
	assert.deepEqual(bytes('convert', UNCOMPRESSED, G1, sum(uncompressed, uncompressed, uncompressed)), bytes('mul', G1, scalar(3n), g1));
	const zero = bytes('convert', G1, UNCOMPRESSED, bytes('sub', G1, g1, g1));
	assert.deepEqual(sum(zero, uncompressed), uncompressed);
	assert.throws(
		() => sum(...Array.from({ length: 1201 }, () => uncompressed)),
		(error: unknown) => error instanceof NativeAbort && error.code === 2n,
	);
	assert.throws(
		() => bytes('convert', G1, G2, g1),
		(error: unknown) => error instanceof NativeAbort && error.code === 1n,
	);
	assert.equal(run('validate', UNCOMPRESSED, uncompressed), false, 'none comes from outside');
});

test('BLS signatures of both kinds verify, and nothing malformed does', () => {
	const message = Buffer.from('a message');
	const secret = Uint8Array.from(Buffer.alloc(32, 5));
	for (const [name, scheme, identity] of [
		['min_sig', bls12_381.shortSignatures, bls12_381.G2.Point.ZERO.toBytes()],
		['min_pk', bls12_381.longSignatures, bls12_381.G1.Point.ZERO.toBytes()],
	] as const) {
		const native = GROUP_NATIVES[`bls12381::bls12381_${name}_verify`];
		assert.ok(native !== undefined);
		const verify = (signature: Uint8Array, key: Uint8Array, data: Uint8Array = message) => native(context, [signature, key, data].map(byteVector))[0];
		const key = scheme.getPublicKey(secret).toBytes();
		const signature = (scheme.sign(scheme.hash(message) as never, secret) as { toBytes(): Uint8Array }).toBytes();
		assert.equal(verify(signature, key), true, name);
		assert.equal(verify(signature, key, Buffer.from('another')), false);
		assert.equal(verify(key, signature), false);
		assert.equal(verify(signature.subarray(1), key), false);
		assert.equal(verify(signature, identity), false, 'the identity is no key');
		const flipped = Uint8Array.from(signature);
		flipped[0]! ^= 0x20;
		assert.equal(verify(flipped, key), false);
	}
});

test('every operation aborts with the code of Sui on what it does not take', () => {
	const aborts = (code: bigint, operation: () => unknown) => assert.throws(operation, (error: unknown) => error instanceof NativeAbort && error.code === code);
	const half = g1.slice(1);
	for (const name of ['add', 'sub']) {
		aborts(1n, () => run(name, G1, half, g1));
		aborts(1n, () => run(name, SCALAR, scalar(bls12_381.fields.Fr.ORDER), scalar(1n)));
	}
	for (const name of ['mul', 'div']) {
		aborts(1n, () => run(name, G1, scalar(1n), half));
		aborts(1n, () => run(name, G1, new Uint8Array(31), g1));
	}
	aborts(1n, () => run('hash_to', G1, new Uint8Array()));
	aborts(1n, () => run('pairing', G1, half, g2));
	aborts(1n, () => run('pairing', G2, g1, g2));
	aborts(1n, () => run('multi_scalar_mul', G1, scalar(1n), half));
	aborts(1n, () => run('multi_scalar_mul', G1, new Uint8Array(), new Uint8Array()));
	const terms = 33;
	aborts(2n, () => run('multi_scalar_mul', G1, new Uint8Array(32 * terms), new Uint8Array(48 * terms)));
	aborts(1n, () => run('convert', UNCOMPRESSED, G1, g1));
	const sum = GROUP_NATIVES['group_ops::internal_sum'];
	aborts(1n, () => sum?.(context, [UNCOMPRESSED, new MoveVector(0, [byteVector(g1)])]));
	aborts(1n, () => sum?.(context, [G1, new MoveVector(0, [])]));
});

test('a multi-scalar multiplication costs what Sui estimates', () => {
	// The figures of the test beside Sui's function
	assert.deepEqual([1, 2, 3, 4, 32].map(msmAdditions), [1020, 896, 1024, 1152, 3485]);
});
