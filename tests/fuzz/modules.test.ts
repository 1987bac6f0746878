import { test } from 'node:test';
import { checkReach, describeReport, ModuleFuzzer } from '#tests/fuzz/module-fuzz.ts';

test('a thousand mutated modules are refused with a reason or run as verified code does', async (t) => {
	const seed = 20_250;
	const fuzzer = await ModuleFuzzer.create(seed);
	await fuzzer.run(0, 1000);
	t.diagnostic(`seed ${seed}: ${describeReport(fuzzer.report)}`);
	checkReach(fuzzer.report);
});
