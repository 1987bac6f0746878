import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { GrpcTypes } from '@mysten/sui/grpc';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { clientOf, type Playground, publishPlayground, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import { createRpcServer } from '#devnet/rpc/server.ts';
import { subscriptionService } from '#devnet/rpc/subscription-service.ts';
import { rejectsWith } from '#devnet/rpc/surface/surface.fixture.ts';

/** The service over HTTP, told of transactions by the test: one real transaction, as often as wanted. */
describe('subscriptions', () => {
	let playground: Playground;
	let record: TransactionRecord;
	before(async () => {
		playground = await startPlayground();
		await publishPlayground(playground);
		const { history } = playground.devnet.ledger;
		record = history.at(history.tip) as TransactionRecord;
	});
	after(() => playground.stop());

	async function listen() {
		const { vm, history, chainId, genesisTimeMs } = playground.devnet.ledger;
		const listeners = new Set<(record: TransactionRecord) => void>();
		let onChange = () => {};
		const subscribe = (listener: (record: TransactionRecord) => void) => {
			listeners.add(listener);
			onChange();
			return () => {
				listeners.delete(listener);
				onChange();
			};
		};
		const defects: unknown[] = [];
		const server = createRpcServer(
			subscriptionService({ vm, history, chainId, genesisTimeMs, subscribe }),
			async () => false,
			(error) => defects.push(error),
		);
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return {
			url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
			announce: () => {
				for (const listener of listeners) listener(record);
			},
			/** Until so many subscribers are left. */
			async subscribers(count: number) {
				while (listeners.size !== count) {
					await new Promise<void>((resolve) => {
						onChange = resolve;
					});
				}
			},
			async stop() {
				const closed = once(server, 'close');
				server.close();
				server.closeAllConnections();
				await closed;
				assert.deepEqual(defects, []);
			},
		};
	}

	it('forgets a subscriber that goes away', async () => {
		const service = await listen();
		try {
			const client = clientOf(service);
			const aborts = Array.from({ length: 5 }, () => new AbortController());
			const calls = aborts.map(({ signal }) => client.subscriptionService.subscribeTransactions({}, { abort: signal }));
			await Promise.all(calls.map(({ headers }) => headers));
			await service.subscribers(5);
			const statuses = calls.map(({ status }) => Promise.resolve(status).then(undefined, () => undefined));
			aborts[0]?.abort();
			await service.subscribers(4);
			for (const abort of aborts) abort.abort();
			await service.subscribers(0);
			await Promise.all(statuses);
		} finally {
			await service.stop();
		}
	});

	it('cuts off a subscriber that does not read, and no other', async () => {
		const service = await listen();
		try {
			const slow = await fetch(`${service.url}/sui.rpc.v2.SubscriptionService/SubscribeTransactions`, {
				method: 'POST',
				headers: { 'content-type': 'application/grpc-web+proto' },
				body: frameOf(GrpcTypes.SubscribeTransactionsRequest.toBinary({ readMask: { paths: ['*'] } })),
			});
			const abort = new AbortController();
			const quick = clientOf(service).subscriptionService.subscribeTransactions({ readMask: { paths: ['digest'] } }, { abort: abort.signal });
			await quick.headers;
			const status = Promise.resolve(quick.status).then(undefined, () => undefined);
			const responses = quick.responses[Symbol.asyncIterator]();
			// Each is several kilobytes: more than what the connection and the queue hold.
			for (let i = 0; i < 5000; i++) {
				service.announce();
				const { value } = await responses.next();
				assert.equal(value?.transaction?.digest, record.digest);
			}
			const body = Buffer.from(await slow.arrayBuffer());
			assert.match(body.toString('latin1'), /grpc-status: 14\r\ngrpc-message: the%20subscriber%20has%20fallen/);
			assert.ok(body.length < 4000 * record.bytes.length, 'not all was kept for it');
			await service.subscribers(1);
			abort.abort();
			await status;
		} finally {
			await service.stop();
		}
	});

	it('takes a bounded number', async () => {
		const service = await listen();
		try {
			const client = clientOf(service);
			const abort = new AbortController();
			const calls = Array.from({ length: 1024 }, () => client.subscriptionService.subscribeTransactions({}, { abort: abort.signal }));
			const statuses = calls.map(({ status }) => Promise.resolve(status).then(undefined, () => undefined));
			await service.subscribers(1024);
			const refused = async () => {
				for await (const _ of client.subscriptionService.subscribeTransactions({}).responses) break;
			};
			await rejectsWith(refused(), 'UNAVAILABLE', /too many existing subscriptions/);
			abort.abort();
			await service.subscribers(0);
			await Promise.all(statuses);
		} finally {
			await service.stop();
		}
	});
});

function frameOf(message: Uint8Array): Uint8Array<ArrayBuffer> {
	const head = Buffer.alloc(5);
	head.writeUInt32BE(message.length, 1);
	return new Uint8Array(Buffer.concat([head, message]));
}
