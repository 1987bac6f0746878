import assert from 'node:assert/strict';
import { createPublicKey, verify as nodeVerify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { verify } from '@noble/ed25519';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { decodeCanonical } from '#core/cbor.ts';
import { decodePayload } from '#core/gradient/payload.ts';
import { enclaveUserData, foldCommitments } from '#core/gradient/records.ts';
import { decodeStateFile } from '#core/gradient/state-file.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { type EnclaveServer, startEnclaveServer } from '#enclave/server.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { createLogger } from '#runtime/log.ts';
import { createTestNetwork, NETWORK, sha256Hex } from '#tests/enclave-network.ts';

const WINDOW = 2_957_300n;
const key = createSigningKey();
const log = createLogger({ target: 'test', write: () => undefined });
let network: Awaited<ReturnType<typeof createTestNetwork>>;
let server: EnclaveServer;
let client: EnclaveClient;
const attested: { publicKey: Uint8Array; userData?: Uint8Array }[] = [];

const start = (options: { maxSessions?: number } = {}) =>
	startEnclaveServer({
		key,
		attester: {
			attest: async (request) => {
				attested.push(request);
				return Uint8Array.of(0xd2);
			},
		},
		cpuClass: cpuClass(),
		log,
		port: 0,
		...options,
	});

before(async () => {
	network = await createTestNetwork();
	server = await start();
	client = new EnclaveClient({ url: server.url });
});
after(async () => {
	await server?.[Symbol.asyncDispose]();
	await network?.[Symbol.asyncDispose]();
});

type Request = ReturnType<typeof network.request>;

async function open(request: Request, to = client): Promise<string> {
	const { session, missing } = await to.openSession(request);
	for (const sha256 of missing) await to.putModelFile(sha256, network.files.get(sha256)!);
	const opened = await to.openSession(request);
	assert.deepEqual([opened.session, opened.missing], [session, []]);
	return session;
}

/** As a host keeps it for the next window. */
async function keepState(session: string): Promise<Uint8Array> {
	const state = await client.state(session);
	network.files.set(sha256Hex(state), state);
	return state;
}

const processRequest = (uid: number, bytes: Uint8Array, window = WINDOW) => ({
	window: Number(window),
	miner_uid: uid,
	gradient_bytes: toHex(bytes),
	checkpoint_hash: network.request(window, [], []).checkpoint_hash,
});

const refused = (promise: Promise<unknown>, code: string, status?: number) =>
	assert.rejects(promise, (error: { code: string; details: { status?: number } }) => {
		assert.equal(error.code, code, String(error));
		if (status !== undefined) assert.equal(error.details.status, status);
		return true;
	});

test('scores a window from end to end, and the next one goes on from its payload', async () => {
	const honest = await network.honest(1, WINDOW);
	const negative = network.encode(
		3,
		WINDOW,
		(await network.pool.gradient(network.theta, network.dataset.sequences([1, 2, 3]))).gradient.map((v) => -v),
	);
	const garbage = Uint8Array.from({ length: 500 }, (_, i) => i);
	const stale = network.encode(6, WINDOW, new Float32Array(network.theta.length).fill(1), { checkpointHash: new Uint8Array(32) });
	const missing = new Uint8Array(10);
	const committed = [
		{ uid: 3, bytes: negative },
		{ uid: 1, bytes: honest },
		{ uid: 4, bytes: garbage },
		{ uid: 5, bytes: missing },
		{ uid: 6, bytes: stale },
	];
	const request = network.request(WINDOW, [1, 3, 4, 5, 6, 1023], committed);
	const first = await client.openSession(request);
	assert.equal(first.missing.length, 2 + request.shards.length);
	const session = await open(request);
	assert.equal(session, first.session);

	assert.deepEqual(await client.measure(session, 4, garbage), { uid: 4, code: 1, norm: 0 });
	assert.equal((await client.measure(session, 6, stale)).code, 3 + 1);
	const measured = await client.measure(session, 1, honest);
	assert.deepEqual(await client.measure(session, 1, honest), measured);
	assert.ok(measured.code === 0 && measured.norm > 0);
	await client.measure(session, 3, negative);
	const frozen = await client.freeze(session, { testimony: [{ uid: 5, code: 64 }] });
	assert.deepEqual([frozen.uids, frozen.rejected], [[1, 3], []]);
	assert.deepEqual(await client.freeze(session, { testimony: [{ uid: 5, code: 64 }] }), frozen);
	assert.ok(Number(frozen.baseline_loss) > 500_000 && Number(frozen.baseline_loss) < 5_600_000, frozen.baseline_loss);

	const good = await client.process(processRequest(1, honest));
	const bad = await client.process(processRequest(3, negative));
	assert.deepEqual(await client.process(processRequest(1, honest)), good);
	assert.ok(good.score > 0, `honest own ${good.score}, random ${good.random}`);
	assert.ok(good.score > good.random);
	assert.ok(bad.score < 0);
	const receipt = fromHex(good.signed_payload);
	assert.ok(await verify(fromHex(good.signature), receipt, key.publicKey));
	assert.equal(new TextDecoder().decode(receipt.subarray(0, 17)), 'vramhub-receipt-1');
	assert.deepEqual(decodeCanonical(receipt.subarray(17)), [Number(WINDOW), 1, good.score, good.random]);

	const closed = await client.close(session);
	assert.deepEqual(await client.close(session), closed);
	const bytes = fromHex(closed.payload);
	await keepState(session);
	const publicKey = fromHex(closed.public_key);
	assert.ok(await verify(fromHex(closed.signature), bytes, publicKey));
	// RFC 8410: the fixed prefix of an Ed25519 SubjectPublicKeyInfo.
	const spki = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]), format: 'der', type: 'spki' });
	assert.ok(nodeVerify(null, bytes, spki, fromHex(closed.signature)));

	const { header, miners } = decodePayload(bytes);
	assert.deepEqual(
		miners.map(({ uid, code, score }) => ({ uid, code, score })),
		[
			{ uid: 1, code: 0, score: good.score },
			{ uid: 3, code: 0, score: bad.score },
			{ uid: 4, code: 1, score: null },
			{ uid: 5, code: 64, score: null },
			{ uid: 6, code: 4, score: null },
			{ uid: 1023, code: 16, score: null },
		],
	);
	assert.deepEqual([header.network, header.validatorUid, header.validatorGeneration, header.window], [NETWORK, 2, 7, WINDOW]);
	assert.deepEqual([toHex(header.enclaveKey), header.commitmentsCount, header.rosterCount, header.cpuClass], [closed.public_key, 5, 6, cpuClass()]);
	assert.equal(header.baselineLoss, BigInt(frozen.baseline_loss));
	assert.equal(header.medianNorm, frozen.median_norm);
	assert.deepEqual(
		header.commitmentsHash,
		foldCommitments(
			committed.map(({ uid, bytes: gradient }, seq) => ({
				seq,
				uid,
				generation: 1,
				sha256: fromHex(sha256Hex(gradient)),
				size: BigInt(gradient.length),
				credVersion: 1,
				ms: 5n,
			})),
		),
	);
	assert.ok(miners[0]!.weight > 0 && miners[0]!.mu > miners[1]!.mu);

	// A previous payload must be this validator's and of an earlier window.
	const after = (window: bigint, changes: Partial<Request>) =>
		client.openSession(network.request(window, [1], [], { prev_payload: closed.payload, ...changes }));
	for (const [window, changes] of [
		[WINDOW, {}],
		[WINDOW + 1n, { validator_generation: 8 }],
		[WINDOW + 1n, { validator_uid: 3 }],
		[WINDOW + 1n, { network: `0x${'0c'.repeat(32)}` }],
		[WINDOW + 1n, { state_reset: true }],
	] as const) {
		await assert.rejects(after(window, changes), /prev_payload/);
	}

	// The next window: ratings go on, the norm is that of the miner with weight.
	const next = WINDOW + 1n;
	const again = await network.honest(1, next);
	const following = await open(network.request(next, [1, 3], [{ uid: 1, bytes: again }], { prev_payload: closed.payload }));
	await client.measure(following, 1, again);
	await client.freeze(following, { testimony: [] });
	const second = await client.process(processRequest(1, again, next));
	const chained = decodePayload(fromHex((await client.close(following)).payload));
	assert.equal(toHex(chained.header.prevPayload), sha256Hex(bytes));
	assert.equal(chained.header.prevWindow, WINDOW);
	assert.equal(chained.miners[0]!.score, second.score);
	assert.equal(chained.miners[0]!.mu, miners[0]!.mu);
	assert.equal(chained.miners[0]!.proofOfWork, 97_500);
});

