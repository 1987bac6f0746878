import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SealClient, SessionKey } from '@mysten/seal';
import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { createCredentialsDecryptor } from '#clients/seal/decrypt-credentials.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { toHex } from '#core/bytes.ts';
import { decodeSealIdentity } from '#core/seal-identity.ts';
import type { PolicyChain, PolicyOutcome } from './chain.ts';
import { listenKeyServer, type RunningKeyServer } from './key-server.ts';
import { type MasterKey, masterKeyFromBytes } from './master-key.ts';

const id = (digit: string) => `0x${digit.repeat(64)}`;
const packageId = `0x${'ab'.repeat(32)}`;
const objects = { network: id('4'), hparams: id('5'), peerRegistry: id('6'), validatorRegistry: id('7') };
const signer = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(3));
const credentials = { endpoint: 'http://127.0.0.1:8333', bucket: 'miners', accessKeyId: 'READ', secretAccessKey: 'not for everybody', prefix: '7/' };

const KeyServer = bcs.struct('KeyServer', { id: bcs.Address, first_version: bcs.u64(), last_version: bcs.u64() });
const KeyServerV2 = bcs.struct('KeyServerV2', {
	name: bcs.string(),
	key_type: bcs.u8(),
	pk: bcs.byteVector(),
	server_type: bcs.enum('ServerType', { Independent: bcs.struct('Independent', { url: bcs.string() }) }),
});

interface RegisteredServer {
	readonly objectId: string;
	readonly key: MasterKey;
	url: string;
}

/** The reads that the clients make, answered from memory: only what is on chain is made up here, the cryptography and HTTP are real. */
function chainWith(servers: readonly RegisteredServer[]): ClientWithCoreApi {
	const object = (objectId: string) => {
		const server = servers.find((candidate) => candidate.objectId === objectId);
		const content = server && KeyServer.serialize({ id: objectId, first_version: 2, last_version: 2 }).toBytes();
		return { objectId, version: '1', content, owner: { $kind: 'Shared', Shared: { initialSharedVersion: '1' } } };
	};
	const core = {
		getObject: async ({ objectId }: { objectId: string }) => ({ object: object(objectId) }),
		getObjects: async ({ objectIds }: { objectIds: string[] }) => ({ objects: objectIds.map(object) }),
		getDynamicField: async ({ parentId }: { parentId: string }) => {
			const { key, url } = servers.find(({ objectId }) => objectId === parentId)!;
			const value = KeyServerV2.serialize({ name: 'server', key_type: 0, pk: key.publicKey, server_type: { Independent: { url } } });
			return { dynamicField: { value: { bcs: value.toBytes() } } };
		},
	};
	return { core } as unknown as ClientWithCoreApi;
}

interface Network {
	readonly suiClient: ClientWithCoreApi;
	readonly servers: readonly (RegisteredServer & { running: RunningKeyServer })[];
	readonly settings: { packageId: string; keyServers: string[]; threshold: number };
	/** Identities of each simulation, over all servers. */
	readonly asked: string[][];
	/** Uids that the policy refuses. */
	readonly refused: Set<number>;
	outcome: PolicyOutcome | undefined;
}

async function startNetwork(t: TestContext): Promise<Network> {
	const asked: string[][] = [];
	const refused = new Set<number>();
	const network = { outcome: undefined as PolicyOutcome | undefined };
	const chain: PolicyChain = {
		firstVersionOf: async (asked) => (asked === packageId ? packageId : undefined),
		simulate: async ({ ids, transaction }, sender) => {
			asked.push(ids.map(toHex));
			if (network.outcome !== undefined) return network.outcome;
			const call = transaction.commands[0]?.MoveCall;
			assert.equal(`${call?.module}::${call?.function}`, 'seal_policy::seal_approve');
			assert.equal(call?.arguments.length, 6);
			assert.equal(sender, signer.toSuiAddress());
			const no = ids.some((bytes) => refused.has(decodeSealIdentity(bytes).uid));
			return no ? { kind: 'denied', message: 'abort in seal_policy' } : { kind: 'approved' };
		},
	};
	const servers = await Promise.all(
		['1', '2', '3'].map(async (digit) => {
			const key = masterKeyFromBytes(new Uint8Array(32).fill(Number(digit)));
			const objectId = id(digit);
			const running = await listenKeyServer({ key, objectId, chain }, 0);
			return { objectId, key, url: running.url, running };
		}),
	);
	t.after(() => Promise.all(servers.map(({ running }) => running.close())));
	const settings = { packageId, keyServers: servers.map(({ objectId }) => objectId), threshold: 2 };
	return Object.assign(network, { suiClient: chainWith(servers), servers, settings, asked, refused });
}

const register = ({ suiClient, settings }: Network, uid = 7, credVersion = 1) =>
	encryptCredentials({ suiClient, ...settings, network: objects.network, uid, generation: 2, credVersion, credentials: { ...credentials, prefix: `${uid}/` } });
const decryptorOf = ({ suiClient, settings }: Network) => createCredentialsDecryptor({ suiClient, ...settings, objects, signer });
const registered = (ciphertext: Uint8Array, uid = 7, credVersion = 1) => ({ uid, generation: 2, credVersion, ciphertext });

