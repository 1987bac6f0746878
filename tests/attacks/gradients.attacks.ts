/** Thieves among miners, judged by the enclave's own code and a real, small model, all the way to the chain's selection and rewards. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCloseSession, type SignedPayload } from '#activities/gradient/close-session.ts';
import { createOpenSession, type OpenedSession } from '#activities/gradient/open-session.ts';
import { explainMiner } from '#cli/commands/explain.ts';
import { explainedText } from '#cli/commands/explain-text.ts';
import * as calls from '#clients/chain/calls.ts';
import type { SettledMiner } from '#clients/chain/port.ts';
import { readOwed } from '#clients/chain/rewards.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { dctInt8 } from '#core/gradient/codec-dct-int8.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { type CopyTier, copyTier } from '#core/gradient/copies.ts';
import { FLAG_SKETCHES_LOST } from '#core/gradient/header.ts';
import { GRADIENT_HEADER_LENGTH } from '#core/gradient/layout.ts';
import { assignableSequences } from '#core/gradient/manifest.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { decodePayload } from '#core/gradient/payload.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { decodeStateFile, type Overlap } from '#core/gradient/state-file.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { type EnclaveServer, startEnclaveServer } from '#enclave/server.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { createLogger } from '#runtime/log.ts';
import { attack, refusal } from '#tests/attacks/attack.ts';
import { type AttackWorld, type Member, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { createTestNetwork, sha256Hex, TEST_TIERS } from '#tests/enclave-network.ts';
import { Random } from '#tests/fuzz/random.ts';
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
	let closeSession: ReturnType<typeof createCloseSession>;
	/** The validator's folder, by SHA-256. */
	const folder = new Map<string, Uint8Array>();
	let window: bigint;
	const key = createSigningKey();

	before(async () => {
		model = await createTestNetwork();
		const manifest = encodeManifest(model.manifest);
		const { own_batch_sequences, top_k } = model.hparams;
		// Small steps, judged on many sequences: then honest work on this small model always helps the random batch too, and its own more.
		const evaluation = { random_batch_sequences: 200n, evaluation_learning_rate_ppm: 50_000n, proof_of_work_margin_ppm: 0n, ...TEST_TIERS };
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
			blobs: { read: async (sha256) => folder.get(sha256) },
			validatorUid: uid,
			log: createLogger({ target: 'test', write: () => undefined }),
		});
		closeSession = createCloseSession({ enclave, blobs: { write: async (sha256, bytes) => void folder.set(sha256, bytes) } });
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
		const { payloadSha256, signature } = (await new MockActivityEnvironment().run(closeSession, { session })) as SignedPayload;
		const payload = folder.get(payloadSha256)!;
		await validator.writer.submitScores({ validatorUid: validator.uid, window, payload, signature: fromHex(signature) });
		const { medians, selected } = await consensusOf(chain, window);
		await validator.writer.settleMedians({ window, fromRow: 0, medians });
		const rows = (await chain.reader.settledScores(window, validator.uid))!.miners;
		return {
			rows,
			selected: selected.map(({ uid }) => uid),
			state: decodePayload(payload).miners,
			header: decodePayload(payload).header,
			overlaps: overlapsOf(payload),
		};
	}

	/** By uid, as the state file says. */
	function overlapsOf(payload: Uint8Array): ReadonlyMap<number, Overlap> {
		const { overlaps } = decodeStateFile(folder.get(toHex(decodePayload(payload).header.stateAfter))!);
		return new Map(overlaps.map((overlap) => [overlap.uid, overlap]));
	}

	type Played = Awaited<ReturnType<typeof play>>;
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

	test('what is made louder than the network allows has no score, whoever it is', async () => {
		window += 1n;
		await world.enter(window);
		const loud = { uid: COPIER, bytes: await gradient(COPIER, window, { factor: 20 }) };
		const { rows, selected } = await play([
			{ uid: HONEST, bytes: await gradient(HONEST, window) },
			{ uid: RIVAL, bytes: await gradient(RIVAL, window) },
			loud,
			{ uid: WITHHOLDER, bytes: await gradient(WITHHOLDER, window, { factor: 0.05 }) },
		]);
		const of = (uid: number) => [row(rows, uid).codeName, row(rows, uid).weight > 0];
		// The one that is quiet says nothing about what is usual: it had no weight.
		assert.deepEqual(
			[of(HONEST), of(RIVAL), of(COPIER)],
			[
				['scored', true],
				['scored', true],
				['norm_exceeded', false],
			],
		);
		assert.equal(row(rows, WITHHOLDER).codeName, 'scored');
		assert.ok(!selected.includes(COPIER));
		const selection = [HONEST, COPIER];
		assert.equal(await refusal(world.chain, () => validator.writer.finalizeWindow({ window, selectedUids: selection })), 'consensus::ENotEligible');
		await finalize(selected);
		const explained = await explainMiner(
			{ chain: world.chain.reader, distribution: async () => undefined, findPayload: async (_, sha256) => folder.get(toHex(sha256)) },
			{ minerUid: COPIER, window },
		);
		assert.match(explainedText(explained), /code 8 \(norm_exceeded\)[\s\S]*clip norm of the window: \d+\.\d+; above 2\.500000 times that there is no score/);
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

	/** What of its positions each thief keeps, and what that costs it: far from the borders of tiers, for the positions differ from run to run. */
	const THIEVES: readonly { readonly uid: number; readonly kept: number; readonly tiers: readonly CopyTier[] }[] = [
		{ uid: COPIER, kept: 1, tiers: ['excluded'] },
		{ uid: GARBAGE, kept: 0.97, tiers: ['excluded'] },
		{ uid: HARMFUL, kept: 0.86, tiers: ['copied'] },
		{ uid: FRONT_RUNNER, kept: 0.76, tiers: ['halved'] },
		{ uid: WITHHOLDER, kept: 0.5, tiers: ['none'] },
	];
	/** Across windows sketches are small: what is in doubt is the thief's. */
	const LATER_THIEVES: typeof THIEVES = [
		{ uid: COPIER, kept: 1, tiers: ['excluded'] },
		{ uid: HARMFUL, kept: 0.86, tiers: ['halved', 'copied'] },
		{ uid: WITHHOLDER, kept: 0.5, tiers: ['none'] },
	];

	function assertTiers(
		{ rows, state, overlaps }: Played,
		victim: { readonly uid: number; readonly window: bigint },
		thieves: readonly { readonly uid: number; readonly tiers: readonly CopyTier[] }[],
	) {
		for (const { uid, tiers } of thieves) {
			const overlap = overlaps.get(uid);
			const said = `miner ${uid}: ${overlap?.ppm} ppm with miner ${overlap?.other.uid} in window ${overlap?.other.window}`;
			const tier = overlap === undefined ? 'none' : copyTier(overlap.ppm, world.chain.parameters.values);
			assert.ok(tiers.includes(tier), said);
			if (tier !== 'none') assert.deepEqual([overlap!.other.uid, overlap!.other.window], [victim.uid, victim.window], said);
			assert.equal(row(rows, uid).codeName, tier === 'copied' || tier === 'excluded' ? 'copied' : 'scored', said);
			assert.equal(state.find((entry) => entry.uid === uid)!.proofOfWork === -1_000_000, tier === 'excluded', said);
		}
	}

	test('a copy in other values, or a part of one, pays by how much of it is another’s', async () => {
		window += 1n;
		await world.enter(window);
		const rival = await gradient(RIVAL, window);
		const thieves = THIEVES.map(({ uid, kept }) => ({ uid, bytes: partly(rival, uid, window, kept) }));
		// Who keeps most commits last, so that nobody has more in common with another thief than with the victim.
		const played = await play([{ uid: RIVAL, bytes: rival }, ...thieves.toReversed()]);
		assert.equal(row(played.rows, RIVAL).codeName, 'scored');
		assertTiers(played, { uid: RIVAL, window }, THIEVES);
		await finalize(played.selected);
	});

	test('a copy of what another miner put in the window before is recognised', async () => {
		const before = window + 1n;
		window = before;
		await world.enter(window);
		await finalize((await play([{ uid: RIVAL, bytes: await gradient(RIVAL, window) }])).selected);
		window += 1n;
		await world.enter(window);
		const stolen = await gradient(RIVAL, before);
		const thieves = LATER_THIEVES.map(({ uid, kept }) => ({ uid, bytes: partly(stolen, uid, window, kept) }));
		const played = await play([{ uid: RIVAL, bytes: await gradient(RIVAL, window) }, ...thieves.toReversed()]);
		assert.equal(row(played.rows, RIVAL).codeName, 'scored', 'what one worked oneself has little in common with what one worked before');
		assertTiers(played, { uid: RIVAL, window: before }, LATER_THIEVES);
		await finalize(played.selected);
	});

	test('who hands in again what it handed in before is no better than who copies it', async () => {
		const before = window;
		window += 1n;
		await world.enter(window);
		const stale = await gradient(RIVAL, before, { header: { uid: RIVAL, window } });
		const played = await play([{ uid: RIVAL, bytes: stale }]);
		assertTiers(played, { uid: RIVAL, window: before }, [{ uid: RIVAL, tiers: ['excluded'] }]);
		const explained = await explainMiner(
			{ chain: world.chain.reader, distribution: async () => undefined, findPayload: async (_, sha256) => folder.get(toHex(sha256)) },
			{ minerUid: RIVAL, window },
		);
		const said = explainedText(explained);
		assert.match(
			said,
			new RegExp(
				`largest overlap with an earlier gradient: 1\\.000000 of the positions, with miner ${RIVAL} in window ${before}; .*its proof of work is −1 at once`,
			),
		);
		assert.match(said, /every row is what was signed/);
		await finalize(played.selected);
	});

	test('without the state file of the window before a validator says so, and goes on without', async () => {
		const before = window - 1n;
		window += 1n;
		await world.enter(window);
		const lost = toHex(decodePayload((await world.chain.reader.payloadChain(validator.uid))!.lastPayload).header.stateAfter);
		const file = folder.get(lost)!;
		folder.delete(lost);
		const played = await play([{ uid: COPIER, bytes: await gradient(RIVAL, before, { header: { uid: COPIER, window } }) }]);
		assert.deepEqual([played.header.flags, row(played.rows, COPIER).codeName], [FLAG_SKETCHES_LOST, 'scored']);
		await finalize(played.selected);
		// The next one goes on from what there is.
		folder.set(lost, file);
		window += 1n;
		await world.enter(window);
		const next = await play([{ uid: COPIER, bytes: await gradient(COPIER, window) }]);
		assert.equal(next.header.flags, 0);
		await finalize(next.selected);
	});
});

