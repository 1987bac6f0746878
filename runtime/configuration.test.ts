import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseEnv, promisify } from 'node:util';
import type { VramhubError } from '#core/errors.ts';
import { type AddressBook, writeAddressBook } from '#runtime/address-book.ts';
import { loadConfiguration, type SettingName } from '#runtime/configuration.ts';
import { deploymentOf, envFileOf, requireComplete } from '#runtime/deployment.ts';
import { redact } from '#runtime/redact.ts';
import { addressBookFile } from '#runtime/state-folder.ts';

const folder = await mkdtemp(join(tmpdir(), 'vramhub-configuration-'));
after(() => rm(folder, { recursive: true, force: true }));
let files = 0;

async function settingsFile(text: string): Promise<string> {
	const file = join(folder, `env-${files++}`);
	await writeFile(file, text);
	return file;
}

const id = (digit: string) => `0x${digit.repeat(64)}`;
const book: AddressBook = {
	format: 1,
	chain: { rpcUrl: 'http://127.0.0.1:9000', faucetUrl: 'http://127.0.0.1:9000', chainId: 'chain' },
	packageId: id('1'),
	objects: {
		network: id('2'),
		hparams: id('3'),
		vault: id('4'),
		peerRegistry: id('5'),
		validatorRegistry: id('6'),
		enclaveRegistry: id('7'),
		gradientRegistry: id('8'),
		roundState: id('9'),
		scoreLedger: id('a'),
		consensus: id('b'),
		rewardPool: id('c'),
	},
	seal: { threshold: 2, keyServers: [id('d'), id('e'), id('f')].map((objectId) => ({ objectId, url: 'http://127.0.0.1:1' })) },
	objectStore: { endpoint: 'http://127.0.0.1:8333', auditBucket: 'audit' },
	temporal: { address: '127.0.0.1:7000', namespace: 'vramhub', uiUrl: 'http://127.0.0.1:8000' },
	validators: [{ uid: 0, generation: 1, owner: id('0'), enclaveUrl: 'http://127.0.0.1:3100' }],
	model: { manifest: 'model/m', graph: 'model/g', trainingGraph: 'model/t', genesisCheckpoint: 'model/c', corpus: 'model/x' },
};
const nothing = async () => ({});

test('flags come before the environment, that before the file, that before defaults', async () => {
	const envFile = await settingsFile('VRAMHUB_SEAL_THRESHOLD=4\nVRAMHUB_VALIDATOR_UID=4\nVRAMHUB_MINER_UID=4\n');
	const configuration = loadConfiguration({
		flags: { VRAMHUB_VALIDATOR_UID: '2', VRAMHUB_MINER_UID: undefined },
		environment: { VRAMHUB_VALIDATOR_UID: '3', VRAMHUB_MINER_UID: '3', VRAMHUB_SEAL_THRESHOLD: '' },
		envFile,
	});
	const both = (name: SettingName) => [configuration.get(name), configuration.sourceOf(name)];
	assert.deepEqual(both('VRAMHUB_VALIDATOR_UID'), [2, 'flag']);
	assert.deepEqual(both('VRAMHUB_MINER_UID'), [3, 'environment']);
	assert.deepEqual(both('VRAMHUB_SEAL_THRESHOLD'), [4, 'file'], 'an empty value is none');
	assert.deepEqual(both('VRAMHUB_TEMPORAL_ADDRESS'), ['127.0.0.1:7233', 'default']);
	assert.deepEqual(both('VRAMHUB_DATA'), [undefined, undefined]);
});

test('ids take Sui’s short form, lists take spaces', async () => {
	const configuration = loadConfiguration({ environment: { VRAMHUB_PACKAGE_ID: '0x2A', VRAMHUB_SEAL_KEY_SERVER_IDS: ' 0x1, 0x2 ,' }, envFile: '/dev/null' });
	assert.equal(configuration.get('VRAMHUB_PACKAGE_ID'), `0x${'2a'.padStart(64, '0')}`);
	assert.deepEqual(configuration.get('VRAMHUB_SEAL_KEY_SERVER_IDS')?.map(BigInt), [1n, 2n]);
});

