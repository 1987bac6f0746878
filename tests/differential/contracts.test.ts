/** Every entry of the contracts, in a network's ordinary life and in what it refuses, on both machines from the same state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import type { Signer } from '@mysten/sui/cryptography';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Act, performAct } from '#clients/chain/acts.ts';
import * as calls from '#clients/chain/calls.ts';
import { proveContradiction, proveEquivocation, relayAttestation } from '#clients/chain/evidence-calls.ts';
import { execute } from '#clients/chain/execute.ts';
import type { ChainWriter } from '#clients/chain/port.ts';
import { replaceMiner, setMinerOperator } from '#clients/chain/registration-calls.ts';
import { pruneWindow } from '#clients/chain/retention-calls.ts';
import { NO_REWARD_POOL } from '#clients/chain/rewards.ts';
import { signAttestation } from '#clients/chain/sign-attestation.ts';
import { replaceValidator, setValidatorOperator } from '#clients/chain/validator-calls.ts';
import type { CheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { windowStartMs } from '#core/window.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { createNetwork, publishVramhub } from '#devnet/publish/publish.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator, type TestValidator } from '#tests/helpers/validator.ts';
import { ContractRecorder } from './contract-recorder.ts';
import { assertAgreement, Report } from './report.ts';
import { SecondMachine } from './second-machine.ts';
import { standIns } from './stand-ins.ts';
import { judge } from './transaction.ts';

/** The sandbox replays no upgrade, and these succeed with one or after one only: `tests/upgrade.test.ts` has them on the devnet. */
const UPGRADING = ['network::migrate', 'upgrade_vault::authorize', 'upgrade_vault::commit'];
const FREQUENCY = 3n;
const SUI = 1_000_000_000n;

test('every entry of the contracts ends alike on the second machine', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const chain = await startTestChain({ windowSeconds: 600, hparams: { checkpoint_frequency: FREQUENCY, min_consensus_validators: 2n, top_g: 2n } });
	t.after(() => chain.stop());
	const recorder = new ContractRecorder(chain.ledger, await standIns());
	recorder.watch(chain.packageId);
	await liveThroughIt(chain, (packageId) => recorder.watch(packageId));
	recorder.stop();

	const entries = entriesOf(chain.ledger, chain.packageId).filter((entry) => !UPGRADING.includes(entry));
	assert.deepEqual([...recorder.succeeded].sort(), entries, 'each entry succeeded at least once');
	const report = new Report();
	for (const prepared of recorder.recorded) await report.timed('theirs', () => judge(prepared, second, report));
	t.diagnostic(`${recorder.succeeded.size} entries in ${recorder.recorded.length} transactions`);
	assertAgreement(t, report);
});

/** What a transaction can call to change something: entry functions, and public ones that borrow mutably or take an object. */
function entriesOf(ledger: Ledger, packageId: string): string[] {
	const { vm } = ledger;
	const address = normalizeAddress(packageId);
	return vm
		.moduleNames(address)
		.flatMap((module) =>
			[...vm.functions({ address, module })].flatMap(([name, { visibility, isEntry, parameters }]) => {
				const changes = parameters.some((type) => (type.kind === 'reference' && type.mutable) || (type.kind === 'datatype' && vm.abilities(type).key));
				return isEntry || (visibility === 'public' && changes) ? [`${module}::${name}`] : [];
			}),
		)
		.sort();
}

