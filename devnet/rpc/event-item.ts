/** Events with their place in the ledger. */
import type { GrpcTypes } from '@mysten/sui/grpc';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import type { MoveVm } from '#devnet/move/api.ts';
import type { EventItem } from '#devnet/rpc/filter.ts';
import type { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderEvent } from '#devnet/rpc/render-transaction.ts';

export const TRANSACTION_MASK = ['digest'];
export const EVENT_MASK = ['package_id', 'module', 'sender', 'event_type'];

export function eventItems(record: TransactionRecord): EventItem[] {
	return record.effects.outcome.events.map((event, index) => ({ record, event, index }));
}

export function renderEventItem({ record, event, index }: EventItem, mask: ReadMask, vm: MoveVm): GrpcTypes.Event {
	return {
		...renderEvent(event, record.sender, mask, vm),
		checkpoint: mask.pick('checkpoint', () => record.checkpoint),
		transactionDigest: mask.pick('transaction_digest', () => record.digest),
		eventIndex: mask.pick('event_index', () => index),
	};
}
