#!/usr/bin/env node
/**
 * `vramhub`: commands are metadata here and loaded when they run, so that `--help` loads no SDK.
 * Data goes to stdout, talk to stderr. Exit codes are those of core/errors.ts.
 */
import { buildApplication, buildCommand, buildRouteMap, run } from '@stricli/core';
import { EXIT } from '#core/errors.ts';

function positiveInteger(input: string): number {
	const value = Number(input);
	if (!Number.isInteger(value) || value < 1) throw new Error(`expected a whole number of at least 1, got ${input}`);
	return value;
}

const demo = buildCommand({
	loader: async () => (await import('#cli/demo/command.ts')).demoCommand,
	parameters: {
		flags: {
			windows: { kind: 'parsed', parse: positiveInteger, optional: true, brief: 'end after this many windows; without it, run until Ctrl-C' },
			windowSeconds: { kind: 'parsed', parse: positiveInteger, default: '30', brief: 'length of a window' },
			data: { kind: 'parsed', parse: String, optional: true, brief: 'folder of a network to keep, or to continue; without it, a new one' },
			json: { kind: 'boolean', default: false, brief: 'one line of results on stdout, everything else on stderr' },
		},
	},
	docs: { brief: 'run a whole network on this machine: chain, Temporal, object store, Seal, enclave, validator, miner' },
});

const application = buildApplication(
	buildRouteMap({ routes: { demo }, docs: { brief: 'Durable verification for decentralised AI networks on Sui, Seal, Nitro and Temporal' } }),
	{
		name: 'vramhub',
		scanner: { caseStyle: 'allow-kebab-for-camel' },
		documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: true },
	},
);

await run(application, process.argv.slice(2), { process });
// The command line library reports unknown flags and bad values as negative codes.
if (typeof process.exitCode === 'number' && process.exitCode < 0) process.exitCode = EXIT.usage;