test('credentials go from a miner to a validator through two of three key servers', async (t) => {
	const network = await startNetwork(t);
	const ciphertext = await register(network);
	assert.ok(!Buffer.from(ciphertext).includes('not for everybody'));
	const decryptor = decryptorOf(network);
	assert.deepEqual(await decryptor.decrypt(registered(ciphertext)), credentials);
	const { length } = network.asked;
	assert.deepEqual(await decryptor.decrypt(registered(ciphertext)), credentials);
	assert.equal(network.asked.length, length, 'the keys of a version are asked for once');
});

test('several miners are asked for together, and one refusal does not take the others with it', async (t) => {
	const network = await startNetwork(t);
	const uids = [7, 8, 9, 10];
	const ciphertexts = await Promise.all(uids.map((uid) => register(network, uid)));
	network.refused.add(9);
	const decryptor = decryptorOf(network);
	const results = await Promise.allSettled(ciphertexts.map((ciphertext, i) => decryptor.decrypt(registered(ciphertext, uids[i]))));
	assert.deepEqual(
		results.map((result) => (result.status === 'fulfilled' ? result.value.prefix : (result.reason as { code: string }).code)),
		['7/', '8/', 'SEAL_NO_ACCESS', '10/'],
	);
	assert.equal(network.asked[0]?.length, 4);
});

test('a ciphertext is good for its identity alone', async (t) => {
	const network = await startNetwork(t);
	const ciphertext = await register(network);
	const decryptor = decryptorOf(network);
	await assert.rejects(decryptor.decrypt(registered(ciphertext, 8)), { code: 'SEAL_BAD_CIPHERTEXT' });
	await assert.rejects(decryptor.decrypt(registered(ciphertext, 7, 2)), { code: 'SEAL_BAD_CIPHERTEXT' });
	await assert.rejects(decryptor.decrypt(registered(ciphertext.subarray(1))), { code: 'SEAL_BAD_CIPHERTEXT' });
	await assert.rejects(decryptor.decrypt(registered(Uint8Array.of(...ciphertext, 0))), { code: 'SEAL_BAD_CIPHERTEXT' });
	assert.equal(network.asked.length, 0, 'no key is asked for');
	// Damage that only shows when the shares are opened: the last byte of the sealed text, before the 44 bytes of identity.
	const damaged = ciphertext.slice();
	damaged[damaged.length - 47]! ^= 1;
	await assert.rejects(decryptor.decrypt(registered(damaged)), { code: 'SEAL_BAD_CIPHERTEXT' });
	assert.deepEqual(await decryptor.decrypt(registered(ciphertext)), credentials);
});

test('one server may be down, two may not', async (t) => {
	const network = await startNetwork(t);
	const ciphertext = await register(network);
	await network.servers[0]!.running.close();
	assert.deepEqual(await decryptorOf(network).decrypt(registered(ciphertext)), credentials);
	await assert.rejects(register(network), { code: 'SEAL_UNAVAILABLE' });
	await network.servers[1]!.running.close();
	await assert.rejects(decryptorOf(network).decrypt(registered(ciphertext)), { code: 'SEAL_UNAVAILABLE' });
});

test('a server that cannot prove its key is not trusted', async (t) => {
	const network = await startNetwork(t);
	const [first, second] = network.servers;
	// Registered under the URL of another: it answers, with another key.
	first!.url = second!.url;
	await assert.rejects(register(network), { code: 'SEAL_UNAVAILABLE' });
});

async function sealRequest({ suiClient, servers }: Network, change: (body: Record<string, never>) => void = () => {}, transaction?: Transaction, ttlMin = 10) {
	let body: Record<string, never> | undefined;
	let headers: RequestInit['headers'];
	const capture: typeof fetch = async (_, init) => {
		body = JSON.parse(String(init?.body)) as Record<string, never>;
		headers = init?.headers;
		return new Response('{}', { status: 500 });
	};
	const client = new SealClient({ suiClient, serverConfigs: [{ objectId: servers[0]!.objectId, weight: 1 }], fetch: capture });
	const sessionKey = await SessionKey.create({ address: signer.toSuiAddress(), packageId, ttlMin, signer, suiClient });
	const asked = transaction ?? policyTransaction();
	await client.fetchKeys({ ids: ['01'], txBytes: await asked.build({ onlyTransactionKind: true }), sessionKey, threshold: 1 }).catch(() => {});
	change(body!);
	const response = await fetch(`${servers[0]!.url}/v1/fetch_key`, { method: 'POST', headers: headers!, body: JSON.stringify(body) });
	assert.equal(response.headers.get('X-KeyServer-Version'), '0.6.10');
	const answer = (await response.json()) as { error?: string };
	return `${response.status} ${answer.error ?? 'keys'}`;
}

function policyTransaction(target = `${packageId}::seal_policy::seal_approve`): Transaction {
	const transaction = new Transaction();
	transaction.moveCall({ target, arguments: [transaction.pure.vector('u8', [1])] });
	return transaction;
}

