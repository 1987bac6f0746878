/** sui.rpc.v2.LedgerService and SubscriptionService: what is and what was on the chain. */
import { GrpcStatusCode, type GrpcTypes } from '@mysten/sui/grpc';
import { MAX_BUDGET, MAX_COMPUTATION_UNITS, REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import type { HistoryRange, WantedKeys } from '#devnet/ledger/history.ts';
import { EPOCH, type Ledger } from '#devnet/ledger/ledger.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { answerQuery, type EventItem, eventMatches, type Frame, keysOfEvents, keysOfTransactions, transactionMatches, watermarkOf } from '#devnet/rpc/query.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { OBJECT_MASK, renderObject } from '#devnet/rpc/render-object.ts';
import { renderEvent, renderRecord, renderTimestamp } from '#devnet/rpc/render-transaction.ts';
import { invalidArgument, notFound, toRpcFailure } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, stream, unary } from '#devnet/rpc/server.ts';

const MAX_BATCH = 1000;
/** The protocol whose rules the devnet follows (Sui 1.63). */
const PROTOCOL_VERSION = 106n;
const TRANSACTION_MASK = ['digest'];
const CHECKPOINT_MASK = ['sequence_number', 'digest'];
const EVENT_MASK = ['package_id', 'module', 'sender', 'event_type'];

