import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Target } from '#clients/chain/calls.ts';
import { abortOf } from '#clients/chain/errors.ts';
import { readGovernance } from '#clients/chain/upgrades.ts';

/** The version of the package whose calls the network takes. Throws CHAIN_OBJECT_MISSING, CHAIN_UNAVAILABLE. */
export async function servingPackage(client: ClientWithCoreApi, packageId: string, network: string): Promise<string> {
	const { version, upgrades } = await readGovernance(client, network);
	// Without a vault nobody says which packages there are: the one that was named.
	return upgrades?.packages[Number(version) - 1] ?? packageId;
}

/**
 * Runs calls against the package that serves the network. It is asked for once, and anew when a call was refused for its version: the network was
 * migrated meanwhile.
 */
export function createServing(client: ClientWithCoreApi, { packageId, objects }: Target): <T>(call: (target: Target) => Promise<T>) => Promise<T> {
	let serving: Promise<string> | undefined;
	const target = async (): Promise<Target> => {
		serving ??= servingPackage(client, packageId, objects.network).catch((error: unknown) => {
			serving = undefined;
			throw error;
		});
		return { packageId: await serving, objects };
	};
	return async (call) => {
		try {
			return await call(await target());
		} catch (error) {
			if (abortOf(error) !== 'EWrongVersion') throw error;
			serving = undefined;
			return call(await target());
		}
	};
}
