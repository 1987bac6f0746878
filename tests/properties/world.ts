/** Where generated sequences begin: a published package, two networks, a reward pool, and people with money. Made once, never changed. */
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Transaction } from '@mysten/sui/transactions';
import { RewardPoolCreated } from '#clients/chain/bindings.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { eventOf, execute } from '#clients/chain/execute.ts';
import { parse } from '#clients/chain/objects.ts';
import { defaultHparamValues, type HparamValues } from '#core/gradient/hparams.ts';
import type { DevelopmentAccount } from '#devnet/accounts.ts';
import { compilePackage, type MoveFiles, readContracts } from '#devnet/compiler/compile.ts';
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { Address, MoveVm } from '#devnet/move/api.ts';
import { createDevelopmentRoot, createDocumentMinter, type DocumentMinter } from '#devnet/nitro/mint.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { type CreatedNetwork, createNetwork, lockUpgrades, type NetworkParameters, publishPackage } from '#devnet/publish/publish.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';

export const WINDOW_MS = 10_000n;
/** Small, so that halvings and the end of the supply are reached. */
export const MAX_SUPPLY = 5_000_000_011n;
export const GENESIS_MS = 1_800_000_000_000;
/** The first moment of every sequence: the beginning of a window that is a boundary. */
export const START_MS = BigInt(GENESIS_MS) + 4_000n * WINDOW_MS;

/** Few places, short delays and odd amounts: what takes months on a real network happens within some calls, and nothing divides evenly. */
export const HPARAMS: HparamValues = defaultHparamValues({
	put_window_open_ms: 4_000n,
	put_window_close_ms: 6_000n,
	checkpoint_frequency: 4n,
	max_merge_windows: 4n,
	retention_windows: 8n,
	evidence_windows: 6n,
	unbond_delay_windows: 22n,
	max_miners: 4n,
	max_validators: 3n,
	min_miner_stake_mist: 1_000_003n,
	min_validator_stake_mist: 10_000_019n,
	registration_fee_mist: 777n,
	max_registrations_per_window: 5n,
	immunity_windows: 1n,
	validator_offset_windows: 0n,
	validator_warmup_windows: 2n,
	rotation_grace_windows: 1n,
	max_attestation_age_ms: 60_000n,
	pcr_delay_windows: 1n,
	min_consensus_validators: 1n,
	emission_per_window: 1_000_000_007n,
	top_g: 2n,
	max_gradient_bytes: 4_096n,
	equivocation_slash_bps: 3_333n,
	evidence_bounty_bps: 777n,
});

export interface World {
	readonly vm: MoveVm;
	readonly packageId: Address;
	/** Everything that is on the chain. */
	readonly objects: ReadonlyMap<Address, ChainObject>;
	/** The first one administers both networks. */
	readonly actors: readonly DevelopmentAccount[];
	/** `module` → the shared object of that module, in the network that sequences are about. */
	readonly ours: ReadonlyMap<string, Address>;
	/** The same of another network of the same package, which has no pool. */
	readonly others: ReadonlyMap<string, Address>;
	readonly caps: { readonly ours: Address; readonly others: Address };
	readonly minter: DocumentMinter;
}

const ACTORS = 9;

/** `files`: other sources than the contracts of this checkout. */
export async function createWorld(files?: MoveFiles): Promise<World> {
	const root = createDevelopmentRoot();
	const devnet = await startDevnet({
		genesisTimeMs: GENESIS_MS,
		accounts: ACTORS,
		accountSeed: 'properties',
		randomSeed: 'properties',
		verifyNitroDocument: createNitroVerifier({ roots: [root.certificate] }),
		onError: console.error,
	});
	try {
		const client = connectChain(devnet.url);
		const publisher = { client, signer: Ed25519Keypair.fromSecretKey(devnet.accounts[0]!.secretKey) };
		const published = await publishPackage(publisher, await compilePackage({ files: files ?? (await readContracts()) }), 'the contracts');
		const { packageId } = published;
		const parameters: NetworkParameters = {
			packageId,
			windowDurationMs: WINDOW_MS,
			values: HPARAMS,
			modelManifestHash: new Uint8Array(32).fill(0xa1),
			datasetRoot: new Uint8Array(32).fill(0xa2),
			genesisCheckpointHash: new Uint8Array(32).fill(0xa3),
			pcrs: TEST_PCRS,
		};
		const ours = await createNetwork(publisher, parameters);
		const others = await createNetwork(publisher, parameters);
		const { adminCap } = ours;
		const { network } = ours.objects;
		const pooled = await execute({
			...publisher,
			what: 'creating the reward pool',
			build: (transaction: Transaction) => {
				transaction.moveCall({
					target: `${packageId}::reward_distributor::create_pool`,
					arguments: [...[adminCap, network, published.treasuryCap!].map((id) => transaction.object(id)), transaction.pure.u64(MAX_SUPPLY)],
				});
			},
		});
		await lockUpgrades(publisher, { packageId, network, adminCap, upgradeCap: published.upgradeCap });
		const objects = new Map([...devnet.ledger.store.all()].map((object) => [object.id, object] as const));
		const pool = parse(RewardPoolCreated, eventOf(pooled, 'RewardPoolCreated'), 'the event RewardPoolCreated').pool;
		const upgradeVault = [...objects.values()].find(
			(object) => object.kind === 'move' && object.type.kind === 'datatype' && object.type.name === 'UpgradeVault',
		);
		return {
			vm: devnet.ledger.vm,
			packageId,
			objects,
			actors: devnet.accounts,
			ours: new Map([...byModule(ours), ['reward_distributor', pool], ['upgrade_vault', upgradeVault!.id]]),
			others: new Map(byModule(others)),
			caps: { ours: adminCap, others: others.adminCap },
			minter: createDocumentMinter(root),
		};
	} finally {
		await devnet.stop();
	}
}

const byModule = ({ objects }: CreatedNetwork): [string, Address][] => [
	['network', objects.network],
	['hparams', objects.hparams],
	['vault', objects.vault],
	['peer_registry', objects.peerRegistry],
	['validator_registry', objects.validatorRegistry],
	['enclave_registry', objects.enclaveRegistry],
	['gradient_registry', objects.gradientRegistry],
	['round_state', objects.roundState],
	['score_ledger', objects.scoreLedger],
	['consensus', objects.consensus],
];
