/** The verifier's verdicts on every broken rule and on mutated modules, beside those of a real Move machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BROKEN_RULES } from '#devnet/move/verifier/broken-rules.fixture.ts';
import { compileVictims, type EditableModule, linkedFramework, ModuleEditor } from '#devnet/move/verifier/verify.fixture.ts';
import { SecondMachine } from '#tests/differential/second-machine.ts';
import { mutateModule } from '#tests/fuzz/module-mutations.ts';
import { readSeeds } from '#tests/fuzz/module-seeds.ts';
import { Random } from '#tests/fuzz/random.ts';
import { compareVerdicts, VerdictReport } from '#tests/fuzz/verdicts.ts';

const MUTATED_MODULES = 600;
const HALF_AN_HOUR_MS = 1_800_000;

test('modules are accepted and refused as by the verifier of another machine', { timeout: HALF_AN_HOUR_MS }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const report = new VerdictReport();

	const victims = await compileVictims();
	for (const rule of BROKEN_RULES) {
		const editors = victims.modules.map((module) => new ModuleEditor(module));
		const [victim, neighbour] = ['victim', 'neighbour'].map((name) => editors.find((editor) => editor.name === name));
		if (victim === undefined || neighbour === undefined || rule.undecodable === true || rule.also !== undefined) continue;
		rule.edit(victim, neighbour);
		const pair = await compareVerdicts([victim.module, neighbour.module], victims.linked, second);
		if (pair !== undefined) report.add(rule.breaks, pair);
	}
	t.diagnostic(`hand-made: ${report.describe()}`);

	const seed = Number(process.env.VRAMHUB_SEED ?? 1);
	const mutants = new VerdictReport();
	const [seeds, linked] = [await readSeeds(), await linkedFramework()];
	for (let number = 0; number < MUTATED_MODULES; number++) {
		const random = new Random(seed, number);
		const { modules } = random.pick(seeds);
		const [first, ...others] = structuredClone(modules) as EditableModule[];
		assert.ok(first !== undefined);
		mutateModule(first, random);
		const pair = await compareVerdicts([first, ...others], linked, second);
		if (pair !== undefined) mutants.add(`mutant ${seed}/${number}`, pair);
	}
	t.diagnostic(`mutated: ${mutants.describe()}`);

	assert.deepEqual([...report.disagreements, ...mutants.disagreements], []);
	assert.ok(mutants.pairs >= MUTATED_MODULES / 2 && mutants.sameReason > 0);
});
