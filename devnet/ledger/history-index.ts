/** Where the log has each transaction, and what it can be found by: 28 bytes a transaction, in memory for the segment that grows, else on disk. */
import { covers, hashText, SIGNATURE_WORDS, type Signature } from '#devnet/ledger/keys.ts';

/** Words of a row: offset of the frame in its segment, hashes of the two digests, signature. */
const ROW_WORDS = 3 + SIGNATURE_WORDS;
const DIGEST = 1;
const CHECKPOINT_DIGEST = 2;
const SIGNATURE = 3;
const FIRST_CAPACITY = 256;
/** Rows of finished segments that stay in memory once they were read. */
const CACHE_BYTES = 1024 * 1024;

export interface IndexedTransaction {
	/** Of the frame, from the segment's beginning. */
	readonly offset: number;
	readonly digest: string;
	readonly checkpointDigest: string;
	readonly signature: Signature;
}

export interface Place {
	/** Number of the segment's first entry. */
	readonly segment: number;
	readonly offset: number;
}

/** The rows of one segment, for checkpoints `first` to `first + count - 1`. */
export class SegmentRows {
	readonly segment: number;
	readonly first: number;
	#words: Uint32Array;
	#count: number;

	/** `words`: rows as {@link bytes} gave them. */
	constructor(segment: number, first: number, words: Uint32Array = new Uint32Array()) {
		this.segment = segment;
		this.first = first;
		this.#words = words;
		this.#count = words.length / ROW_WORDS;
	}

	get count(): number {
		return this.#count;
	}

	get end(): number {
		return this.first + this.#count;
	}

