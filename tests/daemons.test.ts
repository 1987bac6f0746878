import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { encodeManifest } from '#core/gradient/manifest-codec.ts';
import { driverWorkflowId } from '#core/gradient/names.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { TemporalTest } from './temporal/environment.ts';

const root = join(import.meta.dirname, '..');
let chain: TestChain;
let temporal: TemporalTest;
let folder: string;
let wallet: Ed25519Keypair;
let names: Record<string, string>;

before(async () => {
	[chain, temporal, folder] = await Promise.all([startTestChain({ windowSeconds: 600 }), TemporalTest.start(), mkdtemp(join(tmpdir(), 'vramhub-daemons-'))]);
	wallet = await chain.fundedSigner();
	const writer = chain.writerOf(wallet);
	await writer.registerValidator({ stakeMist: chain.parameters.values.min_validator_stake_mist, operator: writer.address });
	await writeModel();
	names = {
		VRAMHUB_SUI_RPC_URL: chain.rpcUrl,
		VRAMHUB_WALLET_MNEMONIC: wallet.getSecretKey(),
		VRAMHUB_PACKAGE_ID: chain.packageId,
		VRAMHUB_NETWORK_ID: chain.objects.network,
		VRAMHUB_VALIDATOR_UID: '0',
		VRAMHUB_SEAL_KEY_SERVER_IDS: '0x1,0x2',
		VRAMHUB_TEMPORAL_ADDRESS: temporal.env.address,
		VRAMHUB_TEMPORAL_NAMESPACE: temporal.env.namespace ?? 'default',
		VRAMHUB_R2_ENDPOINT: 'https://account.r2.example',
		VRAMHUB_R2_BUCKET: 'checkpoints',
		VRAMHUB_R2_ACCESS_KEY_ID: 'write-key-id',
		VRAMHUB_R2_SECRET_ACCESS_KEY: 'write-secret-access-key',
	};
});
after(async () => {
	await temporal?.stop();
	await chain?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Files of a model that nobody evaluates here, under the default names. */
async function writeModel(): Promise<void> {
	const corpus = Uint8Array.from({ length: 1000 }, (_, index) => (index * 31) % 251);
	const graph = new TextEncoder().encode('graph');
	const { dataset } = new ShardedDataset(corpus, { context: 8, shardBytes: 128, heldOutShards: 1 });
	const manifest = encodeManifest({
		format: 1,
		name: 'test',
		parameters: [{ name: 'w', shape: [2] }],
		graphSha256: createHash('sha256').update(graph).digest('hex'),
		tokensInput: 't',
		targetsInput: 'y',
		logProbsOutput: 'l',
		batch: 1,
		context: 8,
		dataset,
	});
	const model = join(folder, 'model');
	await mkdir(model);
	const files = { 'manifest.cbor': manifest, 'forward.onnx': graph, 'training.onnx': graph, 'checkpoint-0-v1.safetensors': graph, 'corpus.txt': corpus };
	for (const [name, bytes] of Object.entries(files)) await writeFile(join(model, name), bytes);
}

/** A daemon as systemd starts it: in a folder, its settings in the environment. */
function daemon(main: string, environment: Record<string, string>) {
	const child = spawn(process.execPath, [join(root, main)], {
		cwd: folder,
		env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, [END_WITH_PARENT]: '1', ...environment },
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	const said: string[] = [];
	createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
	return { child, said, ready: once(createInterface({ input: child.stdout }), 'line'), ended: once(child, 'close') };
}

for (const [name, main, greeting] of [
	['validator', 'workers/validator-main.ts', 'INFO vramhub_validator: Validator starting uid=0'],
	['aggregator', 'workers/aggregator-main.ts', 'INFO vramhub_aggregator: Aggregator starting uid=0'],
] as const) {
	test(`the ${name} runs by the documented names alone, and ends in good order`, async () => {
		const { child, said, ready, ended } = daemon(main, names);
		try {
			const [line] = (await Promise.race([ready, ended.then(() => assert.fail(said.join('\n')))])) as [string];
			assert.deepEqual(JSON.parse(line), { ready: true, validatorUid: 0 });
			assert.equal(said[0], greeting);
			assert.ok(!said.join('\n').includes(wallet.getSecretKey()));
			child.kill('SIGTERM');
			assert.deepEqual(await ended, [0, null]);
		} finally {
			child.kill('SIGKILL');
		}
	});

	test(`the ${name} ends with 2 and a name when a setting is missing`, async () => {
		const { VRAMHUB_SEAL_KEY_SERVER_IDS: _, ...without } = names;
		const { said, ended } = daemon(main, without);
		assert.deepEqual(await ended, [2, null]);
		assert.match(said.join('\n'), /VRAMHUB_SEAL_KEY_SERVER_IDS is not set/);
	});
}

test('the driver of the validator is on Temporal under its readable id', async () => {
	const { type } = await temporal.client.workflow.getHandle(driverWorkflowId(chain.objects.network, 0)).describe();
	assert.equal(type, 'gradientDriver');
});
