import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { sha256 } from '@noble/hashes/sha2.js';
import * as calls from '#clients/chain/calls.ts';
import { abortOf } from '#clients/chain/errors.ts';
import { execute } from '#clients/chain/execute.ts';
import type { ChainWriter, MinerMedians } from '#clients/chain/port.ts';
import { NO_REWARD_POOL, readDistribution, readOwed, readRewardPool } from '#clients/chain/rewards.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { VramhubError } from '#core/errors.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { mergeDigest, selectionHash } from '#core/gradient/consensus.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { windowStartMs } from '#core/window.ts';
import { createNetwork } from '#devnet/publish/publish.ts';
import { simulate } from '#tests/helpers/simulate.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator, type TestValidator } from '#tests/helpers/validator.ts';

/**
 * One network in order, on windows counted from a boundary b: b, b+2 and b+6 are scored by both validators, b+4 by one, the others by nobody.
 * Boundaries: b+3 becomes a new checkpoint, b+6 keeps the old one, b+9 expires, b+12 merges what b+9 did not.
 */
const FREQUENCY = 3n;
const MINERS = 5;
let chain: TestChain;
let first: TestValidator;
let second: TestValidator;
const miners: ChainWriter[] = [];
const owners: Ed25519Keypair[] = [];
let b: bigint;

const abort = (name: string) => (error: unknown) => {
	assert.ok(error instanceof VramhubError, String(error));
	assert.equal(abortOf(error), name, error.message);
	return true;
};
const checkpoint = (n: number) => new Uint8Array(32).fill(n);

before(async () => {
	chain = await startTestChain({ windowSeconds: 600, hparams: { checkpoint_frequency: FREQUENCY, min_consensus_validators: 2n, top_g: 2n } });
	first = await registerTestValidator(chain, 21);
	second = await registerTestValidator(chain, 22);
	for (let uid = 0; uid < MINERS; uid++) {
		const owner = await chain.fundedSigner();
		const writer = chain.writerOf(owner);
		await writer.registerMiner({ stakeMist: chain.parameters.values.min_miner_stake_mist, operator: writer.address });
		await writer.setCredentials({ uid, credVersion: 1, ciphertext: new Uint8Array(200).fill(uid) });
		miners.push(writer);
		owners.push(owner);
	}
	const next = (await chain.currentWindow()) + 1n;
	b = next + ((FREQUENCY - (next % FREQUENCY)) % FREQUENCY);
});
after(() => chain.stop());

const startOf = (window: bigint) => windowStartMs(window, chain.parameters.windowDurationMs);

/** Everybody but the last miner commits; then the window is sealed. */
async function playWindow(window: bigint): Promise<void> {
	await chain.advanceTo(startOf(window) + 1_000n);
	for (const [uid, miner] of miners.slice(0, -1).entries()) {
		await miner.commitGradient({ uid, window, sha256: sha256(Uint8Array.of(uid)), size: 1_000n, credVersion: 1 });
	}
	await chain.advanceTo(startOf(window) + chain.parameters.values.put_window_open_ms);
	await first.writer.sealWindow(window);
}

/** Of the committed miners 1 is the best, then 0, then 3; 2 harms the random batch. The validators differ a little. */
const opinion = (validator: number) => (row: MinerRow) => {
	if (row.code !== MINER_CODE.scored) return row;
	const [score, random, weight] = [
		[900, 50, 20_000],
		[2_000, 70, 40_000],
		[3_000, -400, 5_535],
		[1_000, 60, 10_000],
	][row.uid] as [number, number, number];
	return { ...row, score: score - validator, random: random + validator, weight: weight - validator };
};

/** As {@link opinion}, but the second validator could not fetch miner 0's gradient, and gives miner 2 whatever would get it selected. */
const dissent = (validator: number) => (row: MinerRow) => {
	if (validator === 1 && row.uid === 0) return { ...row, code: MINER_CODE.missing, score: null, random: 0, weight: 0 };
	if (validator === 1 && row.uid === 2) return { ...row, score: 2_147_483_647, random: 2_147_483_647, weight: 65_535 };
	return opinion(validator)(row);
};

