import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { toHex } from '#core/bytes.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { type AttestationFields, decodeNsmRequest, encodeFrame, encodeNsmResponse, FrameReader } from '#runtime/nsm-protocol.ts';

const TOKEN = 'cd'.repeat(32);
const asked: AttestationFields[] = [];
const children: ChildProcess[] = [];
let directory: string;
let socketPath: string;

/** The module's side of the protocol: answers everything with a document of one byte. */
const module = createServer((socket) => {
	const reader = new FrameReader();
	let authenticated = false;
	socket.on('data', (chunk) => {
		for (const frame of reader.push(chunk)) {
			if (!authenticated) {
				authenticated = toHex(frame) === TOKEN;
				if (!authenticated) socket.destroy();
				continue;
			}
			asked.push(decodeNsmRequest(frame));
			socket.write(encodeFrame(encodeNsmResponse({ kind: 'document', document: Uint8Array.of(0xd2) })));
		}
	});
});

before(async () => {
	directory = await mkdtemp(join(tmpdir(), 'vramhub-nsm-'));
	socketPath = join(directory, 'nsm.sock');
	module.listen(socketPath);
	await once(module, 'listening');
});
after(async () => {
	// Those that a failed test left.
	for (const child of children) child.kill('SIGKILL');
	module.close();
	await rm(directory, { recursive: true });
});

function start(environment: Record<string, string>): ChildProcess {
	const child = spawn(process.execPath, [join(import.meta.dirname, '../enclave/main.ts'), '--port', '0'], {
		env: { PATH: process.env.PATH, ...environment },
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	children.push(child);
	return child;
}

async function ready(child: ChildProcess): Promise<{ url: string; port: number; public_key: string; ready: boolean }> {
	const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
	return JSON.parse(line);
}

test('serves, has its key attested for a validator, and ends on SIGTERM', async () => {
	const child = start({ VRAMHUB_NSM_SOCKET: socketPath, VRAMHUB_NSM_TOKEN: TOKEN });
	const exit = once(child, 'exit');
	const facts = await ready(child);
	assert.equal(facts.ready, true);
	const client = new EnclaveClient({ url: facts.url });
	await client.health();
	const binding = { network: `0x${'0a'.repeat(32)}`, validatorUid: 3, validatorGeneration: 1, owner: `0x${'0b'.repeat(32)}` };
	const answer = await client.attestation({ network: binding.network, validator_uid: 3, validator_generation: 1, owner: binding.owner });
	assert.deepEqual(answer, { attestation_document: 'd2', public_key: facts.public_key });
	assert.deepEqual(toHex(asked.at(-1)!.publicKey!), facts.public_key);
	assert.deepEqual(asked.at(-1)!.userData, enclaveUserData(binding));
	child.kill('SIGTERM');
	assert.deepEqual(await exit, [0, null]);
});

test('ends with its supervisor, and every start has another key', async () => {
	const keys = new Set<string>();
	for (let i = 0; i < 2; i++) {
		const child = start({ VRAMHUB_NSM_SOCKET: socketPath, VRAMHUB_NSM_TOKEN: TOKEN, [END_WITH_PARENT]: '1' });
		const exit = once(child, 'exit');
		keys.add((await ready(child)).public_key);
		child.stdin!.end();
		assert.deepEqual(await exit, [0, null]);
	}
	assert.equal(keys.size, 2);
});

test('without a security module it does not start; with a wrong token there is no document', async () => {
	const alone = start({});
	assert.equal((await once(alone, 'exit'))[0], 2);
	const child = start({ VRAMHUB_NSM_SOCKET: socketPath, VRAMHUB_NSM_TOKEN: 'ee'.repeat(32) });
	const exit = once(child, 'exit');
	const { url } = await ready(child);
	await assert.rejects(new EnclaveClient({ url }).attestation(), { code: 'ENCLAVE_UNAVAILABLE' });
	child.kill('SIGTERM');
	await exit;
});
