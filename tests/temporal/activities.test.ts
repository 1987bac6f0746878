import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sha256Hex } from '#activities/blobs.ts';
import { createGradientActivities, type GradientDeps } from '#activities/gradient/all.ts';
import { toHex } from '#core/bytes.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { FLAG_SKETCHES_LOST, FLAG_STATE_RESET } from '#core/gradient/header.ts';
import type { FetchOutcome } from '#core/gradient/messages.ts';
import { decodePayload, encodePayload, type Payload } from '#core/gradient/payload.ts';
import { FakeWorld, stateFileOf } from './fake-world.ts';

const WINDOW = 2_957_300n;
const window = WINDOW.toString();

const logger = new DefaultLogger('ERROR');
/** One attempt of an activity, as the profile `fetch` has four. */
const attempt = (number: number, heartbeatDetails?: unknown) =>
	new MockActivityEnvironment({ attempt: number, heartbeatDetails, retryPolicy: { maximumAttempts: 4 } }, { logger });

function run<Args extends unknown[], Result>(activity: (...args: Args) => Promise<Result>, args: Args, environment = attempt(1)): Promise<Result> {
	return environment.run<Args, Result, (...args: Args) => Promise<Result>>(activity, ...args);
}

async function sealed(world: FakeWorld, change: (deps: GradientDeps) => Partial<GradientDeps> = () => ({})) {
	const deps = world.deps();
	const activities = createGradientActivities({ ...deps, ...change(deps) });
	await world.writer.sealWindow(WINDOW);
	const facts = await run(activities.readSealedWindow, [{ window }]);
	return { activities, facts, request: { window, miners: facts.miners, putCloseMs: facts.putCloseMs } };
}

const codeOf = (outcome: FetchOutcome | undefined) => (outcome?.kind === 'testimony' ? outcome.code : outcome?.kind);

test('an object that was put after the put phase is late, by the chain’s clock wherever that stands', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	// The chain is 10 s beyond the end of the put phase.
	const putAgoMs = async (ms: number) => {
		const { activities, request } = await sealed(world, ({ objects }) => ({
			objects: { fetch: async (of) => ({ ...(await objects.fetch(of)), lastModifiedMs: Date.now() - ms }) },
			blobs: { read: async () => undefined, write: async () => {} },
		}));
		return codeOf((await run(activities.fetchGradients, [request]))[0]);
	};
	assert.equal(await putAgoMs(11_000), 'stored');
	assert.equal(await putAgoMs(9_000), 'stored', 'within the tolerance');
	assert.equal(await putAgoMs(5_000), MINER_CODE.late);
});

test('access refused to the validator itself fails the window; refused for one miner it is testimony', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	world.fail('decrypt', { code: 'SEAL_NO_ACCESS', when: 'before', uid: 1 });
	const entitled = await sealed(world);
	const outcomes = await run(entitled.activities.fetchGradients, [entitled.request]);
	assert.deepEqual(outcomes.map(codeOf), ['stored', MINER_CODE.undecryptable]);

	const poor = new FakeWorld({ window: WINDOW, miners: 1 });
	poor.fail('decrypt', { code: 'SEAL_NO_ACCESS', when: 'before' });
	const { activities, request } = await sealed(poor, ({ chain }) => ({
		chain: { ...chain, validator: async (uid) => ({ ...(await chain.validator(uid))!, stake: 1n }) },
	}));
	await assert.rejects(run(activities.fetchGradients, [request]), (error) => error instanceof ApplicationFailure && error.type === 'SEAL_NO_ACCESS');
});

test('what may pass is thrown for Temporal to repeat, with the rest done and kept in the heartbeat; the last attempt gives testimony', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 3 });
	world.fail('fetch', { code: 'OBJECT_UNAVAILABLE', when: 'before', uid: 0 }, 2);
	const { activities, request } = await sealed(world);
	const first = attempt(1);
	let kept: unknown;
	first.on('heartbeat', (details: unknown) => {
		kept = details;
	});
	await assert.rejects(run(activities.fetchGradients, [request], first), (error) => error instanceof ApplicationFailure && !error.nonRetryable);
	assert.deepEqual(
		(kept as FetchOutcome[]).map(({ uid }) => uid),
		[1, 2],
	);
	const outcomes = await run(activities.fetchGradients, [request], attempt(4, kept));
	assert.deepEqual(outcomes.map(codeOf), [MINER_CODE.unavailable, 'stored', 'stored']);
	assert.equal(world.count('fetch'), 4);
});

