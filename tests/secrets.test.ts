import assert from 'node:assert/strict';
import { execFile as execFileWithCallback } from 'node:child_process';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { decodeSuiPrivateKey } from '@mysten/sui/cryptography';
import { generateKeyPair, type KeyPair, MINERS_BUCKET, minerPrefix } from '#devnet/object-store/identities.ts';
import { NSM_TOKEN_VARIABLE } from '#runtime/nsm-protocol.ts';
import { environmentOf, eventually, type Scenario, type ScenarioProcess, startScenario } from '#tests/scenario/network.ts';
import { temporalBinary } from '../scripts/python-tools.mjs';

const execFile = promisify(execFileWithCallback);

/** Something that must be nowhere but where it belongs. */
interface Secret {
	readonly name: string;
	/** As text, as its raw bytes, or both. */
	readonly text?: string;
	readonly bytes?: Uint8Array;
}

/** A place where everybody looks, or where an operator copies from. */
interface Place {
	readonly kind: 'history' | 'payloads' | 'failures' | 'descriptions' | 'database' | 'logs' | 'metrics' | 'files';
	readonly name: string;
	readonly content: Uint8Array;
}

/** Base64 of any text that contains the bytes contains one of these: the three alignments, without the characters that depend on neighbours. */
function base64Forms(bytes: Uint8Array): string[] {
	return [0, 1, 2].map((shift) => {
		const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
		const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64');
		return whole.slice(shift === 0 ? 0 : 4);
	});
}

function formsOf({ text, bytes }: Secret): Buffer[] {
	const contents = [...(text === undefined ? [] : [Buffer.from(text)]), ...(bytes === undefined ? [] : [Buffer.from(bytes)])];
	return contents.flatMap((content) => {
		const base64 = base64Forms(content);
		const texts = [
			...base64,
			...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
			content.toString('hex'),
			content.toString('hex').toUpperCase(),
		];
		return [content, ...texts.map((form) => Buffer.from(form))];
	});
}

/** Every secret in every place, as `kind name: secret`. */
function leaks(places: readonly Place[], secrets: readonly Secret[]): string[] {
	const needles = secrets.map((secret) => ({ name: secret.name, forms: formsOf(secret) }));
	return places.flatMap(({ kind, name, content }) => {
		const haystack = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
		return needles.filter(({ forms }) => forms.some((form) => haystack.includes(form))).map((secret) => `${kind} ${name}: ${secret.name}`);
	});
}

/** Of Temporal's CommandType. */
const FAIL_WORKFLOW_EXECUTION = 5;

let scenario: Scenario;
let validator: ScenarioProcess;
let keysFile: string;
let secrets: Secret[];
const revoked = generateKeyPair();

