import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { CheckpointResult } from '#core/gradient/messages.ts';
import { type CheckpointStage, checkpointStateQuery } from '#workflows/gradient/checkpoint.ts';
import { queueFor, TemporalTest } from './environment.ts';
import { BOUNDARY, FakeInterval } from './fake-interval.ts';

let temporal: TemporalTest;
before(async () => {
	temporal = await TemporalTest.start();
});
after(() => temporal.stop());

/** The boundary's workflow of validator 0 to its end. */
async function run(
	name: string,
	world: FakeInterval,
	during: () => Promise<void> = async () => {},
): Promise<{ result: CheckpointResult; state: CheckpointStage }> {
	const taskQueue = queueFor(`checkpoint-${name}`);
	return temporal.withAggregator(world.deps(), taskQueue, async () => {
		const handle = await temporal.startCheckpoint(taskQueue, BOUNDARY);
		await during();
		return { result: await handle.result(), state: await handle.query(checkpointStateQuery) };
	});
}

const key = `checkpoint-${BOUNDARY}-v1`;
const outcomeOf = async (world: FakeInterval) => (await world.rounds.reader.boundary(BOUNDARY))?.outcome;

test('a boundary: its windows merged, published, attested and anchored; the loss falls', async () => {
	const world = await new FakeInterval().finalize();
	const { result, state } = await run('happy', world);
	const file = world.bucket.get(`validator-0/${key}`)!;
	const hash = createHash('sha256').update(file).digest('hex');
	assert.equal(state, 'new');
	assert.deepEqual(result, {
		boundary: String(BOUNDARY),
		state: 'new',
		hash,
		activation: String(BOUNDARY + 1n),
		heldOutLoss: result.heldOutLoss,
		transaction: `digest-of-attest-${BOUNDARY}-0`,
	});
	assert.ok(result.heldOutLoss! < 0.99, `${result.heldOutLoss} < 1, the loss of zeros`);
	assert.equal((await outcomeOf(world))?.kind, 'new');
	const shown = world.logs.map((line) => line.replace(/held_out_loss=\S+/, 'held_out_loss=…').replaceAll(hash, 'HASH'));
	assert.deepEqual(shown, [
		...[3n, 2n, 1n].map((before) => `INFO vramhub_aggregator: Merging 2 gradients window=${BOUNDARY - before}`),
		`INFO vramhub_aggregator: Checkpoint merged boundary=${BOUNDARY} hash=HASH held_out_loss_before=1 held_out_loss=…`,
		`INFO vramhub_aggregator: Checkpoint uploaded boundary=${BOUNDARY} hash=HASH bytes=${file.length}`,
		`INFO vramhub_aggregator: Checkpoint attested boundary=${BOUNDARY} hash=HASH tx=digest-of-attest-${BOUNDARY}-0`,
		`INFO vramhub_aggregator: Checkpoint anchored boundary=${BOUNDARY} activation=${BOUNDARY + 1n} hash=HASH`,
	]);
	assert.equal(world.count('putGradient'), 6, 'what was merged is there for others');
});

test('validators that merge apart arrive at the same bytes, and one of two is no quorum', async () => {
	const world = await new FakeInterval({ validators: [0, 1] }).finalize();
	const queues = [0, 1].map((uid) => queueFor(`checkpoint-two-${uid}`));
	const first = await temporal.aggregator(world.deps(0), queues[0]!);
	await first.runUntil(async () => {
		const handle = await temporal.startCheckpoint(queues[0]!, BOUNDARY, 0);
		while ((await handle.query(checkpointStateQuery)) !== 'awaiting-quorum') await new Promise((resolve) => setTimeout(resolve, 20));
		assert.equal((await outcomeOf(world))?.kind, 'open');
		const other = await temporal.withAggregator(world.deps(1), queues[1]!, async () => (await temporal.startCheckpoint(queues[1]!, BOUNDARY, 1)).result());
		const { hash, state } = await handle.result();
		assert.deepEqual([state, other.state], ['new', 'new']);
		assert.equal(other.hash, hash);
	});
	assert.deepEqual(world.bucket.get(`validator-0/${key}`), world.bucket.get(`validator-1/${key}`));
});

test('a merge that raises the held-out loss is refused: the parent is kept', async () => {
	const world = await new FakeInterval({ direction: -1 }).finalize();
	const { result } = await run('loss', world);
	assert.equal(result.state, 'keep');
	assert.equal(result.heldOutLoss, 1, 'that of the parent');
	assert.equal(world.count('putCheckpoint'), 0);
	assert.equal(await world.rounds.reader.intervalStart(), BOUNDARY);
});

test('nothing was selected: the parent is kept', async () => {
	const world = await new FakeInterval({ selected: false }).finalize();
	const { result } = await run('nothing', world);
	assert.equal(result.state, 'keep');
	assert.equal(world.count('attestCheckpoint'), 1);
});

test('fewer selected than the network wants for a step: the parent is kept', async () => {
	const selected = 6n;
	const enough = await new FakeInterval({ minMergeGradients: selected }).finalize();
	assert.equal((await run('enough', enough)).result.state, 'new');
	const world = await new FakeInterval({ minMergeGradients: selected + 1n }).finalize();
	const { result } = await run('few', world);
	assert.equal(result.state, 'keep');
	assert.equal(world.count('putCheckpoint'), 0);
});