test('a key server refuses in the words of the protocol', async (t) => {
	const network = await startNetwork(t);
	network.outcome = { kind: 'approved' };
	const set = (part: Record<string, unknown>) => (body: Record<string, never>) => void Object.assign(body, part);
	const certificate = (part: Record<string, unknown>) => (body: Record<string, never>) => void Object.assign(body.certificate ?? {}, part);
	assert.equal(await sealRequest(network), '200 keys');

	assert.equal(await sealRequest(network, undefined, policyTransaction(`${packageId}::seal_policy::approve`)), '403 InvalidPTB');
	assert.equal(await sealRequest(network, undefined, policyTransaction(`${id('9')}::seal_policy::seal_approve`)), '403 InvalidPackage');
	const mixed = policyTransaction();
	mixed.moveCall({ target: `${id('9')}::seal_policy::seal_approve`, arguments: [mixed.pure.vector('u8', [1])] });
	assert.equal(await sealRequest(network, undefined, mixed), '403 InvalidPTB');
	const withGas = policyTransaction();
	withGas.moveCall({ target: `${packageId}::seal_policy::seal_approve`, arguments: [withGas.pure.vector('u8', [1]), withGas.gas] });
	assert.equal(await sealRequest(network, undefined, withGas), '403 InvalidPTB');
	const splitting = policyTransaction();
	splitting.splitCoins(splitting.gas, [1]);
	assert.equal(await sealRequest(network, undefined, splitting), '403 InvalidPTB');
	const many = policyTransaction();
	for (let i = 0; i < 100; i++) many.moveCall({ target: `${packageId}::seal_policy::seal_approve`, arguments: [many.pure.vector('u8', [1])] });
	assert.equal(await sealRequest(network, undefined, many), '403 InvalidPTB');

	const longer = (body: Record<string, never>) => set({ ptb: Buffer.concat([Buffer.from(body.ptb ?? '', 'base64'), Buffer.of(0)]).toString('base64') })(body);
	assert.equal(await sealRequest(network, longer), '403 InvalidPTB');

	assert.equal(await sealRequest(network, certificate({ ttl_min: 31 })), '403 InvalidCertificate');
	assert.equal(await sealRequest(network, certificate({ creation_time: Date.now() + 60_000 })), '403 InvalidCertificate');
	assert.equal(await sealRequest(network, certificate({ creation_time: Date.now() - 11 * 60_000 })), '403 InvalidCertificate');
	assert.equal(await sealRequest(network, certificate({ ttl_min: 9 })), '403 InvalidSignature');
	assert.equal(await sealRequest(network, certificate({ user: id('8') })), '403 InvalidSignature');
	assert.equal(await sealRequest(network, certificate({ signature: 'AA==' })), '403 InvalidSignature');
	assert.equal(await sealRequest(network, set({ request_signature: Buffer.alloc(64).toString('base64') })), '403 InvalidSessionSignature');
	// Another's encryption key under our signature: the answer would be readable by that other.
	assert.equal(await sealRequest(network, set({ enc_key: Buffer.from(masterPoint()).toString('base64') })), '403 InvalidSessionSignature');
	assert.equal(await sealRequest(network, set({ enc_key: 'AA==' })), '400 InvalidParameter');

	network.outcome = { kind: 'denied', message: 'abort' };
	assert.equal(await sealRequest(network), '403 NoAccess');
	network.outcome = { kind: 'no-such-function' };
	assert.equal(await sealRequest(network), '403 InvalidPTB');
	network.outcome = { kind: 'invalid-parameter', message: '' };
	assert.equal(await sealRequest(network), '403 InvalidParameter');
});

/** A good point of G1 that is not the session's: the generator, compressed. */
function masterPoint(): Uint8Array {
	return Buffer.from('97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb', 'hex');
}

test('versions, sizes and other paths', async (t) => {
	const network = await startNetwork(t);
	const [server] = network.servers;
	const status = async (path: string, init?: RequestInit) => {
		const response = await fetch(server!.url + path, init);
		const text = await response.text();
		return `${response.status} ${text.startsWith('{') ? (JSON.parse(text) as { error?: string }).error : text}`;
	};
	const post = (headers: Record<string, string>, body = '{}') => status('/v1/fetch_key', { method: 'POST', headers, body });
	assert.equal(await status('/health'), '200 OK');
	assert.equal(await status(`/v1/service?service_id=${id('2')}`), '400 InvalidServiceId');
	assert.equal(await post({}), '400 MissingRequiredHeader');
	assert.equal(await post({ 'Client-Sdk-Version': 'x' }), '400 InvalidSDKVersion');
	assert.equal(await post({ 'Client-Sdk-Version': '0.4.4' }), '426 DeprecatedSDKVersion');
	assert.equal(await post({ 'Client-Sdk-Version': '0.4.5' }), '400 InvalidParameter');
	assert.equal(await post({ 'Client-Sdk-Version': '1.0.0' }, 'nonsense'), '400 InvalidParameter');
	assert.equal(await post({ 'Client-Sdk-Version': '1.0.0' }, 'x'.repeat(200_000)), '413 InvalidParameter');
});
