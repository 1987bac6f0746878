import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedMiner } from '#cli/demo/kinds.ts';
import { type Artefacts, prepareArtefacts } from '#cli/network/artefacts.ts';
import { advanceToWindow, planFirstWindow } from '#cli/network/chain-time.ts';
import { ENCLAVE_PROGRAM, equipMiner, foundNetwork, generateMinerKeys, keyServerSecret } from '#cli/network/founding.ts';
import { type NetworkPorts, networkPorts } from '#cli/network/ports.ts';
import { auditPrefix } from '#clients/objects/audit.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import { loadDevelopmentRoot } from '#devnet/nitro/mint.ts';
import { adminIdentity, generateKeyPair, MINERS_BUCKET, minerIdentities, type ObjectStoreIdentity } from '#devnet/object-store/identities.ts';
import { ensureBuckets, prepareObjectStore, waitUntilReady } from '#devnet/object-store/object-store.ts';
import { temporalServerCommand, waitForTemporal } from '#devnet/temporal/server.ts';
import { type AddressBook, readAddressBook, writeAddressBook } from '#runtime/address-book.ts';
import { envFileOf } from '#runtime/deployment.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import type { Logger } from '#runtime/log.ts';
import type { MinerKind } from '#runtime/miner-kind.ts';
import {
	addressBookFile,
	cacheFolder,
	chainFolder,
	checkoutRoot,
	environmentFile,
	objectsFolder,
	secretFile,
	temporalDatabaseFile,
} from '#runtime/state-folder.ts';
import type { ProcessSpec, Supervisor } from '#runtime/supervisor.ts';
import { loadTemporalSettings } from '#runtime/temporal-settings.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';
import { temporalBinary, weedBinary } from '../../scripts/python-tools.mjs';

export interface LocalNetworkOptions {
	/** Absolute. A folder that holds a network is continued, an empty one gets a new network. */
	readonly data: string;
	readonly windowSeconds: number;
	readonly validators: number;
	readonly miners: readonly PlannedMiner[];
	readonly seed: string;
	readonly supervisor: Supervisor;
	readonly log: Logger;
	/** Lines that a validator's process, or its aggregator's, writes for its operator. */
	readonly onOperatorLine: (validatorUid: number, line: string) => void;
	readonly signal: AbortSignal;
}

export interface LocalNetwork {
	readonly book: AddressBook;
	/** The window that opened when everything was ready. */
	readonly firstWindow: bigint;
	readonly genesisHeldOutLoss: number;
	/** What each miner is, by uid. */
	readonly kinds: ReadonlyMap<number, MinerKind>;
}

/** Anybody may read it. */
const AUDIT_BUCKET = 'audit';
const KEY_SERVERS = 3;
const SEAL_THRESHOLD = 2;
/** On a busy machine with two cores every process waits for its turn. */
const READY_TIMEOUT_MS = 90_000;
/** Miners that start at the same time: more would only wait for each other. */
const PARALLEL_STARTS = 4;
const node = (main: string, ...args: string[]) => ({ kind: 'node', main: join(checkoutRoot, main), args }) as const;

/** Brings up a whole network under the supervisor, in an order that lets independent parts start together. Ends nothing itself: that is the supervisor's. */
export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
	const { data, supervisor, log, signal } = options;
	await mkdir(data, { recursive: true });
	const isNew = !existsSync(addressBookFile(data));
	const ports = await networkPorts(data, { keyServers: KEY_SERVERS, enclaves: options.validators });
	if (ports.enclaves.length !== options.validators)
		throw new VramhubError('BAD_ARGUMENT', `${data} holds a network with ${ports.enclaves.length} validators, not ${options.validators}`);
	const start = (spec: Omit<ProcessSpec, 'readyTimeoutMs'>) => supervisor.start({ readyTimeoutMs: READY_TIMEOUT_MS, ...spec });

	const [chain, temporal, endpoint, artefacts] = await Promise.all([
		startChain(data, ports, start),
		startTemporal(data, ports, start),
		startObjects(data, options.miners.length, options.validators, start),
		prepare(options),
	]);
	const book = isNew ? await found(options, ports, chain, temporal, endpoint, artefacts) : await readAddressBook(addressBookFile(data));

	// Who encrypts asks the key servers to prove themselves.
	const [firstWindow] = await Promise.all([planFirstWindow(book), startKeyServers(book, data, ports, start)]);
	const [kinds] = await Promise.all([
		startMiners(options, firstWindow, start),
		startEnclaves(book, data, ports, start),
		startOperators(options, book, firstWindow, start),
	]);
	await advanceToWindow(book, firstWindow, signal);
	log.info('Network is ready', { network: book.objects.network, rpc: book.chain.rpcUrl });
	return { book, firstWindow, genesisHeldOutLoss: artefacts.genesis.heldOutLoss, kinds };
}

