import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Transaction } from '@mysten/sui/transactions';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sha256Hex } from '#activities/blobs.ts';
import { createOpenSession, type OpenedSession } from '#activities/gradient/open-session.ts';
import { execute } from '#clients/chain/execute.ts';
import type { SettledMiner } from '#clients/chain/port.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { auditGradientKey, auditPrefix } from '#clients/objects/audit.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { FIRST_TESTIMONY_CODE, MINER_CODE, type MinerCodeName } from '#core/gradient/codes.ts';
import { hparamsToList } from '#core/gradient/hparams.ts';
import { GRADIENT_HEADER_LENGTH } from '#core/gradient/layout.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { windowStartMs } from '#core/window.ts';
import { generateKeyPair, MINERS_BUCKET, minerPrefix } from '#devnet/object-store/identities.ts';
import { createPolicyChain } from '#devnet/seal/chain.ts';
import { listenKeyServer, type RunningKeyServer } from '#devnet/seal/key-server.ts';
import { masterKeyFromBytes } from '#devnet/seal/master-key.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { startEnclaveServer } from '#enclave/server.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { createLogger } from '#runtime/log.ts';
import type { Exchange } from '#tests/scenario/gate.ts';
import type { CredentialChanges, ScenarioMiner } from '#tests/scenario/miners.ts';
import { AUDIT_BUCKET, eventually, type Scenario, type ScenarioProcess, startScenario } from '#tests/scenario/network.ts';

/** A miner that does something wrong: what it commits and puts, what it registered, how its store behaves, and what it must be told. */
interface Offender {
	readonly what: string;
	readonly code: MinerCodeName;
	/** From an honest gradient of its own. Default: commits and puts that. */
	readonly make?: (honest: Uint8Array, uid: number, window: bigint) => Promise<{ readonly commit: Uint8Array; readonly put: Uint8Array | undefined }>;
	readonly credentials?: () => CredentialChanges;
	readonly store?: (exchange: Exchange) => void;
	/** Puts after the put phase. */
	readonly late?: true;
}

const bytesAs =
	(change: (honest: Uint8Array, uid: number, window: bigint) => Uint8Array | Promise<Uint8Array>) =>
	async (honest: Uint8Array, uid: number, window: bigint) => {
		const bytes = await change(honest, uid, window);
		return { commit: bytes, put: bytes };
	};

/** Counts who connects: a validator must not. */
const forbidden = createServer((_, response) => response.end());
let forbiddenConnections = 0;
forbidden.on('connection', () => forbiddenConnections++);

let scenario: Scenario;
let validator: ScenarioProcess;
let honest: readonly ScenarioMiner[];
let serverBack: RunningKeyServer | undefined;