test('refuses what is out of order, other bytes, and unknown sessions', async () => {
	const window = WINDOW + 10n;
	const honest = await network.honest(1, window);
	const request = network.request(
		window,
		[1, 2, 3],
		[
			{ uid: 1, bytes: honest },
			{ uid: 2, bytes: new Uint8Array(5) },
		],
	);
	await refused(client.process(processRequest(1, honest, window)), 'ENCLAVE_SESSION_LOST', 404);
	const session = await open(request);
	await refused(client.measure('00'.repeat(32), 1, honest), 'ENCLAVE_SESSION_LOST', 404);
	await refused(client.measure(session, 3, honest), 'ENCLAVE_REFUSED', 409);
	await refused(client.measure(session, 1, honest.with(100, 0)), 'OBJECT_DIGEST', 400);
	await refused(client.measure(session, 1, new Uint8Array([...honest, 0])), 'OBJECT_TOO_LARGE', 413);
	await refused(client.process(processRequest(1, honest, window)), 'ENCLAVE_REFUSED', 409);
	await refused(client.close(session), 'ENCLAVE_REFUSED', 409);
	await refused(client.freeze(session, { testimony: [] }), 'ENCLAVE_REFUSED', 409);
	await client.measure(session, 1, honest);
	await refused(client.freeze(session, { testimony: [] }), 'ENCLAVE_REFUSED', 409);
	await refused(client.freeze(session, { testimony: [{ uid: 2, code: 1 }] }), 'BAD_ARGUMENT', 400);
	await refused(client.freeze(session, { testimony: [{ uid: 2, code: 63 + 40 }] }), 'BAD_ARGUMENT', 400);
	for (const uid of [1, 3, 9]) {
		await refused(client.freeze(session, { testimony: [{ uid: 2, code: 64 }, { uid, code: 64 }] }), 'ENCLAVE_REFUSED', 409); // biome-ignore format: one row
	}
	await client.freeze(session, { testimony: [{ uid: 2, code: 64 }] });
	await refused(client.freeze(session, { testimony: [{ uid: 2, code: 65 }] }), 'ENCLAVE_REFUSED', 409);
	await refused(client.measure(session, 2, new Uint8Array(5)), 'ENCLAVE_REFUSED', 409);
	await refused(client.close(session), 'ENCLAVE_REFUSED', 409);
	await refused(client.process(processRequest(1, honest.with(honest.length - 1, 3), window)), 'OBJECT_DIGEST', 400);
	await refused(client.process(processRequest(2, new Uint8Array(5), window)), 'ENCLAVE_REFUSED', 409);
	await refused(client.process({ ...processRequest(1, honest, window), gradient_bytes: `${toHex(honest)}zz` }), 'BAD_ARGUMENT', 400);

	// Another session of the window may not choose another set: scores of this one are known.
	const other = await open({ ...request, state_reset: true });
	await client.measure(other, 1, honest);
	await refused(client.freeze(other, { testimony: [{ uid: 2, code: 65 }] }), 'ENCLAVE_REFUSED', 409);
	await client.freeze(other, { testimony: [{ uid: 2, code: 64 }] });
	await client.process(processRequest(1, honest, window));
	assert.equal(decodePayload(fromHex((await client.close(other)).payload)).header.flags, 1);
});

