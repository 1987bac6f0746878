/**
 * `sui::ecdsa_k1` and `sui::ecdsa_r1`: ECDSA over secp256k1 and P-256 of a message's Keccak-256 (0) or SHA-256 (1). As fastcrypto does
 * it: verification wants s in the lower half of the order, recovery takes either half; keys are given compressed or not.
 */
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { NativeAbort } from '#devnet/move/errors.ts';
import type { NativeCall, NativeTable } from '#devnet/move/natives/native.ts';
import { bytesOf, byteVector, type Value } from '#devnet/move/values.ts';

const E_FAIL_TO_RECOVER = 0;
const E_INVALID_SIGNATURE = 1;
const E_INVALID_KEY = 2;

/** Protocol configuration 105, in internal units; a block is what the hash takes at once. */
const COSTS = { perByte: 2, perBlock: 2, decompress: 52, invalidArguments: 100 } as const;
const HASHES = [
	{ hash: keccak_256, blockBytes: 136 },
	{ hash: sha256, blockBytes: 64 },
] as const;

interface Curve {
	readonly curve: typeof secp256k1;
	readonly verifyCost: number;
	readonly recoverCost: number;
}

const K1: Curve = { curve: secp256k1, verifyCost: 1470, recoverCost: 500 };
const R1: Curve = { curve: p256, verifyCost: 4225, recoverCost: 1173 };

export const ECDSA_NATIVES: NativeTable = {
	'ecdsa_k1::secp256k1_verify': (call, args) => [verify(call, K1, args)],
	'ecdsa_r1::secp256r1_verify': (call, args) => [verify(call, R1, args)],
	'ecdsa_k1::secp256k1_ecrecover': (call, args) => [recover(call, K1, args)],
	'ecdsa_r1::secp256r1_ecrecover': (call, args) => [recover(call, R1, args)],
	'ecdsa_k1::decompress_pubkey': (call, [key]) => {
		call.charge(COSTS.decompress);
		return [byteVector(attempt(E_INVALID_KEY, () => secp256k1.Point.fromBytes(bytesOf(key)).toBytes(false)))];
	},
};

/** The message's hash, paid for; undefined when there is no such hash. */
function prehash(call: NativeCall, baseCost: number, message: Uint8Array, kind: Value): Uint8Array | undefined {
	const chosen = HASHES[kind as number];
	if (chosen === undefined) {
		call.charge(COSTS.invalidArguments);
		return undefined;
	}
	call.charge(baseCost + COSTS.perByte * message.length + COSTS.perBlock * Math.ceil(message.length / chosen.blockBytes));
	return chosen.hash(message);
}

function verify(call: NativeCall, { curve, verifyCost }: Curve, [signature, key, message, kind]: readonly Value[]): boolean {
	const digest = prehash(call, verifyCost, bytesOf(message), kind);
	if (digest === undefined) return false;
	try {
		return curve.verify(bytesOf(signature), digest, bytesOf(key), { prehash: false, lowS: true, format: 'compact' });
	} catch {
		return false;
	}
}

/** `signature` is r, s and the recovery id, 65 bytes. */
function recover(call: NativeCall, { curve, recoverCost }: Curve, [signature, message, kind]: readonly Value[]): Value {
	const digest = prehash(call, recoverCost, bytesOf(message), kind);
	if (digest === undefined) throw new NativeAbort(E_FAIL_TO_RECOVER);
	const bytes = bytesOf(signature);
	const recovery = bytes[64];
	if (bytes.length !== 65 || recovery === undefined || recovery > 3) throw new NativeAbort(E_INVALID_SIGNATURE);
	const parsed = attempt(E_INVALID_SIGNATURE, () => curve.Signature.fromBytes(bytes.subarray(0, 64), 'compact'));
	return byteVector(attempt(E_FAIL_TO_RECOVER, () => parsed.addRecoveryBit(recovery).recoverPublicKey(digest).toBytes(true)));
}

function attempt<T>(code: number, run: () => T): T {
	try {
		return run();
	} catch {
		throw new NativeAbort(code);
	}
}
