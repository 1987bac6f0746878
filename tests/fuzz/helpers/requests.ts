/** Requests at random: what asks for something more often than not, damaged in the message, the frame, the base64, the header or the path. */
import { GrpcTypes } from '@mysten/sui/grpc';
import { formatType } from '#devnet/move/types.ts';
import { methodsByPath } from '#devnet/rpc/server.ts';
import { MessageFuzzer } from './messages.ts';
import type { Random } from './random.ts';
import { TransactionFuzzer } from './transactions.ts';
import type { World } from './world.ts';

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

export interface Sent {
	readonly method: string;
	readonly path: string;
	readonly contentType: string | undefined;
	readonly body: Uint8Array;
}

/** What the world has, to ask for; and what it has not. */
export class RequestFuzzer {
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
