/** gRPC-web bodies that no client sends, over HTTP: each is answered, none as a defect, and none but a transaction changes the chain. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GrpcTypes } from '@mysten/sui/grpc';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import { formatType } from '#devnet/move/types.ts';
import { createRpcServer, type Handlers, methodsByPath } from '#devnet/rpc/server.ts';
import { rpcServices } from '#devnet/rpc/services.ts';
import { MessageFuzzer } from './helpers/messages.ts';
import { Random } from './helpers/random.ts';
import { TransactionFuzzer } from './helpers/transactions.ts';
import { StateWatch, startWorld, type World } from './helpers/world.ts';

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
/** More than any server takes. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
const MASKS = [
	'*',
	'object_id',
	'contents.value',
	'json',
	'effects.status',
	'effects',
	'transaction',
	'transaction.effects',
	'events.events.json',
	'digest',
	'version',
	'name',
	'value',
	'checkpoint',
	'nothing',
	'',
	'a.b.c',
];

interface Sent {
	readonly method: string;
	readonly path: string;
	readonly contentType: string | undefined;
	readonly body: Uint8Array;
}

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

/** What the world has, to ask for; and what it has not. */
class RequestFuzzer {
	readonly #world: World;
	readonly #random: Random;
	readonly #transactions: TransactionFuzzer;
	readonly #messages: MessageFuzzer;
	readonly #methods = [...methodsByPath()];
	readonly #ids: readonly string[];
	readonly #types: readonly string[];
	/** Signatures for the transaction that the message under way carries. */
	#signatures: readonly string[] = [];

	constructor(world: World, random: Random) {
		this.#world = world;
		this.#random = random;
		this.#transactions = new TransactionFuzzer(world, random);
		const objects = [...world.ledger.store.all()];
		this.#ids = [...objects.map(({ id }) => id), ...world.accounts.map(({ address }) => address), '0x2', '0x6', `0x${'77'.repeat(32)}`];
		this.#types = [...new Set(objects.flatMap((object) => (object.kind === 'move' ? [formatType(object.type)] : []))), '0x2::sui::SUI', '0x2::coin::Coin'];
		this.#messages = new MessageFuzzer(random, { text: (field) => this.#text(field), bytes: (field) => this.#bytes(field) });
	}