/** Two validators and four miners from registration to reward; in between what owners and the administrator may do. */
async function liveThroughIt(chain: TestChain, watch: (packageId: string) => void): Promise<void> {
	const { client, admin, parameters, objects, target } = chain;
	const call = (signer: Signer, what: string, build: (transaction: Transaction) => void) => execute({ client, signer, what, build });
	const refused = (act: Promise<unknown>) => assert.rejects(act, { code: 'CHAIN_REJECTED' });

	const again = await publishVramhub({ client, signer: admin });
	watch(again.packageId);
	await createNetwork({ client, signer: admin }, { ...parameters, packageId: again.packageId }, again);

	const first = await registerTestValidator(chain, 21);
	const second = await registerTestValidator(chain, 22);
	const miners: ChainWriter[] = [];
	const owners: Ed25519Keypair[] = [];
	for (let uid = 0; uid < 4; uid++) {
		const owner = await chain.fundedSigner();
		const writer = chain.writerOf(owner);
		await writer.registerMiner({ stakeMist: parameters.values.min_miner_stake_mist, operator: writer.address });
		await writer.setCredentials({ uid, credVersion: 1, ciphertext: new Uint8Array(200).fill(uid) });
		miners.push(writer);
		owners.push(owner);
	}
	const [miner, other] = miners as [ChainWriter, ChainWriter];
	await refused(miner.registerMiner({ stakeMist: 1n, operator: miner.address }));
	await refused(other.setCredentials({ uid: 0, credVersion: 2, ciphertext: new Uint8Array(9) }));
	await administer(chain);
	await moveStake(chain, refused);

	// A window, from commitments to rewards.
	const startOf = (window: bigint) => windowStartMs(window, parameters.windowDurationMs);
	const next = (await chain.currentWindow()) + 1n;
	const window = next + ((FREQUENCY - (next % FREQUENCY)) % FREQUENCY);
	await chain.advanceTo(startOf(window) + 1_000n);
	for (const [uid, writer] of miners.slice(0, 3).entries()) {
		await writer.commitGradient({ uid, window, sha256: sha256(Uint8Array.of(uid)), size: 1_000n, credVersion: 1 });
	}
	await refused(miner.commitGradient({ uid: 0, window, sha256: sha256(Uint8Array.of(9)), size: 5n, credVersion: 1 }));
	await refused(miner.sealWindow(window));
	await chain.advanceTo(startOf(window) + parameters.values.put_window_open_ms);
	await first.writer.sealWindow(window);
	const nonsense = { validatorUid: second.uid, window, payload: new Uint8Array(700), signature: new Uint8Array(64) };
	await refused(call(admin, 'scores', (transaction) => calls.submitScores(transaction, target, nonsense)));
	await first.submit(window);
	await second.submit(window);
	await first.writer.settleSlice({ validatorUid: first.uid, window, fromRow: 0 });
	const { medians, selected } = await consensusOf(chain, window);
	await refused(miner.settleMedians({ window, fromRow: 0, medians: medians.map((median) => ({ ...median, own: median.own + 1 })) }));
	await miner.settleMedians({ window, fromRow: 0, medians });
	await refused(miner.finalizeWindow({ window, selectedUids: [] }));
	await miner.finalizeWindow({ window, selectedUids: selected.map(({ uid }) => uid) });
	// Nobody seals the windows in between: they are decided a little later.
	await chain.advanceTo(startOf(window + FREQUENCY + 1n) + 1_000n);
	const digest = mergeDigest([(await chain.reader.selection(window))!.selectionHash]);
	const attestation = { boundary: window + FREQUENCY, parentBoundary: 0n, hash: new Uint8Array(32).fill(1), mergeDigest: digest };
	await refused(first.writer.attestCheckpoint({ ...attestation, validatorUid: first.uid, mergeDigest: new Uint8Array(32) }));
	await first.writer.attestCheckpoint({ ...attestation, validatorUid: first.uid });
	const signing = { network: objects.network, validatorGeneration: second.generation };
	const signed = await signAttestation(second.signer, { ...attestation, validatorUid: second.uid }, signing);
	const cut = { ...signed, signature: signed.signature.subarray(1) };
	await refused(call(admin, 'a piece of a signature', (transaction) => relayAttestation(transaction, target, cut)));
	await call(admin, 'a signed attestation', (transaction) => relayAttestation(transaction, target, signed));
	await miner.distributeRewards(window);
	const paid = selected[0]!.uid;
	await call(owners[paid]!, 'a claim', (transaction) => calls.claimRewards(transaction, target, miners[paid]!.address));
	await refused(call(admin, 'a claim', (transaction) => calls.claimRewards(transaction, target, miner.address)));

	// Delegates, and whom Seal's servers answer.
	const owner = await chain.fundedSigner();
	const delegated = chain.writerOf(owner);
	const { uid: delegating } = await delegated.registerValidator({ stakeMist: parameters.values.min_validator_stake_mist, operator: delegated.address });
	for (const entry of ['add_delegate', 'remove_delegate']) {
		await call(owner, entry, (transaction) => {
			transaction.moveCall({
				target: `${chain.packageId}::validator_registry::${entry}`,
				arguments: [
					transaction.object(objects.validatorRegistry),
					transaction.object(objects.network),
					transaction.pure.u16(delegating),
					transaction.pure.address(miner.address),
				],
			});
		});
	}
	const operator = await chain.fundedSigner();
	const takeOver = (transaction: Transaction) => setValidatorOperator(transaction, target, { uid: delegating, operator: operator.toSuiAddress() });
	await refused(call(operator, 'another operator', takeOver));
	await call(owner, 'another operator', takeOver);
	const approve = (signer: Signer, credVersion: number) =>
		call(signer, 'seal_approve', (transaction) => {
			const identity = encodeSealIdentity({ network: objects.network, kind: 'minerCredentials', uid: 0, generation: 1, credVersion });
			transaction.moveCall({
				target: `${chain.packageId}::seal_policy::seal_approve`,
				arguments: [
					transaction.pure(bcs.byteVector().serialize(identity)),
					...[objects.network, objects.hparams, objects.peerRegistry, objects.validatorRegistry, calls.CLOCK_ID].map((id) => transaction.object(id)),
				],
			});
		});
	await chain.advanceTo(startOf(window + 2n * FREQUENCY));
	await approve(operator, 1);
	await refused(approve(operator, 7));
	await refused(approve(owner, 1));
	await refused(approve(owners[0]!, 1));
	await accuse(chain, [first, second], attestation, refused);
	await replace(chain, { owner: owners[0]!, uid: 0 }, refused);
	await forget(chain, other, refused);
	await passOn(chain, refused);
}

