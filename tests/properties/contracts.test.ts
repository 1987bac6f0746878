/** Generated sequences of calls against the contracts: the same seeds each time, some seconds of them. `contracts.long.ts` makes thousands. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { describeFailure, emptyTally, runSequence, type Stage, stages } from './sequences.ts';
import { createWorld } from './world.ts';

const SEQUENCES = 60;
const STEPS = 20;

let list: Stage[];
before(async () => {
	list = await stages(await createWorld());
});

test('whatever is called, amounts are kept, records only go on, and refusals have names and change nothing', async () => {
	const tally = emptyTally();
	for (let seed = 0; seed < SEQUENCES; seed++) {
		const failure = await runSequence(list[seed % list.length]!, seed, STEPS, tally);
		assert.equal(failure, undefined, failure && describeFailure(failure));
	}
	// A third of the calls is wrong; most entry points succeed at least once.
	assert.ok(tally.refused > tally.calls / 5 && tally.refused < tally.calls / 2, `${tally.refused} of ${tally.calls} calls were refused`);
	assert.ok(tally.succeeded.size > 30 && tally.refusals.size > 50, `${tally.succeeded.size} entry points succeeded, ${tally.refusals.size} refusals were met`);
});
