import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { sha256 } from '@noble/hashes/sha2.js';
import * as calls from '#clients/chain/calls.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { abortOf } from '#clients/chain/errors.ts';
import type { ChainWriter } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { HEADER_FIELDS, HEADER_LENGTH, HEADER_OFFSETS, type HeaderFieldName } from '#core/gradient/header.ts';
import { hparamsHash } from '#core/gradient/hparams.ts';
import { enclaveUserData, foldCommitments, rosterHash } from '#core/gradient/records.ts';
import { windowStartMs } from '#core/window.ts';
import { enclaveKey, payloadFor, rowsFor, signPayload } from '#tests/helpers/payload.ts';
import { simulate } from '#tests/helpers/simulate.ts';
import { startTestChain, TEST_PCRS, type TestChain } from '#tests/helpers/test-chain.ts';

/** One network, in order: each test goes on where the one before it ended. */
let chain: TestChain;
let validator: ChainWriter;
const miners: ChainWriter[] = [];
const key = await enclaveKey(11);
/** The window that is scored, and the one after it. */
let window: bigint;
const payloads = new Map<bigint, Uint8Array>();

const abort = (name: string, module?: string) => (error: unknown) => {
	assert.ok(error instanceof VramhubError, String(error));
	assert.equal(abortOf(error), name, error.message);
	if (module !== undefined) assert.equal(error.details.module, module);
	return true;
};
const commitmentOf = (uid: number) => ({ uid, window, sha256: sha256(Uint8Array.of(uid)), size: 1_000n + BigInt(uid), credVersion: 1 });

before(async () => {
	chain = await startTestChain({ windowSeconds: 600 });
	validator = chain.writerOf(await chain.fundedSigner());
	for (let i = 0; i < 3; i++) miners.push(chain.writerOf(await chain.fundedSigner()));
});
after(() => chain.stop());

test('a new network has its parameters and the genesis checkpoint in force', async () => {
	const { reader, parameters } = chain;
	window = await chain.currentWindow();
	assert.equal((await reader.network()).windowDurationMs, parameters.windowDurationMs);
	const hparams = await reader.hparamsAt(window);
	assert.deepEqual(hparams, { version: 1, values: parameters.values, modelManifestHash: parameters.modelManifestHash, datasetRoot: parameters.datasetRoot });
	assert.deepEqual(await reader.checkpointAt(window), { boundary: 0n, hash: parameters.genesisCheckpointHash, activation: 0n });
	assert.equal(await reader.windowRecord(window), undefined);
	assert.deepEqual(await reader.commitments(window), []);
	assert.deepEqual(await reader.miners(), []);
	assert.equal(await reader.validator(0), undefined);
});

test('miners and validators register with stake and set credentials', async () => {
	const { reader, parameters } = chain;
	for (const [uid, writer] of miners.entries()) {
		const registered = await writer.registerMiner({ stakeMist: parameters.values.min_miner_stake_mist, operator: writer.address });
		assert.deepEqual([registered.uid, registered.generation], [uid, 1]);
		assert.ok(registered.gasUsedMist > 0n);
		assert.notEqual(await writer.setCredentials({ uid, credVersion: 1, ciphertext: new Uint8Array(200).fill(uid) }), undefined);
	}
	await assert.rejects(miners[0]!.registerMiner({ stakeMist: 1n, operator: miners[0]!.address }), abort('EStakeTooSmall', 'vault'));
	const registered = await validator.registerValidator({ stakeMist: parameters.values.min_validator_stake_mist, operator: validator.address });
	assert.equal(registered.uid, 0);

	const miner = await reader.miner(1);
	assert.equal(miner?.owner, miners[1]!.address);
	assert.equal(miner?.credVersion, 1);
	assert.deepEqual(miner?.credentials, new Uint8Array(200).fill(1));
	assert.equal(miner?.stake, parameters.values.min_miner_stake_mist);
	assert.deepEqual(
		(await reader.miners()).map(({ uid }) => uid),
		[0, 1, 2],
	);
	assert.deepEqual(await reader.validator(0), {
		uid: 0,
		generation: 1,
		owner: validator.address,
		operator: validator.address,
		registeredWindow: window,
		active: true,
		slashed: false,
		stake: parameters.values.min_validator_stake_mist,
	});
});

