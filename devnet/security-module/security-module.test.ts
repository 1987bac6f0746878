import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { toHex } from '#core/bytes.ts';
import { createDevelopmentRoot } from '#devnet/nitro/mint.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { encodeFrame, encodeNsmRequest, NSM_SOCKET_VARIABLE, NSM_TOKEN_VARIABLE, requestAttestation } from '#runtime/nsm-protocol.ts';
import { loadedBy, measureProgram } from './measure.ts';
import { chainClock, startSecurityModule } from './security-module.ts';

const PROGRAM = 'devnet/security-module/attesting.fixture.ts';
const NOW = 1_774_380_000_000n;

async function checkoutOf(t: TestContext, files: Record<string, string>) {
	const root = await mkdtemp(join(tmpdir(), 'vramhub measured '));
	t.after(() => rm(root, { recursive: true, force: true }));
	const put = async (path: string, text: string) => {
		await mkdir(join(root, path, '..'), { recursive: true });
		await writeFile(join(root, path), text);
	};
	await put('package.json', '{"type":"module","imports":{"#core/*":"./core/*"}}');
	await put('package-lock.json', '{}');
	for (const [path, text] of Object.entries(files)) await put(path, text);
	return { put, measure: (entry = 'enclave/main.ts') => measureProgram(entry, { root, executable: join(root, 'package.json') }) };
}

const PROGRAM_FILES = {
	'enclave/main.ts': "import { a } from '#core/a.ts';\nimport './b.ts';\nimport type { T } from './types.ts';\nimport fs from 'node:fs';\n",
	'enclave/b.ts': "export { c } from './c.ts';\nconst worker = new Worker(new URL('./worker.ts', import.meta.url));\n",
	'enclave/c.ts': "export const c = async () => (await import('../core/lazy.ts')).lazy;\n",
	'enclave/worker.ts': "import { b } from './b.ts';\n",
	'enclave/types.ts': 'export type T = number;\n',
	'enclave/unused.ts': '',
	'core/a.ts': 'export const a = 1;\n',
	'core/lazy.ts': 'export const lazy = 1;\n',
};

test('the closure is what the program loads: imports, re-exports, dynamic imports and workers, not types', async (t) => {
	const { measure } = await checkoutOf(t, PROGRAM_FILES);
	const { files } = await measure();
	assert.deepEqual(
		files.map(({ path }) => path),
		['core/a.ts', 'core/lazy.ts', 'enclave/b.ts', 'enclave/c.ts', 'enclave/main.ts', 'enclave/worker.ts', 'package-lock.json', 'package.json'],
	);
});

test('PCR0 changes with every file of the closure and with no other', async (t) => {
	const { put, measure } = await checkoutOf(t, PROGRAM_FILES);
	const original = await measure();
	const seen = new Set([toHex(original.pcr0)]);
	for (const { path } of original.files.filter(({ path }) => path.endsWith('.ts'))) {
		await put(path, `${PROGRAM_FILES[path as keyof typeof PROGRAM_FILES]} `);
		seen.add(toHex((await measure()).pcr0));
	}
	assert.equal(seen.size, 7);
	const before = await measure();
	await put('enclave/unused.ts', 'changed');
	await put('enclave/types.ts', 'changed');
	assert.deepEqual(await measure(), before);
	await put('package-lock.json', '{ }');
	const relocked = await measure();
	assert.notDeepEqual(relocked.pcr0, before.pcr0);
	assert.deepEqual([relocked.pcr1, relocked.pcr2], [before.pcr1, before.pcr2]);
	assert.notDeepEqual((await measure('enclave/worker.ts')).pcr2, before.pcr2);
	for (const pcr of [before.pcr0, before.pcr1, before.pcr2]) assert.equal(pcr.length, 48);
});

