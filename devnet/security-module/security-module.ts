import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { createDocumentMinter, type DevelopmentRoot, type DocumentMinter } from '#devnet/nitro/mint.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import {
	type AttestationFields,
	decodeNsmRequest,
	encodeFrame,
	encodeNsmResponse,
	FrameReader,
	NSM_LIMITS,
	NSM_SOCKET_VARIABLE,
	NSM_TOKEN_LENGTH,
	NSM_TOKEN_VARIABLE,
	type NsmResponse,
} from '#runtime/nsm-protocol.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';
import { type Measurement, measureProgram, PASSED_ENVIRONMENT } from './measure.ts';

/**
 * Stands in for the Nitro hypervisor and `/dev/nsm`: it measures a program, then starts it as its child, and vouches to that child alone,
 * with what it measured. A host that changes a file of the program gets other PCRs the next time it is started.
 * What it cannot give is isolation: the child is an ordinary process, and its memory is open to its user.
 */
export interface SecurityModuleOptions {
	readonly root: DevelopmentRoot;
	/** Path relative to the checkout, for instance `enclave/main.ts`. */
	readonly program: string;
	readonly args?: readonly string[];
	/** Time of the documents, ms: the chain's clock, because that is what their age is judged by. Default: this machine's. */
	readonly now?: () => Promise<bigint>;
	/** Of the measured checkout; another one in tests. */
	readonly checkout?: string;
	/** The child's standard output and error: this process's own, or pipes. */
	readonly output?: 'inherit' | 'pipe';
}

export interface SecurityModule {
	readonly measurement: Measurement;
	readonly child: ChildProcess;
	/** Resolves with the child's exit code (1 when a signal ended it). */
	readonly exited: Promise<number>;
	/** Ends the child and closes the socket. */
	stop(): Promise<void>;
}

const STOP_GRACE_MS = 10_000;
/** Between two chunks; the child keeps no connection open. */
const IDLE_MS = 30_000;

/** Measures, starts and serves. @throws BAD_CONFIGURATION when the program cannot be measured */
export async function startSecurityModule(options: SecurityModuleOptions): Promise<SecurityModule> {
	const { root, program, args = [], now = async () => BigInt(Date.now()), checkout = checkoutRoot, output = 'inherit' } = options;
	const measurement = await measureProgram(program, { root: checkout });
	const token = randomBytes(NSM_TOKEN_LENGTH);
	const minter = createDocumentMinter(root);
	// A folder of our own with mode 0700. In the system's: a socket's path has at most 107 bytes, and a network's data folder may be deep.
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-nsm-'));
	const socketPath = join(folder, 's');
	const pcrs = new Map([measurement.pcr0, measurement.pcr1, measurement.pcr2].entries());
	const attest = async (fields: AttestationFields) => answer(minter, pcrs, fields, await now());
	const server = createServer((socket) => serve(socket, token, attest)).listen(socketPath);
	await once(server, 'listening');

	const passed = PASSED_ENVIRONMENT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
	const child = spawn(process.execPath, [join(checkout, program), ...args], {
		cwd: checkout,
		// Its standard input is ours to close: the program ends when the module does, even by SIGKILL.
		stdio: ['pipe', output, output],
		env: { ...Object.fromEntries(passed), [END_WITH_PARENT]: '1', [NSM_SOCKET_VARIABLE]: socketPath, [NSM_TOKEN_VARIABLE]: token.toString('hex') },
	});
	const exited = new Promise<number>((resolve) => {
		child.once('error', () => resolve(127));
		child.once('exit', (code) => resolve(code ?? 1));
	}).finally(() => closeServer(server, folder));
	return {
		measurement,
		child,
		exited,
		async stop() {
			child.kill('SIGTERM');
			const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
			await exited;
			clearTimeout(timer);
		},
	};
}

async function closeServer(server: Server, folder: string): Promise<void> {
	server.close();
	await rm(folder, { recursive: true, force: true });
}

function answer(minter: DocumentMinter, pcrs: ReadonlyMap<number, Uint8Array>, fields: AttestationFields, timestampMs: bigint): NsmResponse {
	const tooLong = (['publicKey', 'userData', 'nonce'] as const).some((name) => (fields[name]?.length ?? 0) > NSM_LIMITS[name]);
	if (tooLong) return { kind: 'error', error: 'InputTooLarge' };
	const { publicKey, userData, nonce } = fields;
	return { kind: 'document', document: minter.mint({ timestampMs, pcrs, publicKey, userData, nonce }) };
}

/** One connection: the token, then requests, answered one after the other. Anything malformed closes it. */
function serve(socket: Socket, token: Uint8Array, attest: (fields: AttestationFields) => Promise<NsmResponse>): void {
	const reader = new FrameReader();
	let admitted = false;
	let turn: Promise<unknown> = Promise.resolve();
	const close = () => socket.destroy();
	const reply = async (frame: Uint8Array) => {
		let fields: AttestationFields;
		try {
			fields = decodeNsmRequest(frame);
		} catch {
			return socket.write(encodeFrame(encodeNsmResponse({ kind: 'error', error: 'InvalidArgument' })));
		}
		const response = await attest(fields).catch((): NsmResponse => ({ kind: 'error', error: 'InternalError' }));
		return socket.write(encodeFrame(encodeNsmResponse(response)));
	};
	socket.setTimeout(IDLE_MS, close);
	socket.on('error', close);
	socket.on('data', (chunk) => {
		let frames: Uint8Array[];
		try {
			frames = reader.push(chunk);
		} catch {
			return close();
		}
		for (const frame of frames) {
			if (admitted) turn = turn.then(() => reply(frame));
			else if (frame.length === token.length && timingSafeEqual(frame, token)) admitted = true;
			else return close();
		}
	});
}

/** Milliseconds of the chain's shared Clock object. @throws CHAIN_UNAVAILABLE */
export function chainClock(rpcUrl: string): () => Promise<bigint> {
	let client: Promise<{ read(): Promise<bigint> }> | undefined;
	const open = async () => {
		const { SuiGrpcClient } = await import('@mysten/sui/grpc');
		const { bcs } = await import('@mysten/sui/bcs');
		const Clock = bcs.struct('Clock', { id: bcs.Address, timestamp_ms: bcs.u64() });
		const sui = new SuiGrpcClient({ network: 'devnet', baseUrl: rpcUrl });
		return {
			async read() {
				const { object } = await sui.core.getObject({ objectId: '0x6', include: { content: true } });
				return BigInt(Clock.parse(object.content).timestamp_ms);
			},
		};
	};
	return async () => {
		client ??= open();
		try {
			return await (await client).read();
		} catch {
			throw new VramhubError('CHAIN_UNAVAILABLE', `the chain at ${rpcUrl} does not tell its clock`);
		}
	};
}
