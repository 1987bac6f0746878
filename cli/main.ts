#!/usr/bin/env node
/**
 * `vramhub`: commands are metadata here and loaded when they run, so that `--help` loads no SDK.
 * Data goes to stdout, talk to stderr. Exit codes are those of core/errors.ts.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { buildApplication, buildRouteMap, ExitCode, run, type StricliProcess } from '@stricli/core';
import { EXIT, errorToJson, VramhubError } from '#core/errors.ts';
import { cacheFolder } from '#runtime/state-folder.ts';
import * as administrators from './routes/administrators.ts';
import { devnet } from './routes/devnet.ts';
import { lab } from './routes/lab.ts';
import * as network from './routes/network.ts';
import * as owners from './routes/owners.ts';

// Keeps what Node makes of the sources, so that the next command starts half a second sooner.
if (process.env.NODE_COMPILE_CACHE === undefined) enableCompileCache(join(cacheFolder(), 'node'));

const application = buildApplication(
	buildRouteMap({
		routes: {
			...network,
			...owners,
			...administrators,
			devnet,
			lab,
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
