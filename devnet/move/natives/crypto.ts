/** `sui::hash`, `sui::hmac`, `sui::ed25519`, `sui::nitro_attestation`. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3.js';
import { opensslAccepts } from '#devnet/ed25519.ts';
import type { NitroDocument } from '#devnet/move/api.ts';
import { NativeAbort } from '#devnet/move/errors.ts';
import { COST } from '#devnet/move/natives/costs.ts';
import type { NativeCall, NativeTable } from '#devnet/move/natives/native.ts';
import { U8, vectorOf } from '#devnet/move/types.ts';
import { bytesOf, byteVector, MoveVector, optionValue, type Value } from '#devnet/move/values.ts';

/** Abort codes of `sui::nitro_attestation`. */
const E_NITRO_PARSE = 1;
const E_NITRO_VERIFY = 2;

export const CRYPTO_NATIVES: NativeTable = {
	'hash::blake2b256': (call, [data]) => hashed(call, bytesOf(data), (bytes) => blake2b(bytes, { dkLen: 32 })),
	'hash::keccak256': (call, [data]) => hashed(call, bytesOf(data), keccak_256),
	'hmac::hmac_sha3_256': (call, [key, message]) => hashed(call, bytesOf(message), (bytes) => hmac(sha3_256, bytesOf(key), bytes)),

	'ed25519::ed25519_verify': (call, [signature, publicKey, message]) => {
		const bytes = bytesOf(message);
		call.charge(COST.ed25519Verify + COST.perByte * bytes.length);
		return [verifyEd25519(bytesOf(signature), bytesOf(publicKey), bytes)];
	},

	/** Test-only. */
	'random::generate_rand_seed_for_testing': () => [byteVector(crypto.getRandomValues(new Uint8Array(32)))],

	'nitro_attestation::load_nitro_attestation_internal': (call, [attestation, nowMs]) => {
		const bytes = bytesOf(attestation);
		call.charge(COST.nitroBase + COST.nitroPerByte * bytes.length);
		let document: NitroDocument | undefined;
		try {
			document = call.environment.verifyNitroDocument(bytes, nowMs as bigint);
		} catch (error) {
			if (error instanceof Error && error.name === 'NitroParseError') throw new NativeAbort(E_NITRO_PARSE);
		}
		call.charge(COST.nitroVerify + COST.nitroChain);
		if (document === undefined) throw new NativeAbort(E_NITRO_VERIFY);
		return [nitroValue(document)];
	},
};

/** Malformed keys and signatures are false. What is well formed is judged by ZIP-215, as fastcrypto's ed25519-consensus does: keys of small order pass. */
function verifyEd25519(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): boolean {
	if (signature.length !== 64 || publicKey.length !== 32) return false;
	try {
		return opensslAccepts(signature, publicKey, message) || ed25519.verify(signature, message, publicKey, { zip215: true });
	} catch {
		return false;
	}
}

function hashed(call: NativeCall, data: Uint8Array, hash: (bytes: Uint8Array) => Uint8Array): Value[] {
	call.charge(COST.simple + COST.perByte * data.length);
	return [byteVector(hash(data))];
}

/** `NitroAttestationDocument`, its fields in the framework's order; PCRs are `PCREntry { index, value }` by rising index. */
function nitroValue(document: NitroDocument): Value {
	const optional = (bytes: Uint8Array | undefined) => optionValue(vectorOf(U8), bytes === undefined ? undefined : byteVector(bytes));
	const pcrs = [...document.pcrs].sort((left, right) => left.index - right.index);
	return [
		byteVector(document.moduleId),
		document.timestampMs,
		byteVector(document.digest),
		new MoveVector(
			0,
			pcrs.map((pcr): Value => [pcr.index, byteVector(pcr.value)]),
		),
		optional(document.publicKey),
		optional(document.userData),
		optional(document.nonce),
	];
}