export function ledgerService(ledger: Ledger): Handlers {
	const { vm, history } = ledger;

	const getObject = (request: GrpcTypes.GetObjectRequest, mask: ReadMask): GrpcTypes.Object => {
		const id = addressOf(request.objectId, 'object_id');
		const object = ledger.object(id, request.version);
		if (object === undefined)
			throw notFound(request.version === undefined ? `Object ${id} not found` : `Object ${id} with version ${request.version} not found`);
		return renderObject(object, mask, vm);
	};
	const getTransaction = (digest: string | undefined, mask: ReadMask): GrpcTypes.ExecutedTransaction => {
		if (digest === undefined) throw invalidArgument('digest: missing');
		const record = ledger.transaction(digest);
		if (record === undefined) throw notFound(`Transaction ${digest} not found`);
		return renderRecord(record, mask, vm);
	};
	const previousDigestOf = (sequence: bigint) => (sequence === 1n ? ledger.chainId : history.at(sequence - 1n)?.checkpointDigest);
	const checkpointMessage = (sequence: bigint, mask: ReadMask): GrpcTypes.Checkpoint => {
		const record = history.at(sequence);
		if (sequence !== 0n && record === undefined) throw notFound(`Checkpoint ${sequence} not found`);
		const digest = record?.checkpointDigest ?? ledger.chainId;
		const previousDigest = sequence === 0n ? undefined : previousDigestOf(sequence);
		return {
			sequenceNumber: mask.pick('sequence_number', () => sequence),
			digest: mask.pick('digest', () => digest),
			summary: mask.pick('summary', () => ({
				digest,
				epoch: EPOCH,
				sequenceNumber: sequence,
				totalNetworkTransactions: sequence,
				previousDigest,
				timestamp: renderTimestamp(record?.timestampMs ?? ledger.genesisTimeMs),
				commitments: [],
			})),
			contents: mask.pick('contents', () => ({
				version: 1,
				transactions: record === undefined ? [] : [{ transaction: record.digest, effects: record.effects.digest, signatures: [], addressAliasesVersions: [] }],
			})),
			transactions: mask.pick('transactions', () => (record === undefined ? [] : [renderRecord(record, mask.under('transactions'), vm)])) ?? [],
		};
	};
	const recordsIn = (wanted: WantedKeys | undefined) => (range: HistoryRange) => history.range(wanted === undefined ? range : { ...range, wanted });
	const itemsOf = (record: TransactionRecord): EventItem[] => record.effects.outcome.events.map((event, index) => ({ record, event, index }));
	function* eventsIn(range: HistoryRange): Generator<EventItem> {
		for (const record of history.range(range)) yield* range.descending === true ? itemsOf(record).reverse() : itemsOf(record);
	}
	const eventMessage = ({ record, event, index }: EventItem, mask: ReadMask): GrpcTypes.Event => ({
		...renderEvent(event, record.sender, mask, vm),
		checkpoint: mask.pick('checkpoint', () => record.checkpoint),
		transactionDigest: mask.pick('transaction_digest', () => record.digest),
		eventIndex: mask.pick('event_index', () => index),
	});

	async function* follow(signal: AbortSignal): AsyncGenerator<TransactionRecord> {
		const waiting: TransactionRecord[] = [];
		let wake: () => void = () => {};
		const stop = ledger.subscribe((record) => {
			waiting.push(record);
			wake();
		});
		const onAbort = () => wake();
		signal.addEventListener('abort', onAbort);
		try {
			while (!signal.aborted) {
				for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) yield record;
				if (signal.aborted) return;
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		} finally {
			signal.removeEventListener('abort', onAbort);
			stop();
		}
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
			if (request.epoch !== undefined && request.epoch !== EPOCH) throw notFound(`Epoch ${request.epoch} not found`);
			return { epoch: epochMessage(ledger) };
		}),
		'sui.rpc.v2.LedgerService/GetObject': unary((request: GrpcTypes.GetObjectRequest) => ({
			object: getObject(request, ReadMask.of(request.readMask, OBJECT_MASK)),
		})),
		'sui.rpc.v2.LedgerService/BatchGetObjects': unary((request: GrpcTypes.BatchGetObjectsRequest) => {
			if (request.requests.length > MAX_BATCH) throw invalidArgument(`number of batch requests exceed limit of ${MAX_BATCH}`);
			const mask = ReadMask.of(request.readMask, OBJECT_MASK);
			return { objects: request.requests.map((item) => ({ result: resultOf('object', () => getObject(item, mask)) })) };
		}),
		'sui.rpc.v2.LedgerService/GetTransaction': unary((request: GrpcTypes.GetTransactionRequest) => ({
			transaction: getTransaction(request.digest, ReadMask.of(request.readMask, TRANSACTION_MASK)),
		})),
		'sui.rpc.v2.LedgerService/BatchGetTransactions': unary((request: GrpcTypes.BatchGetTransactionsRequest) => {
			if (request.digests.length > MAX_BATCH) throw invalidArgument(`number of batch requests exceed limit of ${MAX_BATCH}`);
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK);
			return { transactions: request.digests.map((digest) => ({ result: resultOf('transaction', () => getTransaction(digest, mask)) })) };
		}),
		'sui.rpc.v2.LedgerService/GetCheckpoint': unary(({ checkpointId, readMask }: GrpcTypes.GetCheckpointRequest) => {
			const mask = ReadMask.of(readMask, CHECKPOINT_MASK);
			switch (checkpointId.oneofKind) {
				case 'sequenceNumber':
					return { checkpoint: checkpointMessage(checkpointId.sequenceNumber, mask) };
				case 'digest': {
					const found = history.byCheckpointDigest(checkpointId.digest);
					if (found === undefined && checkpointId.digest !== ledger.chainId) throw notFound(`Checkpoint ${checkpointId.digest} not found`);
					return { checkpoint: checkpointMessage(found?.checkpoint ?? 0n, mask) };
				}
				case undefined:
					return { checkpoint: checkpointMessage(history.tip, mask) };
				default:
					throw invalidArgument(`unknown checkpoint id ${JSON.stringify(checkpointId satisfies never)}`);
			}
		}),
		'sui.rpc.v2.LedgerService/ListEvents': stream(async function* (request: GrpcTypes.ListEventsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, EVENT_MASK);
			const position = ({ record, index }: EventItem) => ({ checkpoint: record.checkpoint, index });
			const answer = answerQuery(
				request,
				(range) => eventsIn({ ...range, wanted: keysOfEvents(request.filter) }),
				position,
				(item) => eventMatches(item, request.filter),
				history.tip,
			);
			for (const frame of answer) yield withItem(frame, 'event', (item) => eventMessage(item, mask));
		}),
		'sui.rpc.v2.LedgerService/ListTransactions': stream(async function* (request: GrpcTypes.ListTransactionsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK);
			const answer = answerQuery(
				request,
				recordsIn(keysOfTransactions(request.filter)),
				positionOf,
				(record) => transactionMatches(record, request.filter),
				history.tip,
			);
			for (const frame of answer) yield withItem(frame, 'transaction', (record) => renderRecord(record, mask, vm));
		}),
		'sui.rpc.v2.LedgerService/ListCheckpoints': stream(async function* (request: GrpcTypes.ListCheckpointsRequest): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, CHECKPOINT_MASK);
			const answer = answerQuery(
				request,
				recordsIn(keysOfTransactions(request.filter)),
				positionOf,
				(record) => transactionMatches(record, request.filter),
				history.tip,
			);
			for (const frame of answer) yield withItem(frame, 'checkpoint', (record) => checkpointMessage(record.checkpoint, mask));
		}),
		'sui.rpc.v2.SubscriptionService/SubscribeCheckpoints': stream(async function* (
			request: GrpcTypes.SubscribeCheckpointsRequest,
			signal,
		): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, CHECKPOINT_MASK);
			for await (const record of follow(signal)) yield { cursor: record.checkpoint, checkpoint: checkpointMessage(record.checkpoint, mask) };
		}),
		'sui.rpc.v2.SubscriptionService/SubscribeTransactions': stream(async function* (
			request: GrpcTypes.SubscribeTransactionsRequest,
			signal,
		): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, TRANSACTION_MASK);
			for await (const record of follow(signal)) {
				const watermark = watermarkOf(positionOf(record));
				yield transactionMatches(record, request.filter) ? { transaction: renderRecord(record, mask, vm), watermark } : { watermark };
			}
		}),
		'sui.rpc.v2.SubscriptionService/SubscribeEvents': stream(async function* (request: GrpcTypes.SubscribeEventsRequest, signal): AsyncGenerator<object> {
			const mask = ReadMask.of(request.readMask, EVENT_MASK);
			for await (const record of follow(signal)) {
				for (const item of itemsOf(record)) {
					if (!eventMatches(item, request.filter)) continue;
					yield { event: eventMessage(item, mask), watermark: watermarkOf({ checkpoint: record.checkpoint, index: item.index }) };
				}
			}
		}),
	};
}

