/** Thousands of generated programs; `VRAMHUB_SEED` chooses others than the usual ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runObjectPrograms } from './object-run.ts';
import { assertAgreement, Report } from './report.ts';
import { SecondMachine } from './second-machine.ts';
import { runValuePrograms } from './value-run.ts';

const VALUE_PROGRAMS = 1_500;
const OBJECT_PROGRAMS = 700;

test('at least 2000 generated programs end alike on the second machine, a fifth of them over objects', { timeout: 3_600_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const seed = process.env.VRAMHUB_SEED ?? 'long';
	t.diagnostic(`seed ${seed}`);
	const report = new Report();
	await runValuePrograms(seed, VALUE_PROGRAMS, second, report);
	await runObjectPrograms(seed, OBJECT_PROGRAMS, second, report);
	assert.ok(report.programs >= 2_000 && report.withObjects >= report.programs / 5, 'as many as promised');
	assertAgreement(t, report);
});
