/** gRPC-web bodies that no client sends, over HTTP: each is answered, none as a defect, and none but a transaction changes the chain. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import { createRpcServer, type Handlers } from '#devnet/rpc/server.ts';
import { rpcServices } from '#devnet/rpc/services.ts';
import { Random } from './helpers/random.ts';
import { RequestFuzzer, type Sent } from './helpers/requests.ts';
import { StateWatch, startWorld } from './helpers/world.ts';

export interface RpcFigures {
	readonly seed: number;
	count: number;
	/** The body was a message of the method: its handler ran. */
	decoded: number;
	/** Answered with status 0. */
	answered: number;
	/** Transactions that ran, executed or simulated. */
	ran: number;
	kept: number;
	/** HTTP statuses, and gRPC statuses of what got 200. */
	readonly statuses: Record<string, number>;
	rssMb: number;
}

/** A new chain after so many. */
const A_CHAIN = 5000;
const PARALLEL = 8;
/** As the devnet's own server: on a busy machine a connection may rest for seconds. */
const KEEP_ALIVE_MS = 60_000;
/** More than any server takes. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** Throws at the first answer that no request may get; the message has all that is needed to repeat it. */
export async function fuzzRpc(seed: number, count: number): Promise<RpcFigures> {
	const figures: RpcFigures = { seed, count, decoded: 0, answered: 0, ran: 0, kept: 0, statuses: {}, rssMb: 0 };
	for (let from = 0; from < count; from += A_CHAIN) {
		await fuzzChain(figures, seed + from, Math.min(A_CHAIN, count - from));
		figures.rssMb = Math.max(figures.rssMb, Math.round(process.memoryUsage().rss / 2 ** 20));
	}
	return figures;
}

async function fuzzChain(figures: RpcFigures, seed: number, count: number): Promise<void> {
	const defects: unknown[] = [];
	const world = await startWorld((error) => defects.push(error));
	const watch = new StateWatch(world.ledger, CLOCK_ID);
	world.ledger.subscribe(() => {
		figures.kept++;
		watch.remember();
	});
	const server = createRpcServer(
		counted(rpcServices(world.ledger), watch, figures),
		async () => false,
		(error) => defects.push(error),
	);
	server.keepAliveTimeout = KEEP_ALIVE_MS;
	const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
	try {
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const requests = new RequestFuzzer(world, new Random(seed));
		let made = 0;
		const worker = async () => {
			while (made < count) {
				const number = made++;
				const sent = requests.next();
				const where = `request ${number} of seed ${seed}: ${sent.method} ${sent.path} ${sent.contentType} ${Buffer.from(sent.body.subarray(0, 5000)).toString('hex')}`;
				try {
					const answer = await exchange(server, agent, sent);
					checkAnswer(answer, figures);
					assert.deepEqual(defects, []);
				} catch (cause) {
					throw new Error(where, { cause });
				}
			}
		};
		await Promise.all(Array.from({ length: PARALLEL }, worker));
		watch.checkSame();
		watch.checkBytes();
	} finally {
		agent.destroy();
		const closed = once(server, 'close');
		server.close();
		server.closeAllConnections();
		await closed;
		await world.stop();
	}
}

/** Counts what reaches a handler, and checks that only `ExecuteTransaction` changes anything. */
function counted(handlers: Handlers, watch: StateWatch, figures: RpcFigures): Handlers {
	return Object.fromEntries(
		Object.entries(handlers).map(([path, handler]) => {
			if (handler.kind === 'stream') {
				const run = (request: never, signal: AbortSignal) => {
					figures.decoded++;
					return handler.run(request, signal);
				};
				return [path, { kind: 'stream' as const, run }];
			}
			const run = (request: never) => {
				figures.decoded++;
				const result = handler.run(request);
				// The ledger tells of every transaction that it keeps: what differs from then was changed by something else.
				watch.checkSame();
				const transaction = /(Execute|Simulate)Transaction$/.test(path);
				if (transaction && !(result instanceof Promise)) figures.ran++;
				if (!(result instanceof Promise)) return result;
				return result.then((answer) => {
					if (transaction) figures.ran++;
					return answer;
				});
			};
			return [path, { kind: 'unary' as const, run }];
		}),
	);
}

