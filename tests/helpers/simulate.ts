import type { ClientWithCoreApi } from '@mysten/sui/client';
import { Transaction } from '@mysten/sui/transactions';
import { executionFailure, translateChainError } from '#clients/chain/errors.ts';
import type { VramhubError } from '#core/errors.ts';

/** Dry run with this sender, without gas and signature: undefined when it would succeed, else the error that executing would give. */
export async function simulate(client: ClientWithCoreApi, sender: string, build: (transaction: Transaction) => void): Promise<VramhubError | undefined> {
	const transaction = new Transaction();
	transaction.setSender(sender);
	build(transaction);
	try {
		const { FailedTransaction: failed } = await client.core.simulateTransaction({ transaction });
		return failed?.status.success === false ? executionFailure(failed.status.error, 'a dry run') : undefined;
	} catch (error) {
		return translateChainError(error, 'a dry run');
	}
}
