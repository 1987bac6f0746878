#!/usr/bin/env node
/**
 * `vramhub`: commands are metadata here and loaded when they run, so that `--help` loads no SDK.
 * Data goes to stdout, talk to stderr. Exit codes are those of core/errors.ts.
 */
import { buildApplication, buildCommand, buildRouteMap, ExitCode, run, type StricliProcess } from '@stricli/core';
import { EXIT, errorToJson, VramhubError } from '#core/errors.ts';

function positiveInteger(input: string): number {
	const value = Number(input);
	if (!Number.isInteger(value) || value < 1) throw new Error(`expected a whole number of at least 1, got ${input}`);
	return value;
}

function number(input: string): number {
	const value = Number(input);
	if (!/^\d+$/.test(input) || value > 0xffff) throw new Error(`expected a whole number from 0 to 65535, got ${input}`);
	return value;
}

/** Milliseconds since the epoch. */
function instant(input: string): number {
	const ms = /^\d+$/.test(input) ? Number(input) : Date.parse(input);
	if (!Number.isSafeInteger(ms) || ms < 0) throw new Error(`expected milliseconds or an ISO date, got ${input}`);
	return ms;
}

function windowNumber(input: string): bigint {
	if (!/^\d{1,15}$/.test(input)) throw new Error(`expected the number of a window, got ${input}`);
	return BigInt(input);
}

const text = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const;
const output = { json: { kind: 'boolean', default: false, brief: 'one line of JSON on stdout; errors too' } } as const;
const source = {
	...output,
	data: text('data folder of a local network (VRAMHUB_DATA)'),
	// Not --env-file: Node takes that for its own, even after the script's name.
	settings: text('environment file; without it, .env in the working folder when there is one'),
} as const;
const network = { ...source, rpcUrl: text('gRPC endpoint of a full node (VRAMHUB_SUI_RPC_URL)') } as const;
const validatorUid = { kind: 'parsed', parse: number, optional: true, brief: 'which validator (VRAMHUB_VALIDATOR_UID)' } as const;
const minerUid = { kind: 'parsed', parse: number, optional: true, brief: 'which miner (VRAMHUB_MINER_UID)' } as const;
const enclaveUrl = text("the validator's enclave (VRAMHUB_NAUTILUS_URL)");
const stake = text("SUI to stake; without it, the network's least");