test('a miner that was replaced after it committed is neither brought nor testified about', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 3 });
	const { facts } = await sealed(world, ({ chain }) => ({
		chain: {
			...chain,
			roster: async () => [
				{ uid: 0, generation: 1 },
				{ uid: 1, generation: 2 },
				{ uid: 2, generation: 1 },
			],
		},
	}));
	assert.deepEqual(
		facts.miners.map(({ uid }) => uid),
		[0, 2],
	);
	assert.equal(facts.commitmentsCount, 3);
});

test('a window waits for the one before it, but not beyond its own end, and not for one that is none of ours', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	let looks = 0;
	const { activities } = await sealed(world, ({ chain }) => ({
		chain: {
			...chain,
			payloadChain: async () => {
				// Never recorded; at the second look the clock comes to the end of the waiting window.
				if (++looks === 2) world.atWindow(WINDOW + 2n, 0n);
				return undefined;
			},
		},
	}));
	await run(activities.awaitTurn, [{ window }]);
	assert.equal(looks, 0, 'the window before was never sealed');
	world.atWindow(WINDOW + 1n, 599_900n);
	await run(activities.awaitTurn, [{ window: (WINDOW + 1n).toString() }]);
	assert.equal(looks, 3);
});

test('an enclave whose key the chain holds already is not registered again', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	const { activities } = await sealed(world);
	const first = await run(activities.ensureEnclaveRegistered, []);
	assert.equal(first.transaction, 'digest-of-register');
	const second = await run(activities.ensureEnclaveRegistered, []);
	assert.deepEqual(second, { publicKey: first.publicKey, transaction: null });
	world.restartEnclave();
	const third = await run(activities.ensureEnclaveRegistered, []);
	assert.notEqual(third.publicKey, first.publicKey);
	assert.equal(world.count('registerEnclave'), 2);
});

test('a chunk goes on after what its heartbeat says is done', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 3 });
	const { activities, facts, request } = await sealed(world);
	await run(activities.fetchGradients, [request]);
	const { session } = await run(activities.openSession, [{ window }]);
	const gradients = facts.miners.map(({ uid, sha256 }) => ({ uid, sha256 }));
	const done = { uid: 1, code: MINER_CODE.zero_norm };
	const measured = await run(activities.measureGradients, [{ session, window, gradients }], attempt(2, [done]));
	assert.deepEqual(measured, [{ uid: 0, code: 0 }, done, { uid: 2, code: 0 }]);
	assert.deepEqual(
		world.calls.filter((call) => call.startsWith('measure')),
		['measure 0', 'measure 2'],
	);
});

test('who is rejected for what others handed in has a line when the set is frozen', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 3 });
	const rejected = [
		{ uid: 1, code: MINER_CODE.copied },
		{ uid: 2, code: MINER_CODE.norm_exceeded },
	];
	const { activities } = await sealed(world, ({ enclave }) => ({
		enclave: Object.assign(Object.create(enclave), { freeze: async () => ({ median_norm: 1, uids: [0], rejected, baseline_loss: '1' }) }),
	}));
	const frozen = await run(activities.freezeSession, [{ session: '00', window, testimony: [] }]);
	assert.deepEqual(frozen, { uids: [0], medianNorm: 1, baselineLoss: '1' });
	assert.deepEqual(
		world.logs.filter((line) => line.includes('Gradient rejected')),
		[
			`WARN vramhub_validator: Gradient rejected miner_uid=1 reason=copied code=7 window=${window}`,
			`WARN vramhub_validator: Gradient rejected miner_uid=2 reason=norm_exceeded code=8 window=${window}`,
		],
	);
});

test('a payload that was signed before another window was recorded is stale; one of an older window can never be recorded', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	const { activities, request } = await sealed(world);
	await run(activities.fetchGradients, [request]);
	await run(activities.ensureEnclaveRegistered, []);
	const sign = async (of: bigint) => {
		await world.writer.sealWindow(of);
		const { session } = await run(activities.openSession, [{ window: of.toString() }]);
		const gradients = request.miners.map(({ uid, sha256 }) => ({ uid, sha256 }));
		await run(activities.measureGradients, [{ session, window: of.toString(), gradients }]);
		await run(activities.freezeSession, [{ session, window: of.toString(), testimony: [] }]);
		return { window: of.toString(), ...(await run(activities.closeSession, [{ session }])) };
	};
	const failsWith = (type: string) => (error: unknown) => error instanceof ApplicationFailure && error.type === type && error.nonRetryable === true;
	const [first, second] = [await sign(WINDOW), await sign(WINDOW + 1n)];
	await run(activities.submitScores, [first]);
	await assert.rejects(run(activities.submitScores, [second]), failsWith('ENCLAVE_SESSION_LOST'));
	await run(activities.submitScores, [await sign(WINDOW + 1n)]);
	await assert.rejects(run(activities.submitScores, [await sign(WINDOW - 1n)]), failsWith('WINDOW_VOID'));
	assert.equal(world.count('submitScores'), 2);
});

