/** Seal's own client, unmodified, against key servers that ask the contract's policy: what opens, and by which error each refusal is known. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
	ExpiredSessionKeyError,
	InvalidPackageError,
	InvalidParameterError,
	InvalidPTBError,
	InvalidUserSignatureError,
	NoAccessError,
	SealClient,
	SessionKey,
} from '@mysten/seal';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { performAct } from '#clients/chain/acts.ts';
import { proveEquivocation } from '#clients/chain/evidence-calls.ts';
import { signAttestation } from '#clients/chain/sign-attestation.ts';
import { sealId, sealIdBytes } from '#clients/seal/encrypted-object.ts';
import { type PolicyObjects, preparePolicyCall } from '#clients/seal/policy-call.ts';
import { compilePackage } from '#devnet/compiler/compile.ts';
import { createNetwork, publishPackage, upgradePackage } from '#devnet/publish/publish.ts';
import { startSealServers, type TestSealServers } from '#tests/helpers/seal-servers.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';

const STAKE = 100_000_000_000n;
const WINDOW_SECONDS = 600;
const SECRET = new TextEncoder().encode('for validators in standing');
const THRESHOLD = 2;

interface World {
	readonly chain: TestChain;
	readonly servers: TestSealServers;
	/** Operators of two validators. */
	readonly operator: Ed25519Keypair;
	readonly reserve: Ed25519Keypair;
	readonly validatorUid: number;
	readonly minerUid: number;
	readonly generation: number;
	setCredentials(credVersion: number): Promise<void>;
	nextWindow(): Promise<void>;
}

async function startWorld(t: TestContext): Promise<World> {
	const chain = await startTestChain({ windowSeconds: WINDOW_SECONDS });
	t.after(() => chain.stop());
	const servers = await startSealServers(chain);
	t.after(() => servers.stop());
	const miner = chain.writerOf(await chain.fundedSigner());
	const { uid: minerUid, generation } = await miner.registerMiner({ stakeMist: STAKE, operator: miner.address });
	const setCredentials = async (credVersion: number) => {
		await miner.setCredentials({ uid: minerUid, credVersion, ciphertext: Uint8Array.of(credVersion) });
	};
	await setCredentials(1);
	const [operator, reserve] = [await chain.fundedSigner(), await chain.fundedSigner()];
	const register = (signer: Ed25519Keypair) => chain.writerOf(signer).registerValidator({ stakeMist: STAKE, operator: signer.toSuiAddress() });
	const { uid: validatorUid } = await register(operator);
	await register(reserve);
	const nextWindow = async () => chain.advanceTo(((await chain.currentWindow()) + 1n) * BigInt(WINDOW_SECONDS) * 1000n);
	return { chain, servers, operator, reserve, validatorUid, minerUid, generation, setCredentials, nextWindow };
}

function identity({ chain, minerUid, generation }: World, credVersion = 1, network = chain.objects.network): string {
	return sealId({ network, kind: 'minerCredentials', uid: minerUid, generation, credVersion });
}

function clientOf({ chain, servers }: World, send?: typeof fetch): SealClient {
	const serverConfigs = servers.keyServers.map((objectId) => ({ objectId, weight: 1 }));
	return new SealClient({ suiClient: chain.client, serverConfigs, verifyKeyServers: false, timeout: 20_000, ...(send && { fetch: send }) });
}

const sessionOf = ({ chain }: World, signer: Ed25519Keypair, packageId = chain.packageId, ttlMin = 10) =>
	SessionKey.create({ address: signer.toSuiAddress(), packageId, ttlMin, signer, suiClient: chain.client });

const sealed = new Map<string, Promise<Uint8Array>>();

/** Sealed once for each identity. */
function encrypt(world: World, id: string): Promise<Uint8Array> {
	const made =
		sealed.get(id) ??
		clientOf(world)
			.encrypt({ threshold: THRESHOLD, packageId: world.chain.packageId, id, data: SECRET })
			.then(({ encryptedObject }) => encryptedObject);
	sealed.set(id, made);
	return made;
}

async function open(
	world: World,
	signer: Ed25519Keypair,
	options: { id?: string; objects?: PolicyObjects; session?: SessionKey; client?: SealClient; transaction?: Uint8Array } = {},
) {
	const { chain } = world;
	const id = options.id ?? identity(world);
	const txBytes = options.transaction ?? (await (await preparePolicyCall(chain.client, chain.packageId, options.objects ?? chain.objects))([sealIdBytes(id)]));
	const sessionKey = options.session ?? (await sessionOf(world, signer));
	return (options.client ?? clientOf(world)).decrypt({ data: await encrypt(world, id), sessionKey, txBytes });
}