const demo = buildCommand({
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

const currentWindow = buildCommand({
	loader: async () => (await import('#cli/commands/current-window.ts')).currentWindow,
	parameters: { flags: network },
	docs: { brief: 'print the number of the current window' },
});
const scores = buildCommand({
	loader: async () => (await import('#cli/commands/scores.ts')).scores,
	parameters: { flags: { ...network, window: { kind: 'parsed', parse: windowNumber, brief: 'which window' } } },
	docs: { brief: 'print the scores that the chain has of a window, or its state' },
});
const status = buildCommand({
	loader: async () => (await import('#cli/commands/status.ts')).status,
	parameters: { flags: { ...network, validatorUid } },
	docs: { brief: 'print how the chain sees a validator' },
});
const registerMiner = buildCommand({
	loader: async () => (await import('#cli/commands/register.ts')).registerMiner,
	parameters: { flags: { ...network, stake } },
	docs: { brief: 'stake and register a miner; print its uid' },
});
const setCredentials = buildCommand({
	loader: async () => (await import('#cli/commands/set-credentials.ts')).setCredentials,
	parameters: { flags: { ...network, minerUid } },
	docs: { brief: 'encrypt the read credentials in VRAMHUB_R2_* for the validators and register them' },
});
const registerValidator = buildCommand({
	loader: async () => (await import('#cli/commands/register.ts')).registerValidator,
	parameters: { flags: { ...network, stake } },
	docs: { brief: 'stake and register a validator; print its uid' },
});
const registerEnclave = buildCommand({
	loader: async () => (await import('#cli/commands/register-enclave.ts')).registerEnclave,
	parameters: { flags: { ...network, enclaveUrl, validatorUid } },
	docs: { brief: "register the key that a validator's enclave attests" },
});
const act = { ...network, dryRun: { kind: 'boolean', default: false, brief: 'say what would happen and what it would cost; send nothing' } } as const;
const registered = {
	...act,
	role: { kind: 'enum', values: ['miner', 'validator'], brief: 'whose stake' },
	uid: { kind: 'parsed', parse: number, brief: 'which miner or validator' },
} as const;
const amount = { kind: 'parsed', parse: String, brief: 'SUI' } as const;
const stakeMore = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).stake,
	parameters: { flags: { ...registered, amount } },
	docs: { brief: "add to a registration's stake" },
});
const unbond = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).unbond,
	parameters: { flags: { ...registered, amount } },
	docs: { brief: 'take stake out; it can be withdrawn after the unbonding delay' },
});
const deactivate = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).deactivate,
	parameters: { flags: registered },
	docs: { brief: 'leave after this window; the whole stake unbonds' },
});
const withdraw = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).withdraw,
	parameters: {
		flags: {
			...registered,
			generation: { kind: 'parsed', parse: positiveInteger, optional: true, brief: 'of a registration whose uid has passed on' },
		},
	},
	docs: { brief: 'take out the stake whose unbonding delay is over' },
});
const claim = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).claim,
	parameters: { flags: act },
	docs: { brief: 'take out the rewards that are owed to this wallet' },
});
const pause = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).pause,
	parameters: { flags: { ...act, minutes: { kind: 'parsed', parse: positiveInteger, brief: 'how long, at most 1440' } } },
	docs: { brief: 'administrator: nothing new begins for a while; what leaves is not stopped' },
});
const resume = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).resume,
	parameters: { flags: act },
	docs: { brief: 'administrator: end a pause' },
});
const setHparams = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).setHparams,
	parameters: { flags: { ...act, set: { kind: 'parsed', parse: String, brief: 'name=value,…' } } },
	docs: { brief: 'administrator: change parameters from the next window on' },
});
const pcr = { kind: 'parsed', parse: String, brief: '48 bytes, hexadecimal' } as const;
const pcrRow = { kind: 'parsed', parse: number, brief: 'row of the allow-list' } as const;
const allowPcr = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).allowPcr,
	parameters: { flags: { ...act, pcr0: pcr, pcr1: pcr, pcr2: pcr } },
	docs: { brief: "administrator: allow an enclave image, after the network's delay" },
});
const expirePcr = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).expirePcr,
	parameters: { flags: { ...act, row: pcrRow, window: { kind: 'parsed', parse: windowNumber, brief: 'the first one without it' } } },
	docs: { brief: 'administrator: let an enclave image run out' },
});
const revokePcr = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).revokePcr,
	parameters: { flags: { ...act, row: pcrRow } },
	docs: { brief: 'administrator: refuse an enclave image at once' },
});
const spend = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).spend,
	parameters: {
		flags: {
			...act,
			from: { kind: 'enum', values: ['fees', 'treasury'], brief: 'registration fees, or the part of emissions that nobody earned' },
			amount: { kind: 'parsed', parse: String, brief: 'SUI of fees, smallest units of VRAM of the treasury' },
		},
	},
	docs: { brief: 'administrator: take fees or treasury out, to this wallet' },
});
const offerAdministration = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).offerAdministration,
	parameters: { flags: { ...act, to: text('address that may accept; without it, an offer is taken back') } },
	docs: { brief: 'administrator: offer the administration to another address' },
});
const acceptAdministration = buildCommand({
	loader: async () => (await import('#cli/commands/act.ts')).acceptAdministration,
	parameters: { flags: act },
	docs: { brief: 'take over an administration that was offered to this wallet' },
});
/** Keeps what Node makes of the sources, so that the next start is quicker by half a second of processor time. */
async function keepCompiled(): Promise<void> {
	if (process.env.NODE_COMPILE_CACHE !== undefined) return;
	const [{ enableCompileCache }, { join }, { cacheFolder }] = await Promise.all([
		import('node:module'),
		import('node:path'),
		import('#runtime/state-folder.ts'),
	]);
	enableCompileCache(join(cacheFolder(), 'node'));
}

