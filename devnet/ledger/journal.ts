/** The chain on disk: a log of everything, snapshots so that a start is quick, and an index so that history need not be in memory. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { encodeFrame, readFrame } from '#devnet/ledger/frames.ts';
import { checkpointsBetween, type HistoryRange, type Journal } from '#devnet/ledger/history.ts';
import { HistoryIndex, SegmentRows, wordsOf } from '#devnet/ledger/history-index.ts';
import { KEY, type Signature, signatureOf } from '#devnet/ledger/keys.ts';
import { type CutTail, LedgerLog, type LogOptions } from '#devnet/ledger/log.ts';
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { LogEntry, TransactionEntry, TransactionRecord } from '#devnet/ledger/record.ts';
import { type LedgerState, readSnapshot, type Snapshot, snapshotFile, snapshotsIn, writeSnapshot } from '#devnet/ledger/snapshot.ts';
import type { Address } from '#devnet/move/api.ts';

/** What is worth a line in a log: of what was found when the folder was opened, or later. */
export type JournalNotice =
	| (CutTail & { readonly kind: 'tailCut' })
	| { readonly kind: 'snapshotSkipped' | 'indexRebuilt'; readonly file: string }
	/** While the chain ran. */
	| { readonly kind: 'snapshotFailed' | 'indexFailed'; readonly file: string; readonly reason: string };

export interface JournalOptions extends LogOptions {
	readonly onNotice?: (notice: JournalNotice) => void;
	/** Bytes of a segment after which the state is written and another begins, when the state itself is not larger: 8 MiB. */
	readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** An index gives offsets of 32 bits. */
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
/** Records that stay in memory: what has just been executed is asked for at once. */
const RECENT = 128;

const indexFile = (folder: string, segment: number) => join(folder, `ledger-${String(segment).padStart(12, '0')}.index`);

export function noticeText(notice: JournalNotice): string {
	switch (notice.kind) {
		case 'tailCut':
			return `${notice.file}: ${notice.bytes} bytes from byte ${notice.at} on were no whole entry and have been cut off`;
		case 'snapshotSkipped':
			return `${notice.file} is damaged and has been passed over; the state was replayed from before it`;
		case 'indexRebuilt':
			return `${notice.file} was missing or damaged and has been made again from the log`;
		case 'indexFailed':
			return `${notice.file} could not be written (${notice.reason}); what it says is read from the log, slowly`;
		case 'snapshotFailed':
			return `${notice.file} could not be written (${notice.reason}); it is tried again later`;
		default:
			throw new TypeError(`unknown notice ${JSON.stringify(notice satisfies never)}`);
	}
}

export class DiskJournal implements Journal {
	readonly #folder: string;
	readonly #log: LedgerLog;
	readonly #index = new HistoryIndex((segment, endEntry) => this.#loadRows(segment, endEntry));
	readonly #segmentBytes: number;
	readonly #notify: (notice: JournalNotice) => void;
	/** Checkpoint `n` at `n % RECENT`. */
	readonly #recent: TransactionRecord[] = [];
	/** Length of a segment at which the state is written. */
	#dueAt: number;
	readonly #snapshot: Snapshot | undefined;

	/** Makes the folder when it is missing. {@link replay} must run to its end before the journal is used. Throws BAD_CONFIGURATION when it holds something else. */
	constructor(folder: string, options: JournalOptions = {}) {
		this.#folder = folder;
		this.#notify = options.onNotice ?? (() => {});
		this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
		this.#log = new LedgerLog(folder, options);
		for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
		this.#snapshot = this.#readNewestSnapshot();
		this.#dueAt = Math.min(Math.max(this.#snapshot?.bytes ?? 0, this.#segmentBytes), MAX_SEGMENT_BYTES);
	}

