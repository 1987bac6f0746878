/**
 * The scorer. `node enclave/main.ts [--port N]`, started by a security module: VRAMHUB_NSM_SOCKET and VRAMHUB_NSM_TOKEN. Also read:
 * VRAMHUB_ENCLAVE_PORT (default 3000; 0 is any free one) and VRAMHUB_ENCLAVE_HOST (default 127.0.0.1). When it serves it prints one
 * line, `{"ready":true,"url","port","public_key"}`. SIGTERM ends it, as does the end of its supervisor. Its key ends with it.
 */
import { parseArgs } from 'node:util';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { securityModule } from '#enclave/attestation.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { startEnclaveServer } from '#enclave/server.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { aborted, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

const DEFAULT_PORT = '3000';

const log = createLogger({ target: 'vramhub_enclave' });

await runMain(log, async (signal) => {
	const attester = securityModule(process.env);
	const key = createSigningKey();
	await using server = await startEnclaveServer({ key, attester, cpuClass: cpuClass(), log, host: process.env.VRAMHUB_ENCLAVE_HOST, port: readPort() });
	const publicKey = toHex(key.publicKey);
	log.info('Enclave serving', { url: server.url, public_key: publicKey });
	process.stdout.write(`${JSON.stringify({ ready: true, url: server.url, port: server.port, public_key: publicKey })}\n`);
	await aborted(signal);
	log.info('Enclave stopping');
});

function readPort(): number {
	const { values } = parseArgs({ options: { port: { type: 'string' } } });
	const text = values.port ?? process.env.VRAMHUB_ENCLAVE_PORT ?? DEFAULT_PORT;
	if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) throw new VramhubError('BAD_CONFIGURATION', `port: ${text}`);
	return Number(text);
}
