/** `node tests/fuzz/modules.long.ts SEED CASE` runs one case alone. */
import { test } from 'node:test';
import { checkReach, describeReport, ModuleFuzzer } from '#tests/fuzz/module-fuzz.ts';

const CASES = 100_000;
const HOUR_MS = 3_600_000;

const [seedText, caseText] = process.argv.slice(2);
const seed = seedText === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seedText);

test(`mutated modules, seed ${seed}`, { timeout: HOUR_MS }, async (t) => {
	const fuzzer = await ModuleFuzzer.create(seed);
	if (caseText !== undefined) {
		await fuzzer.run(Number(caseText), Number(caseText) + 1);
		t.diagnostic(describeReport(fuzzer.report));
		return;
	}
	await fuzzer.run(0, CASES);
	t.diagnostic(describeReport(fuzzer.report));
	checkReach(fuzzer.report);
});