test('equal bodies are copies: the first commitment stays', async () => {
	const window = WINDOW + 20n;
	const { gradient } = await network.pool.gradient(network.theta, network.dataset.sequences([5]));
	const [copy, original] = [network.encode(1, window, gradient), network.encode(2, window, gradient)];
	const session = await open(network.request(window, [1, 2], [{ uid: 2, bytes: original }, { uid: 1, bytes: copy }])); // biome-ignore format: one row
	await client.measure(session, 1, copy);
	await client.measure(session, 2, original);
	const frozen = await client.freeze(session, { testimony: [] });
	assert.deepEqual([frozen.uids, frozen.rejected], [[2], [{ uid: 1, code: 7 }]]);
	await client.process(processRequest(2, original, window));
	assert.deepEqual(decodePayload(fromHex((await client.close(session)).payload)).miners.map(({ code }) => code), [7, 0]); // biome-ignore format: one row
});

test('an enclave that begins anew signs the same payload and the same state, whose digest is in the header', async () => {
	const [before, window] = [WINDOW + 22n, WINDOW + 23n];
	const { gradient } = await network.pool.gradient(network.theta, network.dataset.sequences([5]));
	const scoreBoth = async (to: EnclaveClient) => {
		const run = async (of: bigint, uid: number, changes: Partial<Request>) => {
			const bytes = network.encode(uid, of, gradient);
			const session = await open(network.request(of, [1, 2], [{ uid, bytes }], changes), to);
			await to.measure(session, uid, bytes);
			for (const drawn of (await to.freeze(session, { testimony: [] })).uids) await to.process(processRequest(drawn, bytes, of));
			await refused(to.state('00'.repeat(32)), 'ENCLAVE_SESSION_LOST', 404);
			const { payload } = await to.close(session);
			const state = await to.state(session);
			network.files.set(sha256Hex(state), state);
			assert.equal(toHex(decodePayload(fromHex(payload)).header.stateAfter), sha256Hex(state));
			return { payload, state };
		};
		const first = await run(before, 1, {});
		return [first, await run(window, 2, { prev_payload: first.payload })] as const;
	};
	await using other = await start();
	const [first, second] = await scoreBoth(client);
	assert.deepEqual(await scoreBoth(new EnclaveClient({ url: other.url })), [first, second]);
	const copy = decodePayload(fromHex(second.payload)).miners[1]!;
	assert.deepEqual([copy.code, copy.proofOfWork], [7, -1_000_000]);
	assert.deepEqual(decodeStateFile(second.state).overlaps, [{ uid: 2, ppm: 1_000_000, other: { uid: 1, generation: 1, window: before } }]);
	assert.deepEqual(
		decodeStateFile(second.state).sketches.map(({ uid, window: of }) => [uid, of]),
		[[1, before]],
	);

	// Before it is closed there is no state; a file that is not there is asked for, another one is not taken in its place.
	const request = network.request(window + 1n, [1], [], { prev_payload: second.payload });
	const session = await open(request);
	await refused(client.state(session), 'ENCLAVE_REFUSED', 409);
	await using empty = await start();
	assert.ok((await new EnclaveClient({ url: empty.url }).openSession(request)).missing.includes(sha256Hex(second.state)));
	await refused(client.openSession(network.request(window, [1], [], { state_lost: true })), 'BAD_ARGUMENT', 400);
	// Under another checkpoint nothing of it is needed.
	const elsewhere = { prev_payload: second.payload, checkpoint_hash: '12'.repeat(32) };
	assert.ok(!(await client.openSession(network.request(window + 1n, [1], [], elsewhere))).missing.includes(sha256Hex(second.state)));
	await refused(client.openSession(network.request(window + 1n, [1], [], { ...elsewhere, state_lost: true })), 'BAD_ARGUMENT', 400);
});

