/**
 * `node devnet/security-module/main.ts --root-dir DATA [--program enclave/main.ts] [--rpc-url URL] [-- ARGUMENT…]`: starts an enclave program
 * under a development security module. What follows `--` is the program's. The ready line on standard output is the program's own,
 * and its end is our end, with its exit code.
 */
import { parseArgs } from 'node:util';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { loadDevelopmentRoot } from '#devnet/nitro/mint.ts';
import { chainClock, startSecurityModule } from '#devnet/security-module/security-module.ts';
import { aborted, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { secretFile } from '#runtime/state-folder.ts';

const log = createLogger({ target: 'vramhub_security_module' });

await runMain(log, async (signal) => {
	const { values, positionals } = parseArgs({
		options: { 'root-dir': { type: 'string' }, program: { type: 'string', default: 'enclave/main.ts' }, 'rpc-url': { type: 'string' } },
		allowPositionals: true,
	});
	if (values['root-dir'] === undefined) throw new VramhubError('BAD_ARGUMENT', '--root-dir is missing: the data folder of the network');
	const root = await loadDevelopmentRoot(secretFile(values['root-dir'], 'nitro-root'));
	const now = values['rpc-url'] === undefined ? undefined : chainClock(values['rpc-url']);
	const enclave = await startSecurityModule({ root, program: values.program, args: positionals, ...(now && { now }) });
	log.info('Measured and started', { program: values.program, files: enclave.measurement.files.length, pcr0: toHex(enclave.measurement.pcr0) });
	const code = await Promise.race([enclave.exited, aborted(signal)]);
	if (code !== undefined) process.exit(code);
	await enclave.stop();
});
