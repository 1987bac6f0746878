import { exitCodeOf, isVramhubError, VramhubError } from '#core/errors.ts';
import type { Logger } from '#runtime/log.ts';

/** Set by the supervisor in the environment of its children: their standard input is a pipe that ends when the supervisor does. */
export const END_WITH_PARENT = 'VRAMHUB_END_WITH_PARENT';

/** How long a process may take to end in good order after its signal, before it is ended. */
const GRACE_MS = 15_000;

/**
 * The one AbortSignal of a process: aborted by SIGINT, SIGTERM, SIGHUP, a lost IPC channel, and, in a supervised process, by the death of its
 * supervisor. A second SIGINT, or the grace running out, ends the process at once with exit code 130. Call once, first thing in `main.ts`.
 */
export function processSignal(): AbortSignal {
	const controller = new AbortController();
	const stop = (why: string) => {
		if (controller.signal.aborted) return;
		controller.abort(new VramhubError('INTERRUPTED', `stopped: ${why}`));
		setTimeout(() => process.exit(130), GRACE_MS).unref();
	};
	process.on('SIGINT', () => {
		if (controller.signal.aborted) process.exit(130);
		stop('SIGINT');
	});
	process.on('SIGTERM', () => stop('SIGTERM'));
	process.on('SIGHUP', () => stop('SIGHUP'));
	process.on('disconnect', () => stop('the parent closed the channel'));
	endWithParent(() => stop('the supervisor ended'));
	return controller.signal;
}

/**
 * Calls `onEnd` when the supervisor of this process dies, however it dies: the kernel closes its end of our standard input.
 * Does nothing in a process that is not supervised, whose standard input may be closed from the start (systemd).
 */
export function endWithParent(onEnd: () => void): void {
	if (process.env[END_WITH_PARENT] !== '1') return;
	// Children of this process have a standard input of their own.
	delete process.env[END_WITH_PARENT];
	supervised = true;
	process.stdin.on('end', onEnd).on('close', onEnd).on('error', onEnd);
	process.stdin.resume();
	// A socket or pipe on standard input keeps the event loop alive; whether to stay is the business of the process's real work.
	(process.stdin as { unref?: () => void }).unref?.();
}

let supervised = false;

/** Tells the supervisor that this process serves: one JSON line on standard output. Silent when there is no supervisor. */
export function announceReady(facts: Readonly<Record<string, unknown>> = {}): void {
	if (supervised) process.stdout.write(`${JSON.stringify({ ready: true, ...facts })}\n`);
}

/** Runs a `main.ts`: an error becomes one log line and the exit code that `core/errors.ts` gives it; an ordered stop is exit code 0. */
export async function runMain(log: Logger, main: (signal: AbortSignal) => Promise<void>): Promise<never> {
	const signal = processSignal();
	try {
		await main(signal);
		process.exit(0);
	} catch (error) {
		if (signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))) process.exit(0);
		const code = isVramhubError(error) ? error.code : 'INVARIANT';
		log.error(error instanceof Error ? error.message : String(error), { code });
		if (!isVramhubError(error) && error instanceof Error && error.stack !== undefined) log.debug(error.stack);
		process.exit(exitCodeOf(error));
	}
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		else signal.addEventListener('abort', () => resolve(), { once: true });
	});
}