before(async () => {
	scenario = await startScenario();
	keysFile = join(scenario.data, 'secrets', 'sessions');
	const miners = await scenario.equip(4, { changes: new Map([[2, { credentials: revoked }]]) });
	// A hostile store that sends back what it was sent, as an error: whoever reports the answer of a store reports a signature.
	scenario.front.rule = ({ request, response }) => {
		if (request.method !== 'GET' || request.url?.startsWith(`/${MINERS_BUCKET}/${minerPrefix(3)}`) !== true) return false;
		response.writeHead(500, `${request.headers.authorization}`.replaceAll(/[^ -~]/g, '')).end(JSON.stringify({ headers: request.headers, url: request.url }));
		return true;
	};
	const { chain, model, operator, admin, auditKeys } = scenario;
	const window = await scenario.openWindow();
	const gradients = await Promise.all(miners.map(({ uid }) => model.gradient(uid, window)));
	await Promise.all(miners.map((miner, i) => miner.commit(window, gradients[i]!)));
	await scenario.toPutOpen(window);
	await Promise.all(miners.map((miner, i) => miner.put(window, gradients[i]!)));
	await scenario.toPutClose(window);
	validator = await scenario.startValidator('quick', { VRAMHUB_TEST_KEYS: keysFile });
	const { miners: rows } = await scenario.scored(window);
	assert.deepEqual(
		rows.map(({ codeName }) => codeName),
		['scored', 'scored', 'forbidden', 'unavailable'],
		'failures that hold what they were about, and successes',
	);
	await eventually('the workflow’s end', () =>
		scenario.temporal.client.workflow
			.getHandle(scenario.windowWorkflow(window))
			.describe()
			.then(({ status }) => status.name !== 'RUNNING' || undefined),
	);

	// What is listed follows what happens with a delay.
	await eventually('the workflow in the list', async () => {
		for await (const { workflowId } of scenario.temporal.client.workflow.list()) if (workflowId === scenario.windowWorkflow(window)) return true;
		return undefined;
	});

	const keyPair = (name: string, { accessKeyId, secretAccessKey }: KeyPair): Secret[] => [
		{ name: `${name} secret key`, text: secretAccessKey },
		{ name: `${name} key id`, text: accessKeyId },
	];
	const suiKey = (name: string, text: string): Secret => ({ name, text, bytes: decodeSuiPrivateKey(text).secretKey });
	const sessions = (await readFile(keysFile, 'utf8')).trim().split('\n');
	const token = (await environmentOf(scenario.enclave().child.pid!))[NSM_TOKEN_VARIABLE];
	assert.ok(token !== undefined && sessions[0]?.startsWith('suiprivkey1'));
	secrets = [
		...miners.flatMap(({ uid, keys, signer }) => [
			...keyPair(`miner ${uid} write`, keys.write),
			...keyPair(`miner ${uid} read`, keys.read),
			suiKey(`miner ${uid} signing key`, signer.getSecretKey()),
		]),
		...keyPair('revoked', revoked),
		...keyPair('store admin', admin),
		...keyPair('audit', auditKeys),
		suiKey('operator', operator.getSecretKey()),
		suiKey('network admin', chain.admin.getSecretKey()),
		...sessions.map((text, i) => suiKey(`Seal session ${i}`, text)),
		...scenario.seal.keyServers.map((_, i): Secret => ({ name: `master key of key server ${i}`, bytes: new Uint8Array(32).fill(i + 1) })),
		{ name: 'security module token', text: token, bytes: Buffer.from(token, 'hex') },
		{ name: 'attestation root', bytes: chain.root.privateKey.export({ type: 'pkcs8', format: 'der' }) },
	];
});
after(() => scenario?.[Symbol.asyncDispose]());

/** Everything that is kept or shown, read now. */
async function places(): Promise<Place[]> {
	const { client, metricsUrl } = scenario.temporal;
	const found: Place[] = [];
	const add = (kind: Place['kind'], name: string, content: Uint8Array | string) =>
		found.push({ kind, name, content: typeof content === 'string' ? Buffer.from(content) : content });
	for await (const { workflowId, runId, raw } of client.workflow.list()) {
		const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
		add('history', workflowId, await shown(workflowId, runId));
		const { bytes, failures } = contentsOf(history);
		add('payloads', workflowId, Buffer.concat(bytes));
		add('failures', workflowId, JSON.stringify(failures));
		add('descriptions', workflowId, Buffer.concat(contentsOf(raw).bytes));
	}
	const sidecars = ['', '-wal', '-shm'];
	for (const sidecar of sidecars) {
		const content = await readFile(join(scenario.data, `temporal.db${sidecar}`)).catch(() => undefined);
		if (content !== undefined) add('database', `temporal.db${sidecar}`, content);
	}
	for (const name of await readdir(join(scenario.data, 'logs'))) add('logs', name, await readFile(join(scenario.data, 'logs', name)));
	add('metrics', metricsUrl, await (await fetch(metricsUrl)).text());
	for (const entry of await readdir(scenario.data, { recursive: true, withFileTypes: true })) {
		const file = join(entry.parentPath, entry.name);
		const name = relative(scenario.data, file);
		// Where keys belong: the folder of secrets, and the store's own configuration of its identities.
		if (!entry.isFile() || /^(secrets|objects|logs)\/|^temporal\.db/.test(name)) continue;
		add('files', name, await readFile(file));
	}
	return found;
}

/** A history as an operator exports it, payloads in base64. */
async function shown(workflowId: string, runId: string): Promise<string> {
	const { address, client } = scenario.temporal;
	const where = ['--address', address, '--namespace', client.options.namespace, '--disable-config-env', '--disable-config-file'];
	const what = ['--workflow-id', workflowId, '--run-id', runId, '--output', 'json', '--no-json-shorthand-payloads'];
	return (await execFile(await temporalBinary(), ['workflow', 'show', ...what, ...where], { maxBuffer: 64 * 1024 * 1024 })).stdout;
}