const OFFENDERS: readonly Offender[] = [
	{ what: 'malformed bytes', code: 'malformed', make: bytesAs(() => new TextEncoder().encode('this is no gradient '.repeat(20))) },
	{ what: 'a truncated gradient', code: 'malformed', make: bytesAs((bytes) => bytes.slice(0, -7)) },
	{ what: 'a scale that is not finite', code: 'not_finite', make: bytesAs(withScale(Number.NaN)) },
	{
		what: 'a gradient of another model',
		code: 'wrong_shape',
		make: bytesAs((_, uid, window) => scenario.model.gradient(uid, window, { manifestHash: new Uint8Array(32).fill(7) })),
	},
	{
		what: 'a gradient of another window',
		code: 'wrong_window',
		make: bytesAs((_, uid, window) => scenario.model.gradient(uid, window, { window: window - 1n })),
	},
	{
		what: 'a gradient from another checkpoint',
		code: 'wrong_checkpoint',
		make: bytesAs((_, uid, window) => scenario.model.gradient(uid, window, { checkpointHash: new Uint8Array(32).fill(9) })),
	},
	{ what: 'an object larger than committed', code: 'too_large', make: async (bytes) => ({ commit: bytes, put: Buffer.concat([bytes, bytes]) }) },
	{ what: 'other bytes than committed', code: 'digest_mismatch', make: async (bytes) => ({ commit: bytes, put: bytes.map((byte) => byte ^ 1) }) },
	{ what: 'nothing put', code: 'missing', make: async (bytes) => ({ commit: bytes, put: undefined }) },
	{ what: 'an object that is late', code: 'late', late: true },
	{ what: 'a read key that was revoked', code: 'forbidden', credentials: () => ({ credentials: generateKeyPair() }) },
	{ what: 'garbage for credentials', code: 'undecryptable', credentials: () => ({ raw: new Uint8Array(200).fill(0x5a) }) },
	{ what: 'credentials sealed for another miner', code: 'undecryptable', credentials: () => ({ sealedFor: 0 }) },
	{
		what: 'an endpoint in the private network',
		code: 'endpoint_refused',
		credentials: () => ({ credentials: { endpoint: `http://127.0.0.1:${(forbidden.address() as AddressInfo).port}` } }),
	},
	{ what: 'an endpoint of the cloud’s metadata', code: 'endpoint_refused', credentials: () => ({ credentials: { endpoint: 'https://169.254.169.254' } }) },
	{
		what: 'a store that redirects',
		code: 'endpoint_refused',
		store: ({ response }) => response.writeHead(307, { location: `http://127.0.0.1:${(forbidden.address() as AddressInfo).port}/` }).end(),
	},
	{ what: 'a body that drips', code: 'unavailable', store: ({ response }) => trickle(response, Buffer.from('x'), 100) },
	{ what: 'a body without an end', code: 'too_large', store: ({ response }) => trickle(response, Buffer.alloc(64 * 1024), 1) },
	{ what: 'a store that hangs up', code: 'unavailable', store: ({ response }) => response.destroy() },
];
const FIRST_OFFENDER = 2;

/** The gradient with another scale in its first chunk. */
function withScale(scale: number) {
	return (bytes: Uint8Array) => {
		const changed = bytes.slice();
		new DataView(changed.buffer).setFloat32(GRADIENT_HEADER_LENGTH + 2, scale);
		return changed;
	};
}

function trickle(response: ServerResponse, part: Buffer, everyMs: number): void {
	response.writeHead(200, { 'content-type': 'application/octet-stream' });
	// As much as is taken: what nobody reads need not be written.
	const timer = setInterval(() => response.writableNeedDrain || response.write(part), everyMs);
	response.on('close', () => clearInterval(timer));
}

const rowOf = (miners: readonly SettledMiner[], uid: number) => miners.find((row) => row.uid === uid)!;

const objects = createS3ObjectStore();
/** With the validator's own keys by default. */
const auditOf = (uid: number, keys = scenario.auditKeys) => ({ endpoint: scenario.store.endpoint, bucket: AUDIT_BUCKET, prefix: auditPrefix(uid), ...keys });

async function isPublished(bytes: Uint8Array): Promise<boolean> {
	const key = auditGradientKey(sha256Hex(bytes));
	const size = await objects.sizeOf({ credentials: auditOf(scenario.validatorUid), key, timeBudgetMs: 60_000 }).catch(() => undefined);
	return size === bytes.length;
}

/** One window of honest miners, the chain's clock moved through its phases. */
async function honestWindow(beforePutClose: (window: bigint) => Promise<void> = async () => undefined): Promise<bigint> {
	const window = await scenario.openWindow();
	const gradients = await Promise.all(honest.map(({ uid }) => scenario.model.gradient(uid, window)));
	await Promise.all(honest.map((miner, i) => miner.commit(window, gradients[i]!)));
	await scenario.toPutOpen(window);
	await Promise.all(honest.map((miner, i) => miner.put(window, gradients[i]!)));
	await beforePutClose(window);
	await scenario.toPutClose(window);
	return window;
}

/** The failure that an activity of a window's workflow is being tried again for. */
async function pendingFailure(window: bigint, activity: string): Promise<string | undefined> {
	const handle = scenario.temporal.client.workflow.getHandle(scenario.windowWorkflow(window));
	const described = await handle.describe().catch(() => undefined);
	const pending = described?.raw.pendingActivities?.find(({ activityType, lastFailure }) => activityType?.name === activity && lastFailure != null);
	return pending?.lastFailure?.applicationFailureInfo?.type ?? undefined;
}