async function startKeyServers(book: AddressBook, data: string, ports: NetworkPorts, start: Start): Promise<void> {
	await Promise.all(
		book.seal.keyServers.map(({ objectId }, index) => {
			const port = String(ports.keyServers[index]!);
			const args = ['--key-file', keyServerSecret(data, index), '--object-id', objectId, '--rpc-url', book.chain.rpcUrl, '--port', port];
			return start({ name: `key-server-${index}`, program: node('devnet/seal/main.ts', ...args), ready: 'line', restart: 'always' });
		}),
	);
}

async function startEnclaves(book: AddressBook, data: string, ports: NetworkPorts, start: Start): Promise<void> {
	await Promise.all(
		book.validators.map(({ uid }, index) => {
			const args = ['--root-dir', data, '--program', ENCLAVE_PROGRAM, '--rpc-url', book.chain.rpcUrl, '--', '--port', String(ports.enclaves[index]!)];
			return start({ name: `enclave-${uid}`, program: node('devnet/security-module/main.ts', ...args), ready: 'line', restart: 'always' });
		}),
	);
}

/** Every miner registers by itself, so a miner's uid is known when it is ready, and is not its number. */
async function startMiners({ data, miners, seed }: LocalNetworkOptions, firstWindow: bigint, start: Start): Promise<Map<number, MinerKind>> {
	const kinds = new Map<number, MinerKind>();
	const waiting = [...miners];
	const startNext = async (): Promise<void> => {
		for (let miner = waiting.shift(); miner !== undefined; miner = waiting.shift()) {
			const { number, kind, victimNumber } = miner;
			const args = ['--data', data, '--uid', String(number), '--kind', kind, '--seed', seed, '--from-window', firstWindow.toString()];
			if (victimNumber !== undefined) args.push('--victim-number', String(victimNumber));
			const { facts } = await start({ name: `miner-${number}`, program: node('miner/main.ts', ...args), ready: 'line', restart: 'always' });
			kinds.set(Number(facts.uid), kind);
		}
	};
	await Promise.all(Array.from({ length: PARALLEL_STARTS }, startNext));
	return kinds;
}

/** Validators and their aggregators. */
async function startOperators({ data, onOperatorLine }: LocalNetworkOptions, book: AddressBook, firstWindow: bigint, start: Start): Promise<void> {
	await Promise.all(
		book.validators.flatMap(({ uid }) =>
			(['validator', 'aggregator'] as const).map((part) =>
				start({
					name: `${part}-${uid}`,
					program: node(
						`workers/${part}-main.ts`,
						...['--data', data, '--validator-uid', String(uid)],
						...(part === 'validator' ? ['--from-window', firstWindow.toString()] : []),
					),
					ready: 'line',
					restart: 'always',
					onLine: (line, stream) => stream === 'stderr' && onOperatorLine(uid, line),
				}),
			),
		),
	);
}

type Start = (spec: ProcessSpec) => Promise<{ readonly facts: Readonly<Record<string, unknown>> }>;

async function startChain(data: string, ports: NetworkPorts, start: Start): Promise<AddressBook['chain']> {
	const root = await loadDevelopmentRoot(secretFile(data, 'nitro-root'));
	const rootFile = join(data, 'nitro-root.der');
	await writeFileAtomic(rootFile, root.certificate);
	const args = ['--port', String(ports.chain), '--data', chainFolder(data), '--nitro-root', rootFile];
	const { facts } = await start({ name: 'chain', program: node('devnet/main.ts', ...args), ready: 'line', restart: 'always' });
	return { rpcUrl: String(facts.url), faucetUrl: String(facts.faucetUrl), chainId: String(facts.chainId) };
}

async function startTemporal(data: string, ports: NetworkPorts, start: Start): Promise<AddressBook['temporal']> {
	const { namespace, searchAttributes, devServer } = await loadTemporalSettings();
	const address = `127.0.0.1:${ports.temporal}`;
	const command = temporalServerCommand({
		binary: await temporalBinary(),
		port: ports.temporal,
		uiPort: ports.temporalUi,
		dbFile: temporalDatabaseFile(data),
		namespace,
		searchAttributes,
		pragmas: devServer.sqlitePragmas,
	});
	await start({ name: 'temporal', program: { kind: 'binary', ...command }, ready: (stop) => waitForTemporal(address, namespace, stop), restart: 'always' });
	return { address, namespace, uiUrl: `http://127.0.0.1:${ports.temporalUi}` };
}