test('the same credentials again succeed without a transaction; others of the version, or by another key, are refused', async () => {
	const [first, second] = miners as [ChainWriter, ChainWriter];
	assert.equal(await first.setCredentials({ uid: 0, credVersion: 1, ciphertext: new Uint8Array(200).fill(0) }), undefined);
	await assert.rejects(first.setCredentials({ uid: 0, credVersion: 1, ciphertext: new Uint8Array(9) }), abort('EWrongCredentialVersion', 'peer_registry'));
	await assert.rejects(second.setCredentials({ uid: 0, credVersion: 2, ciphertext: new Uint8Array(9) }), abort('ENotOwner', 'peer_registry'));
});

test('an enclave registers with a fresh document of an allowed image, bound to the validator', async () => {
	await chain.advanceTo(windowStartMs(window + 1n, chain.parameters.windowDurationMs) + 1_000n);
	window += 1n;
	const document = async (overrides: { pcrs?: readonly Uint8Array[]; ageMs?: bigint; owner?: string; publicKey?: Uint8Array } = {}) =>
		chain.minter.mint({
			timestampMs: (await chain.reader.clockMs()) - (overrides.ageMs ?? 0n),
			pcrs: new Map((overrides.pcrs ?? TEST_PCRS).map((pcr, index) => [index, pcr])),
			publicKey: overrides.publicKey ?? key.publicKey,
			userData: enclaveUserData({
				network: chain.objects.network,
				validatorUid: 0,
				validatorGeneration: 1,
				owner: overrides.owner ?? validator.address,
			}),
			nonce: undefined,
		});
	const register = async (attestationDocument: Uint8Array) => validator.registerEnclave({ validatorUid: 0, attestationDocument });

	const flipped = Uint8Array.from(await document());
	flipped[flipped.length - 1]! ^= 1;
	await assert.rejects(register(flipped), { code: 'CHAIN_REJECTED' });
	const other = new Uint8Array(48).fill(9);
	await assert.rejects(register(await document({ pcrs: [TEST_PCRS[0], TEST_PCRS[1], other] })), abort('EUnknownMeasurement', 'enclave_registry'));
	await assert.rejects(register(await document({ pcrs: [TEST_PCRS[0], TEST_PCRS[1]] })), abort('EMissingRegister', 'attestation'));
	await assert.rejects(register(await document({ owner: miners[0]!.address })), abort('EWrongBinding', 'enclave_registry'));
	const tooOld = chain.parameters.values.max_attestation_age_ms + 60_000n;
	await assert.rejects(register(await document({ ageMs: tooOld })), abort('EDocumentTooOld', 'enclave_registry'));
	await assert.rejects(miners[0]!.registerEnclave({ validatorUid: 0, attestationDocument: await document() }), abort('ENotOperator', 'validator_registry'));

	await register(await document());
	const record = await chain.reader.enclave(0);
	assert.deepEqual(record?.publicKey, key.publicKey);
	assert.equal(record?.pcrRow, 0);
	await assert.rejects(register(await document()), abort('EKeyReused', 'enclave_registry'));
});

test('miners commit once, before the put interval', async () => {
	assert.notEqual(await miners[1]!.commitGradient(commitmentOf(1)), undefined);
	assert.notEqual(await miners[0]!.commitGradient(commitmentOf(0)), undefined);
	assert.equal(await miners[0]!.commitGradient(commitmentOf(0)), undefined, 'the same again');
	await assert.rejects(miners[0]!.commitGradient({ ...commitmentOf(0), size: 5n }), abort('EAlreadyCommitted', 'gradient_registry'));
	await assert.rejects(miners[0]!.commitGradient(commitmentOf(2)), abort('ENotOperator', 'gradient_registry'));
	await assert.rejects(miners[2]!.commitGradient({ ...commitmentOf(2), credVersion: 2 }), abort('EWrongCredentialVersion', 'gradient_registry'));
	await assert.rejects(miners[2]!.commitGradient({ ...commitmentOf(2), window: window + 1n }), abort('EWrongWindow', 'gradient_registry'));
	const commitments = await chain.reader.commitments(window);
	assert.deepEqual(
		commitments.map(({ seq, uid, size }) => [seq, uid, size]),
		[
			[0, 1, 1_001n],
			[1, 0, 1_000n],
		],
	);
});

