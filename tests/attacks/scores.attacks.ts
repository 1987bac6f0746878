/** Thieves among validators: scores that no allowed enclave signed, or that it signed for something else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import { performAct } from '#clients/chain/acts.ts';
import type { AdminAct } from '#clients/chain/admin-calls.ts';
import * as calls from '#clients/chain/calls.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { abortOf } from '#clients/chain/errors.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { createNetwork } from '#devnet/publish/publish.ts';
import { attack, refusal, unchanged, withoutEffect } from '#tests/attacks/attack.ts';
import { type AttackWorld, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { type EnclaveKey, enclaveKey, signPayload } from '#tests/helpers/payload.ts';

let world: AttackWorld;
let first: ValidatorMember;
let second: ValidatorMember;
/** The window that is scored; tests move it on. */
let window: bigint;

describe('attacks on scores', () => {
	before(async () => {
		world = await startAttackWorld({ min_consensus_validators: 2n, rotation_grace_windows: 0n });
		[first, second] = world.validators as [ValidatorMember, ValidatorMember];
		window = (await world.chain.currentWindow()) + 1n;
		await world.play(window, [2]);
	});
	after(() => world?.chain.stop());

	/** Sends a submission as it is; what the contract calls it. */
	const submit = (by: ValidatorMember, submission: Partial<calls.Submission> & Pick<calls.Submission, 'payload' | 'signature'>, target = world.chain.target) =>
		attack(world.chain, {
			by: by.signer,
			build: (transaction) => calls.submitScores(transaction, target, { validatorUid: by.uid, window, ...submission }),
		});
	const signedBy = async (key: EnclaveKey, payload: Uint8Array) => ({ payload, signature: await signPayload(payload, key) });

	test('scores that a validator makes up have no signature, and those of an enclave do not carry over to other bytes', async () => {
		const honest = await signedBy(first.key, await world.payload(first, window));
		const lifted = await world.payload(first, window, { row: (row) => ({ ...row, weight: row.uid === 1 ? 65_535 : 0 }) });
		assert.equal(await submit(first, await signedBy(await enclaveKey(0x77), lifted)), 'score_ledger::EBadSignature', 'a key of its own');
		assert.equal(await submit(first, { payload: lifted, signature: honest.signature }), 'score_ledger::EBadSignature', 'the honest signature');
		assert.equal(await submit(first, { payload: honest.payload, signature: new Uint8Array(64) }), 'score_ledger::EBadSignature', 'zeros');
		assert.equal(await submit(first, { payload: honest.payload, signature: new Uint8Array(0) }), 'score_ledger::EBadSignature', 'nothing');
		// The own client refuses as the chain does.
		const call = async () => first.writer.submitScores({ validatorUid: 0, window, ...(await signedBy(await enclaveKey(0x77), lifted)) });
		assert.equal(await refusal(world.chain, call), 'score_ledger::EBadSignature');
	});

	test('another validator’s enclave signs for that validator alone', async () => {
		const own = await world.payload(first, window);
		const others = await signedBy(second.key, await world.payload(second, window));
		assert.equal(await submit(first, await signedBy(second.key, own)), 'score_ledger::EBadSignature', 'our bytes, its key');
		assert.equal(await submit(first, others), 'score_ledger::EBadSignature', 'its bytes and key');
		assert.equal(await submit(first, { ...others, validatorUid: second.uid }), 'validator_registry::ENotOperator', 'in its name');
		// Our enclave itself, told that it is another validator's.
		for (const [header, name] of [
			[{ validatorUid: second.uid }, 'EWrongValidator'],
			[{ validatorGeneration: 2 }, 'EWrongGeneration'],
			[{ enclaveKey: second.key.publicKey }, 'EWrongEnclaveKey'],
		] as const) {
			const payload = await world.payload(first, window, { header });
			assert.equal(await submit(first, await signedBy(first.key, payload)), `score_ledger::${name}`);
		}
	});

	test('scores by who is no validator, has no enclave, or came after the window', async () => {
		const honest = await signedBy(first.key, await world.payload(first, window));
		assert.equal(await submit(first, { ...honest, validatorUid: 31 }), 'validator_registry::EUnknownValidator');
		const late = await world.addValidator(await enclaveKey(0x30), { isAttested: false });
		assert.equal(await submit(late, await signedBy(late.key, await world.payload(late, window))), 'enclave_registry::EUnknownEnclave');
		await world.attest(late, late.key);
		assert.equal(await submit(late, await signedBy(late.key, await world.payload(late, window))), 'score_ledger::ENotInSnapshot');
		assert.equal(await submit(first, { ...honest, window: window + 1n }), 'round_state::ENotSealed', 'a window that is not sealed');
	});

	/** What settling makes of rows that an enclave signed: both calls in one transaction, as clients send them. */
	const settleRows = async (payload: Uint8Array, rows: number) => {
		const submission = { validatorUid: first.uid, window, ...(await signedBy(first.key, payload)) };
		return attack(world.chain, {
			by: first.signer,
			build: (transaction) => {
				calls.submitScores(transaction, world.chain.target, submission);
				calls.settleSlice(transaction, world.chain.target, { ...submission, fromRow: 0, rows });
			},
		});
	};

	test('miners that are unregistered, that registered in the window, or that did not commit in time have no row and no score', async () => {
		const { chain } = world;
		const newcomer = await world.addMiner();
		const commitment = { uid: newcomer.uid, window, sha256: sha256(Uint8Array.of(9)), size: 1_000n, credVersion: 1 };
		const late = { ...commitment, uid: 2 };
		for (const [member, request] of [[newcomer, commitment] as const, [world.miners[2]!, late] as const]) {
			const name = await attack(chain, { by: member.signer, build: (transaction) => calls.commitGradient(transaction, chain.target, request) });
			assert.equal(name, 'gradient_registry::ECommitClosed');
		}
		const base = await world.payload(first, window);
		assert.equal(await settleRows(base, 3).then((name) => name), undefined, 'the honest one is taken');
		first.previous = { window, payload: base };

		window += 1n;
		await world.enter(window);
		const tooNew = await world.addMiner();
		const now = { ...commitment, uid: tooNew.uid, window };
		assert.equal(
			await attack(chain, { by: tooNew.signer, build: (transaction) => calls.commitGradient(transaction, chain.target, now) }),
			'gradient_registry::ENotInRoster',
		);
		await world.play(window, [2, tooNew.uid]);
		const rows = (await chain.reader.roster(window)).length;
		assert.equal(rows, 4, 'the newcomer of the window before is in, that of this one is not');
		const scoreOf = (uid: number) => world.payload(first, window, { row: (row) => (row.uid === 3 ? { ...row, uid } : row) });
		assert.equal(await settleRows(await scoreOf(tooNew.uid), rows), 'score_ledger::ERowNotInRoster');
		assert.equal(await settleRows(await scoreOf(200), rows), 'score_ledger::ERowNotInRoster');
		const ofAnother = await world.payload(first, window, { row: (row) => ({ ...row, generation: row.uid === 1 ? 2 : row.generation }) });
		assert.equal(await settleRows(ofAnother, rows), 'score_ledger::ERowNotInRoster');
		const uncommitted = await world.payload(first, window, { row: (row) => (row.uid === 2 ? { ...row, code: 0, score: 5_000, weight: 65_535 } : row) });
		assert.equal(await settleRows(uncommitted, rows), 'score_ledger::EScoredWithoutCommitment');
		const oneMore = await world.payload(first, window, { header: { rosterCount: rows + 1 } }).catch((error: { code: string }) => error.code);
		assert.equal(oneMore, 'BAD_ARGUMENT', 'no enclave encodes a roster of another length');
	});

	test('a payload is good for its window, its place in the chain of payloads, and its network alone', async () => {
		const before = first.previous!;
		assert.equal(await submit(first, await signedBy(first.key, before.payload)), 'score_ledger::EWrongWindow', 'the last window’s again');
		const forked = await world.payload({ ...first, previous: { ...before, payload: before.payload.with(40, before.payload[40]! ^ 1) } }, window);
		assert.equal(await submit(first, await signedBy(first.key, forked)), 'score_ledger::EWrongPrevious', 'after a payload that was never recorded');
		const unchained = await world.payload({ ...first, previous: undefined }, window);
		assert.equal(await submit(first, await signedBy(first.key, unchained)), 'score_ledger::EWrongPrevious', 'as if it were the first');
		const skipped = await world.payload(first, window, { header: { prevWindow: before.window - 1n } });
		assert.equal(await submit(first, await signedBy(first.key, skipped)), 'score_ledger::EWrongPreviousWindow');

		await first.writer.submitScores({ validatorUid: first.uid, window, ...(await signedBy(first.key, await world.payload(first, window))) });
		first.previous = { window, payload: await world.payload(first, window) };
	});

	test('a payload of one network is none of another, even with the same people, uids and enclave keys', async () => {
		const { chain } = world;
		const { objects } = await createNetwork({ client: chain.client, signer: chain.admin }, chain.parameters);
		const twin = { ...chain.target, objects };
		const writer = createChainWriter({ client: chain.client, ...twin, signer: first.signer });
		const { values } = chain.parameters;
		const { uid, generation } = await writer.registerValidator({ stakeMist: values.min_validator_stake_mist, operator: writer.address });
		assert.deepEqual({ uid, generation }, { uid: first.uid, generation: first.generation });
		const register = (attestationDocument: Uint8Array) =>
			attack(chain, { by: first.signer, build: (transaction) => calls.registerEnclave(transaction, twin, { validatorUid: uid, attestationDocument }) });
		assert.equal(await register(await world.document(first)), 'enclave_registry::EWrongBinding', 'a document for the first network');
		assert.equal(await register(await world.document(first, { network: objects.network })), undefined);

		window += 1n;
		await chain.advanceTo(world.startOf(window) + values.put_window_open_ms);
		await writer.sealWindow(window);
		await first.writer.sealWindow(window);
		const here = await signedBy(first.key, await world.payload(first, window));
		assert.equal(await submit(first, here, twin), 'score_ledger::EWrongNetwork', 'in the twin');
		for (const object of ['network', 'roundState', 'validatorRegistry', 'enclaveRegistry', 'scoreLedger'] as const) {
			const mixed = { ...chain.target, objects: { ...chain.objects, [object]: objects[object] } };
			assert.equal(await submit(first, here, mixed), 'network::ENetworkMismatch', `with the twin’s ${object}`);
		}
	});

	test('of two payloads that race one is recorded; the other is refused by name, also later', async () => {
		const { chain } = world;
		const payloads = [await world.payload(first, window), await world.payload(first, window, { header: { baselineLoss: 1n } })];
		// As two processes would, neither knowing of the other.
		const writers = [chain.client, connectChain(chain.rpcUrl)].map((client) => createChainWriter({ ...chain.target, client, signer: first.signer }));
		const signed = await Promise.all(payloads.map((payload) => signedBy(first.key, payload)));
		const outcomes = await Promise.allSettled(signed.map((submission, i) => writers[i]!.submitScores({ validatorUid: first.uid, window, ...submission })));
		assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
		const lost = outcomes.findIndex(({ status }) => status === 'rejected');
		assert.equal(abortOf((outcomes[lost] as PromiseRejectedResult).reason), 'EAlreadySubmitted');
		assert.equal(await submit(first, signed[lost]!), 'score_ledger::EAlreadySubmitted');
		const recorded = payloads[1 - lost]!;
		assert.deepEqual((await chain.reader.payloadChain(first.uid))!.lastPayload, recorded);
		first.previous = { window, payload: recorded };
		// The same payload twice is one submission, and the second is no transaction.
		const repeated = await unchanged(chain, () => writers[1]!.submitScores({ validatorUid: first.uid, window, ...signed[1 - lost]! }));
		assert.equal(repeated, undefined);
	});

	test('a payload must wait for the one before to be settled, which anybody can do', async () => {
		const { chain } = world;
		const [unsettled, next] = [window + 1n, window + 2n];
		await world.play(unsettled);
		const payload = await world.payload(first, unsettled);
		assert.equal(await submit(first, { ...(await signedBy(first.key, payload)), window: unsettled }), undefined);
		first.previous = { window: unsettled, payload };
		await world.play(next);
		const following = { ...(await signedBy(first.key, await world.payload(first, next))), window: next };
		assert.equal(await submit(first, following), 'score_ledger::EPreviousUnsettled');
		const settle = (fromRow: number, rows: number) => (transaction: Transaction) =>
			calls.settleSlice(transaction, chain.target, { validatorUid: first.uid, window: unsettled, fromRow, rows });
		const stranger = world.miners[0]!.signer;
		assert.equal(await attack(chain, { by: stranger, build: settle(1, 40) }), 'score_ledger::ERowsSkipped');
		assert.equal(await attack(chain, { by: stranger, build: settle(0, 2) }), undefined);
		await withoutEffect(chain, { by: stranger, build: settle(0, 40) });
		assert.equal(await attack(chain, { by: stranger, build: settle(2, 1_000) }), undefined);
		assert.equal(await submit(first, following), undefined);
		await first.writer.settleSlice({ validatorUid: first.uid, window: next, fromRow: 0 });
		first.previous = { window: next, payload: following.payload };
		assert.equal(
			await submit(first, { ...(await signedBy(first.key, payload)), window: unsettled }),
			'score_ledger::EWindowNotLater',
			'back to the one before',
		);
		window = next;
	});

	test('yesterday’s enclave key signs nothing more, and does not come back', async () => {
		const old = first.key;
		await world.attest(first, await enclaveKey(0x40));
		window += 1n;
		await world.play(window);
		const payload = await world.payload(first, window);
		assert.equal(await submit(first, await signedBy(old, payload)), 'score_ledger::EBadSignature');
		const ofOld = await world.payload({ ...first, key: old }, window);
		assert.equal(await submit(first, await signedBy(old, ofOld)), 'score_ledger::EBadSignature');
		assert.equal(await submit(first, await signedBy(first.key, ofOld)), 'score_ledger::EWrongEnclaveKey');
		const attestationDocument = await world.document(first, { publicKey: old.publicKey });
		const again = await attack(world.chain, {
			by: first.signer,
			build: (transaction) => calls.registerEnclave(transaction, world.chain.target, { validatorUid: first.uid, attestationDocument }),
		});
		assert.equal(again, 'enclave_registry::EKeyReused');
	});

	test('scores that come too late are refused, however good', async () => {
		const { chain } = world;
		await world.submit(first, window);
		const honest = { ...(await signedBy(second.key, await world.payload(second, window))), window };
		await chain.advanceTo(world.startOf(window + 4n));
		assert.equal(await submit(second, honest), 'score_ledger::ETooLate');
		window += 4n;
		await world.play(window);
	});

	test('who submitted in time is not left out because somebody else was faster than the settling', async () => {
		const { chain } = world;
		const scored = window;
		const signed = { ...(await signedBy(second.key, await world.payload(second, scored))), window: scored };
		assert.equal(await submit(second, signed), undefined, 'in time, and not settled');
		window += 4n;
		await world.play(window);
		const medians = (await chain.reader.roster(scored)).map(() => ({ own: 0, random: 0, weight: 0 }));
		const thief = world.miners[0]!.signer;
		const claim = (transaction: Transaction) => calls.settleMedians(transaction, chain.target, { window: scored, fromRow: 0, medians });
		assert.equal(await attack(chain, { by: thief, build: claim }), 'consensus::EScoresExpected');
	});

	test('an image that expired or was revoked signs nothing from then on', async () => {
		const { chain } = world;
		const administer = (act: AdminAct) => performAct({ client: chain.client, target: chain.target, signer: chain.admin }, act);
		await administer({ kind: 'expirePcrs', row: 0, untilWindow: window + 1n });
		assert.equal(await submit(first, await signedBy(first.key, await world.payload(first, window))), undefined, 'the window before the expiry');
		first.previous = { window, payload: (await chain.reader.payloadChain(first.uid))!.lastPayload };
		await world.play(window + 1n);
		const expired = { ...(await signedBy(first.key, await world.payload(first, window + 1n))), window: window + 1n };
		assert.equal(await submit(first, expired), 'score_ledger::EMeasurementNotLive');
		const key = await enclaveKey(0x41);
		const attestationDocument = await world.document(first, { publicKey: key.publicKey });
		const register = await attack(chain, {
			by: first.signer,
			build: (transaction) => calls.registerEnclave(transaction, chain.target, { validatorUid: first.uid, attestationDocument }),
		});
		assert.equal(register, 'enclave_registry::EUnknownMeasurement');
		// The second validator's payload of the window before the expiry would still be taken, until the row is revoked.
		const earlier = { ...(await signedBy(second.key, await world.payload(second, window))), window };
		await administer({ kind: 'revokePcrs', row: 0 });
		assert.equal(await submit(second, earlier), 'score_ledger::EMeasurementNotLive');
	});
});
