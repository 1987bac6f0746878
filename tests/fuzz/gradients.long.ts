/** `node tests/fuzz/gradients.long.ts SEED CASE` runs one case alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkReach, describeFigures, GradientFuzzer } from '#tests/fuzz/gradients.ts';

const SEEDS = 4;
const CASES = 250_000;
/** Of 10.5 million parameters, 42 MB in f32. */
const LARGE = { shape: [2560, 4096], cases: 500, modelMb: 40 };

const [seedText, caseText] = process.argv.slice(2);
const first = seedText === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(seedText);
const peakMb = () => process.resourceUsage().maxRSS / 1024;

if (caseText !== undefined) new GradientFuzzer(first).run(Number(caseText), Number(caseText) + 1);
else {
	for (let seed = first; seed < first + SEEDS; seed++) {
		test(`${CASES} mutated gradients, seed ${seed}`, (t) => {
			const fuzzer = new GradientFuzzer(seed);
			fuzzer.run(0, CASES);
			t.diagnostic(describeFigures(fuzzer.figures));
			checkReach(fuzzer.figures);
		});
	}

	test('mutated gradients of a large model: the process grows by a few times θ', (t) => {
		const before = peakMb();
		const fuzzer = new GradientFuzzer(first, [[LARGE.shape]], [32, 64]);
		fuzzer.run(0, LARGE.cases);
		t.diagnostic(`${describeFigures(fuzzer.figures)}; before ${Math.round(before)} MB, θ ${LARGE.modelMb} MB`);
		// The test itself holds the dense gradient of what it encodes again, its residual and both seeds' bytes.
		assert.ok(peakMb() - before <= 8 * LARGE.modelMb, `from ${before} to ${peakMb()} MB`);
	});
}
