/** sui.rpc.v2.LedgerService: what is and what was on the chain. */
import { GrpcStatusCode, GrpcTypes } from '@mysten/sui/grpc';
import { MAX_BUDGET, MAX_COMPUTATION_UNITS, REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import type { HistoryRange, WantedKeys } from '#devnet/ledger/history.ts';
import { EPOCH, type Ledger } from '#devnet/ledger/ledger.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import type { Address } from '#devnet/move/api.ts';
import { addressOf, digestOf } from '#devnet/rpc/arguments.ts';
import { CHECKPOINT_MASK, renderCheckpoint } from '#devnet/rpc/checkpoint.ts';
import { EVENT_MASK, eventItems, renderEventItem, TRANSACTION_MASK } from '#devnet/rpc/event-item.ts';
import { type EventItem, eventFilter, transactionFilter } from '#devnet/rpc/filter.ts';
import { answerQuery, type CheckpointRange, type Frame } from '#devnet/rpc/query.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { OBJECT_MASK, renderObject } from '#devnet/rpc/render-object.ts';
import { renderRecord, renderTimestamp } from '#devnet/rpc/render-transaction.ts';
import { invalidArgument, notFound, toRpcFailure } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, stream, unary } from '#devnet/rpc/server.ts';

const MAX_BATCH = 1000;
/** The protocol whose rules the devnet follows (Sui 1.63). */
const PROTOCOL_VERSION = 106n;
const EPOCH_MASK = ['epoch', 'first_checkpoint', 'last_checkpoint', 'start', 'end', 'reference_gas_price', 'protocol_config.protocol_version'];

export function ledgerService(ledger: Ledger): Handlers {
	const { vm, history } = ledger;

	const getObject = (id: Address, version: bigint | undefined, mask: ReadMask): GrpcTypes.Object => {
		const object = ledger.object(id, version);
		if (object === undefined) throw notFound(version === undefined ? `Object ${id} not found` : `Object ${id} with version ${version} not found`);
		return renderObject(object, mask, ledger);
	};
	const getTransaction = (digest: string | undefined, mask: ReadMask): GrpcTypes.ExecutedTransaction => {
		const record = ledger.transaction(digestOf(digest, 'digest'));
		if (record === undefined) throw notFound(`Transaction ${digest} not found`);
		return renderRecord(record, mask, vm);
	};
	function* eventsIn(range: HistoryRange): Generator<EventItem> {
		for (const record of history.range(range)) yield* range.descending === true ? eventItems(record).reverse() : eventItems(record);
	}
	/** Sequence numbers; genesis, which has no transaction, matches no filter. */
	function* checkpointsIn({ from, end, descending }: CheckpointRange, wanted: WantedKeys | undefined, genesis: boolean): Generator<bigint> {
		const withGenesis = genesis && from === 0n && end > 0n && history.lowest === 0n;
		if (withGenesis && !descending) yield 0n;
		for (const { checkpoint } of history.range(withKeys({ from, end, descending }, wanted))) yield checkpoint;
		if (withGenesis && descending) yield 0n;
	}

	return {
		'sui.rpc.v2.LedgerService/GetServiceInfo': unary(() => ({
			chainId: ledger.chainId,
			chain: 'vramhub-devnet',
			epoch: EPOCH,
			checkpointHeight: history.tip,
			timestamp: renderTimestamp(ledger.now()),
			lowestAvailableCheckpoint: history.lowest,
			lowestAvailableCheckpointObjects: history.lowest,
			server: 'vramhub-devnet',
		})),
		'sui.rpc.v2.LedgerService/GetEpoch': unary((request: GrpcTypes.GetEpochRequest) => {
			const mask = ReadMask.of(request.readMask, EPOCH_MASK, GrpcTypes.Epoch);
			if (request.epoch !== undefined && request.epoch !== EPOCH) throw notFound(`Epoch ${request.epoch} not found`);
			return { epoch: epochMessage(ledger, mask) };
		}),
		'sui.rpc.v2.LedgerService/GetObject': unary((request: GrpcTypes.GetObjectRequest) => {
			const mask = ReadMask.of(request.readMask, OBJECT_MASK, GrpcTypes.Object);
			return { object: getObject(addressOf(request.objectId, 'object_id'), request.version, mask) };
		}),
		'sui.rpc.v2.LedgerService/BatchGetObjects': unary((request: GrpcTypes.BatchGetObjectsRequest) => {
			if (request.requests.length > MAX_BATCH) throw invalidArgument(`number of batch requests exceed limit of ${MAX_BATCH}`);
			const mask = ReadMask.of(request.readMask, OBJECT_MASK, GrpcTypes.Object);
			const asked = request.requests.map(({ objectId, version }, index) => ({ id: addressOf(objectId, `requests[${index}].object_id`), version }));
			return { objects: asked.map(({ id, version }) => ({ result: resultOf('object', () => getObject(id, version, mask)) })) };
		}),
		'sui.rpc.v2.LedgerService/GetTransaction': unary((request: GrpcTypes.GetTransactionRequest) => ({
			transaction: getTransaction(request.digest, ReadMask.of(request.readMask, TRANSACTION_MASK, GrpcTypes.ExecutedTransaction)),
		})),
		'sui.rpc.v2.LedgerService/BatchGetTransactions': unary((request: GrpcTypes.BatchGetTransactionsRequest) => {
			if (request.digests.length > MAX_BATCH) throw invalidArgument(`number of batch requests exceed limit of ${MAX_BATCH}`);
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK, GrpcTypes.ExecutedTransaction);
			return { transactions: request.digests.map((digest) => ({ result: resultOf('transaction', () => getTransaction(digest, mask)) })) };
		}),
		'sui.rpc.v2.LedgerService/GetCheckpoint': unary(({ checkpointId, readMask }: GrpcTypes.GetCheckpointRequest) => {
			const mask = ReadMask.of(readMask, CHECKPOINT_MASK, GrpcTypes.Checkpoint);
			switch (checkpointId.oneofKind) {
				case 'sequenceNumber':
					return { checkpoint: renderCheckpoint(ledger, checkpointId.sequenceNumber, mask) };
				case 'digest': {
					const digest = digestOf(checkpointId.digest, 'digest');
					const found = history.byCheckpointDigest(digest);
					if (found === undefined && digest !== ledger.chainId) throw notFound(`Checkpoint ${digest} not found`);
					return { checkpoint: renderCheckpoint(ledger, found?.checkpoint ?? 0n, mask) };
				}
				case undefined:
					return { checkpoint: renderCheckpoint(ledger, history.tip, mask) };
				default:
					throw invalidArgument(`unknown checkpoint id ${JSON.stringify(checkpointId satisfies never)}`);
			}
		}),
		'sui.rpc.v2.LedgerService/ListEvents': stream(async function* (request: GrpcTypes.ListEventsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, EVENT_MASK, GrpcTypes.Event);
			const { matches, wanted } = eventFilter(request.filter);
			const itemsIn = (range: CheckpointRange) => eventsIn(withKeys(range, wanted));
			const positionOf = ({ record, index }: EventItem) => ({ checkpoint: record.checkpoint, index });
			const endsCheckpoint = ({ record, index }: EventItem, descending: boolean) => index === (descending ? 0 : record.effects.outcome.events.length - 1);
			const answer = answerQuery(request, { itemsIn, positionOf, endsCheckpoint, matches, tip: history.tip });
			for (const frame of answer) yield withItem(frame, 'event', (item) => renderEventItem(item, mask, vm));
		}),
		'sui.rpc.v2.LedgerService/ListTransactions': stream(async function* (request: GrpcTypes.ListTransactionsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK, GrpcTypes.ExecutedTransaction);
			const { matches, wanted } = transactionFilter(request.filter);
			const itemsIn = (range: CheckpointRange) => history.range(withKeys(range, wanted));
			const positionOf = (record: TransactionRecord) => ({ checkpoint: record.checkpoint, index: 0 });
			const answer = answerQuery(request, { itemsIn, positionOf, endsCheckpoint: () => true, matches, tip: history.tip });
			for (const frame of answer) yield withItem(frame, 'transaction', (record) => renderRecord(record, mask, vm));
		}),
		'sui.rpc.v2.LedgerService/ListCheckpoints': stream(async function* (request: GrpcTypes.ListCheckpointsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, CHECKPOINT_MASK, GrpcTypes.Checkpoint);
			const { filter } = request;
			const { matches: recordMatches, wanted } = transactionFilter(filter);
			const itemsIn = (range: CheckpointRange) => checkpointsIn(range, wanted, filter === undefined);
			const matches = (sequence: bigint) => {
				const record = filter === undefined ? undefined : history.at(sequence);
				return record === undefined || recordMatches(record);
			};
			const positionOf = (checkpoint: bigint) => ({ checkpoint, index: 0 });
			const answer = answerQuery(request, { itemsIn, positionOf, endsCheckpoint: () => true, matches, tip: history.tip });
			for (const frame of answer) yield withItem(frame, 'checkpoint', (sequence) => renderCheckpoint(ledger, sequence, mask));
		}),
	};
}