async function playScoredWindow(window: bigint, view = opinion): Promise<void> {
	await playWindow(window);
	await first.submit(window, view(0));
	await second.submit(window, view(1));
}

async function settleAndFinalize(window: bigint): Promise<void> {
	const { medians, selected } = await consensusOf(chain, window);
	await miners[3]!.settleMedians({ window, fromRow: 0, medians });
	assert.notEqual(await miners[3]!.finalizeWindow({ window, selectedUids: selected.map(({ uid }) => uid) }), undefined);
}

const tryMedians = async (window: bigint, medians: readonly MinerMedians[], fromRow = 0) =>
	abortOf(await simulate(chain.client, miners[0]!.address, (transaction) => calls.settleMedians(transaction, chain.target, { window, fromRow, medians })));
const trySelection = async (window: bigint, selectedUids: readonly number[]) =>
	abortOf(await simulate(chain.client, miners[0]!.address, (transaction) => calls.finalizeWindow(transaction, chain.target, { window, selectedUids })));

test('before a window is settled there is no consensus, and nothing is final', async () => {
	const { reader } = chain;
	assert.equal(await reader.consensus(b), undefined);
	assert.equal(await reader.selection(b), undefined);
	assert.equal(await reader.boundary(b), undefined);
	assert.equal(await reader.intervalStart(), 0n);
	assert.deepEqual(await reader.checkpoints(), [{ boundary: 0n, hash: chain.parameters.genesisCheckpointHash, activation: 0n }]);
	await playWindow(b);
	await first.submit(b, opinion(0));
	const nothing = Array.from({ length: MINERS }, () => ({ own: 0, random: 0, weight: 0 }));
	assert.equal(await tryMedians(b, nothing), 'EScoresExpected', 'one payload is missing and may still come');
	await second.submit(b, opinion(1));
});

const MEDIAN_ERRORS = { own: 'ENotMedianOwn', random: 'ENotMedianRandom', weight: 'ENotMedianWeight' } as const;

test('the only medians that the contract takes are those of the settled columns', async () => {
	const { medians } = await consensusOf(chain, b);
	assert.deepEqual(medians, [
		{ own: 899, random: 50, weight: 19_999 },
		{ own: 1_999, random: 70, weight: 39_999 },
		{ own: 2_999, random: -400, weight: 5_534 },
		{ own: 999, random: 60, weight: 9_999 },
		{ own: 0, random: 0, weight: 0 },
	]);
	for (const [row, median] of medians.entries()) {
		for (const column of ['own', 'random', 'weight'] as const) {
			for (const step of [-1, 1]) {
				if (column === 'weight' && median.weight + step < 0) continue;
				const claims = medians.with(row, { ...median, [column]: median[column] + step });
				assert.equal(await tryMedians(b, claims), MEDIAN_ERRORS[column], `row ${row}, ${column} ${step}`);
			}
		}
	}
	assert.equal(await tryMedians(b, medians.slice(1), 1), 'ERowsSkipped');
	assert.equal(await tryMedians(b, [...medians, medians[0]!]), 'EBadClaims');
	assert.equal(await trySelection(b, [1, 0]), 'ERowsLeft');

	// In two slices; what is settled may be claimed again, and changes nothing.
	await miners[0]!.settleMedians({ window: b, fromRow: 0, medians: medians.slice(0, 2) });
	const half = (await chain.reader.consensus(b))!;
	assert.deepEqual([half.medians, half.finalized], [medians.slice(0, 2), false]);
	assert.equal(await trySelection(b, [1, 0]), 'ERowsLeft');
	await miners[1]!.settleMedians({ window: b, fromRow: 0, medians });
	await miners[0]!.settleMedians({ window: b, fromRow: 2, medians: medians.slice(2) });
	const stake = chain.parameters.values.min_validator_stake_mist;
	assert.deepEqual(await chain.reader.consensus(b), {
		window: b,
		validators: [
			{ uid: 0, generation: 1, stake },
			{ uid: 1, generation: 1, stake },
		],
		submittedStake: 2n * stake,
		medians,
		finalized: false,
	});
});