test('2 of 3 key servers open for a validator in standing; each refusal has the error of Seal’s protocol', { timeout: 240_000 }, async (t) => {
	const world = await startWorld(t);
	const { chain, servers, operator, reserve, nextWindow } = world;
	const stranger = await chain.fundedSigner();

	await t.test('no stake: one who acts for no validator, and a validator whose stake does not count yet', async () => {
		await assert.rejects(open(world, stranger), NoAccessError);
		await assert.rejects(open(world, operator), NoAccessError);
	});

	await nextWindow();
	await t.test('in standing: it opens', async () => {
		assert.deepEqual(await open(world, operator), SECRET);
	});

	await t.test('expired session: said by the client, and by the servers when the client does not know', async (s) => {
		const session = await sessionOf(world, operator, chain.packageId, 1);
		let ahead = 0;
		const { now } = Date;
		s.mock.method(Date, 'now', () => now() + ahead);
		// The request is made in time and arrives late.
		const late: typeof fetch = async (url, init) => {
			ahead = 120_000;
			return fetch(url, init);
		};
		await assert.rejects(open(world, operator, { session, client: clientOf(world, late) }), ExpiredSessionKeyError);
		assert.ok(session.isExpired());
		await assert.rejects(open(world, operator, { session }), ExpiredSessionKeyError);
		assert.throws(() => SessionKey.import({ ...session.export(), creationTimeMs: now() - 120_000 }, chain.client, operator), ExpiredSessionKeyError);
	});

	await t.test('wrong package: of the session, of the policy, of the call', async () => {
		const framework = `0x${'0'.repeat(63)}2`;
		const [keyServer = ''] = servers.keyServers;
		const session = await sessionOf(world, operator, framework);
		await assert.rejects(open(world, operator, { session }), InvalidUserSignatureError);
		await assert.rejects(sessionOf(world, operator, keyServer), InvalidPackageError);
		const call = async (target: string) => {
			const transaction = new Transaction();
			transaction.moveCall({ target, arguments: [transaction.pure.vector('u8', sealIdBytes(identity(world)))] });
			return transaction.build({ onlyTransactionKind: true });
		};
		const nowhere = `0x${'5'.repeat(64)}`;
		await assert.rejects(open(world, operator, { transaction: await call(`${nowhere}::seal_policy::seal_approve`) }), InvalidPackageError);
		await assert.rejects(open(world, operator, { transaction: await call(`${chain.packageId}::seal_policy::approve`) }), InvalidPTBError);
		await assert.rejects(open(world, operator, { transaction: await call(`${chain.packageId}::seal_policy::seal_approve_all`) }), InvalidPTBError);
	});

	await t.test('other network: another of the same chain, and objects that this chain has not', async () => {
		const other = await createNetwork({ client: chain.client, signer: chain.admin }, chain.parameters);
		const foreign = identity(world, 1, other.objects.network);
		await assert.rejects(open(world, operator, { id: foreign }), NoAccessError, 'their identity, our registries');
		await assert.rejects(open(world, operator, { objects: other.objects }), NoAccessError, 'our identity, their registries');
		await assert.rejects(open(world, operator, { objects: { ...chain.objects, validatorRegistry: other.objects.validatorRegistry } }), NoAccessError);
		const transaction = new Transaction();
		const shared = [1, 2, 3, 4].map((digit) =>
			transaction.sharedObjectRef({ objectId: `0x${`${digit}`.repeat(64)}`, initialSharedVersion: 1, mutable: false }),
		);
		transaction.moveCall({
			target: `${chain.packageId}::seal_policy::seal_approve`,
			arguments: [transaction.pure.vector('u8', sealIdBytes(identity(world))), ...shared, transaction.object.clock()],
		});
		await assert.rejects(open(world, operator, { transaction: await transaction.build({ onlyTransactionKind: true }) }), InvalidParameterError);
	});

	await t.test('old version: credentials that were rotated away, and those that are not yet', async () => {
		await world.setCredentials(2);
		assert.deepEqual(await open(world, operator), SECRET, 'the version before is good for a while');
		for (let left = Number(chain.parameters.values.rotation_grace_windows) + 1; left >= 0; left--) await nextWindow();
		await assert.rejects(open(world, operator), NoAccessError);
		assert.deepEqual(await open(world, operator, { id: identity(world, 2) }), SECRET);
		await assert.rejects(open(world, operator, { id: identity(world, 3) }), NoAccessError);
	});

	await t.test('old version of the package: its policy says so itself, and Seal names keys by the first version alone', async () => {
		const publisher = { client: chain.client, signer: chain.admin };
		const first = await publishPackage(publisher, await compilePackage({ files: versionedPolicy(1) }), 'a policy');
		const created = await chain.client.core.getTransaction({ digest: first.digest, include: { objectTypes: true, effects: true } });
		const types = Object.entries(created.Transaction?.objectTypes ?? {});
		const idOf = (suffix: string) => types.find(([, type]) => type.endsWith(suffix))?.[0] ?? '';
		const [version, upgradeCap] = [idOf('::policy::Version'), idOf('::package::UpgradeCap')];
		const call = async (packageId: string) => {
			const transaction = new Transaction();
			transaction.moveCall({ target: `${packageId}::policy::seal_approve`, arguments: [transaction.pure.vector('u8', [1]), transaction.object(version)] });
			return transaction.build({ client: chain.client, onlyTransactionKind: true });
		};
		const { encryptedObject: data } = await clientOf(world).encrypt({ threshold: THRESHOLD, packageId: first.packageId, id: '01', data: SECRET });
		const decrypt = async (packageId: string) => {
			const sessionKey = await sessionOf(world, stranger, first.packageId);
			return clientOf(world).decrypt({ data, sessionKey, txBytes: await call(packageId) });
		};
		assert.deepEqual(await decrypt(first.packageId), SECRET);

		const compiled = await compilePackage({ files: versionedPolicy(2, first.packageId) });
		const second = await upgradePackage(publisher, compiled, { packageId: first.packageId, upgradeCap }, 'the policy');
		await execute(chain, (transaction) => transaction.moveCall({ target: `${second.packageId}::policy::migrate`, arguments: [transaction.object(version)] }));
		await assert.rejects(decrypt(first.packageId), NoAccessError);
		assert.deepEqual(await decrypt(second.packageId), SECRET, 'the new version opens what was sealed before');
		await assert.rejects(sessionOf(world, stranger, second.packageId), InvalidPackageError);
		await assert.rejects(clientOf(world).encrypt({ threshold: THRESHOLD, packageId: second.packageId, id: '01', data: SECRET }), InvalidPackageError);
	});

	await t.test('inactive: a validator that has left', async () => {
		const context = { client: chain.client, target: chain.target, signer: operator };
		await performAct(context, { kind: 'deactivate', role: 'validator', uid: world.validatorUid });
		assert.deepEqual(await open(world, operator, { id: identity(world, 2) }), SECRET, 'it is there until the window ends');
		await nextWindow();
		await assert.rejects(open(world, operator, { id: identity(world, 2) }), NoAccessError);
	});

	await t.test('slashed: at once, in the same window', async () => {
		const said = await chain.fundedSigner();
		const { uid, generation } = await chain.writerOf(said).registerValidator({ stakeMist: STAKE, operator: said.toSuiAddress() });
		await nextWindow();
		assert.deepEqual(await open(world, said, { id: identity(world, 2) }), SECRET);
		const boundary = await chain.currentWindow();
		const say = (hash: Uint8Array | undefined) =>
			signAttestation(
				said,
				{ validatorUid: uid, boundary, parentBoundary: 0n, hash, mergeDigest: new Uint8Array(32) },
				{ network: chain.objects.network, validatorGeneration: generation },
			);
		const evidence = { one: await say(undefined), other: await say(new Uint8Array(32)) };
		await execute(chain, (transaction) => proveEquivocation(transaction, chain.target, evidence, stranger.toSuiAddress()));
		await assert.rejects(open(world, said, { id: identity(world, 2) }), NoAccessError);
	});

	await t.test('one key server away is nothing', async () => {
		await servers.running[0]?.close();
		assert.deepEqual(await open(world, reserve, { id: identity(world, 2) }), SECRET);
	});

	await t.test('two key servers away are too many', async () => {
		await servers.running[1]?.close();
		await assert.rejects(
			open(world, reserve, { id: identity(world, 2) }),
			(error) => !(error instanceof NoAccessError) && /fetch failed|Too many|failed/i.test(String(error)),
		);
	});
});

async function execute(chain: TestChain, build: (transaction: Transaction) => unknown): Promise<void> {
	const transaction = new Transaction();
	build(transaction);
	const result = await chain.client.core.signAndExecuteTransaction({ transaction, signer: chain.admin });
	assert.equal(result.$kind, 'Transaction');
}

/** Anybody may read, through the newest version. */
function versionedPolicy(version: number, published?: string): Record<string, string> {
	const place = published === undefined ? '' : `published-at = "${published}"\n`;
	return {
		'Move.toml': `[package]\nname = "policy"\nedition = "2024"\n${place}\n[addresses]\npolicy = "${published ?? '0x0'}"\n`,
		'sources/policy.move': `module policy::policy;

const VERSION: u64 = ${version};
#[error]
const EOldVersion: vector<u8> = b"this version of the package is out of use";

public struct Version has key { id: UID, number: u64 }

fun init(ctx: &mut TxContext) { transfer::share_object(Version { id: object::new(ctx), number: VERSION }) }
entry fun seal_approve(_id: vector<u8>, version: &Version) { assert!(version.number == VERSION, EOldVersion) }
public fun migrate(version: &mut Version) { version.number = VERSION }
`,
	};
}
