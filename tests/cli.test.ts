import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { signAttestation } from '#clients/chain/sign-attestation.ts';
import { walletOf } from '#clients/chain/wallet.ts';
import { toHex } from '#core/bytes.ts';
import { windowStartMs } from '#core/window.ts';
import { createSigningKey, type SigningKey } from '#enclave/keys.ts';
import { type EnclaveServer, startEnclaveServer } from '#enclave/server.ts';
import { freePorts } from '#runtime/free-port.ts';
import { createLogger } from '#runtime/log.ts';
import { payloadFor, rowsFor } from '#tests/helpers/payload.ts';
import { startSealServers, type TestSealServers } from '#tests/helpers/seal-servers.ts';
import { startTestChain, TEST_PCRS, type TestChain } from '#tests/helpers/test-chain.ts';

const main = join(import.meta.dirname, '../cli/main.ts');
/** Nothing of a network; what Node has made of the sources is kept between commands. */
const BARE = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
const MNEMONIC = 'test test test test test test test test test test test junk';
const SECRET_KEY = 'the-secret-access-key-of-this-test';

let chain: TestChain;
let seal: TestSealServers;
let enclave: EnclaveServer;
let signing: SigningKey;
let folder: string;
let names: Record<string, string>;

before(async () => {
	chain = await startTestChain({ windowSeconds: 600 });
	seal = await startSealServers(chain);
	folder = await mkdtemp(join(tmpdir(), 'vramhub-cli-'));
	await requestSuiFromFaucetV2({ host: chain.rpcUrl, recipient: walletOf(MNEMONIC).toSuiAddress() });
	await startEnclave(0);
	// Of the objects only the network is named: the rest is found from it.
	names = {
		VRAMHUB_SUI_RPC_URL: chain.rpcUrl,
		VRAMHUB_WALLET_MNEMONIC: MNEMONIC,
		VRAMHUB_PACKAGE_ID: chain.packageId,
		VRAMHUB_NETWORK_ID: chain.objects.network,
		VRAMHUB_VALIDATOR_UID: '0',
		VRAMHUB_NAUTILUS_URL: enclave.url,
		VRAMHUB_SEAL_KEY_SERVER_IDS: seal.keyServers.join(', '),
		VRAMHUB_R2_ENDPOINT: 'https://account.r2.example',
		VRAMHUB_R2_BUCKET: 'gradients',
		VRAMHUB_R2_ACCESS_KEY_ID: 'read-key-id',
		VRAMHUB_R2_SECRET_ACCESS_KEY: SECRET_KEY,
		VRAMHUB_R2_PREFIX: 'm0/',
	};
	await writeEnvFile(names);
});
after(async () => {
	await enclave?.[Symbol.asyncDispose]();
	await seal?.stop();
	await chain?.stop();
	await rm(folder, { recursive: true, force: true });
});

async function startEnclave(port: number): Promise<void> {
	signing = createSigningKey();
	const mint = async ({ publicKey, userData }: { publicKey: Uint8Array; userData?: Uint8Array }) =>
		chain.minter.mint({ timestampMs: await chain.reader.clockMs(), pcrs: new Map(TEST_PCRS.map((pcr, i) => [i, pcr])), publicKey, userData, nonce: undefined });
	enclave = await startEnclaveServer({ key: signing, attester: { attest: mint }, cpuClass: 1, log: createLogger({ target: 'test', write: () => {} }), port });
}

function writeEnvFile(values: Record<string, string>): Promise<void> {
	const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
	return writeFile(join(folder, '.env'), lines.join(''));
}

interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** The command in a process of its own, in a folder whose `.env` describes the network; nothing else is in its environment. */
async function cli(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
	const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...BARE, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
	let stdout = '';
	let stderr = '';
	child.stdout.on('data', (chunk) => {
		stdout += chunk;
	});
	child.stderr.on('data', (chunk) => {
		stderr += chunk;
	});
	const [code] = (await once(child, 'close')) as [number | null];
	for (const secret of [MNEMONIC, SECRET_KEY]) assert.ok(!`${stdout}${stderr}`.includes(secret), 'a secret was printed');
	return { code, stdout, stderr };
}