test('the selection is core’s, in its order; finalizing again is success without a transaction', async () => {
	const { reader } = chain;
	const { selected, commitmentsHash } = await consensusOf(chain, b);
	assert.deepEqual(
		selected.map(({ uid }) => uid),
		[1, 0],
	);
	const wrong: readonly (readonly [readonly number[], string])[] = [
		[[], 'EWrongSelectionLength'],
		[[1], 'EWrongSelectionLength'],
		[[1, 0, 3], 'EWrongSelectionLength'],
		[[0, 1], 'EOutOfOrder'],
		[[1, 1], 'EOutOfOrder'],
		[[1, 2], 'ENotEligible'],
		[[1, 4], 'ENotEligible'],
		[[1, 3], 'EBetterLeftOut'],
		[[0, 3], 'EBetterLeftOut'],
		[[1, 9], 'ENotInRoster'],
	];
	for (const [uids, name] of wrong) assert.equal(await trySelection(b, uids), name, String(uids));
	assert.notEqual(await miners[2]!.finalizeWindow({ window: b, selectedUids: [1, 0] }), undefined);
	assert.deepEqual(await reader.selection(b), { window: b, selected, selectionHash: selectionHash(b, commitmentsHash, selected) });
	assert.equal((await reader.windowRecord(b))!.status, 'final');
	assert.equal((await reader.consensus(b))!.finalized, true);
	assert.equal(await miners[2]!.finalizeWindow({ window: b, selectedUids: [1, 0] }), undefined);
	assert.equal(await trySelection(b, [1, 0]), 'EAlreadyFinal');
	await assert.rejects(miners[2]!.finalizeWindow({ window: b + 1n, selectedUids: [] }), abort('ENotSealed'));
});

const boundary = () => b + FREQUENCY;
const digestOf = async (...windows: readonly bigint[]) =>
	mergeDigest(await Promise.all(windows.map(async (window) => (await chain.reader.selection(window))!.selectionHash)));

test('a checkpoint is anchored when more than two thirds of the stake attest the same, and in force from its activation', async () => {
	const { reader } = chain;
	await playScoredWindow(b + 2n, dissent);
	assert.deepEqual(
		(await consensusOf(chain, b + 2n)).selected.map(({ uid }) => uid),
		[1, 3],
	);
	const early = { validatorUid: 0, boundary: boundary(), parentBoundary: 0n, hash: checkpoint(1), mergeDigest: await digestOf(b) };
	await chain.advanceTo(startOf(boundary()) + 1_000n);
	await assert.rejects(first.writer.attestCheckpoint(early), abort('EWindowsPending'));
	await settleAndFinalize(b + 2n);

	const attestation = { ...early, mergeDigest: await digestOf(b, b + 2n) };
	await assert.rejects(first.writer.attestCheckpoint(early), abort('EWrongMergeDigest'));
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, parentBoundary: b }), abort('EWrongParent'));
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, boundary: boundary() + FREQUENCY }), abort('EBoundaryAhead'));
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, boundary: boundary() - 1n }), abort('ENotBoundary'));
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, hash: new Uint8Array(31) }), abort('EBadDigest'));
	await assert.rejects(second.writer.attestCheckpoint(attestation), abort('ENotAgent'));

	assert.notEqual(await first.writer.attestCheckpoint(attestation), undefined);
	assert.equal(await first.writer.attestCheckpoint(attestation), undefined, 'the same again');
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, hash: checkpoint(9) }), abort('EAlreadyAttested'));
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, hash: undefined }), abort('EAlreadyAttested'));
	const stake = chain.parameters.values.min_validator_stake_mist;
	const vote = { validatorUid: 0, stake, hash: checkpoint(1), mergeDigest: attestation.mergeDigest };
	assert.deepEqual(await reader.boundary(boundary()), { boundary: boundary(), parentBoundary: 0n, votes: [vote], outcome: { kind: 'open' } });
	assert.equal((await reader.checkpoints()).length, 1);

	assert.notEqual(await second.writer.attestCheckpoint({ ...attestation, validatorUid: 1 }), undefined);
	const anchored = { boundary: boundary(), hash: checkpoint(1), activation: boundary() + 1n };
	assert.deepEqual(await reader.boundary(boundary()), {
		boundary: boundary(),
		parentBoundary: 0n,
		votes: [vote, { ...vote, validatorUid: 1 }],
		outcome: { kind: 'new', hash: anchored.hash, activation: anchored.activation },
	});
	assert.deepEqual((await reader.checkpoints())[1], anchored);
	assert.deepEqual(await reader.checkpointAt(boundary() + 1n), anchored);
	assert.equal((await reader.checkpointAt(boundary())).boundary, 0n);
	assert.equal(await reader.intervalStart(), boundary() + 1n);
	assert.equal(await second.writer.attestCheckpoint({ ...attestation, validatorUid: 1 }), undefined, 'the same again');
});

