import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WindowResult } from '#core/gradient/messages.ts';
import { MINERS_BUCKET, minerPrefix } from '#devnet/object-store/identities.ts';
import type { ScenarioMiner } from '#tests/scenario/miners.ts';
import { type Scenario, type ScenarioProcess, startScenario } from '#tests/scenario/network.ts';

let scenario: Scenario;
let validator: ScenarioProcess;
let miners: readonly ScenarioMiner[];

before(async () => {
	scenario = await startScenario();
	miners = await scenario.equip(2);
	validator = await scenario.startValidator('quick');
});
after(() => scenario?.[Symbol.asyncDispose]());

/** Brings a window to the end of its put phase, where the validator's work begins. */
async function ripeWindow(): Promise<bigint> {
	const window = await scenario.openWindow();
	const gradients = await Promise.all(miners.map(({ uid }) => scenario.model.gradient(uid, window)));
	await Promise.all(miners.map((miner, i) => miner.commit(window, gradients[i]!)));
	await scenario.toPutOpen(window);
	await Promise.all(miners.map((miner, i) => miner.put(window, gradients[i]!)));
	await scenario.toPutClose(window);
	return window;
}

/** gRPC-web as text: a transaction names the function that it calls. */
const isSubmission = (body: Buffer) => Buffer.from(body.toString('latin1'), 'base64').includes('submit_scores') || body.includes('submit_scores');

/** Kills the validator's process without warning, and starts another. */
async function killAndRestart(): Promise<void> {
	await validator.kill();
	validator = await scenario.startValidator('quick');
}

/** Both miners have their score, recorded by one submission, and the workflow says so too. */
async function assertScoredOnce(window: bigint, submissionsBefore: number): Promise<void> {
	const settled = await scenario.scored(window);
	assert.deepEqual(
		settled.miners.map(({ uid, codeName }) => [uid, codeName]),
		[
			[0, 'scored'],
			[1, 'scored'],
		],
	);
	const result = (await scenario.temporal.client.workflow.getHandle(scenario.windowWorkflow(window)).result()) as WindowResult;
	assert.equal(result.state, 'scored');
	assert.deepEqual(result.payloadSha256, Buffer.from(settled.payloadSha256).toString('hex'));
	assert.equal(scenario.eventCount('ScoresSubmitted') - submissionsBefore, 1, 'one submission');
	assert.equal((await scenario.chain.reader.payloadChain(scenario.validatorUid))!.lastWindow, window);
}

test('kill -9 of the validator while it downloads', { timeout: 300_000 }, async () => {
	const before = scenario.eventCount('ScoresSubmitted');
	const path = `/${MINERS_BUCKET}/${minerPrefix(0)}`;
	const downloading = scenario.front.holdNext(({ request }) => request.method === 'GET' && request.url?.startsWith(path) === true);
	const window = await ripeWindow();
	await downloading;
	await killAndRestart();
	await assertScoredOnce(window, before);
});

test('kill -9 of the validator while its enclave evaluates', { timeout: 300_000 }, async () => {
	const before = scenario.eventCount('ScoresSubmitted');
	const evaluating = scenario.enclaveGate.holdNext(({ request }) => request.url === '/process_data');
	const window = await ripeWindow();
	await evaluating;
	await killAndRestart();
	await assertScoredOnce(window, before);
});

test('kill -9 of the validator between the submission and its acknowledgement', { timeout: 300_000 }, async () => {
	const before = scenario.eventCount('ScoresSubmitted');
	const submitted = scenario.rpc.holdNext(
		({ request, body }) => request.url?.endsWith('/ExecuteTransaction') === true && isSubmission(body),
		({ ask }) => ask(),
	);
	const window = await ripeWindow();
	await submitted;
	assert.equal(scenario.eventCount('ScoresSubmitted') - before, 1, 'the chain has it, the validator does not know');
	await killAndRestart();
	await assertScoredOnce(window, before);
	assert.ok(validator.lines.some((line) => line.includes('Scores submitted') && line.includes(`window=${window}`)));
});

test('kill -9 of the enclave while it evaluates: its successor is registered and the window scored', { timeout: 300_000 }, async () => {
	const before = scenario.eventCount('ScoresSubmitted');
	const { publicKey } = (await scenario.chain.reader.enclave(scenario.validatorUid))!;
	const evaluating = scenario.enclaveGate.holdNext(({ request }) => request.url === '/process_data');
	const window = await ripeWindow();
	const { response } = await evaluating;
	const enclave = scenario.enclave();
	process.kill(enclave.child.pid!, 'SIGKILL');
	await enclave.exited;
	response.destroy();
	await scenario.restartEnclave();
	await assertScoredOnce(window, before);
	assert.notDeepEqual((await scenario.chain.reader.enclave(scenario.validatorUid))!.publicKey, publicKey);
	assert.ok(validator.alive);
});
