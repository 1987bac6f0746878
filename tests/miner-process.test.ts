import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { createCredentialsDecryptor } from '#clients/seal/decrypt-credentials.ts';
import { fromHex } from '#core/bytes.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { windowStartMs } from '#core/window.ts';
import { adminIdentity, generateKeyPair, MINERS_BUCKET, minerIdentities, minerPrefix } from '#devnet/object-store/identities.ts';
import { startObjectStore } from '#devnet/object-store/object-store.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';
import { writeAddressBook } from '#runtime/address-book.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { minerSecretsFile, writeMinerSecrets } from '#runtime/miner-secrets.ts';
import { addressBookFile, checkoutRoot } from '#runtime/state-folder.ts';
import { startSealServers } from '#tests/helpers/seal-servers.ts';
import { startTestChain } from '#tests/helpers/test-chain.ts';
import { weedBinary } from '../scripts/python-tools.mjs';

const config = { vocabulary: 256, context: 16, width: 16, layers: 1, heads: 2 };
const SECRET_MARK = /secretAccessKey|suiprivkey/;

/** `node miner/main.ts` as a supervisor starts it: standard input is its lifeline, standard output its ready line. */
function startMinerProcess(data: string) {
	const child = spawn(process.execPath, [join(checkoutRoot, 'miner', 'main.ts'), '--data', data, '--uid', '0'], {
		stdio: ['pipe', 'pipe', 'pipe'],
		env: { ...process.env, [END_WITH_PARENT]: '1', VRAMHUB_LOG: 'json' },
	});
	const log: string[] = [];
	createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
	const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
	const ready = Promise.race([
		once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(line as string) as { uid: number; address: string }),
		exited.then(() => {
			throw new Error(`the miner ended: ${log.join('\n')}`);
		}),
	]);
	return { child, log, ready, exited };
}