test('a window that too little stake scored is not merged; without anything to merge only KEEP is taken, and it moves the interval', async () => {
	const { reader } = chain;
	await playWindow(b + 4n);
	assert.deepEqual((await reader.windowRecord(b + 4n))!.checkpointHash, checkpoint(1), 'the new checkpoint is what miners train from');
	await first.submit(b + 4n, opinion(0));
	await playScoredWindow(b + 6n);
	await settleAndFinalize(b + 6n);
	const { medians, selected } = await consensusOf(chain, b + 4n);
	assert.equal(await tryMedians(b + 4n, medians), 'EScoresExpected');
	await chain.advanceTo(startOf(b + 8n) + 1_000n);
	await miners[0]!.settleMedians({ window: b + 4n, fromRow: 0, medians });
	await miners[0]!.finalizeWindow({ window: b + 4n, selectedUids: selected.map(({ uid }) => uid) });
	assert.equal((await reader.windowRecord(b + 4n))!.status, 'unscored');
	assert.equal(await reader.selection(b + 4n), undefined);

	const parentBoundary = boundary();
	const attestation = { validatorUid: 0, boundary: b + 6n, parentBoundary, hash: undefined, mergeDigest: mergeDigest([]) };
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, hash: checkpoint(2) }), abort('ETooFewSelected'));
	await first.writer.attestCheckpoint(attestation);
	assert.equal(await reader.intervalStart(), b + 4n);
	await second.writer.attestCheckpoint({ ...attestation, validatorUid: 1 });
	assert.deepEqual((await reader.boundary(b + 6n))!.outcome, { kind: 'keep' });
	assert.equal(await reader.intervalStart(), b + 6n);
	assert.equal((await reader.checkpointAt(b + 9n)).boundary, parentBoundary);
	await assert.rejects(first.writer.attestCheckpoint({ ...attestation, boundary: b + 3n }), abort('EBoundaryExpired'));
});

test('a boundary without a quorum expires, and the next one merges its windows', async () => {
	const { reader } = chain;
	const attestation = { validatorUid: 0, boundary: b + 9n, parentBoundary: boundary(), hash: checkpoint(3), mergeDigest: await digestOf(b + 6n) };
	await chain.advanceTo(startOf(b + 10n) + 1_000n);
	await first.writer.attestCheckpoint(attestation);
	await chain.advanceTo(startOf(b + 9n + FREQUENCY) + 1_000n);
	await assert.rejects(second.writer.attestCheckpoint({ ...attestation, validatorUid: 1 }), abort('EBoundaryExpired'));
	assert.deepEqual((await reader.boundary(b + 9n))!.outcome, { kind: 'open' });

	await chain.advanceTo(startOf(b + 13n) + 1_000n);
	for (const { uid, writer } of [first, second]) {
		await writer.attestCheckpoint({ ...attestation, validatorUid: uid, boundary: b + 12n, hash: checkpoint(4) });
	}
	assert.deepEqual((await reader.checkpoints()).slice(1), [
		{ boundary: b + 3n, hash: checkpoint(1), activation: b + 4n },
		{ boundary: b + 12n, hash: checkpoint(4), activation: b + 14n },
	]);
	assert.equal(await reader.intervalStart(), b + 14n);
});

