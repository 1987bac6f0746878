/** What people ask of a network, and the way into it. */
import { buildCommand } from '@stricli/core';
import { enclaveUrl, minerUid, network, number, positiveInteger, stake, validatorUid, windowNumber } from './flags.ts';

export const demo = buildCommand({
	loader: async () => (await import('#cli/demo/command.ts')).demoCommand,
	parameters: {
		flags: {
			windows: { kind: 'parsed', parse: positiveInteger, optional: true, brief: 'end after this many windows; without it, run until Ctrl-C' },
			windowSeconds: { kind: 'parsed', parse: positiveInteger, default: '30', brief: 'length of a window' },
			miners: { kind: 'parsed', parse: positiveInteger, default: '12', brief: 'how many miners; seven twelfths of them are honest' },
			validators: { kind: 'parsed', parse: positiveInteger, default: '2', brief: 'how many validators, each with an enclave and an aggregator' },
			seed: { kind: 'parsed', parse: String, default: 'vramhub', brief: 'decides which miner is of which kind, and what garbage looks like' },
			kinds: {
				kind: 'parsed',
				parse: String,
				optional: true,
				brief: 'kinds of the miners in turn, in place of the usual mix: honest,garbage,no-work,copycat,stale,sign-flipped',
			},
			data: { kind: 'parsed', parse: String, optional: true, brief: 'folder of a network to keep, or to continue; without it, a new one' },
			json: { kind: 'boolean', default: false, brief: 'one line of results on stdout, everything else on stderr' },
		},
	},
	docs: { brief: 'run a whole network on this machine: chain, Temporal, object store, Seal, enclaves, validators, aggregators, miners' },
});

export const currentWindow = buildCommand({
	loader: async () => (await import('#cli/commands/current-window.ts')).currentWindow,
	parameters: { flags: network },
	docs: { brief: 'print the number of the current window' },
});
export const scores = buildCommand({
	loader: async () => (await import('#cli/commands/scores.ts')).scores,
	parameters: { flags: { ...network, window: { kind: 'parsed', parse: windowNumber, brief: 'which window' } } },
	docs: { brief: 'print the scores that the chain has of a window, or its state' },
});
export const explain = buildCommand({
	loader: async () => (await import('#cli/commands/explain.ts')).explain,
	parameters: {
		flags: {
			...network,
			minerUid: { kind: 'parsed', parse: number, brief: 'which miner' },
			window: { kind: 'parsed', parse: windowNumber, brief: 'which window' },
			validatorUid: { kind: 'parsed', parse: number, optional: true, brief: 'which validator alone; without it, all of the window' },
		},
	},
	docs: { brief: "print how a miner's losses became its rating, weight and reward in a window, recomputed" },
});
export const status = buildCommand({
	loader: async () => (await import('#cli/commands/status.ts')).status,
	parameters: { flags: { ...network, validatorUid } },
	docs: { brief: 'print how the chain sees a validator' },
});
export const registerMiner = buildCommand({
	loader: async () => (await import('#cli/commands/register.ts')).registerMiner,
	parameters: { flags: { ...network, stake } },
	docs: { brief: 'stake and register a miner; print its uid' },
});
export const setCredentials = buildCommand({
	loader: async () => (await import('#cli/commands/set-credentials.ts')).setCredentials,
	parameters: { flags: { ...network, minerUid } },
	docs: { brief: 'encrypt the read credentials in VRAMHUB_R2_* for the validators and register them' },
});
export const registerValidator = buildCommand({
	loader: async () => (await import('#cli/commands/register.ts')).registerValidator,
	parameters: { flags: { ...network, stake } },
	docs: { brief: 'stake and register a validator; print its uid' },
});
export const registerEnclave = buildCommand({
	loader: async () => (await import('#cli/commands/register-enclave.ts')).registerEnclave,
	parameters: { flags: { ...network, enclaveUrl, validatorUid } },
	docs: { brief: "register the key that a validator's enclave attests" },
});
export const doctor = buildCommand({
	loader: async () => (await import('#cli/commands/doctor.ts')).doctor,
	parameters: { flags: { ...network, enclaveUrl, validatorUid } },
	docs: { brief: 'ask every part that a validator needs whether it is there' },
});
export const config = buildCommand({
	loader: async () => (await import('#cli/commands/config.ts')).config,
	parameters: { flags: { ...network, enclaveUrl, validatorUid, minerUid } },
	docs: { brief: 'print the settings in force, without secrets' },
});
