import { VramhubError } from '#core/errors.ts';

/** Chain time in milliseconds since the Unix epoch, as `sui::clock::Clock` gives it. */
export type ChainMs = bigint;

/** Deadlines inside a window, milliseconds from its start (hparams `put_window_open_ms`, `put_window_close_ms`). */
export interface WindowPhases {
	readonly windowDurationMs: bigint;
	readonly putOpenMs: bigint;
	readonly putCloseMs: bigint;
}

/** window = floor(chain clock ms / D); D never changes in a network, so numbers never jump. */
export function windowAt(nowMs: ChainMs, windowDurationMs: bigint): bigint {
	if (windowDurationMs <= 0n) throw new VramhubError('BAD_ARGUMENT', 'window duration must be positive');
	return nowMs / windowDurationMs;
}

export function windowStartMs(window: bigint, windowDurationMs: bigint): ChainMs {
	return window * windowDurationMs;
}

/** Sealing is allowed while w·D + put_open ≤ now < (w+2)·D. */
export function sealInterval(window: bigint, phases: WindowPhases): { readonly fromMs: ChainMs; readonly untilMs: ChainMs } {
	return { fromMs: window * phases.windowDurationMs + phases.putOpenMs, untilMs: (window + 2n) * phases.windowDurationMs };
}

/** Windows after w in which its scores are still accepted: submissions end at (w + 4)·D. */
export const SUBMISSION_WINDOWS = 4n;

export function submissionDeadlineMs(window: bigint, windowDurationMs: bigint): ChainMs {
	return (window + SUBMISSION_WINDOWS) * windowDurationMs;
}

/** Windows for which a payload that came in time, and is not settled, is still waited for. */
const SETTLING_WINDOWS = 1n;

/** From here on the medians of w count who is settled, whatever was submitted. */
export function settlingDeadlineMs(window: bigint, windowDurationMs: bigint): ChainMs {
	return (window + SUBMISSION_WINDOWS + SETTLING_WINDOWS) * windowDurationMs;
}

export type WindowPhase = 'before' | 'commit' | 'put' | 'evaluate' | 'late' | 'closed';

/** Where the chain clock stands in the life of window w. */
export function phaseOf(window: bigint, nowMs: ChainMs, phases: WindowPhases): WindowPhase {
	const start = window * phases.windowDurationMs;
	if (nowMs < start) return 'before';
	if (nowMs < start + phases.putOpenMs) return 'commit';
	if (nowMs < start + phases.putCloseMs) return 'put';
	if (nowMs < start + phases.windowDurationMs) return 'evaluate';
	if (nowMs < submissionDeadlineMs(window, phases.windowDurationMs)) return 'late';
	return 'closed';
}
