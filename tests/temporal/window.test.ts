import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { stateQuery } from '#workflows/gradient/window.ts';
import { queueFor, TemporalTest } from './environment.ts';
import { FAKE_SECRET, FakeWorld, scoreOf } from './fake-world.ts';

const WINDOW = 2_957_300n;
let temporal: TemporalTest;
before(async () => {
	temporal = await TemporalTest.start();
});
after(() => temporal.stop());

const scored = (uid: number) => ({ uid, code: MINER_CODE.scored, score: scoreOf(uid) });

/** Runs window {@link WINDOW} in this world to its end. */
async function run(name: string, world: FakeWorld, settings = temporal.gradientSettings) {
	const taskQueue = queueFor(name);
	return temporal.withWorker(world, taskQueue, async () => {
		const handle = await temporal.startWindow(taskQueue, WINDOW, settings);
		const result = await handle.result();
		return { handle, result, state: await handle.query(stateQuery) };
	});
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
	const error = await work.then(
		() => assert.fail('it succeeded'),
		(reason: unknown) => reason,
	);
	assert.ok(error instanceof WorkflowFailedError, String(error));
	let cause: unknown = error.cause;
	while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
	assert.ok(cause instanceof ApplicationFailure);
	return cause;
}

test('of more miners than are evaluated only the drawn are brought, once, also when the enclave forgets the session', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 5 });
	world.maxEvaluations = 2n;
	world.fail('freeze', { code: 'ENCLAVE_SESSION_LOST', when: 'before' });
	const { result } = await run('drawn', world);
	assert.deepEqual(result.miners, [...[0, 1, 2].map((uid) => ({ uid, code: MINER_CODE.not_drawn, score: null })), scored(3), scored(4)]);
	assert.deepEqual([world.count('decrypt'), world.count('fetch'), world.count('process'), world.count('freeze')], [2, 2, 2, 2]);
	assert.ok(world.logs.some((line) => line.includes('Decrypting credentials for 2 miners')));
});

test('a window: sealed, brought, evaluated, recorded and read back; the log is the documented one', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 3 });
	const { handle, result, state } = await run('happy', world);
	assert.equal(result.state, 'scored');
	assert.equal(state, 'scored');
	assert.deepEqual(result.miners, [scored(0), scored(1), scored(2)]);
	assert.equal(result.transaction, `digest-of-submit-${WINDOW}`);
	assert.equal(world.count('sealWindow'), 1);
	assert.equal(world.count('registerEnclave'), 1);
	assert.equal(world.count('submitScores'), 1);
	assert.deepEqual(
		world.calls.filter((call) => call.startsWith('settleSlice')),
		[`settleSlice ${WINDOW} 2`],
		'three rows in slices of two',
	);
	const inOrder = world.logs.filter((line) => !/Window sealed|Enclave registered|evaluator/.test(line));
	assert.deepEqual(inOrder, [
		`INFO vramhub_validator: Starting window window=${WINDOW}`,
		'INFO vramhub_validator: Decrypting credentials for 3 miners',
		`INFO vramhub_validator: Submitting 3 scores to chain window=${WINDOW}`,
		`INFO vramhub_validator: Scores submitted window=${WINDOW} tx=digest-of-submit-${WINDOW}`,
	]);
	for (const uid of [0, 1, 2]) {
		const sent = world.logs.indexOf(`INFO vramhub_validator::evaluator: Sending gradient to enclave miner_uid=${uid} window=${WINDOW}`);
		const got = world.logs.indexOf(`INFO vramhub_validator::evaluator: Enclave score miner_uid=${uid} score=${scoreOf(uid)} window=${WINDOW}`);
		assert.ok(sent !== -1 && sent < got, `miner ${uid}`);
	}
	const { typedSearchAttributes } = await handle.describe();
	assert.deepEqual(
		typedSearchAttributes
			.getAll()
			.filter(({ key }) => /^(Window|ValidatorUid|Family|Network)$/.test(key.name))
			.map(({ key, value }) => `${key.name}=${value}`)
			.sort(),
		['Family=gradient', 'Network=0xababababab', 'ValidatorUid=0', `Window=${WINDOW}`],
	);
	const history = JSON.stringify(await handle.fetchHistory());
	for (const secret of [FAKE_SECRET, Buffer.from(FAKE_SECRET).toString('base64').slice(4, -4)])
		assert.equal(history.includes(secret), false, 'no secret in history');
});

test('what may pass is tried again; effects whose answer was lost are not repeated', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	world.fail('clockMs', { code: 'CHAIN_UNAVAILABLE', when: 'before' }, 2);
	world.fail('sealWindow', { code: 'CHAIN_UNAVAILABLE', when: 'lost' });
	world.fail('decrypt', { code: 'SEAL_UNAVAILABLE', when: 'before' });
	world.fail('fetch', { code: 'OBJECT_UNAVAILABLE', when: 'before' });
	world.fail('registerEnclave', { code: 'CHAIN_UNAVAILABLE', when: 'lost' });
	world.fail('openSession', { code: 'ENCLAVE_UNAVAILABLE', when: 'before' });
	world.fail('process', { code: 'ENCLAVE_UNAVAILABLE', when: 'lost' });
	world.fail('close', { code: 'ENCLAVE_UNAVAILABLE', when: 'lost' });
	world.fail('submitScores', { code: 'CHAIN_UNAVAILABLE', when: 'lost' });
	const { result } = await run('transient', world);
	assert.deepEqual(result.miners, [scored(0), scored(1)]);
	assert.equal(world.count('sealWindow'), 1);
	assert.equal(world.count('registerEnclave'), 1);
	assert.equal(world.count('submitScores'), 1);
	assert.equal(result.transaction, null, 'the transaction whose answer was lost is found recorded, its digest is not known');
});

