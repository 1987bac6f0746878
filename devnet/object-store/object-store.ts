import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { freePorts } from '#runtime/free-port.ts';
import { type KeyPair, type ObjectStoreIdentity, s3Configuration } from './identities.ts';

/**
 * The S3 server of development: `weed mini` of SeaweedFS on loopback. Its ports are kept in `<dataDir>/ports.json`, because a miner's
 * encrypted credentials name the endpoint and must survive a restart of the network.
 *
 * Identities are the file `<dataDir>/s3.json` (mode 0600), which the server reads at its start and again on SIGHUP. That is how one is
 * added while it runs: no second API, no admin shell, and the file is always the whole truth.
 */
export interface ObjectStoreOptions {
	/** From `weedBinary()` of scripts/python-tools.mjs. */
	readonly binary: string;
	/** Absolute. */
	readonly dataDir: string;
	readonly identities: readonly ObjectStoreIdentity[];
	/** Overrides what `ports.json` says; free ones are chosen when neither does. */
	readonly ports?: ObjectStorePorts;
}

const PortsSchema = z.object({
	s3: z.int(),
	s3Grpc: z.int(),
	master: z.int(),
	masterGrpc: z.int(),
	volume: z.int(),
	volumeGrpc: z.int(),
	filer: z.int(),
	filerGrpc: z.int(),
	admin: z.int(),
});
export type ObjectStorePorts = Readonly<z.infer<typeof PortsSchema>>;

/** Everything a supervisor needs to run the server itself. */
export interface ObjectStoreCommand {
	readonly command: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly endpoint: string;
	/** Answers 200 when ready. */
	readonly readyUrl: string;
	readonly ports: ObjectStorePorts;
}

/** The worker that `mini` starts looks for the admin server's gRPC port at this distance, whatever the flags say. */
const ADMIN_GRPC_DISTANCE = 10_000;

/** Writes the configuration and says how to run the server. */
export async function prepareObjectStore({ binary, dataDir, identities, ports: chosen }: ObjectStoreOptions): Promise<ObjectStoreCommand> {
	await mkdir(dataDir, { recursive: true });
	const ports = chosen ?? (await savedPorts(dataDir)) ?? (await choosePorts());
	await writeFileAtomic(portsFile(dataDir), `${JSON.stringify(ports)}\n`);
	await writeFileAtomic(configurationFile(dataDir), s3Configuration(identities), 0o600);
	const flags: Record<string, string | number | boolean> = {
		dir: join(dataDir, 'weed'),
		ip: '127.0.0.1',
		'ip.bind': '127.0.0.1',
		'master.port': ports.master,
		'master.port.grpc': ports.masterGrpc,
		'master.volumeSizeLimitMB': 256,
		'volume.port': ports.volume,
		'volume.port.grpc': ports.volumeGrpc,
		'filer.port': ports.filer,
		'filer.port.grpc': ports.filerGrpc,
		's3.port': ports.s3,
		's3.port.grpc': ports.s3Grpc,
		's3.port.iceberg': 0,
		's3.port.lance': 0,
		's3.config': configurationFile(dataDir),
		's3.iam': false,
		'admin.port': ports.admin,
		'admin.port.grpc': ports.admin + ADMIN_GRPC_DISTANCE,
		'admin.ui': false,
		webdav: false,
	};
	await mkdir(join(dataDir, 'weed'), { recursive: true });
	const endpoint = `http://127.0.0.1:${ports.s3}`;
	return {
		command: binary,
		args: ['-logtostderr=true', 'mini', ...Object.entries(flags).map(([name, value]) => `-${name}=${value}`)],
		// A soft limit: without it the heap follows the uploads up to a gigabyte.
		env: { GOMEMLIMIT: '384MiB' },
		endpoint,
		readyUrl: `${endpoint}/healthz`,
		ports,
	};
}

export interface ObjectStoreProcess {
	readonly endpoint: string;
	readonly pid: number;
	readonly ports: ObjectStorePorts;
	/** Resolves once the server honours them. Those that were there before stay. */
	addIdentities(identities: readonly ObjectStoreIdentity[]): Promise<void>;
	/** Ends the server and waits for its end; repeating it is harmless. */
	stop(): Promise<void>;
}

/** Starts the server as a child, its output in `logFile` (default `<dataDir>/weed.log`), and waits until it answers. @throws OBJECT_UNAVAILABLE */
export async function startObjectStore(
	options: ObjectStoreOptions & { readonly logFile?: string; readonly buckets?: readonly string[]; readonly deadlineMs?: number },
): Promise<ObjectStoreProcess> {
	const { command, args, env, endpoint, readyUrl, ports } = await prepareObjectStore(options);
	const logFile = options.logFile ?? join(options.dataDir, 'weed.log');
	await mkdir(dirname(logFile), { recursive: true });
	const log = await open(logFile, 'a');
	const child = spawn(command, args, { stdio: ['ignore', log.fd, log.fd], env: { ...process.env, ...env } });
	// Before anything is awaited: a server that ends at once would end unheard.
	const exited = new AbortController();
	child.once('exit', () => exited.abort());
	child.once('error', () => exited.abort());
	await log.close();
	const signal = AbortSignal.any([exited.signal, AbortSignal.timeout(options.deadlineMs ?? 60_000)]);
	let identities = options.identities;
	try {
		await waitUntilReady(readyUrl, signal);
		const admin = identities.find(({ grant }) => grant.kind === 'admin')?.keys;
		if (admin !== undefined) await ensureBuckets(endpoint, admin, options.buckets ?? []);
		else if (options.buckets?.length) throw new VramhubError('BAD_ARGUMENT', 'buckets are made by an admin identity, and there is none');
	} catch (error) {
		await stopChild(child);
		if (!signal.aborted) throw error;
		throw new VramhubError('OBJECT_UNAVAILABLE', `the object store ${exited.signal.aborted ? 'ended at once' : 'did not become ready'}; see ${logFile}`);
	}
	return {
		endpoint,
		pid: child.pid!,
		ports,
		async addIdentities(added) {
			identities = [...identities, ...added];
			await replaceIdentities({ dataDir: options.dataDir, pid: child.pid!, endpoint, identities });
		},
		stop: () => stopChild(child),
	};
}