	#readNewestSnapshot(): Snapshot | undefined {
		for (const entry of snapshotsIn(this.#folder)) {
			const snapshot = readSnapshot(this.#folder, entry);
			if (snapshot !== undefined) return snapshot;
			this.#notify({ kind: 'snapshotSkipped', file: snapshotFile(this.#folder, entry) });
		}
		return undefined;
	}

	/** The state that the log goes on from. */
	get state(): LedgerState | undefined {
		return this.#snapshot?.state;
	}

	/** What was logged after {@link state}, in order. Throws LEDGER_CORRUPT. */
	*replay(): Generator<LogEntry> {
		const from = this.#snapshot?.entry ?? 0;
		const { segments } = this.#log;
		const start = segments.findLastIndex((first) => first <= from);
		for (const [i, segment] of segments.slice(0, Math.max(start, 0)).entries()) {
			const endEntry = segments[i + 1]!;
			this.#index.addFinished(this.#loadRows(segment, endEntry), endEntry);
		}
		for (const { entry, number, segment, offset } of this.#log.replay(from, (tail) => this.#notify({ kind: 'tailCut', ...tail }))) {
			if (entry.kind === 'transaction') this.#remember(entry, segment, offset);
			if (number >= from) yield entry;
		}
		// The process ended after it had written the snapshot and before it began the next segment.
		if (this.#log.next === from && this.#log.segments.at(-1) !== from) this.#log.startSegment();
	}

	/** Rows of the segment from entry `segment` to before `end`. */
	#loadRows(segment: number, end: number): SegmentRows {
		const known = readRows(indexFile(this.#folder, segment), segment, end);
		if (known !== undefined) return known;
		let rows: SegmentRows | undefined;
		let next = segment;
		for (const { entry, number, offset } of this.#log.readSegment(segment)) {
			if (entry.kind === 'transaction') {
				rows ??= new SegmentRows(segment, Number(entry.record.checkpoint));
				rows.add(indexed(entry, offset));
			}
			next = number + 1;
		}
		if (next !== end)
			throw new VramhubError('LEDGER_CORRUPT', `${this.#folder}: the log's entries ${next} to ${end - 1} are missing`, { details: { entry: next } });
		rows ??= new SegmentRows(segment, this.#index.end);
		this.#writeRows(rows, end);
		this.#notify({ kind: 'indexRebuilt', file: indexFile(this.#folder, segment) });
		return rows;
	}

	#writeRows(rows: SegmentRows, end: number): void {
		const file = indexFile(this.#folder, rows.segment);
		const { segment, first } = rows;
		const head = Buffer.from(JSON.stringify({ segment, end, first }));
		try {
			writeFileSync(`${file}.tmp`, Buffer.concat([encodeFrame(0, head), encodeFrame(1, rows.bytes())]));
			renameSync(`${file}.tmp`, file);
		} catch (error) {
			// It is made from the log whenever it is missing.
			this.#notify({ kind: 'indexFailed', file, reason: textOf(error) });
		}
	}

	#remember(entry: TransactionEntry, segment: number, offset: number): void {
		const checkpoint = Number(entry.record.checkpoint);
		const { growing } = this.#index;
		if (growing?.segment !== segment) {
			if (growing !== undefined) this.#finish(growing);
			this.#index.grow(new SegmentRows(segment, checkpoint));
		}
		this.#index.add(indexed(entry, offset));
		this.#recent[checkpoint % RECENT] = entry.record;
	}

	/** From now on the rows are read from the disk. A segment follows theirs. */
	#finish(rows: SegmentRows): void {
		const { segments } = this.#log;
		const endEntry = segments[segments.indexOf(rows.segment) + 1]!;
		rows.seal();
		this.#writeRows(rows, endEntry);
		this.#index.finish(endEntry);
	}

	// ---- writing -------------------------------------------------------------------------------------------------

	append(entry: LogEntry): void {
		const offset = this.#log.append(entry);
		if (entry.kind === 'transaction') this.#remember(entry, this.#log.segments.at(-1)!, offset);
	}

	/**
	 * Writes the state and begins another segment when the present one is larger than the state: so what is written for snapshots is at most as much as
	 * what is logged. A failure is told, and tried again a segment later: the log has everything.
	 */
	snapshotIfDue(state: () => LedgerState): void {
		if (this.#log.length < this.#dueAt) return;
		try {
			this.#log.flush();
			const bytes = writeSnapshot(this.#folder, this.#log.next, state());
			this.#log.startSegment();
			if (this.#index.growing !== undefined) this.#finish(this.#index.growing);
			this.#dueAt = Math.min(Math.max(bytes, this.#segmentBytes), MAX_SEGMENT_BYTES);
		} catch (error) {
			this.#dueAt = this.#log.length + this.#segmentBytes;
			this.#notify({
				kind: 'snapshotFailed',
				file: snapshotFile(this.#folder, this.#log.next),
				reason: textOf(error),
			});
		}
	}

	close(): void {
		this.#log.close();
	}

	// ---- reading -------------------------------------------------------------------------------------------------

	get tip(): bigint {
		return this.#index.isEmpty ? (this.#snapshot?.state.tip ?? 0n) : BigInt(this.#index.end - 1);
	}

	get lowest(): bigint {
		const first = this.#index.isEmpty ? Number(this.tip) + 1 : this.#index.first;
		return first === 1 ? 0n : BigInt(first);
	}

	#entryAt(checkpoint: number): TransactionEntry | undefined {
		const place = this.#index.place(checkpoint);
		if (place === undefined) return undefined;
		const entry = this.#log.read(place.segment, place.offset);
		if (entry.kind === 'transaction' && entry.record.checkpoint === BigInt(checkpoint)) return entry;
		throw new VramhubError('LEDGER_CORRUPT', `${indexFile(this.#folder, place.segment)} is wrong about checkpoint ${checkpoint}; it may be deleted`);
	}

	at(checkpoint: bigint): TransactionRecord | undefined {
		if (checkpoint < 1n || checkpoint > this.tip) return undefined;
		const recent = this.#recent[Number(checkpoint) % RECENT];
		return recent?.checkpoint === checkpoint ? recent : this.#entryAt(Number(checkpoint))?.record;
	}

	byDigest(digest: string): TransactionRecord | undefined {
		return this.recentByDigest(digest) ?? this.#first(this.#index.withDigest(digest), (record) => record.digest === digest);
	}

	recentByDigest(digest: string): TransactionRecord | undefined {
		return this.#recent.find((record) => record?.digest === digest);
	}

	byCheckpointDigest(digest: string): TransactionRecord | undefined {
		return this.#first(this.#index.withCheckpointDigest(digest), (record) => record.checkpointDigest === digest);
	}

	#first(checkpoints: Iterable<number>, is: (record: TransactionRecord) => boolean): TransactionRecord | undefined {
		for (const checkpoint of checkpoints) {
			const record = this.at(BigInt(checkpoint));
			if (record !== undefined && is(record)) return record;
		}
		return undefined;
	}

	*range({ from = 0n, end = this.tip + 1n, descending = false, wanted }: HistoryRange = {}): Generator<TransactionRecord> {
		for (const checkpoint of this.#matching(from, end, descending, wanted?.map(signatureOf))) {
			const record = this.at(checkpoint);
			if (record !== undefined) yield record;
		}
	}

	*#matching(from: bigint, end: bigint, descending: boolean, wanted: readonly Signature[] | undefined): Generator<bigint> {
		for (const checkpoint of checkpointsBetween(this, from, end, descending)) {
			if (wanted === undefined || this.#index.mayMatch(Number(checkpoint), wanted)) yield checkpoint;
		}
	}

	/** A version that a transaction, or the system before it, wrote. */
	objectAt(id: Address, version: bigint): ChainObject | undefined {
		const wanted = signatureOf([KEY.affectedObject(id), KEY.version(version)]);
		for (const checkpoint of this.#matching(0n, this.tip + 1n, true, [wanted])) {
			const found = this.#entryAt(Number(checkpoint))?.written.find((object) => object.id === id && object.version === version);
			if (found !== undefined) return found;
		}
		return undefined;
	}
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function indexed({ record, signature }: TransactionEntry, offset: number) {
	return { offset, digest: record.digest, checkpointDigest: record.checkpointDigest, signature };
}

/** Undefined when the file is missing, damaged, or of other entries. */
function readRows(file: string, segment: number, end: number): SegmentRows | undefined {
	if (!existsSync(file)) return undefined;
	const bytes = readFileSync(file);
	const head = readFrame(bytes, 0);
	const body = head === undefined ? undefined : readFrame(bytes, head.end);
	if (head === undefined || body === undefined || body.end !== bytes.length) return undefined;
	const facts = JSON.parse(head.body.toString('utf8')) as { readonly segment: number; readonly end: number; readonly first: number };
	const words = wordsOf(body.body);
	return facts.segment === segment && facts.end === end && words !== undefined ? new SegmentRows(segment, facts.first, words) : undefined;
}
