import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '#core/bytes.ts';
import { encodeCanonical } from '#core/cbor.ts';
import { FLAG_SKETCHES_LOST, FLAG_STATE_RESET, HEADER_LENGTH, type PayloadHeader } from '#core/gradient/header.ts';
import { decodePayload, encodePayload, type MinerRow, type Payload, payloadDigest } from '#core/gradient/payload.ts';

const vectors = JSON.parse(
	// u64 in the vectors go beyond what JSON numbers hold.
	readFileSync(join(import.meta.dirname, '../../tests/vectors/payload.json'), 'utf8').replace(/("(?:mu|sigma)": )(-?\d+)/g, '$1"$2"'),
);
const miners: MinerRow[] = vectors.miners.map((miner: Record<string, unknown>) => ({
	...miner,
	mu: BigInt(miner.mu as string),
	sigma: BigInt(miner.sigma as string),
}));
const bytes = fromHex(vectors.payload);

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const i64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const row = fc.record({
	uid: fc.integer({ min: 0, max: 1023 }),
	generation: u32,
	code: fc.constantFrom(0, 0, 0, 1, 16, 64),
	score: i32,
	random: i32,
	proofOfWork: i32,
	mu: i64,
	sigma: u64,
	weight: fc.integer({ min: 0, max: 65535 }),
	missed: fc.integer({ min: 0, max: 255 }),
});
const payload: fc.Arbitrary<Payload> = fc
	.tuple(fc.uniqueArray(row, { selector: ({ uid }) => uid, maxLength: 40 }), u64, u64, digest, digest, fc.double({ noNaN: true }), i64, u32)
	.map(([rows, window, prevWindow, a, b, medianNorm, baselineLoss, validatorGeneration]) => {
		const sorted = rows.sort((x, y) => x.uid - y.uid).map((r) => ({ ...r, score: r.code === 0 ? r.score : null }));
		const header: PayloadHeader = {
			network: `0x${toHex(a)}`,
			validatorUid: 7,
			validatorGeneration,
			enclaveKey: b,
			window,
			checkpointHash: a,
			prevPayload: b,
			prevWindow,
			hparamsHash: a,
			commitmentsHash: b,
			commitmentsCount: 3,
			rosterHash: a,
			rosterCount: sorted.length,
			randomness: b,
			ownDataDigest: a,
			randomDataDigest: b,
			medianNorm,
			baselineLoss,
			stateAfter: a,
			runtimeHash: b,
			cpuClass: 2,
			flags: 0,
			resultsLength: sorted.length * 34,
		};
		return { header, miners: sorted };
	});

test('the vector decodes to its rows and encodes back', () => {
	const decoded = decodePayload(bytes);
	assert.deepEqual(decoded.miners, miners);
	assert.equal(decoded.header.window, BigInt(vectors.header.window));
	assert.equal(toHex(encodePayload(decoded)), vectors.payload);
	assert.equal(toHex(payloadDigest(bytes)), vectors.payloadSha256);
	assert.equal(toHex(bytes.subarray(-HEADER_LENGTH)), vectors.header.bytes);
});

test('what is encoded decodes to the same', () => {
	fc.assert(
		fc.property(payload, (value) => {
			assert.deepEqual(decodePayload(encodePayload(value)), value);
		}),
		{ seed: 1, numRuns: 300 },
	);
});

test('a payload of 256 miners stays below a pure argument', () => {
	const { header } = decodePayload(bytes);
	const rows = Array.from({ length: 256 }, (_, row) => ({ ...miners[1]!, uid: 768 + row, score: -0x8000_0000 }));
	const encoded = encodePayload({ header: { ...header, rosterCount: 256 }, miners: rows });
	assert.deepEqual(decodePayload(encoded).miners, rows);
	assert.ok(encoded.length < 11_500, `${encoded.length} bytes`);
	const beyond = rows.with(255, { ...rows[255]!, uid: 1024 });
	assert.throws(() => encodePayload({ header: { ...header, rosterCount: 256 }, miners: beyond }), { code: 'BAD_ARGUMENT' });
});

test('every changed byte is refused or means something else; every truncation is refused', () => {
	const original = decodePayload(bytes);
	for (let i = 0; i < bytes.length; i++) {
		for (const flip of [1, 0x80, 0xff]) {
			const changed = Uint8Array.from(bytes);
			changed[i]! ^= flip;
			let decoded: Payload;
			try {
				decoded = decodePayload(changed);
			} catch (error) {
				assert.equal((error as { code: string }).code, 'PAYLOAD_MALFORMED');
				continue;
			}
			assert.notDeepEqual(decoded, original, `byte ${i}`);
		}
	}
	for (let length = 0; length < bytes.length; length++) assert.throws(() => decodePayload(bytes.subarray(0, length)), { code: 'PAYLOAD_MALFORMED' });
	assert.throws(() => decodePayload(new Uint8Array([...bytes, 0])), { code: 'PAYLOAD_MALFORMED' });
});

test('of the flags, a reset or lost sketches, never both', () => {
	const { header } = decodePayload(bytes);
	const encoded = (flags: number) => encodePayload({ header: { ...header, flags }, miners });
	for (const flags of [0, FLAG_STATE_RESET, FLAG_SKETCHES_LOST]) assert.equal(decodePayload(encoded(flags)).header.flags, flags);
	for (const flags of [FLAG_STATE_RESET | FLAG_SKETCHES_LOST, 4, 0x80]) assert.throws(() => decodePayload(encoded(flags)), { code: 'PAYLOAD_MALFORMED' });
});

test('refuses scores that are not those of the rows with code 0', () => {
	const { header } = decodePayload(bytes);
	const tail = [fromHex(vectors.results), bytes.slice(-HEADER_LENGTH)];
	const scores = new Map(miners.filter(({ score }) => score !== null).map(({ uid, score }) => [uid, score!]));
	const build = (map: Map<number, number>, window = header.window) => encodeCanonical([window, header.checkpointHash, map, tail]);
	assert.deepEqual(build(scores), bytes);
	for (const [uid, score] of [
		[24, 1],
		[1, 1],
		[0, 2 ** 31],
	] as const) {
		assert.throws(() => decodePayload(build(new Map([...scores, [uid, score]]))), { code: 'PAYLOAD_MALFORMED' });
	}
	assert.throws(() => decodePayload(build(new Map([...scores].slice(1)))), { code: 'PAYLOAD_MALFORMED' });
	assert.throws(() => decodePayload(build(scores, header.window + 1n)), { code: 'PAYLOAD_MALFORMED' });
	assert.throws(() => encodePayload({ header, miners: [...miners].reverse() }), { code: 'BAD_ARGUMENT' });
	assert.throws(() => encodePayload({ header, miners: miners.slice(1) }), { code: 'BAD_ARGUMENT' });
	assert.throws(() => encodePayload({ header, miners: miners.with(0, { ...miners[0]!, score: null }) }), { code: 'BAD_ARGUMENT' });
});
