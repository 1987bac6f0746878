import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Boundary } from '#clients/chain/port.ts';
import { signAttestationOnce } from '#clients/chain/sign-attestation.ts';

const signer = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(7));
const of = { network: `0x${'a'.repeat(64)}`, validatorGeneration: 1 };
const attestation = { validatorUid: 3, boundary: 15n, parentBoundary: 0n, hash: new Uint8Array(32).fill(9), mergeDigest: new Uint8Array(32) };
const others = [
	{ ...attestation, hash: undefined },
	{ ...attestation, parentBoundary: 10n },
	{ ...attestation, mergeDigest: new Uint8Array(32).fill(1) },
];
const nothingRecorded = { boundary: async () => undefined };
const refused = (promise: Promise<unknown>, what: RegExp) => assert.rejects(promise, { code: 'BAD_ARGUMENT', message: what });

test('what a machine has signed of a boundary is all that it signs', async (t) => {
	const journal = await mkdtemp(join(tmpdir(), 'vramhub-attestations-'));
	t.after(() => rm(journal, { recursive: true }));
	const sign = (what: typeof attestation | (typeof others)[number], whose = of) =>
		signAttestationOnce({ signer, reader: nothingRecorded, journal }, what, whose);
	const { signature } = await sign(attestation);
	assert.deepEqual((await sign(attestation)).signature, signature, 'after a crash');
	for (const other of others) await refused(sign(other), /validator 3 signed something else of boundary 15/);
	await sign({ ...attestation, boundary: 20n });
	await sign({ ...attestation, validatorUid: 4 });
	await sign({ ...attestation, hash: undefined }, { ...of, validatorGeneration: 2 });
	assert.equal((await readdir(journal)).length, 4);

	// Of many at once, of whatever they say, one is signed.
	const race = await Promise.allSettled(others.map((other) => sign({ ...other, boundary: 25n })));
	assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('what the chain has recorded is not contradicted, on whatever machine', async (t) => {
	const journal = await mkdtemp(join(tmpdir(), 'vramhub-attestations-'));
	t.after(() => rm(journal, { recursive: true }));
	const { validatorUid, hash, mergeDigest, parentBoundary, boundary } = attestation;
	const recorded: Boundary = { boundary, parentBoundary, votes: [{ validatorUid, stake: 1n, hash, mergeDigest }], outcome: { kind: 'open' } };
	const reader = { boundary: async () => recorded };
	for (const other of others) await refused(signAttestationOnce({ signer, reader, journal }, other, of), /validator 3 voted for something else/);
	assert.deepEqual(await readdir(journal), []);
	await signAttestationOnce({ signer, reader, journal }, attestation, of);
	await signAttestationOnce({ signer, reader, journal }, { ...attestation, validatorUid: 4, hash: undefined }, of);
});