/**
 * Makes a running server take exactly these identities. `pid` is the server's own, not that of a wrapper around it. Resolves once the last one with keys is known to it.
 * @throws OBJECT_UNAVAILABLE
 */
export async function replaceIdentities(store: { dataDir: string; pid: number; endpoint: string; identities: readonly ObjectStoreIdentity[] }): Promise<void> {
	await writeFileAtomic(configurationFile(store.dataDir), s3Configuration(store.identities), 0o600);
	process.kill(store.pid, 'SIGHUP');
	const probe = store.identities.findLast(({ keys }) => keys !== undefined)?.keys;
	if (probe === undefined) return;
	const client = s3Client(store.endpoint, probe);
	const deadline = AbortSignal.timeout(20_000);
	// Whatever else it answers (no such bucket, access denied), it has found the key.
	const known = () =>
		client.send(new GetObjectCommand({ Bucket: 'vramhub-probe', Key: 'probe' }), { abortSignal: deadline }).then(
			() => true,
			(error: Error) => error instanceof S3ServiceException && error.name !== 'InvalidAccessKeyId',
		);
	try {
		await poll(known, deadline);
	} catch {
		throw new VramhubError('OBJECT_UNAVAILABLE', 'the object store did not take the new identities');
	} finally {
		client.destroy();
	}
}

/** Polls until the server answers 200. Rejects when the signal aborts. */
export async function waitUntilReady(readyUrl: string, signal: AbortSignal): Promise<void> {
	await poll(
		() =>
			fetch(readyUrl, { signal }).then(
				async (response) => {
					await response.body?.cancel();
					return response.status === 200;
				},
				() => false,
			),
		signal,
	);
}

/** Every 50 ms: a foreign server announces nothing that could be awaited. */
async function poll(isDone: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
	while (!(await isDone())) await setTimeout(50, undefined, { signal });
}

/** Written and read to see whether the store stores. */
const PROBE_KEY = '.vramhub-probe';

/**
 * Makes the buckets that are not there yet, and waits until an object can be written and read: for some seconds after a start the
 * S3 server answers, while it does not yet know where the volumes are, and fails with 500. @throws OBJECT_UNAVAILABLE
 */
export async function ensureBuckets(endpoint: string, admin: KeyPair, buckets: readonly string[]): Promise<void> {
	const client = s3Client(endpoint, admin);
	const deadline = AbortSignal.timeout(60_000);
	let last = 'no answer';
	const done = async () => {
		try {
			for (const Bucket of buckets) {
				await client.send(new CreateBucketCommand({ Bucket }), { abortSignal: deadline }).catch(ignoreExistingBucket);
				await client.send(new PutObjectCommand({ Bucket, Key: PROBE_KEY, Body: PROBE_KEY }), { abortSignal: deadline });
				const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: PROBE_KEY }), { abortSignal: deadline });
				if ((await Body?.transformToString()) !== PROBE_KEY) return false;
			}
			return true;
		} catch (error) {
			last = error instanceof Error ? error.name : 'no answer';
			return false;
		}
	};
	try {
		await poll(done, deadline);
	} catch {
		throw new VramhubError('OBJECT_UNAVAILABLE', `the buckets ${buckets.join(', ')} could not be made (${last})`);
	} finally {
		client.destroy();
	}
}

function ignoreExistingBucket(error: Error): void {
	if (error.name !== 'BucketAlreadyOwnedByYou' && error.name !== 'BucketAlreadyExists') throw error;
}

function s3Client(endpoint: string, { accessKeyId, secretAccessKey }: KeyPair): S3Client {
	return new S3Client({
		endpoint,
		region: 'auto',
		forcePathStyle: true,
		requestChecksumCalculation: 'WHEN_REQUIRED',
		responseChecksumValidation: 'WHEN_REQUIRED',
		credentials: { accessKeyId, secretAccessKey },
	});
}

async function stopChild(child: ChildProcess): Promise<void> {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	const exit = once(child, 'exit');
	child.kill('SIGTERM');
	const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), 10_000);
	await exit;
	clearTimeout(timer);
}

const portsFile = (dataDir: string) => join(dataDir, 'ports.json');
const configurationFile = (dataDir: string) => join(dataDir, 's3.json');

async function savedPorts(dataDir: string): Promise<ObjectStorePorts | undefined> {
	try {
		return PortsSchema.safeParse(JSON.parse(await readFile(portsFile(dataDir), 'utf8'))).data;
	} catch {
		return undefined;
	}
}

async function choosePorts(): Promise<ObjectStorePorts> {
	const admin = await chooseAdminPort();
	const [s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc] = (await freePorts(8)) as [
		number,
		number,
		number,
		number,
		number,
		number,
		number,
		number,
	];
	return { s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, admin };
}

/** One whose gRPC port at {@link ADMIN_GRPC_DISTANCE} is free too. */
async function chooseAdminPort(): Promise<number> {
	for (let attempt = 0; attempt < 50; attempt++) {
		// Below the range that systems hand out for outgoing connections.
		const port = randomInt(15_000, 22_000);
		if ((await isFree(port)) && (await isFree(port + ADMIN_GRPC_DISTANCE))) return port;
	}
	throw new VramhubError('OBJECT_UNAVAILABLE', 'no free pair of ports for the object store');
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
