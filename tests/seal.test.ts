/** Credentials from a miner to a validator: the contract's policy, key servers in processes of their own, the unmodified client of Seal. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { SealClient } from '@mysten/seal';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { createCredentialsDecryptor } from '#clients/seal/decrypt-credentials.ts';
import { createCredentialsDecryptorInThread } from '#clients/seal/decrypt-in-thread.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { publishSealKeyServers } from '#devnet/publish/publish.ts';
import { ensureMasterKey } from '#devnet/seal/master-key.ts';
import { freePorts } from '#runtime/free-port.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';

const MAIN = join(import.meta.dirname, '../devnet/seal/main.ts');
const STAKE = 100_000_000_000n;
const credentialsOf = (uid: number) => ({
	endpoint: 'https://s3.example.com',
	bucket: 'miners',
	accessKeyId: `READ${uid}`,
	secretAccessKey: `secret of ${uid}`,
	prefix: `${uid}/`,
});

/** Three key servers: registered on the chain, then started. */
async function startKeyServers(t: TestContext, chain: TestChain) {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-seal-'));
	const children: ChildProcess[] = [];
	t.after(async () => {
		for (const child of children) await end(child);
		await rm(folder, { recursive: true, force: true });
	});
	const ports = await freePorts(3);
	const files = ports.map((_, i) => join(folder, `seal-${i}`));
	const keys = await Promise.all(files.map(ensureMasterKey));
	const servers = keys.map(({ publicKey }, i) => ({ name: `server-${i}`, url: `http://127.0.0.1:${ports[i]}`, publicKey }));
	const { objectIds } = await publishSealKeyServers({ client: chain.client, signer: chain.admin }, servers);
	for (const [i, objectId] of objectIds.entries()) {
		const args = [MAIN, '--key-file', files[i]!, '--object-id', objectId, '--rpc-url', chain.rpcUrl, '--port', String(ports[i])];
		children.push(
			spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, [END_WITH_PARENT]: '1', VRAMHUB_LOG_LEVEL: 'error' } }),
		);
	}
	const lines = await Promise.all(children.map(async (child) => ((await once(createInterface({ input: child.stdout! }), 'line')) as [string])[0]));
	assert.deepEqual(
		lines.map((line) => JSON.parse(line)),
		objectIds.map((objectId, i) => ({ ready: true, url: servers[i]!.url, object_id: objectId })),
	);
	return { children, settings: { packageId: chain.packageId, keyServers: objectIds, threshold: 2 } };
}

/** By closing its standard input, as the death of its supervisor would. */
async function end(child: ChildProcess): Promise<number | null> {
	if (child.exitCode === null && child.signalCode === null) {
		const exit = once(child, 'exit');
		child.stdin!.end();
		await exit;
	}
	return child.exitCode;
}

test('validators in standing read credentials, nobody else does, and one key server may be gone', { timeout: 240_000 }, async (t) => {
	const chain = await startTestChain({ windowSeconds: 600 });
	t.after(() => chain.stop());
	const { children, settings } = await startKeyServers(t, chain);
	const { objects, client: suiClient } = chain;

	const register = async () => {
		const writer = chain.writerOf(await chain.fundedSigner());
		const { uid, generation } = await writer.registerMiner({ stakeMist: STAKE, operator: writer.address });
		const put = async (credVersion: number) => {
			const ciphertext = await encryptCredentials({
				suiClient,
				...settings,
				network: objects.network,
				uid,
				generation,
				credVersion,
				credentials: credentialsOf(uid),
			});
			await writer.setCredentials({ uid, credVersion, ciphertext });
		};
		await put(1);
		return { uid, put };
	};
	const [first, second] = [await register(), await register()];
	const operator = await chain.fundedSigner();
	const validator = chain.writerOf(operator);
	await validator.registerValidator({ stakeMist: STAKE, operator: validator.address });

	/** As a validator does: what the chain has, through Seal. */
	const readAs = (signer: Ed25519Keypair) => {
		const decryptor = createCredentialsDecryptorInThread({ rpcUrl: chain.rpcUrl, ...settings, objects, secretKey: signer.getSecretKey() });
		return async (uid: number) => {
			const { generation, credVersion, credentials } = (await chain.reader.miner(uid))!;
			return decryptor.decrypt({ uid, generation, credVersion, ciphertext: credentials });
		};
	};
	const stranger = await chain.fundedSigner();
	await assert.rejects(readAs(stranger)(first.uid), { code: 'SEAL_NO_ACCESS' });

	// Stake counts from the window after the registration.
	const nextWindow = async () => chain.advanceTo(((await chain.currentWindow()) + 1n) * 600_000n);
	await nextWindow();
	const read = readAs(operator);
	assert.deepEqual(
		await Promise.all([first, second].map(({ uid }) => read(uid))),
		[first, second].map(({ uid }) => credentialsOf(uid)),
	);
	await assert.rejects(readAs(stranger)(first.uid), { code: 'SEAL_NO_ACCESS' });

	// An identity that a rotation has put out of use is refused on its own, while the others of the same question are answered.
	const old = (await chain.reader.miner(first.uid))!;
	await first.put(2);
	const grace = Number(chain.parameters.values.rotation_grace_windows);
	for (let i = 0; i <= grace + 1; i++) await nextWindow();
	const fresh = createCredentialsDecryptor({ suiClient, ...settings, objects, signer: operator });
	const other = (await chain.reader.miner(second.uid))!;
	const [stale, current] = await Promise.allSettled(
		[old, other].map(({ uid, generation, credVersion, credentials }) => fresh.decrypt({ uid, generation, credVersion, ciphertext: credentials })),
	);
	assert.equal(stale?.status === 'rejected' && (stale.reason as { code: string }).code, 'SEAL_NO_ACCESS');
	assert.deepEqual(current?.status === 'fulfilled' && current.value, credentialsOf(second.uid));

	assert.equal(await end(children[0]!), 0);
	assert.deepEqual(await readAs(operator)(first.uid), credentialsOf(first.uid));
	assert.equal(await end(children[1]!), 0);
	await assert.rejects(readAs(operator)(first.uid), { code: 'SEAL_UNAVAILABLE' });

	// Servers that are away prove nothing; keys that are known already need no proof, others do.
	const serverConfigs = settings.keyServers.map((objectId) => ({ objectId, weight: 1 }));
	const found = await new SealClient({ suiClient, serverConfigs, verifyKeyServers: false }).getKeyServers();
	const keys = [...found].map(([objectId, { pk }]) => [objectId, pk] as const);
	const seal = (trusted: readonly (readonly [string, Uint8Array])[]) => {
		const identity = { network: objects.network, uid: second.uid, generation: 1, credVersion: 2, credentials: credentialsOf(second.uid) };
		return encryptCredentials({ suiClient, ...settings, ...identity, trustedKeys: new Map(trusted), timeoutMs: 5_000 });
	};
	assert.ok((await seal(keys)).length > 0);
	const [[someone, key], ...others] = keys as [(typeof keys)[0], ...typeof keys];
	for (const trusted of [[], others, [[someone, key.map((byte, i) => (i === 95 ? byte ^ 1 : byte))] as const, ...others]])
		await assert.rejects(seal(trusted), { code: 'SEAL_UNAVAILABLE' });
});