/**
 * A thief's gradient of another one's: this share of each chunk's positions, with other values, and others drawn by the uid. As many and about as large as
 * before, so that a thief cannot be told by its size or norm.
 */
function partly(victim: Uint8Array, uid: number, window: bigint, kept: number): Uint8Array {
	const header = Buffer.from(victim.subarray(0, GRADIENT_HEADER_LENGTH));
	header.writeUInt16BE(uid, 6);
	header.writeBigUInt64BE(window, 8);
	const random = new Random(uid, Number(window));
	const view = new DataView(victim.buffer, victim.byteOffset, victim.byteLength);
	const parts: Uint8Array[] = [header];
	for (let at = GRADIENT_HEADER_LENGTH; at < victim.length; ) {
		const count = view.getUint16(at);
		const scale = view.getFloat32(at + 2);
		const size = Math.sqrt(Array.from({ length: count }, (_, k) => view.getInt8(at + 6 + 2 * count + k) ** 2).reduce((sum, square) => sum + square, 0) / count);
		const deltas = Array.from({ length: count }, (_, k) => view.getUint16(at + 6 + 2 * k));
		const positions = deltas.map((_, k) => deltas.slice(0, k + 1).reduce((sum, delta) => sum + delta, 0));
		const chosen = new Set(positions.filter((_, k) => Math.floor((k + 1) * kept) > Math.floor(k * kept)));
		while (chosen.size < count) chosen.add(random.integer(4_096));
		const coefficients = new Float64Array(4_096);
		for (const position of chosen) coefficients[position] = (random.next() < 0.5 ? -1 : 1) * (0.7 + 0.6 * random.next()) * size * scale;
		const chunk = new Uint8Array(dctInt8.chunkLength(count));
		dctInt8.write(coefficients, count, new DataView(chunk.buffer), 0);
		parts.push(chunk);
		at += chunk.length;
	}
	return Buffer.concat(parts);
}