/** The payload of each of the windows, as the chain has it after its submission. */
async function payloadsOf(world: FakeWorld, windows: readonly bigint[], change: (deps: GradientDeps) => Partial<GradientDeps>): Promise<readonly Payload[]> {
	const { activities, request } = await sealed(world, change);
	await run(activities.fetchGradients, [request]);
	await run(activities.ensureEnclaveRegistered, []);
	const payloads: Payload[] = [];
	for (const of of windows) {
		await world.writer.sealWindow(of);
		const { session } = await run(activities.openSession, [{ window: of.toString() }]);
		await run(activities.measureGradients, [{ session, window: of.toString(), gradients: request.miners }]);
		await run(activities.freezeSession, [{ session, window: of.toString(), testimony: [] }]);
		await run(activities.submitScores, [{ window: of.toString(), ...(await run(activities.closeSession, [{ session }])) }]);
		payloads.push(decodePayload((await world.chain.payloadChain(0))!.lastPayload));
	}
	return payloads;
}

test('a validator that is told to starts anew once, also when nothing comes of the window that it was told', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 2 });
	const windows = [WINDOW, WINDOW + 1n, WINDOW + 3n, WINDOW + 4n];
	const payloads = await payloadsOf(world, windows, () => ({ resetWindow: WINDOW + 2n }));
	assert.deepEqual(
		payloads.map(({ header }) => [header.flags, header.prevWindow]),
		[
			[0, 0n],
			[0, WINDOW],
			[FLAG_STATE_RESET, 0n],
			[0, WINDOW + 3n],
		],
	);
});

test('the payloads of who had the uid before are not gone on with', async () => {
	const [earlier] = await payloadsOf(new FakeWorld({ window: WINDOW, miners: 1 }), [WINDOW], () => ({}));
	const lastPayload = encodePayload(earlier!);
	// The validator's own generation is 1.
	for (const [validatorGeneration, goneOnWith] of [
		[1, toHex(lastPayload)],
		[2, ''],
	] as const) {
		const world = new FakeWorld({ window: WINDOW, miners: 1 });
		const last = { lastWindow: WINDOW - 1n, lastDigest: new Uint8Array(32), lastPayload, settledRows: 1, totalRows: 1 };
		const requests: SessionRequest[] = [];
		const openSession: GradientDeps['enclave']['openSession'] = async (request, signal) => {
			requests.push(request);
			return world.enclave.openSession(request, signal);
		};
		const { activities } = await sealed(world, ({ chain, enclave }) => ({
			chain: { ...chain, payloadChain: async () => ({ validatorGeneration, ...last }) },
			enclave: { ...enclave, openSession },
		}));
		await run(activities.openSession, [{ window }]);
		assert.equal(requests[0]!.prev_payload, goneOnWith);
		assert.equal(requests[0]!.state_reset, false);
	}
});

test('the state file goes from one window to the next; a validator that has it no more says so and goes on', async () => {
	const world = new FakeWorld({ window: WINDOW, miners: 1 });
	const windows = [WINDOW, WINDOW + 1n, WINDOW + 2n];
	const lost = sha256Hex(stateFileOf((WINDOW + 1n).toString()));
	const forgetful = ({ blobs }: GradientDeps) => ({ blobs: { ...blobs, read: async (name: string) => (name === lost ? undefined : blobs.read(name)) } });
	const payloads = await payloadsOf(world, windows, forgetful);
	assert.deepEqual(
		payloads.map(({ header }) => header.flags),
		[0, 0, FLAG_SKETCHES_LOST],
	);
	assert.deepEqual(world.modelFiles.get(toHex(payloads[0]!.header.stateAfter)), stateFileOf(WINDOW.toString()));
	assert.equal(world.modelFiles.has(lost), false);
});
