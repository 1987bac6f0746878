import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createGradientActivities, type GradientDeps } from '#activities/gradient/all.ts';
import type { FinalWindow } from '#activities/gradient/finalize-window.ts';
import { FakeWorld } from './fake-world.ts';

const WINDOW = 2_957_300n;
const logger = new DefaultLogger('ERROR');
const STAKE = 10_000_000_000n;

/** As validator 0, or another one of the same world. */
function finalize(world: FakeWorld, change: (deps: GradientDeps) => Partial<GradientDeps> = () => ({})) {
	const deps = world.deps();
	const { finalizeWindow } = createGradientActivities({ ...deps, ...change(deps) });
	return new MockActivityEnvironment({}, { logger }).run<Parameters<typeof finalizeWindow>, FinalWindow, typeof finalizeWindow>(finalizeWindow, {
		window: WINDOW.toString(),
	});
}

const finality = (world: FakeWorld) => world.calls.filter((call) => /^(settleMedians|finalizeWindow|distributeRewards)/.test(call));

test('a window in which everybody’s payload is settled is made final, and pays', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 45 });
	world.listed = false;
	world.others.push({ uid: 1, stake: STAKE }, { uid: 2, stake: STAKE });
	await world.writer.sealWindow(WINDOW);
	world.scoreAs(WINDOW, 1, 500);
	world.scoreAs(WINDOW, 2, 700);
	// This validator is not in the snapshot, so it leaves the two others their turns; they do not use them.
	const turns = setInterval(() => {
		world.nowMs += 1_000n;
	}, 20);
	try {
		assert.deepEqual(await finalize(world), { window: WINDOW.toString(), state: 'final' });
	} finally {
		clearInterval(turns);
	}
	assert.deepEqual(finality(world), [`settleMedians ${WINDOW} 0`, `settleMedians ${WINDOW} 40`, `finalizeWindow ${WINDOW}`, `distributeRewards ${WINDOW}`]);
	const { medians } = (await world.chain.consensus(WINDOW))!;
	assert.deepEqual(medians[44], { own: 500, random: 500, weight: 100 }, 'the lower of two');
	const { selected } = (await world.chain.selection(WINDOW))!;
	assert.deepEqual(
		selected.map(({ uid }) => uid),
		Array.from({ length: 15 }, (_, uid) => uid),
	);
	assert.ok(world.logs.some((line) => line.startsWith(`INFO vramhub_validator: Window finalized window=${WINDOW} selected=15`)));
});

test('two validators that do it at the same moment do it once', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 100 });
	world.others.push({ uid: 1, stake: STAKE }, { uid: 2, stake: STAKE });
	world.listed = false;
	await world.writer.sealWindow(WINDOW);
	world.scoreAs(WINDOW, 1, 500);
	world.scoreAs(WINDOW, 2, 700);
	world.fail('settleMedians', { code: 'CHAIN_CONFLICT', when: 'before' }, 2);
	world.fail('finalizeWindow', { code: 'CHAIN_REJECTED', when: 'lost' });
	// Both believe that it is their turn: it is that of 1, and 2 reads the snapshot in another order.
	const both = await Promise.all([
		finalize(world, () => ({ validatorUid: 1 })),
		finalize(world, ({ chain }) => ({
			validatorUid: 2,
			chain: {
				...chain,
				windowRecord: async (window) => ({
					...(await chain.windowRecord(window))!,
					validators: [
						{ uid: 2, generation: 1, stake: STAKE },
						{ uid: 1, generation: 1, stake: STAKE },
					],
				}),
			},
		})),
	]);
	for (const { state } of both) assert.equal(state, 'final');
	const { medians, finalized } = (await world.chain.consensus(WINDOW))!;
	assert.equal(medians.length, 100);
	assert.ok(finalized);
	assert.equal(world.logs.filter((line) => line.includes('Rewards distributed')).length, 1);
});

test('a payload that its validator left unsettled is settled by another', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	world.listed = false;
	world.others.push({ uid: 1, stake: STAKE });
	await world.writer.sealWindow(WINDOW);
	world.scoreAs(WINDOW, 1, 500, true);
	const clock = setInterval(() => {
		world.nowMs += 1_000n;
	}, 20);
	try {
		assert.equal((await finalize(world, () => ({ validatorUid: 1 }))).state, 'final');
	} finally {
		clearInterval(clock);
	}
	assert.equal(world.count(`settleSlice ${WINDOW}`), 1);
});

test('without enough stake it is unscored once submissions have ended; what nobody sealed is void', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	world.others.push({ uid: 1, stake: STAKE });
	await world.writer.sealWindow(WINDOW);
	world.scoreAs(WINDOW, 1, 500);
	world.atWindow(WINDOW + 4n, 0n);
	assert.deepEqual(await finalize(world), { window: WINDOW.toString(), state: 'unscored' });
	assert.equal(world.count('distributeRewards'), 0);

	const nobody = new FakeWorld({ window: WINDOW, miners: 2 });
	nobody.atWindow(WINDOW + 2n, 0n);
	assert.deepEqual(await finalize(nobody), { window: WINDOW.toString(), state: 'void' });
	assert.deepEqual(finality(nobody), []);
});

test('what the contract refuses for a reason that stays is reported; rewards that cannot be paid are not finality’s business', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.others.push({ uid: 1, stake: STAKE });
	world.listed = false;
	await world.writer.sealWindow(WINDOW);
	world.scoreAs(WINDOW, 1, 500);
	world.fail('settleMedians', { code: 'CHAIN_REJECTED', when: 'before' }, 4);
	const as1 = () => ({ validatorUid: 1 });
	await assert.rejects(finalize(world, as1), (error) => error instanceof ApplicationFailure && error.type === 'CHAIN_REJECTED');
	world.fail('distributeRewards', { code: 'CHAIN_REJECTED', when: 'before' });
	assert.equal((await finalize(world, as1)).state, 'final');
});