test('it waits for the last window; a window that everybody left behind is finalized by the aggregator', async () => {
	const world = await new FakeInterval().finalize([BOUNDARY - 3n]);
	const { result } = await run('waits', world, async () => {
		await world.finalize([BOUNDARY - 1n, BOUNDARY - 2n]);
	});
	assert.equal(result.state, 'new');

	const behind = await new FakeInterval().finalize([BOUNDARY - 2n, BOUNDARY - 1n]);
	behind.atWindow(BOUNDARY + 2n);
	assert.equal((await run('behind', behind)).result.state, 'new');
	assert.equal(behind.count('finalizeWindow'), 1);
	assert.ok(behind.logs.includes(`WARN vramhub_aggregator: Finalizing a window that was left behind window=${BOUNDARY - 3n}`));
});

test('a selected gradient that nobody serves: the boundary expires, and nothing is skipped', async () => {
	const world = await new FakeInterval().finalize();
	world.lose(BOUNDARY - 2n, 1, { own: true, miner: true });
	world.atWindow(BOUNDARY + 2n, 598_000n);
	const expiring = run('expires', world);
	while (world.count('fetchMiner') === 0) await new Promise((resolve) => setTimeout(resolve, 20));
	world.atWindow(BOUNDARY + 3n);
	const { result } = await expiring;
	assert.deepEqual(result, { boundary: String(BOUNDARY), state: 'expired', hash: null, activation: null, heldOutLoss: null, transaction: null });
	assert.equal(world.count('attestCheckpoint'), 0);
	assert.ok(world.logs.includes(`WARN vramhub_aggregator: Checkpoint expired: no quorum in time boundary=${BOUNDARY}`));
});

test('a gradient that this validator never had is taken from another validator’s copies, else from its miner', async () => {
	const world = await new FakeInterval().finalize();
	world.lose(BOUNDARY - 2n, 0, { own: true, miner: true });
	world.lose(BOUNDARY - 1n, 1, { own: true, miner: false });
	const copy = world.gradient(BOUNDARY - 2n, 0);
	world.bucket.set(`validator-0/gradients/${createHash('sha256').update(copy).digest('hex')}`, copy);
	assert.equal((await run('copies', world)).result.state, 'new');
	assert.deepEqual(
		world.calls.filter((call) => call.startsWith('fetchMiner')),
		[`fetchMiner gradient-${BOUNDARY - 1n}-1-v1`],
	);
});

test('faults pass, and an attestation whose answer was lost is not made twice', async () => {
	const world = await new FakeInterval().finalize();
	world.fail('putCheckpoint', 'OBJECT_UNAVAILABLE');
	world.fail('putGradient', 'OBJECT_FORBIDDEN', { times: 6 });
	world.fail('attestCheckpoint', 'CHAIN_UNAVAILABLE', { lost: true });
	const { result } = await run('faults', world);
	assert.equal(result.state, 'new');
	assert.equal(result.transaction, null);
	assert.equal((await world.rounds.reader.boundary(BOUNDARY))?.votes.length, 1);
});

test('while no aggregator runs the checkpoint waits; one that comes does it', async () => {
	const world = await new FakeInterval().finalize();
	const taskQueue = queueFor('checkpoint-nobody');
	const handle = await temporal.startCheckpoint(taskQueue, BOUNDARY);
	assert.equal((await handle.describe()).status.name, 'RUNNING');
	assert.deepEqual(world.calls, []);
	const result = await temporal.withAggregator(world.deps(), taskQueue, () => handle.result());
	assert.equal(result.state, 'new');
});

test('an aggregator that comes too late learns what was decided, or that it expired', async () => {
	const decided = await new FakeInterval().finalize();
	const hash = new Uint8Array(32).fill(7);
	const plan = { boundary: BOUNDARY, parentBoundary: 0n, mergeDigest: decided.rounds.mergeDigestOf(BOUNDARY) };
	await decided.rounds.writer.attestCheckpoint({ ...plan, validatorUid: 0, hash });
	const { result } = await run('decided', decided);
	assert.equal(result.hash, Buffer.from(hash).toString('hex'));
	assert.equal(result.transaction, null);
	assert.equal(decided.count('heldOutLoss'), 0);

	const over = await new FakeInterval().finalize();
	over.atWindow(BOUNDARY + 3n);
	assert.equal((await run('over', over)).result.state, 'expired');
});

test('a worker that goes away in the middle of the merge is followed by another: one checkpoint, one attestation', async () => {
	const world = await new FakeInterval().finalize();
	const taskQueue = queueFor('checkpoint-handover');
	const reached = Promise.withResolvers<void>();
	let looks = 0;
	world.hold.set('heldOutLoss', async () => {
		// The second evaluation of the first life is that of the merged parameters: it never ends.
		if (++looks !== 2) return;
		reached.resolve();
		await new Promise(() => {});
	});
	const first = await temporal.aggregator(world.deps(), taskQueue);
	const running = first.run();
	const handle = await temporal.startCheckpoint(taskQueue, BOUNDARY);
	await reached.promise;
	assert.equal(await handle.query(checkpointStateQuery), 'merging');
	first.shutdown();
	await running;
	const result = await temporal.withAggregator(world.deps(), taskQueue, () => handle.result());
	assert.equal(result.state, 'new');
	for (const call of ['writeCheckpoint', 'putCheckpoint', 'attestCheckpoint']) assert.equal(world.count(call), 1, call);
});
