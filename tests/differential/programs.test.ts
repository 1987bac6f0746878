/** A fixed part of the generated programs; `programs.long.ts` runs thousands. */
import { test } from 'node:test';
import { assertAgreement, Report } from './report.ts';
import { SecondMachine } from './second-machine.ts';
import { runValuePrograms } from './value-run.ts';

const SEED = 'vramhub';

test('generated programs over values end alike on the second machine', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const report = new Report();
	await runValuePrograms(SEED, 100, second, report);
	assertAgreement(t, report);
});
