#!/usr/bin/env node
/**
 * `vramhub-aggregator [--data DIR] [--validator-uid N] [--settings FILE]`: makes checkpoints for the validator of that uid, beside its process and
 * over the same folder. Settings as for `vramhub-validator`. Runs until a signal; exit codes as `core/errors.ts` has them.
 */
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { runAggregatorWorker } from '#workers/aggregator.ts';
import { aggregatorAccess, aggregatorDeps } from '#workers/aggregator-deps.ts';
import { daemonOperator } from '#workers/operator.ts';
import { connectTemporal, installTemporalRuntime } from '#workers/temporal-runtime.ts';

const log = createLogger({ target: 'vramhub_aggregator' });

await runMain(log, async (signal) => {
	const [operator, settings] = await Promise.all([daemonOperator('vramhub-aggregator'), loadTemporalSettings()]);
	const { deployment, validatorUid } = operator;
	const access = await aggregatorAccess(operator);
	const { book } = deployment;
	log.info('Aggregator starting', { uid: validatorUid });
	installTemporalRuntime(log);
	const [deps, temporal] = await Promise.all([
		aggregatorDeps({ ...deployment, ...access, validatorUid, log }),
		connectTemporal(book.temporal.address, log, signal),
	]);
	try {
		await runAggregatorWorker({
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
