import type { Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';
import { NO_REWARD_POOL } from '#clients/chain/rewards.ts';

/** Takes a window's lists off the chain; what their storage cost goes to who pays the gas. A network without a reward pool prunes what pays nothing. */
export function pruneWindow(transaction: Transaction, { packageId, objects }: Target, { window }: { readonly window: bigint }): void {
	const { network, hparams, gradientRegistry, roundState, validatorRegistry, scoreLedger, consensus, rewardPool } = objects;
	const pool = rewardPool === NO_REWARD_POOL ? [] : [rewardPool];
	const shared = [network, hparams, gradientRegistry, roundState, validatorRegistry, scoreLedger, consensus, ...pool];
	transaction.moveCall({
		target: `${packageId}::retention::${pool.length > 0 ? 'prune_window' : 'prune_unpaid_window'}`,
		arguments: [...shared.map((id) => transaction.object(id)), transaction.pure.u64(window), transaction.object(CLOCK_ID)],
	});
}
