import type { Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';

/** By the validator's owner: another address acts for it at once, one that never did before. */
export function setValidatorOperator(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ uid, operator }: { readonly uid: number; readonly operator: string },
): void {
	transaction.moveCall({
		target: `${packageId}::validator_registry::set_operator`,
		arguments: [
			transaction.object(objects.validatorRegistry),
			transaction.object(objects.network),
			transaction.pure.u16(uid),
			transaction.pure.address(operator),
			transaction.object(CLOCK_ID),
		],
	});
}

/** In a full registry: the weakest validator past its immunity leaves for a newcomer that stakes more. The sender owns the newcomer. */
export function replaceValidator(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ stakeMist, feeMist, operator }: { readonly stakeMist: bigint; readonly feeMist: bigint; readonly operator: string },
): void {
	const [stake, fee] = transaction.splitCoins(transaction.gas, [stakeMist, feeMist]);
	transaction.moveCall({
		target: `${packageId}::validator_registry::replace_validator`,
		arguments: [
			...[objects.validatorRegistry, objects.vault, objects.network, objects.hparams].map((id) => transaction.object(id)),
			stake!,
			fee!,
			transaction.pure.address(operator),
			transaction.object(CLOCK_ID),
		],
	});
}
