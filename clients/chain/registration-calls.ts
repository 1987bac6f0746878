import type { Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';

/** Registers the sender in place of the weakest miner; possible once all places are taken. Stake and fee come out of the gas coin. */
export function replaceMiner(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ stakeMist, feeMist, operator }: { readonly stakeMist: bigint; readonly feeMist: bigint; readonly operator: string },
): void {
	const [stake, fee] = transaction.splitCoins(transaction.gas, [stakeMist, feeMist]);
	const shared = [objects.peerRegistry, objects.vault, objects.network, objects.hparams, objects.roundState, objects.consensus];
	transaction.moveCall({
		target: `${packageId}::registration::replace_miner`,
		arguments: [...shared.map((id) => transaction.object(id)), stake!, fee!, transaction.pure.address(operator), transaction.object(CLOCK_ID)],
	});
}

/** Who commits for a miner, at once; by its owner. */
export function setMinerOperator(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ uid, operator }: { readonly uid: number; readonly operator: string },
): void {
	transaction.moveCall({
		target: `${packageId}::peer_registry::set_operator`,
		arguments: [transaction.object(objects.peerRegistry), transaction.object(objects.network), transaction.pure.u16(uid), transaction.pure.address(operator)],
	});
}
