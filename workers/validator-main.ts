#!/usr/bin/env node
/**
 * `vramhub-validator [--data DIR] [--validator-uid N] [--settings FILE] [--from-window N]`: the validator's process, of any network that the settings in
 * runtime/configuration.ts describe. Runs until a signal; exit codes as `core/errors.ts` has them.
 */
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { auditAccess } from '#workers/audit.ts';
import { keepHouse } from '#workers/housekeeping.ts';
import { daemonOperator } from '#workers/operator.ts';
import { connectTemporal, installTemporalRuntime } from '#workers/temporal-runtime.ts';
import { runValidatorWorker } from '#workers/validator.ts';
import { validatorDeps } from '#workers/validator-deps.ts';

const log = createLogger({ target: 'vramhub_validator' });

await runMain(log, async (signal) => {
	const [operator, settings] = await Promise.all([daemonOperator('vramhub-validator'), loadTemporalSettings()]);
	const { configuration, deployment, validatorUid, secretKey, fromWindow } = operator;
	const { book } = deployment;
	const auditStore = await auditAccess(operator);
	log.info('Validator starting', { uid: validatorUid });
	if (auditStore === undefined) log.info('Gradients are not published: VRAMHUB_R2_… is not set');
	installTemporalRuntime(log);
	const [deps, temporal] = await Promise.all([
		validatorDeps({ ...deployment, validatorUid, secretKey, auditStore, resetWindow: configuration.get('VRAMHUB_RESET_WINDOW'), log }),
		connectTemporal(book.temporal.address, log, signal),
	]);
	try {
		await runValidatorWorker({
			temporal: { ...temporal, namespace: book.temporal.namespace },
			settings,
			network: book.objects.network,
			deps,
			fromWindow,
			onStarted: () => {
				void keepHouse({ data: deployment.data, validatorUid, chain: deps.chain, log }, signal);
				announceReady({ validatorUid });
			},
			signal,
		});
	} finally {
		await temporal.close();
	}
});
