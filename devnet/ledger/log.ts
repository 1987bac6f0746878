/**
 * The devnet's file: entries of `u32le length ‖ u32le CRC-32 ‖ CBOR`, only ever appended. An entry is written before its result is
 * answered, so a killed process loses nothing that a client saw; a torn last entry is cut off when the file is opened.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { VramhubError } from '#core/errors.ts';
import { decodeEntry, encodeEntry, type LogEntry } from '#devnet/ledger/record.ts';

const MAGIC = Buffer.from('vramhub devnet 1\n');
const HEAD_BYTES = 8;

export class LedgerLog {
	readonly #descriptor: number;
	#at: number;
	/** What the file held when it was opened, in order. */
	readonly entries: readonly LogEntry[];

	/** Makes folder and file when they are missing. Throws BAD_CONFIGURATION when the file is something else. */
	constructor(folder: string) {
		mkdirSync(folder, { recursive: true });
		const file = join(folder, 'ledger.log');
		this.#descriptor = openSync(file, 'a+', 0o644);
		const bytes = readFileSync(file);
		if (bytes.length > 0 && !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
			closeSync(this.#descriptor);
			throw new VramhubError('BAD_CONFIGURATION', `${file} is not the log of a devnet of this version`);
		}
		const entries: LogEntry[] = [];
		this.#at = MAGIC.length;
		if (bytes.length === 0) writeSync(this.#descriptor, MAGIC);
		for (;;) {
			const body = readBody(bytes, this.#at);
			if (body === undefined) break;
			entries.push(decodeEntry(body));
			this.#at += HEAD_BYTES + body.length;
		}
		if (this.#at < bytes.length) ftruncateSync(this.#descriptor, this.#at);
		this.entries = entries;
	}

	append(entry: LogEntry): void {
		const body = encodeEntry(entry);
		const framed = Buffer.alloc(HEAD_BYTES + body.length);
		framed.writeUInt32LE(body.length, 0);
		framed.writeUInt32LE(crc32(body), 4);
		framed.set(body, HEAD_BYTES);
		for (let written = 0; written < framed.length; ) written += writeSync(this.#descriptor, framed, written);
		this.#at += framed.length;
	}

	close(): void {
		closeSync(this.#descriptor);
	}
}

function readBody(bytes: Buffer, at: number): Buffer | undefined {
	if (at + HEAD_BYTES > bytes.length) return undefined;
	const length = bytes.readUInt32LE(at);
	const body = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
	return body.length === length && crc32(body) === bytes.readUInt32LE(at + 4) ? body : undefined;
}
