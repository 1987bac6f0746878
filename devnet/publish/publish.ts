import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { NetworkCreated, RewardPoolCreated } from '#clients/chain/bindings.ts';
import { CLOCK_ID } from '#clients/chain/calls.ts';
import { type ExecutedTransaction, eventOf, execute } from '#clients/chain/execute.ts';
import { parse } from '#clients/chain/objects.ts';
import { NO_REWARD_POOL } from '#clients/chain/rewards.ts';
import { VramhubError } from '#core/errors.ts';
import { type HparamValues, hparamsToList } from '#core/gradient/hparams.ts';
import { type CompiledPackage, compilePackage, readContracts, readSealPackage } from '#devnet/compiler/compile.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';

/** Who publishes: any chain that the client reaches, any key with enough coins. */
export interface Publisher {
	readonly client: ClientWithCoreApi;
	readonly signer: Signer;
}

export interface Published {
	readonly packageId: string;
	/** Owned by the publisher. */
	readonly upgradeCap: string;
	/** Mints the package's coin, if it has one. Owned by the publisher. */
	readonly treasuryCap: string | undefined;
	/** All objects that the publication made, the package and its UpgradeCap apart. */
	readonly created: readonly { readonly id: string; readonly type: string }[];
	readonly digest: string;
}

/** Publishes a compiled package; its upgrade capability goes to the publisher. Throws CHAIN_REJECTED, CHAIN_UNAVAILABLE. */
export async function publishPackage({ client, signer }: Publisher, { modules, dependencies }: CompiledPackage, what: string): Promise<Published> {
	const executed = await execute({
		client,
		signer,
		what: `publishing ${what}`,
		build: (transaction) => {
			const cap = transaction.publish({ modules: [...modules.values()].map((module) => Array.from(module)), dependencies: [...dependencies] });
			transaction.transferObjects([cap], signer.toSuiAddress());
		},
	});
	const packageId = executed.effects.changedObjects.find(({ outputState }) => outputState === 'PackageWrite')?.objectId;
	if (packageId === undefined) throw new VramhubError('INVARIANT', `transaction ${executed.digest} published no package`);
	const upgradeCap = createdOfType(executed, '::package::UpgradeCap')[0]!;
	const treasuryCap = createdObjects(executed, (type) => type.includes('::coin::TreasuryCap<'))[0];
	const created = createdObjects(executed, (type) => type !== '')
		.filter((id) => id !== packageId && id !== upgradeCap)
		.map((id) => ({ id, type: executed.objectTypes[id]! }));
	return { packageId, upgradeCap, treasuryCap, created, digest: executed.digest };
}

/** `sui::package`: what the next version may change. A capability's own policy can only become stricter. */
export const UPGRADE_POLICY = { compatible: 0, additive: 128, depOnly: 192 } as const;

export interface UpgradeRequest {
	/** The newest version: what the capability names. */
	readonly packageId: string;
	readonly upgradeCap: string;
	/** {@link UPGRADE_POLICY}; `compatible` when left out. */
	readonly policy?: number;
}

/** Publishes a compiled package as the next version of one. Throws CHAIN_REJECTED when it is not compatible, CHAIN_UNAVAILABLE. */
export async function upgradePackage(
	{ client, signer }: Publisher,
	{ modules, dependencies, digest }: CompiledPackage,
	{ packageId, upgradeCap, policy = UPGRADE_POLICY.compatible }: UpgradeRequest,
	what: string,
): Promise<Pick<Published, 'packageId' | 'digest'>> {
	const executed = await execute({
		client,
		signer,
		what: `upgrading ${what}`,
		build: (transaction) => {
			const cap = transaction.object(upgradeCap);
			const ticket = transaction.moveCall({
				target: '0x2::package::authorize_upgrade',
				arguments: [cap, transaction.pure.u8(policy), transaction.pure(bcs.byteVector().serialize(Buffer.from(digest, 'hex')))],
			});
			const receipt = transaction.upgrade({
				modules: [...modules.values()].map((module) => Array.from(module)),
				dependencies: [...dependencies],
				package: packageId,
				ticket,
			});
			transaction.moveCall({ target: '0x2::package::commit_upgrade', arguments: [cap, receipt] });
		},
	});
	const upgraded = executed.effects.changedObjects.find(({ outputState }) => outputState === 'PackageWrite')?.objectId;
	if (upgraded === undefined) throw new VramhubError('INVARIANT', `transaction ${executed.digest} wrote no package`);
	return { packageId: upgraded, digest: executed.digest };
}