before(async () => {
	await new Promise<void>((resolve) => forbidden.listen(0, '127.0.0.1', resolve));
	scenario = await startScenario();
	const changes = new Map(OFFENDERS.flatMap(({ credentials }, i) => (credentials === undefined ? [] : [[FIRST_OFFENDER + i, credentials()]])));
	honest = (await scenario.equip(FIRST_OFFENDER + OFFENDERS.length, { changes })).slice();
});
after(async () => {
	await serverBack?.close();
	await scenario?.[Symbol.asyncDispose]();
	objects.close();
	forbidden.close();
	forbidden.closeAllConnections();
});

test('each offence has its code, its line and its row, and touches nobody else', { timeout: 300_000 }, async (t) => {
	const miners = honest;
	honest = miners.slice(0, FIRST_OFFENDER);
	const { model, front } = scenario;
	const isLate = (uid: number) => OFFENDERS[uid - FIRST_OFFENDER]?.late === true;
	const latePut = Promise.withResolvers<void>();
	front.rule = async (exchange) => {
		if (exchange.request.method !== 'GET') return false;
		const uid = Number(new RegExp(`^/${MINERS_BUCKET}/(\\d+)/`).exec(exchange.request.url ?? '')?.[1]);
		if (isLate(uid)) await latePut.promise;
		const store = OFFENDERS[uid - FIRST_OFFENDER]?.store;
		if (store === undefined) return false;
		store(exchange);
		return true;
	};
	// Before the window's last seconds: a process that starts on a busy machine may take longer than they last.
	validator = await scenario.startValidator('real');
	const window = await scenario.openWindow();
	const made = await Promise.all(
		miners.map(async ({ uid }) => {
			const bytes = await model.gradient(uid, window);
			return OFFENDERS[uid - FIRST_OFFENDER]?.make?.(bytes, uid, window) ?? { commit: bytes, put: bytes };
		}),
	);
	const most = scenario.chain.parameters.values.max_gradient_bytes;
	await assert.rejects(miners[0]!.commit(window, made[0]!.commit, most + 1n), (error: { code: string; details: { abort: string } }) => {
		assert.deepEqual([error.code, error.details.abort], ['CHAIN_REJECTED', 'EBadSize']);
		return true;
	});
	await Promise.all(miners.map((miner, i) => miner.commit(window, made[i]!.commit)));
	await scenario.toPutOpen(window);
	const put = (late: boolean) =>
		Promise.all(miners.map((miner, i) => isLate(miner.uid) === late && made[i]!.put !== undefined && miner.put(window, made[i]!.put)));
	await put(false);
	// The chain clock jumps to 3.2 s after the put phase: to whom the store's clock shows 1.2 s less, these objects are not late (2 s are tolerated).
	await new Promise((resolve) => setTimeout(resolve, 1_200));
	await scenario.toPutClose(window, 3_200n);
	const closed = performance.now();
	await put(true);
	latePut.resolve();
	const { miners: rows } = await scenario.scored(window);
	t.diagnostic(`scored ${Math.round(performance.now() - closed)} ms after the put phase`);
	assert.equal(rows.length, miners.length);
	for (const [i, { what, code }] of OFFENDERS.entries()) {
		const uid = FIRST_OFFENDER + i;
		const row = rowOf(rows, uid);
		assert.deepEqual({ uid, code: row.codeName, score: row.score, weight: row.weight }, { uid, code, score: 0, weight: 0 }, what);
		const line = validator.lines.find((text) => text.startsWith('WARN') && text.includes(`miner_uid=${uid} `) && text.includes(`reason=${code} `));
		assert.equal(await isPublished(made[uid]!.commit), MINER_CODE[code] < FIRST_TESTIMONY_CODE, `${what}: what was read is published, whatever it is`);
		assert.ok(line?.includes(`window=${window}`), `${what}: no line of miner ${uid} with ${code}:\n${validator.lines.join('\n')}`);
	}
	assert.equal(forbiddenConnections, 0, 'no connection where a miner sent us');
	assert.ok(validator.alive);
	assert.deepEqual(
		honest.map(({ uid }) => rowOf(rows, uid).codeName),
		['scored', 'scored'],
	);

	// The same window in another enclave, which is never told of the offenders.
	const { reader } = scenario.chain;
	await using enclave = await startEnclaveServer({
		key: createSigningKey(),
		attester: { attest: async () => new Uint8Array() },
		cpuClass: cpuClass(),
		log: createLogger({ target: 'test', write: () => undefined }),
		port: 0,
	});
	const client = new EnclaveClient({ url: enclave.url });
	const openSession = createOpenSession({
		chain: {
			...reader,
			commitments: async (of) => (await reader.commitments(of)).filter(({ uid }) => uid < FIRST_OFFENDER).map((commitment, seq) => ({ ...commitment, seq })),
		},
		enclave: client,
		files: model.files,
		blobs: { read: async () => undefined },
		validatorUid: scenario.validatorUid,
		log: createLogger({ target: 'test', write: () => undefined }),
	});
	const { session } = (await new MockActivityEnvironment().run(openSession, { window: window.toString() })) as OpenedSession;
	for (const { uid } of honest) await client.measure(session, uid, made[uid]!.commit);
	await client.freeze(session, { testimony: [] });
	for (const { uid } of honest) {
		const gradient = { window: Number(window), miner_uid: uid, gradient_bytes: Buffer.from(made[uid]!.commit).toString('hex') };
		const alone = await client.process({ ...gradient, checkpoint_hash: Buffer.from(model.checkpointHash).toString('hex') });
		const row = rowOf(rows, uid);
		assert.ok(row.score > 0, `miner ${uid} improved the model`);
		assert.deepEqual({ score: row.score, random: row.random }, { score: alone.score, random: alone.random }, `miner ${uid} is scored as if alone`);
	}
});

