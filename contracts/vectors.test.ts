import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '#core/bytes.ts';
import { mergeDigest, rowConsensus, selectGradients, selectionHash } from '#core/gradient/consensus.ts';

/** Move cannot read files, so its tests hold the vectors as text: here they are held to the files. */
const here = import.meta.dirname;
const vector = (name: string) => JSON.parse(readFileSync(join(here, '..', 'tests', 'vectors', name), 'utf8'));
const moveTest = (name: string) => readFileSync(join(here, 'tests', name), 'utf8');
const holds = (text: string, part: string, what: string) => assert.ok(text.includes(part), `${what} is not in the Move test: ${part}`);

test('the payload, its header and its integers', () => {
	const text = moveTest('score_payload_tests.move');
	const { payload, header, cborIntegers } = vector('payload.json');
	holds(text, `x"${payload}";`, 'the payload');
	for (const name of ['enclaveKey', 'checkpointHash', 'prevPayload', 'hparamsHash', 'commitmentsHash', 'rosterHash', 'randomness'])
		holds(text, `&x"${header[name]}"`, name);
	holds(text, `&x"${header.network.slice(2)}"`, 'network');
	for (const name of ['validatorUid', 'validatorGeneration', 'window', 'prevWindow', 'commitmentsCount', 'rosterCount'])
		holds(text, `, ${header[name]});`, name);
	for (const { value, cbor } of cborIntegers as { value: string; cbor: string }[]) {
		const integer = BigInt(value);
		if (integer >= 0n) holds(text, `assert_uint(${value}, x"${cbor}");`, 'an unsigned integer');
		if (BigInt.asIntN(32, integer) === integer) holds(text, `assert_score(x"${cbor}", 0x${BigInt.asUintN(32, integer).toString(16)});`, 'a score');
	}
});

test('offsets of the header and of the columns', () => {
	const text = readFileSync(join(here, 'sources', 'score_payload.move'), 'utf8');
	const { headerLength, headerOffsets } = vector('payload.json');
	holds(text, `const HEADER_LENGTH: u64 = ${headerLength};`, 'the length');
	const offsets = [...text.matchAll(/^const ([A-Z_]+)_AT: u64 = (\d+);/gm)].map(([, name, value]) => [name!.toLowerCase(), Number(value)] as const);
	assert.ok(offsets.length >= 16);
	const known = { ...headerOffsets, results_length: headerOffsets.results_len } as Record<string, number>;
	for (const [name, value] of offsets) assert.equal(value, known[name], name);
});

test('commitments, roster and enclave binding', () => {
	const { commitments, rosterHash, enclaveUserData } = vector('commitments.json');
	const fold = moveTest('gradient_registry_tests.move');
	for (const c of commitments as Record<string, string | number>[]) {
		holds(fold, `fold_for_testing(${c.uid}, ${c.generation}, x"${c.sha256}", ${c.size}, ${c.credVersion}, ${c.ms})`, 'a commitment');
		holds(fold, `x"${c.hashAfter}"`, 'a hash');
	}
	holds(moveTest('peer_registry_tests.move'), `x"${rosterHash}"`, 'the roster hash');
	const enclave = moveTest('enclave_registry_tests.move');
	for (const part of [`@${enclaveUserData.network}`, `@${enclaveUserData.owner}`, `x"${enclaveUserData.bcs}"`]) holds(enclave, part, 'the binding');
	holds(enclave, `            ${enclaveUserData.validatorUid},\n            ${enclaveUserData.validatorGeneration},`, 'the validator');
});

interface ConsensusCase {
	readonly name: string;
	readonly window: number;
	readonly commitmentsHash: string;
	readonly generations: readonly number[];
	readonly topG: number;
	readonly validators: readonly {
		readonly stake: string;
		readonly codes: readonly number[];
		readonly own: readonly number[];
		readonly random: readonly number[];
		readonly weight: readonly number[];
		readonly agreement: number;
		readonly agreedCodes: number;
	}[];
	readonly own: readonly number[];
	readonly random: readonly number[];
	readonly weight: readonly number[];
	readonly accepted: readonly boolean[];
	readonly selected: readonly number[];
	readonly selectionHash: string;
}