/** Compiles the contracts of this checkout and publishes them. */
export async function publishVramhub(publisher: Publisher): Promise<Published> {
	return publishPackage(publisher, await compilePackage({ files: await readContracts() }), 'the contracts');
}

export interface NetworkParameters {
	readonly packageId: string;
	readonly windowDurationMs: bigint;
	readonly values: HparamValues;
	/** SHA-256 of the canonical model manifest. */
	readonly modelManifestHash: Uint8Array;
	readonly datasetRoot: Uint8Array;
	/** SHA-256 of the genesis checkpoint's file. */
	readonly genesisCheckpointHash: Uint8Array;
	/** SHA-384 each: the enclave image that may register. */
	readonly pcrs: readonly [Uint8Array, Uint8Array, Uint8Array];
}

export interface CreatedNetwork {
	readonly objects: NetworkObjects;
	/** Owned by the creator. */
	readonly adminCap: string;
	readonly digest: string;
}

/** Smallest units of VRAM (9 decimals) that a reward pool of a development network mints at most: 21 million. */
export const REWARD_SUPPLY = 21_000_000_000_000_000n;

/** What a publication gave its publisher, and the first network of the package locks away. */
export type PublisherCaps = Pick<Published, 'treasuryCap' | 'upgradeCap'>;

/**
 * `network_setup::create_network`: makes and shares every object of a network. The first network of a package takes the right to mint into its reward
 * pool, and the right to upgrade into its upgrade vault; without the one, a network distributes nothing, without the other, it says nothing of upgrades.
 */
export async function createNetwork(publisher: Publisher, parameters: NetworkParameters, caps?: PublisherCaps): Promise<CreatedNetwork> {
	const { client, signer } = publisher;
	const executed = await execute({
		client,
		signer,
		what: 'creating the network',
		build: (transaction) => {
			const bytes = (value: Uint8Array) => transaction.pure(bcs.byteVector().serialize(value));
			transaction.moveCall({
				target: `${parameters.packageId}::network_setup::create_network`,
				arguments: [
					transaction.pure.u64(parameters.windowDurationMs),
					transaction.pure.vector('u64', hparamsToList(parameters.values)),
					bytes(parameters.modelManifestHash),
					bytes(parameters.datasetRoot),
					bytes(parameters.genesisCheckpointHash),
					...parameters.pcrs.map(bytes),
					transaction.object(CLOCK_ID),
				],
			});
		},
	});
	const created = parse(NetworkCreated, eventOf(executed, 'NetworkCreated'), 'the event NetworkCreated');
	const { network, admin_cap: adminCap } = created;
	const { packageId } = parameters;
	const treasuryCap = caps?.treasuryCap;
	const rewardPool = treasuryCap === undefined ? NO_REWARD_POOL : await createRewardPool(publisher, { packageId, network, adminCap, treasuryCap });
	if (caps !== undefined) await lockUpgrades(publisher, { packageId, network, adminCap, upgradeCap: caps.upgradeCap });
	return {
		objects: {
			network: created.network,
			hparams: created.hparams,
			vault: created.vault,
			peerRegistry: created.peer_registry,
			validatorRegistry: created.validator_registry,
			enclaveRegistry: created.enclave_registry,
			gradientRegistry: created.gradient_registry,
			roundState: created.round_state,
			scoreLedger: created.score_ledger,
			consensus: created.consensus,
			rewardPool,
		},
		adminCap,
		digest: executed.digest,
	};
}