/** Two validators contradict themselves at a boundary that they voted on: one by two signatures, one by its vote and a signature. */
async function accuse(
	{ admin, client, objects, target }: TestChain,
	[first, second]: readonly [TestValidator, TestValidator],
	vote: Omit<CheckpointAttestation, 'validatorUid'>,
	refused: (act: Promise<unknown>) => Promise<unknown>,
): Promise<void> {
	const hunter = admin.toSuiAddress();
	const say = ({ signer, uid, generation }: TestValidator, hash = vote.hash) =>
		signAttestation(signer, { ...vote, hash, validatorUid: uid }, { network: objects.network, validatorGeneration: generation });
	const bring = (build: (transaction: Transaction) => void) => execute({ client, signer: admin, what: 'evidence', build });
	const one = await say(first);
	const other = await say(first, new Uint8Array(32).fill(2));
	await refused(bring((transaction) => proveEquivocation(transaction, target, { one, other: one }, hunter)));
	await bring((transaction) => proveEquivocation(transaction, target, { one, other }, hunter));
	await refused(bring((transaction) => proveEquivocation(transaction, target, { one, other }, hunter)));
	const contradiction = await say(second, new Uint8Array(32).fill(2));
	await bring((transaction) => proveContradiction(transaction, target, contradiction, hunter));
}

/** A miner's operator changes; then the places are fewer, and another owner takes one of the miners' and one of the validators'. */
async function replace(chain: TestChain, miner: { owner: Ed25519Keypair; uid: number }, refused: (act: Promise<unknown>) => Promise<unknown>): Promise<void> {
	const { admin, client, parameters, target } = chain;
	const newcomer = await chain.fundedSigner();
	const operator = newcomer.toSuiAddress();
	const setOperator = (signer: Signer) =>
		execute({ client, signer, what: 'an operator', build: (transaction) => setMinerOperator(transaction, target, { uid: miner.uid, operator }) });
	await refused(setOperator(newcomer));
	await setOperator(miner.owner);
	const { min_miner_stake_mist: stakeMist, registration_fee_mist: feeMist } = parameters.values;
	const takeItsPlace = () =>
		execute({
			client,
			signer: newcomer,
			what: 'a replacement',
			build: (transaction) => replaceMiner(transaction, target, { stakeMist, feeMist, operator }),
		});
	await refused(takeItsPlace());
	const fewer = { ...parameters, values: { ...parameters.values, max_miners: 1n, max_validators: 1n, immunity_windows: 0n } };
	await performAct({ client, target, signer: admin }, { kind: 'setHparams', hparams: fewer });
	await chain.advanceTo(windowStartMs((await chain.currentWindow()) + 1n, parameters.windowDurationMs));
	await takeItsPlace();
	const { min_validator_stake_mist: least } = parameters.values;
	const takeAValidatorsPlace = (stakeMist: bigint) =>
		execute({
			client,
			signer: newcomer,
			what: 'a replacement',
			build: (transaction) => replaceValidator(transaction, target, { stakeMist, feeMist, operator }),
		});
	await refused(takeAValidatorsPlace(least - 1n));
	await takeAValidatorsPlace(least);
}

