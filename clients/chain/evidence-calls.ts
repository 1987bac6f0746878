import { bcs } from '@mysten/sui/bcs';
import type { Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';
import type { SignedAttestation } from '#clients/chain/sign-attestation.ts';

const bytes = (transaction: Transaction, value: Uint8Array) => transaction.pure(bcs.byteVector().serialize(value));

/** By anybody: the validator votes as its operator signed. */
export function relayAttestation(transaction: Transaction, { packageId, objects }: Target, { attestation, signature }: SignedAttestation): void {
	transaction.moveCall({
		target: `${packageId}::round_state::relay_attestation`,
		arguments: [
			...[objects.roundState, objects.network, objects.hparams, objects.validatorRegistry].map((id) => transaction.object(id)),
			transaction.pure.u16(attestation.validatorUid),
			transaction.pure.u64(attestation.boundary),
			transaction.pure.u64(attestation.parentBoundary),
			bytes(transaction, attestation.hash ?? new Uint8Array(0)),
			bytes(transaction, attestation.mergeDigest),
			bytes(transaction, signature),
			transaction.object(CLOCK_ID),
		],
	});
}
