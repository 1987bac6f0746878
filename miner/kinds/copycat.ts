import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { throwIfStopped } from '#miner/chain-clock.ts';
import { namesIn } from '#runtime/files.ts';
import { pause } from '#runtime/pause.ts';

export interface Accomplice {
	/** Where the victim keeps what it is going to put. Whoever reads there before the deadline is what commitments do not protect against. */
	readonly folder: string;
	/** Whether a commitment of this window is still taken. */
	readonly commitOpen: (window: bigint) => Promise<boolean>;
	/** Whether somebody has committed these bytes in this window. Who comes before the victim would make it look like the copy. */
	readonly isCommitted: (window: bigint, gradient: Uint8Array) => Promise<boolean>;
}

const POLL_MS = 250;

/** The victim's gradient object of a window, as soon as it is committed. Throws OBJECT_MISSING when it does not come in time to be committed. */
export async function handedOver({ folder, commitOpen, isCommitted }: Accomplice, window: bigint, signal: AbortSignal): Promise<Uint8Array> {
	while (await commitOpen(window)) {
		throwIfStopped(signal);
		const name = (await namesIn(folder)).find((entry) => new RegExp(`^gradient-${window}-\\d+-v\\d+$`).test(entry));
		const gradient = name === undefined ? undefined : await readFile(join(folder, name));
		if (gradient !== undefined && (await isCommitted(window, gradient))) return gradient;
		await pause(POLL_MS, signal);
	}
	throwIfStopped(signal);
	throw new VramhubError('OBJECT_MISSING', `the victim had no gradient of window ${window} in time`);
}
