import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Client, Connection } from '@temporalio/client';
import type { SettledScores } from '#clients/chain/port.ts';
import { auditPrefix } from '#clients/objects/audit.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { windowWorkflowId } from '#core/gradient/names.ts';
import { windowAt, windowStartMs } from '#core/window.ts';
import { adminIdentity, generateKeyPair, type KeyPair, MINERS_BUCKET, type ObjectStoreIdentity } from '#devnet/object-store/identities.ts';
import { type ObjectStoreProcess, startObjectStore } from '#devnet/object-store/object-store.ts';
import { measureProgram } from '#devnet/security-module/measure.ts';
import { type SecurityModule, startSecurityModule } from '#devnet/security-module/security-module.ts';
import { temporalServerCommand, waitForTemporal } from '#devnet/temporal/server.ts';
import { type AddressBook, writeAddressBook } from '#runtime/address-book.ts';
import { freePorts } from '#runtime/free-port.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { addressBookFile, checkoutRoot, logFile, temporalDatabaseFile } from '#runtime/state-folder.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { writeValidatorSecrets } from '#runtime/validator-secrets.ts';
import { startSealServers, type TestSealServers } from '#tests/helpers/seal-servers.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { Gate } from '#tests/scenario/gate.ts';
import { type EquipOptions, equipMiners, type ScenarioMiner } from '#tests/scenario/miners.ts';
import { createScenarioModel, SCENARIO_HPARAMS, type ScenarioModel } from '#tests/scenario/model.ts';
import { temporalBinary, weedBinary } from '../../scripts/python-tools.mjs';

const ENCLAVE_PROGRAM = 'enclave/main.ts';
const WINDOW_SECONDS = 600;
/**
 * Chain time passes by itself as real time does, and jumps when a test says so. Commits have long; between the end of the put phase and
 * that of the window are 20 s, which is what a validator's patience with a slow store is measured by.
 */
const PHASES = { put_window_open_ms: 300_000n, put_window_close_ms: 580_000n } as const;
/** Whose audit prefix the store knows before it is registered. */
const FIRST_UID = 0;
export const AUDIT_BUCKET = 'audit';
const EVENT_DEADLINE_MS = 180_000;

/** A process of the network, its standard output and error in `<data>/logs` and at hand. */
export interface ScenarioProcess {
	readonly pid: number;
	readonly lines: readonly string[];
	readonly exited: Promise<unknown>;
	readonly alive: boolean;
	/** SIGKILL, and waits for the end. */
	kill(): Promise<void>;
	/** SIGTERM, and waits for the end. */
	stop(): Promise<void>;
}

export interface Scenario extends AsyncDisposable {
	readonly data: string;
	readonly chain: TestChain;
	readonly model: ScenarioModel;
	readonly seal: TestSealServers;
	readonly store: ObjectStoreProcess;
	/** What miners name as their endpoint and validators fetch from: the object store behind a gate. */
	readonly front: Gate;
	/** Between the validator and the chain, and between it and its enclave. */
	readonly rpc: Gate;
	readonly enclaveGate: Gate;
	readonly temporal: { readonly client: Client; readonly address: string; readonly metricsUrl: string; readonly process: ScenarioProcess };
	readonly operator: Ed25519Keypair;
	readonly admin: KeyPair;
	/** With which the validator writes what it publishes. */
	readonly auditKeys: KeyPair;
	readonly validatorUid: number;
	enclave(): SecurityModule;
	/** Starts the enclave again on its port, after its end. */
	restartEnclave(): Promise<void>;
	equip(count: number, options?: EquipOptions): Promise<ScenarioMiner[]>;
	/** `real`: workers/validator-main.ts. `quick`: the same with short heartbeat timeouts, for tests that kill it. */
	startValidator(kind: 'real' | 'quick', env?: Record<string, string>): Promise<ScenarioProcess>;
	/** The window that commitments may be made in now: the current one, or the next when its commit phase is (nearly) over or it was used. */
	openWindow(): Promise<bigint>;
	toPutOpen(window: bigint): Promise<void>;
	/** @param beyondMs after the end of the put phase */
	toPutClose(window: bigint, beyondMs?: bigint): Promise<void>;
	scored(window: bigint, deadlineMs?: number): Promise<SettledScores>;
	/** Events of this name so far. */
	eventCount(name: string): number;
	windowWorkflow(window: bigint): string;
}

/** Awaits what is announced by nobody: asked again every 50 ms. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, deadlineMs = EVENT_DEADLINE_MS): Promise<T> {
	const end = Date.now() + deadlineMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
		await delay(50);
	}
}

/** A whole network for a test: chain and key servers in this process, Temporal, object store, enclave and validator as processes of their own. */
export async function startScenario(overrides: Partial<HparamValues> = {}): Promise<Scenario> {
	const cleanup = new AsyncDisposableStack();
	try {
		return await build(cleanup, overrides);
	} catch (error) {
		await cleanup.disposeAsync();
		throw error;
	}
}

