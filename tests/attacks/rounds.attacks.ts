/** Thieves around a window: its randomness, its medians, its rewards, and the checkpoint that follows. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Transaction } from '@mysten/sui/transactions';
import * as calls from '#clients/chain/calls.ts';
import type { MinerMedians } from '#clients/chain/port.ts';
import { readOwed, readRewardPool } from '#clients/chain/rewards.ts';
import type { CheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { attack, refusal, withoutEffect } from '#tests/attacks/attack.ts';
import { publishCaller } from '#tests/attacks/calling-package.ts';
import { type AttackWorld, type Member, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { consensusOf } from '#tests/helpers/validator.ts';

const FREQUENCY = 3n;
let world: AttackWorld;
let validators: readonly [ValidatorMember, ValidatorMember, ValidatorMember];
let thief: Member;
/** A boundary of checkpoints, whose window is the first one scored. */
let b: bigint;

describe('attacks on windows and checkpoints', () => {
	before(async () => {
		world = await startAttackWorld({ checkpoint_frequency: FREQUENCY, min_consensus_validators: 2n, top_g: 2n, put_window_close_ms: 540_000n });
		validators = world.validators as unknown as typeof validators;
		thief = world.miners[2]!;
		const next = (await world.chain.currentWindow()) + 1n;
		b = next + ((FREQUENCY - (next % FREQUENCY)) % FREQUENCY);
	});
	after(() => world?.chain.stop());

	const by = (member: Pick<Member, 'signer'>, build: (transaction: Transaction) => void) => attack(world.chain, { by: member.signer, build });

	// ---- randomness ------------------------------------------------------------------------------------------------------

	test('nobody looks at a window’s randomness and then takes it back: not in the same transaction, not from another package', async () => {
		const { chain } = world;
		await world.enter(b);
		for (const { uid, writer } of world.miners) {
			await writer.commitGradient({ uid, window: b, sha256: new Uint8Array(32).fill(uid), size: 1_000n, credVersion: 1 });
		}
		const seal = (transaction: Transaction) => calls.sealWindow(transaction, chain.target, b);
		assert.equal(await by(thief, seal), 'round_state::ETooEarly', 'before commitments are closed');
		await chain.advanceTo(world.startOf(b) + chain.parameters.values.put_window_open_ms);
		const lookThenFail = (transaction: Transaction) => {
			seal(transaction);
			calls.settleSlice(transaction, chain.target, { validatorUid: 9, window: b, fromRow: 0, rows: 1 });
		};
		assert.equal(await by(thief, lookThenFail), 'CHAIN_REJECTED PostRandomCommandRestrictions');

		const call = 'round_state::seal_window(rounds, network, hparams, gradients, peers, validators, random, window, clock, ctx)';
		assert.equal(await refusal(chain, () => publishCaller(chain, thief.signer, call)), 'CHAIN_REJECTED VMVerificationOrDeserializationError');
		await publishCaller(chain, thief.signer, 'round_state::is_sealed(rounds, window)');
	});

	test('trying out a seal shows other randomness than sealing draws, and too little gas seals nothing', async () => {
		const { chain } = world;
		/** WindowSealed begins with the network, the window, and the randomness with its length. */
		const randomnessIn = (bcs: Uint8Array) => Buffer.from(bcs.subarray(41, 73)).toString('hex');
		const drawn = new Set<string>();
		for (let i = 0; i < 3; i++) {
			const transaction = new Transaction();
			transaction.setSender(thief.writer.address);
			calls.sealWindow(transaction, chain.target, b);
			const tried = await chain.client.core.simulateTransaction({ transaction, include: { events: true } });
			drawn.add(randomnessIn(tried.Transaction!.events[0]!.bcs));
		}
		const seal = (transaction: Transaction) => calls.sealWindow(transaction, chain.target, b);
		for (const gasBudgetMist of [2_000_000n, 4_000_000n, 8_000_000n]) {
			const name = await attack(chain, { by: thief.signer, build: seal, gasBudgetMist });
			assert.match(name ?? 'sealed', /^CHAIN_REJECTED/, `${gasBudgetMist}`);
		}
		assert.equal(await by(thief, seal), undefined);
		const { randomness } = (await chain.reader.windowRecord(b))!;
		assert.ok(!drawn.has(Buffer.from(randomness).toString('hex')), 'what was tried out is not what was drawn');
		const { events } = [...chain.ledger.history.range()].at(-1)!.effects.outcome;
		assert.equal(randomnessIn(events[0]!.contents), Buffer.from(randomness).toString('hex'), 'and this is where it stands');
		assert.equal(await by(thief, seal), 'round_state::EAlreadySealed', 'drawing again');
	});

	// ---- medians and rewards -----------------------------------------------------------------------------------------------

	const OPINION: Readonly<Record<number, readonly [number, number, number]>> = { 0: [900, 50, 20_000], 1: [2_000, 70, 40_000], 2: [10, -400, 0] };
	const honest = (row: MinerRow): MinerRow => {
		if (row.code !== MINER_CODE.scored) return row;
		const [score, random, weight] = OPINION[row.uid]!;
		return { ...row, score, random, weight };
	};
	/** A validator that wants everything for the thief: as much as the types hold. */
	const bribed = (row: MinerRow): MinerRow =>
		row.uid === thief.uid
			? { ...row, code: MINER_CODE.scored, score: 2_147_483_647, random: 2_147_483_647, weight: 65_535 }
			: { ...row, score: -2_147_483_648, random: -2_147_483_648, weight: 0 };

	const claim =
		(window: bigint, medians: readonly MinerMedians[], fromRow = 0) =>
		(transaction: Transaction) =>
			calls.settleMedians(transaction, world.chain.target, { window, fromRow, medians });
	const select = (window: bigint, selectedUids: readonly number[]) => (transaction: Transaction) =>
		calls.finalizeWindow(transaction, world.chain.target, { window, selectedUids });
	const distribute = (window: bigint) => (transaction: Transaction) => calls.distributeRewards(transaction, world.chain.target, window);

	test('a bribed minority lifts nobody and cuts nobody: its columns are not the medians', async () => {
		const { chain } = world;
		await world.submit(validators[0], b, honest);
		await world.submit(validators[2], b, bribed);
		const wanted = [{ own: -2_147_483_648, random: -2_147_483_648, weight: 0 }, { own: -2_147_483_648, random: -2_147_483_648, weight: 0 }, { own: 2_147_483_647, random: 2_147_483_647, weight: 65_535 }]; // biome-ignore format: one row
		assert.equal(await by(thief, claim(b, wanted)), 'consensus::EScoresExpected', 'before the last validator has submitted');
		assert.equal(await by(thief, select(b, [thief.uid])), 'consensus::EScoresExpected');
		await world.submit(validators[1], b, honest);

		const { medians } = await consensusOf(chain, b);
		assert.deepEqual(
			medians,
			Object.values(OPINION).map(([own, random, weight]) => ({ own, random, weight })),
		);
		assert.equal(await by(thief, claim(b, wanted)), 'consensus::ENotMedianOwn');
		const with2 = (change: Partial<MinerMedians>) => medians.with(thief.uid, { ...medians[thief.uid]!, ...change });
		assert.equal(await by(thief, claim(b, with2({ own: 11 }))), 'consensus::ENotMedianOwn');
		assert.equal(await by(thief, claim(b, with2({ random: 1 }))), 'consensus::ENotMedianRandom');
		assert.equal(await by(thief, claim(b, with2({ weight: 1 }))), 'consensus::ENotMedianWeight');
		assert.equal(await by(thief, claim(b, medians.slice(2), 2)), 'consensus::ERowsSkipped');
		assert.equal(await by(thief, claim(b, [...medians, medians[0]!])), 'consensus::EBadClaims');
		assert.equal(await by(thief, claim(b, medians.slice(0, 1))), undefined);
		await withoutEffect(chain, { by: thief.signer, build: claim(b, wanted) });
		assert.equal(await by(thief, select(b, [1, 0])), 'consensus::ERowsLeft');
		assert.equal(await by(thief, distribute(b)), 'reward_distributor::ENotFinal');
		assert.equal(await by(thief, claim(b, medians.slice(1), 1)), undefined);
		for (const [selection, name] of [
			[[thief.uid, 1], 'ENotEligible'],
			[[0, 1], 'EOutOfOrder'],
			[[1], 'EWrongSelectionLength'],
			[[1, 7], 'ENotInRoster'],
		] as const) {
			assert.equal(await by(thief, select(b, selection)), `consensus::${name}`);
		}
		assert.equal(await by(thief, select(b, [1, 0])), undefined);
		assert.equal(await by(thief, select(b, [1, 0])), 'consensus::EAlreadyFinal');
	});

	test('a window pays once, and each owner only what is its own, once', async () => {
		const { chain } = world;
		const claimTo = (member: Member, recipient = member) =>
			by(member, (transaction) => calls.claimRewards(transaction, chain.target, recipient.writer.address));
		assert.equal(await claimTo(thief), 'reward_distributor::ENothingOwed', 'before anything is paid');
		assert.equal(await by(thief, distribute(b)), undefined);
		assert.equal(await by(thief, distribute(b)), 'reward_distributor::EAlreadyDistributed');
		assert.equal(await claimTo(thief), 'reward_distributor::ENothingOwed', 'who has no weight');
		const owner = world.miners[1]!;
		const owed = await readOwed(chain.client, chain.objects, owner.writer.address);
		assert.ok(owed > 0n);
		assert.equal(await claimTo(owner), undefined);
		assert.equal(await claimTo(owner), 'reward_distributor::ENothingOwed', 'a second time');
		const pool = (await readRewardPool(chain.client, chain.objects))!;
		assert.equal(pool.minted, pool.paid + pool.unclaimed + pool.treasury);
		assert.equal(pool.paid, owed);
	});

	// ---- checkpoints -------------------------------------------------------------------------------------------------------

	test('a checkpoint needs more than two thirds: not a minority, not the administrator, not ahead of time, not another parent', async () => {
		const { chain } = world;
		const boundary = b + FREQUENCY;
		const mergeOf = async (...windows: bigint[]) =>
			mergeDigest(await Promise.all(windows.map(async (window) => (await chain.reader.selection(window))!.selectionHash)));
		const hash = new Uint8Array(32).fill(0x66);
		const attest = (member: Pick<Member, 'signer'>, change: Partial<CheckpointAttestation> & { mergeDigest: Uint8Array; validatorUid: number }) =>
			by(member, (transaction) => calls.attestCheckpoint(transaction, chain.target, { boundary, parentBoundary: 0n, hash, ...change }));
		const digest = await mergeOf(b);
		const base = { mergeDigest: digest, validatorUid: 0 };
		assert.equal(await attest(validators[0], base), 'round_state::EBoundaryAhead');
		assert.equal(await attest(validators[0], { ...base, boundary: 2n ** 64n - 1n }), 'round_state::EBoundaryAhead');
		await world.enter(boundary);
		assert.equal(await attest(validators[0], base), 'round_state::EWindowsPending', 'a window may still be sealed');
		await world.enter(boundary + 1n);
		assert.equal(await attest({ signer: chain.admin }, base), 'round_state::ENotAgent', 'the administrator');
		assert.equal(await attest(validators[1], base), 'round_state::ENotAgent', 'in another’s name');
		assert.equal(await attest(thief, { ...base, validatorUid: 31 }), 'round_state::ENotAgent');
		assert.equal(await attest(validators[0], { ...base, boundary: boundary - 1n }), 'round_state::ENotBoundary');
		assert.equal(await attest(validators[0], { ...base, boundary: b }), 'round_state::EBoundaryExpired');
		assert.equal(await attest(validators[0], { ...base, parentBoundary: b }), 'checkpoints::EWrongParent');
		assert.equal(await attest(validators[0], { ...base, mergeDigest: await mergeOf() }), 'checkpoints::EWrongMergeDigest');
		assert.equal(await attest(validators[0], { ...base, hash: new Uint8Array(31) }), 'checkpoints::EBadDigest');
		const newcomer = await world.addValidator({ secretKey: new Uint8Array(32), publicKey: new Uint8Array(32) }, { isAttested: false });
		assert.equal(await attest(newcomer, { ...base, validatorUid: newcomer.uid }), 'checkpoints::ENotInStanding');

		const inForce = await chain.reader.checkpointAt(boundary + 10n);
		assert.equal(await attest(validators[0], base), undefined);
		assert.equal(await attest(validators[0], { ...base, hash: new Uint8Array(32).fill(0x67) }), 'checkpoints::EAlreadyAttested', 'two outcomes');
		assert.equal(await attest(validators[1], { ...base, validatorUid: 1 }), undefined, 'two of three equal ones');
		assert.deepEqual((await chain.reader.boundary(boundary))!.outcome, { kind: 'open' });
		assert.deepEqual(await chain.reader.checkpointAt(boundary + 10n), inForce, 'a minority anchors nothing');
		assert.equal(await attest(validators[2], { ...base, validatorUid: 2 }), undefined);
		assert.deepEqual((await chain.reader.checkpointAt(boundary + 10n)).hash, hash);
		assert.equal(await attest(newcomer, { ...base, validatorUid: newcomer.uid }), 'checkpoints::EAlreadyAnchored');
	});
});