test('what cannot be followed is refused', async (t) => {
	const { put, measure } = await checkoutOf(t, {});
	for (const text of ["import './missing.ts';", "import '#other/x.ts';", "import '../../x.ts';", 'await import(process.argv[2]);']) {
		await put('enclave/main.ts', text);
		await assert.rejects(measure(), { code: 'BAD_CONFIGURATION' }, text);
	}
	assert.deepEqual(loadedBy("import {\n\ta,\n\ttype B,\n} from './a.ts';\nexport type { C } from './c.ts';\nexport * from './d.ts';", 'x'), [
		'./a.ts',
		'./d.ts',
	]);
});

test('vouches for the program that it started, and for nobody else', async (t) => {
	const root = createDevelopmentRoot();
	const measured = await measureProgram(PROGRAM);
	process.env.NODE_OPTIONS_PROBE = 'host';
	const enclave = await startSecurityModule({ root, program: PROGRAM, args: ['--port', '0'], now: async () => NOW, output: 'pipe' });
	t.after(() => enclave.stop());
	const [line] = (await once(createInterface({ input: enclave.child.stdout! }), 'line')) as [string];
	const said = JSON.parse(line) as { document: string; environment: Record<string, string>; args: string[] };
	const document = createNitroVerifier({ roots: [root.certificate] })(new Uint8Array(Buffer.from(said.document, 'hex')), NOW);
	assert.deepEqual(
		document.pcrs,
		[measured.pcr0, measured.pcr1, measured.pcr2].map((value, index) => ({ index, value })),
	);
	assert.deepEqual(document.publicKey, new Uint8Array(32).fill(5));
	assert.equal(new TextDecoder().decode(document.userData), 'bound');
	assert.equal(document.timestampMs, NOW);
	assert.deepEqual(said.args, ['--port', '0']);
	assert.equal(said.environment.NODE_OPTIONS_PROBE, undefined, 'the environment of the host does not reach the program');
	assert.equal(said.environment.PATH, undefined);

	const socketPath = said.environment[NSM_SOCKET_VARIABLE]!;
	assert.ok(Buffer.byteLength(socketPath) < 108);
	const stranger = { socketPath, token: '00'.repeat(32) };
	await assert.rejects(requestAttestation({ publicKey: new Uint8Array(32) }, stranger), { code: 'ENCLAVE_UNAVAILABLE' });
	const known = { socketPath, token: said.environment[NSM_TOKEN_VARIABLE]! };
	await assert.rejects(requestAttestation({ userData: new Uint8Array(513) }, known), { code: 'ENCLAVE_REFUSED' });

	// Without a token, with a frame that is too long, with nonsense: closed without an answer.
	for (const bytes of [encodeFrame(encodeNsmRequest({})), Uint8Array.of(0xff, 0xff, 0xff, 0xff), new Uint8Array(8)]) {
		const socket = connect(socketPath);
		let answered = 0;
		socket.on('data', (chunk) => (answered += chunk.length)).on('error', () => {});
		socket.write(bytes);
		await once(socket, 'close');
		assert.equal(answered, 0);
	}
	await enclave.stop();
	await assert.rejects(requestAttestation({}, known), { code: 'ENCLAVE_UNAVAILABLE' });
});

test('a program that is not there', async () => {
	await assert.rejects(startSecurityModule({ root: createDevelopmentRoot(), program: 'enclave/none.ts' }), { code: 'BAD_CONFIGURATION' });
});

test('the time of documents is the chain clock, wherever that stands', async (t) => {
	const devnet = await startDevnet({ genesisTimeMs: Number(NOW) });
	t.after(() => devnet.stop());
	const clock = chainClock(devnet.url);
	const first = await clock();
	assert.ok(first >= NOW && first < NOW + 60_000n, `${first}`);
	devnet.advanceClock(3_600_000);
	assert.ok((await clock()) >= first + 3_600_000n);
	await devnet.stop();
	await assert.rejects(clock(), { code: 'CHAIN_UNAVAILABLE' });
});
