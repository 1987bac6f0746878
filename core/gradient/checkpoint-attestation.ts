import { bcs } from '@mysten/bcs';
import { addressBytes } from '#core/bytes.ts';

/** What a validator says of a boundary: which checkpoint it computed, over which selections. */
export interface CheckpointAttestation {
	readonly validatorUid: number;
	readonly boundary: bigint;
	readonly parentBoundary: bigint;
	/** SHA-256 of the safetensors file; undefined: the parent is kept. */
	readonly hash: Uint8Array | undefined;
	readonly mergeDigest: Uint8Array;
}

export const CHECKPOINT_ATTESTATION_DOMAIN = 'vramhub-checkpoint-1';

const CheckpointAttestationBcs = bcs.struct('SignedAttestation', {
	domain: bcs.byteVector(),
	network: bcs.bytes(32),
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	boundary: bcs.u64(),
	parent_boundary: bcs.u64(),
	hash: bcs.byteVector(),
	merge_digest: bcs.byteVector(),
});

/** The bytes that the operator signs as a personal message of Sui, as `signed_attestation::SignedAttestation` has them. */
export function encodeCheckpointAttestation(
	attestation: CheckpointAttestation,
	{ network, validatorGeneration }: { readonly network: string; readonly validatorGeneration: number },
): Uint8Array {
	return CheckpointAttestationBcs.serialize({
		domain: new TextEncoder().encode(CHECKPOINT_ATTESTATION_DOMAIN),
		network: addressBytes(network),
		validator_uid: attestation.validatorUid,
		validator_generation: validatorGeneration,
		boundary: attestation.boundary,
		parent_boundary: attestation.parentBoundary,
		hash: attestation.hash ?? new Uint8Array(0),
		merge_digest: attestation.mergeDigest,
	}).toBytes();
}
