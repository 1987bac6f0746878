/** What the holder of a network's AdminCap does. */
import { buildCommand } from '@stricli/core';
import { act, number, positiveInteger, text, windowNumber } from './flags.ts';

export const pause = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).pause,
	parameters: { flags: { ...act, minutes: { kind: 'parsed', parse: positiveInteger, brief: 'how long, at most 1440' } } },
	docs: { brief: 'administrator: nothing new begins for a while; what leaves is not stopped' },
});
export const resume = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).resume,
	parameters: { flags: act },
	docs: { brief: 'administrator: end a pause' },
});
export const setHparams = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).setHparams,
	parameters: { flags: { ...act, set: { kind: 'parsed', parse: String, brief: 'name=value,…' } } },
	docs: { brief: 'administrator: change parameters from the next window on' },
});
const pcr = { kind: 'parsed', parse: String, brief: '48 bytes, hexadecimal' } as const;
const pcrRow = { kind: 'parsed', parse: number, brief: 'row of the allow-list' } as const;
export const allowPcr = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).allowPcr,
	parameters: { flags: { ...act, pcr0: pcr, pcr1: pcr, pcr2: pcr } },
	docs: { brief: "administrator: allow an enclave image, after the network's delay" },
});
export const expirePcr = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).expirePcr,
	parameters: { flags: { ...act, row: pcrRow, window: { kind: 'parsed', parse: windowNumber, brief: 'the first one without it' } } },
	docs: { brief: 'administrator: let an enclave image run out' },
});
export const revokePcr = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).revokePcr,
	parameters: { flags: { ...act, row: pcrRow } },
	docs: { brief: 'administrator: refuse an enclave image at once' },
});
export const spend = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).spend,
	parameters: {
		flags: {
			...act,
			from: { kind: 'enum', values: ['fees', 'treasury'], brief: 'registration fees, or the part of emissions that nobody earned' },
			amount: { kind: 'parsed', parse: String, brief: 'SUI of fees, smallest units of VRAM of the treasury' },
		},
	},
	docs: { brief: 'administrator: take fees or treasury out, to this wallet' },
});
export const offerAdministration = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).offerAdministration,
	parameters: { flags: { ...act, to: text('address that may accept; without it, an offer is taken back') } },
	docs: { brief: 'administrator: offer the administration to another address' },
});
export const acceptAdministration = buildCommand({
	loader: async () => (await import('#cli/commands/administrator-acts.ts')).acceptAdministration,
	parameters: { flags: act },
	docs: { brief: 'take over an administration that was offered to this wallet' },
});
const digest = { kind: 'parsed', parse: String, optional: true, brief: 'of the package, 32 bytes; without it, the contracts of this checkout' } as const;
export const proposeUpgrade = buildCommand({
	loader: async () => (await import('#cli/commands/upgrade-acts.ts')).proposeUpgrade,
	parameters: { flags: { ...act, digest } },
	docs: { brief: 'administrator: announce another version of the contracts' },
});
export const cancelUpgrade = buildCommand({
	loader: async () => (await import('#cli/commands/upgrade-acts.ts')).cancelUpgrade,
	parameters: { flags: act },
	docs: { brief: 'administrator: take an announced upgrade back' },
});
export const authorizeUpgrade = buildCommand({
	loader: async () => (await import('#cli/commands/upgrade-acts.ts')).authorizeUpgrade,
	parameters: { flags: act },
	docs: { brief: 'administrator: publish the announced contracts, which are those of this checkout, when their delay is over' },
});
export const migrate = buildCommand({
	loader: async () => (await import('#cli/commands/upgrade-acts.ts')).migrate,
	parameters: { flags: act },
	docs: { brief: 'administrator: from now on the newest version of the contracts serves the network' },
});
