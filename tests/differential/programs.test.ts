/** A fixed part of the generated programs; `programs.long.ts` runs thousands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGenerated } from './compile-generated.ts';
import { integerBytes } from './generator/types.ts';
import { runObjectPrograms } from './object-run.ts';
import { createLedger, newTransaction, runOnOurs } from './our-machine.ts';
import { assertAgreement, Report } from './report.ts';
import { SecondMachine } from './second-machine.ts';
import { stateFile } from './state-file.ts';
import { runOperatorPrograms, runValuePrograms } from './value-run.ts';

const SEED = 'vramhub';

test('generated programs over values end alike on the second machine', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const report = new Report();
	await runValuePrograms(SEED, 80, second, report);
	assertAgreement(t, report);
});

test('every integer operator ends alike on the second machine at the edges of its type', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const report = new Report();
	await runOperatorPrograms(second, report);
	assert.ok(report.failed > 50, 'each operator and cast that can fail');
	assertAgreement(t, report);
});

test('generated transactions over objects end alike on the second machine', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const report = new Report();
	await runObjectPrograms(SEED, 50, second, report);
	assertAgreement(t, report);
});

test('what runs out of gas on the second machine runs out here, and what does not, not much later', { timeout: 120_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const address = `0x${'5'.repeat(64)}`;
	const source = `module programs::loops {
		public fun spin(turns: u64): u64 { let mut i = 0; let mut sum = 0u64; while (i < turns) { i = i + 1; sum = sum ^ (i * 3); }; sum }
	}`;
	const pkg = await compileGenerated(address, [{ name: 'loops', source }]);
	const ledger = await createLedger([pkg]);
	const runs = async (turns: number, gasUnits: number) => {
		const transaction = newTransaction(BigInt(Math.floor(gasUnits)) * 1000n);
		transaction.moveCall({ target: `${address}::loops::spin`, arguments: [transaction.pure(integerBytes(BigInt(turns), 'u64'))] });
		const ours = runOnOurs(ledger, await transaction.build());
		const { state } = stateFile(ledger, ours.simulation.parsed, new Set(), { timestampMs: ledger.genesisTimeMs, epoch: 0n });
		return { ours, theirs: await second.replay(state) };
	};
	for (const turns of [60_000, 100_000, 150_000]) {
		const { theirs: unlimited } = await runs(turns, 5_000_000);
		assert.ok(unlimited.gas > 1_000_000, 'an exact figure');
		for (const part of [0.2, 0.7, 0.99]) {
			const { ours, theirs } = await runs(turns, unlimited.gas * part);
			assert.equal(theirs.failure?.status, 'OUT_OF_GAS');
			assert.equal(ours.failure?.status, 'OUT_OF_GAS', `${turns} turns with ${part} of the gas`);
		}
		const { ours, theirs } = await runs(turns, unlimited.gas * 1.02);
		assert.deepEqual([ours.failure, theirs.failure], [undefined, undefined]);
	}
});
