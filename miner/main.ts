/**
 * The reference miner as a process: `node miner/main.ts --data DIR --uid N [--kind KIND] [--victim-number N] [--seed TEXT] [--from-window N]`. One JSON line on standard
 * output when it is ready.
 */
import { parseArgs } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { startMiner } from '#miner/start.ts';
import { announceReady, runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { parseMinerKind } from '#runtime/miner-kind.ts';

const log = createLogger({ target: 'vramhub_miner' });

await runMain(log, async (signal) => {
	const { values } = parseArgs({
		options: {
			data: { type: 'string' },
			uid: { type: 'string' },
			kind: { type: 'string', default: 'honest' },
			'victim-number': { type: 'string' },
			seed: { type: 'string', default: '' },
			'from-window': { type: 'string' },
		},
	});
	if (values.data === undefined) throw new VramhubError('BAD_ARGUMENT', '--data DIR names the folder of the network');
	const number = minerNumber('--uid', values.uid);
	const kind = parseMinerKind(values.kind);
	const victim = values['victim-number'];
	const victimNumber = victim === undefined ? undefined : minerNumber('--victim-number', victim);
	if ((kind === 'copycat') !== (victimNumber !== undefined)) throw new VramhubError('BAD_ARGUMENT', '--victim-number N goes with --kind copycat');
	const from = values['from-window'];
	if (from !== undefined && !/^\d{1,18}$/.test(from)) throw new VramhubError('BAD_ARGUMENT', `--from-window: ${from} is no window`);
	await startMiner(
		{
			data: values.data,
			number,
			kind,
			victimNumber,
			seed: values.seed,
			fromWindow: from === undefined ? undefined : BigInt(from),
			log,
			onReady: ({ uid, generation }, address) => announceReady({ uid, generation, address }),
		},
		signal,
	);
});

function minerNumber(flag: string, text: string | undefined): number {
	const number = text === undefined || text === '' ? Number.NaN : Number(text);
	if (!Number.isInteger(number) || number < 0) throw new VramhubError('BAD_ARGUMENT', `${flag} N is a whole number: which miner of the folder`);
	return number;
}