test('the miner process registers with sealed credentials that validators alone can read, and puts what it committed', async () => {
	const data = await mkdtemp(join(tmpdir(), 'vramhub miner '));
	const text = new TextEncoder().encode('the people of these states do ordain what follows. '.repeat(120));
	const dataset = new ShardedDataset(text, { context: config.context, shardBytes: 1_024 });
	const graph = gptForwardGraph(config, 4);
	const manifest = encodeManifest(describeModel('tiny', graph, dataset.dataset));
	const checkpoint = encodeCheckpoint(graph, initialWeights(config, 'test'));
	const files = { manifest: 'model/m', graph: 'model/f', trainingGraph: 'model/t', genesisCheckpoint: 'model/c', corpus: 'model/x' };
	const contents = { manifest, graph: graph.bytes, trainingGraph: gptTrainingGraph(config, 4).bytes, genesisCheckpoint: checkpoint, corpus: text };
	for (const [name, bytes] of Object.entries(contents)) await writeFileAtomic(join(data, files[name as keyof typeof files]), bytes);

	await using cleanup = new AsyncDisposableStack();
	cleanup.defer(() => rm(data, { recursive: true, force: true }));
	const chain = await startTestChain({
		windowSeconds: 600,
		modelManifestHash: manifestHash(manifest),
		datasetRoot: fromHex(dataset.dataset.root),
		genesisCheckpointHash: checkpointHash(checkpoint),
	});
	cleanup.defer(() => chain.stop());
	const seal = await startSealServers(chain);
	cleanup.defer(() => seal.stop());
	const keys = { write: generateKeyPair(), read: generateKeyPair() };
	const store = await startObjectStore({
		binary: await weedBinary(),
		dataDir: join(data, 'objects'),
		identities: [adminIdentity(generateKeyPair()), ...minerIdentities(0, keys)],
		buckets: [MINERS_BUCKET],
	});
	cleanup.defer(() => store.stop());

	const place = { endpoint: store.endpoint, bucket: MINERS_BUCKET, prefix: minerPrefix(0) };
	const signer = await chain.fundedSigner();
	await writeMinerSecrets(data, 0, { format: 1, secretKey: signer.getSecretKey(), write: { ...place, ...keys.write }, read: { ...place, ...keys.read } });
	await writeAddressBook(addressBookFile(data), {
		format: 1,
		chain: { rpcUrl: chain.rpcUrl, faucetUrl: chain.rpcUrl, chainId: 'test' },
		packageId: chain.packageId,
		objects: chain.objects,
		seal: { threshold: 2, keyServers: seal.keyServers.map((objectId, i) => ({ objectId, url: seal.urls[i]! })) },
		objectStore: { endpoint: store.endpoint, auditBucket: 'audit' },
		temporal: { address: '127.0.0.1:1', namespace: 'vramhub', uiUrl: 'http://127.0.0.1:1' },
		validators: [],
		model: files,
	});

	const first = startMinerProcess(data);
	cleanup.defer(() => void first.child.kill('SIGKILL'));
	assert.deepEqual(await first.ready, { ready: true, uid: 0, generation: 1, address: signer.toSuiAddress() });
	const miner = (await chain.reader.miner(0))!;
	assert.equal(miner.credVersion, 1);

	// Killed at once, it goes on where it was.
	first.child.kill('SIGKILL');
	await first.exited;
	const second = startMinerProcess(data);
	cleanup.defer(() => void second.child.kill('SIGKILL'));
	assert.equal((await second.ready).uid, 0);
	assert.equal((await chain.reader.miners()).length, 1);
	assert.equal((await chain.reader.miner(0))?.credVersion, 1);

	// A validator reads the credentials; an address without stake does not.
	const operator = await chain.fundedSigner();
	const validator = chain.writerOf(operator);
	await validator.registerValidator({ stakeMist: chain.parameters.values.min_validator_stake_mist, operator: validator.address });
	const window = (await chain.currentWindow()) + 1n;
	const { windowDurationMs, values } = chain.parameters;
	await chain.advanceTo(windowStartMs(window, windowDurationMs) + 1_000n);
	const settings = { suiClient: chain.client, packageId: chain.packageId, objects: chain.objects, threshold: 2, keyServers: seal.keyServers };
	const registered = { uid: 0, generation: miner.generation, credVersion: 1, ciphertext: miner.credentials };
	const credentials = await createCredentialsDecryptor({ ...settings, signer: operator }).decrypt(registered);
	assert.deepEqual(credentials, { ...place, ...keys.read });
	const stranger = createCredentialsDecryptor({ ...settings, signer: await chain.fundedSigner() });
	await assert.rejects(stranger.decrypt(registered), { code: 'SEAL_NO_ACCESS' });

	// The commitment is an event of the chain, the object one of the store: both are asked for until they are there.
	const until = async <T>(ask: () => Promise<T | undefined>): Promise<T> => {
		for (;;) {
			const answer = await ask();
			if (answer !== undefined) return answer;
			if (second.child.exitCode !== null) throw new Error(second.log.join('\n'));
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	};
	const commitment = await until(async () => (await chain.reader.commitments(window))[0]);
	await chain.advanceTo(windowStartMs(window, windowDurationMs) + values.put_window_open_ms);
	const objects = createS3ObjectStore();
	cleanup.defer(() => objects.close());
	const { bytes } = await until(() =>
		objects
			.getObjectLimited({
				credentials,
				key: gradientObjectKey(window, 0),
				maxBytes: Number(commitment.size),
				expectedSha256: commitment.sha256,
				timeBudgetMs: 5_000,
				policy: { kind: 'devnet', allowedOrigins: [store.endpoint] },
			})
			.catch((error: { code?: string }) => {
				if (error.code === 'OBJECT_MISSING') return undefined;
				throw error;
			}),
	);
	assert.equal(BigInt(bytes.length), commitment.size);

	// The end of its standard input is the end of the miner, in good order; nothing that it said or left outside `secrets` holds a secret.
	second.child.stdin.end();
	assert.deepEqual(await second.exited, [0, null]);
	assert.doesNotMatch(second.log.join('\n'), SECRET_MARK);
	for (const name of await readdir(join(data, 'miner-0'))) {
		assert.doesNotMatch(
			await readFile(join(data, 'miner-0', name), 'latin1'),
			new RegExp(`${keys.read.secretAccessKey}|${keys.write.secretAccessKey}|suiprivkey`),
		);
	}
	assert.match(await readFile(minerSecretsFile(data, 0), 'utf8'), SECRET_MARK);
});
