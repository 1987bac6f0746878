import type { Governance } from '#clients/chain/upgrades.ts';

/** Which version of the contracts serves the network, and how soon it may change. */
export function governanceText({ version, upgrades }: Governance, currentWindow: bigint): string {
	const serving = `version ${version}`;
	if (upgrades === undefined) return `${serving}; no vault of this network holds the right to upgrade: they may change at any time`;
	const { proposal, packages } = upgrades;
	const newer = packages.length > Number(version) ? `; version ${packages.length} is published` : '';
	if (proposal === undefined) return `${serving}${newer}; no upgrade is announced`;
	const { fromWindow } = proposal;
	return `${serving}${newer}; an upgrade is announced for window ${fromWindow}${fromWindow > currentWindow ? `, in ${fromWindow - currentWindow} windows` : ''}`;
}
