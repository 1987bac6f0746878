import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toBase64 } from '@mysten/bcs';
import { GrpcTypes } from '@mysten/sui/grpc';
import { run } from '#devnet/rpc/playground.fixture.ts';
import { newAddress, rejectsWith, type Surface } from './surface.fixture.ts';

export function listCases(surface: () => Surface): void {
	const increment = (by: number, times = 1) =>
		run(surface(), (transaction) => {
			const { call, counterId } = surface();
			for (let i = 0; i < times; i++)
				transaction.moveCall({ target: call('increment'), arguments: [transaction.object(counterId), transaction.pure.u64(by), transaction.pure.string('x')] });
		});
	const eventType = () => `${surface().packageId}::playground::Counted`;
	const byType = () => ({
		terms: [{ literals: [{ negated: false, predicate: { oneofKind: 'eventType' as const, eventType: { eventType: eventType() } } }] }],
	});

	it('listEvents: filters, order, pages of any size, cursors of both ends', async () => {
		const { client, address, packageId } = surface();
		await increment(1, 3);
		await increment(1, 2);
		const all = (await client.core.listEvents({ filter: { eventType: eventType() }, limit: 1000 })).events;
		assert.ok(all.length >= 5);
		const keyOf = (event: (typeof all)[number]) => `${event.transactionDigest} ${event.eventIndex}`;
		for (const order of ['ascending', 'descending'] as const) {
			for (const limit of [1, 2, 3, all.length, all.length + 1]) {
				const seen: string[] = [];
				let cursor: string | null = null;
				for (let more = true; more; ) {
					const page: Awaited<ReturnType<typeof client.core.listEvents>> = await client.core.listEvents({
						filter: { eventType: eventType() },
						limit,
						order,
						...(order === 'ascending' ? { after: cursor } : { before: cursor }),
					});
					seen.push(...page.events.map(keyOf));
					more = page.hasNextPage;
					cursor = page.endCursor;
				}
				assert.deepEqual(order === 'ascending' ? seen : seen.reverse(), all.map(keyOf));
			}
		}
		const count = async (filter: Parameters<typeof client.core.listEvents>[0]['filter']) =>
			(await client.core.listEvents({ filter: filter as never, limit: 1000 })).events.length;
		assert.equal(await count({ emitModule: `${packageId}::playground` }), all.length);
		assert.equal(await count({ eventType: `${packageId}::playground` }), all.length);
		assert.equal(await count({ sender: address }), all.filter(({ sender }) => sender === address).length);
		assert.equal(await count({ sender: newAddress() }), 0);
		assert.equal(await count({ emitModule: `${packageId}::play` }), 0);
		await rejectsWith(client.core.listEvents({ filter: { sender: 'x' } }), 'INVALID_ARGUMENT');
		await rejectsWith(client.core.listEvents({ after: toBase64(Uint8Array.of(1, 2)) }), 'INVALID_ARGUMENT', /cursor/);
		const raw = async (filter: GrpcTypes.EventFilter) => {
			for await (const _ of client.ledgerService.listEvents({ filter }).responses) break;
		};
		await rejectsWith(raw({ terms: [] }), 'INVALID_ARGUMENT', /at least one term/);
		await rejectsWith(raw({ terms: [{ literals: [] }] }), 'INVALID_ARGUMENT', /at least one literal/);
		await rejectsWith(raw({ terms: [{ literals: [{ negated: false, predicate: { oneofKind: undefined } }] }] }), 'INVALID_ARGUMENT');
		const not = byType();
		for (const literal of not.terms[0]?.literals ?? []) literal.negated = true;
		for await (const { event } of client.ledgerService.listEvents({ filter: not, options: { limit: 1000 } }).responses)
			assert.notEqual(event?.eventType, eventType());
	});

	it('listTransactions: by sender and function, with includes; ListTransactions and ListCheckpoints by range', async () => {
		const { client, address, call, packageId, devnet } = surface();
		const target = call('increment');
		const { transactions } = await client.core.listTransactions({ filter: { function: target }, limit: 1000, include: { effects: true, transaction: true } });
		assert.ok(transactions.length >= 2);
		for (const { Transaction: made } of transactions)
			assert.ok(made?.transaction?.commands.some((command) => 'MoveCall' in command && command.MoveCall?.function === 'increment'));
		for (const filter of [{ function: packageId }, { function: `${packageId}::playground` }, { sender: address }]) {
			assert.ok((await client.core.listTransactions({ filter, limit: 1000 })).transactions.length >= transactions.length);
		}
		const first = await client.core.listTransactions({ filter: { function: target }, limit: 1 });
		assert.deepEqual([first.transactions.length, first.hasNextPage, first.transactions[0]?.Transaction?.effects], [1, true, undefined]);
		const rest = await client.core.listTransactions({ filter: { function: target }, after: first.endCursor, limit: 1000 });
		assert.equal(rest.transactions.length, transactions.length - 1);
		const newest = await client.core.listTransactions({ order: 'descending', limit: 1 });
		assert.equal(newest.transactions[0]?.Transaction?.checkpoint, devnet.ledger.history.tip.toString());
		await rejectsWith(client.core.listTransactions({ before: 'AA==' }), 'INVALID_ARGUMENT', /cursor/);

		const frames = async <T>(responses: AsyncIterable<T>) => {
			const found: T[] = [];
			for await (const frame of responses) found.push(frame);
			return found;
		};
		const listed = await frames(
			client.ledgerService.listTransactions({ startCheckpoint: 1n, endCheckpoint: 3n, readMask: { paths: ['checkpoint'] } }).responses,
		);
		assert.deepEqual(
			listed.map(({ transaction, end }) => transaction?.checkpoint ?? end?.reason),
			[1n, 2n, GrpcTypes.QueryEndReason.CHECKPOINT_BOUND],
		);
		const checkpoints = await frames(client.ledgerService.listCheckpoints({ options: { limit: 2 } }).responses);
		assert.deepEqual(
			checkpoints.map(({ checkpoint, end }) => [checkpoint?.sequenceNumber, end?.reason]),
			[
				[0n, undefined],
				[1n, GrpcTypes.QueryEndReason.ITEM_LIMIT],
			],
		);
		await rejectsWith(frames(client.ledgerService.listCheckpoints({ readMask: { paths: ['height'] } }).responses), 'INVALID_ARGUMENT', /read_mask/);
		await rejectsWith(frames(client.ledgerService.listTransactions({ readMask: { paths: ['height'] } }).responses), 'INVALID_ARGUMENT', /read_mask/);
	});

	it('subscriptions: in order; what was missed is listed after the last cursor', async () => {
		const { client } = surface();
		const abort = new AbortController();
		const options = { abort: abort.signal };
		const events = client.subscriptionService.subscribeEvents({ filter: byType(), readMask: { paths: ['transaction_digest', 'event_index'] } }, options);
		const transactions = client.subscriptionService.subscribeTransactions({ readMask: { paths: ['digest'] } }, options);
		const checkpoints = client.subscriptionService.subscribeCheckpoints({ readMask: { paths: ['transactions.digest'] } }, options);
		await Promise.all([events.headers, transactions.headers, checkpoints.headers]);
		const made = [await increment(1, 2), await increment(1)];
		const digests = made.map(({ digest }) => digest);
		const take = async <T, V>(responses: AsyncIterable<T>, count: number, read: (frame: T) => V | undefined) => {
			const found: V[] = [];
			for await (const frame of responses) {
				const value = read(frame);
				if (value !== undefined) found.push(value);
				if (found.length === count) break;
			}
			return found;
		};
		let cursor: Uint8Array | undefined;
		const seen = await take(events.responses, 3, ({ event, watermark }) => {
			cursor = watermark?.cursor;
			return event && `${event.transactionDigest} ${event.eventIndex}`;
		});
		assert.deepEqual(seen, [`${digests[0]} 0`, `${digests[0]} 1`, `${digests[1]} 0`]);
		assert.deepEqual(await take(transactions.responses, 2, ({ transaction }) => transaction?.digest), digests);
		let last: bigint | undefined;
		const covered = await take(checkpoints.responses, 2, (frame) => {
			assert.ok(last === undefined || frame.cursor === last + 1n, 'no gap');
			last = frame.cursor;
			return frame.checkpoint?.transactions[0]?.digest;
		});
		assert.deepEqual(covered, digests);

		const gone = Promise.all([events, transactions, checkpoints].map(({ status }) => Promise.resolve(status).then(undefined, () => undefined)));
		abort.abort();
		await gone;
		const missed = await increment(1);
		const backfill = await client.core.listEvents({ filter: { eventType: eventType() }, after: toBase64(cursor ?? new Uint8Array()) });
		assert.deepEqual(
			backfill.events.map(({ transactionDigest }) => transactionDigest),
			[missed.digest],
		);
		const refused = async (responses: AsyncIterable<unknown>) => {
			for await (const _ of responses) break;
		};
		const service = client.subscriptionService;
		await rejectsWith(refused(service.subscribeEvents({ filter: { terms: [] } }).responses), 'INVALID_ARGUMENT');
		await rejectsWith(refused(service.subscribeTransactions({ filter: { terms: [] } }).responses), 'INVALID_ARGUMENT');
		await rejectsWith(refused(service.subscribeCheckpoints({ readMask: { paths: ['x'] } }).responses), 'INVALID_ARGUMENT');
	});
}
