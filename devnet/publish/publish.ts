import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { NetworkCreated } from '#clients/chain/bindings.ts';
import { CLOCK_ID } from '#clients/chain/calls.ts';
import { type ExecutedTransaction, execute } from '#clients/chain/execute.ts';
import { parse } from '#clients/chain/objects.ts';
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
	return { packageId, upgradeCap: createdOfType(executed, '::package::UpgradeCap')[0]!, digest: executed.digest };
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

/** `network_setup::create_network`: makes and shares every object of a network. */
export async function createNetwork({ client, signer }: Publisher, parameters: NetworkParameters): Promise<CreatedNetwork> {
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
	const event = executed.events.find(({ eventType }) => eventType.endsWith('::NetworkCreated'));
	if (event === undefined) throw new VramhubError('INVARIANT', `transaction ${executed.digest} created no network`);
	const created = parse(NetworkCreated, event.bcs, 'the event NetworkCreated');
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
		},
		adminCap: created.admin_cap,
		digest: executed.digest,
	};
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

function createdOfType({ effects, objectTypes, digest }: ExecutedTransaction, suffix: string): string[] {
	const ids = effects.changedObjects
		.filter(({ idOperation, objectId }) => idOperation === 'Created' && objectTypes[objectId]?.endsWith(suffix) === true)
		.map(({ objectId }) => objectId);
	if (ids.length === 0) throw new VramhubError('INVARIANT', `transaction ${digest} created no object of type …${suffix}`);
	return ids;
}
