/** A validator that says two things of one boundary, through the real client and a wallet's signatures: what it costs, whom, and what is no evidence. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Signer } from '@mysten/sui/cryptography';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import type { Transaction } from '@mysten/sui/transactions';
import { performAct } from '#clients/chain/acts.ts';
import * as calls from '#clients/chain/calls.ts';
import { abortOf } from '#clients/chain/errors.ts';
import { proveContradiction, proveEquivocation, relayAttestation } from '#clients/chain/evidence-calls.ts';
import { execute } from '#clients/chain/execute.ts';
import { type SignedAttestation, signAttestation } from '#clients/chain/sign-attestation.ts';
import { setValidatorOperator } from '#clients/chain/validator-calls.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { attack } from '#tests/attacks/attack.ts';
import { simulate } from '#tests/helpers/simulate.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';

const WINDOW_MS = 600_000n;
const FREQUENCY = 5n;
const EVIDENCE_WINDOWS = 20n;
/** The shortest that the contracts allow with these. */
const UNBOND_DELAY_WINDOWS = EVIDENCE_WINDOWS + 2n * FREQUENCY + 4n;
const [SLASH_BPS, BOUNTY_BPS] = [5_000n, 1_000n];
const NOTHING = mergeDigest([]);
const CHECKPOINT = new Uint8Array(32).fill(1);

interface Validator {
	readonly uid: number;
	readonly generation: number;
	readonly owner: Ed25519Keypair;
	readonly operator: Ed25519Keypair;
}

let chain: TestChain;
let stake: bigint;
let hunter: Ed25519Keypair;
let minerUid: number;
const validators: Validator[] = [];
/** Nothing is scored, so every boundary keeps the genesis checkpoint. */
let boundary: bigint;

before(async () => {
	chain = await startTestChain({
		windowSeconds: Number(WINDOW_MS / 1_000n),
		hparams: {
			checkpoint_frequency: FREQUENCY,
			evidence_windows: EVIDENCE_WINDOWS,
			unbond_delay_windows: UNBOND_DELAY_WINDOWS,
			equivocation_slash_bps: SLASH_BPS,
			evidence_bounty_bps: BOUNTY_BPS,
		},
	});
	stake = chain.parameters.values.min_validator_stake_mist;
	hunter = await chain.fundedSigner();
	for (let i = 0; i < 4; i++) {
		const [owner, operator] = [await chain.fundedSigner(), await chain.fundedSigner()];
		const { uid, generation } = await chain.writerOf(owner).registerValidator({ stakeMist: stake, operator: operator.toSuiAddress() });
		validators.push({ uid, generation, owner, operator });
	}
	const miner = chain.writerOf(await chain.fundedSigner());
	({ uid: minerUid } = await miner.registerMiner({ stakeMist: chain.parameters.values.min_miner_stake_mist, operator: miner.address }));
	await miner.setCredentials({ uid: minerUid, credVersion: 1, ciphertext: new Uint8Array(9) });
	await nextBoundary();
});
after(() => chain?.stop());

/** To the window after the next boundary: then all before that one is decided. */
async function nextBoundary(): Promise<void> {
	const window = await chain.currentWindow();
	boundary = window + FREQUENCY - (window % FREQUENCY);
	await chain.advanceTo((boundary + 1n) * WINDOW_MS);
}

const kept = () => ({ boundary, parentBoundary: 0n, hash: undefined, mergeDigest: NOTHING });

function say(validator: Validator, hash: Uint8Array | undefined, changes: { signer?: Signer; network?: string; at?: bigint } = {}): Promise<SignedAttestation> {
	const attestation = { ...kept(), boundary: changes.at ?? boundary, hash, validatorUid: validator.uid };
	const of = { network: changes.network ?? chain.objects.network, validatorGeneration: validator.generation };
	return signAttestation(changes.signer ?? validator.operator, attestation, of);
}

const tryOf = (build: (transaction: Transaction) => void) => attack(chain, { by: hunter, build });
const tryRelay = (signed: SignedAttestation) => tryOf((transaction) => relayAttestation(transaction, chain.target, signed));
const tryPair = (one: SignedAttestation, other: SignedAttestation) =>
	tryOf((transaction) => proveEquivocation(transaction, chain.target, { one, other }, hunter.toSuiAddress()));
const tryAgainstVote = (signed: SignedAttestation) => tryOf((transaction) => proveContradiction(transaction, chain.target, signed, hunter.toSuiAddress()));
const bring = (build: (transaction: Transaction) => void) => execute({ client: chain.client, signer: hunter, what: 'evidence', build });
const balanceOf = async (of: Signer) => BigInt((await chain.client.core.getBalance({ owner: of.toSuiAddress() })).balance.balance);
const windowsLater = async (windows: bigint) => chain.advanceTo(((await chain.currentWindow()) + windows) * WINDOW_MS);
const by = (signer: Ed25519Keypair) => ({ client: chain.client, target: chain.target, signer });

