import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sha256 } from '@noble/hashes/sha2.js';
import { type ExplainSources, explainMiner } from '#cli/commands/explain.ts';
import { explainedText } from '#cli/commands/explain-text.ts';
import type { ChainWriter } from '#clients/chain/port.ts';
import { readDistribution } from '#clients/chain/rewards.ts';
import { toHex } from '#core/bytes.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { decodePayload, type MinerRow } from '#core/gradient/payload.ts';
import { type MinerOutcome, nextRows } from '#core/gradient/state.ts';
import { windowStartMs } from '#core/window.ts';
import { stateFor } from '#tests/helpers/payload.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator, type TestValidator } from '#tests/helpers/validator.ts';

/** Miners 0 to 3: good, good at others' cost, never there, and one without an object. Two windows; the second is explained. */
const OUTCOMES: readonly MinerOutcome[] = [
	{ kind: 'scored', own: 5_000, random: 2_000 },
	{ kind: 'scored', own: 9_000, random: -400 },
	{ kind: 'absent' },
	{ kind: 'failed', code: MINER_CODE.missing },
];
let chain: TestChain;
let validators: TestValidator[];
let window: bigint;
const miners: ChainWriter[] = [];
const payloads = new Map<string, Uint8Array>();
/** By how much the second validator signs another row of miner 0 in the second window than it computed. */
const TAMPERED = 1;

const sources = (): ExplainSources => ({
	chain: chain.reader,
	distribution: (of) => readDistribution(chain.client, chain.objects, of),
	findPayload: async (_, digest) => payloads.get(toHex(digest)),
});

async function play(of: bigint, tamper: (row: MinerRow) => MinerRow): Promise<void> {
	const start = windowStartMs(of, chain.parameters.windowDurationMs);
	await chain.advanceTo(start + 1_000n);
	for (const [uid, miner] of miners.entries()) {
		if (OUTCOMES[uid]!.kind === 'absent') continue;
		await miner.commitGradient({ uid, window: of, sha256: sha256(Uint8Array.of(uid, Number(of % 251n))), size: 1_000n, credVersion: 1 });
	}
	await chain.advanceTo(start + chain.parameters.values.put_window_open_ms);
	await validators[0]!.writer.sealWindow(of);
	for (const [index, validator] of validators.entries()) {
		const last = await chain.reader.payloadChain(validator.uid);
		const previous = last === undefined ? [] : decodePayload(last.lastPayload).miners;
		const rows = nextRows(
			OUTCOMES.map((outcome, uid) => ({ uid, generation: 1, outcome })),
			previous,
			chain.parameters.values,
		);
		await validator.submit(of, ({ uid }) => (index === 1 ? tamper(rows[uid]!) : rows[uid]!));
		const { lastDigest, lastPayload } = (await chain.reader.payloadChain(validator.uid))!;
		payloads.set(toHex(lastDigest), lastPayload);
		const { header, miners: signed } = decodePayload(lastPayload);
		const record = (await chain.reader.windowRecord(of))!;
		payloads.set(toHex(header.stateAfter), stateFor({ network: chain.objects.network, record, miners: signed }));
	}
	const { medians, selected } = await consensusOf(chain, of);
	await validators[0]!.writer.settleMedians({ window: of, fromRow: 0, medians });
	await validators[0]!.writer.finalizeWindow({ window: of, selectedUids: selected.map(({ uid }) => uid) });
}

before(async () => {
	chain = await startTestChain({ windowSeconds: 600, hparams: { min_consensus_validators: 2n } });
	validators = [await registerTestValidator(chain, 31), await registerTestValidator(chain, 32)];
	for (const uid of OUTCOMES.keys()) {
		const writer = chain.writerOf(await chain.fundedSigner());
		await writer.registerMiner({ stakeMist: chain.parameters.values.min_miner_stake_mist, operator: writer.address });
		await writer.setCredentials({ uid, credVersion: 1, ciphertext: new Uint8Array(200).fill(uid) });
		miners.push(writer);
	}
	window = (await chain.currentWindow()) + 2n;
	await play(window - 1n, (row) => row);
	await play(window, (row) => (row.uid === 0 ? { ...row, weight: row.weight - TAMPERED, proofOfWork: row.proofOfWork + TAMPERED } : row));
});
after(() => chain.stop());

