/** Thieves at the borders: objects of another network, integers at the end of their type, windows that are over, and places that are taken. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Transaction } from '@mysten/sui/transactions';
import * as calls from '#clients/chain/calls.ts';
import { replaceMiner, setMinerOperator } from '#clients/chain/registration-calls.ts';
import { pruneWindow } from '#clients/chain/retention-calls.ts';
import { replaceValidator, setValidatorOperator } from '#clients/chain/validator-calls.ts';
import { sealId, sealIdBytes } from '#clients/seal/encrypted-object.ts';
import { createNetwork } from '#devnet/publish/publish.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';
import { attack, refusal } from '#tests/attacks/attack.ts';
import { type AttackWorld, type Member, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { signPayload } from '#tests/helpers/payload.ts';
import { simulate } from '#tests/helpers/simulate.ts';
import { consensusOf } from '#tests/helpers/validator.ts';

const U16 = 0xffff;
const U32 = 0xffff_ffff;
const U64 = 2n ** 64n - 1n;
const IMMUNITY = 4n;
/** max(retention_windows, max_merge_windows + 2 · checkpoint_frequency + 4) with the world's parameters. */
const KEPT = 8n;

describe('attacks at the borders', () => {
	let world: AttackWorld;
	let validators: readonly [ValidatorMember, ValidatorMember];
	let miner: Member;
	let thief: Pick<Member, 'signer'> & { readonly address: string };
	/** Two final windows. */
	let first: bigint;
	let second: bigint;

	before(async () => {
		world = await startAttackWorld(
			{
				max_miners: 2n,
				max_validators: 2n,
				immunity_windows: IMMUNITY,
				validator_warmup_windows: 5n,
				retention_windows: 8n,
				checkpoint_frequency: 1n,
				max_merge_windows: 2n,
			},
			{ miners: 2, validators: 2 },
		);
		validators = world.validators as unknown as typeof validators;
		miner = world.miners[0]!;
		const signer = await world.chain.fundedSigner();
		thief = { signer, address: signer.toSuiAddress() };
		first = (await world.chain.currentWindow()) + 1n;
		second = first + 1n;
		// The second miner has the less weight.
		for (const window of [first, second]) {
			await world.play(window);
			for (const validator of validators) await world.submit(validator, window, (row) => ({ ...row, weight: row.uid === 0 ? 40_000 : 20_000 }));
			const { medians, selected } = await consensusOf(world.chain, window);
			await miner.writer.settleMedians({ window, fromRow: 0, medians });
			await miner.writer.finalizeWindow({ window, selectedUids: selected.map(({ uid }) => uid) });
		}
		await miner.writer.distributeRewards(second);
	});
	after(() => world?.chain.stop());

	const by = (member: Pick<Member, 'signer'>, build: (transaction: Transaction) => void) => attack(world.chain, { by: member.signer, build });

	type Call = readonly [what: string, by: Pick<Member, 'signer'>, build: (transaction: Transaction, target: calls.Target) => void];

	/** Each entry of the contracts as it is honestly called, right or at least well-formed. */
	async function everyCall(): Promise<Call[]> {
		const { chain } = world;
		const { min_miner_stake_mist, min_validator_stake_mist, registration_fee_mist: feeMist } = chain.parameters.values;
		const [validator] = validators;
		const window = second;
		const operator = thief.address;
		const payload = await world.payload(validator, window);
		const attestationDocument = await world.document(validator);
		const id = sealIdBytes(sealId({ network: chain.objects.network, kind: 'minerCredentials', uid: 0, generation: 1, credVersion: 1 }));
		const both = (role: calls.Role, owner: Pick<Member, 'signer'>): Call[] => [
			[`adding stake to a ${role}`, owner, (t, target) => calls.addStake(t, target, { role, uid: 0, amountMist: 1n })],
			[`unbonding from a ${role}`, owner, (t, target) => calls.unbondStake(t, target, { role, uid: 0, amountMist: 1n })],
			[`deactivating a ${role}`, owner, (t, target) => calls.deactivate(t, target, { role, uid: 0 })],
			[`withdrawing of a ${role}`, owner, (t, target) => calls.withdrawStake(t, target, { role, uid: 0, generation: 1 }, operator)],
		];
		return [
			...both('miner', miner),
			...both('validator', validator),
			['registering a miner', thief, (t, target) => calls.registerMiner(t, target, { stakeMist: min_miner_stake_mist, feeMist, operator })],
			['registering a validator', thief, (t, target) => calls.registerValidator(t, target, { stakeMist: min_validator_stake_mist, feeMist, operator })],
			['replacing a miner', thief, (t, target) => replaceMiner(t, target, { stakeMist: min_miner_stake_mist, feeMist, operator })],
			['replacing a validator', thief, (t, target) => replaceValidator(t, target, { stakeMist: min_validator_stake_mist, feeMist, operator })],
			['changing a miner’s operator', miner, (t, target) => setMinerOperator(t, target, { uid: 0, operator })],
			['changing a validator’s operator', validator, (t, target) => setValidatorOperator(t, target, { uid: 0, operator })],
			['setting credentials', miner, (t, target) => calls.setCredentials(t, target, { uid: 0, credVersion: 2, ciphertext: Uint8Array.of(1) })],
			['registering an enclave', validator, (t, target) => calls.registerEnclave(t, target, { validatorUid: 0, attestationDocument })],
			['committing', miner, (t, target) => calls.commitGradient(t, target, { uid: 0, window, sha256: new Uint8Array(32), size: 1n, credVersion: 1 })],
			['sealing', thief, (t, target) => calls.sealWindow(t, target, window + 1n)],
			['settling a slice', thief, (t, target) => calls.settleSlice(t, target, { validatorUid: 0, window, fromRow: 0, rows: 1 })],
			['settling medians', thief, (t, target) => calls.settleMedians(t, target, { window, fromRow: 0, medians: [] })],
			['finalizing', thief, (t, target) => calls.finalizeWindow(t, target, { window, selectedUids: [] })],
			[
				'attesting',
				validator,
				(t, target) =>
					calls.attestCheckpoint(t, target, { validatorUid: 0, boundary: window, parentBoundary: 0n, hash: undefined, mergeDigest: payload.subarray(0, 32) }),
			],
			['distributing', thief, (t, target) => calls.distributeRewards(t, target, window)],
			['claiming', miner, (t, target) => calls.claimRewards(t, target, operator)],
			['pruning', validator, (t, target) => pruneWindow(t, target, { window })],
			[
				'asking for credentials',
				validator,
				(t, { packageId, objects }) =>
					t.moveCall({
						target: `${packageId}::seal_policy::seal_approve`,
						arguments: [
							t.pure.vector('u8', id),
							...[objects.network, objects.hparams, objects.peerRegistry, objects.validatorRegistry, calls.CLOCK_ID].map((object) => t.object(object)),
						],
					}),
			],
		];
	}

	test('look-alike registries of another network are taken by no call, whichever of them is exchanged', async () => {
		const { chain } = world;
		const { objects: twin } = await createNetwork({ client: chain.client, signer: chain.admin }, chain.parameters);
		const parts = Object.keys(chain.objects).filter((part) => part !== 'rewardPool') as (keyof NetworkObjects)[];
		let tried = 0;
		for (const [what, member, build] of await everyCall()) {
			const used: string[] = [];
			for (const part of parts) {
				const mixed = { ...chain.target, objects: { ...chain.objects, [part]: twin[part] } };
				const probe = new Transaction();
				build(probe, mixed);
				if (!probe.getData().inputs.some((input) => input.UnresolvedObject?.objectId === twin[part])) continue;
				const name = await by(member, (transaction) => build(transaction, mixed));
				assert.equal(name, 'network::ENetworkMismatch', `${what} with the twin’s ${part}`);
				used.push(part);
				tried++;
			}
			assert.ok(used.length > 0, what);
			const honest = await simulate(chain.client, member.signer.toSuiAddress(), (transaction) => build(transaction, chain.target));
			assert.notEqual(honest?.details.abort, 'ENetworkMismatch', what);
		}
		assert.ok(tried > 80, `${tried} exchanged objects were tried`);
	});

	test('integers at the end of their type overflow nothing: each has its named refusal', async () => {
		const { chain } = world;
		const { target } = chain;
		const [validator] = validators;
		const commitment = { uid: 0, window: await chain.currentWindow(), sha256: new Uint8Array(32), size: 1n, credVersion: 1 };
		await world.enter(commitment.window + 1n);
		commitment.window += 1n;
		const submission = { validatorUid: 0, window: U64, ...(await signed(validator, await world.payload(validator, second))) };
		const attestation = { validatorUid: 0, boundary: U64, parentBoundary: 0n, hash: undefined, mergeDigest: new Uint8Array(32) };
		const identity = (uid: number, generation: number, credVersion: number) =>
			sealIdBytes(sealId({ network: chain.objects.network, kind: 'minerCredentials', uid, generation, credVersion }));
		const approve = (id: Uint8Array) => (t: Transaction) =>
			t.moveCall({
				target: `${target.packageId}::seal_policy::seal_approve`,
				arguments: [
					t.pure.vector('u8', id),
					...[target.objects.network, target.objects.hparams, target.objects.peerRegistry, target.objects.validatorRegistry, calls.CLOCK_ID].map((object) =>
						t.object(object),
					),
				],
			});
		const attempts: readonly (readonly [string, Pick<Member, 'signer'>, (t: Transaction) => unknown, string])[] = [
			['unbonding', miner, (t) => calls.unbondStake(t, target, { role: 'miner', uid: 0, amountMist: U64 }), 'vault::EBadAmount'],
			['unbonding nothing', miner, (t) => calls.unbondStake(t, target, { role: 'miner', uid: 0, amountMist: 0n }), 'vault::EBadAmount'],
			['a uid', miner, (t) => calls.deactivate(t, target, { role: 'miner', uid: U16 }), 'peer_registry::EUnknownMiner'],
			['a generation', miner, (t) => calls.withdrawStake(t, target, { role: 'miner', uid: 0, generation: U32 }, thief.address), 'vault::EUnknownEscrow'],
			['a window to commit in', miner, (t) => calls.commitGradient(t, target, { ...commitment, window: U64 }), 'gradient_registry::EWrongWindow'],
			['a size', miner, (t) => calls.commitGradient(t, target, { ...commitment, size: U64 }), 'gradient_registry::EBadSize'],
			['a version', miner, (t) => calls.commitGradient(t, target, { ...commitment, credVersion: U32 }), 'gradient_registry::EWrongCredentialVersion'],
			[
				'a version to set',
				miner,
				(t) => calls.setCredentials(t, target, { uid: 0, credVersion: U32, ciphertext: Uint8Array.of(1) }),
				'peer_registry::EWrongCredentialVersion',
			],
			['a window to seal', thief, (t) => calls.sealWindow(t, target, U64), 'round_state::ETooEarly'],
			['a window to score', validator, (t) => calls.submitScores(t, target, submission), 'score_ledger::EMeasurementNotLive'],
			['a window to settle', thief, (t) => calls.settleSlice(t, target, { ...submission, fromRow: 0, rows: 1 }), 'score_ledger::ENothingToSettle'],
			['medians of a window', thief, (t) => calls.settleMedians(t, target, { window: U64, fromRow: 0, medians: [] }), 'round_state::ENotSealed'],
			['a window to finalize', thief, (t) => calls.finalizeWindow(t, target, { window: U64, selectedUids: [U16] }), 'round_state::ENotSealed'],
			['a boundary', validator, (t) => calls.attestCheckpoint(t, target, attestation), 'round_state::EBoundaryAhead'],
			['a window to pay', thief, (t) => calls.distributeRewards(t, target, U64), 'round_state::ENotSealed'],
			['a window to prune', validator, (t) => pruneWindow(t, target, { window: U64 }), 'retention::EKept'],
			['the uid of an identity', validator, approve(identity(U16, 1, 1)), 'peer_registry::EUnknownMiner'],
			['the generation of an identity', validator, approve(identity(0, U32, 1)), 'seal_policy::EWrongGeneration'],
			['the version of an identity', validator, approve(identity(0, 1, U32)), 'seal_policy::EWrongCredentialVersion'],
			['an identity and a byte', validator, approve(Uint8Array.of(...identity(0, 1, 1), 0)), 'seal_policy::EBadIdentityLength'],
		];
		for (const [what, member, build, name] of attempts) assert.equal(await by(member, build), name, what);
		const rich = { role: 'miner' as const, uid: 0, amountMist: U64 };
		assert.equal(await by(miner, (t) => calls.addStake(t, target, rich)), 'CHAIN_REJECTED InsufficientCoinBalance');
		assert.equal(await refusal(chain, () => miner.writer.settleSlice({ validatorUid: U16, window: second, fromRow: 0 })), 'score_ledger::ENothingToSettle');
	});

	const signed = async (validator: ValidatorMember, payload: Uint8Array) => ({ payload, signature: await signPayload(payload, validator.key) });

	test('forgetting ratings on purpose costs the weights until the warm-up is over', async () => {
		const { chain } = world;
		const [validator] = validators;
		const window = await chain.currentWindow();
		await world.play(window);
		const quiet = await world.payload({ ...validator, previous: undefined }, window);
		const submit = (submission: { payload: Uint8Array; signature: Uint8Array }) =>
			by(validator, (t) => calls.submitScores(t, chain.target, { validatorUid: 0, window, ...submission }));
		assert.equal(await submit(await signed(validator, quiet)), 'score_ledger::EWrongPrevious', 'without saying so');
		const said = await world.payload({ ...validator, previous: undefined }, window, { header: { flags: 1 } });
		await validator.writer.submitScores({ validatorUid: 0, window, ...(await signed(validator, said)) });
		const rows = (await chain.reader.settledScores(window, 0))!.miners;
		assert.ok(rows.some(({ score }) => score > 0));
		assert.deepEqual(rows.map(({ weight }) => weight), [0, 0]); // biome-ignore format: one row
	});

	test('a place changes hands by the rules alone: not in immunity, not for less, not whom one likes', async () => {
		const { chain } = world;
		const { min_miner_stake_mist: stakeMist, min_validator_stake_mist, registration_fee_mist: feeMist } = chain.parameters.values;
		const registration = { stakeMist, feeMist, operator: thief.address };
		const replace = (t: Transaction) => replaceMiner(t, chain.target, registration);
		const replaceOne = (amount: bigint) => (t: Transaction) => replaceValidator(t, chain.target, { ...registration, stakeMist: amount });
		assert.equal(await by(thief, (t) => calls.registerMiner(t, chain.target, registration)), 'uid_pool::ERegistryFull');
		assert.equal(await by(thief, replace), 'registration::ENobodyReplaceable');
		assert.equal(await by(thief, replaceOne(10n * min_validator_stake_mist)), 'validator_registry::ENobodyReplaceable');
		await world.enter(first - 1n + IMMUNITY);
		assert.equal(await by(thief, (t) => replaceMiner(t, chain.target, { ...registration, stakeMist: stakeMist - 1n })), 'vault::EStakeTooSmall');
		assert.equal(await by(thief, replaceOne(min_validator_stake_mist)), 'validator_registry::ENotMoreStake');
		assert.equal(await by(thief, replace), undefined);
		const active = (await chain.reader.miners()).filter((entry) => entry.active);
		assert.deepEqual(active.map(({ uid }) => uid), [0, 2], 'the one with the less weight had to go'); // biome-ignore format: one row
		const [leaver] = active;
		assert.equal(leaver!.owner, miner.writer.address);
		assert.equal(await by(miner, (t) => calls.deactivate(t, chain.target, { role: 'miner', uid: 0 })), undefined);
		assert.equal(await by(thief, replace), 'registration::ENotFull');
	});

	test('lists are pruned neither early, nor unpaid, nor by strangers first, nor twice; what was pruned is not begun again', async () => {
		const { chain } = world;
		const prune = (window: bigint) => (t: Transaction) => pruneWindow(t, chain.target, { window });
		await world.enter(first + KEPT - 1n);
		assert.equal(await by(validators[0], prune(first)), 'retention::ENotDistributed');
		await miner.writer.distributeRewards(first);
		assert.equal(await by(validators[0], prune(first)), 'retention::EKept');
		await world.enter(first + KEPT);
		assert.equal(await by(thief, prune(first)), 'retention::EValidatorsFirst');
		assert.equal(await by(validators[0], prune(first - 1n)), 'retention::ENothingToPrune');
		assert.equal(await by(validators[0], prune(first)), undefined);
		assert.equal(await by(validators[0], prune(first)), 'retention::EAlreadyPruned');
		await world.enter(second + KEPT + 2n);
		assert.equal(await by(thief, prune(second)), 'retention::ELatestFinal');
		const again: readonly (readonly [(t: Transaction) => unknown, string])[] = [
			[(t) => calls.settleMedians(t, chain.target, { window: first, fromRow: 0, medians: [] }), 'round_state::EPruned'],
			[(t) => calls.finalizeWindow(t, chain.target, { window: first, selectedUids: [] }), 'round_state::EPruned'],
			[(t) => calls.settleSlice(t, chain.target, { validatorUid: 0, window: first, fromRow: 0, rows: 1 }), 'score_ledger::ENothingToSettle'],
			[(t) => calls.distributeRewards(t, chain.target, first), 'reward_distributor::EAlreadyDistributed'],
			[(t) => calls.sealWindow(t, chain.target, first), 'round_state::EAlreadySealed'],
		];
		for (const [build, name] of again) assert.equal(await by(thief, build), name);
	});
});