async function ok(args: readonly string[], environment?: Record<string, string>): Promise<string> {
	const { code, stdout, stderr } = await cli(args, environment);
	assert.equal(code, 0, stderr);
	return stdout;
}

const okJson = async (args: readonly string[], environment?: Record<string, string>) => JSON.parse(await ok([...args, '--json'], environment));

/** Exit code and error code of a command that fails; `--json` puts the error on standard output. */
async function failure(args: readonly string[], environment?: Record<string, string>): Promise<{ code: number | null; error: string; message: string }> {
	const { code, stdout } = await cli([...args, '--json'], environment);
	const { error } = JSON.parse(stdout) as { error: { code: string; message: string; docs: string } };
	assert.equal(error.docs, `docs/errors.md#${error.code.toLowerCase()}`);
	return { code, error: error.code, message: error.message };
}

test('help loads no SDK', async () => {
	const loaded = join(folder, 'loaded');
	const preload = `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
		registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`;
	const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
	for (const args of [['--help'], ['scores', '--help'], ['demo', '--help']]) assert.match(await ok(args, environment), /USAGE/);
	const modules = (await readFile(loaded, 'utf8')).split('\n').filter((url) => url !== '' && !url.startsWith('node:') && !url.startsWith('data:'));
	const kinds = new Set(
		modules.map(
			(url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? url.replace(/.*\/(cli|core|runtime)\//, '$1/').replace(/^cli\/routes\/.*/, 'cli/routes'),
		),
	);
	assert.deepEqual([...kinds].sort(), ['@stricli/core', 'cli/main.ts', 'cli/routes', 'core/errors.ts', 'runtime/state-folder.ts']);
});

test('current-window prints the number alone', async () => {
	assert.equal(await ok(['current-window']), `${await chain.currentWindow()}\n`);
	assert.deepEqual(await okJson(['current-window']), { window: Number(await chain.currentWindow()) });
});

test('bad usage is 2, on standard error, and as data with --json', async () => {
	assert.deepEqual(await failure(['scores']), { code: 2, error: 'BAD_ARGUMENT', message: 'Expected input for flag --window' });
	assert.equal((await failure(['nonsense'])).code, 2);
	assert.equal((await failure(['scores', '--window', 'x'])).code, 2);
	assert.equal((await failure(['register-miner', '--stake', '1.0000000001'])).error, 'BAD_ARGUMENT');
	const plain = await cli(['scores']);
	assert.deepEqual([plain.code, plain.stdout], [2, '']);
});

test('a missing or wrong setting is named', async () => {
	const { VRAMHUB_NETWORK_ID: _, ...without } = names;
	await writeEnvFile(without);
	assert.deepEqual(await failure(['current-window']), {
		code: 2,
		error: 'BAD_CONFIGURATION',
		message: 'VRAMHUB_NETWORK_ID is not set: the Network object; object ids that are not set are found from it',
	});
	await writeEnvFile(names);
	const wrong = await failure(['current-window'], { VRAMHUB_PACKAGE_ID: 'zero', VRAMHUB_SEAL_THRESHOLD: '0' });
	assert.equal(wrong.code, 2);
	assert.match(wrong.message, /VRAMHUB_PACKAGE_ID is "zero".*\nVRAMHUB_SEAL_THRESHOLD is "0"/);
	assert.equal((await failure(['register-miner'], { VRAMHUB_WALLET_MNEMONIC: 'not twelve words' })).code, 2);
	assert.equal((await failure(['status', '--settings', 'absent'])).code, 2);
});

test('a chain that is not there is 5', async () => {
	const [port] = await freePorts(1);
	assert.deepEqual((await failure(['current-window', '--rpc-url', `http://127.0.0.1:${port}`])).code, 5);
});

test('config shows what is in force and whence, and no secret', async () => {
	await writeFile(join(folder, 'other'), 'VRAMHUB_SEAL_TRESHOLD=3\nVRAMHUB_SEAL_THRESHOLD=3\nVRAMHUB_WALLET_MNEMONIC=secret words\n');
	const { settings, unknown } = await okJson(['config', '--settings', 'other', '--validator-uid', '7'], { VRAMHUB_VALIDATOR_UID: '6' });
	assert.deepEqual(settings.VRAMHUB_VALIDATOR_UID, { value: '7', source: 'flag' });
	assert.deepEqual(settings.VRAMHUB_SEAL_THRESHOLD, { value: '3', source: 'file' });
	assert.deepEqual(settings.VRAMHUB_WALLET_MNEMONIC, { value: '[redacted]', source: 'file' });
	assert.deepEqual(settings.VRAMHUB_TEMPORAL_ADDRESS, { value: '127.0.0.1:7233', source: 'default' });
	assert.deepEqual(unknown, ['VRAMHUB_SEAL_TRESHOLD']);
	assert.match(await ok(['config'], { VRAMHUB_SEAL_THRESHOLD: '1' }), /environment +VRAMHUB_SEAL_THRESHOLD {2}1\n/);
});

test('a validator registers once; an unknown one is 3', async () => {
	assert.deepEqual(await failure(['status']), { code: 3, error: 'CHAIN_OBJECT_MISSING', message: 'validator 0 is not registered' });
	assert.equal((await failure(['register-validator', '--stake', '0.5'])).code, 1, 'the contract refuses too little');
	assert.equal(await ok(['register-validator', '--stake', '12.5']), '0\n');
	assert.deepEqual(await okJson(['register-validator']), { uid: 0, generation: 1, stakeMist: '12500000000', tx: null });
	assert.equal((await chain.reader.validator(0))?.stake, 12_500_000_000n);
	const status = await okJson(['status']);
	assert.equal(status.enclave, null);
	assert.equal(status.lastSubmission, null);
	assert.deepEqual(
		{ ...status.contracts, upgradeVault: status.contracts.upgradeVault.slice(0, 2) },
		{ version: 1, upgradeVault: '0x', upgradeFromWindow: null },
	);
});

test('miners register and set their credentials', async () => {
	assert.equal(await ok(['register-miner']), '0\n');
	assert.equal((await okJson(['register-miner'])).tx, null);
	assert.equal(await ok(['set-credentials']), '1\n');
	const miner = (await chain.reader.miner(0))!;
	assert.equal(miner.credVersion, 1);
	assert.ok(!Buffer.from(miner.credentials).includes(SECRET_KEY));
	const rotated = await okJson(['rotate-credentials', '--dry-run']);
	assert.deepEqual([rotated.tx, rotated.events[0].name, rotated.events[0].fields.cred_version], [null, 'CredentialsSet', 2]);
	assert.equal((await okJson(['set-credentials'])).credVersion, 2);
	assert.equal((await failure(['set-credentials', '--miner-uid', '9'])).code, 3);
	assert.match((await failure(['set-credentials'], { VRAMHUB_R2_BUCKET: '', VRAMHUB_R2_PREFIX: 'm0' })).message, /VRAMHUB_R2_PREFIX is "m0"/);
});

test('register-enclave registers the key that serves, again is success, and a restarted enclave has another', async () => {
	const register = ['register-enclave', '--enclave-url', enclave.url, '--validator-uid', '0'];
	assert.equal(await ok(register), `${toHex(signing.publicKey)}\n`);
	assert.equal((await okJson(register)).alreadyRegistered, true);
	const { port } = enclave;
	await enclave[Symbol.asyncDispose]();
	assert.deepEqual((await failure(register)).code, 5);
	await startEnclave(port);
	const { publicKey, tx } = await okJson(register);
	assert.equal(publicKey, toHex(signing.publicKey));
	assert.ok(tx);
	assert.deepEqual((await chain.reader.enclave(0))?.publicKey, signing.publicKey);
	assert.match(await ok(['status']), new RegExp(`enclave +${toHex(signing.publicKey)} since 20`));
	assert.equal((await failure(['register-enclave', '--validator-uid', '5'])).code, 3);
});

test('scores follow a window from open to scored, with the names of the codes', async () => {
	const { parameters, reader } = chain;
	const { windowDurationMs, values } = parameters;
	const other = chain.writerOf(await chain.fundedSigner());
	await other.registerMiner({ stakeMist: values.min_miner_stake_mist, operator: other.address });
	const window = (await chain.currentWindow()) + 1n;
	await chain.advanceTo(windowStartMs(window, windowDurationMs) + 1_000n);
	const scores = ['scores', '--window', String(window)];
	assert.equal(await ok(scores), `window ${window}: open\n`);
	assert.deepEqual(await okJson(scores), { window: Number(window), state: 'open', validators: [] });
	assert.equal((await failure(['scores', '--window', String(window + 1n)])).error, 'WINDOW_NOT_OPEN');

	const writer = chain.writerOf(walletOf(MNEMONIC));
	await writer.commitGradient({ uid: 0, window, sha256: new Uint8Array(32).fill(9), size: 1_000n, credVersion: 2 });
	await chain.advanceTo(windowStartMs(window, windowDurationMs) + values.put_window_open_ms);
	await writer.sealWindow(window);
	assert.equal(await ok(scores), `window ${window}: sealed\n`);

	const [record, roster, commitments] = await Promise.all([reader.windowRecord(window), reader.roster(window), reader.commitments(window)]);
	const payload = payloadFor({
		network: chain.objects.network,
		validatorUid: 0,
		validatorGeneration: 1,
		key: { publicKey: signing.publicKey, secretKey: new Uint8Array(32) },
		record: record!,
		miners: rowsFor(roster, commitments),
	});
	await chain.advanceTo(windowStartMs(window + 1n, windowDurationMs) + 1_000n);
	await writer.submitScores({ validatorUid: 0, window, payload, signature: signing.sign(payload) });
	const table = await ok(scores);
	assert.match(
		table,
		new RegExp(`^window ${window}: scored\n\nvalidator 0 · payload [0-9a-f]{16}\nminer  +own  random  proof of work  rating  weight  code\n`),
	);
	assert.match(table, /\n +0 +1000 +300 +0\.050 +0\.000 +1\.0000 {2}scored\n +1 +- +- +0\.000 +0\.000 +0\.0000 {2}not_committed\n$/);
	const { state, validators } = await okJson(scores);
	assert.equal(state, 'scored');
	assert.deepEqual(
		validators[0].miners.map(({ uid, own, codeName }: { uid: number; own: number; codeName: string }) => [uid, own, codeName]),
		[
			[0, 1000, 'scored'],
			[1, null, 'not_committed'],
		],
	);
	// These rows are made up: an absent miner's rating would have decayed, and that it is signed otherwise is said.
	const explain = ['explain', '--miner-uid', '0', '--window', String(window)];
	assert.match(await ok(explain), /own batch improved by 1000, random batch by 300 micro-nats[\s\S]*RECOMPUTING DIFFERS in the rows of the miners 1\n/);
	assert.deepEqual((await okJson(['explain', '--miner-uid', '1', '--window', String(window)])).validators[0].derivation.recomputed.differing, ['mu']);
	assert.equal((await failure(['explain', '--miner-uid', '9', '--window', String(window)])).code, 3);
	const status = await okJson(['status']);
	assert.equal(status.lastSubmission.window, Number(window));
	assert.deepEqual([status.lastSubmission.settledRows, status.windowsBehind, status.stakeMist], [2, 0, '12500000000']);

	await chain.advanceTo(windowStartMs(window + 4n, windowDurationMs));
	assert.equal((await okJson(['scores', '--window', String(window + 1n)])).state, 'void', 'nobody sealed it in time');
});

test('doctor names what is down: 5', async () => {
	const { code, stdout } = await cli(['doctor', '--json'], { VRAMHUB_TEMPORAL_ADDRESS: '127.0.0.1:1' });
	assert.equal(code, 5);
	const checks = JSON.parse(stdout).checks as { name: string; ok: boolean }[];
	const down = checks.filter(({ ok }) => !ok).map(({ name }) => name);
	assert.deepEqual(down, ['temporal', 'model files']);
	assert.deepEqual(checks.filter(({ ok, name }) => ok && name.startsWith('key server')).length, 3);
	await seal.running[1]!.close();
	const text = await cli(['doctor'], { VRAMHUB_TEMPORAL_ADDRESS: '127.0.0.1:1' });
	assert.match(text.stdout, new RegExp(`DOWN {2}key server ${seal.keyServers[1]!.slice(0, 12)}: ${seal.urls[1]} does not answer\n`));
});

test('devnet serves until a signal, and ends with 0', async () => {
	const child = spawn(process.execPath, [main, 'devnet', '--port', '0', '--json'], {
		cwd: folder,
		env: BARE,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
	const { url, chainId } = JSON.parse(line) as { url: string; chainId: string };
	assert.ok(url && chainId);
	child.kill('SIGTERM');
	assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('Ctrl-C ends a command that waits with 130', async () => {
	// A node that takes connections and never answers.
	const { createServer } = await import('node:net');
	const silent = createServer().listen(0, '127.0.0.1');
	await once(silent, 'listening');
	const { port } = silent.address() as { port: number };
	const child = spawn(process.execPath, [main, 'current-window', '--rpc-url', `http://127.0.0.1:${port}`], {
		cwd: folder,
		env: BARE,
		stdio: 'ignore',
	});
	const [socket] = (await once(silent, 'connection')) as [import('node:net').Socket];
	child.kill('SIGINT');
	assert.deepEqual(await once(child, 'exit'), [130, null]);
	socket.destroy();
	silent.close();
});

test('an act says what it would do, does it, and is refused by the contract’s name', async () => {
	const more = ['stake', '--role', 'validator', '--uid', '0', '--amount', '2'];
	const before = (await chain.reader.validator(0))!.stake;
	const trial = await ok([...more, '--dry-run']);
	assert.match(trial, /^StakeAdded .*amount=2000000000\nValidatorStakeChanged .*\ngas 0\.\d+ SUI\nnothing was sent: a dry run\n$/);
	assert.equal((await chain.reader.validator(0))!.stake, before);
	const { tx, gasMist, events } = await okJson(more);
	assert.ok(typeof tx === 'string' && BigInt(gasMist) > 0n && events.length === 2);
	assert.equal((await chain.reader.validator(0))!.stake, before + 2_000_000_000n);
	const refused = await failure(['withdraw', '--role', 'validator', '--uid', '0', '--dry-run']);
	assert.equal(refused.code, 1);
	assert.match(refused.message, /ENothingReleased/);
	assert.equal((await failure(['withdraw', '--role', 'miner', '--uid', '99'])).code, 3);
	assert.match((await failure(['claim', '--dry-run'])).message, /ENothingOwed/);
	const unknown = await failure(['set-hparams', '--set', 'top_k=8,colour=1', '--dry-run']);
	assert.deepEqual([unknown.code, unknown.message], [2, '--set: there is no parameter colour']);
	assert.equal((await failure(['pause', '--minutes', '5', '--dry-run'])).code, 1, 'this wallet does not administer the network');
});

test('the administrator’s acts say what they would do', async () => {
	const environment = { VRAMHUB_WALLET_MNEMONIC: chain.admin.getSecretKey() };
	const events = async (...args: string[]) => (await okJson([...args, '--dry-run'], environment)).events.map(({ name }: { name: string }) => name);
	const pcr = 'ab'.repeat(48);
	assert.deepEqual(await events('set-hparams', '--set', 'top_k=8'), ['HparamsProposed']);
	assert.deepEqual(await events('allow-pcr', '--pcr0', pcr, '--pcr1', pcr, '--pcr2', pcr), ['PcrSetAdded']);
	assert.deepEqual(await events('pause', '--minutes', '5'), ['NetworkPaused']);
	assert.deepEqual(await events('propose-upgrade'), ['UpgradeProposed']);
	assert.match((await failure(['migrate', '--dry-run'], environment)).message, /EWrongVersion/);
});

test('an attestation is signed by its operator and brought by another wallet', async () => {
	const boundary = ((await chain.currentWindow()) / 3n + 4n) * 3n;
	await chain.advanceTo(windowStartMs(boundary, chain.parameters.windowDurationMs));
	const of = ['--boundary', String(boundary), '--keep'];
	assert.equal((await failure(['sign-attestation', ...of])).code, 5, 'the window before the boundary may still be sealed');
	await chain.advanceTo(windowStartMs(boundary + 1n, chain.parameters.windowDurationMs));
	const trial = await ok(['attest-checkpoint', ...of, '--dry-run']);
	assert.match(trial, /^CheckpointAttested .*\nCheckpointAnchored .*\ngas 0\.\d+ SUI\nnothing was sent: a dry run\n$/);
	await writeFile(join(folder, 'signed.json'), await ok(['sign-attestation', ...of]));
	assert.equal(await ok(['sign-attestation', ...of]), await readFile(join(folder, 'signed.json'), 'utf8'));
	const contradiction = await failure(['sign-attestation', '--boundary', String(boundary), '--hash', 'ab'.repeat(32)]);
	assert.match(contradiction.message, /signed something else of boundary/);
	assert.equal(contradiction.code, 2);
	const relayed = await okJson(['relay-attestation', '--signed', 'signed.json'], { VRAMHUB_WALLET_MNEMONIC: chain.admin.getSecretKey() });
	assert.ok(relayed.tx !== null);
	assert.deepEqual((await chain.reader.boundary(boundary))?.outcome, { kind: 'keep' });
	assert.match((await failure(['attest-checkpoint', ...of])).message, /EAlready(Attested|Anchored)/);
	assert.equal((await failure(['attest-checkpoint', '--boundary', String(boundary)])).code, 2);
	assert.equal((await failure(['relay-attestation', '--signed', '.env'])).code, 2);
	assert.match(await ok(['set-operator', '--role', 'validator', '--uid', '0', '--operator', `0x${'7'.repeat(64)}`, '--dry-run']), /^ValidatorOperatorSet /);
	for (const role of ['miner', 'validator']) assert.match((await failure([`replace-${role}`, '--dry-run'])).message, /ENotFull/);
	assert.match((await failure(['prune', '--window', String(boundary), '--dry-run'])).message, /EKept/);
	// What it voted is no contradiction; anything else that it signed, with a program of its own, is.
	assert.match((await failure(['prove-equivocation', '--signed', 'signed.json'])).message, /ENoContradiction/);
	const said = JSON.parse(await readFile(join(folder, 'signed.json'), 'utf8')) as { validatorGeneration: number; mergeDigest: string };
	const otherwise = { validatorUid: 0, boundary, parentBoundary: 0n, hash: new Uint8Array(32).fill(7), mergeDigest: Buffer.from(said.mergeDigest, 'hex') };
	const generation = { network: chain.objects.network, validatorGeneration: said.validatorGeneration };
	const { signature } = await signAttestation(walletOf(MNEMONIC), otherwise, generation);
	const other = { ...said, hash: '07'.repeat(32), signature: Buffer.from(signature).toString('base64') };
	await writeFile(join(folder, 'other.json'), JSON.stringify(other));
	const proof = ['prove-equivocation', '--signed', 'signed.json', '--other', 'other.json', '--dry-run'];
	assert.match(await ok(proof), /EquivocationProved .*bounty=\d/);
});