const positionOf = (record: TransactionRecord) => ({ checkpoint: record.checkpoint, index: 0 });

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

export function addressOf(text: string | undefined, field: string): string {
	if (text === undefined) throw invalidArgument(`${field}: missing`);
	try {
		return normalizeAddress(text);
	} catch {
		throw invalidArgument(`${field}: invalid address ${text}`);
	}
}

function epochMessage(ledger: Ledger): object {
	const start = renderTimestamp(ledger.genesisTimeMs);
	return {
		epoch: EPOCH,
		firstCheckpoint: 0n,
		start,
		referenceGasPrice: REFERENCE_GAS_PRICE,
		protocolConfig: {
			protocolVersion: PROTOCOL_VERSION,
			featureFlags: {},
			attributes: {
				max_tx_gas: MAX_BUDGET.toString(),
				max_gas_computation_bucket: MAX_COMPUTATION_UNITS.toString(),
				max_tx_size_bytes: '131072',
				max_pure_argument_size: '16384',
				max_move_object_size: '256000',
				max_programmable_tx_commands: '1024',
				max_num_event_emit: '1024',
			},
			configs: {},
		},
		systemState: {
			version: 2n,
			epoch: EPOCH,
			protocolVersion: PROTOCOL_VERSION,
			referenceGasPrice: REFERENCE_GAS_PRICE,
			epochStartTimestampMs: ledger.genesisTimeMs,
			safeMode: false,
		},
	};
}