test('one key server of three may be away', { timeout: 300_000 }, async () => {
	await scenario.seal.running[2]!.close();
	await honest[0]!.rotate();
	const { miners } = await scenario.scored(await honestWindow());
	assert.deepEqual(
		honest.map(({ uid }) => rowOf(miners, uid).codeName),
		['scored', 'scored'],
	);
});

test('two key servers away: testimony about the miner whose keys are not held, no one else’s', { timeout: 300_000 }, async () => {
	await scenario.seal.running[1]!.close();
	await honest[0]!.rotate();
	const window = await honestWindow();
	assert.equal(await eventually('a retry', () => pendingFailure(window, 'fetchGradients')), 'SEAL_UNAVAILABLE');
	const { miners } = await scenario.scored(window);
	assert.deepEqual(
		honest.map(({ uid }) => rowOf(miners, uid).codeName),
		['unavailable', 'scored'],
	);
	assert.ok(validator.lines.some((line) => line.includes('miner_uid=0') && line.includes('code=SEAL_UNAVAILABLE') && line.includes(`window=${window}`)));
});

test('two key servers away, one comes back: the window is complete', { timeout: 300_000 }, async () => {
	await honest[0]!.rotate();
	const window = await honestWindow();
	assert.equal(await eventually('a retry', () => pendingFailure(window, 'fetchGradients')), 'SEAL_UNAVAILABLE');
	const { port } = scenario.seal.running[1]!;
	const server = {
		key: masterKeyFromBytes(new Uint8Array(32).fill(2)),
		objectId: scenario.seal.keyServers[1]!,
		chain: createPolicyChain(scenario.chain.rpcUrl),
	};
	serverBack = await listenKeyServer(server, port);
	const { miners } = await scenario.scored(window);
	assert.deepEqual(
		honest.map(({ uid }) => rowOf(miners, uid).codeName),
		['scored', 'scored'],
	);
});

test('a store that refuses this validator alone: what another one published is scored, and what was read is published', { timeout: 300_000 }, async () => {
	const { chain, front, model, admin } = scenario;
	const other = chain.writerOf(await chain.fundedSigner());
	const { uid } = await other.registerValidator({ stakeMist: chain.parameters.values.min_validator_stake_mist, operator: other.address });
	front.rule = ({ request, response }) => {
		if (request.method !== 'GET' || request.url?.startsWith(`/${MINERS_BUCKET}/${minerPrefix(0)}`) !== true) return false;
		response.writeHead(403).end();
		return true;
	};
	const window = await honestWindow(async (of) => {
		const bytes = await model.gradient(0, of);
		await objects.putObject({ credentials: auditOf(uid, admin), key: auditGradientKey(sha256Hex(bytes)), bytes, timeBudgetMs: 60_000 });
	});
	const { miners } = await scenario.scored(window);
	front.rule = undefined;
	assert.deepEqual(
		honest.map((miner) => rowOf(miners, miner.uid).codeName),
		['scored', 'scored'],
	);
	const taken = validator.lines.filter((line) => line.includes('Gradient taken from another validator'));
	assert.equal(taken.length, 1);
	assert.ok(taken[0]!.includes('miner_uid=0 ') && taken[0]!.includes('code=OBJECT_FORBIDDEN') && taken[0]!.includes(`window=${window}`), taken[0]);
	assert.deepEqual(await Promise.all(honest.map(async (miner) => isPublished(await model.gradient(miner.uid, window)))), [false, true]);
});

