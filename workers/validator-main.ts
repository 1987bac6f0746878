/**
 * `vramhub-validator --data DIR --validator-uid N`: the validator's process. The uid may come from VRAMHUB_VALIDATOR_UID; the operator's key is
 * in `<data>/secrets/validator-<uid>.json`. Runs until a signal; exit codes as `core/errors.ts` has them.
 */
import { parseArgs } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { readAddressBook } from '#runtime/address-book.ts';
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { addressBookFile } from '#runtime/state-folder.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';
import { connectTemporal, installTemporalRuntime } from '#workers/temporal-runtime.ts';
import { runValidatorWorker } from '#workers/validator.ts';
import { validatorDeps } from '#workers/validator-deps.ts';

const log = createLogger({ target: 'vramhub_validator' });

await runMain(log, async (signal) => {
	const { data, validatorUid } = parseFlags();
	const [book, settings, { secretKey }] = await Promise.all([
		readAddressBook(addressBookFile(data)),
		loadTemporalSettings(),
		readValidatorSecrets(data, validatorUid),
	]);
	log.info('Validator starting', { uid: validatorUid });
	installTemporalRuntime(log);
	const [deps, temporal] = await Promise.all([
		validatorDeps({ data, book, validatorUid, secretKey, log }),
		connectTemporal(book.temporal.address, log, signal),
	]);
	try {
		await runValidatorWorker({
			temporal: { ...temporal, namespace: book.temporal.namespace },
			settings,
			network: book.objects.network,
			deps,
			onStarted: () => announceReady({ validatorUid }),
			signal,
		});
	} finally {
		await temporal.close();
	}
});

function parseFlags(): { data: string; validatorUid: number } {
	const usage = 'usage: vramhub-validator --data DIR --validator-uid N';
	let values: { data?: string; 'validator-uid'?: string };
	try {
		({ values } = parseArgs({ options: { data: { type: 'string' }, 'validator-uid': { type: 'string' } } }));
	} catch (error) {
		throw new VramhubError('BAD_ARGUMENT', `${(error as Error).message}; ${usage}`);
	}
	const uid = values['validator-uid'] ?? process.env.VRAMHUB_VALIDATOR_UID;
	if (values.data === undefined || uid === undefined || !/^\d{1,5}$/.test(uid)) throw new VramhubError('BAD_ARGUMENT', usage);
	return { data: values.data, validatorUid: Number(uid) };
}