async function build(cleanup: AsyncDisposableStack, overrides: Partial<HparamValues>): Promise<Scenario> {
	const data = await mkdtemp(join(tmpdir(), 'vramhub-scenario-'));
	cleanup.defer(() => rm(data, { recursive: true, force: true }));
	await mkdir(join(data, 'logs'));
	const [admin, auditKeys] = [generateKeyPair(), generateKeyPair()];
	const startStore = async () =>
		cleanupWith(
			cleanup,
			await startObjectStore({
				binary: await weedBinary(),
				dataDir: join(data, 'objects'),
				identities: [
					adminIdentity(admin),
					{ name: 'validator-audit', keys: auditKeys, grant: { kind: 'prefix', bucket: AUDIT_BUCKET, prefix: auditPrefix(FIRST_UID), write: true } },
					{ name: 'anonymous', keys: undefined, grant: { kind: 'anonymous-read', bucket: AUDIT_BUCKET, prefix: '' } },
				],
				buckets: [MINERS_BUCKET, AUDIT_BUCKET],
				logFile: logFile(data, 'object-store'),
			}),
			(store) => store.stop(),
		);
	const startChain = async () => {
		const model = await createScenarioModel();
		cleanup.defer(() => model.close());
		const { pcr0, pcr1, pcr2 } = await measureProgram(ENCLAVE_PROGRAM);
		const chain = await startTestChain({
			windowSeconds: WINDOW_SECONDS,
			hparams: { ...SCENARIO_HPARAMS, ...PHASES, ...overrides },
			modelManifestHash: model.manifestHash,
			datasetRoot: model.datasetRoot,
			genesisCheckpointHash: model.checkpointHash,
			pcrs: [pcr0, pcr1, pcr2],
		});
		cleanup.defer(() => chain.stop());
		const seal = await startSealServers(chain);
		cleanup.defer(() => seal.stop());
		return { model, chain, seal };
	};
	const [store, { model, chain, seal }, temporal, [enclavePort]] = await Promise.all([startStore(), startChain(), startTemporal(data, cleanup), freePorts(1)]);

	let enclave: SecurityModule | undefined;
	const startEnclave = async () => {
		const now = () => chain.reader.clockMs();
		enclave = await startSecurityModule({ root: chain.root, program: ENCLAVE_PROGRAM, args: ['--port', String(enclavePort)], now, output: 'pipe' });
		const out = createWriteStream(logFile(data, 'enclave'), { flags: 'a' });
		enclave.child.stderr!.pipe(out, { end: false });
		const ready = once(createInterface({ input: enclave.child.stdout! }), 'line');
		await Promise.race([ready, enclave.exited.then((code) => Promise.reject(new Error(`the enclave ended with ${code}`)))]);
	};
	cleanup.defer(async () => enclave?.stop());
	const [front, rpc, enclaveGate] = [
		cleanup.use(await Gate.open(store.endpoint)),
		cleanup.use(await Gate.open(chain.rpcUrl)),
		cleanup.use(await Gate.open(`http://127.0.0.1:${enclavePort}`)),
	];
	await startEnclave();

	const operator = await chain.fundedSigner();
	const writer = chain.writerOf(operator);
	const { uid, generation } = await writer.registerValidator({ stakeMist: chain.parameters.values.min_validator_stake_mist, operator: writer.address });
	if (uid !== FIRST_UID) throw new Error(`the first validator has the uid ${uid}`);
	const auditStore = { endpoint: front.url, bucket: AUDIT_BUCKET, prefix: auditPrefix(uid), ...auditKeys };
	await writeValidatorSecrets(data, uid, { format: 1, secretKey: operator.getSecretKey(), auditStore });
	const book: AddressBook = {
		format: 1,
		chain: { rpcUrl: rpc.url, faucetUrl: chain.rpcUrl, chainId: 'scenario' },
		packageId: chain.packageId,
		// Parts of the network that a window's scoring does not touch may be missing.
		objects: { ...chain.objects, consensus: chain.objects.consensus ?? chain.objects.network, rewardPool: chain.objects.rewardPool ?? chain.objects.network },
		seal: { threshold: 2, keyServers: seal.keyServers.map((objectId, i) => ({ objectId, url: seal.urls[i]! })) },
		objectStore: { endpoint: front.url, auditBucket: AUDIT_BUCKET },
		temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: 'http://127.0.0.1:1' },
		validators: [{ uid, generation, owner: writer.address, enclaveUrl: enclaveGate.url }],
		model: await model.write(data),
	};
	await writeAddressBook(addressBookFile(data), book);

	const { windowDurationMs, values } = chain.parameters;
	let lastUsed = -1n;
	let identities: readonly ObjectStoreIdentity[] = [];
	let processes = 0;
	return {
		data,
		chain,
		model,
		seal,
		store,
		front,
		rpc,
		enclaveGate,
		temporal,
		operator,
		admin,
		auditKeys,
		validatorUid: uid,
		enclave: () => enclave!,
		restartEnclave: startEnclave,
		async equip(count, options) {
			const equipped = await equipMiners({ chain, seal, endpoint: front.url, count, options });
			identities = [...identities, ...equipped.identities];
			await store.addIdentities(equipped.identities);
			// In the roster from the next window on.
			lastUsed = await chain.currentWindow();
			return equipped.miners;
		},
		async startValidator(kind, env = {}) {
			const args =
				kind === 'real'
					? ['workers/validator-main.ts', '--data', data, '--validator-uid', String(uid)]
					: ['--import', './tests/scenario/record-sessions.ts', 'tests/scenario/validator-process.ts', data, String(uid)];
			const child = spawn(process.execPath, args, {
				cwd: checkoutRoot,
				stdio: ['pipe', 'pipe', 'pipe'],
				env: { ...process.env, VRAMHUB_LOG: 'human', VRAMHUB_LOG_LEVEL: 'info', ...env, [END_WITH_PARENT]: '1' },
			});
			const validator = observed(child, logFile(data, `validator-${processes++}`));
			cleanup.defer(() => validator.kill());
			await eventually('the validator is ready', () => {
				if (!validator.alive) throw new Error(`the validator ended: ${validator.lines.join('\n')}`);
				return validator.lines.some((line) => line.includes('"ready":true')) || undefined;
			});
			return validator;
		},
		async openWindow() {
			const now = await chain.reader.clockMs();
			const current = windowAt(now, windowDurationMs);
			const fresh = now - windowStartMs(current, windowDurationMs) < values.put_window_open_ms / 2n && current > lastUsed;
			lastUsed = fresh ? current : current + 1n;
			await chain.advanceTo(windowStartMs(lastUsed, windowDurationMs));
			return lastUsed;
		},
		toPutOpen: (window) => chain.advanceTo(windowStartMs(window, windowDurationMs) + values.put_window_open_ms),
		toPutClose: (window, beyondMs = 0n) => chain.advanceTo(windowStartMs(window, windowDurationMs) + values.put_window_close_ms + beyondMs),
		scored: (window, deadlineMs) => eventually(`window ${window} is scored`, () => chain.reader.settledScores(window, uid), deadlineMs),
		eventCount: (name) =>
			[...chain.ledger.history.range()].flatMap(({ effects }) => effects.outcome.events).filter(({ type }) => JSON.stringify(type).includes(name)).length,
		windowWorkflow: (window) => windowWorkflowId(chain.objects.network, window, uid),
		[Symbol.asyncDispose]: () => cleanup.disposeAsync(),
	};
}

