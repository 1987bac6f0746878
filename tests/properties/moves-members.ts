/** Of owners of miners and validators: who is registered, with what stake, and who acts for them. */
import { enclaveUserData } from '#core/gradient/records.ts';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';
import type { EnclaveRecord, Escrow, Member, PcrSet, RosterEntry } from './layouts.ts';
import { actorOf, type MakeCall, type Scene, slips, someAddress } from './moves.ts';
import { isActive, type Role } from './view.ts';

const MODULES = { miner: 'peer_registry', validator: 'validator_registry' } as const;

function someRole({ random }: Scene): Role {
	return random.chance(50) ? 'miner' : 'validator';
}

function someMember(scene: Scene, role: Role): Member | undefined {
	const { view, random } = scene;
	const members: readonly Member[] = role === 'miner' ? view.miners() : view.validators();
	const active = members.filter(isActive);
	return random.of(random.chance(88) && active.length > 0 ? active : members);
}

const registration = (scene: Scene, role: Role, target: string, factor: bigint) => {
	const { view, random } = scene;
	const least = view.hparam(role === 'miner' ? 'min_miner_stake_mist' : 'min_validator_stake_mist');
	const stake = least * factor + BigInt(random.below(1_000));
	// Few share an operator: a validator's acts for one.
	const sender = random.below(scene.world.actors.length);
	const operator = random.chance(70) ? scene.world.actors[sender]!.address : someAddress(scene);
	return { target, sender, pure: [operator], coins: [stake, view.hparam('registration_fee_mist')] };
};

const register: MakeCall = (scene) => {
	const role = someRole(scene);
	const active = BigInt((role === 'miner' ? scene.view.miners() : scene.view.validators()).filter(isActive).length);
	const isFull = active >= scene.view.hparam(role === 'miner' ? 'max_miners' : 'max_validators');
	if (isFull && !slips(scene, 10)) return undefined;
	return registration(scene, role, `${MODULES[role]}::register_${role}`, 1n);
};

const replace: MakeCall = (scene) => {
	const role = someRole(scene);
	const active = BigInt((role === 'miner' ? scene.view.miners() : scene.view.validators()).filter(isActive).length);
	if (active < scene.view.hparam(role === 'miner' ? 'max_miners' : 'max_validators') && !slips(scene, 15)) return undefined;
	return registration(
		scene,
		role,
		role === 'miner' ? 'registration::replace_miner' : 'validator_registry::replace_validator',
		BigInt(1 + scene.random.below(4)),
	);
};

const addStake: MakeCall = (scene) => {
	const role = someRole(scene);
	const member = someMember(scene, role);
	if (member === undefined) return undefined;
	return {
		target: `${MODULES[role]}::add_stake`,
		sender: actorOf(scene, member.owner),
		pure: [member.uid],
		coins: [BigInt(1 + scene.random.below(20_000_000))],
	};
};

const unbond: MakeCall = (scene) => {
	const role = someRole(scene);
	const member = someMember(scene, role);
	if (member === undefined) return undefined;
	const { random, view } = scene;
	const stake = view.escrow(role, member.uid, member.generation)?.stake.value ?? 0n;
	const spare = stake - view.hparam(role === 'miner' ? 'min_miner_stake_mist' : 'min_validator_stake_mist');
	const amount = spare > 0n && random.chance(90) ? (random.chance(30) ? spare : 1n + BigInt(random.below(Number(spare)))) : stake;
	return { target: `${MODULES[role]}::unbond_stake`, sender: actorOf(scene, member.owner), pure: [member.uid, amount] };
};

const deactivate: MakeCall = (scene) => {
	const role = someRole(scene);
	const member = someMember(scene, role);
	return member && { target: `${MODULES[role]}::deactivate`, sender: actorOf(scene, member.owner), pure: [member.uid] };
};

const withdraw: MakeCall = (scene) => {
	const { view, random } = scene;
	const escrows = [...view.state.table<Escrow>('vault.escrow')].filter(([, { unbonding }]) => unbonding.length > 0).sort();
	const released = escrows.filter(([, { unbonding }]) => unbonding[0]!.release_window <= view.window);
	const chosen = random.of(released.length > 0 ? released : slips(scene, 35) ? escrows : []);
	if (chosen === undefined) return undefined;
	const [key, { owner }] = chosen;
	return { target: 'vault::withdraw', sender: actorOf(scene, owner), pure: key.split('/').map(Number) };
};