test('of more than are evaluated the session says which; the others are proven not to be drawn', async () => {
	const window = WINDOW + 26n;
	await using few = await createTestNetwork({ max_evaluations: 1n });
	const committed = await Promise.all([1, 2, 3].map(async (uid) => ({ uid, bytes: await few.honest(uid, window) })));
	const request = few.request(window, [1, 2, 3, 4], committed);
	for (const [sha256, bytes] of few.files) await client.putModelFile(sha256, bytes);
	const { session, missing, drawn } = await client.openSession(request);
	assert.deepEqual([missing.length, drawn.length], [0, 1]);
	const [chosen, ...others] = committed.toSorted((a, b) => Number(drawn.includes(b.uid)) - Number(drawn.includes(a.uid)));
	await refused(client.measure(session, others[0]!.uid, others[0]!.bytes), 'ENCLAVE_REFUSED', 409);
	await client.measure(session, chosen!.uid, chosen!.bytes);
	await refused(client.freeze(session, { testimony: [{ uid: others[1]!.uid, code: 64 }] }), 'ENCLAVE_REFUSED', 409);
	assert.deepEqual((await client.freeze(session, { testimony: [] })).uids, drawn);
	await client.process({ ...processRequest(chosen!.uid, chosen!.bytes, window), checkpoint_hash: request.checkpoint_hash });
	const { miners } = decodePayload(fromHex((await client.close(session)).payload));
	for (const { uid, code, weight, missed } of miners) {
		if (drawn.includes(uid)) assert.deepEqual([code, missed], [0, 0]);
		else assert.deepEqual([code, weight, missed], [uid === 4 ? 16 : 17, 0, 1]);
	}
});