/** A window whose scores nobody sends, and one that nobody seals: what is left of both goes in the end. Time passes. */
async function forget(chain: TestChain, miner: ChainWriter, refused: (act: Promise<unknown>) => Promise<void>): Promise<void> {
	const { windowDurationMs, values } = chain.parameters;
	const startOf = (window: bigint) => windowStartMs(window, windowDurationMs);
	const window = (await chain.currentWindow()) + 1n;
	for (const each of [window, window + 1n]) {
		await chain.advanceTo(startOf(each));
		await miner.commitGradient({ uid: 1, window: each, sha256: sha256(Uint8Array.of(3)), size: 1_000n, credVersion: 1 });
		await chain.advanceTo(startOf(each) + values.put_window_open_ms);
		if (each === window) await miner.sealWindow(each);
	}
	await chain.advanceTo(startOf(window + 4n));
	await miner.settleMedians({ window, fromRow: 0, medians: (await chain.reader.roster(window)).map(() => ({ own: 0, random: 0, weight: 0 })) });
	await miner.finalizeWindow({ window, selectedUids: [] });
	const { client, admin, target } = chain;
	const prune = (of: bigint, objects = target.objects) =>
		execute({ client, signer: admin, what: 'pruning', build: (transaction) => pruneWindow(transaction, { ...target, objects }, { window: of }) });
	await refused(prune(window));
	await chain.advanceTo(startOf(window + 1n + values.retention_windows + 2n * FREQUENCY));
	await prune(window);
	await prune(window + 1n, { ...target.objects, rewardPool: NO_REWARD_POOL });
	await refused(prune(window));
}

/** What the administrator may do while the network runs. */
async function administer({ admin, client, currentWindow, parameters, target }: TestChain): Promise<void> {
	const pcrs = [7, 8, 9].map((byte) => new Uint8Array(48).fill(byte)) as unknown as readonly [Uint8Array, Uint8Array, Uint8Array];
	const acts: readonly Act[] = [
		{ kind: 'setHparams', hparams: parameters },
		{ kind: 'allowPcrs', pcrs },
		{ kind: 'expirePcrs', row: 1, untilWindow: (await currentWindow()) + 9n },
		{ kind: 'revokePcrs', row: 1 },
		{ kind: 'proposeUpgrade', digest: new Uint8Array(32).fill(4) },
		{ kind: 'cancelUpgrade' },
	];
	for (const act of acts) await performAct({ client, target, signer: admin }, act);
}

/** What ends its administration. */
async function passOn({ admin, client, fundedSigner, target }: TestChain, refused: (act: Promise<unknown>) => Promise<void>): Promise<void> {
	const successor = await fundedSigner();
	const by = (signer: Ed25519Keypair, act: Act) => performAct({ client, target, signer }, act);
	await by(admin, { kind: 'pause', durationMs: 60_000n });
	await by(admin, { kind: 'resume' });
	await refused(by(admin, { kind: 'pause', durationMs: 60_000n }));
	await by(admin, { kind: 'spendFees', amount: 1n });
	await by(admin, { kind: 'spendTreasury', amount: 1n });
	await refused(by(admin, { kind: 'spendTreasury', amount: 1n << 60n }));
	await by(admin, { kind: 'offerAdministration', to: successor.toSuiAddress() });
	await refused(by(admin, { kind: 'acceptAdministration' }));
	await by(successor, { kind: 'acceptAdministration' });
	await refused(by(admin, { kind: 'resume' }));
	await refused(by(successor, { kind: 'cancelUpgrade' }));
	await refused(by(successor, { kind: 'proposeUpgrade', digest: new Uint8Array(31) }));
}

/** Of a miner and of a validator: in, out after the delay. Time passes. */
async function moveStake(chain: TestChain, refused: (act: Promise<unknown>) => Promise<unknown>): Promise<void> {
	const registered = [];
	for (const role of ['miner', 'validator'] as const) {
		const signer = await chain.fundedSigner();
		const writer = chain.writerOf(signer);
		const least = chain.parameters.values[`min_${role}_stake_mist`];
		const request = { stakeMist: least, operator: writer.address };
		const { uid, generation } = await (role === 'miner' ? writer.registerMiner(request) : writer.registerValidator(request));
		const perform = (act: Act) => performAct({ client: chain.client, target: chain.target, signer }, act);
		await perform({ kind: 'addStake', role, uid, amountMist: 3n * SUI });
		await refused(perform({ kind: 'unbondStake', role, uid, amountMist: 4n * SUI }));
		await perform({ kind: 'unbondStake', role, uid, amountMist: SUI });
		await refused(perform({ kind: 'withdrawStake', role, uid, generation }));
		registered.push({ role, uid, generation, perform });
	}
	const { windowDurationMs, values } = chain.parameters;
	const later = async (windows: bigint) => chain.advanceTo(windowStartMs((await chain.currentWindow()) + windows, windowDurationMs));
	await later(1n);
	for (const { role, uid, perform } of registered) await perform({ kind: 'deactivate', role, uid });
	await later(values.unbond_delay_windows);
	for (const { role, uid, generation, perform } of registered) await perform({ kind: 'withdrawStake', role, uid, generation });
}