async function startTemporal(data: string, cleanup: AsyncDisposableStack) {
	const [{ namespace, searchAttributes, devServer }, binary, ports] = await Promise.all([loadTemporalSettings(), temporalBinary(), freePorts(3)]);
	const [port, uiPort, metricsPort] = ports as [number, number, number];
	const options = { binary, port, uiPort, dbFile: temporalDatabaseFile(data), namespace, searchAttributes, pragmas: devServer.sqlitePragmas };
	const { command, args } = temporalServerCommand(options);
	const child = spawn(command, [...args, '--metrics-port', String(metricsPort)], { stdio: ['ignore', 'pipe', 'pipe'] });
	const server = observed(child, logFile(data, 'temporal'));
	cleanup.defer(() => server.stop());
	const address = `127.0.0.1:${port}`;
	await waitForTemporal(address, namespace, AbortSignal.timeout(EVENT_DEADLINE_MS));
	const connection = await Connection.connect({ address });
	cleanup.defer(() => connection.close());
	return { client: new Client({ connection, namespace }), address, namespace, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, process: server };
}

function observed(child: ChildProcess, file: string): ScenarioProcess {
	const lines: string[] = [];
	const out = createWriteStream(file, { flags: 'a' });
	for (const stream of [child.stdout!, child.stderr!])
		createInterface({ input: stream }).on('line', (line) => {
			lines.push(line);
			out.write(`${line}\n`);
		});
	const exited = once(child, 'close').then((how) => {
		out.end();
		return how;
	});
	const end = async (signal: NodeJS.Signals) => {
		if (child.exitCode === null && child.signalCode === null) child.kill(signal);
		await exited;
	};
	return {
		pid: child.pid!,
		lines,
		exited,
		get alive() {
			return child.exitCode === null && child.signalCode === null;
		},
		kill: () => end('SIGKILL'),
		stop: () => end('SIGTERM'),
	};
}

function cleanupWith<T>(cleanup: AsyncDisposableStack, value: T, end: (value: T) => Promise<void>): T {
	cleanup.defer(() => end(value));
	return value;
}

/** The environment that a process was started with. */
export async function environmentOf(pid: number): Promise<Record<string, string>> {
	const text = await readFile(`/proc/${pid}/environ`, 'utf8');
	return Object.fromEntries(
		text.split('\0').flatMap((pair) => (pair.includes('=') ? [[pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]] : [])),
	);
}
