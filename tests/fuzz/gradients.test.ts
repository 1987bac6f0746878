import { test } from 'node:test';
import { checkReach, describeFigures, GradientFuzzer } from '#tests/fuzz/gradients.ts';

test('twenty thousand mutated gradients are decoded or refused with a code, within memory', (t) => {
	const seed = 20_260;
	const fuzzer = new GradientFuzzer(seed);
	fuzzer.run(0, 20_000);
	t.diagnostic(`seed ${seed}: ${describeFigures(fuzzer.figures)}`);
	checkReach(fuzzer.figures);
});
