import { bcs } from '@mysten/sui/bcs';
import type { Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';
import type { SignedAttestation } from '#clients/chain/sign-attestation.ts';

const bytes = (transaction: Transaction, value: Uint8Array) => transaction.pure(bcs.byteVector().serialize(value));

/** By anybody: the validator votes as its operator signed. */
export function relayAttestation(transaction: Transaction, { packageId, objects }: Target, signed: SignedAttestation): void {
	const { attestation } = signed;
	transaction.moveCall({
		target: `${packageId}::round_state::relay_attestation`,
		arguments: [
			...[objects.roundState, objects.network, objects.hparams, objects.validatorRegistry].map((id) => transaction.object(id)),
			transaction.pure.u16(attestation.validatorUid),
			transaction.pure.u64(attestation.boundary),
			...said(transaction, signed),
			transaction.object(CLOCK_ID),
		],
	});
}

/** Two attestations of one validator, of one generation and boundary, that differ in the rest: the bounty goes to the recipient. */
export function proveEquivocation(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ one, other }: { readonly one: SignedAttestation; readonly other: SignedAttestation },
	recipient: string,
): void {
	const bounty = transaction.moveCall({
		target: `${packageId}::slashing::prove_equivocation`,
		arguments: [
			...[objects.validatorRegistry, objects.vault, objects.network, objects.hparams].map((id) => transaction.object(id)),
			...accused(transaction, one),
			...said(transaction, one),
			...said(transaction, other),
			transaction.object(CLOCK_ID),
		],
	});
	transaction.transferObjects([bounty], recipient);
}

/** A signed attestation that differs from the vote that the chain recorded of that validator: the bounty goes to the recipient. */
export function proveContradiction(transaction: Transaction, { packageId, objects }: Target, signed: SignedAttestation, recipient: string): void {
	const bounty = transaction.moveCall({
		target: `${packageId}::slashing::prove_contradiction`,
		arguments: [
			...[objects.validatorRegistry, objects.vault, objects.network, objects.hparams, objects.roundState].map((id) => transaction.object(id)),
			...accused(transaction, signed),
			...said(transaction, signed),
			transaction.object(CLOCK_ID),
		],
	});
	transaction.transferObjects([bounty], recipient);
}

const accused = (transaction: Transaction, { attestation, validatorGeneration }: SignedAttestation) => [
	transaction.pure.u16(attestation.validatorUid),
	transaction.pure.u32(validatorGeneration),
	transaction.pure.u64(attestation.boundary),
];

const said = (transaction: Transaction, { attestation, signature }: SignedAttestation) => [
	transaction.pure.u64(attestation.parentBoundary),
	bytes(transaction, attestation.hash ?? new Uint8Array(0)),
	bytes(transaction, attestation.mergeDigest),
	bytes(transaction, signature),
];