test('each final window is paid once: what is minted is what is owed, paid and kept', async () => {
	const { client, objects, parameters } = chain;
	const scored = [b, b + 2n, b + 6n];
	let minted = 0n;
	for (const window of scored) {
		assert.notEqual(await miners[0]!.distributeRewards(window), undefined);
		const paid = (await readDistribution(client, objects, window))!;
		assert.equal(paid.minted, parameters.values.emission_per_window);
		assert.equal(paid.minted, paid.miners + paid.validators + paid.treasury);
		assert.ok(paid.miners > 0n && paid.miners <= (paid.minted * parameters.values.emission_miner_bps) / 10_000n);
		assert.ok(paid.validators > 0n && paid.validators <= (paid.minted * parameters.values.emission_validator_bps) / 10_000n);
		minted += paid.minted;
		assert.equal(await miners[1]!.distributeRewards(window), undefined, 'once');
	}
	assert.equal(await miners[0]!.distributeRewards(b + 4n), undefined, 'nothing for a window without consensus');
	await assert.rejects(miners[0]!.distributeRewards(b + 5n), abort('ENotSealed'));

	// The miners' part by median weight, floors; b+2 has another median for 0 and for 2.
	const part = (parameters.values.emission_per_window * parameters.values.emission_miner_bps) / 10_000n;
	const agreed = [19_999n, 39_999n, 5_534n, 9_999n, 0n];
	const dissented = [0n, 39_999n, 5_535n, 9_999n, 0n];
	const total = (weights: readonly bigint[]) => weights.reduce((sum, weight) => sum + weight, 0n);
	const expected = agreed.map((weight, uid) => 2n * ((part * weight) / total(agreed)) + (part * dissented[uid]!) / total(dissented));
	const owed = await Promise.all(miners.map(({ address }) => readOwed(client, objects, address)));
	assert.deepEqual(owed, expected);
	const earned = await Promise.all([first, second].map(({ writer }) => readOwed(client, objects, writer.address)));
	assert.ok(earned[0]! > 0n && earned[1]! > 0n);

	const pool = (await readRewardPool(client, objects))!;
	assert.deepEqual([pool.minted, pool.paid, pool.unclaimed], [minted, 0n, total([...owed, ...earned])]);
	assert.equal(pool.minted, pool.unclaimed + pool.treasury);
	const claim = () =>
		execute({ client, signer: owners[1]!, what: 'a claim', build: (transaction) => calls.claimRewards(transaction, chain.target, miners[1]!.address) });
	await claim();
	const { balance } = await client.core.getBalance({ owner: miners[1]!.address, coinType: `${chain.packageId}::vram::VRAM` });
	assert.equal(BigInt(balance.balance), owed[1]);
	assert.deepEqual(await readRewardPool(client, objects), { ...pool, paid: owed[1], unclaimed: pool.unclaimed - owed[1]! });
	assert.equal(await readOwed(client, objects, miners[1]!.address), 0n);
	await assert.rejects(claim(), abort('ENothingOwed'));
});

test('a network without a reward pool works, and distributes nothing', async () => {
	const { objects } = await createNetwork({ client: chain.client, signer: chain.admin }, chain.parameters);
	assert.equal(objects.rewardPool, NO_REWARD_POOL);
	assert.equal(await readRewardPool(chain.client, objects), undefined);
	const writer = createChainWriter({ ...chain.target, client: chain.client, objects, signer: chain.admin });
	assert.equal(await writer.distributeRewards(b), undefined);
});
