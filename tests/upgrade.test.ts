/** The real package is upgraded on the devnet: announced, made after its delay, migrated to; nothing is stranded. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { type Act, performAct, tryAct } from '#clients/chain/acts.ts';
import { abortOf } from '#clients/chain/errors.ts';
import type { ChainWriter } from '#clients/chain/port.ts';
import { servingPackage } from '#clients/chain/serving.ts';
import { readGovernance } from '#clients/chain/upgrades.ts';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { windowStartMs } from '#core/window.ts';
import { type CompiledPackage, compilePackage, type MoveFiles, readContracts } from '#devnet/compiler/compile.ts';
import { lockUpgrades, publishVramhub } from '#devnet/publish/publish.ts';
import { startSealServers } from '#tests/helpers/seal-servers.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';

const CREDENTIALS = { endpoint: 'https://account.r2.example', bucket: 'gradients', accessKeyId: 'key', secretAccessKey: 'secret', prefix: 'm/' };

let chain: TestChain;
let second: CompiledPackage;
let other: CompiledPackage;
before(async () => {
	chain = await startTestChain({ windowSeconds: 600 });
	const files = await readContracts();
	second = await compilePackage({ files: withVersion(files, 2) });
	other = await compilePackage({ files });
});
after(() => chain?.stop());

function withVersion(files: MoveFiles, version: number): MoveFiles {
	const [path, line] = ['sources/network.move', 'const VERSION: u64 = 1;'];
	assert.ok(files[path]?.includes(line));
	return { ...files, [path]: files[path]!.replace(line, `const VERSION: u64 = ${version};`) };
}

const contextOf = (signer: Ed25519Keypair, packageId = chain.packageId) => ({ client: chain.client, target: { ...chain.target, packageId }, signer });
const refused = (promise: Promise<unknown>, abort: string) => assert.rejects(promise, (error) => abortOf(error) === abort || assert.fail(String(error)));
const advanceToWindow = (window: bigint) => chain.advanceTo(windowStartMs(window, chain.parameters.windowDurationMs));
const proposeUpgrade = (): Act => ({ kind: 'proposeUpgrade', digest: Buffer.from(second.digest, 'hex') });
const upgradeTo = ({ modules, dependencies }: CompiledPackage): Act => ({ kind: 'upgrade', modules: [...modules.values()], dependencies });

test('the founder has no right to upgrade, and another package’s is not taken', async () => {
	const { upgrades } = await readGovernance(chain.client, chain.objects.network);
	assert.deepEqual(upgrades?.packages, [chain.packageId]);
	const publisher = { client: chain.client, signer: chain.admin };
	const { objects } = await chain.client.core.listOwnedObjects({ owner: chain.admin.toSuiAddress() });
	assert.deepEqual(
		objects.filter(({ type }) => type.endsWith('::package::UpgradeCap')),
		[],
	);
	const { upgradeCap } = await publishVramhub(publisher);
	const { adminCap } = await readGovernance(chain.client, chain.objects.network);
	await refused(lockUpgrades(publisher, { packageId: chain.packageId, network: chain.objects.network, adminCap, upgradeCap }), 'EForeignPackage');
});

test('an upgrade waits until those who do not want it are out; then the new package serves all that the old one held', async (t) => {
	const [owner, leaver] = [await chain.fundedSigner(), await chain.fundedSigner()];
	const least = chain.parameters.values.min_miner_stake_mist;
	const request = (signer: Ed25519Keypair) => ({ stakeMist: least, operator: signer.toSuiAddress() });
	const { uid, generation } = await chain.writerOf(owner).registerMiner(request(owner));
	// One that was there before everything that follows, as a daemon is.
	const daemon = chain.writerOf(leaver);
	const left = await daemon.registerMiner(request(leaver));
	await chain.writerOf(owner).registerValidator({ ...request(owner), stakeMist: chain.parameters.values.min_validator_stake_mist });
	const { keyServers, stop } = await startSealServers(chain, 1);
	t.after(stop);
	const settings = { packageId: chain.packageId, keyServers, threshold: 1 };
	const secretKey = owner.getSecretKey();
	const decryptor = createCredentialsDecryptorInThread({ ...settings, rpcUrl: chain.rpcUrl, objects: chain.objects, secretKey });
	/** The miner's next credentials, as the validator reads them. */
	const rotateAndRead = async (miner: ChainWriter, of: { readonly uid: number; readonly generation: number }) => {
		const identity = { uid: of.uid, generation: of.generation, credVersion: 1 };
		const encrypted = { ...settings, ...identity, suiClient: chain.client, network: chain.objects.network, credentials: CREDENTIALS };
		const ciphertext = await encryptCredentials(encrypted);
		await miner.setCredentials({ ...identity, ciphertext });
		return decryptor.decrypt({ ...identity, ciphertext });
	};
	await advanceToWindow((await chain.currentWindow()) + 1n);
	assert.deepEqual(await rotateAndRead(chain.writerOf(owner), { uid, generation }), CREDENTIALS);

	// Announced, and by the administrator alone.
	await assert.rejects(performAct(contextOf(owner), proposeUpgrade()), { code: 'CHAIN_REJECTED' });
	await performAct(contextOf(chain.admin), proposeUpgrade());
	const { fromWindow } = (await readGovernance(chain.client, chain.objects.network)).upgrades!.proposal!;
	const announced = await chain.currentWindow();
	assert.equal(fromWindow, announced + 144n + 1n + chain.parameters.values.unbond_delay_windows);
	await refused(performAct(contextOf(chain.admin), upgradeTo(second)), 'ETooEarly');

	// Who notices it within a day takes the stake out before.
	await advanceToWindow(announced + 144n);
	await performAct(contextOf(leaver), { kind: 'deactivate', role: 'miner', uid: left.uid });
	await advanceToWindow(fromWindow - 1n);
	await refused(performAct(contextOf(chain.admin), upgradeTo(second)), 'ETooEarly');
	await advanceToWindow(fromWindow);
	await performAct(contextOf(leaver), { kind: 'withdrawStake', role: 'miner', uid: left.uid, generation: left.generation });

	// No other package than the announced one.
	await assert.rejects(performAct(contextOf(chain.admin), upgradeTo(other)), { code: 'CHAIN_REJECTED' });
	const made = await performAct(contextOf(chain.admin), upgradeTo(second));
	assert.deepEqual(
		made.events.map(({ name }) => name),
		['UpgradeAuthorized', 'UpgradeCommitted'],
	);
	const packages = (await readGovernance(chain.client, chain.objects.network)).upgrades!.packages;
	const next = packages[1]!;
	assert.equal(packages.length, 2);

	const serving = () => servingPackage(chain.client, chain.packageId, chain.objects.network);

	// Until it is migrated, the old package serves the network, and the new one does not.
	await performAct(contextOf(owner), { kind: 'deactivate', role: 'miner', uid });
	const withdraw: Act = { kind: 'withdrawStake', role: 'miner', uid, generation };
	await refused(tryAct(contextOf(owner, next), withdraw), 'EWrongVersion');
	await assert.rejects(performAct(contextOf(owner), { kind: 'migrate' }), { code: 'CHAIN_REJECTED' });
	assert.equal(await serving(), chain.packageId);
	await performAct(contextOf(chain.admin), { kind: 'migrate' });
	assert.equal(await serving(), next);
	await refused(performAct(contextOf(chain.admin), { kind: 'migrate' }), 'EWrongVersion');

	// Now it is the other way round, for every kind of call.
	await advanceToWindow((await chain.currentWindow()) + 1n + chain.parameters.values.unbond_delay_windows);
	const oldActs: readonly (readonly [Ed25519Keypair, Act])[] = [
		[owner, withdraw],
		[owner, { kind: 'addStake', role: 'validator', uid: 0, amountMist: 1n }],
		[owner, { kind: 'claimRewards' }],
		[chain.admin, { kind: 'pause', durationMs: 1n }],
		[chain.admin, { kind: 'spendFees', amount: 1n }],
		[chain.admin, { kind: 'revokePcrs', row: 0 }],
		[chain.admin, proposeUpgrade()],
		[chain.admin, { kind: 'offerAdministration', to: undefined }],
	];
	for (const [signer, act] of oldActs) await refused(tryAct(contextOf(signer), act), 'EWrongVersion');

	// Nothing is lost: the records read as they did, and the stake of before comes out.
	assert.equal((await chain.reader.validator(0))?.stake, chain.parameters.values.min_validator_stake_mist);
	const withdrawn = await performAct(contextOf(owner, next), withdraw);
	assert.deepEqual([withdrawn.events[0]?.name, withdrawn.events[0]?.fields.amount], ['StakeWithdrawn', String(least)]);
	const again = await daemon.registerMiner(request(leaver));
	assert.equal(again.generation, 2);
	// A validator that has been running is answered by the new policy, for identities that the first version of the package still names.
	assert.deepEqual(await rotateAndRead(daemon, again), CREDENTIALS);
	await performAct(contextOf(chain.admin, next), { kind: 'pause', durationMs: 1n });
	await performAct(contextOf(chain.admin, next), proposeUpgrade());
	await performAct(contextOf(chain.admin, next), { kind: 'cancelUpgrade' });
});
