/**
 * sui.rpc.v2.SubscriptionService: what is executed from now on, in order and without gaps. A client that was away asks LedgerService's lists
 * for what comes after the cursor that it saw last.
 */
import { GrpcTypes } from '@mysten/sui/grpc';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { CHECKPOINT_MASK, renderCheckpoint } from '#devnet/rpc/checkpoint.ts';
import { EVENT_MASK, eventItems, renderEventItem, TRANSACTION_MASK } from '#devnet/rpc/event-item.ts';
import { eventFilter, transactionFilter } from '#devnet/rpc/filter.ts';
import { watermarkOf } from '#devnet/rpc/query.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderRecord } from '#devnet/rpc/render-transaction.ts';
import { unavailable } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, stream } from '#devnet/rpc/server.ts';

/** Both as sui-rpc-api `subscription.rs` has them. */
const MAX_SUBSCRIBERS = 1024;
/** Transactions that wait for a subscriber which does not read. */
export const MAX_WAITING = 256;

export type FollowedLedger = Pick<Ledger, 'subscribe' | 'history' | 'vm' | 'chainId' | 'genesisTimeMs'>;

export function subscriptionService(ledger: FollowedLedger): Handlers {
	const { vm } = ledger;
	let subscribers = 0;

	/** Records as they come, until the signal. Fails with UNAVAILABLE when the reader has fallen too far behind. */
	async function* follow(signal: AbortSignal): AsyncGenerator<TransactionRecord> {
		if (subscribers >= MAX_SUBSCRIBERS) throw unavailable('too many existing subscriptions');
		subscribers++;
		const waiting: TransactionRecord[] = [];
		let lost = false;
		let wake: () => void = () => {};
		const onAbort = () => wake();
		const stop = ledger.subscribe((record) => {
			if (waiting.length < MAX_WAITING && !lost) waiting.push(record);
			else lost = true;
			wake();
		});
		signal.addEventListener('abort', onAbort);
		try {
			while (!signal.aborted) {
				for (let record = waiting.shift(); record !== undefined && !signal.aborted; record = waiting.shift()) yield record;
				if (signal.aborted) return;
				if (lost)
					throw unavailable(`the subscriber has fallen more than ${MAX_WAITING} transactions behind; list what follows the last cursor and subscribe again`);
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		} finally {
			signal.removeEventListener('abort', onAbort);
			stop();
			subscribers--;
		}
	}

	return {
		'sui.rpc.v2.SubscriptionService/SubscribeCheckpoints': stream(async function* (
			request: GrpcTypes.SubscribeCheckpointsRequest,
			signal,
		): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, CHECKPOINT_MASK, GrpcTypes.Checkpoint);
			const { matches } = transactionFilter(request.filter);
			for await (const record of follow(signal)) {
				const cursor = record.checkpoint;
				yield matches(record) ? { cursor, checkpoint: renderCheckpoint(ledger, cursor, mask) } : { cursor };
			}
		}),
		'sui.rpc.v2.SubscriptionService/SubscribeTransactions': stream(async function* (
			request: GrpcTypes.SubscribeTransactionsRequest,
			signal,
		): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK, GrpcTypes.ExecutedTransaction);
			const { matches } = transactionFilter(request.filter);
			for await (const record of follow(signal)) {
				const watermark = watermarkOf({ checkpoint: record.checkpoint, index: 0 }, record.checkpoint);
				yield matches(record) ? { transaction: renderRecord(record, mask, vm), watermark } : { watermark };
			}
		}),
		'sui.rpc.v2.SubscriptionService/SubscribeEvents': stream(async function* (request: GrpcTypes.SubscribeEventsRequest, signal): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, EVENT_MASK, GrpcTypes.Event);
			const { matches } = eventFilter(request.filter);
			for await (const record of follow(signal)) {
				const items = eventItems(record).filter(matches);
				for (const item of items.slice(0, -1)) {
					const watermark = watermarkOf({ checkpoint: record.checkpoint, index: item.index }, record.checkpoint - 1n);
					yield { event: renderEventItem(item, mask, vm), watermark };
				}
				const last = items.at(-1);
				const watermark = watermarkOf({ checkpoint: record.checkpoint, index: Math.max(record.effects.outcome.events.length - 1, 0) }, record.checkpoint);
				yield last === undefined ? { watermark } : { event: renderEventItem(last, mask, vm), watermark };
			}
		}),
	};
}
