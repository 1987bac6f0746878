import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '@mysten/sui/cryptography';
import type { ChainReader } from '#clients/chain/port.ts';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { type CheckpointAttestation, encodeCheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import { writeFileOnce } from '#runtime/files.ts';

/** An operator's word that anybody may bring to the chain. */
export interface SignedAttestation {
	readonly attestation: CheckpointAttestation;
	readonly validatorGeneration: number;
	/** Scheme 0, signature[64], public key[32]. */
	readonly signature: Uint8Array;
}

/** Whose word it is: what the message holds besides the attestation. */
export interface AttestingValidator {
	readonly network: string;
	readonly validatorGeneration: number;
}

/**
 * Signs as any Sui wallet does for a personal message. Two attestations of one boundary cost the validator its stake: {@link signAttestationOnce} is
 * what an operator uses. Throws BAD_ARGUMENT for a key that is not Ed25519: the chain would not take it.
 */
export async function signAttestation(signer: Signer, attestation: CheckpointAttestation, of: AttestingValidator): Promise<SignedAttestation> {
	if (signer.getKeyScheme() !== 'ED25519') throw new VramhubError('BAD_ARGUMENT', `an operator signs with an Ed25519 key, not ${signer.getKeyScheme()}`);
	const { signature } = await signer.signPersonalMessage(encodeCheckpointAttestation(attestation, of));
	return { attestation, validatorGeneration: of.validatorGeneration, signature: Buffer.from(signature, 'base64') };
}

/**
 * Notes on disk what is signed before it is signed; the same again is signed again. Throws BAD_ARGUMENT when this machine has signed, or the chain has
 * recorded, something else of the boundary. `journal`: a folder that the validator's machines share; one that is lost protects nobody.
 */
export async function signAttestationOnce(
	{ signer, reader, journal }: { readonly signer: Signer; readonly reader: Pick<ChainReader, 'boundary'>; readonly journal: string },
	attestation: CheckpointAttestation,
	of: AttestingValidator,
): Promise<SignedAttestation> {
	const { validatorUid, boundary } = attestation;
	const refuse = (what: string) =>
		new VramhubError('BAD_ARGUMENT', `validator ${validatorUid} ${what} something else of boundary ${boundary}: two attestations would cost its stake`);
	const recorded = await reader.boundary(boundary);
	const vote = recorded?.votes.find((vote) => vote.validatorUid === validatorUid);
	if (recorded !== undefined && vote !== undefined) {
		const same =
			recorded.parentBoundary === attestation.parentBoundary &&
			equalBytes(vote.mergeDigest, attestation.mergeDigest) &&
			equalBytes(vote.hash, attestation.hash ?? new Uint8Array(0));
		if (!same) throw refuse('voted for');
	}
	const message = encodeCheckpointAttestation(attestation, of);
	const file = join(journal, `${of.network}-${validatorUid}-${of.validatorGeneration}-${boundary}`);
	if (!(await writeFileOnce(file, message)) && !equalBytes(await readFile(file), message)) throw refuse('signed');
	return signAttestation(signer, attestation, of);
}
