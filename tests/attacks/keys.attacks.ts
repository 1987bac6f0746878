/** Thieves of keys: who wants an enclave's signature without the enclave, or miners' credentials without being let in. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, type TestContext, test } from 'node:test';
import { EncryptedObject, InvalidCiphertextError, NoAccessError, SealClient, SessionKey } from '@mysten/seal';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Encoder } from 'cbor-x';
import * as calls from '#clients/chain/calls.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { sealId, sealIdBytes } from '#clients/seal/encrypted-object.ts';
import { preparePolicyCall } from '#clients/seal/policy-call.ts';
import { fromHex } from '#core/bytes.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { issueCertificate } from '#devnet/nitro/certificate.ts';
import { createDevelopmentRoot, createDocumentMinter, signDocument } from '#devnet/nitro/mint.ts';
import { publishSealKeyServers } from '#devnet/publish/publish.ts';
import { createPolicyChain } from '#devnet/seal/chain.ts';
import { listenKeyServer } from '#devnet/seal/key-server.ts';
import { masterKeyFromBytes } from '#devnet/seal/master-key.ts';
import { measureProgram } from '#devnet/security-module/measure.ts';
import { startSecurityModule } from '#devnet/security-module/security-module.ts';
import { freePorts } from '#runtime/free-port.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';
import { attack, unchanged } from '#tests/attacks/attack.ts';
import { type AttackWorld, startAttackWorld, type ValidatorMember } from '#tests/attacks/world.ts';
import { enclaveKey } from '#tests/helpers/payload.ts';

const ENCLAVE = 'enclave/main.ts';
let world: AttackWorld;
let validator: ValidatorMember;
let other: ValidatorMember;

describe('attacks on keys', () => {
	before(async () => {
		const { pcr0, pcr1, pcr2 } = await measureProgram(ENCLAVE);
		world = await startAttackWorld({}, { miners: 1, validators: 0 }, { pcrs: [pcr0, pcr1, pcr2] });
		validator = await world.addValidator(await enclaveKey(0x50), { isAttested: false });
		other = await world.addValidator(await enclaveKey(0x51), { isAttested: false });
		await world.enter((await world.chain.currentWindow()) + 1n);
	});
	after(() => world?.chain.stop());

	const register = (attestationDocument: Uint8Array, by = validator, validatorUid = by.uid) =>
		attack(world.chain, {
			by: by.signer,
			build: (transaction) => calls.registerEnclave(transaction, world.chain.target, { validatorUid, attestationDocument }),
		});

	/** Starts the enclave of a checkout under the development security module, which measures it, and has its key attested for the validator. */
	async function documentOfEnclave(t: TestContext, checkout: string): Promise<Uint8Array> {
		const { chain } = world;
		const module = await startSecurityModule({
			root: chain.root,
			program: ENCLAVE,
			args: ['--port', '0'],
			now: () => chain.reader.clockMs(),
			output: 'pipe',
			checkout,
		});
		t.after(() => module.stop());
		const [line] = (await once(createInterface({ input: module.child.stdout! }), 'line')) as [string];
		const client = new EnclaveClient({ url: (JSON.parse(line) as { url: string }).url });
		const { uid, generation, writer } = validator;
		const binding = { network: chain.objects.network, validator_uid: uid, validator_generation: generation, owner: writer.address };
		return fromHex((await client.attestation(binding)).attestation_document);
	}

	test('an enclave with one changed file is measured as another, and its key is not registered', async (t) => {
		const copy = await mkdtemp(join(tmpdir(), 'vramhub-modified-'));
		t.after(() => rm(copy, { recursive: true, force: true }));
		const { files } = await measureProgram(ENCLAVE);
		for (const { path } of files) await cp(join(checkoutRoot, path), join(copy, path));
		await symlink(join(checkoutRoot, 'node_modules'), join(copy, 'node_modules'));
		await appendFile(join(copy, 'core/gradient/weight.ts'), '\n// and a little more for my friends\n');
		assert.equal(await register(await documentOfEnclave(t, copy)), 'enclave_registry::EUnknownMeasurement');
	});

	test('documents in debug mode, stale, early, of another validator, or without what they must say register nothing', async () => {
		const { chain } = world;
		const { max_attestation_age_ms: age } = chain.parameters.values;
		const fresh = await enclaveKey(0x60);
		const make = (changes: Parameters<AttackWorld['document']>[1] = {}) => world.document(validator, { publicKey: fresh.publicKey, ...changes });
		const zeros = [0, 1, 2].map(() => new Uint8Array(48));
		const { pcrs } = chain.parameters;
		const attempts: readonly (readonly [string, Uint8Array, string])[] = [
			['zeros, as in debug mode', await make({ pcrs: zeros }), 'attestation::EMissingRegister'],
			['register 0 of zeros', await make({ pcrs: [zeros[0]!, pcrs[1], pcrs[2]] }), 'attestation::EMissingRegister'],
			['registers exchanged', await make({ pcrs: [pcrs[1], pcrs[0], pcrs[2]] }), 'enclave_registry::EUnknownMeasurement'],
			['stale', await make({ ageMs: age + 5_000n }), 'enclave_registry::EDocumentTooOld'],
			['from the future', await make({ ageMs: -60_000n }), 'enclave_registry::EDocumentFromFuture'],
			['of another validator', await world.document(other), 'enclave_registry::EWrongBinding'],
			['of another generation', await make({ validatorGeneration: 2 }), 'enclave_registry::EWrongBinding'],
			['of another owner', await make({ owner: other.writer.address }), 'enclave_registry::EWrongBinding'],
			['of another network', await make({ network: `0x${'7'.repeat(64)}` }), 'enclave_registry::EWrongBinding'],
			['with a short key', await make({ publicKey: fresh.publicKey.subarray(1) }), 'enclave_registry::EBadPublicKey'],
		];
		for (const [what, document, name] of attempts) assert.equal(await register(document), name, what);
		const { uid, generation, writer } = validator;
		const userData = enclaveUserData({ network: chain.objects.network, validatorUid: uid, validatorGeneration: generation, owner: writer.address });
		const bare = { timestampMs: await chain.reader.clockMs(), pcrs: new Map(pcrs.entries()), publicKey: fresh.publicKey, userData, nonce: undefined };
		assert.equal(await register(chain.minter.mint({ ...bare, publicKey: undefined })), 'attestation::EMissingPublicKey');
		assert.equal(await register(chain.minter.mint({ ...bare, userData: undefined })), 'attestation::EMissingUserData');
		// Another operator with the true document, and the true operator with it twice.
		assert.equal(await register(await make(), other, uid), 'validator_registry::ENotOperator');
		const good = await make();
		assert.equal(await register(good), undefined);
		assert.equal(await register(good), 'enclave_registry::EKeyReused');
		const earlier = await world.document(validator, { publicKey: (await enclaveKey(0x61)).publicKey, ageMs: age - 60_000n });
		assert.equal(await register(earlier), 'enclave_registry::EDocumentNotLater');
		assert.equal(
			await register(await world.document(other, { publicKey: fresh.publicKey }), other),
			'enclave_registry::EKeyReused',
			'the key of another’s enclave',
		);
	});

	/** A document whose leaf is signed by the second of two authorities, with these certificates in its bundle. */
	async function documentWith(bundle: (root: Uint8Array, first: Uint8Array, second: Uint8Array) => readonly Uint8Array[]): Promise<Uint8Array> {
		const { chain } = world;
		const nowMs = await chain.reader.clockMs();
		const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-384' });
		const [first, second, leaf] = [keys(), keys(), keys()];
		const common = { serial: Uint8Array.of(1), notBefore: new Date(Number(nowMs) - 3_600_000), notAfter: new Date(Number(nowMs) + 3_600_000) };
		const issue = (issuer: string, by: typeof chain.root.privateKey, subject: string, publicKey: typeof first.publicKey, pathLength?: number) =>
			issueCertificate({
				...common,
				issuer: { commonName: issuer, privateKey: by },
				subject: { commonName: subject, publicKey },
				ca: pathLength === undefined ? undefined : { pathLength },
			});
		const certificates = [
			issue('vramhub.development.nitro-enclaves', chain.root.privateKey, 'first', first.publicKey, 1),
			issue('first', first.privateKey, 'second', second.publicKey, 0),
		] as const;
		const { uid, generation, writer } = validator;
		const fields = new Map<string, unknown>([
			['module_id', 'i-1'],
			['digest', 'SHA384'],
			['timestamp', nowMs],
			['pcrs', new Map(chain.parameters.pcrs.entries())],
			['certificate', issue('second', second.privateKey, 'leaf', leaf.publicKey)],
			['cabundle', bundle(chain.root.certificate, ...certificates)],
			['public_key', (await enclaveKey(0x62)).publicKey],
			['user_data', enclaveUserData({ network: chain.objects.network, validatorUid: uid, validatorGeneration: generation, owner: writer.address })],
		]);
		return signDocument(new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false }).encode(fields), leaf.privateKey);
	}

	test('a document under a truncated chain, or under a root of one’s own, is not verified', async () => {
		// VERIFY_ERROR of Sui's native, which has a number only.
		const refused = 'nitro_attestation::code 2';
		assert.equal(await register(await documentWith((root, _, second) => [root, second])), refused, 'without the first authority');
		assert.equal(await register(await documentWith((root, first) => [root, first])), refused, 'without the second');
		assert.equal(await register(await documentWith((root) => [root])), refused, 'the root alone');
		const own = createDocumentMinter(createDevelopmentRoot());
		const { uid, generation, writer } = validator;
		const userData = enclaveUserData({ network: world.chain.objects.network, validatorUid: uid, validatorGeneration: generation, owner: writer.address });
		const forged = own.mint({
			timestampMs: await world.chain.reader.clockMs(),
			pcrs: new Map(world.chain.parameters.pcrs.entries()),
			publicKey: (await enclaveKey(0x62)).publicKey,
			userData,
			nonce: undefined,
		});
		assert.equal(await register(forged), refused, 'a root of its own');
		assert.equal(await register(await documentWith((...all) => all)), undefined, 'the whole chain');
	});

	test('a rogue key server gives its share to anybody, and alone it opens nothing; not even with a lower threshold written into the ciphertext', async (t) => {
		const { chain } = world;
		const honest = createPolicyChain(chain.rpcUrl);
		// One of the three asks nobody.
		const rogue = { ...honest, simulate: async () => ({ kind: 'approved' as const }) };
		const ports = await freePorts(3);
		const keys = ports.map((_, i) => masterKeyFromBytes(new Uint8Array(32).fill(i + 1)));
		const descriptions = keys.map(({ publicKey }, i) => ({ name: `server-${i}`, url: `http://127.0.0.1:${ports[i]}`, publicKey }));
		const { objectIds } = await publishSealKeyServers({ client: chain.client, signer: chain.admin }, descriptions);
		const listen = (i: number, policy: typeof honest) => listenKeyServer({ key: keys[i]!, objectId: objectIds[i]!, chain: policy }, ports[i]!);
		const servers = await Promise.all([listen(0, rogue), listen(1, honest), listen(2, honest)]);
		t.after(() => Promise.all(servers.map((server) => server.close())));

		const serverConfigs = objectIds.map((objectId) => ({ objectId, weight: 1 }));
		const newClient = () => new SealClient({ suiClient: chain.client, serverConfigs, verifyKeyServers: false });
		const id = sealId({ network: chain.objects.network, kind: 'minerCredentials', uid: 0, generation: 1, credVersion: 1 });
		const secret = new TextEncoder().encode('read keys of a bucket');
		const { encryptedObject } = await newClient().encrypt({ threshold: 2, packageId: chain.packageId, id, data: secret, aad: sealIdBytes(id) });
		const open = async (signer: Ed25519Keypair, data: Uint8Array) => {
			const txBytes = await (await preparePolicyCall(chain.client, chain.packageId, chain.objects))([sealIdBytes(id)]);
			const sessionKey = await SessionKey.create({ address: signer.toSuiAddress(), packageId: chain.packageId, ttlMin: 10, signer, suiClient: chain.client });
			return newClient().decrypt({ data, sessionKey, txBytes });
		};
		const stranger = await chain.fundedSigner();
		await unchanged(chain, async () => {
			await assert.rejects(open(stranger, encryptedObject), NoAccessError, 'its share is not enough');
			const lowered = EncryptedObject.serialize({ ...EncryptedObject.parse(encryptedObject), threshold: 1 }).toBytes();
			await assert.rejects(open(stranger, lowered), InvalidCiphertextError, 'one share is not the key');
			assert.deepEqual(await open(validator.signer, encryptedObject), secret, 'a validator in standing reads');
		});
		// What two rogue ones could do, so that it is known what the threshold is worth.
		await servers[1].close();
		const second = await listen(1, rogue);
		t.after(() => second.close());
		assert.deepEqual(await open(stranger, encryptedObject), secret, 'as many rogue servers as the threshold read everything');
	});
});