const withKeys = (range: CheckpointRange, wanted: WantedKeys | undefined): HistoryRange => (wanted === undefined ? range : { ...range, wanted });

function withItem<T>({ item, ...frame }: { item?: T } & Frame, name: string, render: (item: T) => object): object {
	return item === undefined ? frame : { ...frame, [name]: render(item) };
}

/** Items of a batch fail one by one. */
function resultOf(name: 'object' | 'transaction', get: () => object): object {
	try {
		return { oneofKind: name, [name]: get() };
	} catch (error) {
		const failure = toRpcFailure(error);
		if (failure.code === GrpcStatusCode.INTERNAL) throw error;
		return { oneofKind: 'error', error: { code: failure.code, message: failure.message, details: [] } };
	}
}

function epochMessage(ledger: Ledger, mask: ReadMask): GrpcTypes.Epoch {
	const config = mask.under('protocol_config');
	const numbers: Readonly<Record<string, string>> = {
		max_tx_gas: MAX_BUDGET.toString(),
		max_gas_computation_bucket: MAX_COMPUTATION_UNITS.toString(),
		max_tx_size_bytes: '131072',
		max_pure_argument_size: '16384',
		max_move_object_size: '256000',
		max_programmable_tx_commands: '1024',
		max_num_event_emit: '1024',
	};
	return {
		epoch: mask.pick('epoch', () => EPOCH),
		firstCheckpoint: mask.pick('first_checkpoint', () => 0n),
		start: mask.pick('start', () => renderTimestamp(ledger.genesisTimeMs)),
		referenceGasPrice: mask.pick('reference_gas_price', () => REFERENCE_GAS_PRICE),
		protocolConfig: mask.pick('protocol_config', () => ({
			protocolVersion: config.pick('protocol_version', () => PROTOCOL_VERSION),
			featureFlags: {},
			attributes: config.pick('attributes', () => ({ ...numbers })) ?? {},
			configs: {},
		})),
		systemState: mask.pick('system_state', () => ({
			version: 2n,
			epoch: EPOCH,
			protocolVersion: PROTOCOL_VERSION,
			referenceGasPrice: REFERENCE_GAS_PRICE,
			epochStartTimestampMs: ledger.genesisTimeMs,
			safeMode: false,
			validatorReportRecords: [],
		})),
	};
}