test('medians, acceptance, selection and its hash', () => {
	const text = moveTest('consensus_tests.move');
	const list = (values: readonly number[]) => `vector[${values.join(', ')}]`;
	const unsigned = (values: readonly number[]) => list(values.map((value) => value >>> 0));
	for (const it of vector('consensus.json').cases as ConsensusCase[]) {
		const columns = it.validators.map(({ stake, codes, own, random, weight }, uid) => ({
			uid,
			stake: BigInt(stake),
			rows: codes.map((code, row) => ({ code, score: own[row]!, random: random[row]!, weight: weight[row]! })),
		}));
		const rows = rowConsensus(columns, it.own.length);
		assert.deepEqual(
			rows,
			it.own.map((own, row) => ({ own, random: it.random[row], weight: it.weight[row], accepted: it.accepted[row] })),
			it.name,
		);
		const roster = it.generations.map((generation, uid) => ({ uid, generation }));
		const selected = selectGradients(roster, rows, it.topG);
		assert.deepEqual(
			selected.map(({ uid }) => uid),
			it.selected,
			it.name,
		);
		assert.equal(toHex(selectionHash(BigInt(it.window), fromHex(it.commitmentsHash), selected)), it.selectionHash, it.name);

		holds(text, `x"${it.selectionHash}"`, it.name);
		if (it.window !== 12) {
			holds(text, `selection_hash(${it.window}, commitments_hash, selected)`, it.name);
			holds(text, `let commitments_hash = x"${it.commitmentsHash}";`, it.name);
			continue;
		}
		for (const [uid, { codes, own, random, weight }] of it.validators.entries())
			holds(text, `w.settled(${uid}, 12, ${list(codes)}, ${unsigned(own)}, ${unsigned(random)}, ${list(weight)});`, it.name);
		holds(text, `w.settle_medians(12, 0, ${unsigned(it.own)}, ${unsigned(it.random)}, ${list(it.weight)});`, it.name);
		const mask = it.accepted.reduce((bits, accepted, row) => bits + (accepted ? 2 ** row : 0), 0);
		const sums = (key: 'agreement' | 'agreedCodes') => list(it.validators.map((validator) => validator[key]));
		holds(text, `assert_result(&w, ${mask}, ${sums('agreement')}, ${sums('agreedCodes')});`, it.name);
		holds(text, `assert_selected(&w, ${list(it.selected)}, x"${it.selectionHash}");`, it.name);
	}
});

test('the digest over a boundary’s selections', () => {
	for (const { hashes, digest } of vector('consensus.json').mergeDigests as { hashes: string[]; digest: string }[]) {
		assert.equal(toHex(mergeDigest(hashes.map((hash) => fromHex(hash)))), digest);
		if (hashes.length === 0) holds(moveTest('checkpoints_tests.move'), `x"${digest}"`, 'the digest of nothing');
	}
});

test('attestations that operators sign, and their signatures', () => {
	const text = moveTest('signed.move');
	const { operators, attestations } = vector('checkpoint-attestation.json');
	for (const [index, { address }] of operators.entries()) holds(text, `fun operator_${index}(): address { @${address} }`, 'an operator');
	holds(text, `x"${attestations[0].message}"`, 'the message');
	for (const { name, signature, mergeDigest } of attestations) {
		holds(text, `fun ${name.replace(',', '').replaceAll(' ', '_')}(): vector<u8> {\n    x"${signature}"\n}`, name);
		holds(text, `x"${mergeDigest}"`, 'the digest');
	}
});

test('completeness of validators, and how often emission has halved', () => {
	const { attendance, halvings } = vector('rewards.json');
	const text = moveTest('attendance_tests.move');
	for (const { name, notes, expected, submitted, completenessBps } of attendance) {
		const encoded = (notes as [number, number][]).map(([window, came]) => 2 * window + came).join(', ');
		holds(text, `    // ${name}\n    assert_attendance(vector[${encoded}], ${expected}, ${submitted}, ${completenessBps});`, name);
	}
	const pool = moveTest('reward_distributor_tests.move');
	for (const it of halvings as [string, string, number][]) holds(pool, `    assert_halvings(${it.join(', ')});`, 'halvings');
});
