import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Transaction } from '@mysten/sui/transactions';
import { Network, UpgradeVault } from '#clients/chain/bindings.ts';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { readObject } from '#clients/chain/objects.ts';

/** Who may change the contracts that serve a network, and when. */
export interface Governance {
	/** The capability that counts, whoever has it. */
	readonly adminCap: string;
	/** Of the package that serves the network. */
	readonly version: bigint;
	/** Undefined when nothing holds the right to upgrade back. */
	readonly upgrades: UpgradeState | undefined;
}

export interface UpgradeState {
	readonly vault: string;
	/** The package's versions in order, the first included. */
	readonly packages: readonly string[];
	/** Digest of a package, and the first window in which it may be authorized. */
	readonly proposal: { readonly digest: Uint8Array; readonly fromWindow: bigint } | undefined;
}

/** Throws CHAIN_OBJECT_MISSING, CHAIN_UNAVAILABLE, INVARIANT. */
export async function readGovernance(client: ClientWithCoreApi, network: string): Promise<Governance> {
	const { admin_cap: adminCap, version, objects: objectIds } = await readObject(client, network, Network, 'the network');
	try {
		const { objects } = await client.core.getObjects({ objectIds });
		const vault = objects.find((it) => !(it instanceof Error) && it.type.endsWith('::upgrade_vault::UpgradeVault'));
		if (vault === undefined || vault instanceof Error) return { adminCap, version: BigInt(version), upgrades: undefined };
		const { packages, proposal } = await readObject(client, vault.objectId, UpgradeVault, 'the upgrade vault');
		return {
			adminCap,
			version: BigInt(version),
			upgrades: {
				vault: vault.objectId,
				packages,
				proposal: proposal === null ? undefined : { digest: proposal.digest, fromWindow: BigInt(proposal.from_window) },
			},
		};
	} catch (error) {
		throw translateChainError(error, 'reading the upgrade vault');
	}
}

/** What has to be published as the next version. */
export interface UpgradePackage {
	readonly modules: readonly Uint8Array[];
	/** Ids of packages. */
	readonly dependencies: readonly string[];
}

export interface UpgradeCaller {
	readonly adminCap: string;
	readonly upgrades: UpgradeState;
}

/** Announces a package by its digest, 32 bytes; takes the place of an earlier proposal. */
export function proposeUpgrade(transaction: Transaction, { packageId, objects }: Target, { adminCap, upgrades }: UpgradeCaller, digest: Uint8Array): void {
	transaction.moveCall({
		target: `${packageId}::upgrade_vault::propose`,
		arguments: [
			...[upgrades.vault, adminCap, objects.network, objects.hparams].map((id) => transaction.object(id)),
			transaction.pure(bcs.byteVector().serialize(digest)),
			transaction.object(CLOCK_ID),
		],
	});
}

export function cancelUpgrade(transaction: Transaction, { packageId, objects }: Target, { adminCap, upgrades }: UpgradeCaller): void {
	transaction.moveCall({
		target: `${packageId}::upgrade_vault::cancel`,
		arguments: [upgrades.vault, adminCap, objects.network].map((id) => transaction.object(id)),
	});
}

/** Authorizes, publishes and commits the announced package. */
export function upgrade(
	transaction: Transaction,
	{ packageId, objects }: Target,
	{ adminCap, upgrades }: UpgradeCaller,
	{ modules, dependencies }: UpgradePackage,
): void {
	const [vault, network] = [upgrades.vault, objects.network].map((id) => transaction.object(id));
	const ticket = transaction.moveCall({
		target: `${packageId}::upgrade_vault::authorize`,
		arguments: [vault!, transaction.object(adminCap), network!, transaction.object(objects.hparams), transaction.object(CLOCK_ID)],
	});
	const receipt = transaction.upgrade({
		modules: modules.map((module) => Array.from(module)),
		dependencies: [...dependencies],
		package: upgrades.packages.at(-1)!,
		ticket,
	});
	transaction.moveCall({ target: `${packageId}::upgrade_vault::commit`, arguments: [vault!, network!, receipt] });
}

/** From now on the newest package serves the network, and no other. */
export function migrate(transaction: Transaction, { objects }: Target, { adminCap, upgrades }: UpgradeCaller): void {
	transaction.moveCall({
		target: `${upgrades.packages.at(-1)!}::network::migrate`,
		arguments: [objects.network, adminCap].map((id) => transaction.object(id)),
	});
}
