import { addressBytes, ByteWriter, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/**
 * The Seal identity that a miner's credentials are encrypted to, exactly 44 bytes:
 * `u8 1 ‖ network[32] ‖ u8 kind ‖ u16 uid ‖ u32 generation ‖ u32 cred_version`, big-endian.
 * A Seal key lasts for ever, so the identity names all that may end an access.
 */
export interface SealIdentity {
	readonly network: string;
	readonly kind: SealIdentityKind;
	readonly uid: number;
	readonly generation: number;
	readonly credVersion: number;
}

/** What the identity protects. */
export const SEAL_KIND = { minerCredentials: 1 } as const;
export type SealIdentityKind = keyof typeof SEAL_KIND;

export const SEAL_IDENTITY_LENGTH = 44;
const SEAL_IDENTITY_FORMAT = 1;

export function encodeSealIdentity(identity: SealIdentity): Uint8Array {
	return new ByteWriter()
		.u8(SEAL_IDENTITY_FORMAT)
		.fixed(addressBytes(identity.network), 32)
		.u8(SEAL_KIND[identity.kind])
		.u16(identity.uid)
		.u32(identity.generation)
		.u32(identity.credVersion)
		.done();
}

/** Throws SEAL_BAD_CIPHERTEXT unless the bytes are exactly one identity. */
export function decodeSealIdentity(bytes: Uint8Array): SealIdentity {
	if (bytes.length !== SEAL_IDENTITY_LENGTH) throw new VramhubError('SEAL_BAD_CIPHERTEXT', `a Seal identity has 44 bytes, not ${bytes.length}`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (view.getUint8(0) !== SEAL_IDENTITY_FORMAT) throw new VramhubError('SEAL_BAD_CIPHERTEXT', 'unknown Seal identity format');
	if (view.getUint8(33) !== SEAL_KIND.minerCredentials) throw new VramhubError('SEAL_BAD_CIPHERTEXT', 'unknown Seal identity kind');
	return {
		network: `0x${toHex(bytes.subarray(1, 33))}`,
		kind: 'minerCredentials',
		uid: view.getUint16(34),
		generation: view.getUint32(36),
		credVersion: view.getUint32(40),
	};
}
