/** Thieves among miners, judged by the enclave's own code and a real, small model, all the way to the chain's selection and rewards. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createOpenSession, type OpenedSession } from '#activities/gradient/open-session.ts';
import * as calls from '#clients/chain/calls.ts';
import type { SettledMiner } from '#clients/chain/port.ts';
import { readOwed } from '#clients/chain/rewards.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { assignableSequences } from '#core/gradient/manifest.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { decodePayload } from '#core/gradient/payload.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { type EnclaveServer, startEnclaveServer } from '#enclave/server.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { createLogger } from '#runtime/log.ts';
import { attack, refusal } from '#tests/attacks/attack.ts';
import { type AttackWorld, type Member, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { createTestNetwork, sha256Hex } from '#tests/enclave-network.ts';
import { consensusOf } from '#tests/helpers/validator.ts';

const MINERS = 7;
/** What each miner does in the first window; the rest of the time 0 and 1 are honest. */
const [HONEST, RIVAL, GARBAGE, HARMFUL, FRONT_RUNNER, COPIER, WITHHOLDER] = [0, 1, 2, 3, 4, 5, 6] as const;

describe('attacks on gradients', () => {
	let world: AttackWorld;
	let model: Awaited<ReturnType<typeof createTestNetwork>>;
	let server: EnclaveServer;
	let enclave: EnclaveClient;
	let validator: ValidatorMember;
	let openSession: ReturnType<typeof createOpenSession>;
	let window: bigint;
	const key = createSigningKey();

	before(async () => {
		model = await createTestNetwork();
		const manifest = encodeManifest(model.manifest);
		const { own_batch_sequences, top_k } = model.hparams;
		// Small steps, judged on many sequences: then honest work on this small model always helps the random batch too, and its own more.
		const evaluation = { random_batch_sequences: 32n, evaluation_learning_rate_ppm: 50_000n, proof_of_work_margin_ppm: 0n };
		world = await startAttackWorld(
			{ own_batch_sequences, top_k, ...evaluation },
			{ miners: MINERS, validators: 0 },
			{
				modelManifestHash: manifestHash(manifest),
				datasetRoot: fromHex(model.manifest.dataset.root),
				genesisCheckpointHash: fromHex(model.request(0n, [], []).checkpoint_hash),
			},
		);
		const { chain } = world;
		const pcrs = new Map(chain.parameters.pcrs.entries());
		server = await startEnclaveServer({
			key,
			attester: {
				attest: async (fields) => chain.minter.mint({ timestampMs: await chain.reader.clockMs(), pcrs, nonce: undefined, userData: undefined, ...fields }),
			},
			cpuClass: cpuClass(),
			log: createLogger({ target: 'test', write: () => undefined }),
			port: 0,
		});
		enclave = new EnclaveClient({ url: server.url });
		validator = await world.addValidator({ secretKey: new Uint8Array(0), publicKey: key.publicKey }, { isAttested: false });
		const { uid, generation, writer } = validator;
		const query = { network: chain.objects.network, validator_uid: uid, validator_generation: generation, owner: writer.address };
		const { attestation_document } = await enclave.attestation(query);
		await writer.registerEnclave({ validatorUid: uid, attestationDocument: fromHex(attestation_document) });
		openSession = createOpenSession({
			chain: chain.reader,
			enclave,
			files: {
				manifest,
				shards: (indices) => indices.map((index) => ({ index, sha256: sha256Hex(model.dataset.get(index)!), proof: model.dataset.proof(index).map(toHex) })),
				read: async (sha256) => model.files.get(sha256)!,
			},
			validatorUid: uid,
		});
		window = await chain.currentWindow();
	});
	after(async () => {
		await server?.[Symbol.asyncDispose]();
		await model?.[Symbol.asyncDispose]();
		await world?.chain.stop();
	});

	/** The gradient of a miner's own batch, times a factor, under any header. */
	async function gradient(uid: number, of: bigint, { factor = 1, header = { uid, window: of } } = {}): Promise<Uint8Array> {
		const indices = ownBatch(uid, of, Number(model.hparams.own_batch_sequences), assignableSequences(model.manifest));
		const dense = (await model.pool.gradient(model.theta, model.dataset.sequences(indices))).gradient;
		return model.encode(header.uid, header.window, factor === 1 ? dense : dense.map((value) => value * factor));
	}

	const commit = async (member: Member, bytes: Uint8Array) => {
		const sha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
		await member.writer.commitGradient({ uid: member.uid, window, sha256, size: BigInt(bytes.length), credVersion: 1 });
	};

	/** The next window: these commit, in this order; those with bytes undefined never put. Scored by the enclave, submitted, settled and finalized. */
	async function play(committed: readonly { readonly uid: number; readonly bytes: Uint8Array; readonly isPut?: boolean }[]) {
		const { chain } = world;
		for (const { uid, bytes } of committed) await commit(world.miners[uid]!, bytes);
		await chain.advanceTo(world.startOf(window) + chain.parameters.values.put_window_open_ms);
		await validator.writer.sealWindow(window);
		const { session } = (await new MockActivityEnvironment().run(openSession, { window: window.toString() })) as OpenedSession;
		for (const { uid, bytes, isPut = true } of committed) if (isPut) await enclave.measure(session, uid, bytes);
		const testimony = committed.filter(({ isPut = true }) => !isPut).map(({ uid }) => ({ uid, code: MINER_CODE.missing }));
		const { uids } = await enclave.freeze(session, { testimony });
		const record = (await chain.reader.windowRecord(window))!;
		for (const { uid, bytes } of committed) {
			if (!uids.includes(uid)) continue;
			const request = { window: Number(window), miner_uid: uid, gradient_bytes: toHex(bytes), checkpoint_hash: toHex(record.checkpointHash) };
			await enclave.process(request);
		}
		const closed = await enclave.close(session);
		await validator.writer.submitScores({ validatorUid: validator.uid, window, payload: fromHex(closed.payload), signature: fromHex(closed.signature) });
		const { medians, selected } = await consensusOf(chain, window);
		await validator.writer.settleMedians({ window, fromRow: 0, medians });
		const rows = (await chain.reader.settledScores(window, validator.uid))!.miners;
		return { rows, selected: selected.map(({ uid }) => uid), state: decodePayload(fromHex(closed.payload)).miners };
	}

	const finalize = (selectedUids: readonly number[]) => validator.writer.finalizeWindow({ window, selectedUids });
	const row = (rows: readonly SettledMiner[], uid: number) => rows.find((entry) => entry.uid === uid)!;

	test('garbage, harm, another’s digest, a leaked copy and what is withheld earn nothing and touch nobody else', async () => {
		const { chain } = world;
		window += 1n;
		await world.enter(window);
		const [honest, rival] = [await gradient(HONEST, window), await gradient(RIVAL, window)];
		const { rows, selected } = await play([
			// Saw the digest of the honest one under way, and was faster.
			{ uid: FRONT_RUNNER, bytes: honest },
			{ uid: HONEST, bytes: honest },
			{ uid: RIVAL, bytes: rival },
			{ uid: GARBAGE, bytes: new TextEncoder().encode('this is no gradient '.repeat(50)) },
			{ uid: HARMFUL, bytes: await gradient(HARMFUL, window, { factor: -1 }) },
			{ uid: COPIER, bytes: await gradient(RIVAL, window, { header: { uid: COPIER, window } }) },
			{ uid: WITHHOLDER, bytes: await gradient(WITHHOLDER, window), isPut: false },
		]);
		const codes = Object.fromEntries(rows.map(({ uid, codeName }) => [uid, codeName]));
		assert.deepEqual(codes, {
			[HONEST]: 'scored',
			[RIVAL]: 'scored',
			[GARBAGE]: 'malformed',
			[HARMFUL]: 'scored',
			// The bytes say whose they are.
			[FRONT_RUNNER]: 'wrong_window',
			[COPIER]: 'copied',
			[WITHHOLDER]: 'missing',
		});
		for (const uid of [HONEST, RIVAL])
			assert.ok(row(rows, uid).score > 0 && row(rows, uid).random > 0 && row(rows, uid).weight > 0, `miner ${uid} improves the model`);
		assert.ok(row(rows, HARMFUL).score < 0 && row(rows, HARMFUL).random < 0);
		const offenders = [GARBAGE, HARMFUL, FRONT_RUNNER, COPIER, WITHHOLDER];
		for (const uid of offenders) {
			assert.equal(row(rows, uid).weight, 0, `miner ${uid}`);
			const selection = [HONEST, uid];
			assert.equal(await refusal(chain, () => validator.writer.finalizeWindow({ window, selectedUids: selection })), 'consensus::ENotEligible', `miner ${uid}`);
		}
		assert.deepEqual(selected.toSorted(), [HONEST, RIVAL]);
		await finalize(selected);
		await validator.writer.distributeRewards(window);
		for (const { uid, writer } of world.miners) {
			const owed = await readOwed(chain.client, chain.objects, writer.address);
			assert.equal(owed > 0n, !offenders.includes(uid as (typeof offenders)[number]), `miner ${uid} is owed ${owed}`);
		}
		const poor = world.miners[GARBAGE]!;
		const claim = { by: poor.signer, build: (t: Parameters<typeof calls.claimRewards>[0]) => calls.claimRewards(t, chain.target, poor.writer.address) };
		assert.equal(await attack(chain, claim), 'reward_distributor::ENothingOwed');
	});

	test('a poisoned gradient by a highly rated miner is merged by nobody, whatever its weight', async () => {
		const noGradient = new TextEncoder().encode('this is no gradient '.repeat(50));
		// The better of all in each window, until neither one defeat nor one window without work takes all of its weight.
		for (let ordinal = 0, work = 0; ordinal < 10e9 || work < 120_000; ) {
			window += 1n;
			await world.enter(window);
			const good = await play([
				{ uid: HONEST, bytes: await gradient(HONEST, window) },
				...[GARBAGE, FRONT_RUNNER, COPIER, WITHHOLDER].map((uid) => ({ uid, bytes: noGradient })),
			]);
			await finalize(good.selected);
			const { mu, sigma, proofOfWork } = good.state.find(({ uid }) => uid === HONEST)!;
			[ordinal, work] = [Number(mu - 3n * sigma), proofOfWork];
		}
		window += 1n;
		await world.enter(window);
		const { rows, selected } = await play([
			{ uid: HONEST, bytes: await gradient(HONEST, window, { factor: -1 }) },
			{ uid: RIVAL, bytes: await gradient(RIVAL, window) },
		]);
		assert.ok(row(rows, HONEST).weight > 0, 'it is still rated highly');
		assert.ok(row(rows, HONEST).score < 0 && row(rows, HONEST).random < 0);
		assert.deepEqual(selected, [RIVAL]);
		for (const selection of [[HONEST], [HONEST, RIVAL]]) {
			const name = await refusal(world.chain, () => finalize(selection));
			assert.ok(name === 'consensus::ENotEligible' || name === 'consensus::EWrongSelectionLength', name);
		}
		assert.equal(await refusal(world.chain, () => finalize([HONEST])), 'consensus::ENotEligible');
		await finalize(selected);
	});

	test('a copy of what another miner put in the window before is recognised', {
		todo: 'only equal bodies of one window are compared: part of the scoring',
	}, async () => {
		window += 1n;
		await world.enter(window);
		const { rows } = await play([
			{ uid: RIVAL, bytes: await gradient(RIVAL, window) },
			{ uid: COPIER, bytes: await gradient(RIVAL, window - 1n, { header: { uid: COPIER, window } }) },
		]);
		assert.equal(row(rows, COPIER).codeName, 'copied');
	});
});
