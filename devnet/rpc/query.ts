/** Lists of events, transactions and checkpoints in the ledger's order: filters, cursors, bounds (sui.rpc.v2 query_options.proto). */
import { GrpcTypes } from '@mysten/sui/grpc';
import type { HistoryRange, WantedKeys } from '#devnet/ledger/history.ts';
import { KEY } from '#devnet/ledger/keys.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { parseTransaction } from '#devnet/ledger/transaction.ts';
import type { MoveEvent } from '#devnet/move/api.ts';
import { formatType, normalizeAddress } from '#devnet/move/types.ts';
import { invalidArgument } from '#devnet/rpc/rpc-error.ts';

/** Where an item stands: its checkpoint, and its index in it. */
export interface Position {
	readonly checkpoint: bigint;
	readonly index: number;
}

const CURSOR_BYTES = 12;
const LAST_INDEX = 0xffff_ffff;
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1001;

function encodeCursor({ checkpoint, index }: Position): Uint8Array {
	const bytes = new Uint8Array(CURSOR_BYTES);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, checkpoint);
	view.setUint32(8, index);
	return bytes;
}

function decodeCursor(bytes: Uint8Array): Position {
	if (bytes.length !== CURSOR_BYTES) throw invalidArgument('a cursor is one that this node gave');
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return { checkpoint: view.getBigUint64(0), index: view.getUint32(8) };
}

function isAfter(a: Position, b: Position): boolean {
	return a.checkpoint === b.checkpoint ? a.index > b.index : a.checkpoint > b.checkpoint;
}

const next = ({ checkpoint, index }: Position): Position => ({ checkpoint, index: index + 1 });
const newest = (positions: readonly (Position | undefined)[]) => positions.reduce((a, b) => (a === undefined || (b !== undefined && isAfter(b, a)) ? b : a));
const oldest = (positions: readonly (Position | undefined)[]) => positions.reduce((a, b) => (a === undefined || (b !== undefined && isAfter(a, b)) ? b : a));

interface Query {
	readonly startCheckpoint?: bigint;
	readonly endCheckpoint?: bigint;
	readonly options?: GrpcTypes.QueryOptions;
}

export interface Frame {
	readonly watermark: GrpcTypes.Watermark;
	readonly end?: GrpcTypes.QueryEnd;
}

export function watermarkOf(position: Position): GrpcTypes.Watermark {
	return { cursor: encodeCursor(position), checkpoint: position.checkpoint };
}

/** Items one a frame, each with its cursor; the last frame says why the list ends. `itemsIn` gives those of a range of checkpoints in the ledger's order. */
export function* answerQuery<T>(
	query: Query,
	itemsIn: (range: HistoryRange) => Iterable<T>,
	positionOf: (item: T) => Position,
	matches: (item: T) => boolean,
	tip: bigint,
): Generator<{ item?: T } & Frame> {
	const { options } = query;
	const limit = Math.min(options?.limit ?? DEFAULT_LIMIT, MAX_LIMIT);
	const after = options?.after === undefined ? undefined : decodeCursor(options.after);
	const before = options?.before === undefined ? undefined : decodeCursor(options.before);
	const descending = options?.ordering === GrpcTypes.Ordering.DESCENDING;
	const lowest = newest([after && next(after), query.startCheckpoint === undefined ? undefined : { checkpoint: query.startCheckpoint, index: 0 }]);
	const end = oldest([before, query.endCheckpoint === undefined ? undefined : { checkpoint: query.endCheckpoint, index: 0 }]);
	const range = { from: lowest?.checkpoint ?? 0n, end: (end?.checkpoint ?? tip) + 1n, descending };

	const { ITEM_LIMIT, LEDGER_TIP, CURSOR_BOUND } = GrpcTypes.QueryEndReason;
	let frontier: Position | undefined;
	let count = 0;
	for (const item of itemsIn(range)) {
		const position = positionOf(item);
		if ((lowest !== undefined && isAfter(lowest, position)) || (end !== undefined && !isAfter(end, position)) || !matches(item)) continue;
		if (count === limit) {
			yield { watermark: watermarkOf(frontier ?? position), end: { reason: ITEM_LIMIT } };
			return;
		}
		count++;
		frontier = position;
		yield { item, watermark: watermarkOf(position) };
	}
	const last = descending ? (after ?? { checkpoint: 0n, index: 0 }) : { checkpoint: tip, index: LAST_INDEX };
	yield {
		watermark: watermarkOf(descending ? last : (before ?? last)),
		end: { reason: (descending ? after : before) === undefined ? LEDGER_TIP : CURSOR_BOUND },
	};
}

// ---- filters -----------------------------------------------------------------------------------------------------

export interface EventItem {
	readonly record: TransactionRecord;
	readonly event: MoveEvent;
	readonly index: number;
}

type Terms<L> = { readonly terms: readonly { readonly literals: readonly L[] }[] };

/** Any term of which every literal holds; no terms: everything. */
function anyTerm<L extends { readonly negated: boolean }>(filter: Terms<L> | undefined, holds: (literal: L) => boolean): boolean {
	if (filter === undefined || filter.terms.length === 0) return true;
	return filter.terms.some(({ literals }) => literals.every((literal) => holds(literal) !== literal.negated));
}

