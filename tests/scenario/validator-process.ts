/**
 * A validator's process as `workers/validator-main.ts` runs it, for tests that kill it: a dead worker is noticed after seconds rather than half a minute.
 */
import { Worker } from '@temporalio/worker';
import { readAddressBook } from '#runtime/address-book.ts';
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { addressBookFile } from '#runtime/state-folder.ts';
import { loadTemporalSettings, type TemporalSettings } from '#runtime/temporal-settings.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';
import { connectTemporal, installTemporalRuntime } from '#workers/temporal-runtime.ts';
import { runValidatorWorker } from '#workers/validator.ts';
import { validatorDeps } from '#workers/validator-deps.ts';

const [data, uid] = [process.argv[2]!, Number(process.argv[3])];
const log = createLogger({ target: 'vramhub_validator', level: 'debug' });

// A killed worker's workflows wait this long (10 s otherwise) before another worker may take them.
const createWorker = Worker.create.bind(Worker);
Worker.create = (options) => createWorker({ ...options, stickyQueueScheduleToStartTimeout: '1s' });

await runMain(log, async (signal) => {
	const [book, settings, { secretKey, auditStore }] = await Promise.all([
		readAddressBook(addressBookFile(data)),
		loadTemporalSettings(),
		readValidatorSecrets(data, uid),
	]);
	installTemporalRuntime(log);
	const [deps, temporal] = await Promise.all([
		validatorDeps({ data, book, validatorUid: uid, secretKey, auditStore, log }),
		connectTemporal(book.temporal.address, log, signal),
	]);
	try {
		await runValidatorWorker({
			temporal: { ...temporal, namespace: book.temporal.namespace },
			settings: quick(settings),
			network: book.objects.network,
			deps,
			onStarted: () => announceReady(),
			signal,
		});
	} finally {
		await temporal.close();
	}
});

function quick(settings: TemporalSettings): TemporalSettings {
	const profiles = Object.entries(settings.activityProfiles).map(([name, profile]) => [
		name,
		{ ...profile, heartbeatTimeout: '5s', retry: { ...profile.retry, initialInterval: '100ms' } },
	]);
	return { ...settings, activityProfiles: Object.fromEntries(profiles) as TemporalSettings['activityProfiles'] };
}