test('a miner that cannot be brought gets testimony, and nobody else pays for it', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 4 });
	world.fail('fetch', { code: 'OBJECT_MISSING', when: 'before', uid: 0 });
	world.fail('decrypt', { code: 'SEAL_BAD_CIPHERTEXT', when: 'before', uid: 1 });
	world.fail('fetch', { code: 'OBJECT_UNAVAILABLE', when: 'before', uid: 2 }, 100);
	const { result } = await run('testimony', world);
	assert.deepEqual(result.miners, [
		{ uid: 0, code: MINER_CODE.missing, score: null },
		{ uid: 1, code: MINER_CODE.undecryptable, score: null },
		{ uid: 2, code: MINER_CODE.unavailable, score: null },
		scored(3),
	]);
	assert.equal(world.count(`fetch gradient-${WINDOW}-0-v1`), 1, 'what cannot pass is not tried again');
	assert.equal(world.count(`fetch gradient-${WINDOW}-2-v1`), 4, 'as often as the profile says');
});

test('a chain node that is away is no miner’s fault', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.fail('miner', { code: 'CHAIN_UNAVAILABLE', when: 'before' }, 3);
	const { result } = await run('chain-away', world);
	assert.deepEqual(result.miners, [scored(0)]);
});

for (const call of ['measure', 'freeze', 'process', 'close'] as const) {
	test(`an enclave that restarts during ${call} is registered again in the same window, and everything is measured again`, async () => {
		const world = new FakeWorld({ window: WINDOW, miners: 2 });
		world.fail(call, { code: 'ENCLAVE_SESSION_LOST', when: 'before', also: () => world.restartEnclave() });
		const { result } = await run(`restart-${call}`, world);
		assert.deepEqual(result.miners, [scored(0), scored(1)]);
		assert.equal(world.count('registerEnclave'), 2);
		assert.ok(world.registeredKey?.every((byte, index) => byte === world.enclaveKey[index]));
		assert.equal(world.count('submitScores'), 1);
		assert.equal(world.count('fetch'), 2, 'nothing is downloaded twice');
	});
}

test('an enclave that restarts after signing makes the payload stale: the window is signed again', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	const other = new Uint8Array(32).fill(7);
	world.fail('submitScores', {
		code: 'CHAIN_UNAVAILABLE',
		when: 'before',
		also: () => {
			world.restartEnclave();
			world.registeredKey = other;
		},
	});
	const { result } = await run('stale', world);
	assert.deepEqual(result.miners, [scored(0)]);
	assert.equal(world.count('close'), 2);
});

test('an enclave that never keeps a session ends the window as failed, after a bounded number of sessions', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.fail('freeze', { code: 'ENCLAVE_SESSION_LOST', when: 'before' }, 1000);
	const cause = await failureOf(run('never', world));
	assert.equal(cause.type, 'ENCLAVE_SESSION_LOST');
	assert.equal(world.count('freeze'), temporal.settings.fanOut.sessionAttempts);
});

test('nobody sealed it in time: void, and nothing is written', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.atWindow(WINDOW + 2n, 0n);
	const { result, state } = await run('void', world);
	assert.deepEqual(result, { window: WINDOW.toString(), state: 'void', transaction: null, payloadSha256: null, miners: [] });
	assert.equal(state, 'void');
	assert.equal(world.count('sealWindow'), 0);
});

test('a validator that is not in the snapshot seals, and scores nothing', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.listed = false;
	const { result } = await run('unlisted', world);
	assert.equal(result.state, 'not-a-validator');
	assert.equal(world.count('sealWindow'), 1);
	assert.equal(world.count('decrypt') + world.count('submitScores'), 0);
});

test('what goes on beyond the end of the submissions fails visibly', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	world.atWindow(WINDOW + 3n, 599_000n);
	// Sealed in time by somebody else; the enclave is away for longer than the second that is left.
	await world.writer.sealWindow(WINDOW);
	world.fail('openSession', { code: 'ENCLAVE_UNAVAILABLE', when: 'before' }, 100_000);
	const cause = await failureOf(run('too-late', world));
	assert.equal(cause.type, 'WINDOW_VOID');
});

test('a large roster goes in chunks that resume where they were', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 12 });
	world.fail('fetch', { code: 'OBJECT_UNAVAILABLE', when: 'before', uid: 3 });
	world.fail('process', { code: 'ENCLAVE_UNAVAILABLE', when: 'before', uid: 7 });
	const settings = temporal.gradientSettings;
	const { handle, result } = await run('chunks', world, { ...settings, fanOut: { ...settings.fanOut, perMinerUpTo: 8, chunkSize: 5 } });
	assert.deepEqual(
		result.miners,
		Array.from({ length: 12 }, (_, uid) => scored(uid)),
	);
	assert.equal(world.count('fetch'), 13, 'only the one that failed is fetched again');
	const { events } = await handle.fetchHistory();
	const fetches = events!.filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'fetchGradients');
	assert.equal(fetches.length, 3);
});