test('anybody seals the window once, after commitments closed; what is recorded folds back', async () => {
	const { reader, parameters } = chain;
	await assert.rejects(miners[2]!.sealWindow(window), abort('ETooEarly', 'round_state'));
	await chain.advanceTo(windowStartMs(window, parameters.windowDurationMs) + parameters.values.put_window_open_ms);
	await assert.rejects(miners[2]!.commitGradient(commitmentOf(2)), abort('ECommitClosed', 'gradient_registry'));
	assert.notEqual(await miners[2]!.sealWindow(window), undefined);
	assert.equal(await validator.sealWindow(window), undefined);

	const record = (await reader.windowRecord(window))!;
	const roster = await reader.roster(window);
	assert.equal(record.status, 'sealed');
	assert.deepEqual(
		roster.map(({ uid }) => uid),
		[0, 1, 2],
	);
	assert.deepEqual(record.commitmentsHash, foldCommitments(await reader.commitments(window)));
	assert.equal(record.commitmentsCount, 2);
	assert.deepEqual(record.rosterHash, rosterHash(roster));
	assert.deepEqual(record.hparamsHash, hparamsHash(parameters));
	assert.deepEqual(record.checkpointHash, parameters.genesisCheckpointHash);
	assert.equal(record.randomness.length, 32);
	assert.ok(!equalBytes(record.randomness, new Uint8Array(32)));
	assert.deepEqual(record.validators, [{ uid: 0, generation: 1, stake: parameters.values.min_validator_stake_mist }]);
	assert.equal(record.totalStake, parameters.values.min_validator_stake_mist);
});

async function payloadOf(scored: bigint, header: Parameters<typeof payloadFor>[0]['header'] = {}): Promise<Uint8Array> {
	const { reader, objects } = chain;
	const [record, roster, commitments] = await Promise.all([reader.windowRecord(scored), reader.roster(scored), reader.commitments(scored)]);
	const before = payloads.get(scored - 1n);
	return payloadFor({
		network: objects.network,
		validatorUid: 0,
		validatorGeneration: 1,
		key,
		record: record!,
		miners: rowsFor(roster, commitments),
		header,
		...(before !== undefined && { previous: { window: scored - 1n, payload: before } }),
	});
}

/** Undefined when the contract would take it. */
function trySubmission(payload: Uint8Array, signature: Uint8Array) {
	const submission = { validatorUid: 0, window, payload, signature };
	return simulate(chain.client, validator.address, (transaction) => {
		calls.submitScores(transaction, chain.target, submission);
		calls.settleSlice(transaction, chain.target, { ...submission, fromRow: 0, rows: 40 });
	});
}

function flip(bytes: Uint8Array, position: number, mask = 0x01): Uint8Array {
	const copy = Uint8Array.from(bytes);
	copy[position]! ^= mask;
	return copy;
}

test('one flipped byte anywhere in the payload or the signature is refused by name, and changes nothing', async () => {
	const payload = await payloadOf(window);
	const signature = await signPayload(payload, key);
	assert.equal(await trySubmission(payload, signature), undefined, 'the whole one would be taken');
	const ledgerBefore = (await chain.client.core.getObject({ objectId: chain.objects.scoreLedger })).object;

	for (let position = 0; position < payload.length; position++) {
		const error = await trySubmission(flip(payload, position, 1 << (position % 8)), signature);
		assert.equal(abortOf(error), 'EBadSignature', `payload byte ${position} of ${payload.length}`);
	}
	for (let position = 0; position < signature.length; position++) {
		const error = await trySubmission(payload, flip(signature, position));
		assert.equal(abortOf(error), 'EBadSignature', `signature byte ${position}`);
	}
	await assert.rejects(
		validator.submitScores({ validatorUid: 0, window, payload: flip(payload, payload.length - 1), signature }),
		abort('EBadSignature', 'score_ledger'),
	);
	const ledgerAfter = (await chain.client.core.getObject({ objectId: chain.objects.scoreLedger })).object;
	assert.deepEqual([ledgerAfter.version, ledgerAfter.digest], [ledgerBefore.version, ledgerBefore.digest]);
	assert.equal(await chain.reader.payloadChain(0), undefined);
});