test('a replaced enclave key: the validator says what to do and goes on once the enclave is started again', { timeout: 300_000 }, async () => {
	const { chain, operator, validatorUid } = scenario;
	const registered = (await chain.reader.validator(validatorUid))!;
	const pcrs = new Map(chain.parameters.pcrs.entries());
	const binding = { network: chain.objects.network, validatorUid, validatorGeneration: registered.generation, owner: registered.owner };
	const other = createSigningKey().publicKey;
	const document = chain.minter.mint({
		timestampMs: await chain.reader.clockMs(),
		pcrs,
		publicKey: other,
		userData: enclaveUserData(binding),
		nonce: undefined,
	});
	await chain.writerOf(operator).registerEnclave({ validatorUid, attestationDocument: document });
	const window = await honestWindow();
	assert.equal(await eventually('a retry', () => pendingFailure(window, 'ensureEnclaveRegistered')), 'ENCLAVE_UNAVAILABLE');
	assert.ok(validator.lines.some((line) => line.startsWith('WARN') && line.includes('restart the enclave')));
	await scenario.enclave().stop();
	await scenario.restartEnclave();
	await scenario.scored(window);
	assert.notDeepEqual((await chain.reader.enclave(validatorUid))!.publicKey, other);
	assert.ok(validator.alive);
});

test('a validator that lost its standing: the window ends, named; the next is not its own; the process stays', { timeout: 300_000 }, async () => {
	const { chain, temporal } = scenario;
	await validator.stop();
	await honest[0]!.rotate();
	const window = await honestWindow(async (of) => {
		await chain.writerOf(chain.admin).sealWindow(of);
		const { values } = chain.parameters;
		await execute({
			client: chain.client,
			signer: chain.admin,
			what: 'raising the stake',
			build: (transaction: Transaction) => {
				const list = hparamsToList({ ...values, min_validator_stake_mist: values.min_validator_stake_mist * 2n });
				const { modelManifestHash, datasetRoot } = chain.parameters;
				transaction.moveCall({
					target: `${chain.packageId}::hparams::propose`,
					arguments: [
						transaction.object(chain.objects.hparams),
						transaction.object(chain.adminCap),
						transaction.object(chain.objects.network),
						transaction.pure.vector('u64', list),
						transaction.pure.vector('u8', [...modelManifestHash]),
						transaction.pure.vector('u8', [...datasetRoot]),
						transaction.object('0x6'),
					],
				});
			},
		});
	});
	await chain.advanceTo(windowStartMs(window + 1n, chain.parameters.windowDurationMs));
	validator = await scenario.startValidator('real');
	const handle = temporal.client.workflow.getHandle(scenario.windowWorkflow(window));
	const failure = await eventually('the end of the window', async () => {
		const { status } = (await handle.describe().catch(() => undefined)) ?? {};
		if (status?.name === 'FAILED') return handle.result().catch((error: { cause?: { cause?: { type?: string } } }) => error.cause?.cause?.type);
		assert.ok(status === undefined || status.name === 'RUNNING', status?.name);
		return undefined;
	});
	assert.equal(failure, 'SEAL_NO_ACCESS');
	assert.equal(await chain.reader.settledScores(window, scenario.validatorUid), undefined);
	const next = await honestWindow();
	const result = await eventually('the next window', () =>
		temporal.client.workflow
			.getHandle(scenario.windowWorkflow(next))
			.result()
			.catch(() => undefined),
	);
	assert.equal((result as { state: string }).state, 'not-a-validator');
	assert.ok(validator.alive);
});
