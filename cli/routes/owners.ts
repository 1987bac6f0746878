/** What owners of registrations and operators do by hand. */
import { buildCommand } from '@stricli/core';
import { act, amount, minerUid, network, positiveInteger, registered, stake as stakeFlag, text, validatorUid, windowNumber } from './flags.ts';

export const stake = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).stake,
	parameters: { flags: { ...registered, amount } },
	docs: { brief: "add to a registration's stake" },
});
export const unbond = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).unbond,
	parameters: { flags: { ...registered, amount } },
	docs: { brief: 'take stake out; it can be withdrawn after the unbonding delay' },
});
export const deactivate = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).deactivate,
	parameters: { flags: registered },
	docs: { brief: 'leave after this window; the whole stake unbonds' },
});
export const withdraw = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).withdraw,
	parameters: {
		flags: {
			...registered,
			generation: { kind: 'parsed', parse: positiveInteger, optional: true, brief: 'of a registration whose uid has passed on' },
		},
	},
	docs: { brief: 'take out the stake whose unbonding delay is over' },
});
export const claim = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).claim,
	parameters: { flags: act },
	docs: { brief: 'take out the rewards that are owed to this wallet' },
});
export const rotateCredentials = buildCommand({
	loader: async () => (await import('#cli/commands/set-credentials.ts')).rotateCredentials,
	parameters: { flags: { ...act, minerUid } },
	docs: { brief: 'encrypt the read credentials in VRAMHUB_R2_* anew, as the next version; the one before lasts for the grace' },
});
export const setOperator = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).setOperator,
	parameters: { flags: { ...registered, operator: { kind: 'parsed', parse: String, brief: 'address that acts from now on' } } },
	docs: { brief: 'let another key act for a registration; the owner stays' },
});
export const replaceMiner = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).replaceMiner,
	parameters: { flags: { ...act, stake: stakeFlag } },
	docs: { brief: 'register a miner in place of the weakest one, when all places are taken' },
});
export const replaceValidator = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).replaceValidator,
	parameters: { flags: { ...act, stake: stakeFlag } },
	docs: { brief: 'register a validator in place of the one with the least stake, which must be less, when all places are taken' },
});
const boundary = { kind: 'parsed', parse: windowNumber, brief: 'window that the checkpoint ends at' } as const;
const outcome = {
	hash: text('SHA-256 of the checkpoint that this validator computed'),
	keep: { kind: 'boolean', default: false, brief: 'the checkpoint before stays in force' },
} as const;
const file = (brief: string) => ({ kind: 'parsed', parse: String, brief }) as const;
export const attestCheckpoint = buildCommand({
	loader: async () => (await import('#cli/commands/attestations.ts')).attestCheckpoint,
	parameters: { flags: { ...act, validatorUid, boundary, ...outcome } },
	docs: { brief: "send this validator's attestation of a checkpoint" },
});
export const signAttestation = buildCommand({
	loader: async () => (await import('#cli/commands/attestations.ts')).signAttestation,
	parameters: { flags: { ...network, validatorUid, boundary, ...outcome } },
	docs: { brief: 'sign an attestation for anybody to relay, and print it; sign one a boundary: two cost the stake' },
});
export const relayAttestation = buildCommand({
	loader: async () => (await import('#cli/commands/attestations.ts')).relayAttestation,
	parameters: { flags: { ...act, signed: file('file that sign-attestation printed') } },
	docs: { brief: "bring another validator's signed attestation to the chain" },
});
export const proveEquivocation = buildCommand({
	loader: async () => (await import('#cli/commands/attestations.ts')).proveEquivocation,
	parameters: { flags: { ...act, signed: file('file of a signed attestation'), other: text('file of another one; without it, the vote on the chain') } },
	docs: { brief: 'show that a validator said two things of one boundary: it is slashed, and a part goes to this wallet' },
});
export const prune = buildCommand({
	loader: async () => (await import('#cli/commands/owner-acts.ts')).prune,
	parameters: { flags: { ...act, window: { kind: 'parsed', parse: windowNumber, brief: 'which window' } } },
	docs: { brief: "take a past window's lists off the chain, for what their storage cost" },
});
