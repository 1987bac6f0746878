/** Thousands of generated sequences of calls, from other seeds than the quick test's; what they reached is told. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ruledTargets } from './rules.ts';
import { describeFailure, emptyTally, type Failure, runSequence, type Stage, stages } from './sequences.ts';
import { checkedLabels } from './transitions.ts';
import { createWorld, type World } from './world.ts';

const SEQUENCES = 3_000;
const STEPS = 50;
const FIRST_SEED = 1_000_000;

let world: World;
let list: Stage[];
before(async () => {
	world = await createWorld();
	list = await stages(world);
});

/** Take what no address has once a network is made, or a ticket that one call alone cannot use up: `tests/upgrade.test.ts` makes them. */
const NOT_CALLED = ['reward_distributor::create_pool', 'upgrade_vault::authorize', 'upgrade_vault::commit', 'upgrade_vault::create'];

test('a rule speaks of every entry point, and of every record', () => {
	const { vm, packageId } = world;
	const entries = vm.moduleNames(packageId).flatMap((module) =>
		[...vm.functions({ address: packageId, module })].flatMap(([name, { visibility, isEntry, parameters }]) => {
			const writes = parameters.some((type) => type.kind === 'reference' && type.mutable && type.to.kind === 'datatype' && type.to.name !== 'TxContext');
			return isEntry || (visibility === 'public' && writes) ? [`${module}::${name}`] : [];
		}),
	);
	assert.deepEqual(entries.sort(), [...ruledTargets(), ...NOT_CALLED].sort());
	// Amounts are the ledger's that is expected; the rest has no state but its tables, or is written by one call of the administrator.
	const others = [
		'vault',
		'reward_distributor',
		'reward_distributor.owed',
		'validator_registry',
		'gradient_registry',
		'score_ledger',
		'consensus',
		'upgrade_vault',
	];
	assert.deepEqual([...checkedLabels(), ...others].sort(), list[0]!.play.labels().sort());
});

test(`${SEQUENCES} sequences of ${STEPS} steps`, async (t) => {
	const tally = emptyTally();
	const failures: Failure[] = [];
	const began = performance.now();
	for (let i = 0; i < SEQUENCES && failures.length < 5; i++) {
		const failure = await runSequence(list[i % list.length]!, FIRST_SEED + i, STEPS, tally);
		if (failure !== undefined) failures.push(failure);
	}
	const seconds = (performance.now() - began) / 1_000;
	const perSecond = Math.round(tally.calls / seconds);
	t.diagnostic(`${tally.sequences} sequences, ${tally.calls} calls, ${Math.round((100 * tally.refused) / tally.calls)} % refused, ${perSecond} calls a second`);
	t.diagnostic(
		`${tally.refusals.size} ways to be refused: ${[...tally.refusals]
			.sort()
			.map(([why, times]) => `${why} ${times}`)
			.join(', ')}`,
	);
	assert.equal(failures.length, 0, failures.map(describeFailure).join('\n\n'));
	const never = ruledTargets().filter((target) => !tally.succeeded.has(target));
	assert.deepEqual(never, ['network::migrate'], 'all else succeeds at least once');
	for (const [target, times] of [...tally.succeeded].sort()) t.diagnostic(`${target} succeeded ${times} times`);
});