	add({ offset, digest, checkpointDigest, signature }: IndexedTransaction): void {
		const at = this.#count * ROW_WORDS;
		if (at === this.#words.length) {
			const larger = new Uint32Array(Math.max(at * 2, FIRST_CAPACITY * ROW_WORDS));
			larger.set(this.#words);
			this.#words = larger;
		}
		this.#words[at] = offset;
		this.#words[at + DIGEST] = hashText(digest);
		this.#words[at + CHECKPOINT_DIGEST] = hashText(checkpointDigest);
		this.#words.set(signature, at + SIGNATURE);
		this.#count++;
	}

	offset(checkpoint: number): number {
		return this.#words[(checkpoint - this.first) * ROW_WORDS]!;
	}

	digestHash(checkpoint: number): number {
		return this.#words[(checkpoint - this.first) * ROW_WORDS + DIGEST]!;
	}

	checkpointDigestHash(checkpoint: number): number {
		return this.#words[(checkpoint - this.first) * ROW_WORDS + CHECKPOINT_DIGEST]!;
	}

	covers(checkpoint: number, wanted: Signature): boolean {
		return covers(this.#words, (checkpoint - this.first) * ROW_WORDS + SIGNATURE, wanted);
	}

	/** In this machine's byte order, which all that Node runs on share. */
	bytes(): Uint8Array {
		return new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#count * ROW_WORDS * 4);
	}

	/** Gives back what was taken in advance. */
	seal(): void {
		this.#words = this.#words.slice(0, this.#count * ROW_WORDS);
	}
}

/** Rows of {@link SegmentRows.bytes}, or undefined when the length is none of theirs. */
export function wordsOf(bytes: Uint8Array): Uint32Array | undefined {
	return bytes.length % (ROW_WORDS * 4) === 0 ? new Uint32Array(Uint8Array.from(bytes).buffer) : undefined;
}

/** Transactions of a segment that grows no more. */
interface FinishedSegment {
	readonly segment: number;
	readonly first: number;
	readonly end: number;
	/** Number of the entry after its last. */
	readonly endEntry: number;
}

/** All segments in order, without a gap. */
export class HistoryIndex {
	readonly #finished: FinishedSegment[] = [];
	#growing: SegmentRows | undefined;
	readonly #read: (segment: number, endEntry: number) => SegmentRows;
	/** By segment; the one used last comes last. */
	readonly #cache = new Map<number, SegmentRows>();
	#cachedBytes = 0;

	/** `read`: the rows of a finished segment. */
	constructor(read: (segment: number, endEntry: number) => SegmentRows) {
		this.#read = read;
	}

	/** Oldest checkpoint that is indexed, or the one to come when there is none. */
	get first(): number {
		return this.#finished[0]?.first ?? this.#growing?.first ?? 1;
	}

	/** After the newest. */
	get end(): number {
		return this.#growing?.end ?? this.#finished.at(-1)?.end ?? 1;
	}

	get isEmpty(): boolean {
		return this.#growing === undefined && this.#finished.length === 0;
	}

	/** The rows that {@link add} adds to. */
	get growing(): SegmentRows | undefined {
		return this.#growing;
	}

	/** A segment that is finished, and can be read from now on. */
	addFinished(rows: SegmentRows, endEntry: number): void {
		this.#finished.push({ segment: rows.segment, first: rows.first, end: rows.end, endEntry });
		this.#keep(rows);
	}

	/** {@link add} adds to these rows from now on. The ones before must have been finished. */
	grow(rows: SegmentRows): void {
		this.#growing = rows;
	}

	add(transaction: IndexedTransaction): void {
		if (this.#growing === undefined) throw new Error('no segment grows');
		this.#growing.add(transaction);
	}

	/** Rows of the segment that grows are readable from the disk now, up to before `endEntry`. */
	finish(endEntry: number): void {
		if (this.#growing === undefined) return;
		this.addFinished(this.#growing, endEntry);
		this.#growing = undefined;
	}

	#keep(rows: SegmentRows): SegmentRows {
		this.#cache.set(rows.segment, rows);
		this.#cachedBytes += rows.bytes().length;
		for (const [segment, oldest] of this.#cache) {
			if (this.#cachedBytes <= CACHE_BYTES) break;
			this.#cache.delete(segment);
			this.#cachedBytes -= oldest.bytes().length;
		}
		return rows;
	}

	#rowsOf({ segment, endEntry }: FinishedSegment): SegmentRows {
		const cached = this.#cache.get(segment);
		if (cached === undefined) return this.#keep(this.#read(segment, endEntry));
		this.#cache.delete(segment);
		this.#cache.set(segment, cached);
		return cached;
	}

	#rowsAt(checkpoint: number): SegmentRows | undefined {
		if (this.#growing !== undefined && checkpoint >= this.#growing.first) return checkpoint < this.#growing.end ? this.#growing : undefined;
		let low = 0;
		let high = this.#finished.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#finished[middle]!.end <= checkpoint) low = middle + 1;
			else high = middle;
		}
		const found = this.#finished[low];
		return found !== undefined && checkpoint >= found.first ? this.#rowsOf(found) : undefined;
	}

	place(checkpoint: number): Place | undefined {
		const rows = this.#rowsAt(checkpoint);
		return rows === undefined ? undefined : { segment: rows.segment, offset: rows.offset(checkpoint) };
	}

	/** Checkpoints whose transaction may have this digest: hardly ever more than one. Reads, from the newest on, all rows until one is taken. */
	withDigest(digest: string): Generator<number> {
		const hash = hashText(digest);
		return this.#where((rows, checkpoint) => rows.digestHash(checkpoint) === hash);
	}

	withCheckpointDigest(digest: string): Generator<number> {
		const hash = hashText(digest);
		return this.#where((rows, checkpoint) => rows.checkpointDigestHash(checkpoint) === hash);
	}

	*#where(is: (rows: SegmentRows, checkpoint: number) => boolean): Generator<number> {
		for (let i = this.#finished.length; i >= 0; i--) {
			const rows = i === this.#finished.length ? this.#growing : this.#rowsOf(this.#finished[i]!);
			if (rows === undefined) continue;
			for (let checkpoint = rows.end - 1; checkpoint >= rows.first; checkpoint--) if (is(rows, checkpoint)) yield checkpoint;
		}
	}

	/** Whether the transaction may have all keys of one of `wanted`. */
	mayMatch(checkpoint: number, wanted: readonly Signature[]): boolean {
		const rows = this.#rowsAt(checkpoint);
		return rows !== undefined && wanted.some((signature) => rows.covers(checkpoint, signature));
	}
}