const devnetUrl = { kind: 'parsed', parse: String, default: 'http://127.0.0.1:9000', brief: 'the devnet that `vramhub devnet` started' } as const;
const argument = (placeholder: string, brief: string) => ({ kind: 'tuple', parameters: [{ parse: String, placeholder, brief }] }) as const;
const devnet = buildRouteMap({
	routes: {
		start: buildCommand({
			loader: async () => keepCompiled().then(async () => (await import('#cli/commands/devnet/start.ts')).devnet),
			parameters: {
				flags: {
					...output,
					port: { kind: 'parsed', parse: number, default: '9000', brief: 'port on 127.0.0.1; 0 is any free one' },
					data: text('folder of the chain; without it, the chain ends with the process'),
					genesisTime: { kind: 'parsed', parse: instant, optional: true, brief: 'chain time of a new chain: milliseconds or an ISO date; without it, now' },
					accounts: { kind: 'parsed', parse: number, default: '5', brief: 'accounts with 1000 SUI each, at most 100' },
					seed: text("decides the accounts' keys; without it, the chain's id"),
					nitroRoot: text('certificate whose attestation documents the chain accepts'),
				},
			},
			docs: { brief: 'run a development chain alone, with its faucet, until Ctrl-C' },
		}),
		publish: buildCommand({
			loader: async () => keepCompiled().then(async () => (await import('#cli/commands/devnet/publish.ts')).publish),
			parameters: {
				flags: {
					...output,
					url: devnetUrl,
					account: { kind: 'parsed', parse: number, default: '0', brief: "which of the devnet's accounts publishes and gets the UpgradeCap" },
					withFramework: text("folder of Sui's own framework (crates/sui-framework/packages) to compile against, in place of the devnet's"),
				},
				positional: argument('folder', 'of Move.toml and sources/'),
			},
			docs: { brief: 'compile a Move package and publish it' },
		}),
		object: buildCommand({
			loader: async () => (await import('#cli/commands/devnet/inspect.ts')).object,
			parameters: { flags: { ...output, url: devnetUrl }, positional: argument('id', 'of an object or a package') },
			docs: { brief: 'print an object: owner, version, contents by field, dynamic fields' },
		}),
		transaction: buildCommand({
			loader: async () => (await import('#cli/commands/devnet/inspect.ts')).transaction,
			parameters: { flags: { ...output, url: devnetUrl }, positional: argument('digest', 'of a transaction') },
			docs: { brief: 'print a transaction: commands, what it changed, events, gas, why it failed' },
		}),
		trace: buildCommand({
			loader: async () => (await import('#cli/commands/devnet/inspect.ts')).trace,
			parameters: {
				flags: {
					...output,
					url: devnetUrl,
					instructions: { kind: 'boolean', default: false, brief: 'every instruction with its operands, not calls alone' },
					limit: { kind: 'parsed', parse: positiveInteger, default: '1000', brief: 'events at most: the first half and the last' },
				},
				positional: argument('digest', 'of a transaction or a failed dry run; "last" is what failed last'),
			},
			docs: { brief: 'execute a past transaction again and print how it went' },
		}),
		advanceClock: buildCommand({
			loader: async () => (await import('#cli/commands/devnet/advance-clock.ts')).advanceClock,
			parameters: {
				flags: { ...output, url: devnetUrl },
				positional: { kind: 'tuple', parameters: [{ parse: positiveInteger, placeholder: 'ms', brief: 'by how many milliseconds' }] },
			},
			docs: { brief: 'let chain time jump ahead' },
		}),
	},
	defaultCommand: 'start',
	docs: { brief: 'a development chain for Move packages: run it, publish, look inside, trace' },
});
const doctor = buildCommand({
	loader: async () => (await import('#cli/commands/doctor.ts')).doctor,
	parameters: { flags: { ...network, enclaveUrl, validatorUid } },
	docs: { brief: 'ask every part that a validator needs whether it is there' },
});
const config = buildCommand({
	loader: async () => (await import('#cli/commands/config.ts')).config,
	parameters: { flags: { ...network, enclaveUrl, validatorUid, minerUid } },
	docs: { brief: 'print the settings in force, without secrets' },
});

const application = buildApplication(
	buildRouteMap({
		routes: {
			demo,
			currentWindow,
			scores,
			status,
			registerMiner,
			setCredentials,
			registerValidator,
			registerEnclave,
			stake: stakeMore,
			unbond,
			deactivate,
			withdraw,
			claim,
			pause,
			resume,
			setHparams,
			allowPcr,
			expirePcr,
			revokePcr,
			spend,
			offerAdministration,
			acceptAdministration,
			devnet,
			doctor,
			config,
		},
		docs: { brief: 'Durable verification for decentralised AI networks on Sui, Seal, Nitro and Temporal' },
	}),
	{
		name: 'vramhub',
		scanner: { caseStyle: 'allow-kebab-for-camel' },
		documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: true },
	},
);

// What the command line library says of bad usage, so that it can be repeated as data.
let complaint = '';
const stderr = {
	write(said: string) {
		complaint += said;
		process.stderr.write(said);
	},
	getColorDepth: () => 1,
};
const args = process.argv.slice(2);
// The exit code is set on this object: 0 or more when a command ran, negative for bad usage.
const context: { process: StricliProcess } = { process: { stdout: process.stdout, stderr, env: process.env } };
await run(application, args, context);
process.exitCode = exitCodeAfter(context.process.exitCode);

function exitCodeAfter(code: number | string | null | undefined): number {
	if (typeof code !== 'number' || code >= 0) return Number(code ?? EXIT.ok);
	const isUsage = code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand;
	if (args.includes('--json'))
		process.stdout.write(`${JSON.stringify(errorToJson(new VramhubError(isUsage ? 'BAD_ARGUMENT' : 'INVARIANT', complaint.trim())))}\n`);
	return isUsage ? EXIT.usage : EXIT.failure;
}