function trySeal(operator: Ed25519Keypair) {
	const { objects, packageId } = chain;
	return simulate(chain.client, operator.toSuiAddress(), (transaction) => {
		const id = encodeSealIdentity({ network: objects.network, kind: 'minerCredentials', uid: minerUid, generation: 1, credVersion: 1 });
		const shared = [objects.network, objects.hparams, objects.peerRegistry, objects.validatorRegistry, calls.CLOCK_ID];
		transaction.moveCall({
			target: `${packageId}::seal_policy::seal_approve`,
			arguments: [transaction.pure.vector('u8', id), ...shared.map((object) => transaction.object(object))],
		});
	});
}

test('anybody brings what operators signed, and it decides as their own transactions do', async () => {
	const [first, second, third, fourth] = validators as [Validator, Validator, Validator, Validator];
	const signed = await say(first, undefined);
	const { attestation } = signed;
	for (const changed of [{ boundary: boundary - FREQUENCY }, { parentBoundary: 1n }, { hash: CHECKPOINT }, { mergeDigest: CHECKPOINT }, { validatorUid: 1 }])
		assert.equal(await tryRelay({ ...signed, attestation: { ...attestation, ...changed } }), 'signed_attestation::EBadSignature', Object.keys(changed)[0]);
	assert.equal(await tryRelay({ ...signed, signature: signed.signature.subarray(0, 96) }), 'signed_attestation::EBadSignatureForm');
	assert.equal(await tryRelay(await say(first, undefined, { signer: second.operator })), 'round_state::ENotOperator');
	assert.equal(await tryRelay(await say(first, undefined, { network: chain.objects.hparams })), 'signed_attestation::EBadSignature');
	assert.equal(await tryRelay(await say(first, CHECKPOINT)), 'checkpoints::ETooFewSelected');
	await assert.rejects(say(first, undefined, { signer: Secp256k1Keypair.generate() }), { code: 'BAD_ARGUMENT' });

	await bring((transaction) => relayAttestation(transaction, chain.target, signed));
	assert.equal(await tryRelay(signed), 'checkpoints::EAlreadyAttested');
	await chain.writerOf(second.operator).attestCheckpoint({ ...kept(), validatorUid: second.uid });
	const last = await say(third, undefined);
	await bring((transaction) => relayAttestation(transaction, chain.target, last));
	assert.deepEqual((await chain.reader.boundary(boundary))?.outcome, { kind: 'keep' });
	assert.equal(await tryRelay(await say(fourth, undefined)), 'checkpoints::EAlreadyAnchored');
});

test('what is no evidence takes nothing from anybody', async () => {
	const [first, second, , fourth] = validators as [Validator, Validator, Validator, Validator];
	const [one, other] = [await say(first, undefined), await say(first, CHECKPOINT)];
	const stranger = await chain.fundedSigner();
	assert.equal(await tryPair(one, one), 'slashing::ENoContradiction');
	assert.equal(await tryPair(one, { ...other, signature: one.signature }), 'signed_attestation::EBadSignature');
	assert.equal(await tryPair({ ...one, validatorGeneration: 2 }, other), 'signed_attestation::EBadSignature');
	assert.equal(await tryPair(one, await say(first, CHECKPOINT, { signer: stranger })), 'slashing::ENotOperator');
	assert.equal(await tryPair(one, await say(second, CHECKPOINT)), 'signed_attestation::EBadSignature', 'two validators, two opinions');
	const elsewhere = await Promise.all([undefined, CHECKPOINT].map((hash) => say(first, hash, { network: chain.objects.hparams })));
	assert.equal(await tryPair(elsewhere[0]!, elsewhere[1]!), 'signed_attestation::EBadSignature');
	const ahead = boundary + FREQUENCY;
	assert.equal(await tryPair(await say(first, undefined, { at: ahead }), await say(first, CHECKPOINT, { at: ahead })), 'slashing::EBoundaryAhead');
	assert.equal(await tryAgainstVote(one), 'slashing::ENoContradiction', 'what it voted for');
	assert.equal(await tryAgainstVote(await say(fourth, CHECKPOINT)), 'slashing::ENoVote');
	assert.equal(await tryAgainstVote(await say(fourth, CHECKPOINT, { at: ahead })), 'slashing::ENoVote');
	for (const { uid } of validators) assert.equal((await chain.reader.validator(uid))?.slashed, false);
});

