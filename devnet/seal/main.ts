/**
 * `node devnet/seal/main.ts --key-file FILE --object-id 0x… --rpc-url URL --port N`: one Seal key server of the devnet.
 * The ready line carries `url` and `object_id`.
 */
import { parseArgs } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { createPolicyChain } from '#devnet/seal/chain.ts';
import { listenKeyServer } from '#devnet/seal/key-server.ts';
import { readMasterKey } from '#devnet/seal/master-key.ts';
import { aborted, announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

const log = createLogger({ target: 'vramhub_key_server' });

await runMain(log, async (signal) => {
	const { values } = parseArgs({
		options: { 'key-file': { type: 'string' }, 'object-id': { type: 'string' }, 'rpc-url': { type: 'string' }, port: { type: 'string', default: '0' } },
	});
	const required = (name: 'key-file' | 'object-id' | 'rpc-url') => {
		const value = values[name];
		if (value === undefined) throw new VramhubError('BAD_ARGUMENT', `--${name} is missing`);
		return value;
	};
	const objectId = required('object-id');
	const chain = createPolicyChain(required('rpc-url'));
	const server = await listenKeyServer({ key: await readMasterKey(required('key-file')), objectId, chain }, Number(values.port));
	log.info('Key server is listening', { url: server.url, object_id: objectId });
	announceReady({ url: server.url, object_id: objectId });
	await aborted(signal);
	await server.close();
});
