/** Each property is proved on contracts that break it: every defect of `mutants.ts` is found by generated sequences, as what it is. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type MoveFiles, readContracts } from '#devnet/compiler/compile.ts';
import { MUTANTS, mutated } from './mutants.ts';
import { BrokenProperty, describeFailure, emptyTally, type Failure, runSequence, type Stage, stages } from './sequences.ts';
import { createWorld } from './world.ts';

const MOST_SEQUENCES = 800;
const STEPS = 50;

let files: MoveFiles;
before(async () => {
	files = await readContracts();
});

for (const mutant of MUTANTS) {
	test(mutant.defect, async (t) => {
		const world = await createWorld(mutated(files, mutant));
		const failure = await firstFailure(world);
		assert.ok(failure !== undefined, `${MOST_SEQUENCES} sequences did not see it`);
		assert.match(failure.broken.join('\n'), mutant.seen, describeFailure(failure));
		t.diagnostic(`seen with seed ${failure.seed}, ${failure.steps.length} steps: ${failure.broken[0]}`);
	});
}

async function firstFailure(world: Awaited<ReturnType<typeof createWorld>>): Promise<Failure | undefined> {
	let list: Stage[];
	try {
		list = await stages(world);
	} catch (error) {
		if (error instanceof BrokenProperty) return error.failure;
		throw error;
	}
	for (let seed = 0; seed < MOST_SEQUENCES; seed++) {
		const failure = await runSequence(list[seed % list.length]!, seed, STEPS, emptyTally(), false);
		if (failure !== undefined) return failure;
	}
	return undefined;
}
