import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type OutputFlags, reportError } from '#cli/commands/run.ts';
import { exitCodeOf, VramhubError } from '#core/errors.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';
import { aborted, processSignal } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

export interface DevnetFlags extends OutputFlags {
	readonly port: number;
	readonly data?: string;
	readonly nitroRoot?: string;
}

/** A chain alone, with its faucet, until a signal: nothing is published on it. The address goes to stdout as soon as it serves. */
export async function devnet(flags: DevnetFlags): Promise<void> {
	const log = createLogger({ target: 'vramhub_devnet' });
	const signal = processSignal();
	try {
		const chain = await start(flags, (error) => log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)));
		const { url, faucetUrl, chainId } = chain;
		process.stdout.write(flags.json ? `${JSON.stringify({ url, faucetUrl, chainId })}\n` : `${url}\n`);
		log.info('Serving; Ctrl-C ends it', { url, faucet: faucetUrl, chain_id: chainId });
		await aborted(signal);
		await chain.stop();
		process.exit(0);
	} catch (error) {
		reportError(error, flags.json, log);
		process.exit(exitCodeOf(error));
	}
}

async function start({ port, data, nitroRoot }: DevnetFlags, onError: (error: unknown) => void): Promise<Devnet> {
	const root = nitroRoot === undefined ? undefined : await readCertificate(nitroRoot);
	try {
		return await startDevnet({
			port,
			onError,
			...(data !== undefined && { dataDir: data }),
			...(root !== undefined && { verifyNitroDocument: createNitroVerifier({ roots: [root] }) }),
		});
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new VramhubError('BAD_ARGUMENT', `--port: ${port} is in use`);
		throw error;
	}
}

async function readCertificate(file: string): Promise<Uint8Array> {
	try {
		return new Uint8Array(new X509Certificate(await readFile(file)).raw);
	} catch (cause) {
		throw new VramhubError('BAD_ARGUMENT', `--nitro-root: ${file} holds no certificate`, { cause });
	}
}
