import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { FileStore } from '#enclave/files.ts';
import { createSigningKey } from '#enclave/keys.ts';
import type { Session } from '#enclave/session.ts';
import { Sessions } from '#enclave/sessions.ts';
import { ModelPool, ThetaLost } from '#model/pool.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { createTestNetwork } from '#tests/enclave-network.ts';
import { scoreWindow } from '#tests/helpers/score-window.ts';

const WINDOW = 9n;
const UIDS = [1, 2];

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

test('nothing is signed with a checkpoint that is no longer what was loaded: the session is lost, and opened again with the checkpoint it scores the same', async () => {
	await using network = await createTestNetwork();
	const gradients = await Promise.all(UIDS.map(async (uid) => ({ uid, bytes: await network.honest(uid, WINDOW) })));
	const request = network.request(WINDOW, UIDS, gradients);
	const expected = await scoreWindow({ request, files: network.files, gradients, threads: 1 });
	const files = new FileStore(2 ** 28);
	for (const [sha256, bytes] of network.files) await files.put(sha256, once(bytes));
	const reported: string[] = [];
	await using sessions = new Sessions({
		key: createSigningKey(),
		files,
		cpuClass: cpuClass(),
		threads: 1,
		onCheckpointLost: (sha256) => reported.push(sha256),
	});

	async function measured(): Promise<Session> {
		const session = sessions.get((await sessions.open(request)).session);
		for (const { uid, bytes } of gradients) session.measure(uid, bytes);
		await session.freeze(new Map());
		return session;
	}
	async function processed(): Promise<Session> {
		const session = await measured();
		for (const { uid, bytes } of gradients) await session.process(uid, bytes);
		return session;
	}
	const { checkpoint_hash: checkpoint } = request;
	/** Every session with the checkpoint is gone, and a host is asked for the file. */
	async function lost(): Promise<void> {
		const { session, missing } = await sessions.open(request);
		assert.deepEqual(missing, [checkpoint]);
		assert.throws(() => sessions.get(session), { code: 'ENCLAVE_SESSION_LOST' });
		await files.put(checkpoint, once(network.files.get(checkpoint)!));
	}

	const earlier = WINDOW - 1n;
	const gradient = { uid: 1, bytes: await network.honest(1, earlier) };
	const signed = sessions.get((await sessions.open(network.request(earlier, UIDS, [gradient]))).session);
	signed.measure(gradient.uid, gradient.bytes);
	await signed.freeze(new Map());
	await signed.process(gradient.uid, gradient.bytes);
	const answer = await signed.close();

	const file = files.get(checkpoint)!;
	const session = await processed();
	file[file.length - 4]! ^= 1;
	await assert.rejects(session.close(), { code: 'ENCLAVE_SESSION_LOST', message: /no longer the one that was loaded/ });
	await lost();

	const dying = await measured();
	const failing = mock.method(ModelPool.prototype, 'updateLosses', async () => {
		throw new ThetaLost(new Error('a thread ended'));
	});
	await assert.rejects(dying.process(1, gradients[0]!.bytes), { code: 'ENCLAVE_SESSION_LOST', message: /a thread ended/ });
	failing.mock.restore();
	await lost();

	const again = await processed();
	const { payload, public_key } = await again.close();
	assert.equal(payload.replace(public_key, ''), expected.miners);
	// What is signed stays, whatever becomes of the checkpoint's bytes.
	assert.deepEqual(await sessions.get(signed.facts.id).close(), answer);
	files.get(checkpoint)![file.length - 4]! ^= 1;
	assert.equal((await again.close()).payload, payload);
	assert.deepEqual(reported, [checkpoint, checkpoint]);
});
