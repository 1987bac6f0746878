/** Thieves at the door: who wants weight, places, names or coins without the stake that they cost. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Transaction } from '@mysten/sui/transactions';
import { performAct } from '#clients/chain/acts.ts';
import { type AdminAct, administer } from '#clients/chain/admin-calls.ts';
import * as calls from '#clients/chain/calls.ts';
import { HPARAM_SPECS, type HparamValues } from '#core/gradient/hparams.ts';
import { createNetwork } from '#devnet/publish/publish.ts';
import { attack, refusal, unchanged, withoutEffect } from '#tests/attacks/attack.ts';
import { type AttackWorld, type Member, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { enclaveKey } from '#tests/helpers/payload.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';

const MAX_MINERS = 6n;
const REGISTRATIONS = 4n;
let world: AttackWorld;
let validator: ValidatorMember;
let miner: Member;

describe('attacks on stake, places and names', () => {
	before(async () => {
		world = await startAttackWorld(
			{ max_miners: MAX_MINERS, max_registrations_per_window: REGISTRATIONS, immunity_windows: 100n, pcr_delay_windows: 3n },
			{ miners: 2, validators: 2 },
		);
		[validator] = world.validators as [ValidatorMember];
		[miner] = world.miners as [Member];
		await world.enter((await world.chain.currentWindow()) + 1n);
	});
	after(() => world?.chain.stop());

	const by = (member: Pick<Member, 'signer'>, build: (transaction: Transaction) => void) => attack(world.chain, { by: member.signer, build });

	test('what succeeds is not mistaken for what changes nothing', async () => {
		const { chain } = world;
		const add = (transaction: Transaction) => calls.addStake(transaction, chain.target, { role: 'miner', uid: miner.uid, amountMist: 1n });
		await assert.rejects(
			unchanged(chain, () => by(miner, add)),
			/state has changed/,
		);
		await assert.rejects(withoutEffect(chain, { by: miner.signer, build: add }), /state has changed/);
		await assert.rejects(
			refusal(chain, () => by(miner, add)),
			/the attack succeeded|state has changed/,
		);
		// The coin that pays is the only thing that a failure touches, and it does pay.
		const balance = async () => BigInt((await chain.client.core.getBalance({ owner: miner.writer.address })).balance.balance);
		const before = await balance();
		const tooMuch = (transaction: Transaction) => calls.unbondStake(transaction, chain.target, { role: 'miner', uid: miner.uid, amountMist: 2n ** 64n - 1n });
		assert.equal(await by(miner, tooMuch), 'vault::EBadAmount');
		assert.ok((await balance()) < before, 'it was executed, not only tried');
		const surplus = { kind: 'unbondStake', role: 'miner', uid: miner.uid, amountMist: 3n } as const;
		await performAct({ client: chain.client, target: chain.target, signer: miner.signer }, surplus);
	});

	test('sybils under the minimum stake are nobody', async () => {
		const { chain } = world;
		const { values } = chain.parameters;
		const stranger = { signer: await chain.fundedSigner() };
		const operator = stranger.signer.toSuiAddress();
		const feeMist = values.registration_fee_mist;
		for (const [register, least] of [
			[calls.registerMiner, values.min_miner_stake_mist],
			[calls.registerValidator, values.min_validator_stake_mist],
		] as const) {
			for (const stakeMist of [0n, least - 1n]) {
				const name = await by(stranger, (transaction) => register(transaction, chain.target, { stakeMist, feeMist, operator }));
				assert.equal(name, 'vault::EStakeTooSmall');
			}
			for (const fee of [0n, feeMist - 1n, feeMist + 1n]) {
				const name = await by(stranger, (transaction) => register(transaction, chain.target, { stakeMist: least, feeMist: fee, operator }));
				assert.equal(name, 'vault::EWrongFee');
			}
		}
		// Below the minimum there is no staying either.
		for (const [role, member] of [['miner', miner] as const, ['validator', validator] as const]) {
			const name = await by(member, (transaction) => calls.unbondStake(transaction, chain.target, { role, uid: member.uid, amountMist: 1n }));
			assert.equal(name, role === 'miner' ? 'peer_registry::EBelowMinimum' : 'validator_registry::EBelowMinimum');
		}
	});

	/** The calls of `calls.ts` give coins back by transfer; here the same transaction goes on with them. */
	function registerValidator(transaction: Transaction, coin: ReturnType<Transaction['splitCoins']>[number], operator: string): void {
		const { objects, packageId } = world.chain.target;
		const [fee] = transaction.splitCoins(transaction.gas, [world.chain.parameters.values.registration_fee_mist]);
		transaction.moveCall({
			target: `${packageId}::validator_registry::register_validator`,
			arguments: [
				...[objects.validatorRegistry, objects.vault, objects.network, objects.hparams].map((id) => transaction.object(id)),
				...[coin, fee!, transaction.pure.address(operator), transaction.object(calls.CLOCK_ID)],
			],
		});
	}

	test('flash stake: coins that come and go in one transaction count in no window and do not come out', async () => {
		const { chain } = world;
		const { values } = chain.parameters;
		const thief = { signer: await chain.fundedSigner() };
		const address = thief.signer.toSuiAddress();
		const uid = world.validators.length;
		const stakeMist = values.min_validator_stake_mist;
		const flash = (transaction: Transaction) => {
			calls.registerValidator(transaction, chain.target, { stakeMist, feeMist: values.registration_fee_mist, operator: address });
			calls.deactivate(transaction, chain.target, { role: 'validator', uid });
			calls.withdrawStake(transaction, chain.target, { role: 'validator', uid, generation: 1 }, address);
		};
		assert.equal(await by(thief, flash), 'vault::ENothingReleased');
		const twice = (transaction: Transaction) => {
			const [coin] = transaction.splitCoins(transaction.gas, [stakeMist]);
			registerValidator(transaction, coin!, address);
			registerValidator(transaction, coin!, `0x${'e'.repeat(64)}`);
		};
		assert.equal(await by(thief, twice), 'CHAIN_REJECTED CommandArgumentError', 'the same coin staked twice');

		// In and out within a window, without the withdrawal: it is in no snapshot.
		const window = await chain.currentWindow();
		assert.equal(
			await by(thief, (transaction) => {
				calls.addStake(transaction, chain.target, { role: 'validator', uid: validator.uid, amountMist: 1n });
			}),
			'validator_registry::ENotOwner',
		);
		await by(validator, (transaction) => {
			calls.addStake(transaction, chain.target, { role: 'validator', uid: validator.uid, amountMist: 5n * stakeMist });
			calls.unbondStake(transaction, chain.target, { role: 'validator', uid: validator.uid, amountMist: 5n * stakeMist });
		});
		for (const played of [window, window + 1n]) {
			await world.play(played);
			const record = (await chain.reader.windowRecord(played))!;
			assert.equal(record.totalStake, 2n * stakeMist, `window ${played - window} from now`);
		}
	});

	test('stake leaves after its delay, to its owner, once', async () => {
		const { chain } = world;
		const { min_validator_stake_mist: stakeMist, unbond_delay_windows: delay } = chain.parameters.values;
		const start = (await chain.currentWindow()) - 1n;
		const withdraw = (member: Pick<Member, 'signer'>, change: { role?: calls.Role; uid?: number; generation?: number } = {}) =>
			by(member, (transaction) => {
				const registration = { role: 'validator' as const, uid: validator.uid, generation: 1, ...change };
				calls.withdrawStake(transaction, chain.target, registration, member.signer.toSuiAddress());
			});
		await world.enter(start + delay);
		assert.equal(await withdraw(validator), 'vault::ENothingReleased', 'one window early');
		await world.enter(start + 1n + delay);
		assert.equal(await withdraw(world.validators[1]!), 'vault::ENotOwner');
		assert.equal(await withdraw(miner), 'vault::ENotOwner');
		assert.equal(await withdraw(validator, { generation: 2 }), 'vault::EUnknownEscrow');
		assert.equal(await withdraw(validator, { role: 'miner', uid: 77 }), 'vault::EUnknownEscrow');
		const before = (await chain.reader.validator(validator.uid))!.stake;
		assert.equal(await withdraw(validator), undefined);
		assert.equal(await withdraw(validator), 'vault::ENothingReleased', 'a second time');
		assert.deepEqual([before, (await chain.reader.validator(validator.uid))!.stake], [stakeMist, stakeMist]);
	});

	/** Names an address that acts for a validator, or takes that back. */
	const delegateCall = (name: 'add_delegate' | 'remove_delegate', uid: number, delegate: string) => (transaction: Transaction) => {
		const { objects, packageId } = world.chain.target;
		transaction.moveCall({
			target: `${packageId}::validator_registry::${name}`,
			arguments: [
				transaction.object(objects.validatorRegistry),
				transaction.object(objects.network),
				transaction.pure.u16(uid),
				transaction.pure.address(delegate),
			],
		});
	};

	test('only its owner decides on a registration, and its operator alone commits', async () => {
		const { chain } = world;
		const window = await chain.currentWindow();
		const thief = world.miners[1]!;
		const someone = `0x${'d'.repeat(64)}`;
		const credentials = { uid: miner.uid, credVersion: 2, ciphertext: new Uint8Array(9) };
		const commitment = { uid: miner.uid, window, sha256: new Uint8Array(32), size: 9n, credVersion: 1 };
		const attempts: readonly (readonly [string, (transaction: Transaction) => unknown, string])[] = [
			['deactivating another miner', (t) => calls.deactivate(t, chain.target, { role: 'miner', uid: miner.uid }), 'peer_registry::ENotOwner'],
			['unbonding another’s stake', (t) => calls.unbondStake(t, chain.target, { role: 'miner', uid: miner.uid, amountMist: 1n }), 'peer_registry::ENotOwner'],
			['rotating another’s credentials', (t) => calls.setCredentials(t, chain.target, credentials), 'peer_registry::ENotOwner'],
			['committing for another', (t) => calls.commitGradient(t, chain.target, commitment), 'gradient_registry::ENotOperator'],
			['deactivating a validator', (t) => calls.deactivate(t, chain.target, { role: 'validator', uid: 0 }), 'validator_registry::ENotOwner'],
			['naming itself delegate', delegateCall('add_delegate', 0, thief.writer.address), 'validator_registry::ENotOwner'],
			['removing a delegate', delegateCall('remove_delegate', 0, someone), 'validator_registry::ENotOwner'],
		];
		for (const [what, build, name] of attempts) assert.equal(await by(thief, build), name, what);
		// The table of who acts for whom: nobody is taken over, nobody acts for two.
		assert.equal(await by(validator, delegateCall('add_delegate', 0, world.validators[1]!.writer.address)), 'validator_registry::EAgentTaken');
		assert.equal(await by(validator, delegateCall('remove_delegate', 0, world.validators[1]!.writer.address)), 'validator_registry::ENotDelegate');
		assert.equal(await by(validator, delegateCall('remove_delegate', 0, validator.writer.address)), 'validator_registry::ENotDelegate', 'its own operator');
		const stranger = { signer: await chain.fundedSigner() };
		const { min_validator_stake_mist: stakeMist, registration_fee_mist: feeMist } = chain.parameters.values;
		const inItsName = (t: Transaction) => calls.registerValidator(t, chain.target, { stakeMist, feeMist, operator: validator.writer.address });
		assert.equal(await by(stranger, inItsName), 'validator_registry::EAgentTaken');
	});

	test('who is named delegate unasked can still register, and nobody else takes a delegate away', async () => {
		const { chain } = world;
		await world.enter((await chain.currentWindow()) + 1n);
		const [victim, thief] = [await chain.fundedSigner(), await chain.fundedSigner()].map((signer) => ({ signer, address: signer.toSuiAddress() }));
		const { min_validator_stake_mist: stakeMist, registration_fee_mist: feeMist } = chain.parameters.values;
		assert.equal(await by(validator, delegateCall('add_delegate', validator.uid, victim!.address)), undefined);
		const register = (t: Transaction) => calls.registerValidator(t, chain.target, { stakeMist, feeMist, operator: victim!.address });
		assert.equal(await by(thief!, register), 'validator_registry::EAgentTaken', 'by another');
		assert.equal(await by(victim!, register), undefined);
		assert.equal(await by(validator, delegateCall('remove_delegate', validator.uid, victim!.address)), 'validator_registry::ENotDelegate');
	});

	test('a flood of registrations ends at the window’s limit, and at the number of places', async () => {
		const { chain } = world;
		await world.enter((await chain.currentWindow()) + 1n);
		const thief = { signer: await chain.fundedSigner() };
		const { min_miner_stake_mist: stakeMist, registration_fee_mist: feeMist } = chain.parameters.values;
		const register = (count: number) => (transaction: Transaction) => {
			for (let i = 0; i < count; i++) calls.registerMiner(transaction, chain.target, { stakeMist, feeMist, operator: thief.signer.toSuiAddress() });
		};
		assert.equal(await by(thief, register(Number(REGISTRATIONS) + 1)), 'uid_pool::ETooManyRegistrations');
		assert.equal(await by(thief, register(Number(REGISTRATIONS))), undefined);
		assert.equal(await by(thief, register(1)), 'uid_pool::ETooManyRegistrations');
		await world.enter((await chain.currentWindow()) + 1n);
		assert.equal((await chain.reader.miners()).length, Number(MAX_MINERS));
		assert.equal(await by(thief, register(1)), 'uid_pool::ERegistryFull');

		// Coming and going gives uids out, but not for ever: those that were left rest.
		for (;;) {
			const churn = (transaction: Transaction) => {
				for (const uid of mine) calls.deactivate(transaction, chain.target, { role: 'miner', uid });
				register(mine.length)(transaction);
			};
			const mine = (await chain.reader.miners()).filter(({ owner, active }) => owner === thief.signer.toSuiAddress() && active).map(({ uid }) => uid);
			assert.equal(mine.length, Number(REGISTRATIONS));
			const name = await by(thief, churn);
			if (name !== undefined) {
				assert.equal(name, 'uid_pool::EUidsResting');
				break;
			}
			await world.enter((await chain.currentWindow()) + 1n);
		}
		assert.equal((await chain.reader.miners()).filter(({ active }) => active).length, Number(MAX_MINERS));
	});

	test('a capability of another network administers nothing here', async () => {
		const { chain } = world;
		const thief = { signer: await chain.fundedSigner() };
		const { adminCap } = await createNetwork({ client: chain.client, signer: thief.signer }, chain.parameters);
		const window = await chain.currentWindow();
		const acts: readonly AdminAct[] = [
			{ kind: 'pause', durationMs: 1_000n },
			{ kind: 'resume' },
			{ kind: 'setHparams', hparams: chain.parameters },
			{ kind: 'allowPcrs', pcrs: TEST_PCRS },
			{ kind: 'expirePcrs', row: 0, untilWindow: window + 1n },
			{ kind: 'revokePcrs', row: 0 },
			{ kind: 'spendFees', amount: 1n },
			{ kind: 'spendTreasury', amount: 1n },
			{ kind: 'offerAdministration', to: thief.signer.toSuiAddress() },
		];
		for (const act of acts) {
			const name = await by(thief, (transaction) => administer(transaction, chain.target, adminCap, act, thief.signer.toSuiAddress()));
			assert.equal(name, 'network::ENotAdmin', act.kind);
			// With the true capability, which is not the thief's to use.
			const stolen = await by(thief, (transaction) => administer(transaction, chain.target, chain.adminCap, act, thief.signer.toSuiAddress()));
			assert.equal(stolen, 'CHAIN_REJECTED', act.kind);
			assert.match(await refusal(chain, () => performAct({ client: chain.client, target: chain.target, signer: thief.signer }, act)), /^CHAIN_/, act.kind);
		}
	});

	test('an administrator neither holds stake hostage by a long delay, nor slips an image in by a short one', async () => {
		const { chain } = world;
		const { parameters } = chain;
		const administrate = (act: AdminAct) =>
			by({ signer: chain.admin }, (transaction) => administer(transaction, chain.target, chain.adminCap, act, chain.admin.toSuiAddress()));
		const propose = (change: Partial<HparamValues>) =>
			administrate({ kind: 'setHparams', hparams: { ...parameters, values: { ...parameters.values, ...change } } });
		for (const [name, , lowest, highest] of HPARAM_SPECS) {
			const values = name.endsWith('_delay_windows') ? [lowest - 1n, highest + 1n].filter((value) => value >= 0n) : [2n ** 64n - 1n];
			for (const value of values) assert.equal(await propose({ [name]: value }), 'hparams::EOutOfBounds', `${name} = ${value}`);
		}
		assert.equal(await propose({ unbond_delay_windows: parameters.values.evidence_windows }), 'hparams::EUnbondTooShort');
		assert.equal(await propose({ emission_miner_bps: 9_000n, emission_validator_bps: 1_001n }), 'hparams::EBadSplit');
		assert.equal(await propose({ put_window_close_ms: parameters.windowDurationMs + 1n }), 'hparams::EBadPhases');

		const window = await chain.currentWindow();
		assert.equal(await propose({ pcr_delay_windows: 0n }), undefined);
		await world.enter(window + 1n);
		const pcrs = [7, 8, 9].map((byte) => new Uint8Array(48).fill(byte)) as unknown as typeof TEST_PCRS;
		assert.equal(await administrate({ kind: 'allowPcrs', pcrs }), undefined);
		const attested = world.validators[1]!;
		for (const [at, name] of [
			[window + 1n, 'enclave_registry::EUnknownMeasurement'],
			[window + 3n, 'enclave_registry::EUnknownMeasurement'],
			[window + 4n, undefined],
		] as const) {
			await world.enter(at);
			const attestationDocument = await world.document(attested, { pcrs, publicKey: (await enclaveKey(0x70)).publicKey });
			const register = (t: Transaction) => calls.registerEnclave(t, chain.target, { validatorUid: attested.uid, attestationDocument });
			assert.equal(await by(attested, register), name, `${at - window} windows after the delay was shortened`);
		}
	});

	test('in a pause nothing new begins, and what leaves is not held', async () => {
		const { chain } = world;
		const administration = { client: chain.client, target: chain.target, signer: chain.admin };
		await performAct(administration, { kind: 'pause', durationMs: 3_600_000n });
		const window = await chain.currentWindow();
		const commitment = { uid: miner.uid, window, sha256: new Uint8Array(32), size: 9n, credVersion: 1 };
		assert.equal(await by(miner, (t) => calls.commitGradient(t, chain.target, commitment)), 'network::EPaused');
		const { min_miner_stake_mist: stakeMist, registration_fee_mist: feeMist } = chain.parameters.values;
		const registration = { stakeMist, feeMist, operator: miner.writer.address };
		assert.equal(await by(miner, (t) => calls.registerMiner(t, chain.target, registration)), 'network::EPaused');
		assert.equal(await by(miner, (t) => calls.sealWindow(t, chain.target, window)), 'network::EPaused');
		const submission = { validatorUid: 0, window, payload: new Uint8Array(1), signature: new Uint8Array(64) };
		assert.equal(await by(validator, (t) => calls.submitScores(t, chain.target, submission)), 'network::EPaused');
		assert.equal(await by(validator, (t) => calls.deactivate(t, chain.target, { role: 'validator', uid: validator.uid })), undefined);
		assert.equal(await refusal(chain, () => performAct(administration, { kind: 'pause', durationMs: 86_400_001n })), 'network::EBadPause');
		assert.equal(await refusal(chain, () => performAct(administration, { kind: 'pause', durationMs: 1n })), 'network::EPausedLately');
	});
});