test('the whole way from losses to reward, recomputed and equal to what was signed', async () => {
	const explained = await explainMiner(sources(), { minerUid: 0, window, validatorUid: 0 });
	const [validator] = explained.validators;
	assert.equal(explained.validators.length, 1);
	const { derivation } = validator!;
	assert.deepEqual(derivation?.ranking, { key: 5_000, rank: 1, ranked: 3, tied: 1 });
	assert.deepEqual([derivation.recomputed?.differing, derivation.recomputed?.differingRows, derivation.stateHolds], [[], [], true]);
	assert.ok(derivation.recomputed!.before.mu > explained.values.rating_mu_nano && derivation.signed.mu > derivation.recomputed!.before.mu);
	assert.deepEqual([validator!.chainDiffers, explained.chainMedians?.weight], [[], explained.medians?.row.weight]);
	assert.equal(explained.medians?.row.weight, derivation.signed.weight - TAMPERED, 'the lower of the two');

	const text = explainedText(explained);
	for (const part of [
		/code 0 \(scored\)/,
		/overlap with earlier gradients: none/,
		/own batch improved by 5000, random batch by 2000 micro-nats; own − random = 3000/,
		/ranking key: 5000 \(own, for random > 0\)/,
		/rank: 1 of 3 who committed\n/,
		/rating: μ 2\d\.\d+, σ \d\.\d+ \(from the previous payload\) → μ \d+\.\d+, .*rating_beta_nano/,
		/ordinal: μ − 3σ = /,
		/proof of work: 0\.050000 → 0\.097500 \(1\.000000 of the usual own − random, which is 3000; 1 at most, α 0\.050000 \(proof_of_work_alpha_ppm\)\)/,
		/\(proof of work\)\^1 above 0\.000000 \(ordinal_floor_nano, proof_of_work_exponent, proof_of_work_floor_ppm\), a part 0\.845\d+ of all = 55400 of 65535/,
		/every row is what was signed/,
		/median by stake over 2 validators .* accepted by more than half/,
		/the medians on the chain are the same/,
		/share of the miners' part: 55399 of 65533 \(84\.54 %\)/,
	]) {
		assert.match(text, part);
	}
	assert.doesNotMatch(text, /DIFFER|unavailable/);
});

test('what was signed otherwise than it is computed is said, column by column', async () => {
	const text = explainedText(await explainMiner(sources(), { minerUid: 0, window, validatorUid: 1 }));
	assert.match(text, /RECOMPUTING DIFFERS: proofOfWork comes out as 97500, signed is 97501/);
	assert.match(text, /RECOMPUTING DIFFERS: weight comes out as 55400, signed is 55399/);
	assert.match(explainedText(await explainMiner(sources(), { minerUid: 1, window, validatorUid: 1 })), /RECOMPUTING DIFFERS in the rows of the miners 0\n/);
});

test('each consequence is named: harm to others, absence, no object', async () => {
	const textOf = async (minerUid: number) => explainedText(await explainMiner(sources(), { minerUid, window, validatorUid: 0 }));
	assert.match(await textOf(1), /ranking key: -400 \(min\(own, random\), for random ≤ 0\)/);
	const absent = await textOf(2);
	assert.match(absent, /code 16 \(not_committed\)/);
	assert.match(absent, /absent: μ, where positive, times 0\.990000 \(gauntlet_gamma_ppm\)/);
	assert.doesNotMatch(absent, /rank:/);
	const missing = await textOf(3);
	assert.match(missing, /code 64 \(missing\): this validator found no object/);
	assert.match(missing, /rank: 3 of 3/);
	assert.match(missing, /sign -1/);
	assert.match(missing, /windows without a score in a row: 2/);
});

test('what is not at hand is said: the payload before, and a window whose payload was replaced', async () => {
	const alone: ExplainSources = { ...sources(), findPayload: async () => undefined };
	const last = await explainMiner(alone, { minerUid: 0, window, validatorUid: 0 });
	assert.equal(last.validators[0]!.derivation?.recomputed, undefined);
	assert.match(explainedText(last), /before: unavailable \(the chain keeps a validator's last payload only/);
	assert.match(explainedText(last), /overlap with earlier gradients: unavailable/);
	const earlier = explainedText(await explainMiner(alone, { minerUid: 0, window: window - 1n }));
	assert.match(earlier, /its payload is unavailable/);
	assert.match(earlier, /the chain has of it: code 0 \(scored\).*own 5000, random 2000, weight/);
	// Bytes that are not those which were signed are none.
	const lying: ExplainSources = { ...sources(), findPayload: async () => new Uint8Array(100) };
	assert.match(explainedText(await explainMiner(lying, { minerUid: 0, window })), /before: unavailable/);
	const first = await explainMiner(sources(), { minerUid: 0, window: window - 1n, validatorUid: 0 });
	assert.deepEqual([first.validators[0]!.previous.kind, first.validators[0]!.derivation?.recomputed?.before.isNew], ['none', true]);
	assert.deepEqual(first.validators[0]!.derivation?.recomputed?.differingRows, []);
});

test('what cannot be explained is an error with a code', async () => {
	const of = (minerUid: number, at: bigint, validatorUid?: number) =>
		explainMiner(sources(), { minerUid, window: at, ...(validatorUid !== undefined && { validatorUid }) });
	await assert.rejects(of(9, window), { code: 'CHAIN_OBJECT_MISSING' });
	await assert.rejects(of(0, window, 7), { code: 'CHAIN_OBJECT_MISSING' });
	await assert.rejects(of(0, window + 5n), { code: 'WINDOW_NOT_OPEN' });
	await assert.rejects(of(0, window - 2n), { code: 'CHAIN_OBJECT_MISSING' });
});
