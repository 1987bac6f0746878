import type { Signer } from '@mysten/sui/cryptography';
import { VramhubError } from '#core/errors.ts';
import { type CheckpointAttestation, encodeCheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';

/** An operator's word that anybody may bring to the chain. */
export interface SignedAttestation {
	readonly attestation: CheckpointAttestation;
	readonly validatorGeneration: number;
	/** Scheme 0, signature[64], public key[32]. */
	readonly signature: Uint8Array;
}

/**
 * Signs as any Sui wallet does for a personal message. Two attestations of one boundary cost the validator its stake: sign one, and sign nothing
 * that another machine may have signed differently. Throws BAD_ARGUMENT for a key that is not Ed25519: the chain would not take it.
 */
export async function signAttestation(
	signer: Signer,
	attestation: CheckpointAttestation,
	of: { readonly network: string; readonly validatorGeneration: number },
): Promise<SignedAttestation> {
	if (signer.getKeyScheme() !== 'ED25519') throw new VramhubError('BAD_ARGUMENT', `an operator signs with an Ed25519 key, not ${signer.getKeyScheme()}`);
	const { signature } = await signer.signPersonalMessage(encodeCheckpointAttestation(attestation, of));
	return { attestation, validatorGeneration: of.validatorGeneration, signature: Buffer.from(signature, 'base64') };
}