test('every wrong value is named at once; a secret is redacted and not repeated', () => {
	const environment = { VRAMHUB_SUI_RPC_URL: 'ftp://x', VRAMHUB_VALIDATOR_UID: '70000', VRAMHUB_WALLET_MNEMONIC: 'correct horse battery staple' };
	assert.throws(
		() => loadConfiguration({ environment, envFile: '/dev/null' }),
		({ code, message }: VramhubError) =>
			code === 'BAD_CONFIGURATION' && /VRAMHUB_SUI_RPC_URL is "ftp:\/\/x"/.test(message) && /VRAMHUB_VALIDATOR_UID is/.test(message),
	);
	assert.equal(redact('wallet: correct horse battery staple'), 'wallet: [redacted]');
	assert.throws(() => loadConfiguration({ environment: {}, envFile: '/dev/null' }).require('VRAMHUB_PACKAGE_ID'), /VRAMHUB_PACKAGE_ID is not set/);
	assert.throws(() => loadConfiguration({ flags: { VRAMHUB_WALLET_MNEMONIC: 'x' }, envFile: '/dev/null' }), { code: 'INVARIANT' });
	assert.throws(() => loadConfiguration({ envFile: join(folder, 'absent') }), { code: 'BAD_CONFIGURATION', message: /absent cannot be read \(ENOENT\)/ });
});

test('the environment file of a local network means the same to a shell, to Node, and without its first line', async () => {
	await writeAddressBook(addressBookFile(folder), book);
	const walletSecret = 'suiprivkey1 with words';
	const storage = { endpoint: 'http://127.0.0.1:8333', bucket: 'audit', accessKeyId: 'id', secretAccessKey: 'a-secret-key', prefix: 'v0/' };
	const text = envFileOf({ data: folder, book, validatorUid: 0, walletSecret, storage });
	const envFile = await settingsFile(text);
	const { stdout } = await promisify(execFile)('bash', ['-c', `source '${envFile}'; env -0`], { env: { PATH: process.env.PATH } });
	const sourced = Object.fromEntries(
		stdout
			.split('\0')
			.filter((line) => line.startsWith('VRAMHUB_'))
			.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
	);
	assert.deepEqual(sourced, { ...parseEnv(text) });
	assert.equal(sourced.VRAMHUB_WALLET_MNEMONIC, walletSecret);

	const local = await deploymentOf(loadConfiguration({ environment: sourced, envFile: '/dev/null' }), nothing);
	assert.deepEqual([local.kind, local.data, local.book], ['local', folder, book]);
	const { VRAMHUB_DATA: _, ...names } = sourced;
	const remote = await deploymentOf(loadConfiguration({ environment: names, envFile: '/dev/null' }), nothing);
	requireComplete(remote);
	assert.deepEqual([remote.kind, remote.modelRoot, remote.objectOrigins], ['remote', join(folder, 'model'), ['http://127.0.0.1:8333']]);
	assert.deepEqual({ ...remote.book.objects }, book.objects);
	assert.deepEqual(remote.book.validators, [{ uid: 0, enclaveUrl: 'http://127.0.0.1:3100' }]);
	assert.deepEqual(remote.book.seal, { threshold: 2, keyServers: book.seal.keyServers.map(({ objectId }) => ({ objectId })) });
	assert.throws(() => envFileOf({ data: "it's", book, validatorUid: 0, walletSecret }), { code: 'BAD_ARGUMENT' });
});

test('objects that are not named are found from the network, and the others are complained of when they are used', async () => {
	const environment = { VRAMHUB_SUI_RPC_URL: 'http://127.0.0.1:9000', VRAMHUB_PACKAGE_ID: '0x1', VRAMHUB_NETWORK_ID: id('2'), VRAMHUB_HPARAMS_ID: id('e') };
	const { vault, hparams } = book.objects;
	const deployment = await deploymentOf(loadConfiguration({ environment, envFile: '/dev/null' }), async (_url, network) => {
		assert.equal(network, id('2'));
		return { vault, hparams };
	});
	assert.equal(deployment.book.objects.vault, vault);
	assert.equal(deployment.book.objects.hparams, id('e'), 'what is set counts');
	assert.throws(() => deployment.book.objects.scoreLedger, { code: 'BAD_CONFIGURATION', message: /^VRAMHUB_SCORE_LEDGER_ID is not set/ });
	assert.throws(() => requireComplete(deployment), { code: 'BAD_CONFIGURATION' });
	assert.throws(() => deployment.book.seal, /VRAMHUB_SEAL_KEY_SERVER_IDS is not set/);
});
