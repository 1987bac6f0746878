import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DEFAULT_URL } from '#cli/commands/devnet/client.ts';
import { listing, type OutputFlags, reportError, table } from '#cli/commands/run.ts';
import { exitCodeOf, VramhubError } from '#core/errors.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';
import { aborted, processSignal } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

export interface DevnetFlags extends OutputFlags {
	readonly port: number;
	readonly data?: string;
	readonly nitroRoot?: string;
	/** Milliseconds since the epoch. */
	readonly genesisTime?: number;
	readonly accounts: number;
	readonly seed?: string;
}

/** A chain alone, with its faucet, until a signal: nothing is published on it. The address goes to stdout as soon as it serves. */
export async function devnet(flags: DevnetFlags): Promise<void> {
	const log = createLogger({ target: 'vramhub_devnet' });
	const signal = processSignal();
	try {
		const chain = await start(flags, (error) => log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)));
		const { url, faucetUrl, chainId } = chain;
		const accounts = chain.accounts.map(({ address, secretKey }) => ({ address, secretKey }));
		process.stdout.write(flags.json ? `${JSON.stringify({ url, faucetUrl, chainId, accounts })}\n` : welcome(chain));
		log.info('Serving; Ctrl-C ends it', { url, faucet: faucetUrl, chain_id: chainId });
		await aborted(signal);
		await chain.stop();
		process.exit(0);
	} catch (error) {
		reportError(error, flags.json, log);
		process.exit(exitCodeOf(error));
	}
}

function welcome({ url, faucetUrl, chainId, accounts }: Devnet): string {
	const where = url === DEFAULT_URL ? '' : ` --url ${url}`;
	const funded = accounts.map(({ address, secretKey }, index) => [String(index), address, secretKey]);
	return [
		listing([
			['url', `${url}  (gRPC-web for SuiGrpcClient; pages for a browser)`],
			['faucet', faucetUrl],
			['chain', chainId],
		]),
		funded.length === 0 ? '' : 'Accounts with 1000 SUI each. DEVELOPMENT KEYS: anyone can derive them, so keep nothing of value under them.',
		funded.length === 0 ? '' : table(['#', 'address', 'private key'], funded),
		`publish a package   vramhub devnet publish FOLDER${where}\ntrace a transaction vramhub devnet trace DIGEST --instructions${where}\n`,
	]
		.filter((part) => part !== '')
		.join('\n');
}

async function start({ port, data, nitroRoot, genesisTime, accounts, seed }: DevnetFlags, onError: (error: unknown) => void): Promise<Devnet> {
	const root = nitroRoot === undefined ? undefined : await readCertificate(nitroRoot);
	try {
		return await startDevnet({
			port,
			onError,
			accounts,
			...(seed !== undefined && { accountSeed: seed }),
			...(genesisTime !== undefined && { genesisTimeMs: genesisTime }),
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
