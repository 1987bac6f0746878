/**
 * The devnet's log: a folder of segments `ledger-<number of its first entry>.log`, each a line that says what it is and then frames
 * (`frames.ts`), only ever appended. An entry is handed to the operating system before its result is answered, so a killed process loses
 * nothing that a client saw.
 */
import { closeSync, existsSync, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { encodeFrame, FRAME_HEAD_BYTES, findFrame, frameLength, readFrame } from '#devnet/ledger/frames.ts';
import { decodeEntry, encodeEntry, type LogEntry } from '#devnet/ledger/record.ts';
import { syncFolder } from '#devnet/ledger/snapshot.ts';

const MAGIC = Buffer.from('vramhub devnet 2\n');
const NAME = /^ledger-(\d{12})\.log$/;
/** The only file of an older layout. */
const OLDER_LAYOUT = 'ledger.log';

export interface LogOptions {
	/**
	 * When an append is forced to the disk. `never`: the operating system writes when it likes, which survives the end of the process but not a
	 * loss of power. `always`: before each answer, which survives that too.
	 */
	readonly sync?: 'never' | 'always';
}

/** The end of the log was no whole entry, as a process leaves it that dies while it writes: it has been cut off. */
export interface CutTail {
	readonly file: string;
	/** Where the whole entries end. */
	readonly at: number;
	readonly bytes: number;
}

export interface LoggedEntry {
	readonly number: number;
	readonly entry: LogEntry;
	/** Number of its segment's first entry. */
	readonly segment: number;
	/** Of its frame, in its segment. */
	readonly offset: number;
}

const segmentFile = (folder: string, first: number) => join(folder, `ledger-${String(first).padStart(12, '0')}.log`);

function corrupt(message: string, details: Record<string, string | number>): VramhubError {
	return new VramhubError('LEDGER_CORRUPT', message, { details });
}

export class LedgerLog {
	readonly #folder: string;
	readonly #sync: boolean;
	/** Number of each segment's first entry, in order; the last is written to. */
	readonly #segments: number[];
	#descriptor: number | undefined;
	/** Length of the segment that is written to. */
	#length = 0;
	#next: number;
	#broken: VramhubError | undefined;
	/** The older segment that was read last. */
	#reading: { readonly segment: number; readonly descriptor: number } | undefined;

	/**
	 * Makes the folder when it is missing. Before anything is appended, {@link replay} must have run to its end. Throws BAD_CONFIGURATION when the
	 * folder holds something else.
	 */
	constructor(folder: string, options: LogOptions = {}) {
		mkdirSync(folder, { recursive: true });
		if (existsSync(join(folder, OLDER_LAYOUT))) throw new VramhubError('BAD_CONFIGURATION', `${folder} holds the log of an older version of the devnet`);
		this.#folder = folder;
		this.#sync = options.sync === 'always';
		this.#segments = readdirSync(folder)
			.flatMap((name) => NAME.exec(name)?.[1] ?? [])
			.map(Number)
			.sort((a, b) => a - b);
		this.#next = this.#segments[0] ?? 0;
	}

	/** First entry of each segment, in order. */
	get segments(): readonly number[] {
		return this.#segments;
	}

	/** Number of the entry to come. */
	get next(): number {
		return this.#next;
	}

	/** Bytes of the segment that is written to. */
	get length(): number {
		return this.#length;
	}

	// ---- opening -------------------------------------------------------------------------------------------------

	/**
	 * The entries of the segment that has `from` and of those after it, in order; then the log can be appended to. What follows the last whole entry is cut off and told to `onCut`. Throws
	 * LEDGER_CORRUPT when something whole follows what is not, or entries are missing: then nothing is changed.
	 */
	*replay(from: number, onCut: (tail: CutTail) => void): Generator<LoggedEntry> {
		const start = this.#segments.findLastIndex((first) => first <= from);
		if (start === -1 && (this.#segments.length > 0 || from > 0)) {
			throw corrupt(`${this.#folder}: the log's entries from ${from} on are missing`, { folder: this.#folder, entry: from });
		}
		this.#next = this.#segments[start] ?? 0;
		for (let i = Math.max(start, 0); i < this.#segments.length; i++) {
			const first = this.#segments[i]!;
			if (first !== this.#next) throw corrupt(`${segmentFile(this.#folder, first)} begins with entry ${first}, not ${this.#next}`, { entry: this.#next });
			yield* this.#replaySegment(first, i === this.#segments.length - 1, onCut);
		}
		if (this.#next < from) throw corrupt(`${this.#folder}: the log ends with entry ${this.#next - 1}, before the snapshot of ${from}`, { entry: this.#next });
		if (this.#descriptor === undefined) this.#create(this.#next);
	}

	*#replaySegment(first: number, isLast: boolean, onCut: (tail: CutTail) => void): Generator<LoggedEntry> {
		const file = segmentFile(this.#folder, first);
		const bytes = readFileSync(file);
		const headed = bytes.subarray(0, MAGIC.length).equals(MAGIC);
		if (!headed && !(isLast && MAGIC.subarray(0, bytes.length).equals(bytes))) {
			throw corrupt(`${file} does not begin as a devnet's log does`, { file, at: 0 });
		}
		let at = headed ? MAGIC.length : 0;
		while (at < bytes.length) {
			const frame = headed ? readFrame(bytes, at) : undefined;
			if (frame === undefined) break;
			if (frame.number !== this.#next) throw corrupt(`${file}: entry ${frame.number} where ${this.#next} was to come, at byte ${at}`, { file, at });
			yield { number: frame.number, entry: decodeEntry(frame.body), segment: first, offset: at };
			this.#next++;
			at = frame.end;
		}
		if (at < bytes.length) {
			const later = findFrame(bytes, at + 1);
			if (!isLast || later !== undefined) {
				const follows = later === undefined ? 'a later segment follows' : `entry ${later.frame.number} follows at byte ${later.at}`;
				throw corrupt(`${file} is damaged at byte ${at} (entry ${this.#next}), and ${follows}: this is no torn end`, { file, at });
			}
		}
		if (!isLast) return;
		this.#descriptor = openSync(file, 'a+', 0o644);
		if (at < bytes.length) {
			ftruncateSync(this.#descriptor, at);
			onCut({ file, at, bytes: bytes.length - at });
		}
		this.#length = at;
		if (!headed) this.#write(MAGIC);
	}

	#create(first: number): void {
		this.#descriptor = openSync(segmentFile(this.#folder, first), 'a+', 0o644);
		if (this.#segments.at(-1) !== first) this.#segments.push(first);
		this.#length = 0;
		this.#write(MAGIC);
	}

	// ---- writing -------------------------------------------------------------------------------------------------

	/** Gives the offset of the entry's frame in the newest segment. When this throws, the log is as it was before, or takes no more. */
	append(entry: LogEntry): number {
		const offset = this.#length;
		this.#write(encodeFrame(this.#next, encodeEntry(entry)));
		this.#next++;
		return offset;
	}

	#write(bytes: Uint8Array): void {
		const descriptor = this.#descriptor;
		if (descriptor === undefined) throw new VramhubError('INVARIANT', 'the log is not open');
		if (this.#broken !== undefined) throw this.#broken;
		if (fstatSync(descriptor).size !== this.#length) {
			this.#broken = new VramhubError('BAD_CONFIGURATION', `${this.#folder}: another process writes to this chain; a folder serves one devnet at a time`);
			throw this.#broken;
		}
		try {
			for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
			if (this.#sync) fdatasyncSync(descriptor);
		} catch (error) {
			this.#undo(descriptor, error);
		}
		this.#length += bytes.length;
	}

	/** A full disk: half an entry must not stand before the next one. */
	#undo(descriptor: number, cause: unknown): never {
		const message = cause instanceof Error ? cause.message : String(cause);
		try {
			ftruncateSync(descriptor, this.#length);
		} catch {
			this.#broken = new VramhubError('LEDGER_CORRUPT', `${this.#folder}: an entry was written in part and could not be taken back: ${message}`, { cause });
			throw this.#broken;
		}
		throw cause;
	}

	/** Makes what was appended last over a loss of power. */
	flush(): void {
		if (this.#descriptor !== undefined) fdatasyncSync(this.#descriptor);
	}

	/** Goes on in a new file. */
	startSegment(): void {
		this.flush();
		const old = this.#descriptor;
		this.#create(this.#next);
		syncFolder(this.#folder);
		if (old !== undefined) closeSync(old);
	}

	// ---- reading -------------------------------------------------------------------------------------------------

	/** The entry whose frame begins at `offset` of the segment that begins with entry `segment`. Throws LEDGER_CORRUPT. */
	read(segment: number, offset: number): LogEntry {
		const descriptor = this.#readable(segment);
		const head = Buffer.alloc(FRAME_HEAD_BYTES);
		readSync(descriptor, head, 0, head.length, offset);
		const length = frameLength(head);
		const size = fstatSync(descriptor).size;
		if (length !== undefined && offset + length <= size) {
			const bytes = Buffer.alloc(length);
			readSync(descriptor, bytes, 0, length, offset);
			const frame = readFrame(bytes, 0);
			if (frame !== undefined) return decodeEntry(frame.body);
		}
		const file = segmentFile(this.#folder, segment);
		throw corrupt(`${file} is damaged at byte ${offset}`, { file, at: offset });
	}

	/** All entries of an older segment. Throws LEDGER_CORRUPT when it is not whole. */
	*readSegment(segment: number): Generator<LoggedEntry> {
		const file = segmentFile(this.#folder, segment);
		const bytes = readFileSync(file);
		if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw corrupt(`${file} does not begin as a devnet's log does`, { file, at: 0 });
		let number = segment;
		for (let at = MAGIC.length; at < bytes.length; number++) {
			const frame = readFrame(bytes, at);
			if (frame === undefined || frame.number !== number) throw corrupt(`${file} is damaged at byte ${at} (entry ${number})`, { file, at });
			yield { number, entry: decodeEntry(frame.body), segment, offset: at };
			at = frame.end;
		}
	}

	#readable(segment: number): number {
		if (segment === this.#segments.at(-1) && this.#descriptor !== undefined) return this.#descriptor;
		if (this.#reading?.segment !== segment) {
			if (this.#reading !== undefined) closeSync(this.#reading.descriptor);
			this.#reading = undefined;
			this.#reading = { segment, descriptor: openSync(segmentFile(this.#folder, segment), 'r') };
		}
		return this.#reading.descriptor;
	}

	close(): void {
		if (this.#descriptor !== undefined) closeSync(this.#descriptor);
		if (this.#reading !== undefined) closeSync(this.#reading.descriptor);
		this.#descriptor = this.#reading = undefined;
	}
}
