/** The chain's state in a file, so that a start need not execute or read what came before. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeFrame, readFrame } from '#devnet/ledger/frames.ts';
import type { ChainObject } from '#devnet/ledger/objects.ts';
import { decodeSnapshotPart, encodeSnapshotPart, type SnapshotHead } from '#devnet/ledger/record.ts';
import type { Address } from '#devnet/move/api.ts';

/** All that a chain needs to go on. */
export interface LedgerState extends SnapshotHead {
	readonly objects: Iterable<ChainObject>;
	/** Ids that were live lately. */
	readonly removed: Iterable<Address>;
}

export interface Snapshot {
	readonly state: LedgerState;
	/** Number of the first entry of the log that it does not contain. */
	readonly entry: number;
	readonly bytes: number;
}

const NAME = /^snapshot-(\d{12})\.bin$/;
/** Objects of a frame: few enough that a frame is small beside the state. */
const BATCH = 256;
/** An older one stays in case the newest cannot be read. */
const KEPT = 2;

const nameOf = (entry: number) => `snapshot-${String(entry).padStart(12, '0')}.bin`;

/**
 * Writes beside the target, syncs, then renames over it: a reader sees a whole snapshot or none. Gives its length.
 */
export function writeSnapshot(folder: string, entry: number, state: LedgerState): number {
	const file = join(folder, nameOf(entry));
	const temporary = `${file}.tmp`;
	const descriptor = openSync(temporary, 'w', 0o644);
	let length = 0;
	try {
		let number = 0;
		const put = (part: Parameters<typeof encodeSnapshotPart>[0]) => {
			const frame = encodeFrame(number++, encodeSnapshotPart(part));
			for (let written = 0; written < frame.length; ) written += writeSync(descriptor, frame, written);
			length += frame.length;
		};
		const { objects, removed, ...head } = state;
		put({ kind: 'head', head });
		let count = 0;
		let batch: ChainObject[] = [];
		const flush = () => {
			if (batch.length > 0) put({ kind: 'objects', objects: batch });
			count += batch.length;
			batch = [];
		};
		for (const object of objects) if (batch.push(object) === BATCH) flush();
		flush();
		put({ kind: 'end', objects: count, removed: [...removed] });
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
	renameSync(temporary, file);
	syncFolder(folder);
	for (const older of snapshotsIn(folder).slice(KEPT)) rmSync(join(folder, nameOf(older)), { force: true });
	return length;
}

/** Entries at which snapshots stand, newest first. */
export function snapshotsIn(folder: string): number[] {
	return readdirSync(folder)
		.flatMap((name) => NAME.exec(name)?.[1] ?? [])
		.map(Number)
		.sort((a, b) => b - a);
}

/** Undefined when the file is not whole and sound. */
export function readSnapshot(folder: string, entry: number): Snapshot | undefined {
	const bytes = readFileSync(snapshotFile(folder, entry));
	let head: SnapshotHead | undefined;
	const objects: ChainObject[] = [];
	for (let at = 0, number = 0; ; number++) {
		const frame = readFrame(bytes, at);
		if (frame === undefined || frame.number !== number) return undefined;
		const part = decodeSnapshotPart(frame.body);
		if (part.kind === 'head') head = part.head;
		else if (part.kind === 'objects') for (const object of part.objects) objects.push(object);
		else {
			if (head === undefined || part.objects !== objects.length || frame.end !== bytes.length) return undefined;
			return { entry, bytes: bytes.length, state: { ...head, objects, removed: part.removed } };
		}
		at = frame.end;
	}
}

export const snapshotFile = (folder: string, entry: number) => join(folder, nameOf(entry));

/** Makes a rename last over a loss of power. Where folders cannot be synced (Windows), nothing. */
export function syncFolder(folder: string): void {
	if (process.platform === 'win32') return;
	const descriptor = openSync(folder, 'r');
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