/** `0x2`, `0x2::m`, `0x2::m::T` or one with type arguments, against canonical text. */
function namePrefix(given: string | undefined, actual: string): boolean {
	const [address = '', ...rest] = (given ?? '').split('::');
	const wanted = [normalizeAddress(address), ...rest]
		.join('::')
		.replaceAll(/0x[0-9a-fA-F]+/g, (it) => normalizeAddress(it))
		.replaceAll(/, +/g, ',');
	const canonical = actual.replaceAll(/, +/g, ',');
	return canonical === wanted || canonical.startsWith(`${wanted}::`) || canonical.startsWith(`${wanted}<`);
}

const sameAddress = (given: string | undefined, actual: string) => given !== undefined && normalizeAddress(given) === actual;

export function eventMatches({ record, event }: EventItem, filter: GrpcTypes.EventFilter | undefined): boolean {
	return anyTerm(filter, ({ predicate }) => {
		switch (predicate.oneofKind) {
			case 'sender':
				return sameAddress(predicate.sender.address, record.sender);
			case 'emitModule':
				return namePrefix(predicate.emitModule.module, `${event.packageId}::${event.module}`);
			case 'eventType':
				return namePrefix(predicate.eventType.eventType, formatType(event.type));
			default:
				throw invalidArgument(`UNSUPPORTED: event filter ${predicate.oneofKind}`);
		}
	});
}

export function transactionMatches(record: TransactionRecord, filter: GrpcTypes.TransactionFilter | undefined): boolean {
	return anyTerm(filter, ({ predicate }) => {
		const { outcome, changed } = record.effects;
		switch (predicate.oneofKind) {
			case 'sender':
				return sameAddress(predicate.sender.address, record.sender);
			case 'affectedAddress': {
				const { address } = predicate.affectedAddress;
				const owners = changed.flatMap(({ input, output }) => [input?.owner, output?.owner]);
				return (
					sameAddress(address, record.sender) ||
					owners.some((owner) => (owner?.kind === 'address' || owner?.kind === 'consensusAddress') && sameAddress(address, owner.address))
				);
			}
			case 'affectedObject':
				return changed.some(({ id }) => sameAddress(predicate.affectedObject.objectId, id));
			case 'moveCall':
				return parseTransaction(record.bytes).commands.some(
					(command) => command.kind === 'moveCall' && namePrefix(predicate.moveCall.function, `${command.packageId}::${command.module}::${command.function}`),
				);
			case 'emitModule':
				return outcome.events.some((event) => namePrefix(predicate.emitModule.module, `${event.packageId}::${event.module}`));
			case 'eventType':
				return outcome.events.some((event) => namePrefix(predicate.eventType.eventType, formatType(event.type)));
			case 'packageWrite':
				return changed.some(({ output }) => output?.isPackage === true);
			default:
				throw invalidArgument(`UNSUPPORTED: transaction filter ${predicate.oneofKind}`);
		}
	});
}

// ---- keys of filters ---------------------------------------------------------------------------------------------

/** What history needs not be read for: a term's literals that are not negated, as keys. Undefined: everything must be looked at. */
function wantedKeys<L extends { readonly negated: boolean }>(filter: Terms<L> | undefined, keyOf: (literal: L) => string | undefined): WantedKeys | undefined {
	if (filter === undefined || filter.terms.length === 0) return undefined;
	return filter.terms.map(({ literals }) => literals.flatMap((literal) => (literal.negated ? [] : (keyOf(literal) ?? []))));
}

/** `0x2::m::T<…>` → the canonical name without type arguments. */
function nameOf(given: string | undefined): string {
	const [address = '', ...rest] = (given ?? '').split('<')[0]!.split('::');
	return [normalizeAddress(address), ...rest].join('::');
}

const addressKey = (given: string | undefined, key: (address: string) => string) => (given === undefined ? undefined : key(normalizeAddress(given)));

export function keysOfEvents(filter: GrpcTypes.EventFilter | undefined): WantedKeys {
	const wanted = wantedKeys(filter, ({ predicate }) => {
		switch (predicate.oneofKind) {
			case 'sender':
				return addressKey(predicate.sender.address, KEY.sender);
			case 'emitModule':
				return KEY.emitModule(nameOf(predicate.emitModule.module));
			case 'eventType':
				return KEY.eventType(nameOf(predicate.eventType.eventType));
			default:
				return undefined;
		}
	});
	return (wanted ?? [[]]).map((keys) => [...keys, KEY.event]);
}

export function keysOfTransactions(filter: GrpcTypes.TransactionFilter | undefined): WantedKeys | undefined {
	return wantedKeys(filter, ({ predicate }) => {
		switch (predicate.oneofKind) {
			case 'sender':
				return addressKey(predicate.sender.address, KEY.sender);
			case 'affectedAddress':
				return addressKey(predicate.affectedAddress.address, KEY.affectedAddress);
			case 'affectedObject':
				return addressKey(predicate.affectedObject.objectId, KEY.affectedObject);
			case 'moveCall':
				return KEY.moveCall(nameOf(predicate.moveCall.function));
			case 'emitModule':
				return KEY.emitModule(nameOf(predicate.emitModule.module));
			case 'eventType':
				return KEY.eventType(nameOf(predicate.eventType.eventType));
			case 'packageWrite':
				return KEY.packageWrite;
			default:
				return undefined;
		}
	});
}