/** Payload bytes, and the texts of failures, wherever they are in a history. */
function contentsOf(value: unknown): { bytes: Uint8Array[]; failures: string[] } {
	const bytes: Uint8Array[] = [];
	const failures: string[] = [];
	const visit = (part: unknown, inFailure: boolean) => {
		if (part instanceof Uint8Array) bytes.push(part);
		else if (typeof part === 'string' && inFailure) failures.push(part);
		else if (typeof part === 'object' && part !== null)
			for (const [key, inner] of Object.entries(part)) visit(inner, inFailure || /failure$|^cause$/i.test(key));
	};
	visit(value, false);
	return { bytes, failures };
}

test('no credential is in a history, a failure, the database, a log, a metric or a file', { timeout: 300_000 }, async () => {
	const searched = await places();
	for (const kind of ['history', 'payloads', 'failures', 'descriptions', 'database', 'logs', 'metrics', 'files'] as const)
		assert.ok(
			searched.some((place) => place.kind === kind && place.content.length > 100),
			`there is something of kind ${kind}`,
		);
	const failures = searched.filter(({ kind }) => kind === 'failures').map(({ content }) => Buffer.from(content).toString());
	assert.ok(
		failures.some((text) => text.includes('OBJECT_UNAVAILABLE')),
		'failures are among what is searched',
	);
	// A store's own log names the ids of keys that it refuses: S3 sends ids in the clear, what they open it never learns from a validator.
	const isStoreLog = ({ name }: Place) => name === 'object-store.log';
	assert.deepEqual(
		leaks(
			searched.filter((place) => !isStoreLog(place)),
			secrets,
		),
		[],
	);
	assert.deepEqual(
		leaks(
			searched.filter(isStoreLog),
			secrets.filter(({ name }) => !name.endsWith('key id')),
		),
		[],
	);
});

test('a planted leak is found in each of those places, plain and encoded', { timeout: 300_000 }, async () => {
	const planted: Secret = { name: 'planted', text: generateKeyPair().secretAccessKey };
	const secret = planted.text!;
	assert.deepEqual(leaks(await places(), [planted]), []);

	const { client } = scenario.temporal;
	const taskQueue = { name: 'nobody' };
	const start = (workflowId: string, args: unknown[]) => client.workflow.start('leak', { workflowId, taskQueue: taskQueue.name, args, memo: { note: 'none' } });
	await start('leak/plain', [{ credentials: { secretAccessKey: secret } }]);
	await start('leak/base64', [{ blob: Buffer.from(`{"k":"${secret}"}`).toString('base64') }]);
	await client.workflow.start('leak', { workflowId: 'leak/memo', taskQueue: 'elsewhere', args: [], memo: { note: secret } });
	const task = await client.withDeadline(Date.now() + 20_000, () =>
		client.workflowService.pollWorkflowTaskQueue({ namespace: client.options.namespace, taskQueue, identity: 'test' }),
	);
	await client.workflowService.respondWorkflowTaskCompleted({
		taskToken: task.taskToken,
		namespace: client.options.namespace,
		identity: 'test',
		commands: [
			{
				commandType: FAIL_WORKFLOW_EXECUTION,
				failWorkflowExecutionCommandAttributes: { failure: { message: `GET failed: Signature ${secret}`, applicationFailureInfo: { type: 'LEAK' } } },
			},
		],
	});
	await appendFile(join(scenario.data, 'logs', 'planted'), `INFO somebody: using ${secret}\n`);
	await writeFile(join(scenario.data, 'planted'), Buffer.from(`  ${secret}`).toString('hex'));

	const searched = await eventually('the visibility of what was started', async () => {
		const all = await places();
		return ['leak/plain', 'leak/base64', 'leak/memo'].every((id) => all.some(({ name }) => name === id)) ? all : undefined;
	});
	// A metric cannot be planted from outside: what a server would answer is searched in its place.
	const metrics = searched.find(({ kind }) => kind === 'metrics')!;
	searched.push({ ...metrics, content: Buffer.from(`${Buffer.from(metrics.content)}leak_total{key="${secret}"} 1\n`) });
	const found = leaks(searched, [planted]);
	const at = (place: string) => assert.ok(found.includes(`${place}: planted`), `not found: ${place}; found: ${found.join('; ')}`);
	for (const place of [
		...['history leak/plain', 'payloads leak/plain', 'payloads leak/base64'],
		...['descriptions leak/memo', 'logs planted', 'files planted', `metrics ${metrics.name}`],
	])
		at(place);
	assert.ok(
		found.some((place) => place.startsWith('failures leak/')),
		'in a failure',
	);
	assert.ok(
		found.some((place) => place.startsWith('database temporal.db')),
		'in the database',
	);
	assert.ok(validator.alive);
});
