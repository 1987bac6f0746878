import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChainReader, Miner } from '#clients/chain/port.ts';
import { ERRORS, isVramhubError, VramhubError } from '#core/errors.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import { type WindowPhases, windowAt, windowStartMs } from '#core/window.ts';
import { untilChainTime } from '#miner/chain-clock.ts';
import { mineWindow, type WindowDependencies, type WindowOutcome } from '#miner/window.ts';
import { pause } from '#runtime/pause.ts';

export interface MinerLoop {
	readonly chain: Pick<ChainReader, 'clockMs' | 'commitments' | 'hparamsAt' | 'network' | 'miner'>;
	readonly dependencies: Omit<WindowDependencies, 'chain' | 'phases'>;
	readonly uid: number;
	/** Works in no window before this one. */
	readonly fromWindow?: bigint | undefined;
	readonly onWindow: (window: bigint, outcome: WindowOutcome) => void;
	readonly onError: (window: bigint | undefined, error: unknown) => void;
}

/** Pause before the chain or the store is asked again after it did not answer. */
const RETRY_PAUSE_MS = 1_000;
/** Gradients are kept this long after their window: nobody asks for them later. */
const KEPT_WINDOWS = 8n;

/**
 * Follows the chain clock, window after window, until the signal fires. A window that fails is reported and tried again as long as its commit or put
 * interval lasts (everything in it is idempotent); one that cannot succeed is left.
 */
export async function runMiner(loop: MinerLoop, signal: AbortSignal): Promise<void> {
	const { chain, dependencies, uid, onWindow, onError } = loop;
	let next = loop.fromWindow;
	while (!signal.aborted) {
		let window: bigint | undefined;
		try {
			const { windowDurationMs } = await chain.network();
			const now = await chain.clockMs();
			window = windowAt(now, windowDurationMs);
			if (next !== undefined && window < next) window = next;
			await untilChainTime(chain, windowStartMs(window, windowDurationMs), signal);
			const miner = requireMiner(await chain.miner(uid), uid);
			// Registration takes effect at the next window.
			if (miner.registeredWindow >= window) {
				next = miner.registeredWindow + 1n;
				continue;
			}
			const phases = await phasesOf(chain, window, windowDurationMs);
			const outcome = await mineWindow({ ...dependencies, chain, phases }, miner, window, signal);
			onWindow(window, outcome);
			next = window + 1n;
			await forget(dependencies.folder, window - KEPT_WINDOWS, uid);
		} catch (error) {
			if (signal.aborted) return;
			onError(window, error);
			if (window !== undefined && !(isVramhubError(error) && ERRORS[error.code].retryable)) next = window + 1n;
			await pause(RETRY_PAUSE_MS, signal);
		}
	}
}

/** When a window's commit and put intervals begin and end. */
export async function phasesOf(chain: Pick<ChainReader, 'hparamsAt'>, window: bigint, windowDurationMs: bigint): Promise<WindowPhases> {
	const { values } = await chain.hparamsAt(window);
	return { windowDurationMs, putOpenMs: values.put_window_open_ms, putCloseMs: values.put_window_close_ms };
}

function requireMiner(miner: Miner | undefined, uid: number): Miner {
	if (miner?.active !== true) throw new VramhubError('CHAIN_OBJECT_MISSING', `miner ${uid} is not active`);
	return miner;
}

/** Removes the gradients of windows before `window`. */
async function forget(folder: string, window: bigint, uid: number): Promise<void> {
	for (const name of await readdir(folder)) {
		const [, of] = /^gradient-(\d+)-/.exec(name) ?? [];
		if (of !== undefined && BigInt(of) < window && name === gradientObjectKey(BigInt(of), uid)) await rm(join(folder, name), { force: true });
	}
}
