/** A development chain for Move packages. */
import { buildCommand, buildRouteMap } from '@stricli/core';
import { instant, number, output, positiveInteger, text } from './flags.ts';

const devnetUrl = { kind: 'parsed', parse: String, default: 'http://127.0.0.1:9000', brief: 'the devnet that `vramhub devnet` started' } as const;
const argument = (placeholder: string, brief: string) => ({ kind: 'tuple', parameters: [{ parse: String, placeholder, brief }] }) as const;
export const devnet = buildRouteMap({
	routes: {
		start: buildCommand({
			loader: async () => (await import('#cli/commands/devnet/start.ts')).devnet,
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
			loader: async () => (await import('#cli/commands/devnet/publish.ts')).publish,
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
