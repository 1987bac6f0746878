import { connectChain } from '#clients/chain/connect.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { VramhubError } from '#core/errors.ts';
import type { FindObjects } from '#runtime/deployment.ts';

/** Types by module and name, as `network_setup::create_network` makes them. */
const PARTS = {
	network: 'network::Network',
	hparams: 'hparams::Hparams',
	vault: 'vault::Vault',
	peerRegistry: 'peer_registry::PeerRegistry',
	validatorRegistry: 'validator_registry::ValidatorRegistry',
	enclaveRegistry: 'enclave_registry::EnclaveRegistry',
	gradientRegistry: 'gradient_registry::GradientRegistry',
	roundState: 'round_state::RoundState',
	scoreLedger: 'score_ledger::ScoreLedger',
	consensus: 'consensus::Consensus',
} as const;

/**
 * The objects that were made together with a network. No function of the contracts changes the Network object, so the transaction that touched it
 * last is the one that made it, and its effects list the rest. A full node that has pruned that transaction throws CHAIN_OBJECT_MISSING.
 */
export const findObjects: FindObjects = async (rpcUrl, packageId, network) => {
	const { core } = connectChain(rpcUrl);
	try {
		const { object } = await core.getObject({ objectId: network, include: { previousTransaction: true } });
		if (object.previousTransaction === null) return {};
		const { Transaction: made } = await core.getTransaction({ digest: object.previousTransaction, include: { effects: true, objectTypes: true } });
		if (made === undefined) throw new VramhubError('INVARIANT', `the transaction that made ${network} failed`);
		const created = made.effects.changedObjects.filter(({ idOperation }) => idOperation === 'Created');
		const idOf = (type: string) => created.find(({ objectId }) => made.objectTypes[objectId] === `${packageId}::${type}`)?.objectId;
		return Object.fromEntries(Object.entries(PARTS).map(([part, type]) => [part, idOf(type)]));
	} catch (error) {
		throw translateChainError(error, `finding the objects of network ${network}`);
	}
};
