/** Lists of events, transactions and checkpoints in the ledger's order: cursors and bounds (sui.rpc.v2 query_options.proto). */
import { GrpcTypes } from '@mysten/sui/grpc';
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

/** `covered`: the last checkpoint, in the order of reading, of which nothing is left to come; undefined when there is none yet. */
export function watermarkOf(position: Position, covered: bigint | undefined): GrpcTypes.Watermark {
	return { cursor: encodeCursor(position), checkpoint: covered };
}

/** Checkpoints from `from` to before `end`. */
export interface CheckpointRange {
	readonly from: bigint;
	readonly end: bigint;
	/** Newest first. */
	readonly descending: boolean;
}

/** What is listed. */
export interface Listed<T> {
	itemsIn(range: CheckpointRange): Iterable<T>;
	positionOf(item: T): Position;
	/** Whether nothing of the item's checkpoint comes after it in the order of reading. */
	endsCheckpoint(item: T, descending: boolean): boolean;
	matches(item: T): boolean;
	/** Newest checkpoint. */
	readonly tip: bigint;
}

/** Items one a frame, each with its cursor; the last frame says why the list ends, and is that of the last item when the limit ends it. */
export function* answerQuery<T>(query: Query, { itemsIn, positionOf, endsCheckpoint, matches, tip }: Listed<T>): Generator<{ item?: T } & Frame> {
	const { options, startCheckpoint, endCheckpoint } = query;
	const limit = Math.min(Math.max(options?.limit ?? DEFAULT_LIMIT, 1), MAX_LIMIT);
	const after = options?.after === undefined ? undefined : decodeCursor(options.after);
	const before = options?.before === undefined ? undefined : decodeCursor(options.before);
	const descending = options?.ordering === GrpcTypes.Ordering.DESCENDING;
	const start = startCheckpoint === undefined ? undefined : { checkpoint: startCheckpoint, index: 0 };
	const stop = endCheckpoint === undefined ? undefined : { checkpoint: endCheckpoint, index: 0 };
	const lowest = newest([after && next(after), start]);
	const highest = oldest([before, stop]);
	const last = highest === undefined || highest.checkpoint > tip ? tip : highest.checkpoint;
	const range = { from: lowest?.checkpoint ?? 0n, end: last + 1n, descending };
	const isInside = (position: Position) => (lowest === undefined || !isAfter(lowest, position)) && (highest === undefined || isAfter(highest, position));
	/** The checkpoint before, in the order of reading, unless reading began with this one. */
	const covered = (item: T): bigint | undefined => {
		const { checkpoint } = positionOf(item);
		if (endsCheckpoint(item, descending)) return checkpoint;
		if (descending) return checkpoint < last ? checkpoint + 1n : undefined;
		return checkpoint > range.from ? checkpoint - 1n : undefined;
	};

	const { ITEM_LIMIT, LEDGER_TIP, CURSOR_BOUND, CHECKPOINT_BOUND } = GrpcTypes.QueryEndReason;
	let count = 0;
	for (const item of itemsIn(range)) {
		const position = positionOf(item);
		if (!isInside(position) || !matches(item)) continue;
		const watermark = watermarkOf(position, covered(item));
		if (++count === limit) {
			yield { item, watermark, end: { reason: ITEM_LIMIT } };
			return;
		}
		yield { item, watermark };
	}
	if (descending) {
		const bound = newest([after, start]);
		const reason = bound === undefined ? LEDGER_TIP : bound === after ? CURSOR_BOUND : CHECKPOINT_BOUND;
		const at = bound ?? { checkpoint: 0n, index: 0 };
		yield { watermark: watermarkOf(at, bound !== undefined && bound === after ? undefined : at.checkpoint), end: { reason } };
	} else if (highest === undefined || highest.checkpoint > tip) {
		yield { watermark: watermarkOf({ checkpoint: tip, index: LAST_INDEX }, tip), end: { reason: LEDGER_TIP } };
	} else if (highest === before) {
		yield { watermark: watermarkOf(highest, undefined), end: { reason: CURSOR_BOUND } };
	} else if (highest.checkpoint === 0n) {
		yield { watermark: watermarkOf(highest, undefined), end: { reason: CHECKPOINT_BOUND } };
	} else {
		const checkpoint = highest.checkpoint - 1n;
		yield { watermark: watermarkOf({ checkpoint, index: LAST_INDEX }, checkpoint), end: { reason: CHECKPOINT_BOUND } };
	}
}