	next(): Sent {
		const random = this.#random;
		const [path, { I }] = random.pick(this.#methods);
		const type = I as unknown as typeof GrpcTypes.Object;
		const transaction = random.chance(0.3) ? this.#transaction() : undefined;
		const message = transaction?.message ?? type.toBinary(type.create(this.#messages.make(type)));
		return this.#framed(transaction?.path ?? path, random.chance(0.2) ? random.mutate(message) : message);
	}

	/** A whole transaction, executed or simulated. */
	#transaction(): { readonly path: string; readonly message: Uint8Array } {
		const { bytes, signatures } = this.#transactions.next();
		const transaction = GrpcTypes.Transaction.create({ bcs: { value: bytes } });
		if (this.#random.chance(0.5)) {
			const userSignatures = signatures.map((signature) => ({
				bcs: { value: new Uint8Array(Buffer.from(signature, 'base64')) },
				signature: { oneofKind: undefined },
			}));
			const message = GrpcTypes.ExecuteTransactionRequest.toBinary(GrpcTypes.ExecuteTransactionRequest.create({ transaction, signatures: userSignatures }));
			return { path: 'sui.rpc.v2.TransactionExecutionService/ExecuteTransaction', message };
		}
		const request = { transaction, doGasSelection: this.#random.chance(0.5), checks: this.#random.below(3) };
		const message = GrpcTypes.SimulateTransactionRequest.toBinary(GrpcTypes.SimulateTransactionRequest.create(request));
		return { path: 'sui.rpc.v2.TransactionExecutionService/SimulateTransaction', message };
	}

	#framed(path: string, message: Uint8Array): Sent {
		const random = this.#random;
		const head = Buffer.alloc(5);
		head.writeUInt32BE(message.length, 1);
		let body: Uint8Array = Buffer.concat([head, message]);
		let contentType: string | undefined = random.chance(0.5) ? 'application/grpc-web-text' : 'application/grpc-web+proto';
		let sentPath = path;
		let method = 'POST';
		switch (random.below(40)) {
			case 0:
				head.writeUInt32BE(random.pick([0xffffffff, 0x80000000, 4 * 1024 * 1024 + 1, message.length + 1, Math.max(0, message.length - 1)]), 1);
				body = Buffer.concat([head, message]);
				break;
			case 1:
				head[0] = random.pick([1, 0x80, 0xff, 2]);
				body = Buffer.concat([head, message]);
				break;
			case 2:
				body = Buffer.concat([body, body]);
				break;
			case 3:
				body = body.subarray(0, random.below(body.length));
				break;
			case 4:
				contentType = random.pick([
					undefined,
					'application/grpc',
					'application/grpc-web+json',
					'text/plain',
					'application/grpc-web-text+proto; charset=utf-8',
					'APPLICATION/GRPC-WEB',
					'*/*',
				]);
				break;
			case 5:
				sentPath = random.pick([
					`${path}x`,
					path.replace('/', '//'),
					`sui.rpc.v2.LedgerService/__proto__`,
					'constructor',
					`${path}?a=b`,
					'%00',
					'..%2f',
					path.toLowerCase(),
				]);
				break;
			case 6:
				method = random.pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
				break;
			case 7:
				body = random.mutate(body);
				break;
			case 8:
				if (random.chance(0.02)) body = Buffer.concat([body, Buffer.alloc(6 * 1024 * 1024)]);
				break;
			default:
				break;
		}
		if (contentType?.toLowerCase().startsWith('application/grpc-web-text') === true) body = this.#base64(body);
		return { method, path: sentPath, contentType, body };
	}

	#base64(bytes: Uint8Array): Uint8Array {
		const random = this.#random;
		const text = Buffer.from(bytes).toString('base64');
		switch (random.below(20)) {
			case 0: {
				// As a sender that flushes in between: pieces with their own padding.
				const at = random.below(bytes.length);
				return Buffer.from(Buffer.from(bytes.subarray(0, at)).toString('base64') + Buffer.from(bytes.subarray(at)).toString('base64'));
			}
			case 1:
				return Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'));
			case 2:
				return Buffer.from(text.replaceAll('=', ''));
			case 3:
				return Buffer.from(`${text}${random.pick(['!', '\0', '====', '\r\n', 'é'])}`);
			case 4:
				return random.mutate(Buffer.from(text));
			default:
				return Buffer.from(text);
		}
	}

	#text(field: string): string {
		const random = this.#random;
		if (random.chance(0.03))
			return random.pick(['', 'x', '0x', '0xzz', '\u0000', '💥', '<', '0x2::', '::', 'a'.repeat(5000), '__proto__', '-1', '%', 'vector<'.repeat(500)]);
		const id = () => (random.chance(0.9) ? random.pick(this.#ids) : `0x${Buffer.from(random.bytes(32)).toString('hex')}`);
		switch (field) {
			case 'paths':
				return random.pick(MASKS);
			case 'coin_type':
			case 'object_type':
			case 'event_type':
			case 'element_type':
			case 'type_arguments':
			case 'type':
				return random.chance(0.8) ? random.pick(this.#types) : `${this.#world.packageId}::playground::Counted`;
			case 'digest':
			case 'digests':
				return this.#digest();
			case 'package':
			case 'package_id':
				return random.chance(0.8) ? random.pick([this.#world.packageId, '0x2', '0x1']) : id();
			case 'module':
			case 'module_name':
				return random.chance(0.6) ? 'playground' : random.pick(['coin', 'string', `${this.#world.packageId}::playground`]);
			case 'function':
			case 'name':
				return random.pick([
					'increment',
					'new_box',
					'size',
					'Box',
					'Counter',
					'value',
					'TransactionData',
					'PersonalMessage',
					`${this.#world.packageId}::playground::increment`,
				]);
			default:
				return id();
		}
	}

	#digest(): string {
		const { history } = this.#world.ledger;
		const record = history.at(1n + BigInt(this.#random.below(Number(history.tip))));
		return this.#random.chance(0.7) && record !== undefined ? this.#random.pick([record.digest, record.checkpointDigest]) : '11111111111111111111111111111111';
	}

	#bytes(field: string): Uint8Array {
		const random = this.#random;
		if (field === 'value' && random.chance(0.5)) {
			if (this.#signatures.length > 0 && random.chance(0.5)) return new Uint8Array(Buffer.from(random.pick(this.#signatures), 'base64'));
			const { bytes, signatures } = this.#transactions.next();
			this.#signatures = signatures;
			return bytes;
		}
		if ((field === 'after' || field === 'before') && random.chance(0.6)) {
			const cursor = Buffer.alloc(12);
			cursor.writeBigUInt64BE(BigInt(random.below(100)));
			cursor.writeUInt32BE(random.chance(0.7) ? 0 : random.next(), 8);
			return new Uint8Array(cursor);
		}
		return random.bytes(random.chance(0.98) ? random.below(40) : 20_000);
	}
}

/** The shares that make a run worth something, and bounds on what it may cost. */
export function checkRpcFigures({ count, decoded, answered, ran, kept, rssMb }: RpcFigures): void {
	assert.ok(decoded >= count / 10, `only ${decoded} of ${count} were messages`);
	assert.ok(answered >= count / 100, `only ${answered} of ${count} were answered`);
	assert.ok(ran >= count / 100, `only ${ran} transactions of ${count} requests ran`);
	assert.ok(kept > 0, 'no transaction was executed');
	assert.ok(rssMb < 1500, `${rssMb} MB`);
}