test('two signatures cost half the stake, a tenth of which is the bounty, and every right', async () => {
	const [first, second] = validators as [Validator, Validator];
	const evidence = { one: await say(first, undefined), other: await say(first, CHECKPOINT) };
	assert.equal(await trySeal(first.operator), undefined);
	const poor = await balanceOf(hunter);
	const { gasUsedMist, events } = await bring((transaction) => proveEquivocation(transaction, chain.target, evidence, hunter.toSuiAddress()));
	const slashed = (stake * SLASH_BPS) / 10_000n;
	const bounty = (slashed * BOUNTY_BPS) / 10_000n;
	assert.equal(await balanceOf(hunter), poor + bounty - gasUsedMist);
	assert.deepEqual(
		events.map(({ eventType }) => eventType.split('::').at(-1)),
		['StakeSlashed', 'ValidatorSlashed', 'ValidatorStakeChanged', 'EquivocationProved'],
	);
	assert.deepEqual(events.at(-1)?.json, {
		network: chain.objects.network,
		validator_uid: first.uid,
		validator_generation: first.generation,
		boundary: String(boundary),
		slashed: String(slashed),
		bounty: String(bounty),
		reporter: hunter.toSuiAddress(),
	});
	// The rest went to the treasury, where the administration, and nobody else, spends it beside the fees.
	const fees = chain.parameters.values.registration_fee_mist * 5n;
	const treasury = fees + slashed - bounty;
	await assert.rejects(performAct(by(chain.admin), { kind: 'spendFees', amount: treasury + 1n }), { code: 'CHAIN_REJECTED' });
	await performAct(by(chain.admin), { kind: 'spendFees', amount: treasury });

	assert.equal(await tryPair(evidence.one, evidence.other), 'validator_registry::EAlreadySlashed');
	assert.equal(await tryAgainstVote(evidence.other), 'validator_registry::EAlreadySlashed');
	const after = await chain.reader.validator(first.uid);
	assert.deepEqual([after?.slashed, after?.stake], [true, stake - slashed]);
	assert.equal((await chain.reader.validator(second.uid))?.slashed, false);
	assert.equal(abortOf(await trySeal(first.operator)), 'ENotInStanding');
	assert.equal(await trySeal(second.operator), undefined);
	await nextBoundary();
	assert.equal(await tryRelay(await say(first, undefined)), 'checkpoints::ENotInStanding');
	await assert.rejects(
		chain.writerOf(first.operator).attestCheckpoint({ ...kept(), validatorUid: first.uid }),
		(error: unknown) => abortOf(error) === 'ENotInStanding',
	);
});

test('unbonding dodges nothing: who leaves at once is slashed until evidence is too old, and has nothing out before', async () => {
	const second = validators[1]!;
	await chain.writerOf(second.operator).attestCheckpoint({ ...kept(), validatorUid: second.uid });
	await performAct(by(second.owner), { kind: 'deactivate', role: 'validator', uid: second.uid });
	const left = await chain.currentWindow();
	const contradiction = await say(second, CHECKPOINT);
	const later = await say(second, CHECKPOINT, { at: boundary + FREQUENCY });
	const laterStill = await say(second, undefined, { at: boundary + FREQUENCY });
	const withdraw = () => performAct(by(second.owner), { kind: 'withdrawStake', role: 'validator', uid: second.uid, generation: second.generation });

	// A newcomer has taken its uid meanwhile.
	await windowsLater(12n);
	const successor = chain.writerOf(await chain.fundedSigner());
	assert.deepEqual((({ uid, generation }) => [uid, generation])(await successor.registerValidator({ stakeMist: stake, operator: successor.address })), [
		second.uid,
		second.generation + 1,
	]);
	assert.equal(await tryPair(later, laterStill), 'slashing::ENotOperator', 'it was no validator then');
	await chain.advanceTo((boundary + EVIDENCE_WINDOWS + 1n) * WINDOW_MS - 1_000n);
	await assert.rejects(withdraw(), (error: unknown) => abortOf(error) === 'ENothingReleased');
	await bring((transaction) => proveContradiction(transaction, chain.target, contradiction, hunter.toSuiAddress()));
	const { slashed, stake: theirs } = (await chain.reader.validator(second.uid))!;
	assert.deepEqual([slashed, theirs], [false, stake], 'its successor answers for nothing');

	await chain.advanceTo((left + 1n + UNBOND_DELAY_WINDOWS) * WINDOW_MS);
	const poor = await balanceOf(second.owner);
	const { gasMist } = await withdraw();
	assert.equal(await balanceOf(second.owner), poor + stake - (stake * SLASH_BPS) / 10_000n - gasMist);
});

test('an old key speaks for nobody after its term, but the validator answers for what it said before', async () => {
	const third = validators[2]!;
	const [before, contradiction] = [await say(third, undefined), await say(third, CHECKPOINT)];
	await nextBoundary();
	const successor = Ed25519Keypair.generate();
	const setOperator = (transaction: Transaction) => setValidatorOperator(transaction, chain.target, { uid: third.uid, operator: successor.toSuiAddress() });
	assert.equal(await attack(chain, { by: third.operator, build: setOperator }), 'validator_registry::ENotOwner');
	await execute({ client: chain.client, signer: third.owner, what: 'another operator', build: setOperator });
	assert.equal(await tryRelay(await say(third, undefined)), 'round_state::ENotOperator', 'an old key');
	assert.equal(await tryRelay(await say(third, undefined, { signer: successor })), 'round_state::ENotOperator', 'a boundary before its term');
	await nextBoundary();
	assert.equal(await tryPair(await say(third, undefined), await say(third, CHECKPOINT)), 'slashing::ENotOperator');
	const word = await say(third, undefined, { signer: successor });
	await bring((transaction) => relayAttestation(transaction, chain.target, word));
	assert.equal(await tryPair(before, contradiction), 'slashing::EEvidenceTooOld');
});