/** What the contract says when an enclave itself signs a header whose field is not the chain's; undefined: only an auditor can tell. */
const FIELD_ERRORS: Readonly<Record<HeaderFieldName, string | undefined>> = {
	format: 'EUnknownFormat',
	family: 'EUnknownFamily',
	network: 'EWrongNetwork',
	validator_uid: 'EWrongValidator',
	validator_generation: 'EWrongGeneration',
	enclave_key: 'EWrongEnclaveKey',
	// The same value stands at the beginning of the payload, which is compared first.
	window: 'EBadPrefix',
	checkpoint_hash: 'EBadPrefix',
	prev_payload: 'EWrongPrevious',
	prev_window: 'EWrongPreviousWindow',
	hparams_hash: 'EWrongHparams',
	commitments_hash: 'EWrongCommitments',
	commitments_count: 'EWrongCommitmentsCount',
	roster_hash: 'EWrongRoster',
	// The results' length follows from the count.
	roster_count: 'EBadResultsLength',
	randomness: 'EWrongRandomness',
	own_data_digest: undefined,
	random_data_digest: undefined,
	median_norm: undefined,
	baseline_loss: undefined,
	state_after: undefined,
	runtime_hash: undefined,
	cpu_class: undefined,
	flags: 'EUnknownFlags',
	results_len: 'EBadResultsLength',
};

test('even signed by the enclave, each header field that the chain knows must be the chain’s, byte by byte', async () => {
	const payload = await payloadOf(window);
	const start = payload.length - HEADER_LENGTH;
	for (const [name, size] of HEADER_FIELDS) {
		for (let i = 0; i < size; i++) {
			// What nothing on chain compares is taken whichever byte it is.
			if (FIELD_ERRORS[name] === undefined && i > 0 && i < size - 1) continue;
			const changed = flip(payload, start + HEADER_OFFSETS[name] + i, 0x80);
			const error = await trySubmission(changed, await signPayload(changed, key));
			assert.equal(abortOf(error), FIELD_ERRORS[name], `${name}, byte ${i}: ${error?.message}`);
		}
	}
	for (const [name, header] of Object.entries({
		EWrongWindow: { window: window + 1n },
		EWrongCheckpoint: { checkpointHash: new Uint8Array(32).fill(9) },
	})) {
		const changed = await payloadOf(window, header);
		assert.equal(abortOf(await trySubmission(changed, await signPayload(changed, key))), name);
	}
});

test('even signed by the enclave, rows must be the roster’s and the score map exactly the scored', async () => {
	const { reader, objects } = chain;
	const [record, roster, commitments] = await Promise.all([reader.windowRecord(window), reader.roster(window), reader.commitments(window)]);
	const rows = rowsFor(roster, commitments);
	const attempt = async (miners: typeof rows) => {
		const payload = payloadFor({ network: objects.network, validatorUid: 0, validatorGeneration: 1, key, record: record!, miners });
		return abortOf(await trySubmission(payload, await signPayload(payload, key)));
	};
	assert.equal(await attempt(rows), undefined);
	assert.equal(await attempt(rows.map((row) => (row.uid === 1 ? { ...row, generation: 2 } : row))), 'ERowNotInRoster');
	assert.equal(await attempt(rows.map((row) => (row.uid === 2 ? { ...row, uid: 3 } : row))), 'ERowNotInRoster');
	assert.equal(await attempt(rows.map((row) => ({ ...row, code: 0, score: row.score ?? 7 }))), 'EScoredWithoutCommitment');

	// A code alone changed: the map no longer has exactly the scored. No encoder gives this, so the bytes are made here.
	const payload = await payloadOf(window);
	const codes = payload.length - HEADER_LENGTH - 3 - 34 * rows.length + 6 * rows.length;
	const changed = flip(payload, codes, 0x40);
	assert.equal(abortOf(await trySubmission(changed, await signPayload(changed, key))), 'EScoreMapMismatch');
});

