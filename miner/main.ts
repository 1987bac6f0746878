/** The reference miner as a process: `node miner/main.ts --data DIR --uid N`. One JSON line on standard output when it is ready. */
import { parseArgs } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { startMiner } from '#miner/start.ts';
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

const log = createLogger({ target: 'vramhub_miner' });

await runMain(log, async (signal) => {
	const { values } = parseArgs({ options: { data: { type: 'string' }, uid: { type: 'string' } } });
	if (values.data === undefined) throw new VramhubError('BAD_ARGUMENT', '--data DIR names the folder of the network');
	const number = Number(values.uid);
	if (!Number.isInteger(number) || number < 0) throw new VramhubError('BAD_ARGUMENT', '--uid N is a whole number: which miner of the folder this is');
	await startMiner({ data: values.data, number, log, onReady: ({ uid, generation }, address) => announceReady({ uid, generation, address }) }, signal);
});
