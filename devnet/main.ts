/**
 * `node devnet/main.ts [--port N] [--data FOLDER] [--genesis-time MS|ISO] [--nitro-root FILE]… [--random-seed TEXT]`: the devnet as a
 * process. Prints one line `{"ready":true,"url":…,"faucetUrl":…,"port":…,"chainId":…}` on standard output once it serves; ends on
 * SIGTERM, SIGINT, and with the process that started it. Trusts the given Nitro roots (PEM or DER) and no others.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { noticeText } from '#devnet/ledger/journal.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { aborted, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

const log = createLogger({ target: 'vramhub_devnet' });

await runMain(log, async (signal) => {
	const values = readArguments();
	const roots = await Promise.all(values['nitro-root'].map(readCertificate));
	const devnet = await startDevnet({
		port: portOf(values.port),
		...(values.data !== undefined && { dataDir: values.data }),
		...(values['genesis-time'] !== undefined && { genesisTimeMs: timeOf(values['genesis-time']) }),
		...(values['random-seed'] !== undefined && { randomSeed: values['random-seed'] }),
		...(roots.length > 0 && { verifyNitroDocument: createNitroVerifier({ roots }) }),
		log: { onNotice: (notice) => log.warn(noticeText(notice)) },
		onError: (error) => log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
	});
	const { url, faucetUrl, port, chainId } = devnet;
	process.stdout.write(`${JSON.stringify({ ready: true, url, faucetUrl, port, chainId })}\n`);
	log.info('Serving', { url, chain_id: chainId });
	await aborted(signal);
	await devnet.stop();
});

function readArguments() {
	try {
		return parseArgs({
			options: {
				port: { type: 'string', default: '0' },
				data: { type: 'string' },
				'genesis-time': { type: 'string' },
				'nitro-root': { type: 'string', multiple: true, default: [] },
				'random-seed': { type: 'string' },
			},
		}).values;
	} catch (error) {
		throw new VramhubError('BAD_ARGUMENT', error instanceof Error ? error.message : String(error));
	}
}

function portOf(text: string): number {
	const port = Number(text);
	if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new VramhubError('BAD_ARGUMENT', `--port: ${text} is no port`);
	return port;
}

/** Milliseconds since the epoch, or an ISO date. */
function timeOf(text: string): number {
	const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
	if (!Number.isSafeInteger(ms)) throw new VramhubError('BAD_ARGUMENT', `--genesis-time: ${text} is neither milliseconds nor a date`);
	return ms;
}

async function readCertificate(file: string): Promise<Uint8Array> {
	try {
		return new Uint8Array(new X509Certificate(await readFile(file)).raw);
	} catch (cause) {
		throw new VramhubError('BAD_CONFIGURATION', `--nitro-root: ${file} holds no certificate`, { cause });
	}
}