test('scores are recorded once, as signed, and read back', async () => {
	const { reader } = chain;
	const payload = await payloadOf(window);
	const signature = await signPayload(payload, key);
	const submission = { validatorUid: 0, window, payload, signature };
	await assert.rejects(miners[0]!.submitScores(submission), abort('ENotOperator', 'validator_registry'));
	const executed = await validator.submitScores(submission);
	assert.notEqual(executed, undefined);
	payloads.set(window, payload);

	const settled = (await reader.settledScores(window, 0))!;
	assert.deepEqual(settled.payloadSha256, sha256(payload));
	assert.deepEqual(settled.miners, [
		{ uid: 0, generation: 1, code: 0, codeName: 'scored', score: 1_000, random: 300, weight: 65_535 },
		{ uid: 1, generation: 1, code: 0, codeName: 'scored', score: 1_001, random: 300, weight: 65_535 },
		{ uid: 2, generation: 1, code: 16, codeName: 'not_committed', score: 0, random: 0, weight: 0 },
	]);
	assert.deepEqual(await reader.payloadChain(0), {
		validatorGeneration: 1,
		lastWindow: window,
		lastDigest: sha256(payload),
		lastPayload: payload,
		settledRows: 3,
		totalRows: 3,
	});

	assert.equal(await validator.submitScores(submission), undefined, 'the same again');
	const other = await payloadOf(window, { baselineLoss: 1n });
	await assert.rejects(
		validator.submitScores({ ...submission, payload: other, signature: await signPayload(other, key) }),
		abort('EAlreadySubmitted', 'score_ledger'),
	);
	await validator.settleSlice({ validatorUid: 0, window, fromRow: 0 });
	assert.deepEqual(await reader.settledScores(window, 0), settled);
});

test('the next window’s payload must follow the last one', async () => {
	const { parameters } = chain;
	const first = window;
	window += 1n;
	await chain.advanceTo(windowStartMs(window, parameters.windowDurationMs) + 1_000n);
	await miners[2]!.commitGradient(commitmentOf(2));
	await chain.advanceTo(windowStartMs(window, parameters.windowDurationMs) + parameters.values.put_window_open_ms);
	await validator.sealWindow(window);

	const unchained = await payloadOf(window, { prevPayload: new Uint8Array(32) });
	assert.equal(abortOf(await trySubmission(unchained, await signPayload(unchained, key))), 'EWrongPrevious');
	const payload = await payloadOf(window);
	await validator.submitScores({ validatorUid: 0, window, payload, signature: await signPayload(payload, key) });
	assert.deepEqual(
		(await chain.reader.settledScores(window, 0))?.miners.map(({ code }) => code),
		[16, 16, 0],
	);
	// Another payload for a window before it is late for ever.
	const late = await payloadOf(first, { baselineLoss: 1n });
	await assert.rejects(
		validator.submitScores({ validatorUid: 0, window: first, payload: late, signature: await signPayload(late, key) }),
		abort('EWindowNotLater', 'score_ledger'),
	);
});

test('transactions of one key may be sent at once, by one process or by several', async () => {
	const signer = await chain.fundedSigner();
	// Each client has a queue of its own, as two processes have: what they share is the gas coin, and they meet in conflicts.
	const writers = [chain.client, connectChain(chain.rpcUrl)].map((client) => createChainWriter({ ...chain.target, client, signer }));
	const least = chain.parameters.values.min_miner_stake_mist;
	// Not the same stake twice: the same transaction from two clients over the same coin is one transaction, and happens once.
	const registered = await Promise.all(
		[...writers, ...writers].map((writer, i) => writer.registerMiner({ stakeMist: least + BigInt(i), operator: writer.address })),
	);
	assert.deepEqual(registered.map(({ uid }) => uid).sort(), [3, 4, 5, 6]);
});

test('what the node refuses is told apart', async () => {
	const poor = chain.writerOf(Ed25519Keypair.generate());
	await assert.rejects(poor.sealWindow(window + 1n), { code: 'CHAIN_REJECTED' });
	const elsewhere = createChainReader({ client: chain.client, ...chain.target, objects: { ...chain.objects, roundState: `0x${'5'.repeat(64)}` } });
	await assert.rejects(elsewhere.windowRecord(window), { code: 'CHAIN_OBJECT_MISSING' });
	const confused = createChainReader({ client: chain.client, ...chain.target, objects: { ...chain.objects, roundState: chain.objects.vault } });
	await assert.rejects(confused.windowRecord(window), { code: 'INVARIANT' });
});
