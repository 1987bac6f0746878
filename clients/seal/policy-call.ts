import type { ClientWithCoreApi } from '@mysten/sui/client';
import { Transaction } from '@mysten/sui/transactions';
import { VramhubError } from '#core/errors.ts';

/** Shared objects that `seal_policy::seal_approve` reads, in the order of its arguments. */
export interface PolicyObjects {
	readonly network: string;
	readonly hparams: string;
	readonly peerRegistry: string;
	readonly validatorRegistry: string;
}

/** A built transaction kind that asks the policy about each identity. */
export type PolicyCall = (ids: readonly Uint8Array[]) => Promise<Uint8Array>;

/**
 * Reads once since which version the objects are shared; the calls are then built without the chain.
 * @throws CHAIN_OBJECT_MISSING
 */
export async function preparePolicyCall(client: ClientWithCoreApi, packageId: string, objects: PolicyObjects): Promise<PolicyCall> {
	const ids = [objects.network, objects.hparams, objects.peerRegistry, objects.validatorRegistry];
	const { objects: found } = await client.core.getObjects({ objectIds: ids });
	const references = found.map((object, i) => {
		if (object instanceof Error) throw new VramhubError('CHAIN_OBJECT_MISSING', `the object ${ids[i]} is not on the chain`);
		if (object.owner.$kind !== 'Shared') throw new VramhubError('CHAIN_OBJECT_MISSING', `the object ${ids[i]} is not shared`);
		return { objectId: object.objectId, initialSharedVersion: object.owner.Shared.initialSharedVersion, mutable: false };
	});
	return (identities) => {
		const transaction = new Transaction();
		const shared = references.map((reference) => transaction.sharedObjectRef(reference));
		const clock = transaction.object.clock();
		for (const identity of identities)
			transaction.moveCall({ target: `${packageId}::seal_policy::seal_approve`, arguments: [transaction.pure.vector('u8', identity), ...shared, clock] });
		return transaction.build({ onlyTransactionKind: true });
	};
}