const setCredentials: MakeCall = (scene) => {
	const { view, random } = scene;
	const miners = view.miners();
	const bare = miners.filter((miner) => isActive(miner) && miner.cred_version === 0);
	const miner = random.of(bare.length > 0 ? bare : slips(scene, 15) ? miners : []);
	if (miner === undefined) return undefined;
	return {
		target: 'peer_registry::set_credentials',
		sender: actorOf(scene, miner.owner),
		pure: [miner.uid, miner.cred_version + 1, new Uint8Array(1 + random.below(60)).fill(7)],
	};
};

const setOperator: MakeCall = (scene) => {
	const role = someRole(scene);
	const member = someMember(scene, role);
	return member && { target: `${MODULES[role]}::set_operator`, sender: actorOf(scene, member.owner), pure: [member.uid, someAddress(scene)] };
};

const delegate: MakeCall = (scene) => {
	const member = someMember(scene, 'validator');
	if (member === undefined) return undefined;
	const { random, view } = scene;
	const sender = actorOf(scene, member.owner);
	const agents = [...view.state.table<RosterEntry>('validator_registry.agents')]
		.filter(([, { uid }]) => uid === member.uid)
		.map(([address]) => address)
		.sort();
	if (random.chance(30)) return { target: 'validator_registry::remove_delegate', sender, pure: [member.uid, random.of(agents) ?? someAddress(scene)] };
	return { target: 'validator_registry::add_delegate', sender, pure: [member.uid, someAddress(scene)] };
};

const registerEnclave: MakeCall = (scene) => {
	const { view, random, keys, world } = scene;
	const enclaves = view.state.table<EnclaveRecord>('enclave_registry.enclaves');
	const { allow_list } = view.state.root<{ readonly allow_list: readonly PcrSet[] }>('enclave_registry');
	const isLive = (row: number) => {
		const set = allow_list[row]!;
		return !set.revoked && set.from_window <= view.window && view.window < set.until_window;
	};
	const lacking = view.validators().filter((validator) => {
		const enclave = enclaves.get(String(validator.uid));
		return isActive(validator) && (enclave === undefined || enclave.validator_generation !== validator.generation || !isLive(enclave.pcr_row));
	});
	const validator = lacking.length > 0 ? random.of(lacking) : slips(scene, 6) ? random.of(view.validators()) : undefined;
	if (validator === undefined) return undefined;
	const used = view.state.table('enclave_registry.keys').size;
	const key = keys[slips(scene, 8) ? random.below(used + 1) : used % keys.length]!;
	const fault = scene.theme === 'peaceful' ? undefined : random.below(16);
	const document = world.minter.mint({
		timestampMs: view.nowMs - (fault === 0 ? 60_001n : fault === 1 ? -1n : 0n),
		pcrs: new Map(TEST_PCRS.map((pcr, i) => [i, fault === 2 && i === 1 ? new Uint8Array(48).fill(9) : pcr])),
		publicKey: fault === 3 ? key.publicKey.subarray(1) : key.publicKey,
		userData: enclaveUserData({
			network: view.network.id,
			validatorUid: validator.uid,
			validatorGeneration: validator.generation + (fault === 4 ? 1 : 0),
			owner: validator.owner,
		}),
		nonce: undefined,
	});
	const broken = fault === 5 ? document.map((byte, i) => (i === document.length - 1 ? byte ^ 1 : byte)) : document;
	return { target: 'enclave_registry::register_enclave', sender: actorOf(scene, validator.operator), pure: [validator.uid], document: broken };
};

/** Asked by Seal's key servers; changes nothing. */
const approve: MakeCall = (scene) => {
	const { view, random } = scene;
	const miner = random.of(view.miners());
	if (miner === undefined) return undefined;
	const agents = [...view.state.table<RosterEntry>('validator_registry.agents').keys()].sort();
	const identity = encodeSealIdentity({
		network: view.network.id,
		kind: 'minerCredentials',
		uid: miner.uid,
		generation: miner.generation,
		credVersion: Math.max(0, miner.cred_version - random.below(2)),
	});
	return { target: 'seal_policy::seal_approve', sender: actorOf(scene, random.of(agents) ?? someAddress(scene)), pure: [identity] };
};

export const memberMoves: readonly (readonly [number, MakeCall])[] = [
	[14, register],
	[6, replace],
	[4, addStake],
	[4, unbond],
	[3, deactivate],
	[10, withdraw],
	[14, setCredentials],
	[2, setOperator],
	[3, delegate],
	[14, registerEnclave],
	[4, approve],
];
