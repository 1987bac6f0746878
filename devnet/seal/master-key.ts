import { readFile } from 'node:fs/promises';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { fromHex, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';

/**
 * The Boneh-Franklin side of a Seal key server over BLS12-381: master keys are scalars, public keys in G2, user secret keys in G1.
 * Domains are Seal's own; hash-to-curve is RFC 9380 with the curve's default tag, which Seal uses.
 */
export interface MasterKey {
	readonly scalar: bigint;
	/** Compressed G2, 96 bytes: what the key server's object on chain says. */
	readonly publicKey: Uint8Array;
}

const { G1, G2, fields } = bls12_381;
const IDENTITY_DOMAIN = new TextEncoder().encode('SUI-SEAL-IBE-BLS12381-00');
const POSSESSION_DOMAIN = new TextEncoder().encode('SUI-SEAL-IBE-BLS12381-POP-00');

/** @param bytes a scalar, 32 bytes big-endian, neither 0 nor beyond the order */
export function masterKeyFromBytes(bytes: Uint8Array): MasterKey {
	const scalar = bytes.length === 32 ? BigInt(`0x${toHex(bytes)}`) : 0n;
	if (scalar === 0n || scalar >= fields.Fr.ORDER) throw new VramhubError('BAD_CONFIGURATION', 'the master key of a key server is not a scalar of BLS12-381');
	return { scalar, publicKey: G2.Point.BASE.multiply(scalar).toBytes() };
}

/** Reads a key file: 64 hexadecimal digits, mode 0600. */
export async function readMasterKey(file: string): Promise<MasterKey> {
	const text = (await readFile(file, 'utf8')).trim();
	if (!/^(0x)?[0-9a-f]{64}$/.test(text)) throw new VramhubError('BAD_CONFIGURATION', `${file} is not a master key: 64 hexadecimal digits are expected`);
	return masterKeyFromBytes(fromHex(text));
}

/** Makes the key file when there is none. For whoever registers the server on chain, which is one process. */
export async function ensureMasterKey(file: string): Promise<MasterKey> {
	try {
		return await readMasterKey(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		await writeFileAtomic(file, `${toHex(bls12_381.utils.randomSecretKey())}\n`, 0o600);
		return readMasterKey(file);
	}
}

/** sk · H(domain ‖ pk ‖ object id) in G1, 48 bytes: nobody can register the key of another as its own. */
export function proofOfPossession(key: MasterKey, objectId: Uint8Array): Uint8Array {
	return G1.hashToCurve(Buffer.concat([POSSESSION_DOMAIN, key.publicKey, objectId]))
		.multiply(key.scalar)
		.toBytes();
}

/** @throws BAD_ARGUMENT unless it is a point of the right subgroup, other than the identity */
export function parseEncryptionKey(bytes: Uint8Array): InstanceType<typeof G1.Point> {
	try {
		const point = G1.Point.fromBytes(bytes);
		point.assertValidity();
		if (!point.is0()) return point;
	} catch {
		// Said below.
	}
	throw new VramhubError('BAD_ARGUMENT', 'enc_key is not a point of G1');
}

/**
 * The user secret key of an identity, sk · H(domain ‖ fullId), ElGamal-encrypted to the session: (r·G, usk + r·ek). 48 bytes each.
 * @param fullId package ‖ id
 */
export function encryptedUserKey(key: MasterKey, fullId: Uint8Array, encryptionKey: InstanceType<typeof G1.Point>): readonly [Uint8Array, Uint8Array] {
	const userKey = G1.hashToCurve(Buffer.concat([IDENTITY_DOMAIN, fullId])).multiply(key.scalar);
	const r = fields.Fr.fromBytes(bls12_381.utils.randomSecretKey());
	return [G1.Point.BASE.multiply(r).toBytes(), userKey.add(encryptionKey.multiply(r)).toBytes()];
}
