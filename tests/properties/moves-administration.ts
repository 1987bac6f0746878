/** Of who holds the AdminCap, and of who would like to. */
import { HPARAM_SPECS, type HparamName } from '#core/gradient/hparams.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';
import type { PcrSet, RewardPool, VaultRoot } from './layouts.ts';
import { actorOf, type MakeCall, type Scene, someAddress } from './moves.ts';
import type { Pure } from './pure.ts';

const administer = (scene: Scene, target: string, ...pure: Pure[]) => ({ target, sender: actorOf(scene, scene.admin.address), pure });

/** What may be proposed without the rest of a sequence coming to nothing. */
const PROPOSALS: readonly (readonly [HparamName, readonly bigint[]])[] = [
	['checkpoint_frequency', [3n, 4n, 5n]],
	['checkpoint_activation_delay', [0n, 1n, 9n]],
	['max_merge_windows', [1n, 4n, 9n]],
	['retention_windows', [8n, 11n]],
	['evidence_windows', [1n, 6n, 8n]],
	['unbond_delay_windows', [18n, 22n, 30n]],
	// Often, because what unbonds must be met by a shorter delay.
	['unbond_delay_windows', [18n, 22n, 40n]],
	['unbond_delay_windows', [18n]],
	['max_miners', [1n, 3n, 4n, 6n]],
	['max_validators', [1n, 3n, 4n]],
	['min_miner_stake_mist', [1n, 1_000_003n, 2_000_000n]],
	['min_validator_stake_mist', [1n, 10_000_019n, 13_000_000n]],
	['registration_fee_mist', [0n, 777n, 5_000n]],
	['immunity_windows', [0n, 1n, 5n]],
	['validator_offset_windows', [0n, 2n]],
	['validator_warmup_windows', [0n, 3n]],
	['score_quorum_bps', [5_000n, 6_667n, 10_000n]],
	['checkpoint_quorum_bps', [5_000n, 6_667n]],
	['min_consensus_validators', [1n, 2n]],
	['top_g', [1n, 2n, 256n]],
	['emission_per_window', [0n, 1n, 1_000_000_007n, 9_000_000_000n]],
	['emission_miner_bps', [0n, 7_200n, 8_200n]],
	['emission_validator_bps', [0n, 1_800n]],
	['equivocation_slash_bps', [0n, 3_333n, 10_000n]],
	['evidence_bounty_bps', [0n, 777n, 1_000n]],
];

const propose: MakeCall = (scene) => {
	const { view, random } = scene;
	const { values, model_manifest_hash, dataset_root } = view.paramsAt(view.window + 1n);
	const changed = [...values];
	const [name, choices] = random.of(PROPOSALS)!;
	const at = HPARAM_SPECS.findIndex((spec) => spec[0] === name);
	const [, , lowest, highest] = HPARAM_SPECS[at]!;
	changed[at] = random.chance(85) ? random.of(choices)! : random.of([highest + 1n, lowest === 0n ? 0n : lowest - 1n])!;
	return administer(scene, 'hparams::propose', changed, Buffer.from(model_manifest_hash, 'hex'), Buffer.from(dataset_root, 'hex'));
};

const pause: MakeCall = (scene) => {
	const { view, random } = scene;
	if (view.isPaused() && random.chance(80)) return administer(scene, 'network::resume');
	return random.chance(50) ? administer(scene, 'network::pause', BigInt(1 + random.below(15_000))) : undefined;
};

const spend: MakeCall = (scene) => {
	const { view, random } = scene;
	const isFees = random.chance(50);
	const held = isFees ? view.state.root<VaultRoot>('vault').treasury.value : view.state.root<RewardPool>('reward_distributor').treasury.value;
	if (held === 0n && random.chance(90)) return undefined;
	return administer(scene, isFees ? 'vault::spend_fees' : 'reward_distributor::spend_treasury', random.chance(50) ? held : held / 3n + 1n);
};

const handOver: MakeCall = (scene) => {
	const { view, random } = scene;
	const offered = view.network.offered_to;
	if (offered !== undefined && random.chance(75)) return { target: 'network::accept_administration', sender: actorOf(scene, offered), pure: [] };
	return administer(scene, 'network::offer_administration', random.chance(70) ? someAddress(scene) : undefined);
};

const allowPcrs: MakeCall = (scene) =>
	administer(scene, 'enclave_registry::add_pcr_set', ...TEST_PCRS.map((pcr) => (scene.random.chance(95) ? pcr : new Uint8Array(48))));

const endPcrs: MakeCall = (scene) => {
	const { view, random } = scene;
	const { allow_list } = view.state.root<{ readonly allow_list: readonly PcrSet[] }>('enclave_registry');
	const row = random.below(allow_list.length + 1);
	// The only row that is live stays, as a rule.
	if (allow_list.filter(({ revoked }) => !revoked).length < 2 && random.chance(90)) return undefined;
	return random.chance(50)
		? administer(scene, 'enclave_registry::revoke_pcr_set', row)
		: administer(scene, 'enclave_registry::expire_pcr_set', row, view.window + BigInt(random.below(6)));
};

const upgrade: MakeCall = (scene) =>
	scene.random.chance(60) ? administer(scene, 'upgrade_vault::propose', new Uint8Array(32).fill(5)) : administer(scene, 'upgrade_vault::cancel');

const migrate: MakeCall = (scene) => administer(scene, 'network::migrate');

export const administrationMoves: readonly (readonly [number, MakeCall])[] = [
	[5, propose],
	[2, pause],
	[4, spend],
	[2, handOver],
	[2, allowPcrs],
	[1, endPcrs],
	[2, upgrade],
	[1, migrate],
];
