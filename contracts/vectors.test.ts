import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

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
