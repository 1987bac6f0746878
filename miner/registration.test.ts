import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Miner } from '#clients/chain/port.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { ensureRegistered, type RegistrationDependencies } from '#miner/registration.ts';

const network = `0x${'7'.repeat(64)}`;
const address = `0x${'a'.repeat(64)}`;
const credentials = { endpoint: 'http://127.0.0.1:1', bucket: 'miners', accessKeyId: 'key', secretAccessKey: 'secret', prefix: '0/' };

async function world(t: TestContext) {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-miner-'));
	t.after(() => rm(folder, { recursive: true }));
	const miners = new Map<number, Miner>();
	const log: string[] = [];
	const dependencies: RegistrationDependencies = {
		chain: {
			clockMs: async () => 5_000n,
			network: async () => ({ id: network, windowDurationMs: 1_000n }),
			hparamsAt: async () => ({ version: 1, values: defaultHparamValues(), modelManifestHash: new Uint8Array(32), datasetRoot: new Uint8Array(32) }),
			miner: async (uid) => miners.get(uid),
			miners: async () => [...miners.values()],
		},
		writer: {
			address,
			registerMiner: async ({ stakeMist, operator }) => {
				const uid = miners.size;
				log.push(`register ${uid} ${stakeMist}`);
				miners.set(uid, {
					uid,
					generation: 1,
					owner: address,
					operator,
					registeredWindow: 5n,
					credVersion: 0,
					credentials: new Uint8Array(),
					active: true,
					stake: stakeMist,
				});
				return { digest: 'd', gasUsedMist: 0n, uid, generation: 1 };
			},
			setCredentials: async ({ uid, credVersion, ciphertext }) => {
				log.push(`credentials ${uid} v${credVersion}`);
				miners.set(uid, { ...miners.get(uid)!, credVersion, credentials: ciphertext });
				return undefined;
			},
		},
		encrypt: async (identity) => encodeSealIdentity(identity),
		credentials,
		stateFile: join(folder, 'registration.json'),
	};
	return { dependencies, miners, log };
}

test('registers once, then finds itself', async (t) => {
	const { dependencies, log } = await world(t);
	const miner = await ensureRegistered(dependencies);
	assert.equal(miner.credVersion, 1);
	assert.deepEqual(miner.credentials, encodeSealIdentity({ network, kind: 'minerCredentials', uid: 0, generation: 1, credVersion: 1 }));
	assert.deepEqual(await ensureRegistered(dependencies), miner);
	assert.deepEqual(log, ['register 0 1000000000', 'credentials 0 v1']);
});

test('a life that ended between registering and remembering goes on with the same uid', async (t) => {
	const { dependencies, log } = await world(t);
	await dependencies.writer.registerMiner({ stakeMist: 1n, operator: address });
	assert.equal((await ensureRegistered(dependencies)).uid, 0);
	assert.deepEqual(log, ['register 0 1', 'credentials 0 v1']);
});

test('changed credentials are rotated; another owner of the uid is not this miner', async (t) => {
	const { dependencies, log, miners } = await world(t);
	await ensureRegistered(dependencies);
	assert.equal((await ensureRegistered({ ...dependencies, credentials: { ...credentials, endpoint: 'http://127.0.0.1:2' } })).credVersion, 2);
	miners.set(0, { ...miners.get(0)!, owner: `0x${'b'.repeat(64)}` });
	assert.equal((await ensureRegistered(dependencies)).uid, 1);
	assert.deepEqual(log, ['register 0 1000000000', 'credentials 0 v1', 'credentials 0 v2', 'register 1 1000000000', 'credentials 1 v1']);
});
