/** A devnet in a process of its own, so that its work can be told from the client's. Forked with an IPC channel. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { cacheFolder } from '#runtime/state-folder.ts';

export interface BenchServer extends AsyncDisposable {
	readonly url: string;
	/** From the start of the process to the moment when it serves. */
	readonly startedMs: number;
	/** Processor time of the process since it began, milliseconds. */
	cpuMs(): Promise<number>;
	advanceClock(ms: number): Promise<void>;
}

type Request = { readonly kind: 'cpu' } | { readonly kind: 'advance'; readonly ms: number };

/** `nitroRoot`: DER of a certificate to trust. `dataDir`: in memory when absent. */
export async function startServer({ dataDir, nitroRoot }: { readonly dataDir?: string; readonly nitroRoot?: Uint8Array } = {}): Promise<BenchServer> {
	const from = performance.now();
	const settings = { dataDir, nitroRoot: nitroRoot === undefined ? undefined : Buffer.from(nitroRoot).toString('base64') };
	// As every command of the project: what Node made of the sources once is kept.
	const env = { NODE_COMPILE_CACHE: join(cacheFolder(), 'node'), ...process.env };
	const child = fork(import.meta.filename, [JSON.stringify(settings)], { execArgv: ['--disable-warning=ExperimentalWarning'], env });
	const { url } = await answerOf<{ url: string }>(child);
	const ask = <T>(request: Request): Promise<T> => {
		const answer = answerOf<T>(child);
		child.send(request);
		return answer;
	};
	return {
		url,
		startedMs: performance.now() - from,
		cpuMs: () => ask<number>({ kind: 'cpu' }),
		advanceClock: (ms) => ask<void>({ kind: 'advance', ms }),
		[Symbol.asyncDispose]: async () => {
			const exited = once(child, 'exit');
			child.disconnect();
			await exited;
		},
	};
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
	const [message] = (await once(child, 'message')) as [T];
	return message;
}

async function serve(settings: { readonly dataDir?: string; readonly nitroRoot?: string }): Promise<void> {
	const { dataDir, nitroRoot } = settings;
	const devnet = await startDevnet({
		...(dataDir !== undefined && { dataDir }),
		...(nitroRoot !== undefined && { verifyNitroDocument: createNitroVerifier({ roots: [Buffer.from(nitroRoot, 'base64')] }) }),
		onError: (error) => console.error(error),
	});
	process.on('message', (request: Request) => {
		if (request.kind === 'advance') devnet.advanceClock(request.ms);
		const { user, system } = process.cpuUsage();
		process.send?.(request.kind === 'cpu' ? (user + system) / 1000 : {});
	});
	process.on('disconnect', () => process.exit(0));
	process.send?.({ url: devnet.url });
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) await serve(JSON.parse(process.argv[2] ?? '{}') as Record<string, string>);
