import { Network } from '#clients/chain/bindings.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { parse } from '#clients/chain/objects.ts';
import { NO_REWARD_POOL } from '#clients/chain/rewards.ts';
import type { FindObjects } from '#runtime/deployment.ts';

/** Types by module and name, of what a Network object names as its own. */
const PARTS = {
	hparams: 'hparams::Hparams',
	vault: 'vault::Vault',
	peerRegistry: 'peer_registry::PeerRegistry',
	validatorRegistry: 'validator_registry::ValidatorRegistry',
	enclaveRegistry: 'enclave_registry::EnclaveRegistry',
	gradientRegistry: 'gradient_registry::GradientRegistry',
	roundState: 'round_state::RoundState',
	scoreLedger: 'score_ledger::ScoreLedger',
	consensus: 'consensus::Consensus',
	rewardPool: 'reward_distributor::RewardPool',
} as const;

/** The objects that a Network object names. Throws CHAIN_OBJECT_MISSING, CHAIN_UNAVAILABLE, INVARIANT when it is none. */
export const findObjects: FindObjects = async (rpcUrl, network) => {
	const { core } = connectChain(rpcUrl);
	try {
		const { object } = await core.getObject({ objectId: network, include: { content: true } });
		const { objects: objectIds } = parse(Network, object.content, `network ${network}`);
		const { objects } = await core.getObjects({ objectIds });
		const known = objects.flatMap((it) => (it instanceof Error ? [] : [it]));
		const idOf = (type: string) => known.find((it) => it.type.endsWith(`::${type}`))?.objectId;
		const found = Object.fromEntries(Object.entries(PARTS).map(([part, type]) => [part, idOf(type)]));
		return { network, ...found, rewardPool: found.rewardPool ?? NO_REWARD_POOL };
	} catch (error) {
		throw translateChainError(error, `finding the objects of network ${network}`);
	}
};
