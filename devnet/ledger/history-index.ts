/** Where the log has each transaction, and what it can be found by: 28 bytes a transaction in memory, and 6 to 11 for the way from its digest. */
import { covers, hashText, SIGNATURE_WORDS, type Signature } from '#devnet/ledger/keys.ts';

/** Words of a row: offset of the frame in its segment, hashes of the two digests, signature. */
const ROW_WORDS = 3 + SIGNATURE_WORDS;
const DIGEST = 1;
const CHECKPOINT_DIGEST = 2;
const SIGNATURE = 3;
const FIRST_CAPACITY = 256;

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

/** All segments in order, without a gap. */
export class HistoryIndex {
	readonly #segments: SegmentRows[] = [];
	/** Open addressing by the digest's hash: checkpoints; 0 is free. */
	#slots = new Uint32Array(1024);
	#used = 0;

	/** Oldest checkpoint that is indexed, or the one to come when there is none. */
	get first(): number {
		return this.#segments[0]?.first ?? 1;
	}

	/** After the newest. */
	get end(): number {
		return this.#segments.at(-1)?.end ?? 1;
	}

	/** Of the newest segment that has transactions. */
	get newest(): SegmentRows | undefined {
		return this.#segments.at(-1);
	}

	push(rows: SegmentRows): void {
		this.#segments.push(rows);
		for (let checkpoint = rows.first; checkpoint < rows.end; checkpoint++) this.#insert(checkpoint, rows.digestHash(checkpoint));
	}

	add(transaction: IndexedTransaction): void {
		const rows = this.#segments.at(-1)!;
		rows.add(transaction);
		this.#insert(rows.end - 1, rows.digestHash(rows.end - 1));
	}

	#insert(checkpoint: number, hash: number): void {
		if ((this.#used + 1) * 4 > this.#slots.length * 3) {
			const old = this.#slots;
			this.#slots = new Uint32Array(old.length * 2);
			for (const known of old) if (known !== 0) this.#place(known, this.#rowsOf(known)!.digestHash(known));
		}
		this.#place(checkpoint, hash);
		this.#used++;
	}

	#place(checkpoint: number, hash: number): void {
		const mask = this.#slots.length - 1;
		let slot = hash & mask;
		while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
		this.#slots[slot] = checkpoint;
	}

	#rowsOf(checkpoint: number): SegmentRows | undefined {
		let low = 0;
		let high = this.#segments.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#segments[middle]!.end <= checkpoint) low = middle + 1;
			else high = middle;
		}
		const rows = this.#segments[low];
		return rows !== undefined && checkpoint >= rows.first ? rows : undefined;
	}

	place(checkpoint: number): Place | undefined {
		const rows = this.#rowsOf(checkpoint);
		return rows === undefined ? undefined : { segment: rows.segment, offset: rows.offset(checkpoint) };
	}

	/** Checkpoints whose transaction may have this digest: hardly ever more than one. */
	*withDigest(digest: string): Generator<number> {
		const hash = hashText(digest);
		const mask = this.#slots.length - 1;
		for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
			const checkpoint = this.#slots[slot]!;
			if (this.#rowsOf(checkpoint)?.digestHash(checkpoint) === hash) yield checkpoint;
		}
	}

	*withCheckpointDigest(digest: string): Generator<number> {
		const hash = hashText(digest);
		for (const rows of this.#segments) {
			for (let checkpoint = rows.first; checkpoint < rows.end; checkpoint++) if (rows.checkpointDigestHash(checkpoint) === hash) yield checkpoint;
		}
	}

	/** Whether the transaction may have all keys of one of `wanted`. */
	mayMatch(checkpoint: number, wanted: readonly Signature[]): boolean {
		const rows = this.#rowsOf(checkpoint);
		return rows !== undefined && wanted.some((signature) => rows.covers(checkpoint, signature));
	}
}
