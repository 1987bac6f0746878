import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { sha256 } from '@noble/hashes/sha2.js';
import { signAttestation } from '#clients/chain/sign-attestation.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { encodeCheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import { decodeHeader, encodeHeader, HEADER_LENGTH, HEADER_OFFSETS, RESULT_BYTES_PER_MINER, RESULT_COLUMNS } from '#core/gradient/header.ts';
import { enclaveUserData, foldCommitments, RosterBcs, rosterHash } from '#core/gradient/records.ts';
import { ownBatch, ownBatchSeed, ownDataDigest, randomBatch, randomBatchSeed, randomDataDigest } from '#core/gradient/sampling.ts';
import { decodeSealIdentity, encodeSealIdentity } from '#core/seal-identity.ts';

const folder = join(import.meta.dirname, 'vectors');
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

test('the vectors are what the independent generators write', () => {
	for (const script of ['make_vectors.py', 'make_checkpoint_attestation.py']) execFileSync('python3', [join(folder, script), '--check']);
});

test('Seal identities', () => {
	for (const { network, uid, generation, credVersion, identity } of read('seal-identity.json').cases) {
		const decoded = { network, kind: 'minerCredentials' as const, uid, generation, credVersion };
		assert.equal(toHex(encodeSealIdentity(decoded)), identity);
		assert.deepEqual(decodeSealIdentity(fromHex(identity)), decoded);
	}
});

test('commitments, roster and enclave binding', () => {
	const vectors = read('commitments.json');
	const commitments = vectors.commitments.map((c: { sha256: string; size: number; ms: number }) => ({
		...c,
		sha256: fromHex(c.sha256),
		size: BigInt(c.size),
		ms: BigInt(c.ms),
	}));
	assert.equal(toHex(foldCommitments([])), vectors.empty);
	for (let n = 1; n <= commitments.length; n++) assert.equal(toHex(foldCommitments(commitments.slice(0, n))), vectors.commitments[n - 1].hashAfter);
	assert.equal(toHex(RosterBcs.serialize(vectors.roster).toBytes()), vectors.rosterBcs);
	assert.equal(toHex(rosterHash(vectors.roster)), vectors.rosterHash);
	assert.equal(toHex(enclaveUserData(vectors.enclaveUserData)), vectors.enclaveUserData.bcs);
});

test('batches and their digests', () => {
	const { own, random } = read('sampling.json');
	for (const { uid, window, seed, count, population, indices } of own) {
		assert.equal(toHex(ownBatchSeed(uid, BigInt(window))), seed);
		assert.deepEqual(ownBatch(uid, BigInt(window), count, population), indices);
	}
	const seed = randomBatchSeed(random.network, BigInt(random.window), fromHex(random.randomness));
	assert.equal(toHex(seed), random.seed);
	assert.deepEqual(randomBatch(seed, 16, 9000, [own[0].indices, own[1].indices]), random.indices);
	assert.equal(toHex(ownDataDigest(own.slice(0, 2))), random.ownDataDigest);
	assert.equal(toHex(randomDataDigest(random.indices)), random.randomDataDigest);
});

test('the payload header', () => {
	const { headerLength, headerOffsets, header } = read('payload.json');
	assert.equal(HEADER_LENGTH, headerLength);
	assert.deepEqual(HEADER_OFFSETS, headerOffsets);
	const decoded = decodeHeader(fromHex(header.bytes));
	assert.equal(decoded.medianNorm, header.medianNorm);
	assert.equal(toHex(decoded.runtimeHash), header.runtimeHash);
	assert.equal(toHex(encodeHeader(decoded)), header.bytes);
	assert.equal(
		RESULT_COLUMNS.reduce((sum, [, size]) => sum + size, 0),
		RESULT_BYTES_PER_MINER,
	);
});

test('attestations that operators sign off chain, and what a Sui wallet makes of them', async () => {
	const { operators, attestations } = read('checkpoint-attestation.json');
	const keys = (operators as { seed: string }[]).map(({ seed }) => Ed25519Keypair.fromSecretKey(sha256(new TextEncoder().encode(seed))));
	assert.deepEqual(
		keys.map((key) => key.toSuiAddress()),
		operators.map(({ address }: { address: string }) => address),
	);
	for (const it of attestations) {
		const attestation = {
			validatorUid: it.validatorUid,
			boundary: BigInt(it.boundary),
			parentBoundary: BigInt(it.parentBoundary),
			hash: it.hash === '' ? undefined : fromHex(it.hash),
			mergeDigest: fromHex(it.mergeDigest),
		};
		assert.equal(toHex(encodeCheckpointAttestation(attestation, it)), it.message, it.name);
		const { signature } = await signAttestation(keys[it.operator]!, attestation, it);
		assert.equal(toHex(signature), it.signature, it.name);
	}
});
