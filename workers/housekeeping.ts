import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChainReader } from '#clients/chain/port.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { windowAt } from '#core/window.ts';
import { namesIn } from '#runtime/files.ts';
import type { Logger } from '#runtime/log.ts';
import { pause } from '#runtime/pause.ts';
import { blobsFolder, checkpointsFolder } from '#runtime/state-folder.ts';

export interface HousekeepingOptions {
	readonly data: string;
	readonly validatorUid: number;
	readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt'>;
	readonly log: Logger;
}

/** The parent of the next checkpoint is among the latest; an older one that is asked for again comes from the audit bucket. */
const KEPT_CHECKPOINTS = 4;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Removes, window after window until the signal fires, what this validator downloaded and nobody will ask it for again, so that a disk lasts for months.
 * What fails is logged and tried again at the next window: scoring does not depend on it.
 */
export async function keepHouse({ data, validatorUid, chain, log }: HousekeepingOptions, signal: AbortSignal): Promise<void> {
	let pauseMs = LONGEST_PAUSE_MS;
	while (!signal.aborted) {
		try {
			const { windowDurationMs } = await chain.network();
			pauseMs = Math.min(LONGEST_PAUSE_MS, Number(windowDurationMs));
			const { values } = await chain.hparamsAt(windowAt(await chain.clockMs(), windowDurationMs));
			const before = Date.now() - Number(keptWindows(values) * windowDurationMs);
			const blobs = await forget(blobsFolder(data, validatorUid), before, 0);
			const checkpoints = await forget(checkpointsFolder(data, validatorUid), before, KEPT_CHECKPOINTS);
			if (blobs + checkpoints > 0) log.debug('Old files removed', { blobs, checkpoints });
		} catch (error) {
			log.warn('Old files not removed', { error: error instanceof Error ? error.message : String(error) });
		}
		await pause(pauseMs, signal);
	}
}

/** Windows that a gradient may still be merged for: those of the longest interval, the time to attest it, and that of submissions. */
export function keptWindows(values: Pick<HparamValues, 'max_merge_windows' | 'checkpoint_frequency'>): bigint {
	return values.max_merge_windows + 2n * values.checkpoint_frequency + 4n;
}

/** Removes the folder's files that were written before a moment (milliseconds since 1970), all but the latest `keep`. Answers how many. */
export async function forget(folder: string, beforeMs: number, keep: number): Promise<number> {
	const files: { readonly path: string; readonly writtenMs: number }[] = [];
	for (const name of await namesIn(folder)) {
		const path = join(folder, name);
		const found = await stat(path).catch(() => undefined);
		if (found?.isFile()) files.push({ path, writtenMs: found.mtimeMs });
	}
	const old = files
		.sort((a, b) => b.writtenMs - a.writtenMs)
		.slice(keep)
		.filter(({ writtenMs }) => writtenMs < beforeMs);
	for (const { path } of old) await rm(path, { force: true });
	return old.length;
}
