import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainReader, ChainWriter, Miner } from '#clients/chain/port.ts';
import { equalBytes } from '#core/bytes.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import type { Commitment } from '#core/gradient/records.ts';
import { phaseOf, type WindowPhases, windowStartMs } from '#core/window.ts';
import { untilChainTime } from '#miner/chain-clock.ts';
import { writeFileAtomic } from '#runtime/files.ts';

export interface WindowDependencies {
	readonly chain: Pick<ChainReader, 'clockMs' | 'commitments'>;
	readonly writer: Pick<ChainWriter, 'commitGradient'>;
	/** Writes one object under the miner's prefix; doing it again with the same bytes is harmless. */
	readonly putObject: (key: string, bytes: Uint8Array) => Promise<void>;
	/** Trains for a window and gives the encoded gradient object. */
	readonly makeGradient: (window: bigint, signal: AbortSignal) => Promise<Uint8Array>;
	/** Keeps what was committed until it is put, so that a crash between the two loses nothing. */
	readonly folder: string;
	readonly phases: WindowPhases;
}

export type WindowOutcome =
	| { readonly kind: 'put'; readonly sha256: Uint8Array; readonly size: number }
	/** Trained (or started) too late to commit. */
	| { readonly kind: 'commit-missed' }
	/** Committed, but the put interval had passed: this ranks last. */
	| { readonly kind: 'put-missed' }
	/** Committed by an earlier life of this miner whose bytes are gone. */
	| { readonly kind: 'bytes-lost' };

/**
 * One window of an honest miner: train, commit SHA-256 and size, and only after `put_window_open` put the object. Safe to repeat at any point: the
 * bytes are on disk before they are committed, and a second call goes on with them instead of training again.
 */
export async function mineWindow(
	dependencies: WindowDependencies,
	miner: Pick<Miner, 'uid' | 'generation' | 'credVersion'>,
	window: bigint,
	signal: AbortSignal,
): Promise<WindowOutcome> {
	const { chain, writer, putObject, makeGradient, folder, phases } = dependencies;
	const key = gradientObjectKey(window, miner.uid);
	const file = join(folder, key);

	const earlier = (await chain.commitments(window)).find((commitment) => commitment.uid === miner.uid && commitment.generation === miner.generation);
	let bytes = await readIfThere(file);
	if (earlier === undefined) {
		if (phaseOf(window, await chain.clockMs(), phases) !== 'commit') return { kind: 'commit-missed' };
		if (bytes === undefined) {
			bytes = await makeGradient(window, signal);
			await writeFileAtomic(file, bytes);
		}
		if (phaseOf(window, await chain.clockMs(), phases) !== 'commit') return { kind: 'commit-missed' };
		await writer.commitGradient({ uid: miner.uid, window, sha256: sha256(bytes), size: BigInt(bytes.length), credVersion: miner.credVersion });
	} else if (bytes === undefined || !isOf(earlier, bytes)) {
		return { kind: 'bytes-lost' };
	}

	const now = await untilChainTime(chain, windowStartMs(window, phases.windowDurationMs) + phases.putOpenMs, signal);
	if (phaseOf(window, now, phases) !== 'put') return { kind: 'put-missed' };
	await putObject(key, bytes);
	return { kind: 'put', sha256: sha256(bytes), size: bytes.length };
}

function isOf(commitment: Commitment, bytes: Uint8Array): boolean {
	return commitment.size === BigInt(bytes.length) && equalBytes(commitment.sha256, sha256(bytes));
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}
