import { createHash } from 'node:crypto';
import { VramhubError } from '#core/errors.ts';

/**
 * Files that hosts brought (checkpoints, graphs, shards), in memory, by hexadecimal SHA-256. The total is bounded: the least
 * recently used go first. What an open session uses it holds itself.
 */
export class FileStore {
	readonly maxBytes: number;
	/** In order of use, the least recent first. */
	readonly #files = new Map<string, Uint8Array>();
	#bytes = 0;

	constructor(maxBytes: number) {
		this.maxBytes = maxBytes;
	}

	get(sha256: string): Uint8Array | undefined {
		const file = this.#files.get(sha256);
		if (file !== undefined) {
			this.#files.delete(sha256);
			this.#files.set(sha256, file);
		}
		return file;
	}

	/** Idempotent. */
	delete(sha256: string): void {
		this.#bytes -= this.#files.get(sha256)?.length ?? 0;
		this.#files.delete(sha256);
	}

	/** Reads a body that must hash to `sha256`; nothing of it is kept when it does not (BAD_ARGUMENT). */
	async put(sha256: string, body: AsyncIterable<Uint8Array>): Promise<void> {
		const hash = createHash('sha256');
		// Where the threads of the model can read it: θ is not copied out of its file. The memory grows with the body, which is never held twice.
		const memory = new SharedArrayBuffer(0, { maxByteLength: this.maxBytes });
		let length = 0;
		for await (const part of body) {
			if (length + part.length > this.maxBytes) throw new VramhubError('BAD_ARGUMENT', `the file has more than ${this.maxBytes} bytes`);
			hash.update(part);
			memory.grow(length + part.length);
			new Uint8Array(memory, length).set(part);
			length += part.length;
		}
		const digest = hash.digest('hex');
		if (digest !== sha256) throw new VramhubError('BAD_ARGUMENT', `the file has SHA-256 ${digest}`);
		if (this.#files.has(sha256)) return;
		const file = new Uint8Array(memory, 0, length);
		this.#files.set(sha256, file);
		this.#bytes += length;
		for (const name of this.#files.keys()) {
			if (this.#bytes <= this.maxBytes || name === sha256) break;
			this.delete(name);
		}
	}
}
