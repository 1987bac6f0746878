import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type PlannedMiner, parseKinds, planMiners, readKinds, writeKinds } from '#cli/demo/kinds.ts';
import { DISHONEST_KINDS, type MinerKind } from '#runtime/miner-kind.ts';
import { secretFile } from '#runtime/state-folder.ts';

const count = (plan: readonly PlannedMiner[], kind: MinerKind) => plan.filter((miner) => miner.kind === kind).length;

test('of twelve miners seven are honest and each dishonest kind is there once; the seed decides who', () => {
	const plan = planMiners({ miners: 12, seed: 'a' });
	assert.deepEqual(
		plan.map(({ number }) => number),
		Array.from({ length: 12 }, (_, i) => i),
	);
	assert.equal(count(plan, 'honest'), 7);
	for (const kind of DISHONEST_KINDS) assert.equal(count(plan, kind), 1, kind);
	assert.deepEqual(planMiners({ miners: 12, seed: 'a' }), plan);
	assert.notDeepEqual(planMiners({ miners: 12, seed: 'b' }), plan);
});

test("a copycat's victim is honest, and no copycat where nobody is", () => {
	for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
		const plan = planMiners({ miners: 12, seed });
		const { victimNumber } = plan.find(({ kind }) => kind === 'copycat')!;
		assert.equal(plan[victimNumber!]?.kind, 'honest');
		const dishonest = planMiners({ miners: 12, seed, kinds: parseKinds('garbage, copycat,stale') });
		assert.equal(count(dishonest, 'copycat'), 4);
		for (const { kind, victimNumber: victim } of dishonest) if (kind === 'copycat') assert.notEqual(dishonest[victim!]?.kind, 'copycat');
	}
});

test('few miners are honest ones first', () => {
	assert.deepEqual(planMiners({ miners: 1, seed: 'a' }), [{ number: 0, kind: 'honest' }]);
	assert.equal(count(planMiners({ miners: 3, seed: 'a' }), 'honest'), 2);
});

test('what cannot be is refused', () => {
	assert.throws(() => parseKinds('honest,lazy'), { code: 'BAD_ARGUMENT' });
	assert.throws(() => parseKinds('copycat'), { code: 'BAD_ARGUMENT' });
	assert.throws(() => planMiners({ miners: 1, seed: 'a', kinds: parseKinds('copycat,honest') }), { code: 'BAD_ARGUMENT' });
});

test('who is what is kept with the secrets', async (t) => {
	const data = await mkdtemp(join(tmpdir(), 'vramhub-kinds-'));
	t.after(() => rm(data, { recursive: true }));
	assert.equal(await readKinds(data), undefined);
	const kinds = { format: 1, seed: 'a', miners: planMiners({ miners: 12, seed: 'a' }) } as const;
	await writeKinds(data, kinds);
	assert.deepEqual(await readKinds(data), kinds);
	assert.equal((await stat(secretFile(data, 'kinds.json'))).mode & 0o777, 0o600);
});