interface RewardPoolRequest {
	readonly packageId: string;
	readonly network: string;
	readonly adminCap: string;
	readonly treasuryCap: string;
}

async function createRewardPool({ client, signer }: Publisher, { packageId, network, adminCap, treasuryCap }: RewardPoolRequest): Promise<string> {
	const executed = await execute({
		client,
		signer,
		what: 'creating the reward pool',
		build: (transaction) => {
			transaction.moveCall({
				target: `${packageId}::reward_distributor::create_pool`,
				arguments: [transaction.object(adminCap), transaction.object(network), transaction.object(treasuryCap), transaction.pure.u64(REWARD_SUPPLY)],
			});
		},
	});
	return parse(RewardPoolCreated, eventOf(executed, 'RewardPoolCreated'), 'the event RewardPoolCreated').pool;
}

export interface UpgradeLockRequest {
	readonly packageId: string;
	readonly network: string;
	readonly adminCap: string;
	readonly upgradeCap: string;
}

export async function lockUpgrades({ client, signer }: Publisher, { packageId, network, adminCap, upgradeCap }: UpgradeLockRequest): Promise<void> {
	await execute({
		client,
		signer,
		what: 'locking the right to upgrade',
		build: (transaction) => {
			transaction.moveCall({
				target: `${packageId}::upgrade_vault::create`,
				arguments: [adminCap, network, upgradeCap].map((id) => transaction.object(id)),
			});
		},
	});
}

export interface SealServerRegistration {
	readonly name: string;
	readonly url: string;
	/** Compressed G2 element, 96 bytes. */
	readonly publicKey: Uint8Array;
}

/** Seal's `KeyType::BonehFranklinBLS12381`. */
const KEY_TYPE_BONEH_FRANKLIN = 0;

export interface PublishedSealServers {
	readonly packageId: string;
	/** Key server objects in the order asked. */
	readonly objectIds: readonly string[];
}

/** Publishes Seal's key-server package and registers one object a server, as `@mysten/seal` reads them. */
export async function publishSealKeyServers(publisher: Publisher, servers: readonly SealServerRegistration[]): Promise<PublishedSealServers> {
	const { client, signer } = publisher;
	const { packageId } = await publishPackage(publisher, await compilePackage({ files: await readSealPackage() }), "Seal's key servers");
	const objectIds: string[] = [];
	// One transaction each: the order of several created objects says nothing about which is whose.
	for (const server of servers) {
		const executed = await execute({
			client,
			signer,
			what: `registering key server ${server.name}`,
			build: (transaction) => {
				transaction.moveCall({
					target: `${packageId}::key_server::create_and_transfer_v2_independent_server`,
					arguments: [
						transaction.pure.string(server.name),
						transaction.pure.string(server.url),
						transaction.pure.u8(KEY_TYPE_BONEH_FRANKLIN),
						transaction.pure(bcs.byteVector().serialize(server.publicKey)),
					],
				});
			},
		});
		objectIds.push(createdOfType(executed, '::key_server::KeyServer')[0]!);
	}
	return { packageId, objectIds };
}

function createdOfType(executed: ExecutedTransaction, suffix: string): string[] {
	const ids = createdObjects(executed, (type) => type.endsWith(suffix));
	if (ids.length === 0) throw new VramhubError('INVARIANT', `transaction ${executed.digest} created no object of type …${suffix}`);
	return ids;
}

function createdObjects({ effects, objectTypes }: ExecutedTransaction, isWanted: (type: string) => boolean): string[] {
	return effects.changedObjects
		.filter(({ idOperation, objectId }) => idOperation === 'Created' && isWanted(objectTypes[objectId] ?? ''))
		.map(({ objectId }) => objectId);
}