interface Answer {
	readonly status: number;
	readonly contentType: string;
	readonly body: Buffer;
	/** A stream that was left when it had begun: a subscription has no end. */
	readonly left: boolean;
}

function exchange(server: Server, agent: Agent, { method, path, contentType, body }: Sent): Promise<Answer> {
	const { port } = server.address() as AddressInfo;
	return new Promise((resolve, reject) => {
		const headers = { 'content-length': body.length, ...(contentType !== undefined && { 'content-type': contentType }) };
		const request: ClientRequest = httpRequest({ host: '127.0.0.1', port, path: `/${path}`, method, agent, headers }, (response: IncomingMessage) => {
			const status = response.statusCode ?? 0;
			const answerType = response.headers['content-type'] ?? '';
			const parts: Buffer[] = [];
			const answer = (left: boolean) => resolve({ status, contentType: answerType, body: Buffer.concat(parts), left });
			if (path.includes('/Subscribe'))
				setImmediate(() =>
					setImmediate(() => {
						if (response.complete) return;
						answer(true);
						request.destroy();
					}),
				);
			response.on('data', (part: Buffer) => parts.push(part));
			response.on('end', () => answer(false));
			response.on('error', (error) => (path.includes('/Subscribe') ? answer(true) : reject(error)));
		});
		// A body that is too large is answered before it is read, and its connection closed.
		request.on('error', (error) =>
			body.length > MAX_BODY_BYTES ? resolve({ status: 413, contentType: '', body: Buffer.alloc(0), left: false }) : reject(error),
		);
		request.end(body);
	});
}

const REFUSED_HTTP = new Set([404, 413]);
const INTERNAL = 13;
const UNKNOWN = 2;
const KNOWN_STATUSES = 17;

function checkAnswer({ status, contentType, body, left }: Answer, figures: RpcFigures): void {
	const count = (key: string) => {
		figures.statuses[key] = (figures.statuses[key] ?? 0) + 1;
	};
	if (status !== 200) {
		assert.ok(REFUSED_HTTP.has(status), `HTTP ${status}`);
		count(`HTTP ${status}`);
		return;
	}
	if (left) {
		count('left');
		return;
	}
	const text = contentType.startsWith('application/grpc-web-text');
	const bytes = text ? Buffer.concat((body.toString('latin1').match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, 'base64'))) : body;
	let trailers: string | undefined;
	for (let at = 0; at < bytes.length; ) {
		assert.equal(trailers, undefined, 'nothing follows the trailers');
		const length = bytes.readUInt32BE(at + 1);
		assert.ok(at + 5 + length <= bytes.length, 'a frame is cut');
		if (bytes[at] === 0x80) trailers = bytes.subarray(at + 5, at + 5 + length).toString('latin1');
		at += 5 + length;
	}
	const code = Number(/^grpc-status: (\d+)\r\n/.exec(trailers ?? '')?.[1] ?? Number.NaN);
	assert.ok(code >= 0 && code < KNOWN_STATUSES && code !== INTERNAL && code !== UNKNOWN, `status ${code}: ${decodeURIComponent(trailers ?? '')}`);
	count(`gRPC ${code}`);
	if (code === 0) figures.answered++;
}

/** The shares that make a run worth something, and bounds on what it may cost. */
export function checkRpcFigures({ count, decoded, answered, ran, kept, rssMb }: RpcFigures): void {
	assert.ok(decoded >= count / 10, `only ${decoded} of ${count} were messages`);
	assert.ok(answered >= count / 100, `only ${answered} of ${count} were answered`);
	assert.ok(ran >= count / 100, `only ${ran} transactions of ${count} requests ran`);
	assert.ok(kept > 0, 'no transaction was executed');
	assert.ok(rssMb < 1500, `${rssMb} MB`);
}