test('refuses requests whose parts do not belong together', async () => {
	const window = WINDOW + 30n;
	const request = network.request(window, [1], [{ uid: 1, bytes: new Uint8Array(5) }]);
	const otherHparams = (
		await createTestNetwork({ top_k: 1n }).then(async (made) => [made.request(window, [1], []).hparams, await made[Symbol.asyncDispose]()])
	)[0] as string;
	assert.notEqual(request.hparams, otherHparams);
	const bad: Partial<Request>[] = [
		{ network: '0x1' },
		{ window: '-1' },
		{ hparams: request.hparams.slice(2) },
		{ hparams: `${request.hparams}00` },
		{ manifest: request.manifest.replace('7469', '7469'.replace('69', '68')) },
		{ roster: '02010001000000010001000000' },
		{ commitments: 'ff' },
		{ shards: request.shards.slice(1) },
		{ shards: [...request.shards, request.shards[0]!] },
		{ prev_payload: '00' },
		{ extra: 1 } as Partial<Request>,
	];
	for (const change of bad) {
		await assert.rejects(client.openSession({ ...request, ...change }), (error: { code: string; details: { status?: number } }) => {
			assert.ok(['BAD_ARGUMENT', 'PAYLOAD_MALFORMED'].includes(error.code), `${JSON.stringify(change).slice(0, 60)}: ${error}`);
			return error.details.status === 400;
		});
	}
	// Shards in each other's place: right files, wrong proofs.
	const [a, b, ...rest] = request.shards;
	const swapped = { ...request, shards: [{ ...a!, sha256: b!.sha256 }, { ...b!, sha256: a!.sha256 }, ...rest] };
	await refused(open(swapped), 'BAD_ARGUMENT', 400);
	// A uid that no contract gives out; the one before it is as good as any.
	await refused(client.openSession(network.request(window, [1024], [])), 'BAD_ARGUMENT', 400);
	await client.openSession(network.request(window, [1023], []));
});

test('files must have their digest; a path is streamed', async () => {
	const directory = await mkdtemp(join(tmpdir(), 'vramhub-enclave-'));
	try {
		const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
		await writeFile(join(directory, 'file'), bytes);
		await client.putModelFile(sha256Hex(bytes), join(directory, 'file'));
		await refused(client.putModelFile('11'.repeat(32), join(directory, 'file')), 'BAD_ARGUMENT', 400);
	} finally {
		await rm(directory, { recursive: true });
	}
});

test('keeps a bounded number of sessions', async () => {
	await using small = await start({ maxSessions: 2 });
	const to = new EnclaveClient({ url: small.url });
	const request = (offset: bigint) => network.request(WINDOW + 40n + offset, [1], []);
	const a = await open(request(0n), to);
	const b = await open(request(1n), to);
	await to.freeze(b, { testimony: [] });
	const payload = await to.close(b);
	assert.deepEqual(decodePayload(fromHex(payload.payload)).miners.map(({ code }) => code), [16]); // biome-ignore format: one row
	await open(request(2n), to);
	await refused(to.close(b), 'ENCLAVE_SESSION_LOST', 404);
	await to.freeze(a, { testimony: [] });
	await open(request(3n), to);
	await to.close(a);
});

test('health, attestation and unknown paths', async () => {
	await client.health();
	const query = { network: NETWORK, validator_uid: 2, validator_generation: 7, owner: `0x${'0b'.repeat(32)}` };
	assert.deepEqual(await client.attestation(query), { attestation_document: 'd2', public_key: toHex(key.publicKey) });
	assert.deepEqual(attested.at(-1), {
		publicKey: key.publicKey,
		userData: enclaveUserData({ network: NETWORK, validatorUid: 2, validatorGeneration: 7, owner: query.owner }),
	});
	await client.attestation();
	assert.equal(attested.at(-1)!.userData, undefined);
	await refused(client.attestation({ ...query, validator_uid: 70_000 }), 'BAD_ARGUMENT', 400);
	assert.equal((await fetch(`${server.url}/anything`)).status, 404);
	assert.equal((await fetch(`${server.url}/sessions`, { method: 'POST', body: '{' })).status, 400);
	// Announced, and unannounced: a stream has no length.
	assert.equal((await fetch(`${server.url}/sessions`, { method: 'POST', body: new Uint8Array((8 << 20) + 1) })).status, 413);
	let chunks = 9;
	const stream = new ReadableStream({ pull: (controller) => (chunks-- > 0 ? controller.enqueue(new Uint8Array(1 << 20)) : controller.close()) });
	// The answer, or a connection that is closed while we still send.
	const status = await fetch(`${server.url}/sessions`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit).then((answer) => answer.status, () => 413); // biome-ignore format: one call
	assert.equal(status, 413);
	await client.health();
});

test('the client says when nothing answers', async () => {
	const gone = await start();
	const to = new EnclaveClient({ url: gone.url });
	await gone[Symbol.asyncDispose]();
	await refused(to.health(), 'ENCLAVE_UNAVAILABLE');
	const silent = createServer(() => undefined);
	await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
	await refused(new EnclaveClient({ url, timeoutMs: 50 }).close('00'.repeat(32)), 'ENCLAVE_UNAVAILABLE');
	silent.closeAllConnections();
	silent.close();
	const controller = new AbortController();
	controller.abort(new Error('enough'));
	await assert.rejects(client.attestation(undefined, controller.signal), /enough/);
});