/** The store with an identity for each miner; their keys are made once and stay in the folder's secrets. */
async function startObjects(data: string, miners: number, validators: number, start: Start): Promise<string> {
	const keys = await storageKeys(data, miners, validators);
	const identities: ObjectStoreIdentity[] = [
		adminIdentity(keys.admin),
		...keys.miners.flatMap((pair, number) => minerIdentities(number, pair)),
		...keys.audit.map((pair, uid): ObjectStoreIdentity => {
			const grant = { kind: 'prefix', bucket: AUDIT_BUCKET, prefix: auditPrefix(uid), write: true } as const;
			return { name: `validator-${uid}-audit`, keys: pair, grant };
		}),
		{ name: 'anonymous', keys: undefined, grant: { kind: 'anonymous-read', bucket: AUDIT_BUCKET, prefix: '' } },
	];
	const { command, args, env, endpoint, readyUrl } = await prepareObjectStore({ binary: await weedBinary(), dataDir: objectsFolder(data), identities });
	await start({ name: 'object-store', program: { kind: 'binary', command, args }, env, ready: (stop) => waitUntilReady(readyUrl, stop), restart: 'always' });
	await ensureBuckets(endpoint, keys.admin, [MINERS_BUCKET, AUDIT_BUCKET]);
	return endpoint;
}

interface StorageKeys {
	readonly admin: ReturnType<typeof generateKeyPair>;
	readonly miners: readonly ReturnType<typeof generateMinerKeys>[];
	/** Write keys of the validators' audit prefixes, by uid. */
	readonly audit: readonly ReturnType<typeof generateKeyPair>[];
}

async function storageKeys(data: string, miners: number, validators: number): Promise<StorageKeys> {
	const file = secretFile(data, 'object-store.json');
	const saved = await readFile(file, 'utf8').catch(() => undefined);
	if (saved !== undefined) return JSON.parse(saved) as StorageKeys;
	const keys = {
		admin: generateKeyPair(),
		miners: Array.from({ length: miners }, generateMinerKeys),
		audit: Array.from({ length: validators }, generateKeyPair),
	};
	await writeFileAtomic(file, JSON.stringify(keys), 0o600);
	return keys;
}

async function prepare({ data, log, signal }: LocalNetworkOptions): Promise<Artefacts> {
	let said = 0;
	return prepareArtefacts({
		data,
		cacheDir: cacheFolder(),
		onProgress: (step, steps) => {
			const tenth = Math.floor((step * 10) / steps);
			if (tenth > said) log.info('Training the genesis checkpoint, once on this machine', { done: `${tenth * 10}%` });
			said = tenth;
		},
		signal,
	});
}

async function found(
	{ data, windowSeconds, miners, validators, log }: LocalNetworkOptions,
	ports: NetworkPorts,
	chain: AddressBook['chain'],
	temporal: AddressBook['temporal'],
	endpoint: string,
	artefacts: Artefacts,
): Promise<AddressBook> {
	const local = (port: number) => `http://127.0.0.1:${port}`;
	const keys = await storageKeys(data, miners.length, validators);
	const founded = await foundNetwork({
		data,
		rpcUrl: chain.rpcUrl,
		faucetUrl: chain.faucetUrl,
		windowSeconds,
		miners: miners.length,
		artefacts,
		keyServerUrls: ports.keyServers.map(local),
		enclaveUrls: ports.enclaves.map(local),
		audit: { endpoint, bucket: AUDIT_BUCKET, writers: keys.audit },
	});
	await Promise.all(keys.miners.map((pair, number) => equipMiner(data, number, chain.faucetUrl, endpoint, pair)));
	const book: AddressBook = {
		format: 1,
		chain,
		packageId: founded.packageId,
		objects: founded.objects,
		seal: { threshold: SEAL_THRESHOLD, keyServers: founded.keyServers },
		objectStore: { endpoint, auditBucket: AUDIT_BUCKET },
		temporal,
		validators: founded.validators,
		model: artefacts.files,
	};
	await writeAddressBook(addressBookFile(data), book);
	await writeEnvironment(data, book, log);
	return book;
}

/** `<data>/.env`, with which an operator's commands and daemons act as the first validator. A path that no environment file can hold is no reason to stop. */
async function writeEnvironment(data: string, book: AddressBook, log: Logger): Promise<void> {
	const [first] = book.validators;
	if (first === undefined) return;
	const { secretKey, auditStore } = await readValidatorSecrets(data, first.uid);
	try {
		const text = envFileOf({ data, book, validatorUid: first.uid, walletSecret: secretKey, ...(auditStore !== undefined && { storage: auditStore }) });
		await writeFileAtomic(environmentFile(data), text, 0o600);
	} catch (error) {
		if (!isVramhubError(error)) throw error;
		log.warn(`No environment file: ${error.message}`);
	}
}
